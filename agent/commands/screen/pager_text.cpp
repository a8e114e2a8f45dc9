// screen/pager_text.cpp - a text that is shown in part.
#include "commands/screen/pager_text.h"

#include "target/deadline.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace limpet::commands {
namespace {

constexpr std::size_t kept_limit = 64 * 16;  // blocks of a pipe: 64 MiB

}  // namespace

Result<PagerText> PagerText::open(Invocation& call, const std::string& name) {
    PagerText text;
    auto input = TRY(call.open(name));
    text.fd_ = Fd(::fcntl(input.fd().get(), F_DUPFD_CLOEXEC, 3));
    if (!text.fd_) return failed("duplicate", name);
    text.on_target_ = name != "-";
    struct stat status{};
    if (::fstat(text.fd_.get(), &status) != 0) return failed("stat", name);
    if (S_ISDIR(status.st_mode)) return failed("read", name, EISDIR);
    // Files of procfs and sysfs do not know their size: they are read like a pipe.
    constexpr off_t sysfs_page = 4096;
    text.seekable_ = S_ISREG(status.st_mode) && status.st_size > 0 && status.st_size != sysfs_page;
    text.ended_ = text.seekable_;
    return text;
}

PagerText::PagerText(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); at += block_size) {
        kept_.emplace_back(text.substr(at, block_size));
    }
}

std::uint64_t PagerText::size() {
    if (!seekable_) {
        return kept_.empty() ? 0 : (kept_.size() - 1) * block_size + kept_.back().size();
    }
    struct stat status{};
    if (on_target_) target::deadline::enter();
    return ::fstat(fd_.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

void PagerText::pull() {
    if (ended_) return;
    if (kept_.empty() || kept_.back().size() == block_size) {
        if (kept_.size() == kept_limit) {
            cut_ = ended_ = true;
            return;
        }
        kept_.emplace_back();
    }
    auto& last = kept_.back();
    const auto had = last.size();
    last.resize(block_size);
    if (on_target_) target::deadline::enter();
    const auto got = ::read(fd_.get(), last.data() + had, block_size - had);
    const int problem = errno;
    last.resize(had + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (last.empty()) kept_.pop_back();
    if (got < 0 && (problem == EINTR || problem == EAGAIN)) return;
    if (got < 0) problem_ = Error{problem, "read", "the input"};
    ended_ = got <= 0;
}

void PagerText::forget() {
    for (auto& cached : cache_) cached.index = UINT64_MAX;
    newlines_.resize(1);
}

std::string_view PagerText::block(std::uint64_t index) {
    if (!seekable_) return index < kept_.size() ? std::string_view(kept_[index]) : "";
    auto& slot = cache_[index % cache_.size()];
    if (slot.index == index && slot.bytes.size() == block_size) return slot.bytes;
    slot.index = index;
    slot.bytes.resize(block_size);
    std::size_t have = 0;
    while (have < block_size) {
        if (on_target_) target::deadline::enter();
        const auto got = ::pread(fd_.get(), slot.bytes.data() + have, block_size - have,
                                 static_cast<off_t>(index * block_size + have));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) problem_ = failed("read", "the file").error();
        if (got <= 0) break;
        have += static_cast<std::size_t>(got);
    }
    slot.bytes.resize(have);
    return slot.bytes;
}

std::string PagerText::bytes(std::uint64_t from, std::uint64_t to) {
    std::string result;
    while (from < to) {
        auto piece = block(from / block_size);
        if (piece.size() <= from % block_size) break;
        piece = piece.substr(from % block_size, to - from);
        result += piece;
        from += piece.size();
    }
    return result;
}

std::optional<PagerText::Line> PagerText::line(std::uint64_t at) {
    Line line;
    auto place = at;
    for (;;) {
        const auto whole = block(place / block_size);
        const auto inside = place % block_size;
        if (whole.size() <= inside) break;
        const auto rest = whole.substr(inside);
        const auto newline = rest.find('\n');
        line.text += rest.substr(0, newline);
        if (newline != rest.npos) {
            line.next = place + newline + 1;
            return line;
        }
        place += rest.size();
        if (inside == 0 && whole.size() == block_size) break;
    }
    if (line.text.empty()) return std::nullopt;
    line.next = place;
    return line;
}

std::optional<std::uint64_t> PagerText::before(std::uint64_t at) {
    if (at == 0) return std::nullopt;
    auto end = at;
    const auto last = block((at - 1) / block_size);
    if (const auto inside = (at - 1) % block_size; inside < last.size() && last[inside] == '\n') {
        --end;
    }
    for (;;) {
        if (end == 0) return 0;
        if (end < at && end % block_size == 0 && !has_newline(end / block_size - 1)) return end;
        const auto begin = (end - 1) / block_size * block_size;
        const auto newline = block(begin / block_size).substr(0, end - begin).rfind('\n');
        if (newline != std::string_view::npos) return begin + newline + 1;
        end = begin;
    }
}

std::uint64_t PagerText::start_of(std::uint64_t byte) {
    const auto all = size();
    if (all == 0) return 0;
    return before(std::min(byte, all - 1) + 1).value_or(0);
}

std::optional<std::uint64_t> PagerText::number_of(std::uint64_t at, const Stop& stop) {
    const auto count = [&](std::uint64_t from, std::uint64_t to) {
        std::uint64_t lines = 0;
        while (from < to) {
            const auto piece = block(from / block_size).substr(from % block_size, to - from);
            if (piece.empty()) break;
            const char* place = piece.data();
            const char* const end = place + piece.size();
            while ((place = static_cast<const char*>(
                        std::memchr(place, '\n', static_cast<std::size_t>(end - place))))) {
                ++lines;
                ++place;
            }
            from += piece.size();
        }
        return lines;
    };
    while (newlines_.size() <= at / chunk) {
        if (stop()) return std::nullopt;
        const auto from = (newlines_.size() - 1) * chunk;
        newlines_.push_back(newlines_.back() + count(from, from + chunk));
    }
    return newlines_[at / chunk] + count(at / chunk * chunk, at) + 1;
}

std::optional<std::uint64_t> PagerText::find_number(std::uint64_t number, const Stop& stop) {
    if (number <= 1) return 0;
    const auto all = size();
    while (newlines_.back() + 1 < number && newlines_.size() * chunk <= all) {
        if (!number_of(newlines_.size() * chunk, stop)) return std::nullopt;
    }
    // The last MiB with fewer newlines before it than are wanted.
    const auto above = std::ranges::lower_bound(newlines_, number - 1);
    const auto index = static_cast<std::uint64_t>(above - newlines_.begin()) - 1;
    auto left = number - 1 - newlines_[index];
    auto at = index * chunk;
    for (;;) {
        const auto piece = block(at / block_size).substr(at % block_size);
        if (piece.empty()) return std::nullopt;
        const auto newline = piece.find('\n');
        at += newline == piece.npos ? piece.size() : newline + 1;
        if (newline != piece.npos && --left == 0) break;
    }
    return at < all ? std::optional(at) : std::nullopt;
}

// A line that is longer than two blocks is looked at in its parts.
Result<std::optional<std::uint64_t>> PagerText::search_piece(parse::Regex& regex,
                                                             std::uint64_t from, std::uint64_t to,
                                                             bool last) {
    std::optional<std::uint64_t> found;
    while (from < to) {
        const auto part = line(from);
        if (!part) break;
        if (TRY(regex.matches(part->text))) {
            found = from;
            if (!last) break;
        }
        from = part->next;
    }
    return found;
}

Result<std::optional<std::uint64_t>> PagerText::search(parse::Regex& regex, std::uint64_t from,
                                                       bool forward, const Stop& stop) {
    const auto all = size();
    while (forward ? from < all : from > 0) {
        if (stop()) return refused("search", "interrupted");
        auto begin = forward ? from : from - std::min<std::uint64_t>(from, chunk);
        auto end = forward ? std::min<std::uint64_t>(all, from + chunk) : from;
        if (!forward) begin = begin == 0 ? 0 : std::min(start_of(begin), from);
        auto text = bytes(begin, end);
        if (forward && end < all) {
            const auto newline = text.rfind('\n');
            if (newline == text.npos) {
                if (const auto hit = TRY(search_piece(regex, begin, end, false))) return hit;
                const auto next = line(start_of(end - 1));
                from = next ? next->next : all;
                continue;
            }
            text.resize(newline + 1);
            end = begin + text.size();
        }
        if (!text.ends_with('\n')) text += '\n';
        std::optional<std::uint64_t> found;
        std::size_t at = 0;
        while (at < text.size()) {
            const auto hit = TRY(regex.find_line(std::string_view(text).substr(at)));
            if (!hit) break;
            // Some place in the line, or at its end.
            const auto stops = text.find('\n', at + *hit);
            const auto starts = at + *hit == 0 ? 0 : text.rfind('\n', at + *hit - 1) + 1;
            const auto place = begin + starts;
            const auto length = stops - starts;
            found = place;
            if (length >= block_size) {
                const auto part = TRY(search_piece(regex, place, place + length, !forward));
                found = part.value_or(place);
            }
            if (forward) return found;
            at = stops + 1;
        }
        if (found) return found;
        from = forward ? end : begin;
    }
    return std::optional<std::uint64_t>{};
}

}  // namespace limpet::commands
