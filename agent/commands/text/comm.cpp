// comm.cpp - lines that two sorted files have in common.
#include "commands/text/lines.h"

namespace limpet::commands {
namespace {

// One side: its line, and whether the lines so far were in order.
struct Side {
    Input* input;
    int number;
    char terminator;
    std::string line = {};
    bool there = false, begun = false, disorder_told = false;

    Result<> advance(Invocation& call, bool check) {
        const auto next = TRY(next_line(*input, terminator));
        there = next.has_value();
        if (!there) return {};
        if (check && begun && *next < line && !disorder_told) {
            disorder_told = true;
            call.complain("file " + std::to_string(number) + " is not sorted");
        }
        line = *next;
        begun = true;
        return {};
    }
};

Result<> compare(Invocation& call, Side first, Side second) {
    bool shown[4] = {};
    for (int column = 1; column <= 3; ++column) {
        shown[column] = !call.options.has(static_cast<char>('0' + column));
    }
    const bool check = !call.options.has("nocheck-order");
    const std::string between(call.options.value("output-delimiter").value_or("\t"));
    const auto print = [&](int column, const std::string& line) {
        if (!shown[column]) return;
        for (int before = 1; before < column; ++before) {
            if (shown[before]) call.out.write(between);
        }
        call.out.write(line);
        call.out.put(first.terminator);
    };
    TRY(first.advance(call, check));
    TRY(second.advance(call, check));
    while ((first.there || second.there) && !call.out.failure()) {
        const int order = !first.there ? 1 : !second.there ? -1 : first.line.compare(second.line);
        print(order < 0 ? 1 : order > 0 ? 2 : 3, order > 0 ? second.line : first.line);
        if (order <= 0) TRY(first.advance(call, check));
        if (order >= 0) TRY(second.advance(call, check));
    }
    return {};
}

int run(Invocation& call) {
    if (call.operands.size() != 2) return call.misused("it compares two files");
    Pair pair;
    if (!open_pair(call, pair)) return 1;
    const char terminator = call.options.has('z') ? '\0' : '\n';
    const auto done = compare(call, {&*pair.first, 1, terminator}, {&*pair.second, 2, terminator});
    if (!done) call.complain(done.error());
    return call.status;
}

constexpr Option options[]{
    {'1', "", "", "not the lines that only the first file has"},
    {'2', "", "", "not those that only the second has"},
    {'3', "", "", "not those that both have"},
    {'z', "zero-terminated", "", "lines end with a zero byte"},
    {0, "output-delimiter", "TEXT", "instead of a tab before the second and third column"},
    {0, "nocheck-order", "", "say nothing when a file is not sorted"},
};

constexpr Command comm{
    .name = "comm",
    .usage = "[-123z] FILE1 FILE2",
    .summary = "compare two sorted files line by line",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Three columns: only in the first, only in the second, in both. Sorted means by bytes.\n\n"
        "Example:\n  comm -23 wanted present\n",
};
const Register registered{comm};

}  // namespace
}  // namespace limpet::commands
