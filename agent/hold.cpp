// hold.cpp - wait in a container for sessions that come by exec, and go when none do.
#include "hold.h"

#include "limpet/limits.h"
#include "parse/mountinfo.h"
#include "parse/number.h"
#include "target/directory.h"
#include "target/procfs.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <optional>

namespace limpet {
namespace {

constexpr std::uint64_t usual_ttl = 8 * 3600;
// A session is found by looking; one that is shorter than this may be missed, which matters only
// to who comes for the first time at the very end.
constexpr std::uint64_t look_every = 15;

std::optional<std::uint64_t> seconds_of(char unit) {
    switch (unit) {
        case 's': return 1;
        case 'm': return 60;
        case 'h': return 3600;
        case 'd': return 86400;
        default: return std::nullopt;
    }
}

// "8h", "1h30m", "90" (seconds).
std::optional<std::uint64_t> duration(std::string_view text) {
    std::uint64_t total = 0;
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
        const auto number = parse::number<std::uint64_t>(text.substr(0, digits));
        const auto unit = digits < text.size() ? seconds_of(text[digits]) : 1;
        if (!number || !unit || *number > 366 * std::uint64_t{86400}) return std::nullopt;
        total += *number * *unit;
        text.remove_prefix(std::min(digits + 1, text.size()));
    }
    return total > 0 ? std::optional(total) : std::nullopt;
}

std::optional<std::uint64_t> time_to_live(const std::vector<std::string>& arguments) {
    constexpr std::string_view option = "--ttl";
    if (arguments.empty()) return usual_ttl;
    if (arguments.size() == 2 && arguments[0] == option) return duration(arguments[1]);
    if (arguments.size() == 1 && arguments[0].starts_with("--ttl=")) {
        return duration(std::string_view(arguments[0]).substr(option.size() + 1));
    }
    return std::nullopt;
}

// The id of the mount that is a process's "/", which no other mount namespace has; 0 when it is
// gone. Everybody may read it, whatever privileges a session has taken or dropped.
std::uint32_t root_mount(const target::Directory& procfs, const std::string& pid) {
    const auto text = procfs.read(pid + "/mountinfo", limits::large_procfs_file);
    if (!text) return 0;
    std::uint32_t root = 0;
    for (const auto& mount : parse::mountinfo(*text)) {
        if (mount.point == "/") root = mount.id;
    }
    return root;
}

// Does anything but us run in this container? Nothing does unless somebody is here by exec.
bool busy(const target::Directory& procfs, std::uint32_t own) {
    const auto open = procfs.open_directory(".");
    if (!open) return false;
    target::Listing listing(open->fd, procfs.name);
    for (;;) {
        const auto entry = listing.next();
        if (!entry || !*entry) return false;
        const auto pid = parse::number<pid_t>((*entry)->name);
        if (!pid || *pid == ::getpid()) continue;
        if (root_mount(procfs, std::to_string(*pid)) == own) return true;
    }
}

std::uint64_t now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec);
}

}  // namespace

int hold(const std::vector<std::string>& arguments) {
    const auto ttl = time_to_live(arguments);
    if (!ttl) {
        constexpr std::string_view usage =
            "usage: limpet-agent hold [--ttl TIME]   90, 90s, 30m, 8h, 1d; 8h by default\n";
        [[maybe_unused]] const auto written = ::write(2, usage.data(), usage.size());
        return 2;
    }
    sigset_t waited;
    ::sigemptyset(&waited);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD}) {
        ::sigaddset(&waited, signal);
    }
    ::sigprocmask(SIG_BLOCK, &waited, nullptr);
    auto fd = target::own_procfs();
    const target::Directory procfs{fd ? *std::move(fd) : Fd(), "/proc"};
    const auto own = root_mount(procfs, "self");
    const timespec pause{.tv_sec = static_cast<time_t>(std::min(look_every, *ttl)), .tv_nsec = 0};
    for (auto last = now(); now() - last < *ttl;) {
        const int signal = ::sigtimedwait(&waited, nullptr, &pause);
        if (signal > 0 && signal != SIGCHLD) return 0;
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {
        }
        if (busy(procfs, own)) last = now();
    }
    return 0;
}

}  // namespace limpet
