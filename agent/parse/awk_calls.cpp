// parse/awk_calls.cpp - calls of awk's functions and of a program's own, and which names are
// arrays.
#include "parse/awk_parser.h"

#include <algorithm>

namespace limpet::parse::awk {
namespace {

struct Arity {
    std::size_t least, most;
};
constexpr std::size_t any_number = SIZE_MAX;
// In the order of Builtin.
constexpr Arity arities[]{{2, any_number}, {2, 2}, {1, 2},          {1, 1},          {1, 1}, {1, 1},
                          {0, 1},          {3, 4}, {2, 3},          {2, 2},          {1, 1}, {0, 1},
                          {1, 1},          {2, 2}, {2, 3},          {2, any_number}, {0, 0}, {2, 2},
                          {1, 1},          {2, 3}, {1, any_number}, {1, 1},          {0, 1}, {0, 3},
                          {2, 3},          {2, 3}, {1, 1},          {0, 0},          {1, 1}, {1, 1},
                          {2, any_number}};

bool is_bare_name(const Node* node) {
    return node->op == Op::global || node->op == Op::local || node->op == Op::special;
}

}  // namespace

Result<Node*> Parser::builtin() {
    const auto token = peek();
    const auto which = token.builtin;
    ++at_;
    Node made{.op = Op::builtin, .slot = static_cast<std::uint32_t>(which)};
    if (!at("(")) {
        if (which != Builtin::length) return wrong();
        return make(std::move(made));
    }
    ++at_;
    skip_newlines();
    if (!at(")")) made.list = TRY(list({}));
    TRY(expect(")"));
    const auto count = made.list.size();
    const auto& arity = arities[made.slot];
    if (count < arity.least || count > arity.most) {
        return wrong("the wrong number of arguments for " + token.text);
    }
    switch (which) {
        case Builtin::sub:
        case Builtin::gsub:
            made.pure = false;
            if (count == 2) {
                auto* const zero = make({.op = Op::number});
                made.list.push_back(make({.op = Op::field, .a = zero}));
            }
            break;
        case Builtin::split:
        case Builtin::match: {
            made.pure = false;
            const std::size_t place = which == Builtin::split ? 1 : 2;
            if (count <= place) break;
            if (!is_bare_name(made.list[place])) return wrong(token.text + " needs an array");
            as_array(made.list[place]);
            break;
        }
        case Builtin::system:
            program_.runs_commands = true;
            made.pure = false;
            break;
        case Builtin::close:
        case Builtin::fflush: made.pure = false; break;
        default: break;
    }
    return make(std::move(made));
}

Result<Node*> Parser::call() {
    const auto token = peek();
    ++at_;
    if (locals_.contains(token.text)) return wrong(token.text + " is no function here");
    const auto [place, fresh] =
        functions_.try_emplace(token.text, static_cast<std::uint32_t>(program_.functions.size()));
    if (fresh) program_.functions.push_back({.name = token.text, .line = token.line});
    Node made{.op = Op::call, .pure = false, .slot = place->second};
    TRY(expect("("));
    skip_newlines();
    if (!at(")")) made.list = TRY(list({}));
    TRY(expect(")"));
    auto* const node = make(std::move(made));
    calls_.push_back({node, function_, token.line});
    return node;
}

Name* Parser::name_of(const Node* node, std::size_t function) {
    if (node->op == Op::local) return &program_.functions[function].parameters[node->slot];
    if (!is_bare_name(node)) return nullptr;
    return &program_.globals[node->slot];
}

// What a function takes for an array is one where it is called, and (`down`) the other way round.
bool Parser::spread_arrays(const Call& call, bool down) {
    bool changed = false;
    auto& parameters = program_.functions[call.node->slot].parameters;
    for (std::size_t i = 0; i < call.node->list.size(); ++i) {
        auto* const given = name_of(call.node->list[i], call.function);
        if (!given) continue;
        auto& from = down ? *given : parameters[i];
        auto& to = down ? parameters[i] : *given;
        if (!from.array || to.array) continue;
        to.array = changed = true;
    }
    return changed;
}

Result<> Parser::resolve() {
    const auto wrong_at = [](std::uint32_t line, const std::string& why) {
        return refused("program", "line " + std::to_string(line) + ": " + why);
    };
    for (const auto& function : program_.functions) {
        if (!function.defined) {
            return wrong_at(function.line, "function " + function.name + " is not defined");
        }
        if (globals_.contains(function.name)) {
            return wrong_at(peek().line, function.name + " is a function and a variable");
        }
    }
    for (const auto& call : calls_) {
        const auto& function = program_.functions[call.node->slot];
        if (call.node->list.size() > function.parameters.size()) {
            return wrong_at(call.line, "function " + function.name + " is called with " +
                                           std::to_string(call.node->list.size()) +
                                           " arguments and takes " +
                                           std::to_string(function.parameters.size()));
        }
    }
    for (const bool down : {false, true}) {
        for (bool again = true; again;) {
            again = false;
            for (const auto& call : calls_) again |= spread_arrays(call, down);
        }
    }
    // A call may stand before what makes a name an array: its arguments are told apart only now.
    for (const auto& call : calls_) {
        const auto& parameters = program_.functions[call.node->slot].parameters;
        for (std::size_t i = 0; i < call.node->list.size(); ++i) {
            if (parameters[i].array && !name_of(call.node->list[i], call.function)) {
                return wrong_at(call.line, program_.functions[call.node->slot].name +
                                               " needs an array as argument " +
                                               std::to_string(i + 1));
            }
        }
    }
    return {};
}

}  // namespace limpet::parse::awk
