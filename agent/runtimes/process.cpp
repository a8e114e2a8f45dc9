// runtimes/process.cpp - any process as a target: pid:N.
#include "runtimes/process.h"

#include "limpet/limits.h"
#include "parse/number.h"
#include "parse/stat.h"
#include "sys/file.h"

namespace limpet::runtimes {
namespace {

constexpr std::uint32_t kernel_thread = 0x00200000;  // PF_KTHREAD of stat's flags

std::string proc(const Node& node, pid_t pid, std::string_view file) {
    return node.prefix + "/proc/" + std::to_string(pid) + "/" + std::string(file);
}

}  // namespace

Result<Container> process(const Node& node, std::string_view word) {
    const auto pid = parse::number<pid_t>(word);
    if (!pid || *pid <= 0) {
        return refused("find container", "pid:" + std::string(word) + " is not a process id");
    }
    const std::string name = "pid:" + std::to_string(*pid);
    const auto text = sys::read_file(proc(node, *pid, "stat"), limits::small_file);
    if (!text) return refused("find container", name + ": there is no such process");
    const auto stat = TRY(parse::stat(*text));
    if (stat.state == 'Z' || stat.state == 'X') {
        return refused("find container", name + " has exited and only waits for its parent");
    }
    if ((stat.flags & kernel_thread) != 0) {
        return refused("find container", name + " is a thread of the kernel");
    }
    // /proc answers for a thread's id as well, but pidfd_open(2) and setns(2) want the process.
    if (const auto status = sys::read_file(proc(node, *pid, "status"), limits::small_file)) {
        const auto at = status->find("\nTgid:\t");
        const auto value =
            at == status->npos ? std::string_view{} : std::string_view(*status).substr(at + 7);
        const auto leader = parse::number<pid_t>(value.substr(0, value.find('\n')));
        if (leader && *leader != *pid) {
            return refused("find container",
                           name + " is a thread of process " + std::to_string(*leader));
        }
    }
    Container container;
    container.runtime = "pid";
    container.id = std::to_string(*pid);
    container.name = stat.comm;
    container.state = "running";
    container.pid = *pid;
    container.start_time = stat.starttime;
    return container;
}

}  // namespace limpet::runtimes
