// parse/jq_words.h - the words of a filter of jq: blanks, operators, names and pieces of strings.
#pragma once

#include "limpet/result.h"

#include <string>
#include <string_view>

namespace limpet::parse::jq {

class Words {
public:
    explicit Words(std::string_view text) : text_(text) {}

    [[nodiscard]] std::unexpected<Error> wrong(std::string_view reason) const;
    void space();  // and comments
    // Behind blanks: the operator, the keyword or name that is next; empty when none is.
    std::string_view operation();
    std::string_view word();
    [[nodiscard]] bool ended();
    // Takes exactly that operator or keyword, behind blanks.
    bool take(std::string_view expected);
    Result<> need(std::string_view expected);
    // Not behind blanks.
    [[nodiscard]] char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    [[nodiscard]] char after() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }
    void skip(std::size_t count) { at_ += count; }
    Result<std::string> name(std::string_view of);
    std::string number();
    // Of a string, up to its closing quote or \( , which is skipped; `more`: it was \( .
    Result<std::string> piece(bool& more);

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

bool name_start(char byte);
bool keyword(std::string_view word);

}  // namespace limpet::parse::jq
