// parse/sed_text.cpp - the texts within sed's s and y.
#include "parse/sed_text.h"

#include "parse/code_point.h"

#include <algorithm>

namespace limpet::parse::sed {

std::size_t count_groups(std::string_view pattern, bool extended) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\') {
            ++i;
            if (!extended && i < pattern.size() && pattern[i] == '(') ++count;
        } else if (extended && pattern[i] == '(') {
            ++count;
        }
    }
    return count;
}

std::vector<Piece> pieces_of(std::string_view text) {
    std::vector<Piece> pieces;
    using Kind = Piece::Kind;
    const auto literal = [&](char byte) {
        if (pieces.empty() || pieces.back().kind != Kind::literal) pieces.emplace_back();
        pieces.back().text += byte;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '&') {
            pieces.push_back({.kind = Kind::group, .text = {}, .group = 0});
            continue;
        }
        if (text[i] != '\\' || i + 1 == text.size()) {
            literal(text[i]);
            continue;
        }
        const char byte = text[++i];
        constexpr std::string_view cases = "ULulE";
        constexpr Kind kinds[]{Kind::upper, Kind::lower, Kind::upper_one, Kind::lower_one,
                               Kind::as_is};
        if (byte >= '0' && byte <= '9') {
            pieces.push_back(
                {.kind = Kind::group, .text = {}, .group = static_cast<std::size_t>(byte - '0')});
        } else if (const auto place = cases.find(byte); place != cases.npos) {
            pieces.push_back({.kind = kinds[place], .text = {}});
        } else {
            constexpr std::string_view letters = "ntfrva", values = "\n\t\f\r\v\a";
            const auto letter = letters.find(byte);
            literal(letter == letters.npos ? byte : values[letter]);
        }
    }
    return pieces;
}

std::vector<std::string> characters_of(std::string_view text) {
    std::vector<std::string> found;
    while (!text.empty()) {
        if (text[0] == '\\' && text.size() > 1) {
            const char byte = text[1];
            found.emplace_back(1, byte == 'n' ? '\n' : byte == 't' ? '\t' : byte);
            text.remove_prefix(2);
            continue;
        }
        const auto length = std::max<std::size_t>(sequence_length(text), 1);
        found.emplace_back(text.substr(0, length));
        text.remove_prefix(length);
    }
    return found;
}

}  // namespace limpet::parse::sed
