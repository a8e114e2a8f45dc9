// doctor.cpp - limpet doctor: what works here, or with a target, and what would change the rest.
#include "attach/report.h"
#include "attach/start.h"
#include "limpet/version.h"

#include <unistd.h>

namespace limpet::attach {
namespace {

int run(const Arguments& arguments) {
    if (arguments.operands.size() > 1) return misused(doctor, "one TARGET, or none");
    const auto format = arguments.value("output").value_or("table");
    if (format != "json" && format != "table") return misused(doctor, "-o takes table or json");
    const std::string target = arguments.operands.empty() ? "" : arguments.operands.front();
    auto open = session_of(arguments, target);
    if (!open) return misused(doctor, text(open.error()));
    open->arguments = {"doctor", "--client",
                       "limpet " + std::string(version) + " as uid " + std::to_string(::geteuid()) +
                           ", agent: " + host_of(arguments)};
    if (format == "json") open->arguments.insert(open->arguments.end(), {"-o", "json"});
    return run_on(arguments, target.empty() ? "doctor" : "doctor " + target, *std::move(open));
}

}  // namespace

constexpr Verb doctor{
    .name = "doctor",
    .usage = "[-o json] [TARGET]",
    .summary = "what works here, or with TARGET, what does not, why, and what would change it",
    .help =
        "Everything is found by trying. Without TARGET: the kernel's calls, our own privilege, "
        "the\n"
        "runtimes and their sockets. With one: looking at its files, processes and network, its\n"
        "layers, and each grant (trace, modify, scratch); nothing in it changes. Per line a "
        "state:\n"
        "works; fails (limpet needs it); without (limpet does with less); is (how it is set up).\n"
        "Status 0: nothing that is needed fails; 1: something does; 125: no agent could be asked.\n"
        "\n"
        "  limpet doctor\n"
        "  limpet doctor web\n"
        "  limpet doctor -o json | jq -r 'select(.state == \"fails\").fix'\n",
    .targets = true,
    .run = run,
};

}  // namespace limpet::attach
