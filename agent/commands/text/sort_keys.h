// sort_keys.h - the keys of sort: where they are in a line and how they compare.
#pragma once

#include "limpet/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands::sorting {

enum class Kind : std::uint8_t { bytes, numeric, general, human, month, version, random };

struct Manner {
    Kind kind = Kind::bytes;
    bool reverse = false;
    bool fold = false;         // -f
    bool dictionary = false;   // -d: blanks and alphanumerics only
    bool printable = false;    // -i
    bool skip_blanks = false;  // -b
    std::uint64_t seed = 0;    // -R
    [[nodiscard]] bool plain() const {
        return kind == Kind::bytes && !fold && !dictionary && !printable && !skip_blanks &&
               !reverse;
    }
};

// One letter of -k 2,3nr or of the options; false when it is none.
bool apply(char letter, Manner& manner);

struct Key {
    std::size_t first_field = 1, first_character = 1;
    std::size_t last_field = 0, last_character = 0;  // 0: to the end of the line, of the field
    bool skip_blanks_at_end = false;
    Manner manner;
};

Result<Key> parse_key(std::string_view text, const Manner& inherited);

// The part of the line that the key is about.
std::string_view part(std::string_view line, const Key& key, std::optional<char> separator);

// As `manner` has it, but for reverse.
int compare(std::string_view a, std::string_view b, const Manner& manner);

// A number that is never in another order than the texts; equal ones need compare(). Most
// comparisons of a sort end with it.
std::uint64_t rank(std::string_view text, const Manner& manner);

}  // namespace limpet::commands::sorting
