// install.cpp - limpet-agent --install PATH: a copy of this program.
#include "install.h"

#include "limpet/fd.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

namespace limpet::agent {

Result<> install(const std::string& path) {
    const Fd own(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    if (!own) return failed("open", "/proc/self/exe");
    const Fd copy(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755));
    if (!copy) return failed("create", path);
    for (;;) {
        const auto count = ::sendfile(copy.get(), own.get(), nullptr, 1024 * 1024);
        if (count < 0) return failed("write", path);
        if (count == 0) break;
    }
    // The user of the other container is another one, and our umask is the runtime's choice.
    if (::fchmod(copy.get(), 0755) != 0) return failed("chmod", path);
    return {};
}

}  // namespace limpet::agent
