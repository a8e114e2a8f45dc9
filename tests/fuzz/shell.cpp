// fuzz/shell.cpp - the shell's lexer and parser on any bytes.
#include "shell/parser.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace limpet::shell;
    constexpr std::size_t most = 1 << 16;
    if (size > most) return 0;
    Source source(std::string(reinterpret_cast<const char*>(data), size));
    Symbols symbols;
    const Aliases aliases{{"a", "b "}, {"b", "a"}, {"e", ""}, {"i", "if"}, {"q", "'"}};
    Parser parser(source, symbols, &aliases);
    for (;;) {
        ProgramPointer program;
        const auto at = source.at;
        const auto left = source.text.size() - at;
        const auto outcome = parser.next(program);
        if (outcome == Parser::Outcome::end) return 0;
        // Every round must get on, or a script could hang the shell. An alias takes the place of
        // its name in the text, so getting on is either to be further in or to have less to go.
        if (source.at <= at && source.text.size() - source.at >= left &&
            outcome == Parser::Outcome::command) {
            __builtin_trap();
        }
        if (outcome == Parser::Outcome::error && source.at == at && at >= source.text.size())
            return 0;
    }
}
