// cast_file.h - an asciicast of version 2 as somebody made it: read event by event, and not
// trusted.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::attach {

// Lines of a file of unknown origin, none longer than a limit.
class Lines {
public:
    Lines(Fd file, std::string name, std::size_t limit)
        : file_(std::move(file)), name_(std::move(name)), limit_(limit) {}
    // Without its newline; until the next one is asked for.
    Result<std::optional<std::string_view>> next();
    [[nodiscard]] std::size_t number() const { return number_; }
    // The last one had no newline.
    [[nodiscard]] bool broken() const { return broken_; }
    [[nodiscard]] const std::string& name() const { return name_; }

private:
    Fd file_;
    std::string name_;
    std::size_t limit_;
    std::string buffer_;
    std::size_t begin_ = 0;
    std::size_t number_ = 0;
    bool broken_ = false, over_ = false;
};

struct CastEvent {
    double time = 0;  // seconds since the start
    char code = 0;    // o, i, r, m, x, or another that nobody knows
    std::string data;
};

class CastFile {
public:
    // `path` may be "-".
    static Result<CastFile> open(const std::string& path);

    // Nothing at the end.
    Result<std::optional<CastEvent>> next();

    [[nodiscard]] std::uint64_t columns() const { return columns_; }
    [[nodiscard]] std::uint64_t rows() const { return rows_; }
    [[nodiscard]] std::optional<double> idle_limit() const { return idle_limit_; }
    // At the end: limpet began to write it, and did not come to its end.
    [[nodiscard]] bool cut() const { return (ours_ && !ended_) || lines_.broken(); }

private:
    explicit CastFile(Lines lines) : lines_(std::move(lines)) {}
    Result<> read_header();

    Lines lines_;
    std::uint64_t columns_ = 0, rows_ = 0;
    std::optional<double> idle_limit_;
    bool ours_ = false, ended_ = false;
};

}  // namespace limpet::attach
