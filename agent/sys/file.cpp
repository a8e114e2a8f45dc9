// sys/file.cpp - files and directories.
#include "sys/file.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vector>

namespace limpet::sys {

Result<Fd> openat2(BorrowedFd directory, const std::string& path, int flags, std::uint64_t resolve,
                   unsigned mode) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.mode = mode;
    how.resolve = resolve;
    for (;;) {
        const long fd = ::syscall(SYS_openat2, directory.get(), path.c_str(), &how, sizeof how);
        if (fd >= 0) return Fd(static_cast<int>(fd));
        // openat2(2): RESOLVE_IN_ROOT gives EAGAIN when a rename raced with "..": try again.
        const bool again = (flags & O_NONBLOCK) == 0 && (resolve & RESOLVE_CACHED) == 0;
        if (errno != EINTR && !(errno == EAGAIN && again)) {
            return failed("open", path);
        }
    }
}

Result<Fd> openat(BorrowedFd directory, const std::string& path, int flags, unsigned mode) {
    for (;;) {
        const int fd = ::openat(directory.get(), path.c_str(), flags | O_CLOEXEC, mode);
        if (fd >= 0) return Fd(fd);
        if (errno != EINTR) return failed("open", path);
    }
}

Result<struct statx> statx(BorrowedFd directory, const std::string& path, int flags) {
    struct statx status{};
    if (path.empty()) flags |= AT_EMPTY_PATH;
    if (::statx(directory.get(), path.c_str(), flags | AT_NO_AUTOMOUNT,
                STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, &status) != 0) {
        return failed("stat", path);
    }
    return status;
}

Result<struct statfs> fstatfs(BorrowedFd fd) {
    struct statfs status{};
    if (::fstatfs(fd.get(), &status) != 0) return failed("statfs", "");
    return status;
}

Result<std::string> readlinkat(BorrowedFd directory, const std::string& path) {
    std::string link(256, '\0');
    for (;;) {
        const auto size = ::readlinkat(directory.get(), path.c_str(), link.data(), link.size());
        if (size < 0) return failed("readlink", path);
        if (static_cast<std::size_t>(size) < link.size()) {
            link.resize(static_cast<std::size_t>(size));
            return link;
        }
        link.resize(link.size() * 2);
    }
}

Result<std::size_t> read(BorrowedFd fd, void* bytes, std::size_t size) {
    for (;;) {
        const auto got = ::read(fd.get(), bytes, size);
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) return failed("read", "");
    }
}

Result<> write_all(BorrowedFd fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto put = ::write(fd.get(), bytes.data(), bytes.size());
        if (put >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(put));
        } else if (errno != EINTR) {
            return failed("write", "");
        }
    }
    return {};
}

Result<std::string> read_all(BorrowedFd fd, std::size_t limit, std::string_view name) {
    std::string content;
    std::size_t used = 0;
    for (;;) {
        if (used == content.size()) content.resize(std::max<std::size_t>(4096, content.size() * 2));
        const auto got = ::read(fd.get(), content.data() + used, content.size() - used);
        if (got < 0) {
            if (errno == EINTR) continue;
            return failed("read", name);
        }
        if (got == 0) break;
        used += static_cast<std::size_t>(got);
        if (used > limit) return failed("read", name, EFBIG);
    }
    content.resize(used);
    return content;
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
    const Fd fd = TRY(openat(BorrowedFd(AT_FDCWD), path, O_RDONLY | O_NOCTTY | O_NONBLOCK));
    return read_all(fd, limit, path);
}

Result<Fd> dup(BorrowedFd fd) {
    const int copy = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3);
    if (copy < 0) return failed("dup", "");
    return Fd(copy);
}

Result<std::pair<Fd, Fd>> pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return failed("pipe", "");
    return std::pair(Fd(ends[0]), Fd(ends[1]));
}

Result<Fd> memfd_create(const std::string& name) {
    const int fd = ::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return failed("memfd_create", name);
    return Fd(fd);
}

}  // namespace limpet::sys
