// endpoint.cpp - where the agent is, and how the bytes get there.
#include "attach/endpoint.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <cstring>

extern char** environ;

namespace limpet::attach {
namespace {

// Large enough that the agent can write several data frames while the client writes the last ones
// out; the default holds less than one.
constexpr int socket_buffer = 1024 * 1024;

Result<> start(const std::vector<std::string>& words, int socket, int log, bool environment,
               pid_t& pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&actions, socket, 0);
    ::posix_spawn_file_actions_adddup2(&actions, socket, 1);
    ::posix_spawn_file_actions_adddup2(&actions, log, 2);
    // A session of its own: Ctrl-C and hang-ups of the operator's terminal are for the client,
    // which passes them on. And no signal of ours stays blocked or ignored in it.
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(&attributes,
                               POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<char*> arguments;
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    char* const empty[] = {nullptr};
    const int code = ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(),
                                    environment ? environ : empty);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (code != 0) return failed("start", words.front(), code);
    return {};
}

Result<Link> connect_local() {
    const auto agent = TRY(find_agent());
    // What a session may know of the operator's environment is in its open.
    return start_agent({agent, "serve", "--listen", "stdio"}, agent, Environment::none);
}

Result<Link> connect_unix(std::string_view path) {
    const auto label = "unix:" + std::string(path);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return refused("connect to " + label, "the path is empty or longer than 107 bytes");
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return failed("socket", label);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &socket_buffer, sizeof socket_buffer);
    // connect(2) of a unix socket waits only for room in the listener's backlog; a listener that
    // does not accept for that long is as good as none.
    const timeval patience{5, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        auto error = failed("connect to", label);
        error.error().hint() = "is `limpet-agent serve --listen " + label + "` running?";
        return error;
    }
    Link link;
    link.out = Fd(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 3));
    if (!link.out) return failed("dup", "the connection");
    link.in = std::move(socket);
    link.name = label;
    return link;
}

void wait_for_agent(Link& link) {
    if (link.agent < 0) return;
    // It ends its sessions, the stubborn ones after a second, and then itself.
    const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, link.agent, 0)));
    pollfd entry{process.get(), POLLIN, 0};
    if (process && ::poll(&entry, 1, 3000) == 0) ::kill(link.agent, SIGKILL);
    while (::waitpid(link.agent, nullptr, 0) < 0 && errno == EINTR) {
    }
    link.agent = -1;
}

}  // namespace

Result<Link> start_agent(const std::vector<std::string>& words, std::string name,
                         Environment environment) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return failed("socketpair", "");
    }
    Fd ours(ends[0]), theirs(ends[1]);
    for (const int end : ends) {
        ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &socket_buffer, sizeof socket_buffer);
    }
    if (::pipe2(ends, O_CLOEXEC) != 0) return failed("pipe", "");
    Link link;
    link.log = Fd(ends[0]);
    const Fd log(ends[1]);
    ::fcntl(link.log.get(), F_SETFL, O_NONBLOCK);
    TRY(start(words, theirs.get(), log.get(), environment == Environment::ours, link.agent));
    link.out = Fd(::fcntl(ours.get(), F_DUPFD_CLOEXEC, 3));
    if (!link.out) return failed("dup", "the connection");
    link.in = std::move(ours);
    link.name = std::move(name);
    return link;
}

Result<Link> connect(std::string_view host) {
    if (host.empty() || host == "local") return connect_local();
    if (host.starts_with("unix:")) return connect_unix(host.substr(5));
    for (const std::string_view later : {"ssh:", "tls:"}) {
        if (!host.starts_with(later)) continue;
        return refused("--host " + std::string(host), "not in this version",
                       "local, unix:PATH and kube:[CONTEXT] are");
    }
    return refused("--host " + std::string(host), "no such kind of host",
                   "local, unix:PATH and kube:[CONTEXT] are known");
}

void part(Link& link) {
    link.in.reset();
    link.out.reset();
    wait_for_agent(link);
    link.guard.finish();
}

std::vector<std::string> agent_candidates(std::string_view choice, std::string_view client) {
    if (!choice.empty()) return {std::string(choice)};
    const auto slash = client.rfind('/');
    if (slash == std::string_view::npos) return {};
    const std::string directory(client.substr(0, slash + 1));
    return {directory + "limpet-agent", directory + "../libexec/limpet/limpet-agent"};
}

Result<std::string> find_agent() {
    const char* choice = ::getenv("LIMPET_AGENT");
    char client[PATH_MAX];
    const auto size = ::readlink("/proc/self/exe", client, sizeof client);
    const std::string_view path(client, size > 0 ? static_cast<std::size_t>(size) : 0);
    std::string tried;
    for (auto& candidate : agent_candidates(choice ? choice : "", path)) {
        if (::access(candidate.c_str(), X_OK) == 0) return std::move(candidate);
        tried += (tried.empty() ? "" : ", ") + candidate;
    }
    return refused("find limpet-agent", "no program at " + tried, "$LIMPET_AGENT names another");
}

}  // namespace limpet::attach
