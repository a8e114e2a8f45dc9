// sys/file.h - files and directories: libc's names, errors as values.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace limpet::sys {

// The number of fchmodat2(2), Linux 6.6; Debian 12's headers are older.
inline constexpr int fchmodat2 = 452;

// openat2(2); O_CLOEXEC is always added. ENOSYS before Linux 5.6.
Result<Fd> openat2(BorrowedFd directory, const std::string& path, int flags, std::uint64_t resolve,
                   unsigned mode = 0);
// openat(2), with O_CLOEXEC.
Result<Fd> openat(BorrowedFd directory, const std::string& path, int flags, unsigned mode = 0);

// statx(2) by path or, with an empty path, of the descriptor itself (AT_EMPTY_PATH).
Result<struct statx> statx(BorrowedFd directory, const std::string& path, int flags);
Result<struct statfs> fstatfs(BorrowedFd fd);

// The whole link text: readlinkat(2) with an empty path reads the link that an O_PATH descriptor
// is.
Result<std::string> readlinkat(BorrowedFd directory, const std::string& path);

// One read(2), retried on EINTR; 0 at the end.
Result<std::size_t> read(BorrowedFd fd, void* bytes, std::size_t size);
// write(2) until all is out.
Result<> write_all(BorrowedFd fd, std::string_view bytes);
// To the end, at most `limit` bytes: a longer file is refused (EFBIG).
Result<std::string> read_all(BorrowedFd fd, std::size_t limit, std::string_view name);
// The agent's own small file by absolute path (state files, /etc): never a path inside a target.
Result<std::string> read_file(const std::string& path, std::size_t limit);

Result<Fd> dup(BorrowedFd fd);
Result<std::pair<Fd, Fd>> pipe();
// memfd_create(2) with MFD_CLOEXEC | MFD_ALLOW_SEALING.
Result<Fd> memfd_create(const std::string& name);

}  // namespace limpet::sys
