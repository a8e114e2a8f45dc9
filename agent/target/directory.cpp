// target/directory.cpp - everything below a directory descriptor.
#include "target/directory.h"

#include "limpet/limits.h"
#include "target/deadline.h"
#include "target/resolve.h"

#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

namespace limpet::target {
namespace {

std::string shown(const Directory& directory, const std::string& path) {
    if (path.starts_with('/') && directory.name == "/") return path;
    if (path.empty() || path == ".") return directory.name;
    std::string name = directory.name;
    if (!name.ends_with('/') && !path.starts_with('/')) name += '/';
    return name + path;
}

template <typename T>
Result<T> named(Result<T> result, std::string_view action, const Directory& directory,
                const std::string& path) {
    if (!result) {
        result.error().action() = action;
        result.error().subject() = shown(directory, path);
    }
    return result;
}

}  // namespace

std::optional<std::string_view> not_a_file(std::uint32_t mode) {
    switch (mode & S_IFMT) {
        case S_IFREG: return std::nullopt;
        case S_IFDIR: return "is a directory";
        case S_IFLNK: return "is a symbolic link";
        case S_IFIFO: return "is a FIFO; opening it would wake its writer in the target";
        case S_IFSOCK: return "is a socket";
        case S_IFCHR: return "is a character device";
        case S_IFBLK: return "is a block device";
    }
    return "is of an unknown type";
}

Result<Fd> Directory::open(const std::string& path, int flags) const {
    if (!fd && !missing.empty()) return refused("open " + shown(*this, path), missing, hint);
    deadline::enter();
    // openat2(2) takes no other flag beside O_PATH than O_DIRECTORY and O_NOFOLLOW.
    if ((flags & O_PATH) == 0) flags |= O_NOCTTY;
    return named(target::resolve(fd, path.empty() ? "." : path, flags, resolve), "open", *this,
                 path);
}

Result<Fd> Directory::create(const std::string& path, int flags, unsigned mode) const {
    if (!fd && !missing.empty()) return refused("open " + shown(*this, path), missing, hint);
    deadline::enter();
    return named(target::resolve(fd, path, flags | O_NOCTTY, resolve, mode), "open", *this, path);
}

Result<Fd> Directory::open_regular(const std::string& path) const {
    const Fd place = TRY(open(path, O_PATH));
    const auto status = TRY(named(sys::statx(place, "", 0), "stat", *this, path));
    if (S_ISDIR(status.stx_mode)) return failed("open", shown(*this, path), EISDIR);
    if (const auto reason = not_a_file(status.stx_mode)) {
        return refused("open", shown(*this, path) + " " + std::string(*reason));
    }
    // Opened again by name: /proc/self/fd is not there in a session. The kernel's answer is checked
    // against what was looked at, so an exchange in between is noticed.
    Fd file = TRY(open(path, O_RDONLY | O_NONBLOCK));
    const auto opened = TRY(named(sys::statx(file, "", 0), "stat", *this, path));
    if (!S_ISREG(opened.stx_mode)) {
        return refused("open", shown(*this, path) + " was exchanged while it was opened");
    }
    return file;
}

Result<Directory> Directory::open_directory(const std::string& path) const {
    Fd directory = TRY(open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK));
    return Directory{std::move(directory), shown(*this, path)};
}

Result<Directory> Directory::child(const std::string& child_name) const {
    if (!fd && !missing.empty()) return refused("open " + shown(*this, child_name), missing, hint);
    deadline::enter();
    Fd directory =
        TRY(named(target::resolve(fd, child_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK,
                                  RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS),
                  "open", *this, child_name));
    return Directory{std::move(directory), shown(*this, child_name)};
}

Result<struct statx> Directory::stat(const std::string& path, Follow follow) const {
    if (!fd && !missing.empty()) return refused("stat " + shown(*this, path), missing, hint);
    // A plain name needs no resolution: statx of it cannot leave the directory.
    if (follow == Follow::no && !path.empty() && path != ".." &&
        path.find('/') == std::string::npos) {
        deadline::enter();
        return named(sys::statx(fd, path, AT_SYMLINK_NOFOLLOW), "stat", *this, path);
    }
    const int flags = O_PATH | (follow == Follow::yes ? 0 : O_NOFOLLOW);
    deadline::enter();
    const Fd place = TRY(
        named(target::resolve(fd, path.empty() ? "." : path, flags, resolve), "stat", *this, path));
    return named(sys::statx(place, "", 0), "stat", *this, path);
}

Result<std::string> Directory::readlink(const std::string& path) const {
    if (!fd && !missing.empty()) return refused("readlink " + shown(*this, path), missing, hint);
    deadline::enter();
    if (path.find('/') == std::string::npos) {
        return named(sys::readlinkat(fd, path), "readlink", *this, path);
    }
    const Fd link = TRY(
        named(target::resolve(fd, path, O_PATH | O_NOFOLLOW, resolve), "readlink", *this, path));
    auto status = TRY(named(sys::statx(link, "", 0), "readlink", *this, path));
    if (!S_ISLNK(status.stx_mode)) return failed("readlink", shown(*this, path), EINVAL);
    return named(sys::readlinkat(link, ""), "readlink", *this, path);
}

Result<std::string> Directory::read(const std::string& path, std::size_t limit) const {
    const Fd file = TRY(open(path, O_RDONLY | O_NONBLOCK));
    return sys::read_all(file, limit, shown(*this, path));
}

Listing::Listing(BorrowedFd directory, std::string name)
    : fd_(directory.get()), name_(std::move(name)), buffer_(new char[32768]) {}

Result<std::optional<Entry>> Listing::next() {
    for (;;) {
        if (at_ >= used_) {
            deadline::enter();
            const long got = ::syscall(SYS_getdents64, fd_, buffer_.get(), 32768);
            if (got < 0) return failed("read directory", name_);
            if (got == 0) return std::nullopt;
            used_ = static_cast<std::size_t>(got);
            at_ = 0;
        }
        // getdents(2): d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name.
        const char* entry = buffer_.get() + at_;
        std::uint64_t inode = 0;
        std::uint16_t length = 0;
        std::int64_t position = 0;
        std::memcpy(&inode, entry, sizeof inode);
        std::memcpy(&position, entry + 8, sizeof position);
        std::memcpy(&length, entry + 16, sizeof length);
        at_ += length;
        const std::string_view name(entry + 19);
        if (name == "." || name == "..") continue;
        return Entry{name, static_cast<unsigned char>(entry[18]), inode, position};
    }
}

Result<> Listing::seek(std::int64_t position) {
    at_ = used_ = 0;
    deadline::enter();
    if (::lseek(fd_, position, SEEK_SET) < 0) return failed("seek directory", name_);
    return {};
}

}  // namespace limpet::target
