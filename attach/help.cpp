// help.cpp - limpet help: the verbs, or one of them.
#include "attach/report.h"
#include "attach/verb.h"

#include <errno.h>
#include <algorithm>

namespace limpet::attach {
namespace {

std::string overview() {
    std::string text =
        "limpet: debugs containers that have no shell\n\n"
        "usage: " +
        program_name() + " [OPTION...] VERB [ARG...]\n" + "       " + program_name() +
        " TARGET   the same as: attach TARGET\n\n";
    for (const auto* verb : verbs()) {
        if (verb->hidden) continue;
        std::string left = "  " + std::string(verb->name);
        left.resize(std::max<std::size_t>(left.size() + 1, 14), ' ');
        text += left + std::string(verb->summary) + '\n';
    }
    if (is_plugin(::program_invocation_short_name)) text += cluster_options();
    return text + '\n' + program_name() + " help VERB says more, and lists the options.\n";
}

int run(const Arguments& arguments) {
    if (arguments.operands.size() > 1) return misused(help, "one VERB at most");
    std::string text;
    if (arguments.operands.empty()) {
        text = overview();
    } else {
        const auto* verb = find_verb(arguments.operands.front());
        if (!verb) return misused(help, "there is no verb '" + arguments.operands.front() + "'");
        text = help_text(*verb);
    }
    if (auto printed = print(1, text); !printed) return report("help", printed.error());
    return 0;
}

}  // namespace

constexpr Verb help{
    .name = "help",
    .usage = "[VERB]",
    .summary = "list the verbs, or explain one",
    .run = run,
};

}  // namespace limpet::attach
