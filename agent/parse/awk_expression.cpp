// parse/awk_expression.cpp - expressions of awk by precedence (POSIX, Expressions in Decreasing
// Precedence). A place followed by = is an assignment wherever it stands, as in a && b = 1.
#include "parse/awk_parser.h"
#include "parse/regex_syntax.h"

#include <algorithm>
#include <utility>

namespace limpet::parse::awk {

Result<Node*> Parser::expression(Without without) {
    if (++nesting_ > nesting_limit) return wrong("expressions are nested too deeply");
    auto made = condition(without);
    --nesting_;
    return made;
}

Result<Node*> Parser::condition(Without without) {
    auto* const test = TRY(binary(0, without));
    if (!take("?")) return test;
    skip_newlines();
    auto* const then = TRY(expression(without));
    TRY(expect(":"));
    skip_newlines();
    return make({.op = Op::conditional, .a = test, .b = then, .c = TRY(expression(without))});
}

// || && in ~ and the comparisons, from the loosest on.
Result<Node*> Parser::binary(int level, Without without) {
    constexpr std::pair<std::string_view, Op> comparisons[]{
        {"<", Op::less},       {"<=", Op::less_equal}, {"==", Op::equal},
        {"!=", Op::not_equal}, {">", Op::greater},     {">=", Op::greater_equal}};
    if (level == 5) return piped(without);
    auto* left = TRY(binary(level + 1, without));
    for (;;) {
        auto op = Op::block;
        if (level == 0 && at("||")) op = Op::logical_or;
        if (level == 1 && at("&&")) op = Op::logical_and;
        if (level == 2 && at_word("in")) op = Op::member;
        if (level == 3 && at("~")) op = Op::match;
        if (level == 3 && at("!~")) op = Op::no_match;
        if (level == 4 && peek().kind == Kind::sign && !(without.greater && at(">"))) {
            for (const auto& [sign, comparison] : comparisons) {
                if (at(sign)) op = comparison;
            }
        }
        if (op == Op::block) return left;
        ++at_;
        if (level < 2) skip_newlines();
        if (op == Op::member) {
            if (peek().kind != Kind::name) return wrong();
            auto* const array = variable(peek().text);
            ++at_;
            as_array(array);
            auto keys = left->op == Op::grouping ? std::move(left->list) : std::vector<Node*>{left};
            left = make({.op = op, .a = array, .list = std::move(keys)});
            continue;
        }
        left = make({.op = op, .a = left, .b = TRY(binary(level + 1, without))});
    }
}

// "cmd" | getline binds less than concatenation and more than a comparison.
Result<Node*> Parser::piped(Without without) {
    auto* left = TRY(concatenation(without));
    while (at("|") && peek(1).kind == Kind::keyword && peek(1).text == "getline") {
        at_ += 2;
        Node made{.op = Op::getline_command, .pure = false, .b = left};
        if (begins_place()) made.a = TRY(place());
        program_.runs_commands = true;
        left = make(std::move(made));
    }
    return left;
}

bool Parser::begins_operand() const {
    const auto& token = peek();
    switch (token.kind) {
        case Kind::number:
        case Kind::text:
        case Kind::regex:
        case Kind::name:
        case Kind::function_name:
        case Kind::builtin: return true;
        case Kind::sign:
            return at("$") || at("!") || at("(") || at("-") || at("+") || at("++") || at("--");
        default: return false;
    }
}

Result<Node*> Parser::concatenation(Without without) {
    auto* const first = TRY(additive(without));
    std::vector<Node*> parts{first};
    // A sign here would have been taken as an operator by additive().
    while (begins_operand() && !at("-") && !at("+")) parts.push_back(TRY(additive(without)));
    if (parts.size() == 1) return first;
    return make({.op = Op::concat, .list = std::move(parts)});
}

Result<Node*> Parser::additive(Without without) {
    const auto product = [&]() -> Result<Node*> {
        auto* left = TRY(unary(without));
        for (;;) {
            const auto op = at("*")   ? Op::multiply
                            : at("/") ? Op::divide
                            : at("%") ? Op::modulo
                                      : Op::block;
            if (op == Op::block) return left;
            ++at_;
            left = make({.op = op, .a = left, .b = TRY(unary(without))});
        }
    };
    auto* left = TRY(product());
    while (at("+") || at("-")) {
        const auto op = at("+") ? Op::add : Op::subtract;
        ++at_;
        left = make({.op = op, .a = left, .b = TRY(product())});
    }
    return left;
}

Result<Node*> Parser::unary(Without without) {
    const auto op = at("!")   ? Op::logical_not
                    : at("-") ? Op::negate
                    : at("+") ? Op::plus
                              : Op::block;
    if (op == Op::block) return power(without);
    if (++nesting_ > nesting_limit) return wrong("expressions are nested too deeply");
    ++at_;
    auto* const operand = TRY(unary(without));
    --nesting_;
    return make({.op = op, .a = operand});
}

Result<Node*> Parser::power(Without without) {
    auto* const base = TRY(primary(without));
    if (!at("^") && !at("**")) return base;
    ++at_;
    if (++nesting_ > nesting_limit) return wrong("expressions are nested too deeply");
    // 2^-1, and from the right: 2^3^2.
    auto* const exponent = TRY(unary(without));
    --nesting_;
    return make({.op = Op::power, .a = base, .b = exponent});
}

bool Parser::begins_place() const { return at("$") || peek().kind == Kind::name; }

Node* Parser::variable(const std::string& name) {
    if (const auto local = locals_.find(name); local != locals_.end()) {
        return make({.op = Op::local, .slot = local->second});
    }
    const auto [place, fresh] =
        globals_.try_emplace(name, static_cast<std::uint32_t>(program_.globals.size()));
    if (fresh) program_.globals.push_back({name});
    const bool special = place->second < special_count;
    return make({.op = special ? Op::special : Op::global, .slot = place->second});
}

void Parser::as_array(Node* name) {
    if (auto* const entry = name_of(name, function_)) entry->array = true;
}

// A variable or an element.
Result<Node*> Parser::name() {
    auto* const variable_node = variable(peek().text);
    ++at_;
    if (!take("[")) return variable_node;
    as_array(variable_node);
    auto keys = TRY(list({}));
    TRY(expect("]"));
    return make({.op = Op::element, .a = variable_node, .list = std::move(keys)});
}

Result<Node*> Parser::place() {
    if (!take("$")) return name();
    if (++nesting_ > nesting_limit) return wrong("expressions are nested too deeply");
    auto* index = at("-") || at("+") || at("!") ? TRY(unary({})) : TRY(primary({}, false));
    --nesting_;
    return make({.op = Op::field, .a = index});
}

Result<Node*> Parser::assignment(Node* place, Without without) {
    constexpr std::pair<std::string_view, Op> compounds[]{
        {"+=", Op::add},    {"-=", Op::subtract}, {"*=", Op::multiply}, {"/=", Op::divide},
        {"%=", Op::modulo}, {"^=", Op::power},    {"**=", Op::power}};
    if (take("=")) {
        skip_newlines();
        return make({.op = Op::assign, .pure = false, .a = place, .b = TRY(expression(without))});
    }
    for (const auto& [sign, operation] : compounds) {
        if (!take(sign)) continue;
        skip_newlines();
        return make({.op = Op::compound,
                     .pure = false,
                     .operation = operation,
                     .a = place,
                     .b = TRY(expression(without))});
    }
    return place;
}

// `assigns`: not behind a $, whose operand binds more tightly than ++ and =.
Result<Node*> Parser::primary(Without without, bool assigns) {
    const auto& token = peek();
    switch (token.kind) {
        case Kind::number: ++at_; return make({.op = Op::number, .number = token.number});
        case Kind::text: ++at_; return make({.op = Op::text, .slot = text(token.text)});
        case Kind::regex: return regex();
        case Kind::builtin: return builtin();
        case Kind::function_name: return call();
        case Kind::keyword:
            if (token.text == "getline") return simple_getline();
            return wrong();
        default: break;
    }
    if (at("(")) return group();
    if (at("++") || at("--")) {
        const double step = at("++") ? 1 : -1;
        ++at_;
        if (!begins_place()) return wrong();
        auto* const target = TRY(place());
        return make({.op = Op::before, .pure = false, .number = step, .a = target});
    }
    if (!begins_place()) return wrong();
    // A blank before the ( of a call, when the function is known by now.
    if (at("(", 1) && functions_.contains(token.text) && !locals_.contains(token.text)) {
        return call();
    }
    auto* const target = TRY(place());
    if (!assigns) return target;
    if (at("++") || at("--")) {
        const double step = at("++") ? 1 : -1;
        ++at_;
        return make({.op = Op::after, .pure = false, .number = step, .a = target});
    }
    return assignment(target, without);
}

Result<Node*> Parser::regex() {
    auto expression = regex_text(peek().text);
    if (const auto tree = regex::parse(expression, regex::Syntax::extended, false); !tree) {
        return wrong("/" + peek().text + "/: " + tree.error().subject());
    }
    ++at_;
    return make({.op = Op::regex, .slot = text(std::move(expression))});
}

Result<Node*> Parser::group() {
    ++at_;
    auto items = TRY(list({}));
    TRY(expect(")"));
    const bool membership = at_word("in");
    // (a) stays what it is, but an assignment to it is none.
    if (items.size() == 1) return items[0];
    if (!membership) return wrong();
    return make({.op = Op::grouping, .list = std::move(items)});
}

Result<Node*> Parser::simple_getline() {
    ++at_;
    Node made{.op = Op::getline, .pure = false};
    if (begins_place()) made.a = TRY(place());
    if (take("<")) {
        made.op = Op::getline_file;
        made.b = TRY(primary({}, false));
    }
    return make(std::move(made));
}

Result<std::vector<Node*>> Parser::list(Without without) {
    std::vector<Node*> items;
    do {
        skip_newlines();
        items.push_back(TRY(expression(without)));
    } while (take(","));
    return items;
}

// The index of the ) that closes the ( here.
std::size_t Parser::closing() const {
    int depth = 0;
    for (std::size_t i = at_; i < tokens_.size(); ++i) {
        if (tokens_[i].kind != Kind::sign) continue;
        if (tokens_[i].text == "(") ++depth;
        if (tokens_[i].text == ")" && --depth == 0) return i;
    }
    return tokens_.size() - 1;
}

}  // namespace limpet::parse::awk
