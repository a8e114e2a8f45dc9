// echo.cpp - print words.
#include "commands/text/echo.h"

#include "commands/command.h"
#include "commands/text/escapes.h"

namespace limpet::commands {
namespace words {

std::string echo(std::span<const std::string> operands) {
    bool newline = true;
    bool escapes = false;
    // Only words of nothing but these letters are options: `echo -nx` prints "-nx".
    while (!operands.empty()) {
        const auto& word = operands.front();
        if (word.size() < 2 || word[0] != '-' || word.find_first_not_of("neE", 1) != word.npos) {
            break;
        }
        for (const char letter : word.substr(1)) {
            if (letter == 'n') {
                newline = false;
            } else {
                escapes = letter == 'e';
            }
        }
        operands = operands.subspan(1);
    }
    std::string out;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        if (i > 0) out += ' ';
        if (!escapes) {
            out += operands[i];
        } else if (!append_unescaped(out, operands[i], Escapes::argument)) {
            return out;
        }
    }
    if (newline) out += '\n';
    return out;
}

}  // namespace words

namespace {

int run(Invocation& call) {
    call.out.write(words::echo(call.operands));
    return 0;
}

constexpr Option options[]{
    {'n', "", "", "no newline at the end"},
    {'e', "", "", "replace backslash escapes: \\n \\t \\0NNN \\xHH, \\c ends the output"},
    {'E', "", "", "print backslashes as they are (default)"},
};

constexpr Command echo_command{
    .name = "echo",
    .usage = "[-neE] [WORD...]",
    .summary = "print words",
    .theme = "text",
    .run = run,
    .options = option_table<options>,
    .help = "Example:\n  echo -e 'one\\ttwo'\n",
    .raw = true,
    .builtin = true,
};
const Register registered{echo_command};

}  // namespace
}  // namespace limpet::commands
