// parse/awk.cpp - programs of awk: rules, functions and statements.
#include "parse/awk.h"

#include "parse/awk_parser.h"

#include <algorithm>

namespace limpet::parse::awk {
namespace {

constexpr std::string_view special_names[special_count]{
    "NF",      "NR",   "FNR",    "FS",      "OFS",      "ORS",     "RS",   "SUBSEP",
    "CONVFMT", "OFMT", "RSTART", "RLENGTH", "FILENAME", "ENVIRON", "ARGC", "ARGV"};

}  // namespace

std::uint32_t Program::global(std::string_view name) {
    for (std::size_t i = 0; i < globals.size(); ++i) {
        if (globals[i].name == name) return static_cast<std::uint32_t>(i);
    }
    globals.push_back({std::string(name)});
    return static_cast<std::uint32_t>(globals.size() - 1);
}

Parser::Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {
    for (const auto name : special_names) {
        const bool array = name == "ENVIRON" || name == "ARGV";
        globals_.emplace(name, static_cast<std::uint32_t>(program_.globals.size()));
        program_.globals.push_back({std::string(name), array});
    }
}

const Token& Parser::peek(std::size_t ahead) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

bool Parser::at(std::string_view sign, std::size_t ahead) const {
    const auto& token = peek(ahead);
    return token.kind == Kind::sign && token.text == sign;
}

bool Parser::at_word(std::string_view keyword) const {
    return peek().kind == Kind::keyword && peek().text == keyword;
}

bool Parser::take(std::string_view sign) {
    if (!at(sign)) return false;
    ++at_;
    return true;
}

bool Parser::take_word(std::string_view keyword) {
    if (!at_word(keyword)) return false;
    ++at_;
    return true;
}

Result<> Parser::expect(std::string_view sign) {
    if (!take(sign)) return wrong();
    return {};
}

void Parser::skip_newlines() {
    while (peek().kind == Kind::newline) ++at_;
}

void Parser::skip_terminators() {
    while (peek().kind == Kind::newline || at(";")) ++at_;
}

std::unexpected<Error> Parser::wrong() const {
    const auto& token = peek();
    if (token.kind == Kind::end) return wrong("syntax error at the end of the program");
    std::string shown;
    for (const char c : token.text.substr(0, 40)) {
        shown += static_cast<unsigned char>(c) < ' ' || c == 0x7F ? '?' : c;
    }
    const bool quoted = token.kind == Kind::text;
    const bool newline = token.kind == Kind::newline;
    return wrong("syntax error near " + (newline  ? "the end of the line"
                                         : quoted ? '"' + shown + '"'
                                                  : "'" + shown + "'"));
}

std::unexpected<Error> Parser::wrong(std::string_view why) const {
    return refused("program", "line " + std::to_string(peek().line) + ": " + std::string(why));
}

Node* Parser::make(Node node) {
    int depth = 0;
    const auto below = [&](const Node* child) {
        if (!child) return;
        depth = std::max<int>(depth, child->depth);
        node.pure = node.pure && child->pure;
    };
    for (const auto* child : {node.a, node.b, node.c, node.d}) below(child);
    for (const auto* child : node.list) below(child);
    if (depth >= depth_limit) {
        deep_ = true;
        depth = depth_limit - 1;
    }
    node.depth = static_cast<std::uint16_t>(depth + 1);
    return &program_.nodes.emplace_back(std::move(node));
}

std::uint32_t Parser::text(std::string text) {
    program_.texts.push_back(std::move(text));
    return static_cast<std::uint32_t>(program_.texts.size() - 1);
}

Result<Program> Parser::run() {
    skip_terminators();
    while (peek().kind != Kind::end) {
        TRY(item());
        if (deep_) return wrong("an expression is nested too deeply");
        skip_terminators();
    }
    TRY(resolve());
    return std::move(program_);
}

Result<> Parser::item() {
    if (at_word("function")) return function();
    Rule rule;
    in_rule_ = false;
    if (take_word("BEGIN")) {
        rule.kind = Rule::Kind::begin;
        if (!at("{")) return wrong();
    } else if (take_word("END")) {
        rule.kind = Rule::Kind::end;
        if (!at("{")) return wrong();
    } else {
        in_rule_ = true;
        if (!at("{")) rule.first = TRY(expression());
        if (rule.first && take(",")) {
            skip_newlines();
            rule.kind = Rule::Kind::range;
            rule.last = TRY(expression());
        }
    }
    if (at("{")) {
        rule.body = TRY(block());
    } else if (peek().kind != Kind::newline && peek().kind != Kind::end && !at(";")) {
        return wrong();
    }
    program_.rules.push_back(rule);
    return {};
}

Result<> Parser::function() {
    ++at_;
    const auto& token = peek();
    if (token.kind != Kind::name && token.kind != Kind::function_name) return wrong();
    const auto [place, fresh] =
        functions_.try_emplace(token.text, static_cast<std::uint32_t>(program_.functions.size()));
    if (fresh) program_.functions.push_back({.name = token.text});
    function_ = place->second;
    if (program_.functions[function_].defined) {
        return wrong("function " + token.text + " is defined twice");
    }
    program_.functions[function_].defined = true;
    ++at_;
    TRY(expect("("));
    locals_.clear();
    std::vector<Name> parameters;
    while (!at(")")) {
        if (peek().kind != Kind::name) return wrong();
        const auto slot = static_cast<std::uint32_t>(parameters.size());
        if (!locals_.try_emplace(peek().text, slot).second) {
            return wrong("parameter " + peek().text + " is there twice");
        }
        parameters.push_back({peek().text});
        ++at_;
        skip_newlines();
        if (!take(",")) break;
        skip_newlines();
        if (at(")")) return wrong();
    }
    TRY(expect(")"));
    program_.functions[function_].parameters = std::move(parameters);
    skip_newlines();
    in_function_ = true;
    in_rule_ = true;
    auto* const body = TRY(block());
    in_function_ = false;
    locals_.clear();
    program_.functions[function_].body = body;
    function_ = no_function;
    return {};
}

Result<Node*> Parser::block() {
    TRY(expect("{"));
    std::vector<Node*> statements;
    skip_terminators();
    while (!at("}")) {
        if (peek().kind == Kind::end) return wrong("a { is not closed");
        statements.push_back(TRY(statement()));
        skip_terminators();
    }
    ++at_;
    return make({.op = Op::block, .pure = false, .list = std::move(statements)});
}

// What an if or a loop governs; a lone ; is nothing.
Result<Node*> Parser::body() {
    skip_newlines();
    if (take(";")) return make({.op = Op::block});
    return statement();
}

Result<Node*> Parser::statement() {
    if (++nesting_ > nesting_limit) return wrong("statements are nested too deeply");
    auto made = at("{") ? block() : at_word("if") ? conditional_statement() : keyword_statement();
    --nesting_;
    return made;
}

Result<> Parser::end_simple() {
    if (take(";") || at("}") || peek().kind == Kind::end) return {};
    if (peek().kind != Kind::newline) return wrong();
    ++at_;
    return {};
}

Result<Node*> Parser::conditional_statement() {
    ++at_;
    TRY(expect("("));
    auto* const test = TRY(expression());
    TRY(expect(")"));
    auto* const then = TRY(body());
    const auto back = at_;
    skip_terminators();
    if (!take_word("else")) {
        at_ = back;
        return make({.op = Op::if_else, .a = test, .b = then});
    }
    auto* const otherwise = TRY(body());
    return make({.op = Op::if_else, .a = test, .b = then, .c = otherwise});
}

Result<Node*> Parser::keyword_statement() {
    if (peek().kind == Kind::keyword) {
        const std::string_view word = peek().text;
        if (word == "while" || word == "do" || word == "for") {
            ++loops_;
            auto made = loop();
            --loops_;
            return made;
        }
    }
    auto* const made = TRY(simple());
    TRY(end_simple());
    return made;
}

Result<Node*> Parser::loop() {
    if (take_word("while")) {
        TRY(expect("("));
        auto* const test = TRY(expression());
        TRY(expect(")"));
        return make({.op = Op::while_loop, .a = test, .d = TRY(body())});
    }
    if (take_word("do")) {
        auto* const repeated = TRY(body());
        skip_terminators();
        if (!take_word("while")) return wrong();
        TRY(expect("("));
        auto* const test = TRY(expression());
        TRY(expect(")"));
        TRY(end_simple());
        return make({.op = Op::do_loop, .a = test, .d = repeated});
    }
    ++at_;
    TRY(expect("("));
    const bool over_array = peek().kind == Kind::name && peek(1).kind == Kind::keyword &&
                            peek(1).text == "in" && peek(2).kind == Kind::name && at(")", 3);
    if (over_array) {
        auto* const key = variable(peek().text);
        auto* const array = variable(peek(2).text);
        as_array(array);
        at_ += 4;
        return make({.op = Op::for_in, .pure = false, .a = key, .b = array, .d = TRY(body())});
    }
    Node head{.op = Op::for_loop, .pure = false};
    if (!at(";")) head.a = TRY(simple());
    TRY(expect(";"));
    skip_newlines();
    if (!at(";")) head.b = TRY(expression());
    TRY(expect(";"));
    skip_newlines();
    if (!at(")")) head.c = TRY(simple());
    TRY(expect(")"));
    head.d = TRY(body());
    return make(std::move(head));
}

Result<Node*> Parser::simple() {
    if (peek().kind != Kind::keyword) {
        return make({.op = Op::expression, .pure = false, .a = TRY(expression())});
    }
    const auto word = peek().text;
    const auto ends = [&] {
        return at(";") || at("}") || peek().kind == Kind::newline || peek().kind == Kind::end;
    };
    if (word == "print" || word == "printf") return print();
    if (word == "delete") return removal();
    if (word == "getline" || word == "in") {
        return make({.op = Op::expression, .pure = false, .a = TRY(expression())});
    }
    Node made{.op = Op::next, .pure = false};
    if (word == "next" || word == "nextfile") {
        if (!in_rule_) return wrong(word + " in BEGIN or END");
        if (word == "nextfile") made.op = Op::next_file;
        ++at_;
    } else if (word == "break" || word == "continue") {
        if (loops_ == 0) return wrong(word + " outside a loop");
        made.op = word == "break" ? Op::break_loop : Op::continue_loop;
        ++at_;
    } else if (word == "exit" || word == "return") {
        if (word == "return" && !in_function_) return wrong("return outside a function");
        made.op = word == "exit" ? Op::exit : Op::return_value;
        ++at_;
        if (!ends()) made.a = TRY(expression());
    } else {
        return wrong();
    }
    return make(std::move(made));
}

Result<Node*> Parser::removal() {
    ++at_;
    const bool closed = take("(");
    if (peek().kind != Kind::name) return wrong();
    auto* const array = variable(peek().text);
    as_array(array);
    ++at_;
    Node made{.op = Op::delete_all, .pure = false, .a = array};
    if (take("[")) {
        made.op = Op::delete_element;
        made.list = TRY(list({}));
        TRY(expect("]"));
    }
    if (closed) TRY(expect(")"));
    return make(std::move(made));
}

Result<Node*> Parser::print() {
    Node made{.op = peek().text == "print" ? Op::print : Op::print_format, .pure = false};
    ++at_;
    const auto ends = [&](std::size_t ahead) {
        const auto kind = peek(ahead).kind;
        return kind == Kind::newline || kind == Kind::end || at(";", ahead) || at("}", ahead) ||
               at(">", ahead) || at(">>", ahead) || at("|", ahead);
    };
    if (at("(") && ends(closing() + 1 - at_)) {
        ++at_;
        made.list = TRY(list({}));
        TRY(expect(")"));
    } else if (!ends(0)) {
        made.list = TRY(list({.greater = true}));
    }
    if (made.op == Op::print_format && made.list.empty()) return wrong();
    const auto target = at(">")    ? Target::file
                        : at(">>") ? Target::append
                        : at("|")  ? Target::command
                                   : Target::standard;
    if (target == Target::standard) return make(std::move(made));
    ++at_;
    made.target = target;
    made.b = TRY(concatenation({.greater = true}));
    program_.runs_commands |= target == Target::command;
    const bool stream = made.b->op == Op::text && (program_.texts[made.b->slot] == "/dev/stderr" ||
                                                   program_.texts[made.b->slot] == "/dev/stdout");
    program_.writes_files |= target != Target::command && !stream;
    return make(std::move(made));
}

Result<Program> parse(std::string_view text) {
    if (text.size() > program_limit) return refused("program", "more than 16 MiB");
    return Parser(TRY(tokens(text))).run();
}

}  // namespace limpet::parse::awk
