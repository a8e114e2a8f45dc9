// sed_replace.cpp - what sed's s, y and l make of a text.
#include "commands/text/sed_replace.h"

#include "commands/utf8.h"

#include <algorithm>
#include <cctype>

namespace limpet::commands::sed {
namespace {

using parse::sed::Piece;

// What \U, \L, \u and \l do to the text that follows them.
class Cased {
public:
    explicit Cased(std::string& out) : out_(out) {}
    void set(Piece::Kind kind) {
        if (kind == Piece::Kind::upper_one || kind == Piece::Kind::lower_one) {
            one_ = kind;
        } else {
            all_ = kind;
            one_ = Piece::Kind::as_is;
        }
    }
    void add(std::string_view text) {
        for (std::size_t i = 0; i < text.size(); ++i) {
            const auto kind = one_ != Piece::Kind::as_is ? one_ : all_;
            one_ = Piece::Kind::as_is;
            const auto byte = static_cast<unsigned char>(text[i]);
            const bool up = kind == Piece::Kind::upper || kind == Piece::Kind::upper_one;
            const bool down = kind == Piece::Kind::lower || kind == Piece::Kind::lower_one;
            out_ += static_cast<char>(up ? std::toupper(byte) : down ? std::tolower(byte) : byte);
        }
    }

private:
    std::string& out_;
    Piece::Kind all_ = Piece::Kind::as_is, one_ = Piece::Kind::as_is;
};

using Span = parse::Regex::Span;

void put(std::string& out, std::string_view text, const std::vector<Span>& spans,
         const std::vector<Piece>& pieces) {
    Cased cased(out);
    for (const auto& piece : pieces) {
        if (piece.kind == Piece::Kind::literal) {
            cased.add(piece.text);
        } else if (piece.kind == Piece::Kind::group) {
            if (piece.group >= spans.size()) continue;
            const auto [begin, end] = spans[piece.group];
            if (begin <= end && end <= text.size()) cased.add(text.substr(begin, end - begin));
        } else {
            cased.set(piece.kind);
        }
    }
}

}  // namespace

Result<bool> replace(std::string& text, parse::Regex& regex, const parse::sed::Substitution& how) {
    const bool parts = std::ranges::any_of(how.pieces, [](const Piece& piece) {
        return piece.kind == Piece::Kind::group && piece.group > 0;
    });
    const std::string_view whole = text;
    std::string out;
    std::size_t at = 0, count = 0;
    std::optional<std::size_t> last_end;  // of the match before, which an empty one must not touch
    bool any = false;
    while (at <= whole.size()) {
        std::vector<Span> spans;
        const auto span = TRY(regex.find(whole, at));
        if (!span) break;
        const auto [begin, end] = *span;
        const bool empty = begin == end;
        if (!(empty && last_end == begin)) {
            ++count;
            out += whole.substr(at, begin - at);
            if (count >= how.which) {
                if (parts) spans = TRY(regex.groups(whole, begin)).value_or(std::vector<Span>{});
                if (spans.empty()) spans = {*span};
                put(out, whole, spans, how.pieces);
                any = true;
            } else {
                out += whole.substr(begin, end - begin);
            }
            at = end;
            last_end = end;
            if (any && !how.all) break;
            if (!empty) continue;
        } else {
            out += whole.substr(at, begin - at);
            at = begin;
        }
        // Behind an empty match the next character stays as it is.
        if (at == whole.size()) break;
        const auto length = std::max<std::size_t>(utf8_length(whole.substr(at)), 1);
        out += whole.substr(at, length);
        at += length;
    }
    if (!any) return false;
    out += whole.substr(std::min(at, whole.size()));
    text = std::move(out);
    return true;
}

void translate(std::string& text, const std::vector<std::pair<std::string, std::string>>& map) {
    std::string out;
    for (std::string_view rest = text; !rest.empty();) {
        const auto character = rest.substr(0, std::max<std::size_t>(utf8_length(rest), 1));
        const auto known = std::ranges::find(
            map, character, [](const auto& pair) { return std::string_view(pair.first); });
        out += known == map.end() ? character : std::string_view(known->second);
        rest.remove_prefix(character.size());
    }
    text = std::move(out);
}

std::vector<std::string> unambiguous(std::string_view text, std::size_t width) {
    std::vector<std::string> lines(1);
    const auto add = [&](std::string_view part) {
        if (width > 1 && lines.back().size() + part.size() > width - 1) {
            lines.back() += '\\';
            lines.emplace_back();
        }
        lines.back() += part;
    };
    constexpr std::string_view letters = "\\abfnrtv", values = "\\\a\b\f\n\r\t\v";
    for (const char byte : text) {
        if (const auto place = values.find(byte); place != values.npos) {
            add(std::string{'\\', letters[place]});
        } else if (byte >= ' ' && byte < '\x7f') {
            add({&byte, 1});
        } else {
            char octal[5];
            std::snprintf(octal, sizeof octal, "\\%03o", static_cast<unsigned char>(byte));
            add(octal);
        }
    }
    lines.back() += '$';
    return lines;
}

}  // namespace limpet::commands::sed
