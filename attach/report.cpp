// report.cpp - the one place where an error of the client becomes text, and a status.
#include "attach/report.h"

#include "attach/sanitiser.h"
#include "attach/signals.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>

namespace limpet::attach {

Result<> print(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed("write", fd == 1 ? "standard output" : "standard error");
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

int report(std::string_view what, const Error& error) {
    // Whoever read our output went away: not worth a line, as for every program of a pipeline.
    if (error.code == EPIPE && error.action() == "write") return 128 + SIGPIPE;
    // Parts of it may come from the agent or the target.
    (void)print(2, one_line("limpet: " + std::string(what) + ": " + text(error)) + '\n');
    return failure;
}

int status_of(const Ending& ending) {
    if (ending.signal != 0) return 128 + ending.signal;
    switch (ending.exit.kind) {
        case Exit::Kind::exited: return static_cast<int>(ending.exit.value & 0xff);
        case Exit::Kind::signalled: return static_cast<int>(128 + (ending.exit.value & 0x7f));
        case Exit::Kind::timed_out: return timed_out;
        case Exit::Kind::failed: break;
    }
    return failure;
}

int conclude(std::string_view what, const Result<Ending>& ending, std::uint32_t timeout_ms) {
    if (!ending) return report(what, ending.error());
    if (ending->signal != 0) die_by(ending->signal);
    const auto& exit = ending->exit;
    if (exit.kind == Exit::Kind::timed_out) {
        char limit[32];
        std::snprintf(limit, sizeof limit, "%g", timeout_ms / 1000.0);
        report(what,
               Error{0, "timed out", "it did not end within " + std::string(limit) + " s", {}});
    } else if (exit.kind == Exit::Kind::failed) {
        report(what, Error{0, "agent", exit.message, {}});
    }
    return status_of(*ending);
}

}  // namespace limpet::attach
