// parse/regex_syntax.h - the text of a regular expression as a tree (POSIX basic and extended,
// with the GNU extensions \w \s \b \< \> and, in basic ones, \| \+ \?).
#pragma once

#include "limpet/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse::regex {

// Groups within groups; the tree is walked by recursion.
inline constexpr int depth_limit = 250;
// RE_DUP_MAX of glibc; what it may blow up to is bounded by the size of the program.
inline constexpr int repeat_limit = 32767;
inline constexpr int unbounded = -1;

enum class Syntax { basic, extended, fixed };

enum class Assertion : std::uint8_t {
    line_begin,
    line_end,
    word_begin,        // \<
    word_end,          // \>
    word_boundary,     // \b
    no_word_boundary,  // \B
    not_after_word,    // grep -w: nothing of a word before
    not_before_word,   // nor after
};

struct Range {
    char32_t first, last;
};

struct Node {
    enum class Kind : std::uint8_t {
        empty,
        byte,
        set,
        concat,
        alternate,
        repeat,
        group,
        assertion,
        back_reference
    };
    Kind kind = Kind::empty;
    std::uint8_t byte = 0;  // of byte: literals are sequences of these
    Assertion assertion{};
    int number = 0;                  // of group and back_reference, from 1
    int least = 0, most = 0;         // of repeat
    std::vector<Range> ranges = {};  // of set: code points; lone bytes from 0x80 are in
    bool lone_bytes = false;         // `lone_bytes`: bytes that are no UTF-8 match, too
    std::vector<std::uint32_t> children = {};
};

struct Tree {
    std::vector<Node> nodes;
    std::uint32_t root = 0;
    int groups = 0;
    bool back_references = false;
};

Result<Tree> parse(std::string_view pattern, Syntax syntax, bool ignore_case);

// One tree that matches what any of them matches; group numbers go on.
Tree alternatives(std::vector<Tree> trees);

}  // namespace limpet::parse::regex
