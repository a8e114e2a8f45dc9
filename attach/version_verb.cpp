// version_verb.cpp - limpet version.
#include "attach/report.h"
#include "attach/verb.h"
#include "limpet/version.h"

#include <string>

namespace limpet::attach {
namespace {

int run(const Arguments& arguments) {
    if (!arguments.operands.empty()) return misused(version_verb, "it takes no operands");
    const std::string number(version), protocol = std::to_string(protocol_version);
    const auto text = arguments.value("output") == "json"
                          ? "{\"version\":\"" + number + "\",\"protocol\":" + protocol + "}\n"
                          : "limpet " + number + " (protocol " + protocol + ")\n";
    if (auto printed = print(1, text); !printed) return report("version", printed.error());
    return 0;
}

}  // namespace

constexpr Verb version_verb{
    .name = "version",
    .usage = "[-o json]",
    .summary = "print the version of this client and of the protocol that it speaks",
    .run = run,
};

}  // namespace limpet::attach
