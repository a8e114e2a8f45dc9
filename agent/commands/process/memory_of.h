// process/memory_of.h - the memory of a process that we may trace.
#pragma once

#include "commands/process/process.h"

#include <cstdint>
#include <string>

namespace limpet::commands {

// /proc/PID/mem of the target's procfs: it reaches no process beyond the target, as
// process_vm_readv(2) would.
class MemoryOf {
public:
    MemoryOf() = default;
    static Result<MemoryOf> open(const Process& process);
    [[nodiscard]] bool valid() const { return fd_.valid(); }
    // What can be read from there on, at most `size`: fewer where a mapping ends.
    [[nodiscard]] std::size_t read(std::uint64_t address, void* bytes, std::size_t size) const;
    [[nodiscard]] std::string bytes(std::uint64_t address, std::size_t size) const;
    // Up to a zero byte, which is not part of it; at most `limit` bytes. `whole`: it was found.
    [[nodiscard]] std::string text(std::uint64_t address, std::size_t limit, bool& whole) const;
    // One value; false when it cannot be read.
    template <typename T>
    [[nodiscard]] bool get(std::uint64_t address, T& value) const {
        return read(address, &value, sizeof value) == sizeof value;
    }

private:
    Fd fd_;
};

}  // namespace limpet::commands
