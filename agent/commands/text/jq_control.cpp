// jq_control.cpp - runs a filter of jq: choices, errors, folds, names and assignments.
#include "commands/text/jq_machine.h"

namespace limpet::commands::jq {

using NodeKind = Node::Kind;
using parse::jq::none;

Flow Machine::fallback(const Node& node, const Scope* scope, Item in, Emit out) {
    bool any = false;
    const auto flow = evaluate(node.parts[0], scope, in, [&](Item item) {
        if (!item.value.truthy()) return Flow::go;
        any = true;
        return out(std::move(item));
    });
    return any || flow != Flow::go ? flow : evaluate(node.parts[1], scope, std::move(in), out);
}

Flow Machine::choose(const Node& node, const Scope* scope, Item in, Emit out) {
    return values(node.parts[0], scope, in.value, [&](const Item& condition) {
        const auto way = node.parts[condition.value.truthy() ? 1 : 2];
        return way == none ? out(in) : evaluate(way, scope, in, out);
    });
}

Flow Machine::attempt(const Node& node, const Scope* scope, Item in, Emit out) {
    bool ours = false;
    const auto flow = evaluate(node.parts[0], scope, in, [&](Item item) {
        const auto behind = out(std::move(item));
        ours = behind != Flow::go;
        return behind;
    });
    if (flow != Flow::failed || ours || halted) return flow;
    if (node.parts[1] == none) return Flow::go;
    in.path = in.path.is(Value::Kind::null) ? Value{} : Value::boolean(false);
    return evaluate(node.parts[1], scope, {std::exchange(problem, {}), std::move(in.path)}, out);
}

Flow Machine::fold_from(const Node& node, const Scope* scope, const Value& source, Item& state,
                        Emit out) {
    return match(node.parts[1], scope, source, [&](const Scope* inner) {
        // Moved: with one owner it is changed where it is.
        Item last;
        const auto flow = evaluate(node.parts[3], inner, std::exchange(state, {}), [&](Item item) {
            last = std::move(item);
            if (node.kind == NodeKind::reduce) return Flow::go;
            return node.parts[4] == none ? out(last) : evaluate(node.parts[4], inner, last, out);
        });
        state = std::move(last);
        return flow;
    });
}

Flow Machine::fold(const Node& node, const Scope* scope, Item in, Emit out) {
    return evaluate(node.parts[2], scope, in, [&](Item state) {
        const auto flow = values(node.parts[0], scope, in.value, [&](const Item& source) {
            return fold_from(node, scope, source.value, state, out);
        });
        if (flow != Flow::go || node.kind == NodeKind::foreach) return flow;
        return out(std::move(state));
    });
}

Flow Machine::match(Index pattern, const Scope* scope, const Value& value, const Bound& bound) {
    const auto& node = this->node(pattern);
    if (node.kind != NodeKind::variable) return match_members(node, 0, scope, value, bound);
    const Scope inner{.up = scope, .name = node.text, .value = value};
    return bound(&inner);
}

Flow Machine::match_members(const Node& pattern, std::size_t at, const Scope* scope,
                            const Value& value, const Bound& bound) {
    if (at >= pattern.parts.size()) return bound(scope);
    const bool list = pattern.kind == NodeKind::array_pattern;
    const auto with = [&](const Value& key) {
        auto part = get(value, key);
        if (!part) return fail(std::move(part).error());
        return match(pattern.parts[list ? at : at + 1], scope, *part, [&](const Scope* inner) {
            return match_members(pattern, at + (list ? 1 : 2), inner, value, bound);
        });
    };
    if (list) return with(Value::number(static_cast<double>(at)));
    return values(pattern.parts[at], scope, value,
                  [&](const Item& key) { return with(key.value); });
}

Flow Machine::variable(const Node& node, const Scope* scope, const Item& in, Emit out) {
    for (; scope; scope = scope->up) {
        if (scope->kind == Scope::Kind::variable && scope->name == node.text) {
            return hand(scope->value, in, out);
        }
    }
    return hand(environment_, in, out);  // $ENV: the parser lets no other through
}

Flow Machine::label(const Node& node, const Scope* scope, Item in, Emit out) {
    if (node.kind == NodeKind::label) {
        const Scope inner{.up = scope, .kind = Scope::Kind::label, .name = node.text};
        return caught(evaluate(node.parts[0], &inner, std::move(in), out), &inner);
    }
    while (scope->kind != Scope::Kind::label || scope->name != node.text) scope = scope->up;
    return leave(scope);
}

Flow Machine::leave(const Scope* label) {
    leaving_ = label;
    return Flow::left;
}

Flow Machine::caught(Flow flow, const Scope* label) const {
    return flow == Flow::left && leaving_ == label ? Flow::go : flow;
}

Flow Machine::call(const Node& node, const Scope* scope, Item in, Emit out) {
    if (node.target != none) {
        if (!node.prelude) return call_builtin(*this, node.target, node, scope, std::move(in), out);
        const Scope function{.kind = Scope::Kind::function,
                             .name = node.text,
                             .arity = node.parts.size(),
                             .node = node.target};
        return enter(node, node.target, &function, 0, scope, &function, std::move(in), out);
    }
    const auto* found = scope;
    while (found->kind == Scope::Kind::variable || found->kind == Scope::Kind::label ||
           found->arity != node.parts.size() || found->name != node.text) {
        found = found->up;
    }
    if (found->kind == Scope::Kind::closure) {
        return evaluate(found->node, found->home, std::move(in), out);
    }
    return enter(node, found->node, found, 0, scope, found, std::move(in), out);
}

// The parameters from that one on become names, then the body runs.
Flow Machine::enter(const Node& node, Index definition, const Scope* home, std::size_t parameter,
                    const Scope* scope, const Scope* inner, Item in, Emit out) {
    const auto& function = this->node(definition);
    if (parameter == function.texts.size()) {
        return evaluate(function.parts[0], inner, std::move(in), out);
    }
    const std::string_view name = function.texts[parameter];
    if (!name.starts_with('$')) {
        const Scope closure{.up = inner,
                            .kind = Scope::Kind::closure,
                            .name = name,
                            .node = node.parts[parameter],
                            .home = scope};
        return enter(node, definition, home, parameter + 1, scope, &closure, std::move(in), out);
    }
    return values(node.parts[parameter], scope, in.value, [&](const Item& argument) {
        const Scope value{.up = inner, .name = name.substr(1), .value = argument.value};
        return enter(node, definition, home, parameter + 1, scope, &value, in, out);
    });
}

Flow Machine::paths(Index at, const Scope* scope, const Value& in, Emit out) {
    return evaluate(at, scope, {in, Value::array()}, [&](Item item) {
        if (item.path.is(Value::Kind::array)) return out({std::move(item.path), {}});
        return fail(failure("Invalid path expression with result ", item.value).error());
    });
}

// left |= right: each place that left leads to becomes the first value of right there, and goes
// when there is none.
Flow Machine::update(const Node& node, const Scope* scope, Item in, Emit out) {
    std::vector<Value> places;
    const auto flow = paths(node.parts[0], scope, in.value, [&](Item item) {
        places.push_back(std::move(item.value));
        return Flow::go;
    });
    if (flow != Flow::go) return flow;
    auto result = std::exchange(in.value, {});
    auto gone = Value::array();
    for (const auto& place : places) {
        auto old = get_path(result, place);
        if (!old) return fail(std::move(old).error());
        std::optional<Value> made;
        const Scope first{.up = scope, .kind = Scope::Kind::label};
        const auto ended = caught(evaluate(node.parts[1], &first, {*std::move(old), {}},
                                           [&](Item item) {
                                               made = std::move(item.value);
                                               return leave(&first);
                                           }),
                                  &first);
        if (ended != Flow::go) return ended;
        if (!made) {
            gone.append(place);
            continue;
        }
        auto set = set_path(std::exchange(result, {}), place, *std::move(made));
        if (!set) return fail(std::move(set).error());
        result = *std::move(set);
    }
    return hand(delete_paths(std::move(result), std::move(gone)), in, out);
}

Flow Machine::assign_one(const Node& node, const Scope* scope, Item in, const Value& right,
                         Emit out) {
    const auto operation = std::string_view(node.text).substr(0, node.text.size() - 1);
    // First all of them: who still walks in the value would keep it from being changed in place.
    std::vector<Value> places;
    const auto flow = paths(node.parts[0], scope, in.value, [&](Item item) {
        places.push_back(std::move(item.value));
        return Flow::go;
    });
    if (flow != Flow::go) return flow;
    Outcome result = std::exchange(in.value, {});
    for (const auto& place : places) {
        Outcome made = right;
        if (!operation.empty()) {
            auto old = get_path(*result, place);
            if (!old) return fail(std::move(old).error());
            if (operation != "//") {
                made = jq::operate(operation, *std::move(old), right);
            } else if (old->truthy()) {
                made = std::move(old);
            }
        }
        if (made) made = set_path(*std::exchange(result, {}), place, *std::move(made));
        if (!made) return fail(std::move(made).error());
        result = std::move(made);
    }
    return hand(std::move(result), in, out);
}

// left = right and left += right: right is asked about what the whole has for input.
Flow Machine::assign(const Node& node, const Scope* scope, Item in, Emit out) {
    if (const auto right = single(node.parts[1], scope, in.value)) {
        return assign_one(node, scope, std::move(in), *right, out);
    }
    return values(node.parts[1], scope, in.value,
                  [&](const Item& right) { return assign_one(node, scope, in, right.value, out); });
}

}  // namespace limpet::commands::jq
