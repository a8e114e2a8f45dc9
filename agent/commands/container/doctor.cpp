// doctor.cpp - what works here, what does not, why, and what would change it.
#include "target/doctor.h"

#include "commands/table.h"
#include "parse/lines.h"
#include "runtimes/container.h"
#include "target/sidecar.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace limpet::commands {
namespace {

using target::State;

class Report {
public:
    explicit Report(Invocation& call)
        : call_(call),
          json_(call.json()),
          table_(call, {{"check"}, {"state"}, {"detail"}, {"fix"}}) {}

    void row(std::string_view check, State state, std::string_view detail, std::string_view fix) {
        const auto* word = state == State::works   ? "works"
                           : state == State::fails ? "fails"
                           : state == State::told  ? "is"
                                                   : "without";
        if (state == State::fails) call_.status = 1;
        Cells cells;
        cells.text(check).text(word);
        for (const auto text : {detail, fix}) {
            text.empty() && json_ ? cells.nothing() : cells.text(text);
        }
        table_.row(std::move(cells));
    }
    int finish() {
        table_.finish();
        return call_.status;
    }

private:
    Invocation& call_;
    bool json_;
    Table table_;
};

// Whether somebody listens there. Nothing is said to them.
void tell_socket(Report& report, std::string_view name, const char* path) {
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    const bool answers =
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (!answers && errno == ENOENT) return;
    std::string detail(path);
    detail += answers ? "" : std::string(": ") + ::strerrordesc_np(errno);
    report.row(name, State::told, detail, answers ? "" : "limpet reads its files, not its socket");
}

void tell_runtimes(Report& report) {
    const auto found = runtimes::list(runtimes::this_node());
    for (const auto* name :
         {"docker", "podman", "containerd", "crio", "lxc", "nspawn", "runc", "crun", "other"}) {
        const auto count =
            std::ranges::count(found.containers, name, &runtimes::Container::runtime);
        if (count == 0) continue;
        report.row(name, State::works,
                   std::to_string(count) + (count == 1 ? " container" : " containers"), "");
    }
    for (const auto& warning : found.warnings) {
        report.row("runtimes", found.denied ? State::fails : State::without, warning,
                   found.denied ? "run it as root: sudo limpet" : "");
    }
    if (found.containers.empty() && !found.denied) {
        report.row("runtimes", State::told, "no container is found", "pid:N names any process");
    }
    constexpr std::pair<const char*, const char*> sockets[]{
        {"docker socket", "/run/docker.sock"},
        {"podman socket", "/run/podman/podman.sock"},
        {"containerd socket", "/run/containerd/containerd.sock"},
        {"crio socket", "/run/crio/crio.sock"}};
    for (const auto& [name, path] : sockets) tell_socket(report, name, path);
}

// Beside a target: where it stands on the ladder, and what would lift it.
void tell_rung(Report& report, const target::Target& target) {
    const bool lowest = target.rung == 'F';
    std::string detail{target.rung, ':', ' '};
    detail += target::rung_gives(target.rung);
    const auto reason = target::fact(target, "reason");
    if (!reason.empty()) (detail += "; ") += reason;
    report.row("rung",
               lowest               ? State::fails
               : target.rung == 'A' ? State::works
                                    : State::without,
               detail, target::fact(target, "lift"));
    const auto scratch = target::fact(target, "scratch");
    if (!scratch.empty()) report.row("$LIMPET_SCRATCH", State::without, scratch, "");
    if (target.other_network) {
        report.row("network", State::without, "the target's is another one than ours",
                   target::other_network_hint);
    }
}

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    Report report(call);
    if (const auto client = call.options.value("client")) {
        report.row("client", State::works, *client, "");
    }
    target::Target own;
    const bool here = call.target.mode == target::Mode::here;
    if (here) target::examine_machine(own);
    const auto& target = here ? own : call.target;
    bool examined = false;
    for (const auto& [name, value] : target.facts) {
        if (!name.starts_with(target::finding)) continue;
        std::string_view fix = value;
        const auto detail = parse::take_line(fix);
        examined = true;
        report.row(std::string_view(name).substr(target::finding.size()),
                   static_cast<State>(detail[0]), detail.substr(1), fix);
    }
    if (target.mode == target::Mode::sidecar) {
        tell_rung(report, target);
    } else if (!examined && target.mode == target::Mode::node && target.pid == 0) {
        report.row("processes", State::without, "the container does not run", "start it");
        report.row("files", State::works, "from its layers, read-only", "");
    } else if (target.mode == target::Mode::none &&
               !target::fact(target, "doctor/kernel").empty()) {
        tell_runtimes(report);
    } else if (!examined) {
        call.complain("this is for `limpet doctor`, which asks before a session gives things up");
        return 1;
    }
    return report.finish();
}

constexpr Option options[]{
    {0, "client", "TEXT", "what the client says of itself"},
    json_option,
};

constexpr Command doctor{
    .name = "doctor",
    .usage = "[-o json]",
    .summary = "show what works here, what does not, why, and what would change it",
    .theme = "container",
    .promise = Promise::none,
    .run = run,
    .options = option_table<options>,
    .help =
        "What `limpet doctor` prints: each thing that limpet needs of this machine, or of a "
        "target,\nwas tried. works: it does. fails: it does not, and limpet cannot do without "
        "(status 1).\nwithout: it does not, and limpet does with less. is: how this machine is set "
        "up.\n"
        "JSON fields: check, state (works, fails, without, is), detail, fix (what would change it, "
        "or null).\n"
        "\nExample:\n  limpet doctor web\n",
    .without_process = true,
};
const Register registered{doctor};

}  // namespace
}  // namespace limpet::commands
