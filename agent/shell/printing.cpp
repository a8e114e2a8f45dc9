// shell/printing.cpp - built-ins that other commands' files define: echo, printf, test.
#include "commands/text/echo.h"
#include "commands/text/printf.h"
#include "commands/text/test.h"
#include "shell/builtins.h"
#include "shell/pattern.h"
#include "shell/shell.h"

#include <span>

namespace limpet::shell {

int run_echo(Shell& shell, Words& words) {
    shell.status = 0;
    shell.write(commands::words::echo(std::span<const std::string>(words).subspan(1)));
    return shell.status;
}

int run_printf(Shell& shell, Words& words) {
    std::span<const std::string> operands = std::span<const std::string>(words).subspan(1);
    if (!operands.empty() && operands[0] == "--") operands = operands.subspan(1);
    if (operands.empty()) return misuse(shell, words, "a format is missing");
    const auto printed = commands::words::format(operands);
    shell.status = printed.status;
    shell.write(printed.out);
    for (const auto& problem : printed.problems) shell.complain("printf: " + problem);
    return shell.status;
}

namespace {
bool matched_by(const std::string& text, const std::string& pattern) {
    return matches(pattern, text);
}
}  // namespace

int run_test(Shell& shell, Words& words) {
    std::span<const std::string> expression = std::span<const std::string>(words).subspan(1);
    const bool doubled = words[0] == "[[";
    if (doubled || words[0] == "[") {
        if (expression.empty() || expression.back() != (doubled ? "]]" : "]")) {
            return misuse(shell, words, doubled ? "']]' is missing" : "']' is missing");
        }
        expression = expression.first(expression.size() - 1);
    }
    std::string problem;
    const int status = commands::words::test(expression, shell.target, shell.directory, problem,
                                             doubled ? matched_by : nullptr);
    return status == 2 ? misuse(shell, words, problem) : status;
}

}  // namespace limpet::shell
