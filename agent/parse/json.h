// parse/json.h - a JSON text (RFC 8259) as values, for the state files of container runtimes.
//
// Our own: Boost.JSON 1.81 costs the static agent 140 KB and refuses lone surrogates, which is how
// our own -o json spells bytes that are not UTF-8 (commands/json.h).
#pragma once

#include "limpet/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::parse {

struct Json {
    enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
    Kind kind = Kind::null;
    bool truth = false;
    std::string text;                // of a string; of a number as it was written
    std::vector<Json> items;         // of an array; of an object its values, in the same order
    std::vector<std::string> names;  // of an object

    // The member of that name (the last one wins); null's value when there is none or this is no
    // object, so that lookups chain: root["State"]["Pid"].
    [[nodiscard]] const Json& operator[](std::string_view name) const;
    // Empty unless it is a string.
    [[nodiscard]] std::string_view string() const;
    // The number when it is an integer in range.
    [[nodiscard]] std::optional<std::int64_t> integer() const;
    [[nodiscard]] bool is_true() const { return kind == Kind::boolean && truth; }
};

inline constexpr std::size_t json_depth = 64;
inline constexpr std::size_t json_values = 500'000;  // about 60 MB of memory at worst

// The whole text as one value. Strings come out as UTF-8; a lone \udc80..\udcff becomes the byte
// 0x80..0xff that it stands for, any other lone surrogate U+FFFD. Bytes over 0x7F are passed on as
// they are.
Result<Json> json(std::string_view text);

// Cuts a stream of values apart, without a look at what is in them: brackets and quotes that match.
class JsonCutter {
public:
    // Bytes at the front of `text` that belong to the value that is being gathered, blanks before
    // it included; whole() tells whether it ends with them. A lone word or number ends with what
    // cannot belong to it, or with the input.
    std::size_t take(std::string_view text);
    [[nodiscard]] bool whole() const { return state_ == State::done; }
    // The next value.
    void next() { *this = {}; }

private:
    enum class State : std::uint8_t { before, word, done };
    State state_ = State::before;
    bool quoted_ = false;
    bool escaped_ = false;
    std::size_t depth_ = 0;
};

}  // namespace limpet::parse
