// parse/jq.h - filters of jq, its manual's language, as a tree.
#pragma once

#include "limpet/result.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse::jq {

using Index = std::uint32_t;  // of a node
inline constexpr Index none = UINT32_MAX;

struct Node {
    enum class Kind : std::uint8_t {
        identity,
        constant,       // text: null, true, false
        number,         // text as it was written
        string,         // text
        format,         // text: base64 of @base64
        interpolation,  // text: the format; strings and filters
        array,          // of what its part gives; none
        object,         // pairs of name and value
        field,          // of the first, by the second; text of a step: ? when it may fail
        slice,          // of the first, from the second, to the third; either may be none
        iterate,
        pipe,      // two or more
        comma,     // two or more
        negate,    // - of the first
        operate,   // text: + - * / % == != < <= > >=
        both,      // and
        either,    // or
        fallback,  // //
        assign,    // text: = |= += -= *= /= %= //=
        choose,    // if, then, else or none
        attempt,   // try, catch or none
        reduce,    // source, pattern, start, update
        foreach,   // source, pattern, start, update, extract or none
        bind,      // source, pattern, body
        define,    // text: name; texts: parameters; parts: body, rest
        call,      // text: name; parts: arguments; target of a built-in one
        variable,  // text, without its $; also a pattern
        array_pattern,
        object_pattern,  // pairs of name and pattern
        label,           // text; the body
        leave,           // break; text
    };
    Kind kind = Kind::identity;
    std::string text = {};
    std::vector<Index> parts = {};
    std::vector<std::string> texts = {};
    Index target = none;  // of a call: what `builtin` said, or its definition in the prelude
    bool prelude = false;
};

struct Filter {
    std::vector<Node> nodes;
    Index root = none;
};

// Built-in functions: the number of one by name and arity, or none.
using Builtins = std::function<Index(std::string_view name, std::size_t arity)>;

// `prelude` is definitions in the language itself, which `text` sees after its own; `variables`
// are those that it may use from the start.
Result<Filter> filter(std::string_view prelude, std::string_view text, const Builtins& builtins,
                      std::vector<std::string> variables);

}  // namespace limpet::parse::jq
