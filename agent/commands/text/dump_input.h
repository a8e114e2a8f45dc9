// dump_input.h - several files as one run of bytes, of which a part is shown: od, hexdump.
#pragma once

#include "commands/command.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace limpet::commands {

class DumpInput {
public:
    // The operands of `call`, standard input without one. Complains about what cannot be read and
    // goes on with the next.
    DumpInput(Invocation& call, std::uint64_t skip, std::uint64_t most);
    // Exactly `size` bytes, fewer only at the end. Valid until the next call.
    std::string_view take(std::size_t size);
    // What is left to skip: more than nothing when everything ended before.
    [[nodiscard]] std::uint64_t to_skip() const { return skip_; }

private:
    bool more();
    bool open_next();
    Invocation& call_;
    std::uint64_t skip_, most_;
    std::size_t next_ = 0;
    std::optional<Input> input_;
    std::string_view block_;
    std::string joined_;
};

// "16", "0x10", "020", with b, k, m and GNU's other units behind it: a number of bytes.
std::optional<std::uint64_t> byte_count(std::string_view text);

}  // namespace limpet::commands
