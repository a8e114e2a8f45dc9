// shell/dollar.cpp - expansions inside words, as far as their syntax goes: XCU 2.6.
#include "shell/parser.h"

#include <algorithm>
#include <utility>

namespace limpet::shell {
namespace {

bool is_special(int byte) {
    return byte > 0 && std::string_view("@*#?-$!").contains(static_cast<char>(byte));
}

}  // namespace

void Parser::dollar(Builder& builder, Context context) {
    const bool quoted =
        context != Context::word && context != Context::brace && context != Context::pattern;
    take();
    const int byte = look();
    if (byte == '(') {
        take();
        if (look() == '(' && arithmetic(builder, quoted)) return;
        return command_substitution(builder, quoted);
    }
    if (byte == '{') {
        take();
        return brace(builder, context);
    }
    Part part{.kind = PartKind::parameter, .quoted = quoted};
    if (is_name_start(byte)) {
        std::string name;
        while (is_name_byte(look())) name += static_cast<char>(take());
        part.symbol = symbols_.intern(name);
        part.text = symbols_.name(part.symbol);
    } else if (is_digit(byte)) {
        take();
        part.number = static_cast<std::uint32_t>(byte - '0');
        part.special = byte == '0' ? '0' : '1';
    } else if (is_special(byte)) {
        part.special = static_cast<char>(take());
    } else if (byte == '\'' && !quoted) {
        return c_quotes(builder);
    } else {
        return add(builder, '$', quoted);
    }
    flush(builder);
    builder.parts.push_back(part);
}

// After ${, through }.
void Parser::brace(Builder& builder, Context context) {
    flush(builder);
    Part part{.kind = PartKind::parameter,
              .quoted = context != Context::word && context != Context::brace &&
                        context != Context::pattern};
    if (look() == '#') {
        take();
        const auto at = source_->at;
        const int line = source_->line;
        if (look() != '}' && brace_name(part) && look() == '}') {
            take();
            part.operation = Operator::length;
            builder.parts.push_back(part);
            return;
        }
        // It was $# itself, perhaps with an operator.
        source_->at = at;
        source_->line = line;
        part.special = '#';
        part.text = {};
    } else if (!brace_name(part)) {
        bad_brace(part);
        builder.parts.push_back(part);
        return;
    }
    if (look() != '}') brace_operator(part, context);
    if (part.operation != Operator::bad && !broken_ && !accept('}')) bad_brace(part);
    builder.parts.push_back(part);
}

bool Parser::brace_name(Part& part) {
    const int byte = look();
    if (is_name_start(byte)) {
        std::string name;
        while (is_name_byte(look())) name += static_cast<char>(take());
        part.symbol = symbols_.intern(name);
        part.text = symbols_.name(part.symbol);
        part.special = 0;
        return true;
    }
    if (is_digit(byte)) {
        std::uint32_t number = 0;
        while (is_digit(look())) {
            number = std::min<std::uint32_t>(number * 10 + static_cast<std::uint32_t>(take() - '0'),
                                             1'000'000);
        }
        part.number = number;
        part.special = number == 0 ? '0' : '1';
        return true;
    }
    if (!is_special(byte)) return false;
    part.special = static_cast<char>(take());
    return true;
}

void Parser::brace_operator(Part& part, Context context) {
    const bool quoted = part.quoted;
    int byte = look();
    if (byte == ':') {
        take();
        byte = look();
        part.colon = byte == '-' || byte == '=' || byte == '?' || byte == '+';
        if (!part.colon) return brace_slice(part);
    }
    switch (byte) {
        case '-': part.operation = Operator::fallback; break;
        case '=': part.operation = Operator::assign; break;
        case '?': part.operation = Operator::complain; break;
        case '+': part.operation = Operator::alternative; break;
        case '%':
        case '#':
            take();
            part.operation = accept(static_cast<char>(byte))
                                 ? byte == '%' ? Operator::suffix_longest : Operator::prefix_longest
                             : byte == '%' ? Operator::suffix
                                           : Operator::prefix;
            part.word = brace_word(Context::brace);
            return;
        case '/': return brace_replace(part);
        default: return bad_brace(part);
    }
    take();
    const bool inherits = quoted && context != Context::offset;
    part.word = brace_word(inherits ? Context::quoted_brace : Context::brace);
}

// ${x:o} and ${x:o:l}: not in POSIX, but in every script.
void Parser::brace_slice(Part& part) {
    part.operation = Operator::slice;
    part.word = brace_word(Context::offset);
    if (accept(':')) part.second = brace_word(Context::offset);
}

void Parser::brace_replace(Part& part) {
    take();
    part.operation = Operator::replace;
    if (accept('/')) {
        part.operation = Operator::replace_all;
    } else if (look() == '#') {
        take();
        part.operation = Operator::replace_front;
    } else if (look() == '%') {
        take();
        part.operation = Operator::replace_back;
    }
    // ${x/#/text}: nothing, at the front.
    const bool anchored =
        part.operation == Operator::replace_front || part.operation == Operator::replace_back;
    part.word = anchored && look() == '/' ? arena().make(Word{}) : brace_word(Context::pattern);
    if (accept('/')) part.second = brace_word(Context::brace);
}

// Complains when it is expanded: a script may hold one in a branch that it never takes.
void Parser::bad_brace(Part& part) {
    part.operation = Operator::bad;
    std::string text(part.text);
    if (part.special != 0)
        text = part.special == '1' ? std::to_string(part.number) : std::string(1, part.special);
    int depth = 0;
    for (;;) {
        const int byte = look();
        if (byte < 0) return fail("${ is not closed");
        take();
        if (byte == '{') ++depth;
        if (byte == '}' && depth-- == 0) break;
        text += static_cast<char>(byte);
    }
    part.text = arena().text(text);
}

const Word* Parser::brace_word(Context context) {
    if (++depth_ > depth_limit) {
        fail("nested too deeply");
        --depth_;
        return nullptr;
    }
    Builder builder;
    word_text(builder, context);
    --depth_;
    if (context != Context::brace && context != Context::pattern) {
        flush(builder);
        return arena().make(Word{.parts = arena().copy(builder.parts)});
    }
    return arena().make(finish_word(builder));
}

// After $( with another ( to come: false, and nothing read, when this is a subshell inside a
// command substitution.
bool Parser::arithmetic(Builder& builder, bool quoted) {
    const auto at = source_->at;
    const int line = source_->line;
    take();
    Builder inner;
    if (++depth_ > depth_limit) {
        --depth_;
        fail("nested too deeply");
        return true;
    }
    word_text(inner, Context::arithmetic);
    --depth_;
    bool closed = false;
    if (accept(')')) closed = accept(')');
    if (!closed) {
        broken_ = false;
        error_.clear();
        source_->at = at;
        source_->line = line;
        return false;
    }
    flush(inner);
    flush(builder);
    builder.parts.push_back({.kind = PartKind::arithmetic,
                             .quoted = quoted,
                             .word = arena().make(Word{.parts = arena().copy(inner.parts)})});
    return true;
}

void Parser::command_substitution(Builder& builder, bool quoted) {
    flush(builder);
    // The token that is being read goes on after the commands inside.
    const auto start = token_start_;
    const int line = token_line_;
    const bool continued = std::exchange(source_->continued, true);
    auto pending = std::exchange(pending_, {});
    have_token_ = false;
    const Node* body = list(true);
    if (!broken_ && peek() != Token::right) unexpected();
    consume();
    source_->continued = continued;
    pending_.insert(pending_.begin(), pending.begin(), pending.end());
    token_start_ = start;
    token_line_ = line;
    builder.parts.push_back({.kind = PartKind::command, .quoted = quoted, .body = body});
}

void Parser::backquotes(Builder& builder, Context context) {
    flush(builder);
    const bool in_quotes = context == Context::quotes || context == Context::quoted_brace;
    const int line = source_->line;
    ++source_->at;
    std::string text;
    for (;;) {
        int byte = source_->peek();
        if (byte < 0) return fail("a ` is not closed");
        ++source_->at;
        if (byte == '\n') ++source_->line;
        if (byte == '`') break;
        if (byte == '\\') {
            byte = source_->peek();
            if (byte < 0) return fail("a ` is not closed");
            const bool escaped =
                byte == '$' || byte == '`' || byte == '\\' || (byte == '"' && in_quotes);
            if (!escaped) text += '\\';
            ++source_->at;
            if (byte == '\n') ++source_->line;
        }
        text += static_cast<char>(byte);
    }
    Source inner(std::move(text));
    inner.line = line;
    Parser parser(inner, symbols_, aliases_);
    parser.program_ = program_;
    parser.depth_ = depth_ + 1;
    if (parser.depth_ > depth_limit) return fail("nested too deeply");
    const Node* body = parser.list(true);
    if (!parser.broken_ && parser.peek() != Token::end) parser.unexpected();
    if (parser.broken_) {
        if (!broken_) error_ = parser.error_;
        broken_ = true;
        return;
    }
    builder.parts.push_back({.kind = PartKind::command,
                             .quoted = context != Context::word && context != Context::brace &&
                                       context != Context::pattern,
                             .body = body});
}

}  // namespace limpet::shell
