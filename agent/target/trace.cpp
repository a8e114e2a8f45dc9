// target/trace.cpp - pids of the target as ptrace(2) takes them.
//
// The agent is in no pid namespace of the target, so a process has another number here. The kernel
// translates from 6.11 on; before, the node's procfs is searched for the line NSpid of
// proc_pid_status(5), whose numbers go from our namespace inwards.
#include "target/trace.h"

#include "parse/lines.h"
#include "parse/number.h"
#include "target/filter.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <utility>
#include <vector>

namespace limpet::target {
namespace {

// Numbers of linux/nsfs.h since 6.11; Debian 12's headers are older.
constexpr unsigned long from_namespace = 0x8004b706;      // NS_GET_PID_FROM_PIDNS
constexpr unsigned long in_namespace = 0x8004b708;        // NS_GET_PID_IN_PIDNS
constexpr unsigned long group_in_namespace = 0x8004b709;  // NS_GET_TGID_IN_PIDNS

constexpr std::size_t status_limit = 65536;

// Per process by nature, as the descriptors are: the target's pid namespace where the kernel
// translates, else the node's procfs. Out of the way of those that scripts number.
constexpr int out_of_the_way = 64;
int space = -1;
Directory node;

std::string_view line_of(std::string_view status, std::string_view name) {
    while (!status.empty()) {
        auto line = parse::take_line(status);
        if (line.starts_with(name)) return line.substr(name.size());
    }
    return {};
}

// "\t4711\t20\t1"
std::vector<pid_t> numbers(std::string_view line) {
    std::vector<pid_t> list;
    for (auto word = parse::take_word(line); !word.empty(); word = parse::take_word(line)) {
        list.push_back(parse::number<pid_t>(word).value_or(0));
    }
    return list;
}

std::vector<pid_t> ids(const Directory& procfs, pid_t id, std::string_view line) {
    const auto status = procfs.read(std::to_string(id) + "/status", status_limit);
    return status ? numbers(line_of(*status, line)) : std::vector<pid_t>{};
}

// How many namespaces lie between ours and the target's.
std::size_t depth(const Target& target) {
    const auto main = ids(node, target.pid, "NSpid:");
    for (std::size_t i = main.size(); i-- > 0;) {
        if (main[i] == target.inner_pid) return i;
    }
    return 0;
}

// The one process of the node whose number in the target's namespace this is: other containers
// have a process of that number, but in another namespace.
Result<pid_t> search(const Target& target, pid_t inner) {
    const auto level = depth(target);
    const auto inside = std::to_string(inner);
    const auto own_space = TRY(target.procfs.readlink(inside + "/ns/pid"));
    const auto group = ids(target.procfs, inner, "Tgid:");
    const auto all = TRY(node.open_directory("."));
    Listing listing(all.fd, all.name);
    for (;;) {
        const auto entry = TRY(listing.next());
        if (!entry) return refused("process " + inside, "there is none in the target");
        const auto pid = parse::number<pid_t>(entry->name);
        if (!pid || group.empty()) continue;
        const auto own = ids(node, *pid, "NSpid:");
        if (own.size() <= level || own[level] != group[0]) continue;
        const auto name = std::to_string(*pid);
        const auto link = node.readlink(name + "/ns/pid");
        if (!link || *link != own_space) continue;
        if (group[0] == inner) return *pid;
        const auto tasks = TRY(node.open_directory(name + "/task"));
        Listing threads(tasks.fd, tasks.name);
        while (const auto task = TRY(threads.next())) {
            const auto id = parse::number<pid_t>(task->name).value_or(0);
            const auto levels = ids(node, id, "NSpid:");
            if (levels.size() > level && levels[level] == inner) return id;
        }
    }
}

}  // namespace

Result<> prepare_trace(const Target& target, BorrowedFd pid_namespace, BorrowedFd node_procfs) {
    const bool translates =
        ::ioctl(pid_namespace.get(), from_namespace, target.inner_pid) == target.pid;
    const int from = translates ? pid_namespace.get() : node_procfs.get();
    const int copy = ::fcntl(from, F_DUPFD_CLOEXEC, out_of_the_way);
    if (copy < 0) return failed("fcntl", "the pid namespace");
    if (translates) {
        space = copy;
    } else {
        node.fd.reset(copy);
        node.name = "/proc";
    }
    return {};
}

void drop_trace() {
    if (space >= 0) ::close(std::exchange(space, -1));
    node.fd.reset();
}

Result<pid_t> outer_id(const Target& target, pid_t inner) {
    if (space < 0) return node.fd ? search(target, inner) : Result<pid_t>(inner);
    const int outer = ::ioctl(space, from_namespace, inner);
    if (outer > 0) return outer;
    return refused("process " + std::to_string(inner), "there is none in the target");
}

pid_t inner_id(const Target& target, pid_t outer, bool process) {
    if (space >= 0) {
        return std::max(::ioctl(space, process ? group_in_namespace : in_namespace, outer), 0);
    }
    const auto own = ids(node.fd ? node : target.procfs, outer, process ? "NStgid:" : "NSpid:");
    const auto level = node.fd ? depth(target) : 0;
    return own.size() > level ? own[level] : 0;
}

Result<> no_more_tracees(const Target& target) {
    return target.mode == Mode::here ? Result<>{} : load_no_more_tracees();
}

}  // namespace limpet::target
