// parts.cpp - what head and tail share: a part of each file, under its name when there are several.
#include "commands/text/parts.h"
#include "commands/spoken.h"

namespace limpet::commands {

bool wants_headings(const Invocation& call) {
    bool headings = call.operands.size() > 1;
    for (const auto& given : call.options.all()) {
        if (given.option.letter == 'q') headings = false;
        if (given.option.letter == 'v') headings = true;
    }
    return headings;
}

void print_heading(Output& out, std::string_view name, bool first) {
    out.write(first ? "==> " : "\n==> ");
    speak(out, name == "-" ? "standard input" : name);
    out.write(" <==\n");
}

void show_parts(Invocation& call, const Parts& parts) {
    if (call.operands.empty()) call.operands.emplace_back("-");
    const bool headings = wants_headings(call);
    bool first = true;
    for (const auto& name : call.operands) {
        auto input = call.open(name);
        if (!input) {
            call.complain(input.error());
            if (parts.missing) parts.missing(name);
            continue;
        }
        if (headings) print_heading(call.out, name, first);
        first = false;
        if (auto done = parts.show(name, *input); !done) {
            if (done.error().subject().empty()) done.error().subject() = name;
            call.complain(done.error());
        }
    }
}

}  // namespace limpet::commands
