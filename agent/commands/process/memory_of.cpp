// process/memory_of.cpp - the memory of a process that we may trace.
#include "commands/process/memory_of.h"

#include "target/deadline.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace limpet::commands {

Result<MemoryOf> MemoryOf::open(const Process& process) {
    MemoryOf memory;
    memory.fd_ = TRY(process.at.open("mem", O_RDONLY));
    return memory;
}

// Pages behind a FUSE or network mapping may never come: that is under the file deadline.
std::size_t MemoryOf::read(std::uint64_t address, void* bytes, std::size_t size) const {
    std::size_t used = 0;
    while (used < size) {
        target::deadline::enter();
        const auto got = ::pread(fd_.get(), static_cast<char*>(bytes) + used, size - used,
                                 static_cast<off_t>(address + used));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        used += static_cast<std::size_t>(got);
    }
    return used;
}

std::string MemoryOf::bytes(std::uint64_t address, std::size_t size) const {
    std::string text(size, '\0');
    text.resize(read(address, text.data(), size));
    return text;
}

std::string MemoryOf::text(std::uint64_t address, std::size_t limit, bool& whole) const {
    constexpr std::size_t page = 4096, piece = 256;
    std::string text;
    whole = false;
    while (text.size() < limit) {
        const auto at = address + text.size();
        // Never over the end of a page: the next one may not be there.
        const auto size =
            std::min({piece, page - static_cast<std::size_t>(at % page), limit - text.size()});
        char bytes[piece];
        const auto got = read(at, bytes, size);
        const auto* const end = static_cast<const char*>(std::memchr(bytes, 0, got));
        text.append(bytes, end ? static_cast<std::size_t>(end - bytes) : got);
        whole = end != nullptr;
        if (whole || got < size) break;
    }
    return text;
}

}  // namespace limpet::commands
