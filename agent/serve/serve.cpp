// serve/serve.cpp - `limpet-agent serve --listen unix:PATH|stdio`.
#include "serve/serve.h"

#include "limpet/version.h"
#include "serve/log.h"
#include "serve/program.h"
#include "serve/server.h"
#include "serve/socket.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <optional>

namespace limpet::serve {
namespace {

constexpr int own_failure = 125;
constexpr int misuse = 2;

int complain(int status, std::string_view problem) {
    const std::string line = "limpet-agent: serve: " + std::string(problem) + '\n';
    [[maybe_unused]] const auto written = ::write(2, line.data(), line.size());
    return status;
}

struct Wishes {
    std::string listen, record;
};

// "--listen WHERE" or "--listen=WHERE", and so for --record-dir; each once.
std::optional<Wishes> wishes_of(const std::vector<std::string>& arguments) {
    Wishes wishes;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view word = arguments[i];
        const auto name = word.substr(0, word.find('='));
        auto* const value = name == "--listen"       ? &wishes.listen
                            : name == "--record-dir" ? &wishes.record
                                                     : nullptr;
        if (!value || !value->empty()) return std::nullopt;
        if (name.size() < word.size()) {
            *value = word.substr(name.size() + 1);
        } else if (++i < arguments.size()) {
            *value = arguments[i];
        }
        if (value->empty()) return std::nullopt;
    }
    return wishes;
}

Result<> keep_records(Server& server, const std::string& directory) {
    if (directory.empty()) return {};
    auto ledger = TRY(Ledger::open(directory));
    TRY(ledger->append("\"event\":\"start\""));
    server.keep_records(std::move(ledger));
    return {};
}

// The limit is raised for the pipes of a thousand sessions; a session gets the old one back, since
// programs that use select(2) cannot live with a larger.
rlimit raise_descriptor_limit() {
    rlimit before{};
    if (::getrlimit(RLIMIT_NOFILE, &before) != 0) return {};
    const rlimit raised{before.rlim_max, before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &raised);
    return before;
}

// Descriptors 0 and 1 become /dev/null, so that nothing else ever reads or writes the wire.
Result<std::pair<Fd, Fd>> take_standard_streams() {
    Fd in(::fcntl(0, F_DUPFD_CLOEXEC, 4));
    Fd out(::fcntl(1, F_DUPFD_CLOEXEC, 4));
    if (!in || !out) return failed("dup", "standard input or output");
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null) return failed("open", "/dev/null");
    if (::dup2(null.get(), 0) < 0 || ::dup2(null.get(), 1) < 0) return failed("dup", "/dev/null");
    return std::pair(std::move(in), std::move(out));
}

Result<> serve_stdio(Program program, const std::string& record) {
    // Ctrl-C and Ctrl-Z of the client's terminal are the client's to pass on, as frames. EPERM as
    // a process group's leader: then no terminal's shell has started us along with the client.
    ::setsid();
    log::threshold(log::Level::warning);
    auto [in, out] = TRY(take_standard_streams());
    Server server(std::move(program));
    TRY(keep_records(server, record));
    TRY(server.accept(std::move(in), std::move(out), {"stdio", ::getuid(), ::getppid()}));
    server.end(false);
    return server.run();
}

Result<> serve_socket(Program program, const std::string& path, const std::string& record) {
    auto listening = TRY(ListeningSocket::bind(path));
    Server server(std::move(program));
    TRY(keep_records(server, record));
    TRY(server.listen(std::move(listening.socket)));
    log::write(log::Level::info, "listening", {{"path", path}, {"version", version}});
    return server.run();
}

}  // namespace

int run(const std::vector<std::string>& arguments, const std::vector<std::string>& session,
        bool in_place) {
    const auto wishes = wishes_of(arguments);
    if (!wishes || wishes->listen.empty()) {
        return complain(misuse,
                        "usage: limpet-agent serve --listen unix:PATH|stdio [--record-dir DIR]");
    }
    const auto& where = wishes->listen;
    const bool stdio = where == "stdio";
    if (!stdio && !where.starts_with("unix:")) {
        return complain(misuse, "--listen takes unix:PATH or stdio");
    }
    // What our parent has leaked to us is none of our sessions' business.
    ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
    auto program = in_place ? own_program() : seal_own_program();
    if (!program) return complain(own_failure, text(program.error()));
    program->arguments.insert(program->arguments.end(), session.begin(), session.end());
    // Orphans of a session are reaped here rather than by the first process of the target.
    if (in_place) ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    program->descriptors = raise_descriptor_limit();
    // No core dump and no ptrace by our own uid: sessions of other people pass through here. Not
    // earlier: it takes /proc/self away from an agent that is not root.
    ::prctl(PR_SET_DUMPABLE, 0);
    const auto done = stdio ? serve_stdio(std::move(*program), wishes->record)
                            : serve_socket(std::move(*program), where.substr(5), wishes->record);
    return done ? 0 : complain(own_failure, text(done.error()));
}

}  // namespace limpet::serve
