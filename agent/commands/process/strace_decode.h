// process/strace_decode.h - arguments and results of system calls as strace writes them.
#pragma once

#include "commands/process/memory_of.h"
#include "parse/syscalls.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace limpet::commands::strace {

struct SystemCall {
    std::uint64_t number = 0;
    std::array<std::uint64_t, 6> arguments{};
    std::int64_t result = 0;
    bool failed = false;
    bool returned = false;
};

struct View {
    std::size_t text = 32;  // bytes of buffers and texts
    bool paths = false;     // what descriptors are
    bool whole = false;     // environments and arguments in full
};

// One call's arguments, one after the other: what it fills can be shown after its return only.
class Decoder {
public:
    Decoder(const Process& process, const MemoryOf& memory, const SystemCall& call,
            const View& view);
    // Appends the next argument to `text`; false when there is none, or none yet.
    bool next(std::string& text);
    // Goes on after the arguments that were shown at the entry.
    void skip(std::size_t count);
    [[nodiscard]] std::size_t shown() const { return at_; }
    [[nodiscard]] bool more() const { return !kinds_.empty(); }
    // "3", "-1 ENOENT (No such file or directory)", "0x7f…", "1 ([{fd=3, revents=POLLIN}])".
    void result(std::string& text) const;

private:
    bool advance(char& kind, char& table);
    void show(char kind, char table, std::string& text);
    void number(char kind, std::uint64_t value, std::string& text) const;
    void descriptor(std::uint64_t value, std::string& text) const;
    void names(char table, std::uint64_t value, std::string& text) const;
    void buffer(std::uint64_t address, std::uint64_t size, std::string& text) const;
    void ended_text(std::uint64_t address, bool path, std::string& text) const;
    void socket_address(std::uint64_t address, std::uint64_t size, std::string& text) const;
    void time(std::uint64_t address, const char* part, std::string& text) const;
    void status(std::uint64_t address, std::string& text) const;
    void extended_status(std::uint64_t address, std::string& text) const;
    void words(std::uint64_t address, bool environment, std::string& text) const;
    void vectors(std::uint64_t address, std::uint64_t count, std::uint64_t bytes, bool known,
                 std::string& text) const;
    void message(std::uint64_t address, bool filled, std::string& text) const;
    void polled(std::uint64_t address, std::uint64_t count, bool results, std::string& text) const;
    void events(std::uint64_t address, std::uint64_t count, std::string& text) const;
    void signals(std::uint64_t address, std::uint64_t size, std::string& text) const;
    void action(std::uint64_t address, std::string& text) const;
    void option(std::uint64_t address, std::uint64_t size, std::string& text) const;
    void wait_status(std::uint64_t address, std::string& text) const;
    void structure(char kind, std::uint64_t address, std::string& text) const;
    [[nodiscard]] std::uint64_t argument(std::size_t at) const {
        return at < call_.arguments.size() ? call_.arguments[at] : 0;
    }

    const Process& process_;
    const MemoryOf& memory_;
    const SystemCall& call_;
    const View& view_;
    const parse::Syscall* known_ = nullptr;
    std::string_view kinds_;
    std::size_t at_ = 0;
};

// "read", or "syscall_0x1ff".
std::string call_name(std::uint64_t number);
// A text in quotes as C has it.
void quote(std::string_view bytes, std::string& text);
std::string signal_name(int signal);

}  // namespace limpet::commands::strace
