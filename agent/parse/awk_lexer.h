// parse/awk_lexer.h - a program of awk as tokens.
#pragma once

#include "limpet/result.h"
#include "parse/awk.h"

#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse::awk {

struct Token {
    enum class Kind : std::uint8_t {
        end,
        newline,
        number,
        text,   // "..." without its escapes
        regex,  // /.../ as written
        name,
        function_name,  // a name with ( right behind it
        builtin,
        keyword,
        sign,  // an operator or a bracket
    };
    Kind kind = Kind::end;
    std::uint32_t line = 1;
    Builtin builtin{};
    double number = 0;
    std::string text = {};  // as written, but of text
};

Result<std::vector<Token>> tokens(std::string_view text);

}  // namespace limpet::parse::awk
