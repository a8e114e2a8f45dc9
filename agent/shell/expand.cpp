// shell/expand.cpp - words to fields: splitting and the parts of a word.
#include "shell/expansion.h"

#include "shell/arithmetic.h"
#include "shell/pattern.h"
#include "shell/shell.h"
#include "target/deadline.h"

#include "commands/utf8.h"

#include <algorithm>
#include <charconv>

namespace limpet::shell {

void Expansion::quoted_text(std::string_view text) {
    in_field_ = true;
    after_blank_ = false;
    if (mode_ == Mode::pattern) return append_escaped(text_, text);
    text_ += text;
    if (has_pattern_) append_escaped(pattern_, text);
}

// Unquoted and not to be split. From a value, a backslash escapes in a pattern.
void Expansion::plain_text(std::string_view text) {
    in_field_ = true;
    after_blank_ = false;
    if (mode_ == Mode::fields && text.find_first_of("*?[\\") != text.npos) {
        if (!has_pattern_) {
            has_pattern_ = true;
            pattern_.clear();
            append_escaped(pattern_, text_);
        }
        magic_ = magic_ || text.find_first_of("*?[") != text.npos;
    }
    text_ += text;
    if (has_pattern_) pattern_ += text;
}

namespace {

// Where the first separator is. Separators beyond ASCII are whole characters.
std::size_t find_separator(std::string_view text, std::string_view separators,
                           std::size_t& length) {
    length = 1;
    const auto beyond = [](char byte) { return static_cast<unsigned char>(byte) >= 0x80; };
    if (std::ranges::none_of(separators, beyond)) return text.find_first_of(separators);
    for (std::size_t at = 0; at < text.size(); at += length) {
        length = std::max<std::size_t>(1, commands::utf8_length(text.substr(at)));
        if (separators.contains(text.substr(at, length))) return at;
    }
    return text.npos;
}

}  // namespace

// XCU 2.6.5: blanks of IFS around a field vanish, every other byte of IFS ends one field.
void Expansion::split_text(std::string_view text) {
    if (mode_ != Mode::fields) return plain_text(text);
    const auto separators = shell_.variables.separators();
    if (separators.empty()) {
        if (!text.empty()) plain_text(text);
        return;
    }
    while (!text.empty()) {
        std::size_t length = 1;
        const auto end = find_separator(text, separators, length);
        if (end != 0) plain_text(text.substr(0, end));
        if (end == text.npos) return;
        const char byte = text[end];
        text.remove_prefix(end + length);
        if (byte == ' ' || byte == '\t' || byte == '\n') {
            if (in_field_) {
                finish_field();
                after_blank_ = true;
            }
        } else if (in_field_ || !after_blank_) {
            finish_field();
        } else {
            after_blank_ = false;  // the delimiter was " :" so far
        }
    }
}

void Expansion::finish_field() {
    const bool found =
        magic_ && !shell_.on(opt_noglob) && has_magic(pattern_) && glob(shell_, pattern_, *fields_);
    if (!found) fields_->push_back(std::move(text_));
    text_.clear();
    pattern_.clear();
    has_pattern_ = magic_ = in_field_ = after_blank_ = false;
}

bool Expansion::run(const Word& word, bool split_literals) {
    for (const auto& part : word.parts) {
        bool good = true;
        switch (part.kind) {
            case PartKind::literal:
                if (part.quoted) {
                    quoted_text(part.text);
                } else if (split_literals) {
                    split_text(part.text);
                } else {
                    plain_text(part.text);
                }
                break;
            case PartKind::parameter: good = parameter(part); break;
            case PartKind::arithmetic: good = arithmetic(part); break;
            case PartKind::tilde: good = tilde(part); break;
            case PartKind::command: {
                std::string output;
                good = substitute(shell_, part.body, output);
                if (good) value(output, part.quoted);
                break;
            }
        }
        if (!good) return false;
    }
    return true;
}

void Expansion::value(std::string_view text, bool quoted) {
    if (quoted) {
        quoted_text(text);
    } else {
        split_text(text);
    }
}

bool Expansion::arithmetic(const Part& part) {
    std::string text;
    std::string_view expression;
    if (part.word->parts.size() == 1 && part.word->parts[0].kind == PartKind::literal) {
        expression = part.word->parts[0].text;
    } else {
        if (!expand_text(shell_, *part.word, text)) return false;
        expression = text;
    }
    const auto result = evaluate(expression, shell_.variables, shell_.on(opt_nounset));
    if (!result) {
        shell_.give_up(limpet::text(result.error()));
        return false;
    }
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, *result).ptr;
    value({digits, static_cast<std::size_t>(end - digits)}, part.quoted);
    return true;
}

bool Expansion::tilde(const Part& part) {
    std::string home;
    if (home_directory(shell_, part.text, home)) {
        quoted_text(home);
    } else {
        quoted_text("~" + std::string(part.text));
    }
    return true;
}

bool home_directory(Shell& shell, std::string_view name, std::string& home) {
    if (name.empty()) {
        const auto* value = shell.variables.get(sym_HOME);
        if (value) home = *value;
        return value != nullptr;
    }
    constexpr std::size_t passwd_limit = std::size_t{1024} * 1024;
    const target::deadline::Guard guard(shell.target);
    const auto passwd = target::read(shell.target, "/etc/passwd", passwd_limit);
    if (!passwd) return false;
    std::string_view rest = *passwd;
    while (!rest.empty()) {
        auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        if (!line.starts_with(name) || line.substr(name.size(), 1) != ":") continue;
        for (int field = 0; field < 5; ++field) {
            const auto colon = line.find(':');
            if (colon == line.npos) return false;
            line.remove_prefix(colon + 1);
        }
        home = line.substr(0, line.find(':'));
        return true;
    }
    return false;
}

bool expand_fields(Shell& shell, const Word& word, std::vector<std::string>& fields) {
    if (word.plain) {
        fields.emplace_back(word.parts[0].text);
        return true;
    }
    Expansion expansion(shell, Mode::fields, &fields);
    if (!expansion.run(word, false)) return false;
    expansion.finish();
    return true;
}

bool expand_text(Shell& shell, const Word& word, std::string& text) {
    if (word.plain) {
        text.append(word.parts[0].text);
        return true;
    }
    Expansion expansion(shell, Mode::text, nullptr);
    if (!expansion.run(word, false)) return false;
    text += expansion.take();
    return true;
}

bool expand_pattern(Shell& shell, const Word& word, std::string& pattern) {
    Expansion expansion(shell, Mode::pattern, nullptr);
    if (!expansion.run(word, false)) return false;
    pattern += expansion.take();
    return true;
}

std::string expand_prompt(Shell& shell, std::string_view text) {
    if (text.find_first_of("$`\\") == text.npos) return std::string(text);
    Source source{std::string(text)};
    Parser parser(source, shell.variables.symbols);
    ProgramPointer program;
    const Word* word = parser.quoted_text(program);
    std::string expanded;
    // A prompt that is wrong ends nothing.
    const auto flow = shell.flow;
    const int status = shell.status;
    const bool good = word && expand_text(shell, *word, expanded);
    shell.flow = flow;
    shell.status = status;
    return good ? expanded : std::string(text);
}

}  // namespace limpet::shell
