// exec.cpp - limpet exec: one command near the target, on our standard streams.
#include "attach/fleet.h"
#include "attach/report.h"
#include "attach/start.h"

#include <charconv>
#include <cmath>

namespace limpet::attach {
namespace {

// "1.5" seconds -> milliseconds; 0 for what is no positive number of them in a u32.
std::uint32_t milliseconds(std::string_view text) {
    double seconds = 0;
    const auto [end, problem] =
        std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
    if (problem != std::errc{} || end != text.data() + text.size()) return 0;
    const double result = std::ceil(seconds * 1000);
    return result >= 1 && result <= 4294967295.0 ? static_cast<std::uint32_t>(result) : 0;
}

int run(const Arguments& arguments) {
    if (arguments.has("all") && arguments.has("record")) {
        return misused(exec, "--record keeps one session, and --all makes many");
    }
    if (arguments.has("selector") || arguments.has("all")) return run_in_fleet(arguments);
    if (arguments.operands.empty()) return misused(exec, "TARGET is missing");
    if (arguments.operands.size() < 2) {
        return misused(exec, "CMD is missing (an interactive shell: limpet attach TARGET)");
    }
    const auto& target = arguments.operands.front();
    auto open = session_of(arguments, target);
    if (!open) return misused(exec, text(open.error()));
    open->tty = arguments.has("tty");
    open->arguments.assign(arguments.operands.begin() + 1, arguments.operands.end());
    if (const auto limit = arguments.value("timeout")) {
        open->timeout = milliseconds(*limit);
        if (open->timeout == 0) {
            return misused(exec, "--timeout needs a positive number of seconds");
        }
    }
    return run_on(arguments, "exec " + target, *std::move(open));
}

constexpr Option options[] = {
    {'t', "tty", "", "give the command a terminal"},
    {'i', "interactive", "", "accepted for habit's sake: standard input is always passed on"},
    {0, "timeout", "S", "end the command after S seconds (fractions allowed), with status 124"},
    {'l', "selector", "LABELS", "in a cluster: in the pod with these labels, no TARGET"},
    {0, "all", "", "in every pod that -l matches, eight at once, output by pod"},
    allow_option,
    allow_only_option,
    scratch_option,
    record_option,
    record_input_option,
    overwrite_option,
};

}  // namespace

constexpr Verb exec{
    .name = "exec",
    .usage =
        "[-t] [--allow GRANTS] [--allow-only GRANTS] [--scratch] [--timeout S] [--record FILE] "
        "TARGET [--] CMD [ARG...]",
    .summary = "run one command near the target",
    .options = options,
    .help =
        "Standard input, output and error are the command's own, and so is the status: 128+N when\n"
        "signal N ended it. 124: timed out; 125: limpet itself failed; 126: not allowed; 127: no\n"
        "such command. On a terminal, without -t, control characters in the output are shown as\n"
        "\\x1b or \\u202e and not sent to it. SIGINT, SIGTERM, SIGHUP and SIGQUIT are passed on "
        "to\n"
        "the command; a second SIGINT gives up.\n"
        "\n"
        "  limpet exec web -- ls -l /\n"
        "  limpet exec web cat /app | sha256sum\n"
        "  limpet exec web -- sh -c 'ps | grep app'\n"
        "  limpet exec --scratch web -- sh -c 'rm -r /etc; scratch diff'\n"
        "  limpet exec --record ls.cast web -- ls -l /\n"
        "  limpet exec --allow modify web -- sed -i s/info/debug/ /etc/app.conf\n"
        "  kubectl limpet exec -l app=web --all -- ss -ltn\n",
    .targets = true,
    .command_follows = true,
    .run = run,
};

}  // namespace limpet::attach
