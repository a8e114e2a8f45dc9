// regex.cpp - fuzzes parse::Regex: the first line is the expression, the rest the text. What is
// found must lie in the text, and what a line has must be found in it again.
#include "parse/regex.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using limpet::parse::Regex;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2 || size > 4096) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto newline = input.find('\n');
    if (newline == input.npos) return 0;
    const std::string pattern(input.substr(0, newline));
    Regex::Flags flags;
    flags.syntax =
        data[0] & 1 ? limpet::parse::regex::Syntax::extended : limpet::parse::regex::Syntax::basic;
    flags.ignore_case = data[0] & 2;
    flags.whole_word = data[0] & 4;
    flags.whole_line = data[0] & 8;
    auto regex = Regex::compile(std::span(&pattern, 1), flags);
    if (!regex) return 0;
    const std::string text = std::string(input.substr(newline + 1)) + '\n';
    const auto line = regex->find_line(text);
    if (line && *line && **line >= text.size()) std::abort();
    const auto span = regex->find(text.substr(0, text.find('\n')));
    if (span && *span && ((*span)->end < (*span)->begin || (*span)->end > text.size()))
        std::abort();
    return 0;
}
