// shell/files.cpp - the shell's own look at files.
#include "shell/files.h"

#include "commands/create.h"
#include "shell/shell.h"
#include "sys/file.h"
#include "target/deadline.h"

#include <fcntl.h>

#include <charconv>
#include <optional>

namespace limpet::shell {
namespace {

// A script is read as a whole; one of this size is a mistake.
constexpr std::size_t script_limit = std::size_t{64} * 1024 * 1024;

std::optional<Result<Fd>> own_device(Shell& shell, std::string_view path) {
    if (path == "/dev/null") return sys::dup(shell.target.null);
    if (path == "/dev/stdin") return sys::dup(BorrowedFd(0));
    if (path == "/dev/stdout") return sys::dup(BorrowedFd(1));
    if (path == "/dev/stderr") return sys::dup(BorrowedFd(2));
    if (path == "/dev/tty") {
        if (shell.jobs.terminal < 0) return failed("open", path, ENXIO);
        return sys::dup(BorrowedFd(shell.jobs.terminal));
    }
    constexpr std::string_view descriptors = "/dev/fd/";
    if (!path.starts_with(descriptors)) return std::nullopt;
    path.remove_prefix(descriptors.size());
    int fd = -1;
    const auto [end, code] = std::from_chars(path.data(), path.data() + path.size(), fd);
    if (code != std::errc{} || end != path.data() + path.size()) return std::nullopt;
    return sys::dup(BorrowedFd(fd));
}

}  // namespace

Result<Fd> open_path(Shell& shell, const std::string& path, int flags, unsigned mode) {
    if (shell.here()) {
        if (path.empty()) return failed("open", path, ENOENT);
        return sys::openat(BorrowedFd(AT_FDCWD), path, flags, mode);
    }
    const auto whole = target::join_path(shell.directory, path);
    if (auto device = own_device(shell, whole)) return *std::move(device);
    const target::deadline::Guard guard(shell.target);
    const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
    if (!writes) return target::open_for_reading(shell.target, whole);
    const auto [directory, rest] = target::place(shell.target, whole);
    if (directory == &shell.target.scratch)
        return directory->create(rest, flags | O_NONBLOCK, mode);
    if (directory == &shell.target.procfs) return failed("open", whole, EROFS);
    if (target::may_write(shell.target)) {
        return commands::create_apart(shell.target, whole, flags | O_NONBLOCK, mode);
    }
    auto error = failed("open", whole, EROFS);
    // A container that does not run is never written to.
    if (shell.target.pid != 0) error.error().hint() = target::write_hint;
    return error;
}

Result<Fd> open_directory(Shell& shell, const std::string& path) {
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_NONBLOCK;
    if (shell.here()) {
        return sys::openat(BorrowedFd(AT_FDCWD), path.empty() ? "." : path, flags);
    }
    const target::deadline::Guard guard(shell.target);
    return target::open(shell.target, target::join_path(shell.directory, path), flags);
}

Result<struct statx> stat_path(Shell& shell, const std::string& path, target::Follow follow) {
    if (shell.here()) {
        if (path.empty()) return failed("stat", path, ENOENT);
        return sys::statx(BorrowedFd(AT_FDCWD), path,
                          follow == target::Follow::yes ? 0 : AT_SYMLINK_NOFOLLOW);
    }
    const target::deadline::Guard guard(shell.target);
    return target::stat(shell.target, target::join_path(shell.directory, path), follow);
}

bool is_directory(Shell& shell, const std::string& path) {
    const auto status = stat_path(shell, path, target::Follow::yes);
    return status && S_ISDIR(status->stx_mode);
}

Result<std::string> read_script(Shell& shell, const std::string& path) {
    const Fd file = TRY(open_path(shell, path, O_RDONLY, 0));
    return sys::read_all(file, script_limit, path);
}

}  // namespace limpet::shell
