// rev.cpp - the characters of each line, last first.
#include "commands/text/lines.h"
#include "commands/utf8.h"

#include <algorithm>

namespace limpet::commands {
namespace {

std::string reversed(std::string_view line) {
    std::string text;
    text.reserve(line.size());
    std::vector<std::string_view> characters;
    while (!line.empty()) {
        const auto length = std::max<std::size_t>(utf8_length(line), 1);
        characters.push_back(line.substr(0, length));
        line.remove_prefix(length);
    }
    for (auto it = characters.rbegin(); it != characters.rend(); ++it) text += *it;
    return text;
}

int run(Invocation& call) {
    rewrite_lines(call, [&](std::string_view line) {
        // A NUL ends the text of a line, its newline included, as it does everywhere.
        const auto text = line.substr(0, line.find('\0'));
        call.out.write(reversed(text));
        return text.size() == line.size();
    });
    return call.status;
}

constexpr Command rev{
    .name = "rev",
    .usage = "[FILE...]",
    .summary = "print each line backwards",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .help =
        "Of a line with a NUL byte only what stands before that.\n\nExample, the last field of "
        "each line:\n  rev names | cut -d. -f1 | rev\n",
};
const Register registered{rev};

}  // namespace
}  // namespace limpet::commands
