// parse/awk_lexer.cpp - a program of awk as tokens.
#include "parse/awk_lexer.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>

namespace limpet::parse::awk {
namespace {

using Kind = Token::Kind;

constexpr std::string_view keywords[]{"BEGIN",    "END",     "break",  "continue", "delete",
                                      "do",       "else",    "exit",   "for",      "func",
                                      "function", "getline", "if",     "in",       "next",
                                      "nextfile", "print",   "printf", "return",   "while"};
// In the order of Builtin.
constexpr std::string_view builtins[]{
    "and",  "atan2",  "close",  "compl",   "cos",     "exp",     "fflush", "gensub",
    "gsub", "index",  "int",    "length",  "log",     "lshift",  "match",  "or",
    "rand", "rshift", "sin",    "split",   "sprintf", "sqrt",    "srand",  "strftime",
    "sub",  "substr", "system", "systime", "tolower", "toupper", "xor"};
// Longer ones first.
constexpr std::string_view signs[]{"**=", "&&", "||", "++", "--", "+=", "-=", "*=", "/=",
                                   "%=",  "^=", "**", "==", "<=", ">=", "!=", "!~", ">>"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<unsigned> octal(std::string_view text, std::size_t& at) {
    unsigned value = 0;
    std::size_t digits = 0;
    while (digits < 3 && at < text.size() && text[at] >= '0' && text[at] <= '7') {
        value = value * 8 + static_cast<unsigned>(text[at++] - '0');
        ++digits;
    }
    if (digits == 0) return std::nullopt;
    return value & 0xFF;
}

// \x41: the text stands behind the x.
std::optional<unsigned> hexadecimal(std::string_view text, std::size_t& at) {
    unsigned value = 0;
    const auto* const begin = text.data() + at;
    const auto* const end = begin + std::min<std::size_t>(text.size() - at, 2);
    const auto [stop, problem] = std::from_chars(begin, end, value, 16);
    if (problem != std::errc{}) return std::nullopt;
    at += static_cast<std::size_t>(stop - begin);
    return value;
}

// What a letter after a backslash stands for; 0 when nothing.
char escaped(char letter) {
    switch (letter) {
        case 'n': return '\n';
        case 't': return '\t';
        case 'r': return '\r';
        case 'a': return '\a';
        case 'b': return '\b';
        case 'f': return '\f';
        case 'v': return '\v';
        case '"':
        case '/':
        case '\\': return letter;
        default: return 0;
    }
}

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    Result<std::vector<Token>> run() {
        for (;;) {
            skip_blanks();
            Token token{.line = line_};
            if (at_ == text_.size()) {
                found_.push_back(token);
                return std::move(found_);
            }
            TRY(next(token));
            found_.push_back(std::move(token));
        }
    }

private:
    void skip_blanks() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == ' ' || c == '\t' || c == '\r') {
                ++at_;
            } else if (c == '\\' && text_.substr(at_ + 1).starts_with('\n')) {
                at_ += 2;
                ++line_;
            } else if (c == '\\' && text_.substr(at_ + 1).starts_with("\r\n")) {
                at_ += 3;
                ++line_;
            } else if (c == '#') {
                at_ = std::min(text_.find('\n', at_), text_.size());
            } else {
                break;
            }
        }
    }

    [[nodiscard]] std::unexpected<Error> wrong(std::string_view why) const {
        return refused("program", "line " + std::to_string(line_) + ": " + std::string(why));
    }

    Result<> next(Token& token) {
        const char c = text_[at_];
        if (c == '\n') {
            ++at_;
            ++line_;
            token.kind = Kind::newline;
            token.text = "newline";
            return {};
        }
        if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
            number(token);
            return {};
        }
        if (is_letter(c)) {
            word(token);
            return {};
        }
        if (c == '"') return quoted(token);
        if (c == '/' && !after_operand()) return regex(token);
        token.kind = Kind::sign;
        for (const auto sign : signs) {
            if (!text_.substr(at_).starts_with(sign)) continue;
            token.text = sign;
            at_ += sign.size();
            return {};
        }
        if (!std::string_view("{}()[];,+-*/%^!<>|?:~$=").contains(c)) {
            return wrong(std::string("unexpected character ") +
                         (c > ' ' && c < 0x7F ? "'" + std::string(1, c) + "'" : "in the program"));
        }
        token.text = c;
        ++at_;
        return {};
    }

    // Whether a / here divides: behind something that has a value.
    [[nodiscard]] bool after_operand() const {
        if (found_.empty()) return false;
        const auto& last = found_.back();
        switch (last.kind) {
            case Kind::number:
            case Kind::text:
            case Kind::regex:
            case Kind::name:
            case Kind::builtin: return true;
            case Kind::sign:
                return last.text == ")" || last.text == "]" || last.text == "$" ||
                       last.text == "++" || last.text == "--";
            default: return false;
        }
    }

    void number(Token& token) {
        token.kind = Kind::number;
        const auto begin = at_;
        const auto hex = text_.substr(at_, 2);
        if (hex == "0x" || hex == "0X") {
            std::uint64_t value = 0;
            const auto* const from = text_.data() + at_ + 2;
            const auto [end, problem] =
                std::from_chars(from, text_.data() + text_.size(), value, 16);
            if (problem == std::errc{}) {
                at_ += static_cast<std::size_t>(end - from) + 2;
                token.text = text_.substr(begin, at_ - begin);
                token.number = static_cast<double>(value);
                return;
            }
        }
        const auto digits = [&] {
            while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
        };
        digits();
        if (at_ < text_.size() && text_[at_] == '.') {
            ++at_;
            digits();
        }
        if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
            auto exponent = at_ + 1;
            if (exponent < text_.size() && (text_[exponent] == '+' || text_[exponent] == '-')) {
                ++exponent;
            }
            if (exponent < text_.size() && is_digit(text_[exponent])) {
                at_ = exponent;
                digits();
            }
        }
        token.text = text_.substr(begin, at_ - begin);
        token.number = std::strtod(token.text.c_str(), nullptr);
    }

    void word(Token& token) {
        const auto begin = at_;
        while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
        token.text = text_.substr(begin, at_ - begin);
        const auto* const builtin = std::ranges::find(builtins, token.text);
        if (std::ranges::find(keywords, token.text) != std::end(keywords)) {
            token.kind = Kind::keyword;
            if (token.text == "func") token.text = "function";
        } else if (builtin != std::end(builtins)) {
            token.kind = Kind::builtin;
            token.builtin = static_cast<Builtin>(builtin - builtins);
        } else {
            const bool call = at_ < text_.size() && text_[at_] == '(';
            token.kind = call ? Kind::function_name : Kind::name;
        }
    }

    Result<> quoted(Token& token) {
        token.kind = Kind::text;
        const auto begin = ++at_;
        while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n') {
            at_ += text_[at_] == '\\' ? 2 : 1;
            if (at_ <= text_.size() && text_[at_ - 1] == '\n') ++line_;
        }
        if (at_ >= text_.size() || text_[at_] != '"') return wrong("unterminated string");
        token.text = unescaped(text_.substr(begin, at_++ - begin));
        return {};
    }

    Result<> regex(Token& token) {
        token.kind = Kind::regex;
        const auto begin = ++at_;
        bool bracket = false;
        for (; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
            const char c = text_[at_];
            if (c == '\\') {
                ++at_;
            } else if (bracket) {
                // [[:alpha:]/] holds a bracket of its own.
                if (text_.substr(at_).starts_with("[:")) {
                    const auto close = text_.find(":]", at_ + 2);
                    const auto line = text_.find('\n', at_);
                    if (close < line) at_ = close + 1;
                } else if (c == ']') {
                    bracket = false;
                }
            } else if (c == '[') {
                bracket = closes(at_);
                if (bracket && text_[at_ + 1] == '^') ++at_;
                if (bracket && text_[at_ + 1] == ']') ++at_;
            } else if (c == '/') {
                token.text = text_.substr(begin, at_++ - begin);
                return {};
            }
        }
        return wrong("unterminated regular expression");
    }
    // Whether the bracket that opens here is closed before the line ends.
    [[nodiscard]] bool closes(std::size_t open) const {
        const auto line = text_.substr(open, std::min(text_.find('\n', open), text_.size()) - open);
        return line.find(']', 2) != line.npos;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::uint32_t line_ = 1;
    std::vector<Token> found_;
};

constexpr std::string_view special = "\\^$.[]|()*+?{}";

// One member of a bracket expression, by a name when it would mean something else.
std::string bracket_member(char c) {
    if (std::string_view("]^-[").contains(c)) return {'[', '.', c, '.', ']'};
    return std::string(1, c);
}

// From the [ at `at` to its ]; what backslashes hide is named.
void bracket_text(std::string_view text, std::size_t& at, std::string& made) {
    made += text[at++];
    if (at < text.size() && text[at] == '^') made += text[at++];
    for (bool first = true; at < text.size(); first = false) {
        const char c = text[at];
        if (c == '[' && at + 1 < text.size() && std::string_view(":.=").contains(text[at + 1])) {
            const auto close = text.find(std::string{text[at + 1], ']'}, at + 2);
            if (close != text.npos) {
                made += text.substr(at, close + 2 - at);
                at = close + 2;
                continue;
            }
        }
        if (c == '\\' && at + 1 < text.size()) {
            ++at;
            if (const auto value = octal(text, at)) {
                made += bracket_member(static_cast<char>(*value));
                continue;
            }
            const char letter = text[at++];
            const char meant = escaped(letter);
            made += bracket_member(meant ? meant : letter);
            continue;
        }
        made += c;
        ++at;
        if (c == ']' && !first) return;
    }
}

}  // namespace

Result<std::vector<Token>> tokens(std::string_view text) { return Lexer(text).run(); }

bool is_name(std::string_view word) {
    return !word.empty() && is_letter(word[0]) &&
           std::ranges::all_of(word, [](char c) { return is_letter(c) || is_digit(c); });
}

std::string unescaped(std::string_view text) {
    std::string made;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] != '\\' || at + 1 == text.size()) {
            made += text[at++];
            continue;
        }
        ++at;
        if (const auto value = octal(text, at)) {
            made += static_cast<char>(*value);
            continue;
        }
        const char letter = text[at++];
        if (letter == '\n') continue;
        if (letter == 'x') {
            if (const auto value = hexadecimal(text, at)) {
                made += static_cast<char>(*value);
                continue;
            }
        }
        if (const char meant = escaped(letter)) {
            made += meant;
        } else {
            // Kept, for "\." as an expression.
            made += '\\';
            made += letter;
        }
    }
    return made;
}

std::string regex_text(std::string_view text) {
    std::string made;
    bool first = true;  // of the expression, a group or an alternative
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (c == '[') {
            bracket_text(text, at, made);
        } else if (c == '\\' && at + 1 < text.size()) {
            ++at;
            auto value = octal(text, at);
            if (!value && text[at] == 'x') {
                auto digits = at + 1;
                value = hexadecimal(text, digits);
                if (value) at = digits;
            }
            const char letter = value ? static_cast<char>(*value) : text[at++];
            char meant = value ? letter : escaped(letter);
            if (!value && letter == 'y') {
                made += "\\b";
            } else if (meant || std::string_view("wWsSB<>`'").contains(letter)) {
                if (!meant || special.contains(meant)) made += '\\';
                made += meant ? meant : letter;
            } else {
                if (special.contains(letter)) made += '\\';
                made += letter;
            }
        } else if (c == '\\') {
            made += "\\\\";
            ++at;
        } else {
            if (first && std::string_view("*+?").contains(c)) made += '\\';
            made += c;
            ++at;
            first = c == '(' || c == '|' || (first && c == '^');
            continue;
        }
        first = false;
    }
    return made;
}

}  // namespace limpet::parse::awk
