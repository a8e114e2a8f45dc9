// target/doctor.cpp - what this machine and our own privilege allow.
#include "target/doctor.h"

#include "limpet/limits.h"
#include "parse/lines.h"
#include "parse/mountinfo.h"
#include "sys/capability.h"
#include "sys/landlock.h"
#include "sys/mount.h"
#include "sys/process.h"
#include "target/sidecar.h"

#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace limpet::target {
namespace {

const BorrowedFd anywhere(AT_FDCWD);

std::string read_line(const char* path) {
    auto text = sys::read_file(path, limits::small_file).value_or("");
    while (text.ends_with('\n') || text.ends_with('\0')) text.pop_back();
    return text;
}

// A number or word of our own /proc/self/status.
char own_status(std::string_view name) {
    const auto text = read_line("/proc/self/status");
    const auto at = text.find(name);
    return at == std::string::npos || at + name.size() + 1 >= text.size()
               ? '?'
               : text[at + name.size() + 1];
}

struct Needed {
    int number;
    const char* name;
};
constexpr Needed needed[]{{CAP_SYS_ADMIN, "SYS_ADMIN"},
                          {CAP_SYS_CHROOT, "SYS_CHROOT"},
                          {CAP_SYS_PTRACE, "SYS_PTRACE"},
                          {CAP_DAC_READ_SEARCH, "DAC_READ_SEARCH"},
                          {CAP_SETUID, "SETUID"},
                          {CAP_SETGID, "SETGID"},
                          {CAP_KILL, "KILL"}};

// Of those that we lack, each behind `before`.
std::string missing_capabilities(const char* before) {
    const auto held = sys::capget();
    std::string list;
    for (const auto& [number, name] : needed) {
        if (held && (held->effective & sys::bit(number))) continue;
        list += before;
        list += name;
    }
    return list;
}

bool in_first_user_namespace() { return read_line("/proc/self/uid_map").ends_with("4294967295"); }

bool held_by_lsm() {
    const auto label = read_line("/proc/self/attr/current");
    const auto has = [&](const char* word) { return label.find(word) != std::string::npos; };
    return !label.empty() && label != "kernel" && !has("unconfined") && !has(":spc_t");
}

// By a child, because it changes who makes it. 0, or an errno.
int in_child(long (*call)(int), int argument) {
    const auto child = sys::fork();
    if (!child) return child.error().code;
    if (*child == 0) ::_exit(call(argument) == 0 ? 0 : errno);
    const auto status = sys::wait(*child);
    return status && WIFEXITED(*status) ? WEXITSTATUS(*status) : EINTR;
}

long clone_three(int) {
    clone_args arguments{};
    arguments.exit_signal = SIGCHLD;
    const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) ::_exit(0);
    return pid < 0 ? -1 : 0;
}
long leave(int flags) { return ::unshare(flags); }
long join_network(int space) { return ::setns(space, CLONE_NEWNET); }

// 0, or the errno of a call that gives a descriptor, which is not kept.
int closed(long fd) {
    if (fd < 0) return errno;
    ::close(static_cast<int>(fd));
    return 0;
}
int open_filesystem(const char* type) { return closed(::syscall(SYS_fsopen, type, 1U)); }

int copy_tree(bool change) {
    const auto tree = sys::clone_tree(anywhere, "/");
    if (!tree) return tree.error().code;
    const auto set = change ? sys::mount_setattr(*tree, "", MOUNT_ATTR_RDONLY, 0) : Result<>{};
    return set ? 0 : set.error().code;
}

int pidfd(bool spaces) {
    const auto self = sys::pidfd_open(::getpid());
    if (!self) return self.error().code;
    const auto space = spaces ? sys::pidfd_namespace(*self, sys::mount_namespace) : Fd();
    return space ? 0 : space.error().code;
}

int filters() {
    std::uint32_t action = SECCOMP_RET_ERRNO;
    return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0U, &action) == 0 ? 0 : errno;
}

struct Trial {
    const char* name;
    const char* since;
    bool necessary;
    int (*attempt)();  // 0, or an errno
};
constexpr Trial trials[]{
    {"open_tree", "Linux 5.2", true, [] { return copy_tree(false); }},
    {"mount_setattr", "Linux 5.12", false, [] { return copy_tree(true); }},
    {"fsopen", "Linux 5.2", true, [] { return open_filesystem("tmpfs"); }},
    {"fsopen of proc", "Linux 5.2", true, [] { return open_filesystem("proc"); }},
    {"openat2", "Linux 5.6", true,
     [] {
         const auto root = sys::openat2(anywhere, "/", O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT);
         return root ? 0 : root.error().code;
     }},
    {"pidfd_open", "Linux 5.3", false, [] { return pidfd(false); }},
    {"namespaces by pidfd", "Linux 6.11", false, [] { return pidfd(true); }},
    {"clone3", "Linux 5.3", false, [] { return in_child(clone_three, 0); }},
    {"mount namespace", "Linux 2.4", true, [] { return in_child(leave, CLONE_NEWNS); }},
    {"user namespace", "Linux 3.8", false, [] { return in_child(leave, CLONE_NEWUSER); }},
    {"overlay", "overlayfs", false, [] { return open_filesystem("overlay"); }},
    {"seccomp", "Linux 4.14", true, filters},
    {"Landlock", "Linux 5.13, and landlock in the parameter lsm=", false,
     [] { return sys::landlock_abi() > 0 ? 0 : ENOSYS; }},
};

void judge(Target& target, const char* what, const char* how, const Result<>& outcome,
           State otherwise) {
    if (outcome) return find_out(target, what, State::works, how);
    find_out(target, what, otherwise, text(outcome.error()), lift_of(outcome.error()));
}

// How /proc hides processes from those whose they are not.
std::string hidepid() {
    const auto mounts = parse::mountinfo(read_line("/proc/self/mountinfo"));
    for (const auto& mount : mounts) {
        const auto at = mount.super_options.find("hidepid=");
        if (mount.point == "/proc" && at != std::string::npos) {
            const auto value = mount.super_options.substr(at);
            return value.substr(0, value.find(','));
        }
    }
    return {};
}

const char* cgroup_version() {
    const auto root = sys::openat(anywhere, "/sys/fs/cgroup", O_PATH | O_DIRECTORY);
    const auto what = root ? sys::fstatfs(*root) : std::unexpected(root.error());
    if (!what) return "none";
    constexpr long second = 0x63677270;
    if (what->f_type == second) return "2";
    return ::access("/sys/fs/cgroup/unified", F_OK) == 0 ? "1, and 2 at unified" : "1";
}

struct Setting {
    const char* name;
    const char* path;
    const char* absent;
};
constexpr Setting settings[]{
    {"security modules", "/sys/kernel/security/lsm", "not told: securityfs is not mounted"},
    {"our label", "/proc/self/attr/current", "none"},
    {"Yama ptrace_scope", "/proc/sys/kernel/yama/ptrace_scope", "not there"},
    {"most user namespaces", "/proc/sys/user/max_user_namespaces", "not there"},
};

void tell_privilege(Target& target) {
    const auto missing = missing_capabilities(" ");
    const auto uid = "uid " + std::to_string(::geteuid());
    if (missing.empty()) {
        find_out(target, "privilege", State::works, uid + ", with all capabilities it takes");
    } else {
        find_out(target, "privilege", State::fails, uid + ", without" + missing,
                 lift_of({EPERM, {}, {}, {}}));
    }
    const bool first = in_first_user_namespace();
    find_out(target, "user namespace of ours", first ? State::works : State::without,
             first ? "the node's" : "not the node's", first ? "" : "run limpet outside of it");
    find_out(target, "our seccomp", State::told,
             own_status("\nSeccomp:") == '0' ? "none" : "filter");
    find_out(target, "no_new_privs", State::told,
             own_status("\nNoNewPrivs:") == '1' ? "on" : "off");
    for (const auto& [name, path, absent] : settings) {
        const auto value = read_line(path);
        find_out(target, name, State::told, value.empty() ? absent : value);
    }
    const auto hidden = hidepid();
    find_out(target, "hidepid", State::told, hidden.empty() ? "off" : hidden);
    find_out(target, "cgroup version", State::told, cgroup_version());
}

}  // namespace

void find_out(Target& target, const char* what, State state, std::string_view detail,
              std::string_view fix) {
    std::string name(finding), value(1, static_cast<char>(state));
    name += what;
    for (const char c : detail) value += c == '\n' ? ' ' : c;
    value += '\n';
    value += fix;
    target.facts.emplace_back(std::move(name), std::move(value));
}

std::string lift_of(const Error& error) {
    if (error.code == ENOSYS) return "a newer kernel";
    if (error.code != EPERM && error.code != EACCES) return error.hint();
    if (::geteuid() != 0) return "run it as root: sudo limpet";
    if (!in_first_user_namespace()) return "run it in the node's own user namespace";
    const auto missing = missing_capabilities(" --cap-add ");
    if (!missing.empty()) {
        return "docker run" + missing + ", or --privileged; in Kubernetes --profile sysadmin";
    }
    if (own_status("\nSeccomp:") == '2') {
        return "docker run --security-opt seccomp=unconfined; in Kubernetes "
               "seccompProfile.type: Unconfined";
    }
    if (held_by_lsm()) {
        return "docker run --security-opt apparmor=unconfined; of SELinux label=disable";
    }
    if (read_line("/proc/sys/kernel/yama/ptrace_scope") == "3") {
        return "nothing until the next boot: kernel.yama.ptrace_scope=3 cannot be taken back";
    }
    return "see dmesg: a security module, or the kernel's lockdown";
}

void examine_machine(Target& target) {
    utsname names{};
    ::uname(&names);
    find_out(target, "kernel", State::told, std::string(names.release) + ' ' + names.machine);
    tell_privilege(target);
    for (const auto& [name, since, necessary, attempt] : trials) {
        const int code = attempt();
        if (code == 0) {
            find_out(target, name, State::works, "");
            continue;
        }
        const bool unknown = code == ENOSYS || code == EINVAL || code == ENODEV || code == ENOTTY;
        find_out(target, name, necessary ? State::fails : State::without, ::strerrordesc_np(code),
                 unknown ? since : lift_of({code, {}, {}, {}}));
    }
}

Target examine(const Wanted& wanted) {
    const auto with = [&](Grant more) {
        auto wants = wanted;
        wants.grants = default_grants | more;
        wants.apart = more == Grant::none;
        return open_node(wants);
    };
    auto opened = with(Grant::none);
    const auto looking = opened ? Result<>{} : std::unexpected(opened.error());
    Target found;
    if (opened) {
        found = *std::move(opened);
    } else if (auto none = open_none(Grant::none)) {
        found = *std::move(none);
    }
    judge(found, "files and processes", "a read-only clone, and a procfs of its own", looking,
          State::fails);
    if (!looking) return found;
    const int joined = in_child(join_network, found.network.get());
    judge(found, "network", "its namespace can be joined",
          joined == 0 ? Result<>{} : failed("setns", "", joined), State::fails);
    const bool layers = static_cast<bool>(found.written.fd);
    find_out(found, "layers", layers ? State::works : State::without,
             layers ? "its own beside those of its image" : found.written.missing,
             layers ? "" : "limpet diff goes by the times of files");
    // What guards tracing guards a look at its memory, which stops nobody.
    const auto memory =
        sys::openat(anywhere, "/proc/" + std::to_string(wanted.pid) + "/mem", O_RDONLY);
    struct Asked {
        const char* name;
        Grant grant;
        const char* how;
    };
    for (const auto& [name, grant, how] : {Asked{"trace", Grant::trace, "--allow trace"},
                                           Asked{"modify", Grant::modify, "--allow modify"},
                                           Asked{"scratch", Grant::scratch, "--scratch"}}) {
        const auto one = with(grant);
        auto outcome = one ? Result<>{} : std::unexpected(one.error());
        if (one && !any(one->grants & grant)) {
            outcome = refused(name, fact(*one, "no view"), "$LIMPET_SCRATCH alone is written to");
        }
        if (grant == Grant::trace && !memory) outcome = std::unexpected(memory.error());
        judge(found, name, how, outcome, State::without);
    }
    return found;
}

}  // namespace limpet::target
