// target/target.cpp - paths of the operator on the target's descriptors.
#include "target/target.h"

#include <fcntl.h>
#include <unistd.h>

namespace limpet::target {

namespace {

// Whether `path` is `directory` or below it; then it becomes what is left of it, "." for itself.
bool is_below(std::string_view directory, std::string_view& path) {
    if (!path.starts_with(directory)) return false;
    auto rest = path.substr(directory.size());
    if (!rest.empty() && rest[0] != '/') return false;
    while (rest.starts_with('/')) rest.remove_prefix(1);
    path = rest.empty() ? "." : rest;
    return true;
}

}  // namespace

std::pair<const Directory*, std::string> place(const Target& target, std::string_view path) {
    if (target.mode == Mode::here) return {&target.root, std::string(path)};
    auto rest = path;
    if (target.scratch.fd && is_below(scratch_path, rest)) {
        return {&target.scratch, std::string(rest)};
    }
    if (!is_below("/proc", rest)) return {&target.root, std::string(path)};
    for (const std::string_view self : {"self", "thread-self"}) {
        if (rest == self || (rest.starts_with(self) && rest[self.size()] == '/')) {
            return {&target.procfs,
                    std::to_string(target.inner_pid) + std::string(rest.substr(self.size()))};
        }
    }
    return {&target.procfs, std::string(rest)};
}

namespace {

// /proc/PID/mem is the process's memory: that is tracing it, whatever opens it.
Result<> guard_memory(const Target& target, const Directory* directory, std::string_view rest) {
    if (target.mode == Mode::here || directory != &target.procfs) return {};
    if (any(target.grants & Grant::trace)) return {};
    if (rest != "mem" && !rest.ends_with("/mem")) return {};
    return refused("open", "/proc/" + std::string(rest) + " is the memory of a process",
                   "needs --allow trace");
}

}  // namespace

Result<Fd> open(const Target& target, std::string_view path, int flags) {
    const auto [directory, rest] = place(target, path);
    TRY(guard_memory(target, directory, rest));
    return directory->open(rest, flags);
}

Result<Fd> open_for_reading(const Target& target, std::string_view path) {
    const auto [directory, rest] = place(target, path);
    TRY(guard_memory(target, directory, rest));
    if (target.mode == Mode::here) return directory->open(rest, O_RDONLY);
    return directory->open_regular(rest);
}

Result<Directory> open_directory(const Target& target, std::string_view path) {
    const auto [directory, rest] = place(target, path);
    return directory->open_directory(rest);
}

Result<struct statx> stat(const Target& target, std::string_view path, Follow follow) {
    const auto [directory, rest] = place(target, path);
    return directory->stat(rest, follow);
}

Result<std::string> readlink(const Target& target, std::string_view path) {
    const auto [directory, rest] = place(target, path);
    return directory->readlink(rest);
}

Result<std::string> read(const Target& target, std::string_view path, std::size_t limit) {
    const Fd file = TRY(open_for_reading(target, path));
    return sys::read_all(file, limit, path);
}

Result<Target> here() {
    Target target;
    target.mode = Mode::here;
    target.grants = all_grants;
    target.name = "here";
    target.pid = target.inner_pid = ::getpid();
    // Every path of the caller's is absolute: the kernel resolves it as for any program.
    target.root.name = "/";
    target.root.resolve = 0;
    const auto own = [](const char* path) -> Directory {
        auto fd = sys::openat(BorrowedFd(AT_FDCWD), path, O_PATH | O_DIRECTORY);
        return {fd ? *std::move(fd) : Fd(), path};
    };
    // A machine without /proc or cgroups still has files; what needs them says so when it is asked.
    target.procfs = own("/proc");
    target.cgroups = own("/sys/fs/cgroup");
    if (auto text = sys::read_file("/proc/self/cgroup", 65536)) target.cgroup = *std::move(text);
    if (auto null = sys::openat(BorrowedFd(AT_FDCWD), "/dev/null", O_RDWR)) {
        target.null = *std::move(null);
    }
    return target;
}

std::string join_path(std::string_view directory, std::string_view path) {
    std::string joined;
    const auto append = [&](std::string_view part) {
        while (!part.empty()) {
            const auto slash = part.find('/');
            const auto word = part.substr(0, slash);
            part = slash == part.npos ? std::string_view{} : part.substr(slash + 1);
            if (word.empty() || word == ".") continue;
            joined += '/';
            joined += word;
        }
    };
    if (!path.starts_with('/')) append(directory);
    append(path);
    if (joined.empty()) return "/";
    // A trailing slash asks for a directory: open(2) of "file/" fails, and so must ours.
    if (path.ends_with('/')) joined += '/';
    return joined;
}

bool show_instead(const Target& target, const Directory& part) {
    return part.fd && ::dup3(part.fd.get(), target.root.fd.get(), O_CLOEXEC) >= 0;
}

}  // namespace limpet::target
