// serve/program.cpp - the sealed copy of ourselves.
#include "serve/program.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U  // Linux 6.3; g++ 12's libc headers do not know it
#endif

namespace limpet::serve {
namespace {

Result<Fd> executable_memfd() {
    constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    // With vm.memfd_noexec=1 only MFD_EXEC leaves the file executable; kernels that do not know
    // the flag answer EINVAL and need none.
    int fd = ::memfd_create("limpet-agent", flags | MFD_EXEC);
    if (fd < 0 && errno == EINVAL) fd = ::memfd_create("limpet-agent", flags);
    if (fd < 0) return failed("memfd_create", "limpet-agent");
    return Fd(fd);
}

Result<> copy(BorrowedFd from, BorrowedFd to, off_t size) {
    // sendfile(2): copy_file_range(2) gives EXDEV between a disk and a memfd.
    while (size > 0) {
        const auto count = ::sendfile(to.get(), from.get(), nullptr, static_cast<size_t>(size));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed("sendfile", "/proc/self/exe");
        if (count == 0) return refused("copy", "/proc/self/exe became shorter");
        size -= count;
    }
    return {};
}

}  // namespace

Result<Program> seal_own_program() {
    const Fd self(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    if (!self) return failed("open", "/proc/self/exe");
    struct stat status{};
    if (::fstat(self.get(), &status) != 0) return failed("stat", "/proc/self/exe");
    Fd memory = TRY(executable_memfd());
    TRY(copy(self, memory, status.st_size));
    if (::fchmod(memory.get(), 0500) != 0) return failed("fchmod", "memfd");
    constexpr int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    if (::fcntl(memory.get(), F_ADD_SEALS, seals) != 0) return failed("seal", "memfd");
    return Program{std::move(memory), {"limpet-agent", "session"}, {}};
}

Result<Program> own_program() {
    const Fd self(::open("/proc/self/exe", O_PATH | O_CLOEXEC));
    if (!self) return failed("open", "/proc/self/exe");
    // A session has its streams at 0 to 3 before it executes this.
    Fd kept(::fcntl(self.get(), F_DUPFD_CLOEXEC, 4));
    if (!kept) return failed("dup", "/proc/self/exe");
    return Program{std::move(kept), {"limpet-agent", "session"}, {}};
}

}  // namespace limpet::serve
