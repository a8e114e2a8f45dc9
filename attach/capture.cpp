// capture.cpp - limpet capture: packets of the target's interfaces, to a file or a viewer.
#include "attach/part.h"
#include "attach/report.h"
#include "attach/start.h"

#include <unistd.h>

namespace limpet::attach {
namespace {

int run(const Arguments& arguments) {
    if (arguments.operands.empty()) return misused(capture, "TARGET is missing");
    const auto& target = arguments.operands.front();
    auto open = session_of(arguments, target);
    if (!open) return misused(capture, text(open.error()));
    // For the names of the processes; nothing else is of use to it.
    open->grants = Grant::network | Grant::processes;
    const auto file = arguments.value("write");
    const bool shown = !file && ::isatty(1) == 1;
    auto& words = open->arguments;
    words = {"tcpdump", "-U"};
    if (!shown) words.insert(words.end(), {"-w", "-"});
    for (const std::string_view option : {"interface", "count", "snapshot-length"}) {
        if (const auto value = arguments.value(option)) {
            words.push_back(std::string("-") + (option[0] == 's' ? 's' : option[0]));
            words.emplace_back(*value);
        }
    }
    if (arguments.has("pcap")) words.emplace_back("--pcap");
    words.emplace_back("--");
    words.insert(words.end(), arguments.operands.begin() + 1, arguments.operands.end());
    const auto what = "capture " + target;
    if (!file || *file == "-") return run_on(arguments, what, *std::move(open));
    Part part{std::string(*file)};
    if (auto opened = part.open(); !opened) return report(what, opened.error());
    const int status = run_on(arguments, what, *std::move(open));
    return part.close("capture", status, status == 0);
}

constexpr Option options[] = {
    {'i', "interface", "NAME", "where to listen; any: everywhere (the first that is up)"},
    {'w', "write", "FILE", "keep the packets there; - is standard output"},
    {'c', "count", "N", "end after N packets"},
    {'s', "snapshot-length", "N", "keep at most N bytes of each"},
    {0, "pcap", "", "in the older format, without names of processes"},
};

}  // namespace

constexpr Verb capture{
    .name = "capture",
    .usage = "[-i NAME] [-w FILE] [-c N] [-s N] [--pcap] TARGET [FILTER...]",
    .summary = "keep the packets of the target's interfaces, or show them",
    .options = options,
    .help =
        "FILTER is that of tcpdump: port 53 and host 10.0.0.1. What is kept is pcapng, each "
        "packet\n"
        "with the names of its processes; without -w it goes to standard output, and on a "
        "terminal\n"
        "the packets are shown instead. Ctrl-C ends it. Until it has ended well, the file is "
        "called\n"
        "FILE.part.\n"
        "\n"
        "  limpet capture web port 80\n"
        "  limpet capture -i any -w web.pcapng web\n"
        "  limpet capture web -w - | wireshark -k -i -\n",
    .targets = true,
    .command_follows = true,
    .run = run,
};

}  // namespace limpet::attach
