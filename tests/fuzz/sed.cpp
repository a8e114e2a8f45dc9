// sed.cpp - scripts of sed: the first byte says which kind of expressions.
#include "parse/sed.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 4096) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    const auto script = limpet::parse::sed::parse(text, data[0] & 1);
    if (!script) return 0;
    // Where a command may jump is a command, or the end.
    for (const auto& command : script->commands) {
        if (command.target > script->commands.size()) std::abort();
        if (command.file && *command.file >= script->files.size()) std::abort();
    }
    return 0;
}
