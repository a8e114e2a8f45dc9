// shell/compound.cpp - groups, conditions, loops and case, XCU 2.9.4.
#include "shell/parser.h"

#include <algorithm>

#include <utility>

namespace limpet::shell {

// The compound command that starts here, with its redirections; null when none does.
const Node* Parser::compound() {
    const Token token = peek();
    const int line = token_line_;
    if (token == Token::left) return subshell();
    if (token != Token::word || literal_.empty()) return nullptr;
    if (literal_ == "{") return brace_group();
    if (literal_ == "if") return condition();
    if (literal_ == "while") return loop(false);
    if (literal_ == "until") return loop(true);
    if (literal_ == "for") return each();
    if (literal_ == "case") return choice();
    if (at_list_end() || literal_ == "in") {
        if (literal_ != "in") unexpected();
        return nullptr;
    }
    token_line_ = line;
    return nullptr;
}

const Node* Parser::finish(Node* node, int line) {
    if (broken_) return nullptr;
    std::vector<Redirection> redirections;
    while (peek() == Token::io_number || peek() >= Token::less) {
        if (!redirection(redirections)) return nullptr;
    }
    node->line = line;
    node->redirections = arena().copy(redirections);
    return broken_ ? nullptr : node;
}

bool Parser::expect(std::string_view reserved) {
    if (is_reserved(reserved)) {
        consume();
        return true;
    }
    if (!broken_) {
        if (peek() == Token::end) {
            fail("unexpected end of the script, '" + std::string(reserved) + "' is missing");
        } else {
            unexpected();
        }
    }
    return false;
}

const Node* Parser::brace_group() {
    const int line = token_line_;
    consume();
    auto* node = arena().make(Body{{.kind = NodeKind::group}});
    node->body = list(false);
    if (!expect("}")) return nullptr;
    return finish(node, line);
}

const Node* Parser::subshell() {
    const int line = token_line_;
    consume();
    auto* node = arena().make(Body{{.kind = NodeKind::subshell}});
    node->body = list(false);
    if (broken_) return nullptr;
    if (peek() != Token::right) {
        unexpected();
        return nullptr;
    }
    consume();
    return finish(node, line);
}

const Node* Parser::condition() {
    const int line = token_line_;
    consume();
    auto* node = arena().make(Condition{{.kind = NodeKind::condition, .line = line}});
    auto* last = node;
    for (;;) {
        last->test = list(false);
        if (!expect("then")) return nullptr;
        last->yes = list(false);
        if (is_reserved("elif")) {
            auto* next =
                arena().make(Condition{{.kind = NodeKind::condition, .line = token_line_}});
            consume();
            last->no = next;
            last = next;
            continue;
        }
        if (is_reserved("else")) {
            consume();
            last->no = list(false);
        }
        if (!expect("fi")) return nullptr;
        return finish(node, line);
    }
}

const Node* Parser::loop(bool until) {
    const int line = token_line_;
    consume();
    auto* node = arena().make(Loop{{.kind = NodeKind::loop}});
    node->until = until;
    node->test = list(false);
    if (!expect("do")) return nullptr;
    node->body = list(false);
    if (!expect("done")) return nullptr;
    return finish(node, line);
}

bool Parser::word_list(std::vector<Word>& words) {
    while (peek() == Token::word || peek() == Token::io_number) {
        words.push_back(word_);
        consume();
    }
    if (peek() != Token::semicolon && peek() != Token::newline) {
        unexpected();
        return false;
    }
    consume();
    return !broken_;
}

const Node* Parser::each() {
    const int line = token_line_;
    consume();
    source_->continued = true;
    if (peek() != Token::word || !is_name(literal_)) {
        if (peek() == Token::word && !broken_) fail("a loop's variable must be a name");
        unexpected();
        return nullptr;
    }
    auto* node = arena().make(Each{{.kind = NodeKind::each}});
    node->symbol = symbols_.intern(literal_);
    consume();
    std::vector<Word> words;
    node->all_arguments = true;
    if (peek() == Token::semicolon) {
        consume();
        skip_newlines();
    } else {
        skip_newlines();
        if (is_reserved("in")) {
            consume();
            node->all_arguments = false;
            if (!word_list(words)) return nullptr;
            skip_newlines();
        }
    }
    node->words = arena().copy(words);
    if (!expect("do")) return nullptr;
    node->body = list(false);
    if (!expect("done")) return nullptr;
    return finish(node, line);
}

const Node* Parser::choice() {
    const int line = token_line_;
    consume();
    source_->continued = true;
    if (peek() != Token::word && peek() != Token::io_number) {
        unexpected();
        return nullptr;
    }
    auto* node = arena().make(Choice{{.kind = NodeKind::choice}});
    node->subject = word_;
    consume();
    skip_newlines();
    if (!expect("in")) return nullptr;
    skip_newlines();
    std::vector<Branch> branches;
    while (!is_reserved("esac")) {
        if (!branch(branches)) return nullptr;
    }
    consume();
    node->branches = arena().copy(branches);
    return finish(node, line);
}

bool Parser::branch(std::vector<Branch>& branches) {
    if (peek() == Token::left) consume();
    std::vector<Word> patterns;
    for (;;) {
        if (peek() != Token::word && peek() != Token::io_number) {
            unexpected();
            return false;
        }
        patterns.push_back(word_);
        consume();
        if (peek() != Token::pipe) break;
        consume();
    }
    if (peek() != Token::right) {
        unexpected();
        return false;
    }
    consume();
    Branch made{.patterns = arena().copy(patterns), .body = list(true)};
    if (peek() == Token::case_end || peek() == Token::case_through) {
        made.falls_through = peek() == Token::case_through;
        consume();
        skip_newlines();
    } else if (!is_reserved("esac")) {
        if (!broken_) unexpected();
        return false;
    }
    branches.push_back(made);
    return !broken_;
}

// [[ EXPRESSION ]], as ksh has it and scripts for other shells are full of it: && and || stand
// within, and what is expanded is not split. The built-in gets the words of test.
void Parser::conditional(std::vector<Word>& words) {
    struct Written {
        Token token;
        std::string_view word;
    };
    constexpr Written operators[]{{Token::and_if, "-a"}, {Token::or_if, "-o"}, {Token::left, "("},
                                  {Token::right, ")"},   {Token::less, "<"},   {Token::great, ">"}};
    bool pattern = false;
    for (;;) {
        const Token token = peek();
        if (token == Token::word) {
            const bool ends = literal_ == "]]" && words.size() > 1;
            auto word = word_;
            word.assignment = !pattern;
            word.pattern = pattern;
            pattern = literal_ == "==" || literal_ == "=" || literal_ == "!=";
            words.push_back(word);
            consume();
            if (ends) return;
            continue;
        }
        const auto* known = std::ranges::find(operators, token, &Written::token);
        if (known != std::end(operators)) {
            const std::vector<Part> part{{.quoted = true, .text = known->word}};
            words.push_back({.parts = arena().copy(part), .assignment = true});
        } else if (token != Token::newline) {
            return fail("a ]] is missing");
        }
        consume();
    }
}

}  // namespace limpet::shell
