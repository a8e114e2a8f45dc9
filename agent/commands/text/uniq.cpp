// uniq.cpp - join adjacent equal lines.
#include "commands/command.h"
#include "commands/create.h"
#include "parse/number.h"

#include <algorithm>

namespace limpet::commands {
namespace {

struct Style {
    bool count = false, repeated = false, all_repeated = false, unique = false, fold = false;
    std::size_t fields = 0, characters = 0, width = SIZE_MAX;
    char terminator = '\n';
};

std::string_view compared(std::string_view line, const Style& style) {
    const auto blank = [](char byte) { return byte == ' ' || byte == '\t'; };
    for (std::size_t i = 0; i < style.fields; ++i) {
        while (!line.empty() && blank(line[0])) line.remove_prefix(1);
        while (!line.empty() && !blank(line[0])) line.remove_prefix(1);
    }
    line.remove_prefix(std::min(style.characters, line.size()));
    return line.substr(0, style.width);
}

bool same(std::string_view a, std::string_view b, const Style& style) {
    a = compared(a, style);
    b = compared(b, style);
    if (!style.fold) return a == b;
    const auto lower = [](char byte) {
        return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte;
    };
    return std::ranges::equal(a, b, {}, lower, lower);
}

void print(Output& out, std::string_view line, std::uint64_t count, const Style& style) {
    if (style.all_repeated) return;
    if (style.repeated && count < 2) return;
    if (style.unique && count > 1) return;
    if (style.count) out.print("%7llu ", static_cast<unsigned long long>(count));
    out.write(line);
    out.put(style.terminator);
}

Result<> join(Input& input, Output& out, const Style& style) {
    std::string held;
    std::uint64_t count = 0;
    while (const auto got = TRY(input.line(style.terminator))) {
        auto line = *got;
        if (line.ends_with(style.terminator)) line.remove_suffix(1);
        if (count > 0 && same(held, line, style)) {
            ++count;
            if (style.all_repeated) {
                if (count == 2) {
                    out.write(held);
                    out.put(style.terminator);
                }
                out.write(line);
                out.put(style.terminator);
            }
            continue;
        }
        if (count > 0) print(out, held, count, style);
        held = line;
        count = 1;
        if (out.failure()) return {};
    }
    if (count > 0) print(out, held, count, style);
    return {};
}

int run(Invocation& call) {
    Style style;
    style.count = call.options.has('c');
    style.repeated = call.options.has('d');
    style.all_repeated = call.options.has('D');
    style.unique = call.options.has('u');
    style.fold = call.options.has('i');
    if (call.options.has('z')) style.terminator = '\0';
    for (const auto& [option, value] : call.options.all()) {
        if (option.argument.empty()) continue;
        const auto number = parse::number<std::size_t>(value);
        if (!number) return call.misused(std::string("-") + option.letter + " needs a number");
        if (option.letter == 'f') style.fields = *number;
        if (option.letter == 's') style.characters = *number;
        if (option.letter == 'w') style.width = *number;
    }
    if (call.operands.size() > 2) return call.misused("one input and one output at most");
    auto input = call.open(call.operands.empty() ? "-" : call.operands[0]);
    if (!input) {
        call.complain(input.error());
        return call.status;
    }
    std::optional<Fd> file;
    std::optional<Output> written;
    if (call.operands.size() == 2 && call.operands[1] != "-") {
        auto created = create(call, call.operands[1], Writing::truncate);
        if (!created) {
            call.complain(created.error());
            return call.status;
        }
        written.emplace(BorrowedFd(file.emplace(*std::move(created))));
    }
    Output& out = written ? *written : call.out;
    if (const auto done = join(*input, out, style); !done) call.complain(done.error());
    if (!out.flush() && written) call.complain(*out.failure());
    return call.status;
}

constexpr Option options[]{
    {'c', "count", "", "with the number of lines that were equal"},
    {'d', "repeated", "", "only lines that come more than once"},
    {'D', "", "", "these, all of them"},
    {'u', "unique", "", "only lines that come once"},
    {'i', "ignore-case", "", "without regard to upper and lower case"},
    {'f', "skip-fields", "N", "the first N fields do not count"},
    {'s', "skip-chars", "N", "nor N characters after them"},
    {'w', "check-chars", "N", "only N characters count"},
    {'z', "zero-terminated", "", "lines end with a zero byte"},
};

constexpr Command uniq{
    .name = "uniq",
    .usage = "[-cdDuiz] [-f N] [-s N] [-w N] [INPUT [OUTPUT]]",
    .summary = "join adjacent equal lines",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help = "Example:\n  cut -d: -f7 /etc/passwd | sort | uniq -c | sort -rn\n",
    .writes = true,
};
const Register registered{uniq};

}  // namespace
}  // namespace limpet::commands
