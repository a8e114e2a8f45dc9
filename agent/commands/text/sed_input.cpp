// sed_input.cpp - sed's script, the lines of all of its files as one stream, and its outputs.
#include "commands/text/sed_input.h"

namespace limpet::commands::sed {

constexpr std::size_t script_limit = std::size_t{16} * 1024 * 1024;

Result<std::string> script_of(Invocation& call) {
    std::string text;
    bool any = false;
    for (const auto& [option, value] : call.options.all()) {
        if (option.letter != 'e' && option.letter != 'f') continue;
        if (any) text += '\n';
        any = true;
        if (option.letter == 'e') {
            text += value;
            continue;
        }
        auto input = TRY(call.open(value));
        for (;;) {
            const auto bytes = TRY(input.block());
            if (bytes.empty()) break;
            text += bytes;
            if (text.size() > script_limit) return refused("script", "more than 16 MiB");
        }
        if (text.ends_with('\n')) text.pop_back();
    }
    if (any) return text;
    if (call.operands.empty()) return refused("script", "it is missing");
    text = call.operands.front();
    call.operands.erase(call.operands.begin());
    return text;
}

bool Lines::open_next() {
    while (at_ < call_.operands.size()) {
        const auto& name = call_.operands[at_++];
        auto opened = call_.open(name);
        if (!opened) {
            call_.complain(opened.error());
            continue;
        }
        input_.emplace(*std::move(opened));
        next_file_ = name;
        return true;
    }
    return false;
}

std::optional<Line> Lines::read() {
    ahead_in_next_ = false;
    for (;;) {
        if (!input_) {
            if (!open_next()) return std::nullopt;
            ahead_in_next_ = true;
        }
        const auto line = input_->line(terminator_);
        if (!line) call_.complain(line.error());
        if (line && *line) {
            Line result{std::string(**line)};
            result.ended = result.text.ends_with(terminator_);
            if (result.ended) result.text.pop_back();
            return result;
        }
        input_.reset();
    }
}

std::optional<Line> Lines::next() {
    auto line = ahead_ ? std::exchange(ahead_, std::nullopt) : read();
    if (line) {
        ++number_;
        file_ = next_file_;
    }
    return line;
}

bool Lines::last() {
    if (!ahead_) ahead_ = read();
    return !ahead_ || (separate_ && ahead_in_next_);
}

void Sink::line(std::string_view text, bool ended) {
    raw(text);
    if (ended) {
        out_.put(terminator_);
    } else {
        owes_ = true;
    }
}

void Sink::raw(std::string_view text) {
    if (owes_) out_.put(terminator_);
    owes_ = false;
    out_.write(text);
}

}  // namespace limpet::commands::sed
