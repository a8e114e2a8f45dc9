// parse/jq_words.cpp - the words of a filter of jq.
#include "parse/jq_words.h"

#include "parse/json.h"

#include <algorithm>

namespace limpet::parse::jq {
namespace {

bool digit(char byte) { return byte >= '0' && byte <= '9'; }

}  // namespace

bool name_start(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

bool keyword(std::string_view word) {
    constexpr std::string_view words[]{
        "and",  "as",  "catch", "def",    "elif",    "else",   "end",  "foreach", "if",    "import",
        "then", "try", "label", "module", "include", "reduce", "null", "true",    "false", "or"};
    return std::ranges::find(words, word) != std::end(words);
}

std::unexpected<Error> Words::wrong(std::string_view reason) const {
    const auto rest = text_.substr(std::min(at_, text_.size()), 20);
    return refused("filter",
                   std::string(reason) + (rest.empty() ? std::string(" at its end")
                                                       : " at '" + std::string(rest) + "'"));
}

void Words::space() {
    while (at_ < text_.size()) {
        if (text_[at_] == '#') {
            at_ = std::min(text_.find('\n', at_), text_.size());
        } else if (std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
            ++at_;
        } else {
            return;
        }
    }
}

bool Words::ended() {
    space();
    return at_ >= text_.size();
}

std::string_view Words::operation() {
    space();
    constexpr std::string_view longest_first[]{
        "?//=", "?//", "//=", "|=", "+=", "-=", "*=", "/=", "%=", "==", "!=", "<=", ">=", "//"};
    const auto rest = text_.substr(at_);
    for (const auto one : longest_first) {
        if (rest.starts_with(one)) return one;
    }
    return rest.substr(0,
                       std::string_view("|,+-*/%=<>()[]{}:;?.").find(here()) == rest.npos ? 0 : 1);
}

std::string_view Words::word() {
    space();
    if (!name_start(here())) return {};
    auto end = at_;
    while (end < text_.size() && (name_start(text_[end]) || digit(text_[end]))) ++end;
    return text_.substr(at_, end - at_);
}

bool Words::take(std::string_view expected) {
    if ((name_start(expected[0]) ? word() : operation()) != expected) return false;
    at_ += expected.size();
    return true;
}

Result<> Words::need(std::string_view expected) {
    if (!take(expected)) return wrong("'" + std::string(expected) + "' is missing");
    return {};
}

Result<std::string> Words::name(std::string_view of) {
    auto found = std::string(word());
    if (found.empty()) return wrong("the name of a " + std::string(of) + " is missing");
    at_ += found.size();
    return found;
}

std::string Words::number() {
    const auto from = at_;
    const auto digits = [&] {
        while (digit(here())) ++at_;
    };
    digits();
    if (here() == '.') ++at_;
    digits();
    if (here() == 'e' || here() == 'E') {
        const bool sign = after() == '+' || after() == '-';
        if (digit(sign && at_ + 2 < text_.size() ? text_[at_ + 2] : after())) {
            at_ += sign ? 2 : 1;
            digits();
        }
    }
    return std::string(text_.substr(from, at_ - from));
}

Result<std::string> Words::piece(bool& more) {
    // The escapes are JSON's, and so is what reads them; only control characters may stand bare.
    std::string json = "\"";
    for (;; ++at_) {
        if (at_ >= text_.size()) return wrong("a string without its end");
        const char byte = text_[at_];
        if (byte == '"') break;
        if (byte == '\\') {
            if (after() == '(') break;
            json += byte;
            json += after();
            ++at_;
        } else if (static_cast<unsigned char>(byte) < 0x20) {
            constexpr std::string_view digits = "0123456789abcdef";
            json += "\\u00";
            json += digits[static_cast<unsigned char>(byte) >> 4];
            json += digits[static_cast<unsigned char>(byte) & 15];
        } else {
            json += byte;
        }
    }
    more = here() == '\\';
    at_ += more ? 2 : 1;
    auto read = parse::json(json + '"');
    if (!read) return wrong("an unknown escape in a string before what is");
    return std::move(read->text);
}

}  // namespace limpet::parse::jq
