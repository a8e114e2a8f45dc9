// target/directory.h - a directory descriptor and everything below it: the seam to the target.
//
// In production the descriptor is our read-only clone of the target's tree or our own procfs, in a
// unit test a folder of tests/fixtures. Every path is resolved inside it by the kernel
// (RESOLVE_IN_ROOT: "/", ".." and absolute links stay below; RESOLVE_NO_MAGICLINKS), so nothing
// that the target puts there leads out. Every call is under the file deadline (deadline.h).
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"
#include "sys/file.h"

#include <linux/openat2.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::target {

enum class Follow : bool { no = false, yes = true };

struct Directory {
    Fd fd;
    std::string name;  // for messages: "/", "/proc", "/etc"
    // Without a descriptor: why there is none, and what would change that.
    std::string missing = {};
    std::string hint = {};
    std::uint64_t resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

    // Any openat2 flags; O_CLOEXEC and O_NOCTTY are added.
    [[nodiscard]] Result<Fd> open(const std::string& path, int flags) const;
    // The same for a file that may be made: `mode` as openat(2) has it, umask applied.
    [[nodiscard]] Result<Fd> create(const std::string& path, int flags, unsigned mode) const;
    // A regular file for reading, found out by O_PATH + fstat before it is opened: a FIFO, socket
    // or device is refused, because opening one would be felt by the target. Never blocks on
    // leases.
    [[nodiscard]] Result<Fd> open_regular(const std::string& path) const;
    [[nodiscard]] Result<Directory> open_directory(const std::string& path) const;
    // One component, never through a link: for walking trees of any depth. The child's root is the
    // child itself, so use only single names below it.
    [[nodiscard]] Result<Directory> child(const std::string& name) const;

    [[nodiscard]] Result<struct statx> stat(const std::string& path, Follow follow) const;
    [[nodiscard]] Result<std::string> readlink(const std::string& path) const;
    // A whole file of at most `limit` bytes (procfs, passwd).
    [[nodiscard]] Result<std::string> read(const std::string& path, std::size_t limit) const;
};

struct Entry {
    std::string_view name;   // valid until the next call of next()
    unsigned char type = 0;  // DT_REG, DT_DIR, … of readdir(3); DT_UNKNOWN on some filesystems
    std::uint64_t inode = 0;
    std::int64_t next = 0;  // where the entry after this one begins, for seek()
};

// The entries of one directory in the kernel's order, without "." and "..". Memory does not grow
// with the directory.
class Listing {
public:
    // Reads from a directory descriptor opened for reading.
    explicit Listing(BorrowedFd directory, std::string name = {});
    // nullopt at the end.
    Result<std::optional<Entry>> next();
    // Goes on from Entry::next of an earlier listing of the same directory: walks of great depth
    // close directories on their way down.
    Result<> seek(std::int64_t position);

private:
    int fd_;
    std::string name_;
    std::unique_ptr<char[]> buffer_;
    std::size_t used_ = 0;
    std::size_t at_ = 0;
};

// Regular file, else why it must not be opened: "is a FIFO", for messages.
std::optional<std::string_view> not_a_file(std::uint32_t mode);

}  // namespace limpet::target
