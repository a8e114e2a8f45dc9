// shell/lexer.cpp - tokens, XCU 2.3, and aliases, XCU 2.3.1.
#include "shell/beginnings.h"
#include "shell/parser.h"

#include <algorithm>

namespace limpet::shell {
namespace {

// Words that scripts are full of, and that are mostly not kept as words: they take no memory.
constexpr Part frequent[] = {
    {.text = "if"},   {.text = "in"},   {.text = "then"},  {.text = "else"},  {.text = "elif"},
    {.text = "esac"}, {.text = "echo"}, {.text = "fi"},    {.text = "for"},   {.text = "do"},
    {.text = "done"}, {.text = "case"}, {.text = "while"}, {.text = "local"}, {.text = "return"},
    {.text = "{"},    {.text = "}"},    {.text = "!"},     {.text = "["},     {.text = "]"},
};
constexpr auto first_frequent = beginnings(frequent, &Part::text);

const Part* find_frequent(std::string_view text) {
    for (std::size_t i = first_frequent[static_cast<unsigned char>(text[0])];
         i < std::size(frequent) && frequent[i].text[0] == text[0]; ++i) {
        if (frequent[i].text == text) return &frequent[i];
    }
    return nullptr;
}

}  // namespace

int Parser::look_further() {
    if (broken_) return -1;
    for (;;) {
        const int byte = source_->peek();
        if (byte != '\\' || source_->peek(1) != '\n') return byte;
        source_->at += 2;
        ++source_->line;
    }
}

int Parser::take() {
    const int byte = look();
    if (byte >= 0) {
        ++source_->at;
        if (byte == '\n') ++source_->line;
    }
    return byte;
}

bool Parser::accept(char byte) {
    if (look() != static_cast<unsigned char>(byte)) return false;
    take();
    return true;
}

Token Parser::peek() {
    bool checks = false;
    while (!have_token_) {
        lex();
        have_token_ = true;
        // After an alias that ends in a blank the next word may be one, wherever it stands.
        if (alias_blank_ != 0 && token_start_ >= alias_blank_) {
            checks = true;
            alias_blank_ = 0;
        }
        checks = checks && token_ == Token::word && substitute_alias();
    }
    return broken_ ? Token::end : token_;
}

void Parser::lex() {
    int byte = look();
    while (byte == ' ' || byte == '\t') {
        take();
        byte = look();
    }
    if (byte == '#') {
        while (!broken_ && source_->peek() >= 0 && source_->peek() != '\n') ++source_->at;
        byte = look();
    }
    token_start_ = source_->at;
    token_line_ = source_->line;
    literal_ = {};
    if (byte < 0) {
        token_ = Token::end;
        return;
    }
    if (byte == '\n') {
        token_ = Token::newline;
        take();
        read_documents();
        return;
    }
    source_->continued = true;
    if (std::string_view("&|;<>()").contains(static_cast<char>(byte))) {
        take();
        token_ = lex_operator(byte);
        return;
    }
    Builder builder;
    word_text(builder, Context::word);
    token_ = Token::word;
    if (builder.parts.empty() && !builder.quoted && !builder.literal.empty()) {
        if (const auto* part = find_frequent(builder.literal)) {
            word_ = {.parts = {part, 1}, .plain = true};
            literal_ = part->text;
            return;
        }
    }
    word_ = finish_word(builder);
    literal_ = {};  // a substitution inside the word has left its own
    if (word_.parts.size() != 1) return;
    const auto& part = word_.parts[0];
    if (part.kind != PartKind::literal || part.quoted) return;
    literal_ = part.text;
    const int next = look();
    if ((next == '<' || next == '>') && literal_.size() < 10 &&
        std::ranges::all_of(literal_, [](char digit) { return is_digit(digit); })) {
        token_ = Token::io_number;
    }
}

Token Parser::lex_operator(int byte) {
    switch (byte) {
        case '&': return accept('&') ? Token::and_if : Token::ampersand;
        case '|': return accept('|') ? Token::or_if : Token::pipe;
        case ';':
            if (accept(';')) return Token::case_end;
            return accept('&') ? Token::case_through : Token::semicolon;
        case '(': return Token::left;
        case ')': return Token::right;
        case '<':
            if (accept('<')) return accept('-') ? Token::document_tabs : Token::document;
            if (accept('&')) return Token::less_and;
            return accept('>') ? Token::less_great : Token::less;
        default:
            if (accept('>')) return Token::append;
            if (accept('&')) return Token::great_and;
            return accept('|') ? Token::clobber : Token::great;
    }
}

void Parser::skip_newlines() {
    while (peek() == Token::newline) consume();
}

// The value takes the word's place in the text. An alias is not looked at again inside its own
// value: the text up to its end remembers it.
bool Parser::substitute_alias() {
    if (!aliases_ || aliases_->empty() || literal_.empty()) return false;
    const auto found = aliases_->find(std::string(literal_));
    if (found == aliases_->end()) return false;
    std::erase_if(active_, [&](const auto& alias) { return alias.end <= token_start_; });
    for (const auto& alias : active_) {
        if (alias.name == found->first) return false;
    }
    auto& text = source_->text;
    const auto length = source_->at - token_start_;
    // A blank after the value keeps it apart from what follows, when it ends in a quote or the
    // like.
    const std::string& value = found->second;
    text.replace(token_start_, length, value);
    for (auto& alias : active_) alias.end = alias.end - length + value.size();
    active_.push_back({found->first, token_start_ + value.size()});
    if (value.ends_with(' ') || value.ends_with('\t')) alias_blank_ = token_start_ + value.size();
    source_->at = token_start_;
    source_->line = token_line_;
    consume();
    return true;
}

void Parser::fail(std::string_view reason) {
    if (broken_) return;
    broken_ = true;
    error_ = std::to_string(token_line_) + ":" + std::to_string(column_of(token_start_)) + ": " +
             std::string(reason);
}

int Parser::column_of(std::size_t at) const {
    // A script of one endless line must not be searched from its start for every command.
    constexpr std::size_t farthest = 4096;
    at = std::min(at, source_->text.size());
    const auto first = at > farthest ? at - farthest : 0;
    const auto before = std::string_view(source_->text).substr(first, at - first);
    const auto newline = before.rfind('\n');
    return static_cast<int>(newline == before.npos ? before.size() + 1 : before.size() - newline);
}

void Parser::unexpected() {
    switch (peek()) {
        case Token::end: return fail("unexpected end of the script");
        case Token::newline: return fail("unexpected end of the line");
        default: break;
    }
    const auto written =
        std::string_view(source_->text).substr(token_start_, source_->at - token_start_);
    fail("unexpected '" + std::string(written.substr(0, written.find('\n'))) + "'");
}

// As it stands in the script, for messages and for `jobs`.
std::string_view Parser::written_since(std::size_t start) {
    constexpr std::size_t enough = 160;
    const auto end = have_token_ && token_start_ > start ? token_start_ : source_->at;
    auto text = std::string_view(source_->text);
    if (start > text.size() || end <= start) return {};
    text = text.substr(start, std::min(end - start, enough));
    while (!text.empty() && std::string_view(" \t\n;&").contains(text.back())) {
        text.remove_suffix(1);
    }
    return arena().text(text);
}

}  // namespace limpet::shell
