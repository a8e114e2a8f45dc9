// shell/words.cpp - the inside of words: quotes, XCU 2.2, and tildes.
#include "shell/parser.h"
#include "shell/pattern.h"

#include <algorithm>

namespace limpet::shell {
namespace {

void append_utf8(std::string& bytes, unsigned point) {
    const auto put = [&](unsigned byte) { bytes += static_cast<char>(byte); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xc0 | point >> 6);
        put(0x80 | (point & 63));
    } else if (point < 0x10000) {
        put(0xe0 | point >> 12);
        put(0x80 | (point >> 6 & 63));
        put(0x80 | (point & 63));
    } else {
        put(0xf0 | (point >> 18 & 7));
        put(0x80 | (point >> 12 & 63));
        put(0x80 | (point >> 6 & 63));
        put(0x80 | (point & 63));
    }
}

int digit_value(int byte) {
    if (is_digit(byte)) return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return 99;
}

}  // namespace

void Parser::add(Builder& builder, char byte, bool quoted) {
    if (builder.quoted != quoted) flush(builder);
    builder.quoted = quoted;
    builder.literal += byte;
}

void Parser::flush(Builder& builder) {
    if (builder.literal.empty()) return;
    builder.parts.push_back({.quoted = builder.quoted, .text = arena().text(builder.literal)});
    builder.literal.clear();
}

bool Parser::ends_here(int byte, Context context, int& depth) {
    switch (context) {
        case Context::word:
            return byte <= ' ' ? byte == ' ' || byte == '\t' || byte == '\n'
                               : std::string_view("&|;<>()").contains(static_cast<char>(byte));
        case Context::quotes: return byte == '"';
        case Context::document: return false;
        case Context::brace:
        case Context::quoted_brace: return byte == '}';
        case Context::pattern: return byte == '}' || byte == '/';
        case Context::offset:
            if (byte == '(' || byte == '?') ++depth;
            if (depth > 0 && (byte == ')' || byte == ':')) {
                --depth;
                return false;
            }
            return byte == '}' || byte == ':';
        case Context::arithmetic:
            if (byte == '(') ++depth;
            if (byte == ')' && depth-- == 0) return true;
            return false;
    }
    return true;
}

// Reads up to what ends the context, which stays unread.
void Parser::word_text(Builder& builder, Context context) {
    const bool quoted = context == Context::quotes || context == Context::document ||
                        context == Context::quoted_brace || context == Context::arithmetic ||
                        context == Context::offset;
    int depth = 0;
    for (;;) {
        const int byte = look();
        if (byte < 0) {
            if (context != Context::word && context != Context::document) {
                fail(context == Context::quotes       ? "a \" is not closed"
                     : context == Context::arithmetic ? "$(( is not closed"
                                                      : "${ is not closed");
            }
            return;
        }
        // A pattern may begin with a slash: ${path////:}.
        const bool leads = context == Context::pattern && byte == '/' && builder.parts.empty() &&
                           builder.literal.empty();
        if (!leads && ends_here(byte, context, depth)) return;
        switch (byte) {
            case '\\': backslash(builder, context); continue;
            case '$': dollar(builder, context); continue;
            case '`': backquotes(builder, context); continue;
            case '\'':
                if (quoted) break;
                single_quotes(builder);
                continue;
            case '"':
                if (context == Context::document) break;
                if (context == Context::arithmetic || context == Context::offset) {
                    take();
                    continue;
                }
                double_quotes(builder);
                continue;
            default: break;
        }
        take();
        add(builder, static_cast<char>(byte), quoted);
        // Letters and digits mean nothing anywhere.
        const auto& text = source_->text;
        auto end = source_->at;
        while (end < text.size() && is_name_byte(text[end])) ++end;
        builder.literal.append(text, source_->at, end - source_->at);
        source_->at = end;
    }
}

void Parser::backslash(Builder& builder, Context context) {
    take();
    const int byte = source_->peek();
    bool escapes = true;
    if (context == Context::quotes) {
        escapes = byte == '$' || byte == '`' || byte == '"' || byte == '\\';
    } else if (context == Context::document || context == Context::arithmetic) {
        escapes = byte == '$' || byte == '`' || byte == '\\';
    } else if (context == Context::quoted_brace) {
        escapes = byte == '$' || byte == '`' || byte == '"' || byte == '\\' || byte == '}';
    }
    if (!escapes || byte < 0) {
        add(builder, '\\', true);
        return;
    }
    ++source_->at;
    if (byte == '\n') ++source_->line;
    add(builder, static_cast<char>(byte), true);
}

void Parser::single_quotes(Builder& builder) {
    const int line = source_->line;
    const auto start = source_->at;
    flush(builder);
    ++source_->at;
    for (;;) {
        const int byte = source_->peek();
        if (byte < 0) {
            token_line_ = line;
            token_start_ = start;
            return fail("a ' is not closed");
        }
        ++source_->at;
        if (byte == '\'') break;
        if (byte == '\n') ++source_->line;
        add(builder, static_cast<char>(byte), true);
    }
    if (!builder.literal.empty()) return flush(builder);
    builder.parts.push_back({.quoted = true});
}

void Parser::double_quotes(Builder& builder) {
    const int line = source_->line;
    const auto start = source_->at;
    flush(builder);
    take();
    const auto before = builder.parts.size();
    word_text(builder, Context::quotes);
    if (!accept('"')) {
        error_.clear();
        broken_ = false;
        token_line_ = line;
        token_start_ = start;
        return fail("a \" is not closed");
    }
    flush(builder);
    if (builder.parts.size() == before) builder.parts.push_back({.quoted = true});
}

// $'...'
void Parser::c_quotes(Builder& builder) {
    flush(builder);
    ++source_->at;
    std::string bytes;
    for (;;) {
        const int byte = source_->peek();
        if (byte < 0) return fail("a $' is not closed");
        ++source_->at;
        if (byte == '\'') break;
        if (byte == '\n') ++source_->line;
        if (byte == '\\') {
            c_escape(bytes);
        } else {
            bytes += static_cast<char>(byte);
        }
    }
    // A NUL ends it: no variable or argument can hold one.
    bytes.resize(std::min(bytes.size(), bytes.find('\0')));
    builder.parts.push_back({.quoted = true, .text = arena().text(bytes)});
}

void Parser::c_escape(std::string& bytes) {
    const auto number = [&](int base, int most) {
        unsigned value = 0;
        for (; most > 0 && digit_value(source_->peek()) < base; --most) {
            value = value * static_cast<unsigned>(base) +
                    static_cast<unsigned>(digit_value(source_->peek()));
            ++source_->at;
        }
        return value;
    };
    const int byte = source_->peek();
    if (byte >= '0' && byte <= '7') {
        bytes += static_cast<char>(number(8, 3));
        return;
    }
    if (byte < 0) return;
    ++source_->at;
    constexpr std::string_view letters = "abefnrtv";
    constexpr std::string_view values = "\a\b\033\f\n\r\t\v";
    if (const auto place = letters.find(static_cast<char>(byte)); place != letters.npos) {
        bytes += values[place];
    } else if (byte == 'x' && digit_value(source_->peek()) < 16) {
        bytes += static_cast<char>(number(16, 2));
    } else if ((byte == 'u' || byte == 'U') && digit_value(source_->peek()) < 16) {
        append_utf8(bytes, number(16, byte == 'u' ? 4 : 8));
    } else if (byte == 'c') {
        int control = source_->peek();
        if (control < 0) return;
        ++source_->at;
        if (control == '\\' && source_->peek() == '\\') ++source_->at;
        bytes += static_cast<char>(control == '?' ? 127 : control & 31);
    } else {
        if (!std::string_view("\\'\"?").contains(static_cast<char>(byte))) bytes += '\\';
        bytes += static_cast<char>(byte);
        if (byte == '\n') ++source_->line;
    }
}

// A leading unquoted ~ and, in assignments, one after each colon.
void Parser::mark_tildes(std::vector<Part>& parts, bool assignment) {
    std::vector<Part> marked;
    bool may_start = true;
    bool found = false;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        auto part = parts[i];
        if (part.kind != PartKind::literal || part.quoted) {
            marked.push_back(part);
            may_start = false;
            continue;
        }
        auto rest = part.text;
        while (!rest.empty()) {
            const auto colon = assignment ? rest.find(':') : rest.npos;
            auto piece = rest.substr(0, colon == rest.npos ? rest.npos : colon + 1);
            rest.remove_prefix(piece.size());
            if (may_start && piece.starts_with('~')) {
                const auto end = piece.find_first_of(assignment ? "/:" : "/");
                if (end != piece.npos || (rest.empty() && i + 1 == parts.size())) {
                    const auto name = piece.substr(1, end == piece.npos ? end : end - 1);
                    marked.push_back({.kind = PartKind::tilde, .text = name});
                    piece.remove_prefix(name.size() + 1);
                    found = true;
                }
            }
            may_start = piece.ends_with(':');
            if (piece.empty()) continue;
            part.text = piece;
            marked.push_back(part);
        }
    }
    if (found) parts = std::move(marked);
}

Word Parser::finish_word(Builder& builder, bool assignment) {
    const auto& literal = builder.literal;
    if (builder.parts.empty() && !literal.empty() && literal[0] != '~' && !assignment) {
        // Most words are nothing else.
        const auto* part =
            arena().make(Part{.quoted = builder.quoted, .text = arena().text(literal)});
        return {.parts = {part, 1}, .plain = builder.quoted || !has_magic(literal)};
    }
    flush(builder);
    mark_tildes(builder.parts, assignment);
    Word word;
    if (builder.parts.size() == 1 && builder.parts[0].kind == PartKind::literal) {
        const auto& part = builder.parts[0];
        word.plain = part.quoted || !has_magic(part.text);
    }
    word.parts = arena().copy(builder.parts);
    return word;
}

}  // namespace limpet::shell
