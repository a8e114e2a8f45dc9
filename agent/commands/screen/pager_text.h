// screen/pager_text.h - a text that is shown in part: a file of any size, or what came of a pipe.
#pragma once

#include "commands/command.h"
#include "parse/regex.h"

#include <array>
#include <functional>
#include <optional>
#include <string>

namespace limpet::commands {

// Places are byte offsets at which a line begins. A line also ends where a block of 64 KiB without
// a newline does, counted from the text's start: so that none is long, wherever one comes from.
class PagerText {
public:
    static Result<PagerText> open(Invocation& call, const std::string& name);
    // A text of our own: the help.
    explicit PagerText(std::string_view text);

    struct Line {
        std::string text;  // without the newline
        std::uint64_t next = 0;
    };
    std::optional<Line> line(std::uint64_t at);
    // Where the line before begins; nullopt at the start.
    std::optional<std::uint64_t> before(std::uint64_t at);
    // Where the line begins that the byte is in.
    std::uint64_t start_of(std::uint64_t byte);
    std::uint64_t size();

    // The pipe that is to be waited for; -1 when there is none or it has ended.
    [[nodiscard]] int pipe() const { return ended_ ? -1 : fd_.get(); }
    // One read of it.
    void pull();
    // A file that had ended may have grown.
    void look_again() { ended_ = seekable_ || cut_ || !fd_; }
    // The bound of what is kept of a pipe was met.
    [[nodiscard]] bool cut() const { return cut_; }
    // What was read of a file may be outdated.
    void forget();
    [[nodiscard]] const std::optional<Error>& problem() const { return problem_; }

    using Stop = std::function<bool()>;
    // Lines are counted from 1 by their newlines; nullopt when stopped, or when there is none.
    std::optional<std::uint64_t> number_of(std::uint64_t at, const Stop& stop);
    std::optional<std::uint64_t> find_number(std::uint64_t number, const Stop& stop);
    // The first line at `from` or behind it, or the last before it, that matches.
    Result<std::optional<std::uint64_t>> search(parse::Regex& regex, std::uint64_t from,
                                                bool forward, const Stop& stop);

private:
    static constexpr std::uint64_t block_size = 65536;
    static constexpr std::size_t chunk = std::size_t{16} * block_size;
    PagerText() = default;
    std::string_view block(std::uint64_t index);
    std::string bytes(std::uint64_t from, std::uint64_t to);
    bool has_newline(std::uint64_t index) { return block(index).find('\n') != std::string::npos; }
    Result<std::optional<std::uint64_t>> search_piece(parse::Regex& regex, std::uint64_t from,
                                                      std::uint64_t to, bool last);

    Fd fd_;
    bool seekable_ = false, on_target_ = false, ended_ = true, cut_ = false;
    std::optional<Error> problem_;
    std::vector<std::string> kept_;  // of a pipe: its blocks
    struct Cached {
        std::uint64_t index = UINT64_MAX;
        std::string bytes;
    };
    std::array<Cached, 32> cache_;
    std::vector<std::uint64_t> newlines_{0};  // before each MiB
};

}  // namespace limpet::commands
