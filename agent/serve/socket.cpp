// serve/socket.cpp - unix sockets by path, unix(7). Never abstract: those have no owner and no
// mode, and every container on the host's network reaches them (CVE-2020-15257).
#include "serve/socket.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace limpet::serve {
namespace {

Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty()) return refused("listen", "the path is empty");
    if (path.size() >= sizeof address.sun_path) {
        return refused("listen", "the path is longer than " +
                                     std::to_string(sizeof address.sun_path - 1) + " bytes");
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

Result<Fd> stream_socket() {
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return failed("socket", "");
    return socket;
}

// Removes the file of a listener that died; refuses a living one and what is no socket.
Result<> clear_stale(BorrowedFd directory, const std::string& name, const sockaddr_un& address) {
    struct stat status{};
    if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return {};
        return failed("stat", address.sun_path);
    }
    const std::string path = address.sun_path;
    if (!S_ISSOCK(status.st_mode)) return refused("listen", path + " exists and is no socket");
    const Fd probe = TRY(stream_socket());
    const auto* where = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(probe.get(), where, sizeof address) == 0 || errno == EAGAIN) {
        return refused("listen", path + " has a living listener");
    }
    if (errno != ECONNREFUSED) return failed("connect", path);
    if (::unlinkat(directory.get(), name.c_str(), 0) != 0) return failed("unlink", path);
    return {};
}

}  // namespace

Result<Fd> open_private_directory(const std::string& path, std::string_view what) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failed("mkdir", path);
    Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory) return failed("open", path);
    struct stat status{};
    if (::fstat(directory.get(), &status) != 0) return failed("stat", path);
    if (status.st_uid != ::geteuid()) {
        return refused(what, path + " belongs to uid " + std::to_string(status.st_uid));
    }
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return refused(what, path + " is writable by others", "chmod 0700, or another directory");
    }
    return directory;
}

Result<ListeningSocket> ListeningSocket::bind(const std::string& path) {
    const auto slash = path.rfind('/');
    const std::string parent = slash == std::string::npos ? "."
                               : slash == 0               ? "/"
                                                          : path.substr(0, slash);
    ListeningSocket listening;
    listening.name_ = path.substr(slash == std::string::npos ? 0 : slash + 1);
    const auto address = TRY(address_of(path));
    if (listening.name_.empty()) return refused("listen", path + " is a directory");
    listening.directory_ = TRY(open_private_directory(parent, "listen"));
    // Two that start at once must not both find the file stale, and remove each other's.
    if (::flock(listening.directory_.get(), LOCK_EX) != 0) return failed("flock", parent);
    TRY(clear_stale(listening.directory_, listening.name_, address));
    listening.socket = TRY(stream_socket());
    const mode_t before = ::umask(0177);  // 0600 from the first moment, not after a chmod
    const auto* where = reinterpret_cast<const sockaddr*>(&address);
    const bool bound = ::bind(listening.socket.get(), where, sizeof address) == 0;
    const int reason = errno;
    ::umask(before);
    if (!bound) return failed("bind", path, reason);
    if (::listen(listening.socket.get(), SOMAXCONN) != 0) return failed("listen", path);
    struct stat status{};
    if (::fstatat(listening.directory_.get(), listening.name_.c_str(), &status,
                  AT_SYMLINK_NOFOLLOW) != 0) {
        return failed("stat", path);
    }
    listening.device_ = status.st_dev;
    listening.inode_ = status.st_ino;
    ::flock(listening.directory_.get(), LOCK_UN);
    return listening;
}

ListeningSocket::~ListeningSocket() {
    struct stat status{};
    if (!directory_ || inode_ == 0) return;
    // Only our own: somebody may have put another in its place.
    if (::fstatat(directory_.get(), name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        status.st_dev == device_ && status.st_ino == inode_) {
        ::unlinkat(directory_.get(), name_.c_str(), 0);
    }
}

}  // namespace limpet::serve
