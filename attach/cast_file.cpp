// cast_file.cpp - an asciicast of version 2, read event by event.
#include "attach/cast_file.h"

#include <boost/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <cmath>

namespace limpet::attach {
namespace {

namespace json = boost::json;

// The largest data frame, every byte of it escaped, is a third of this.
constexpr std::size_t longest_line = 4 * 1024 * 1024;
constexpr std::size_t block_size = 64 * 1024;
// Nobody waits for longer, and beyond it a clock's numbers overflow.
constexpr double latest = 1e9;

std::optional<double> number(const json::value& value) {
    double result = 0;
    if (const auto* real = value.if_double()) {
        result = *real;
    } else if (const auto* whole = value.if_int64()) {
        result = static_cast<double>(*whole);
    } else {
        return std::nullopt;
    }
    if (!std::isfinite(result) || result < 0 || result > latest) return std::nullopt;
    return result;
}

std::uint64_t size(const json::object& header, std::string_view name) {
    const auto* value = header.if_contains(name);
    const auto* whole = value ? value->if_int64() : nullptr;
    return whole && *whole > 0 ? static_cast<std::uint64_t>(*whole) : 0;
}

std::optional<json::value> parsed(std::string_view line) {
    json::parse_options options;
    options.max_depth = 8;
    json::error_code error;
    auto value = json::parse(line, error, {}, options);
    if (error) return std::nullopt;
    return value;
}

}  // namespace

Result<std::optional<std::string_view>> Lines::next() {
    std::size_t searched = begin_;
    for (;;) {
        const auto newline = buffer_.find('\n', searched);
        if (newline != std::string::npos) {
            const std::string_view line(buffer_.data() + begin_, newline - begin_);
            begin_ = newline + 1;
            ++number_;
            return line;
        }
        if (over_) break;
        buffer_.erase(0, begin_);
        begin_ = 0;
        searched = buffer_.size();
        if (searched > limit_) {
            return refused("read " + name_, "line " + std::to_string(number_ + 1) +
                                                " is longer than " + std::to_string(limit_) +
                                                " bytes");
        }
        buffer_.resize(searched + block_size);
        const auto count = ::read(file_.get(), buffer_.data() + searched, block_size);
        buffer_.resize(searched + (count > 0 ? static_cast<std::size_t>(count) : 0));
        if (count < 0 && errno != EINTR) return failed("read", name_);
        over_ = count == 0;
    }
    if (begin_ == buffer_.size()) return std::nullopt;
    const std::string_view line(buffer_.data() + begin_, buffer_.size() - begin_);
    begin_ = buffer_.size();
    ++number_;
    broken_ = true;
    return line;
}

Result<CastFile> CastFile::open(const std::string& path) {
    Fd file(path == "-" ? ::fcntl(0, F_DUPFD_CLOEXEC, 3)
                        : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!file) return failed("open", path);
    struct stat status{};
    if (::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode)) {
        return failed("open", path, EISDIR);
    }
    CastFile cast(Lines(std::move(file), path, longest_line));
    TRY(cast.read_header());
    return cast;
}

Result<> CastFile::read_header() {
    const auto problem = [&](std::string_view why) {
        return refused("read " + lines_.name(), why);
    };
    const auto line = TRY(lines_.next());
    const auto value = line ? parsed(*line) : std::nullopt;
    const auto* header = value ? value->if_object() : nullptr;
    const auto* version = header ? header->if_contains("version") : nullptr;
    if (!version) return problem("it is no asciicast: its first line is no header");
    if (*version != 2) {
        return problem("it is an asciicast of version " + json::serialize(*version) +
                       ", and only 2 is known");
    }
    columns_ = size(*header, "width");
    rows_ = size(*header, "height");
    ours_ = header->contains("limpet");
    if (const auto* limit = header->if_contains("idle_time_limit")) idle_limit_ = number(*limit);
    return {};
}

Result<std::optional<CastEvent>> CastFile::next() {
    auto line = TRY(lines_.next());
    while (line && line->empty()) line = TRY(lines_.next());
    if (!line) return std::nullopt;
    // Half a line is no event, and cut() says so.
    if (lines_.broken()) return std::nullopt;
    const auto value = parsed(*line);
    const auto* parts = value ? value->if_array() : nullptr;
    CastEvent event;
    const auto* code = parts && parts->size() >= 3 ? (*parts)[1].if_string() : nullptr;
    const auto* data = code ? (*parts)[2].if_string() : nullptr;
    const auto time = data ? number((*parts)[0]) : std::nullopt;
    if (!time || code->size() != 1) {
        return refused("read " + lines_.name(),
                       "line " + std::to_string(lines_.number()) + " is no event");
    }
    event.time = *time;
    event.code = (*code)[0];
    event.data.assign(data->data(), data->size());
    ended_ = event.code == 'x';
    return event;
}

}  // namespace limpet::attach
