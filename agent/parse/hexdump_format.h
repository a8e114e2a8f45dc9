// parse/hexdump_format.h - the format language of hexdump(1), as BSD has it.
#pragma once

#include "limpet/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse::hexdump {

struct Piece {
    enum class Kind {
        text,
        address,      // %_a
        end_address,  // %_A: once, after everything
        character,    // %_c
        printable,    // %_p
        name,         // %_u
        byte,         // %c
        string,       // %s
        integer,      // %d %i %o %u %x %X
        real,         // %e %E %f %g %G
    };
    Kind kind = Kind::text;
    std::string text = {};  // of a text; of a real number its format for printf(3)
    bool left = false, zeros = false, plus = false, blank = false, alternate = false;
    std::size_t width = 0;
    int precision = -1;
    char conversion = 0;
    std::size_t bytes = 0;
};

// ITERATIONS/BYTES "PIECES"
struct Unit {
    std::size_t repeats = 1;
    bool repeats_given = false;
    std::size_t bytes = 0;  // of one repetition
    std::vector<Piece> pieces;
    [[nodiscard]] bool at_end() const;  // has %_A
};

using Format = std::vector<Unit>;

// Bytes of the input that one round over a format takes.
inline constexpr std::size_t block_limit = std::size_t{1} << 20;
std::size_t block_size(const Format& format);

Result<Format> parse(std::string_view text);

}  // namespace limpet::parse::hexdump
