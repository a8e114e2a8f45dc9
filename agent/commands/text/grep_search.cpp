// grep_search.cpp - searching and printing.
#include "commands/text/grep_search.h"

#include "commands/json.h"
#include "commands/spoken.h"
#include "commands/table.h"
#include "sys/file.h"
#include "target/deadline.h"

#include <algorithm>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

namespace limpet::commands::grep {
namespace {

constexpr std::size_t block = 256 * 1024;
constexpr std::size_t line_limit = std::size_t{64} * 1024 * 1024;
// A file of a target that grows while it is read would never end: this much more than its size at
// the beginning is read (files of procfs say that they are empty).
constexpr std::uint64_t growth_limit = std::uint64_t{64} * 1024 * 1024;

std::uint64_t count_of(std::string_view text, char byte) {
    std::uint64_t count = 0;
    while (!text.empty()) {
        const auto part = text.substr(0, 65536);
        unsigned here = 0;
        for (const char one : part) here += one == byte;
        count += here;
        text.remove_prefix(part.size());
    }
    return count;
}

}  // namespace

Search::Search(Invocation& call, const Style& style, std::optional<parse::Regex>& regex,
               char terminator)
    : call_(call), style_(style), regex_(regex), terminator_(terminator) {}

void Search::problem(const Error& error) {
    failed_ = true;
    if (!style_.silent) call_.complain(error);
}

std::size_t Search::line_end(std::size_t at, std::size_t end) const {
    const void* hit = std::memchr(buffer_.data() + at, terminator_, end - at);
    return hit ? static_cast<std::size_t>(static_cast<const char*>(hit) - buffer_.data()) + 1 : end;
}

std::size_t Search::line_begin(std::size_t at) const {
    const void* hit = ::memrchr(buffer_.data(), terminator_, at);
    return hit ? static_cast<std::size_t>(static_cast<const char*>(hit) - buffer_.data()) + 1 : 0;
}

// Drops what was searched, but for the lines that may still be printed as context.
void Search::keep_context() {
    std::size_t keep = at_;
    const auto printed = unprinted_from();
    for (std::size_t i = 0; i < style_.before && keep > printed; ++i) keep = line_begin(keep - 1);
    keep = std::min(std::max(keep, printed), at_);
    if (style_.numbers || style_.json) {
        lines_ += count_of(bytes(counted_, std::max(keep, counted_)), terminator_);
    }
    counted_ = counted_ > keep ? counted_ - keep : 0;
    std::memmove(buffer_.data(), buffer_.data() + keep, used_ - keep);
    base_ += keep;
    used_ -= keep;
    at_ -= keep;
}

bool Search::fill(BorrowedFd fd, bool on_target) {
    if (at_end_) return false;
    if (at_ > 0) keep_context();
    std::size_t searched = used_;
    for (;;) {
        if (buffer_.size() < used_ + block / 2) {
            if (used_ > line_limit) {
                problem(Error{0, std::string(name_), "a line of more than 64 MiB", {}});
                return false;
            }
            buffer_.resize(std::max(block, buffer_.size() * 2));
        }
        if (base_ + used_ > read_limit_) {
            problem(Error{0, std::string(name_), "it grows faster than it is read; given up", {}});
            return false;
        }
        on_target ? target::deadline::enter() : target::deadline::leave();
        auto got = sys::read(fd, buffer_.data() + used_, buffer_.size() - used_ - 1);
        if (!got) {
            problem(Error{got.error().code, "read", std::string(name_), {}});
            return false;
        }
        if (*got == 0) {
            at_end_ = true;
            if (used_ > at_ && buffer_[used_ - 1] != terminator_) {
                buffer_[used_++] = terminator_;
                added_ = true;
            }
            return used_ > at_;
        }
        if (base_ + used_ == 0 && !style_.text && terminator_ != '\0') {
            binary_ = std::memchr(buffer_.data(), 0, std::min<std::size_t>(*got, 32768)) != nullptr;
        }
        used_ += *got;
        if (std::memchr(buffer_.data() + searched, terminator_, used_ - searched)) return true;
        searched = used_;
    }
}

std::uint64_t Search::line_number(std::size_t begin) {
    lines_ += count_of(bytes(counted_, begin), terminator_);
    counted_ = begin;
    return lines_ + 1;
}

void Search::coloured(std::string_view text, std::string_view colour) {
    auto& out = call_.out;
    if (style_.colour) out.write("\033[" + std::string(colour) + "m\033[K");
    out.write(text);
    if (style_.colour) out.write("\033[m\033[K");
}

void Search::prefix(std::size_t begin, char separator, std::size_t offset) {
    auto& out = call_.out;
    const auto part = [&](std::string_view text, std::string_view colour) {
        coloured(text, colour);
    };
    if (names_) {
        part(shown_, "35");
        if (style_.null_after_name) {
            out.put('\0');
        } else {
            part({&separator, 1}, "36");
        }
    }
    if (style_.numbers) {
        auto number = std::to_string(line_number(begin));
        if (style_.tab && number.size() < 2) number.insert(0, 1, ' ');
        part(number, "32");
        part({&separator, 1}, "36");
    }
    if (style_.offsets) {
        part(std::to_string(base_ + offset), "32");
        part({&separator, 1}, "36");
    }
    if (style_.tab && (names_ || style_.numbers || style_.offsets)) out.put('\t');
}

void Search::print_coloured(std::string_view line) {
    std::size_t from = 0;
    while (from <= line.size()) {
        const auto span = regex_->find(line, from);
        if (!span || !*span) break;
        const auto [begin, end] = **span;
        if (begin == end) {
            if (begin >= line.size()) break;
            call_.out.write(line.substr(from, begin + 1 - from));
            from = begin + 1;
            continue;
        }
        call_.out.write(line.substr(from, begin - from));
        call_.out.write("\033[01;31m\033[K");
        call_.out.write(line.substr(begin, end - begin));
        call_.out.write("\033[m\033[K");
        from = end;
    }
    if (from < line.size()) call_.out.write(line.substr(from));
}

void Search::print_line(std::size_t begin, std::size_t end, char separator) {
    prefix(begin, separator, begin);
    if (style_.colour && separator == ':' && !style_.invert && regex_) {
        print_coloured(bytes(begin, end - 1));
        call_.out.put(terminator_);
    } else {
        call_.out.write(bytes(begin, end));
    }
    printed_ = base_ + end;
    printed_any_ = true;
    if (style_.flush) call_.out.flush();
}

void Search::print_matches(std::size_t begin, std::size_t end) {
    printed_ = base_ + end;
    printed_any_ = true;
    if (style_.invert || !regex_) return;
    const auto line = bytes(begin, end - 1);
    std::size_t from = 0;
    while (from <= line.size()) {
        const auto span = regex_->find(line, from);
        if (!span) problem(span.error());
        if (!span || !*span) break;
        const auto [first, last] = **span;
        from = last;
        if (first == last) {
            ++from;
            continue;
        }
        prefix(begin, ':', begin + first);
        if (style_.colour) call_.out.write("\033[01;31m\033[K");
        call_.out.write(line.substr(first, last - first));
        if (style_.colour) call_.out.write("\033[m\033[K");
        call_.out.put(terminator_);
    }
    if (style_.flush) call_.out.flush();
}

void Search::json(std::size_t begin, std::size_t end) {
    JsonObject object;
    object.text("path", name_)
        .number("line", line_number(begin))
        .number("offset", base_ + begin)
        .text("text", bytes(begin, end - 1));
    object.line(call_.out);
    printed_ = base_ + end;
}

void Search::print_before(std::size_t begin) {
    std::size_t from = begin;
    const auto printed = unprinted_from();
    for (std::size_t i = 0; i < style_.before && from > printed; ++i) from = line_begin(from - 1);
    from = std::max(from, printed);
    // "--" between parts that are not next to each other; between files, too.
    const bool gap = printed_any_ ? base_ + from > printed_ : separate_;
    if (style_.context && gap && style_.group_separator) {
        if (style_.colour) call_.out.write("\033[36m\033[K");
        call_.out.write(*style_.group_separator);
        if (style_.colour) call_.out.write("\033[m\033[K");
        call_.out.put('\n');
    }
    while (from < begin) {
        const auto end = line_end(from, begin);
        if (!style_.only) print_line(from, end, '-');
        from = end;
    }
}

// One selected line; false when the file is done.
bool Search::select(std::size_t begin, std::size_t end) {
    selected_ = true;
    ++found_;
    selected_to_ = base_ + end;
    if (style_.quiet || style_.list || style_.list_without) return false;
    if (binary_ && style_.prints() && !style_.json) return false;
    if (style_.prints()) {
        if (style_.json) {
            json(begin, end);
        } else {
            print_before(begin);
            style_.only ? print_matches(begin, end) : print_line(begin, end, ':');
        }
        if (call_.out.failure()) return false;
    }
    after_left_ = style_.after;
    return found_ < style_.most;
}

// Lines that are all selected (-v between two matches).
bool Search::select_block(std::size_t begin, std::size_t end) {
    const bool plain = !style_.numbers && !names_ && !style_.offsets && style_.before == 0 &&
                       style_.after == 0 && !style_.only && !style_.json && !style_.flush;
    if (begin == end) return true;
    if (style_.most == SIZE_MAX && style_.count) {
        found_ += count_of(bytes(begin, end), terminator_);
        selected_ = true;
        return true;
    }
    if (style_.most == SIZE_MAX && plain && style_.prints() && !binary_) {
        ++found_;
        selected_ = true;
        call_.out.write(bytes(begin, end));
        return !call_.out.failure();
    }
    while (begin < end) {
        const auto next = line_end(begin, end);
        if (!select(begin, next)) return false;
        begin = next;
    }
    return true;
}

void Search::context_after(std::size_t begin, std::size_t end) {
    while (after_left_ > 0 && begin < end) {
        const auto next = line_end(begin, end);
        if (style_.prints() && !style_.only && !style_.json) print_line(begin, next, '-');
        printed_ = base_ + next;
        --after_left_;
        begin = next;
    }
}

bool Search::search(std::size_t end) {
    while (at_ < end) {
        std::optional<std::size_t> hit;
        if (regex_) {
            auto found = regex_->find_line(bytes(at_, end));
            if (!found) {
                problem(found.error());
                return false;
            }
            hit = *found;
        }
        const auto begin = hit ? line_begin(at_ + *hit) : end;
        const auto next = hit ? line_end(at_ + *hit, end) : end;
        const auto from = at_;
        at_ = next;
        if (style_.invert) {
            if (!select_block(from, begin)) {
                at_ = std::max(from, unprinted_from());
                return false;
            }
            if (hit) context_after(begin, next);
        } else {
            context_after(from, begin);
            if (hit && !select(begin, next)) return false;
        }
    }
    return true;
}

void Search::report(std::string_view name) {
    auto& out = call_.out;
    const char after = style_.null_after_name ? '\0' : '\n';
    if (style_.quiet) return;
    const bool listed = style_.list ? found_ > 0 : style_.list_without && found_ == 0;
    if (style_.list || style_.list_without) {
        if (listed) {
            coloured(shown_, "35");
            out.put(after);
        }
        return;
    }
    if (style_.count) {
        if (names_) {
            coloured(shown_, "35");
            style_.null_after_name ? out.put('\0') : coloured(":", "36");
        }
        out.write(std::to_string(found_));
        out.put('\n');
        return;
    }
    if (binary_ && found_ > 0 && !style_.json) {
        out.write("Binary file ");
        speak(out, name);
        out.write(" matches\n");
    }
}

// -m: whoever reads standard input next goes on right behind the last line that was selected.
void Search::give_back(BorrowedFd fd) {
    const auto read = base_ + used_ - (added_ ? 1 : 0);
    if (read > selected_to_) {
        ::lseek(fd.get(), -static_cast<off_t>(read - selected_to_), SEEK_CUR);
    }
}

bool Search::file(BorrowedFd fd, std::string_view name, bool on_target) {
    name_ = name;
    shown_ = name;
    if (call_.out.terminal()) shown_ = visible(name);
    used_ = at_ = counted_ = 0;
    base_ = lines_ = printed_ = 0;
    found_ = after_left_ = 0;
    separate_ = separate_ || printed_any_;
    printed_any_ = binary_ = at_end_ = added_ = false;
    read_limit_ = UINT64_MAX;
    struct stat status{};
    if (on_target && ::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode)) {
        read_limit_ = static_cast<std::uint64_t>(status.st_size) + growth_limit;
    }
    bool more = true;
    while (more && fill(fd, on_target)) {
        if (binary_ && style_.skip_binary) return true;
        const auto last = ::memrchr(buffer_.data() + at_, terminator_, used_ - at_);
        if (!last) continue;
        const auto end =
            static_cast<std::size_t>(static_cast<const char*>(last) - buffer_.data()) + 1;
        more = search(end);
        // -m: the context after the last line is still to come.
        if (!more && found_ == style_.most && after_left_ > 0) {
            for (;;) {
                context_after(at_, end == used_ || at_end_ ? used_ : end);
                at_ = std::max(at_, unprinted_from());
                if (after_left_ == 0 || !fill(fd, on_target)) break;
            }
        }
    }
    if (!on_target && found_ == style_.most) give_back(fd);
    report(name);
    if (style_.list_without) return true;
    return !(style_.quiet && selected_) && !call_.out.failure();
}

}  // namespace limpet::commands::grep
