// shell/parser.cpp - lists, pipelines and simple commands, XCU 2.9 and 2.10.
#include "shell/parser.h"

#include <algorithm>
#include <utility>

namespace limpet::shell {
namespace {

// Words that end a list where they stand in place of a command.
constexpr std::string_view list_ends[] = {"then", "else", "elif", "fi", "do", "done", "esac", "}"};

std::string literal_text(const Word& word) {
    std::string text;
    for (const auto& part : word.parts) {
        if (part.kind != PartKind::literal) return {};
        text += part.text;
    }
    return text;
}

// Arguments of these that look like assignments are expanded like assignments.
bool is_declaration(const std::vector<Word>& words) {
    std::size_t at = 0;
    while (at < words.size() && literal_text(words[at]) == "command") ++at;
    if (at == words.size()) return false;
    const auto name = literal_text(words[at]);
    return name == "export" || name == "readonly" || name == "local";
}

bool is_redirection(Token token) { return token >= Token::less; }

}  // namespace

Parser::Outcome Parser::next(ProgramPointer& program) {
    source_->trim();
    source_->continued = false;
    broken_ = false;
    error_.clear();
    depth_ = 0;
    pending_.clear();
    active_.clear();
    alias_blank_ = 0;
    consume();
    program_ = std::make_shared<Program>();
    while (peek() == Token::newline) {
        consume();
        source_->trim();
    }
    if (peek() == Token::end && !broken_) return Outcome::end;
    const int line = token_line_;
    std::vector<Item> items;
    bool more = true;
    while (more && !broken_) list_item(items, more, true);
    if (!broken_ && peek() != Token::end && peek() != Token::newline) unexpected();
    if (!broken_ && peek() == Token::end && !pending_.empty()) read_documents();
    if (broken_) {
        const auto end = source_->text.find('\n', source_->at);
        source_->at = end == std::string::npos ? source_->text.size() : end + 1;
        return Outcome::error;
    }
    if (items.size() == 1 && !items[0].background) {
        program_->node = items[0].node;
    } else {
        auto* node = arena().make(List{{.kind = NodeKind::list, .line = line}});
        node->items = arena().copy(items);
        program_->node = node;
    }
    program = program_;
    return Outcome::command;
}

bool Parser::at_list_end() {
    // An alias may stand for the word that ends the list.
    while (aliases_ && !aliases_->empty() && peek() == Token::word && !literal_.empty()) {
        const auto alias = aliases_->find(std::string(literal_));
        const bool ends =
            alias != aliases_->end() && std::ranges::any_of(list_ends, [&](std::string_view word) {
                return alias->second.starts_with(word);
            });
        if (!ends || !substitute_alias()) break;
    }
    switch (peek()) {
        case Token::end:
        case Token::right:
        case Token::case_end:
        case Token::case_through: return true;
        case Token::word:
            return !literal_.empty() &&
                   std::ranges::find(list_ends, literal_) != std::end(list_ends);
        default: return false;
    }
}

// compound_list: newlines separate, and a reserved word or ) ends it.
const Node* Parser::list(bool may_be_empty) {
    if (++depth_ > depth_limit) fail("nested too deeply");
    source_->continued = true;
    skip_newlines();
    const int line = token_line_;
    std::vector<Item> items;
    bool more = !at_list_end();
    if (!more && !may_be_empty) unexpected();
    while (more && !broken_) list_item(items, more, false);
    --depth_;
    if (items.size() == 1 && !items[0].background) return items[0].node;
    auto* node = arena().make(List{{.kind = NodeKind::list, .line = line}});
    node->items = arena().copy(items);
    return node;
}

// One and-or list and what separates it from the next.
void Parser::list_item(std::vector<Item>& items, bool& more, bool top) {
    peek();
    const auto start = token_start_;
    const int line = token_line_;
    const auto first = items.size();
    and_or(items);
    more = false;
    if (broken_) return;
    switch (peek()) {
        case Token::ampersand: {
            auto* whole = arena().make(List{{.kind = NodeKind::list, .line = line}});
            whole->text = written_since(start);
            const std::vector<Item> own(items.begin() + static_cast<std::ptrdiff_t>(first),
                                        items.end());
            const Node* node = own.size() == 1 ? own[0].node : whole;
            whole->items = arena().copy(own);
            items.resize(first);
            items.push_back({.node = node, .background = true});
            consume();
            break;
        }
        case Token::semicolon: consume(); break;
        case Token::newline:
            if (top) return;
            break;
        default: return;
    }
    if (!top) {
        skip_newlines();
        more = !at_list_end();
    } else {
        more = peek() != Token::newline && peek() != Token::end;
    }
}

void Parser::and_or(std::vector<Item>& items) {
    Joint joint = Joint::always;
    for (;;) {
        const Node* node = pipeline();
        if (!node || broken_) {
            if (!broken_) unexpected();
            return;
        }
        items.push_back({.node = node, .joint = joint});
        if (peek() == Token::and_if) {
            joint = Joint::if_true;
        } else if (peek() == Token::or_if) {
            joint = Joint::if_false;
        } else {
            return;
        }
        consume();
        source_->continued = true;
        skip_newlines();
    }
}

// The reserved word `time`, with -p; before another option, or nothing, it is the command.
bool Parser::times() {
    if (!is_reserved("time")) return false;
    const auto rest = std::string_view(source_->text).substr(source_->at);
    const auto next = rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const bool format = next.starts_with("-p ");
    if (next.empty() || (!format && std::string_view("-;&|)\n#").contains(next[0]))) return false;
    consume();
    if (format && peek() == Token::word) consume();
    return true;
}

const Node* Parser::pipeline() {
    peek();
    const auto start = token_start_;
    const int line = token_line_;
    bool negated = false;
    bool bang = false;
    bool timed = false;
    for (;;) {
        if (times()) {
            timed = true;
        } else if (is_reserved("!")) {
            negated = !negated;
            bang = true;
            consume();
        } else {
            break;
        }
    }
    std::vector<const Node*> stages;
    for (;;) {
        const Node* stage = command();
        if (!stage || broken_) return nullptr;
        stages.push_back(stage);
        if (peek() != Token::pipe) break;
        consume();
        source_->continued = true;
        skip_newlines();
        if (is_reserved("!")) unexpected();
    }
    if (stages.size() == 1 && !bang && !timed) return stages[0];
    auto* node = arena().make(Pipeline{{.kind = NodeKind::pipeline, .line = line}});
    node->negated = negated;
    node->timed = timed;
    node->stages = arena().copy(stages);
    node->text = written_since(start);
    return node;
}

const Node* Parser::command() {
    if (++depth_ > depth_limit) fail("nested too deeply");
    peek();
    const auto start = token_start_;
    const int line = token_line_;
    const int column = column_of(start);
    const Node* node = compound();
    bool substituted = false;
    while (!node && !broken_ && peek() == Token::word && substitute_alias()) {
        substituted = true;
        node = is_reserved("!") || is_reserved("time") ? pipeline() : compound();
    }
    if (!node && !broken_) node = simple();
    if (!node && !broken_ && substituted) {
        // An alias for nothing.
        node = arena().make(Simple{{.kind = NodeKind::simple, .line = token_line_}});
    }
    --depth_;
    // The one writer of a finished node: only here is it known where the command ends.
    if (node && !broken_) {
        peek();
        auto* finished = const_cast<Node*>(node);
        finished->text = written_since(start);
        finished->line = line;
        finished->column = column;
    }
    return node;
}

const Node* Parser::simple() {
    std::vector<Assignment> assignments;
    std::vector<Redirection> redirections;
    std::vector<Word> words;
    peek();
    const int line = token_line_;
    for (;;) {
        const Token token = peek();
        if (token == Token::io_number || is_redirection(token)) {
            if (!redirection(redirections)) return nullptr;
            continue;
        }
        if (token == Token::left && words.size() == 1 && assignments.empty() &&
            redirections.empty() && words[0].plain && !words[0].parts[0].quoted) {
            return function_definition(words[0].parts[0].text, line);
        }
        if (token != Token::word || !simple_word(assignments, words)) break;
    }
    if (broken_ || (assignments.empty() && redirections.empty() && words.empty())) return nullptr;
    auto* node = arena().make(Simple{{.kind = NodeKind::simple, .line = line}});
    node->assignments = arena().copy(assignments);
    node->redirections = arena().copy(redirections);
    node->words = arena().copy(words);
    return node;
}

bool Parser::simple_word(std::vector<Assignment>& assignments, std::vector<Word>& words) {
    // Behind assignments and redirections; command() has seen to the first word.
    if (words.empty() && substitute_alias()) return true;
    if (words.empty() && literal_ == "[[") {
        conditional(words);
        return true;
    }
    const auto& first = word_.parts.empty() ? Part{} : word_.parts[0];
    const bool unquoted = first.kind == PartKind::literal && !first.quoted;
    const auto equals = unquoted ? first.text.find('=') : std::string_view::npos;
    if (equals == first.text.npos || !is_name(first.text.substr(0, equals)) ||
        (!words.empty() && !is_declaration(words))) {
        words.push_back(word_);
        consume();
        return true;
    }
    if (words.empty()) {
        Builder builder;
        builder.parts.assign(word_.parts.begin(), word_.parts.end());
        const auto name = first.text.substr(0, equals);
        auto& value = builder.parts[0];
        value.text.remove_prefix(equals + 1);
        if (value.text.empty()) builder.parts.erase(builder.parts.begin());
        assignments.push_back(
            {.symbol = symbols_.intern(name), .name = name, .value = finish_word(builder, true)});
    } else {
        Builder builder;
        auto name = first;
        name.text = first.text.substr(0, equals + 1);
        name.quoted = true;
        auto value = first;
        value.text.remove_prefix(equals + 1);
        std::vector<Part> rest(word_.parts.begin() + 1, word_.parts.end());
        if (!value.text.empty()) rest.insert(rest.begin(), value);
        mark_tildes(rest, true);
        rest.insert(rest.begin(), name);
        words.push_back({.parts = arena().copy(rest), .assignment = true});
    }
    consume();
    return true;
}

const Node* Parser::function_definition(std::string_view name, int line) {
    consume();
    if (peek() != Token::right) {
        unexpected();
        return nullptr;
    }
    consume();
    source_->continued = true;
    skip_newlines();
    const Node* body = command();
    if (!body) {
        if (!broken_) unexpected();
        return nullptr;
    }
    auto* node = arena().make(Function{{.kind = NodeKind::function, .line = line}});
    node->name = name;
    node->body = body;
    return node;
}

bool Parser::redirection(std::vector<Redirection>& redirections) {
    Redirection made;
    int fd = -1;
    if (peek() == Token::io_number) {
        fd = 0;
        for (const char digit : literal_) fd = std::min(fd * 10 + (digit - '0'), 1'000'000);
        consume();
    }
    const Token token = peek();
    switch (token) {
        case Token::less: made.kind = RedirectionKind::read; break;
        case Token::great: made.kind = RedirectionKind::write; break;
        case Token::clobber: made.kind = RedirectionKind::clobber; break;
        case Token::append: made.kind = RedirectionKind::append; break;
        case Token::less_great: made.kind = RedirectionKind::read_write; break;
        case Token::less_and: made.kind = RedirectionKind::duplicate_in; break;
        case Token::great_and: made.kind = RedirectionKind::duplicate_out; break;
        default: made.kind = RedirectionKind::document; break;
    }
    const bool output = token == Token::great || token == Token::clobber ||
                        token == Token::append || token == Token::great_and;
    made.fd = fd >= 0 ? fd : output ? 1 : 0;
    consume();
    if (peek() != Token::word && peek() != Token::io_number) {
        unexpected();
        return false;
    }
    made.target = word_;
    if (made.kind == RedirectionKind::document) {
        auto* document = arena().make(HereDocument{.strip_tabs = token == Token::document_tabs});
        document_delimiter(*document);
        made.document = document;
        pending_.push_back(document);
    }
    consume();
    redirections.push_back(made);
    return !broken_;
}

}  // namespace limpet::shell
