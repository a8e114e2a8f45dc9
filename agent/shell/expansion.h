// shell/expansion.h - the expansion of one word, from left to right.
#pragma once

#include "shell/expand.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::shell {

enum class Mode : std::uint8_t { fields, text, pattern };

class Expansion {
public:
    Expansion(Shell& shell, Mode mode, std::vector<std::string>* fields)
        : shell_(shell), mode_(mode), fields_(fields) {}

    bool run(const Word& word, bool split_literals);
    void finish() {
        if (in_field_) finish_field();
    }
    std::string take() { return std::move(text_); }

private:
    void quoted_text(std::string_view text);
    void plain_text(std::string_view text);
    void split_text(std::string_view text);
    void value(std::string_view text, bool quoted);
    void finish_field();
    bool arithmetic(const Part& part);
    bool tilde(const Part& part);

    // parameter.cpp
    bool parameter(const Part& part);
    bool all_arguments(const Part& part);
    void emit_all(const std::vector<std::string>& values, const Part& part);
    bool instead(const Part& part);
    bool assign_default(const Part& part);
    [[gnu::cold]] bool complain(const Part& part, bool set);
    [[gnu::cold]] bool unset(const Part& part);
    bool transform(const Part& part, std::string_view text, std::string& result);
    bool trim(const Part& part, std::string_view text, std::string& result);
    bool replace(const Part& part, std::string_view text, std::string& result);
    bool slice_bounds(const Part& part, std::size_t size, std::size_t& first, std::size_t& last);

    Shell& shell_;
    Mode mode_;
    std::vector<std::string>* fields_;
    std::string text_;     // of the field; in Mode::pattern the pattern
    std::string pattern_;  // the same as a pattern, once something unquoted was in it
    bool has_pattern_ = false;
    bool magic_ = false;        // the pattern has an active * ? or [
    bool in_field_ = false;     // there is a field, though it may be empty so far
    bool after_blank_ = false;  // a blank of IFS ended the last one
};

}  // namespace limpet::shell
