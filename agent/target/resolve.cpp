// target/resolve.cpp - openat2(2), or the same walk by hand where the kernel has none.
#include "target/resolve.h"

#include "sys/file.h"

namespace limpet::target {

Result<Fd> resolve(BorrowedFd root, const std::string& path, int flags, std::uint64_t resolve) {
    for (int attempt = 0;; ++attempt) {
        auto opened = sys::openat2(root, path, flags, resolve);
        // A raced ".." gives EAGAIN; with O_NONBLOCK a lease does too, and that one stays.
        if (opened || opened.error().code != EAGAIN || attempt == 64) return opened;
    }
}

}  // namespace limpet::target
