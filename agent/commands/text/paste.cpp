// paste.cpp - lines of several files side by side.
#include "commands/text/lines.h"

namespace limpet::commands {
namespace {

// -d: one per place, cyclically; "" is none (\0).
std::vector<std::string> delimiters(std::string_view list) {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (list[i] != '\\' || i + 1 == list.size()) {
            found.emplace_back(1, list[i]);
            continue;
        }
        const char letter = list[++i];
        found.emplace_back(letter == '0'   ? std::string()
                           : letter == 'n' ? std::string("\n")
                           : letter == 't' ? std::string("\t")
                                           : std::string(1, letter));
    }
    if (found.empty()) found.emplace_back();
    return found;
}

struct Pasting {
    std::vector<std::string> between;
    char terminator = '\n';
    // Of each operand; standard input is one stream however often it is named.
    std::vector<std::shared_ptr<Input>> inputs;
};

Result<> serial(Invocation& call, Pasting& how) {
    for (const auto& input : how.inputs) {
        std::size_t count = 0;
        while (const auto line = TRY(next_line(*input, how.terminator))) {
            if (count > 0) call.out.write(how.between[(count - 1) % how.between.size()]);
            call.out.write(*line);
            ++count;
            if (call.out.failure()) return {};
        }
        call.out.put(how.terminator);
    }
    return {};
}

Result<> parallel(Invocation& call, Pasting& how) {
    std::vector<bool> over(how.inputs.size(), false);
    for (;;) {
        std::string row;
        bool any = false;
        for (std::size_t i = 0; i < how.inputs.size(); ++i) {
            if (i > 0) row += how.between[(i - 1) % how.between.size()];
            if (over[i]) continue;
            const auto line = TRY(next_line(*how.inputs[i], how.terminator));
            if (line) {
                row += *line;
                any = true;
            } else {
                over[i] = true;
            }
        }
        if (!any || call.out.failure()) return {};
        call.out.write(row);
        call.out.put(how.terminator);
    }
}

int run(Invocation& call) {
    Pasting how;
    how.between = delimiters(call.options.value('d').value_or("\t"));
    if (call.options.has('z')) how.terminator = '\0';
    if (call.operands.empty()) call.operands.emplace_back("-");
    std::shared_ptr<Input> standard;
    for (const auto& name : call.operands) {
        if (name == "-" && standard) {
            how.inputs.push_back(standard);
            continue;
        }
        auto input = call.open(name);
        if (!input) {
            call.complain(input.error());
            return 1;
        }
        how.inputs.push_back(std::make_shared<Input>(*std::move(input)));
        if (name == "-") standard = how.inputs.back();
    }
    const auto done = call.options.has('s') ? serial(call, how) : parallel(call, how);
    if (!done) call.complain(done.error());
    return call.status;
}

constexpr Option options[]{
    {'s', "serial", "", "the lines of one file after the other, each file on one line"},
    {'d', "delimiters", "LIST",
     "between columns, in turn, instead of a tab; \\n \\t \\\\ \\0 (nothing)"},
    {'z', "zero-terminated", "", "lines end with a zero byte"},
};

constexpr Command paste{
    .name = "paste",
    .usage = "[-sz] [-d LIST] [FILE...]",
    .summary = "put the lines of files side by side",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help = "Examples:\n  paste names values\n  seq 3 | paste -sd+\n  ls | paste - - -\n",
};
const Register registered{paste};

}  // namespace
}  // namespace limpet::commands
