// start.cpp - from a command line to a session.
#include "attach/start.h"

#include "attach/endpoint.h"
#include "attach/kube/connect.h"
#include "attach/report.h"
#include "attach/sanitiser.h"
#include "attach/terminal.h"

#include <unistd.h>

#include <cstdlib>

namespace limpet::attach {
namespace {

// Of the operator's environment the session gets what describes the terminal and the language; the
// rest may hold secrets and is nothing that a debugged container's neighbour should be told.
constexpr const char* passed_on[] = {"TERM", "COLORTERM", "NO_COLOR", "LANG", "LC_ALL", "LC_CTYPE"};

void note(std::string_view what, std::string_view text) {
    (void)print(2, one_line("limpet: " + std::string(what) + ": " + std::string(text)) + '\n');
}

}  // namespace

// The options that only mean something in a cluster must not be taken for done elsewhere.
Result<Link> link_for(const Arguments& arguments, std::string& target) {
    const auto host = host_of(arguments);
    if (kube::is_kube(host)) return kube::connect(arguments, host, target);
    for (const auto& option : kube_options) {
        if (arguments.has(option.name)) {
            return refused("--" + std::string(option.name), "it is for --host kube:");
        }
    }
    return connect(host);
}

std::string host_of(const Arguments& arguments) {
    if (const auto given = arguments.value("host")) return std::string(*given);
    const char* variable = ::getenv("LIMPET_HOST");
    return variable && *variable ? variable : "local";
}

Result<Open> session_of(const Arguments& arguments, std::string target) {
    Open open;
    open.target = std::move(target);
    if (const auto only = arguments.value("allow-only")) open.grants = TRY(parse_grants(*only));
    if (const auto more = arguments.value("allow")) {
        open.grants = open.grants | TRY(parse_grants(*more));
    }
    if (arguments.has("scratch")) {
        if (any(open.grants & Grant::modify)) {
            return refused("--scratch",
                           "it excludes the grant modify: either what is written "
                           "vanishes, or it changes the target");
        }
        open.grants = open.grants | Grant::scratch;
    }
    for (const char* name : passed_on) {
        const char* value = ::getenv(name);
        if (value) open.environment.push_back(std::string(name) + '=' + value);
    }
    if (arguments.has("no-color") && !::getenv("NO_COLOR")) {
        open.environment.emplace_back("NO_COLOR=1");
    }
    return open;
}

bool takes_terminal(const Open& open) { return open.tty && ::isatty(0) == 1; }

int run_on(const Arguments& arguments, std::string_view what, Open open) {
    if (open.tty) {
        // With input from a pipe, the output may still show on a terminal of some size.
        const auto size = window_size(BorrowedFd(::isatty(0) == 1 ? 0 : 1));
        open.rows = size.rows;
        open.columns = size.columns;
    }
    const auto timeout = open.timeout;
    const bool interactive = takes_terminal(open);
    auto recording = Recording::of(arguments, what, open);
    if (!recording) return report(what, recording.error());
    // By the name that was given: the connection may have another for it.
    std::optional<History> history;
    if (open.aside) {
        history.emplace(host_of(arguments), open.target);
        open.given = history->load();
    }
    auto link = link_for(arguments, open.target);
    if (!link) {
        if (*recording) (*recording)->discard();
        return report(what, link.error());
    }
    const bool verbose = arguments.has("verbose");
    constexpr Grant later = Grant::enter;
    if (any(open.grants & later) && !arguments.has("quiet")) {
        note(what, "nothing in this version uses the grant " + grant_list(open.grants & later));
    }
    if (verbose) {
        note(what, link->name + " opens '" + open.target + "' with " + grant_list(open.grants));
    }
    const Task task{std::move(open), interactive, history ? &*history : nullptr,
                    *recording ? &**recording : nullptr};
    const auto begin = Clock::now();
    const auto ending = run_session(*std::move(link), task);
    if (verbose && ending && ending->signal == 0) {
        const auto took =
            std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
        note(what, ending->agent + ": ended after " + std::to_string(took.count()) + " ms, " +
                       std::to_string(ending->output) + " bytes of output, " +
                       std::to_string(ending->errors) + " of errors");
    }
    if (history) history->save();
    if (*recording) {
        if (!ending) {
            note(what, "what was recorded until then is in " + (*recording)->part());
        } else if (auto kept = (*recording)->finish(status_of(*ending)); !kept) {
            return report(what, kept.error());
        }
    }
    return conclude(what, ending, timeout);
}

}  // namespace limpet::attach
