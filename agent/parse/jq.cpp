// parse/jq.cpp - a filter by recursive descent: definitions, pipes, operators and what is named.
#include "parse/jq.h"

#include "parse/jq_parser.h"

#include <algorithm>

namespace limpet::parse::jq {

using Kind = Node::Kind;

struct Operator {
    std::string_view text;
    int level;
    enum { left, right, alone } binds;
    Kind kind;
};
constexpr Operator operators[]{
    {"//", 1, Operator::right, Kind::fallback}, {"=", 2, Operator::alone, Kind::assign},
    {"|=", 2, Operator::alone, Kind::assign},   {"+=", 2, Operator::alone, Kind::assign},
    {"-=", 2, Operator::alone, Kind::assign},   {"*=", 2, Operator::alone, Kind::assign},
    {"/=", 2, Operator::alone, Kind::assign},   {"%=", 2, Operator::alone, Kind::assign},
    {"//=", 2, Operator::alone, Kind::assign},  {"or", 3, Operator::left, Kind::either},
    {"and", 4, Operator::left, Kind::both},     {"==", 5, Operator::alone, Kind::operate},
    {"!=", 5, Operator::alone, Kind::operate},  {"<", 5, Operator::alone, Kind::operate},
    {"<=", 5, Operator::alone, Kind::operate},  {">", 5, Operator::alone, Kind::operate},
    {">=", 5, Operator::alone, Kind::operate},  {"+", 6, Operator::left, Kind::operate},
    {"-", 6, Operator::left, Kind::operate},    {"*", 7, Operator::left, Kind::operate},
    {"/", 7, Operator::left, Kind::operate},    {"%", 7, Operator::left, Kind::operate},
};

namespace {

constexpr std::size_t node_limit = 100'000;

}  // namespace

Result<> Parser::prelude(std::string_view text) {
    words_ = Words(text);
    prelude_ = true;
    while (!words_.ended()) TRY(definition());
    prelude_ = false;
    return {};
}

Result<Index> Parser::document(std::string_view text) {
    words_ = Words(text);
    // An empty filter is the identity.
    if (words_.ended()) return add(Kind::identity);
    const Index root = TRY(pipe());
    if (!words_.ended()) return words_.wrong("syntax error");
    return root;
}

Index Parser::add(Kind kind, std::string text, std::vector<Index> parts) {
    filter_.nodes.push_back({.kind = kind, .text = std::move(text), .parts = std::move(parts)});
    return static_cast<Index>(filter_.nodes.size() - 1);
}

Result<Index> Parser::definition() {
    TRY(words_.need("def"));
    auto name = TRY(words_.name("function"));
    const Index node = add(Kind::define, name);
    const auto functions = functions_.size();
    const auto variables = variables_.size();
    std::vector<std::string> parameters;
    if (words_.take("(")) {
        do {
            words_.space();
            const bool value = words_.here() == '$';
            if (value) words_.skip(1);
            auto parameter = TRY(words_.name("parameter"));
            if (value) {
                variables_.push_back(parameter);
            } else {
                functions_.push_back({parameter, 0});
            }
            parameters.push_back(value ? '$' + parameter : parameter);
        } while (words_.take(";"));
        TRY(words_.need(")"));
    }
    const auto arity = parameters.size();
    // Itself, for its body to call.
    const Index global = prelude_ && depth_ == 0 ? node : none;
    functions_.push_back({name, arity, global});
    TRY(words_.need(":"));
    const Index body = TRY(pipe());
    TRY(words_.need(";"));
    functions_.resize(functions);
    variables_.resize(variables);
    functions_.push_back({std::move(name), arity, global});
    filter_.nodes[node].texts = std::move(parameters);
    filter_.nodes[node].parts = {body, none};
    return node;
}

Result<Index> Parser::pipe() {
    if (++depth_ > depth_limit) return words_.wrong("nested too deeply");
    if (filter_.nodes.size() > node_limit) return words_.wrong("too large a filter");
    const Index node = TRY(pipe_of_any_depth());
    --depth_;
    return node;
}

Result<Index> Parser::pipe_of_any_depth() {
    std::vector<Index> parts;
    do {
        const auto word = words_.word();
        if (word == "def") {
            const auto functions = functions_.size();
            const Index node = TRY(definition());
            const Index rest = TRY(pipe());
            functions_.resize(functions);
            filter_.nodes[node].parts[1] = rest;
            parts.push_back(node);
        } else if (words_.take("label")) {
            auto name = TRY(dollar());
            TRY(words_.need("|"));
            labels_.push_back(name);
            const Index body = TRY(pipe());
            labels_.pop_back();
            parts.push_back(add(Kind::label, std::move(name), {body}));
        } else {
            parts.push_back(TRY(comma()));
        }
    } while (words_.take("|"));
    return parts.size() == 1 ? parts[0] : add(Kind::pipe, {}, std::move(parts));
}

Result<Index> Parser::comma() {
    std::vector<Index> parts;
    do parts.push_back(TRY(expression(1)));
    while (words_.take(","));
    return parts.size() == 1 ? parts[0] : add(Kind::comma, {}, std::move(parts));
}

const Operator* Parser::next_operator() {
    auto text = words_.operation();
    if (text.empty()) text = words_.word();
    const auto* found = std::ranges::find(operators, text, &Operator::text);
    return found == std::end(operators) ? nullptr : found;
}

Result<Index> Parser::expression(int level) {
    if (++depth_ > depth_limit) return words_.wrong("nested too deeply");
    Index left = none;
    if (words_.take("-")) {
        const Index inner = TRY(expression(7));
        left = add(Kind::negate, {}, {inner});
    } else {
        left = TRY(postfix(true));
    }
    int below = 8;  // a second one that binds alone cannot follow
    for (const auto* op = next_operator(); op && op->level >= level; op = next_operator()) {
        if (op->level >= below) return words_.wrong("two operators that cannot follow another");
        words_.skip(op->text.size());
        const Index right =
            TRY(expression(op->binds == Operator::right ? op->level : op->level + 1));
        left = add(op->kind, std::string(op->text), {left, right});
        below = op->binds == Operator::alone ? op->level : 8;
    }
    --depth_;
    return left;
}

Result<Index> Parser::call(std::string name, std::vector<Index> arguments) {
    const auto arity = arguments.size();
    const auto known = std::find_if(functions_.rbegin(), functions_.rend(), [&](const Known& one) {
        return one.name == name && one.arity == arity;
    });
    Index target = none;
    bool prelude = false;
    if (known != functions_.rend()) {
        target = known->definition;
        prelude = target != none;
    } else {
        target = builtins_(name, arity);
        if (target == none) {
            return refused("filter", "function '" + name + '/' + std::to_string(arity) +
                                         "' is not built in here");
        }
    }
    const Index node = add(Kind::call, std::move(name), std::move(arguments));
    filter_.nodes[node].target = target;
    filter_.nodes[node].prelude = prelude;
    return node;
}

Result<Index> Parser::choose() {
    const Index condition = TRY(pipe());
    TRY(words_.need("then"));
    const Index then = TRY(pipe());
    Index otherwise = none;
    if (words_.take("elif")) {
        if (++depth_ > depth_limit) return words_.wrong("nested too deeply");
        otherwise = TRY(choose());
        --depth_;
        return add(Kind::choose, {}, {condition, then, otherwise});
    }
    if (words_.take("else")) otherwise = TRY(pipe());
    TRY(words_.need("end"));
    return add(Kind::choose, {}, {condition, then, otherwise});
}

Result<Index> Parser::fold(bool reduce) {
    const auto variables = variables_.size();
    const Index whole = TRY(postfix(false));
    TRY(words_.need("as"));
    const Index pattern = TRY(this->pattern());
    TRY(words_.need("("));
    std::vector<Index> parts{whole, pattern};
    do parts.push_back(TRY(pipe()));
    while (words_.take(";"));
    TRY(words_.need(")"));
    variables_.resize(variables);
    if (parts.size() != 4 && (reduce || parts.size() != 5)) {
        return words_.wrong(reduce ? "reduce takes (start; update) before what is"
                                   : "foreach takes (start; update; extract) before what is");
    }
    if (!reduce && parts.size() == 4) parts.push_back(none);
    return add(reduce ? Kind::reduce : Kind::foreach, {}, std::move(parts));
}

Result<Filter> filter(std::string_view prelude, std::string_view text, const Builtins& builtins,
                      std::vector<std::string> variables) {
    Filter result;
    Parser parser(result, builtins, std::move(variables));
    TRY(parser.prelude(prelude));
    result.root = TRY(parser.document(text));
    return result;
}

}  // namespace limpet::parse::jq
