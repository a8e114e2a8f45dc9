// jq_machine.cpp - runs a filter of jq: paths, pipes, construction and operators.
#include "commands/text/jq_machine.h"

namespace limpet::commands::jq {

using NodeKind = Node::Kind;
using parse::jq::none;

// A filter may call itself without end; half of what a process has is its share of the stack.
constexpr std::size_t stack_limit = std::size_t{4} * 1024 * 1024;
constexpr std::size_t memory_limit = std::size_t{256} * 1024 * 1024;

// What is no way into the input has no path: to go on from there is an error, if a path is asked.
static Value pathless(const Item& in) {
    return in.path.is(Value::Kind::null) ? Value{} : Value::boolean(false);
}

Flow Machine::run(Value input, const Scope* variables, Emit out) {
    stack_ = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    return evaluate(filter_.root, variables, {std::move(input), {}}, out);
}

bool Machine::shallow() const {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    return here >= stack_ || stack_ - here <= stack_limit;
}

Flow Machine::fail(Value why) {
    problem = std::move(why);
    return Flow::failed;
}

Flow Machine::hand(Outcome outcome, const Item& in, Emit out) {
    if (!outcome) return fail(std::move(outcome).error());
    if (outcome->depth() > depth_limit) return fail(text("a value that is nested too deeply"));
    return out({*std::move(outcome), pathless(in)});
}

Flow Machine::values(Index at, const Scope* scope, const Value& in, Emit out) {
    return evaluate(at, scope, {in, {}}, out);
}

Flow Machine::evaluate(Index at, const Scope* scope, Item in, Emit out) {
    if (!shallow()) return fail(text("the filter calls itself too deeply"));
    if (Shared::held > memory_limit) return fail(text("the filter needs more than 256 MiB"));
    const auto& node = this->node(at);
    switch (node.kind) {
        case NodeKind::identity: return out(std::move(in));
        case NodeKind::constant:
            return hand(node.text == "null" ? Value{} : Value::boolean(node.text == "true"), in,
                        out);
        case NodeKind::number: return hand(Value::number(node.text), in, out);
        case NodeKind::string: return hand(text(node.text), in, out);
        case NodeKind::format: return hand(format(node.text, in.value), in, out);
        case NodeKind::interpolation:
            return interpolate(node, node.parts.size(), scope, in, {}, out);
        case NodeKind::array: return collect(node, scope, in, out);
        case NodeKind::object: return object(node, 0, scope, in, Value::object(), out);
        case NodeKind::field: return field(node, scope, std::move(in), out);
        case NodeKind::slice: return slice(node, scope, std::move(in), out);
        case NodeKind::iterate:
            return evaluate(node.parts[0], scope, std::move(in),
                            [&](const Item& item) { return children(node, item, out); });
        case NodeKind::pipe: return pipe(node, 0, scope, std::move(in), out);
        case NodeKind::comma: return comma(node, scope, std::move(in), out);
        case NodeKind::negate:
        case NodeKind::operate: return operate(node, scope, std::move(in), out);
        case NodeKind::both:
        case NodeKind::either: return logic(node, scope, in, out);
        case NodeKind::fallback: return fallback(node, scope, std::move(in), out);
        case NodeKind::assign:
            return node.text == "|=" ? update(node, scope, std::move(in), out)
                                     : assign(node, scope, std::move(in), out);
        case NodeKind::choose: return choose(node, scope, std::move(in), out);
        case NodeKind::attempt: return attempt(node, scope, std::move(in), out);
        case NodeKind::reduce:
        case NodeKind::foreach: return fold(node, scope, std::move(in), out);
        case NodeKind::bind:
            return values(node.parts[0], scope, in.value, [&](const Item& item) {
                return match(node.parts[1], scope, item.value, [&](const Scope* inner) {
                    return evaluate(node.parts[2], inner, in, out);
                });
            });
        case NodeKind::define: {
            const Scope function{.up = scope,
                                 .kind = Scope::Kind::function,
                                 .name = node.text,
                                 .arity = node.texts.size(),
                                 .node = at};
            return evaluate(node.parts[1], &function, std::move(in), out);
        }
        case NodeKind::call: return call(node, scope, std::move(in), out);
        case NodeKind::variable: return variable(node, scope, in, out);
        case NodeKind::label:
        case NodeKind::leave: return label(node, scope, std::move(in), out);
        case NodeKind::array_pattern:
        case NodeKind::object_pattern: break;  // only match() looks at these
    }
    return Flow::go;
}

Flow Machine::step(const Node& node, Item item, const Value& key, Emit out) {
    if (item.path.is(Value::Kind::boolean)) {
        return fail(failure("Invalid path expression with result ", item.value).error());
    }
    auto found = get(item.value, key);
    if (!found) return node.text.empty() ? fail(std::move(found).error()) : Flow::go;
    if (item.path.is(Value::Kind::array)) item.path.append(key);
    return out({*std::move(found), std::move(item.path)});
}

Flow Machine::field(const Node& node, const Scope* scope, Item in, Emit out) {
    const auto& key = this->node(node.parts[1]);
    if (key.kind == NodeKind::string) {
        const auto name = text(key.text);
        return evaluate(node.parts[0], scope, std::move(in),
                        [&](Item item) { return step(node, std::move(item), name, out); });
    }
    return values(node.parts[1], scope, in.value, [&](const Item& name) {
        return evaluate(node.parts[0], scope, in,
                        [&](Item item) { return step(node, std::move(item), name.value, out); });
    });
}

Flow Machine::slice(const Node& node, const Scope* scope, Item in, Emit out) {
    const auto bound = [&](Index at, Emit with) {
        return at == none ? with({}) : values(at, scope, in.value, with);
    };
    return bound(node.parts[1], [&](const Item& from) {
        return bound(node.parts[2], [&](const Item& to) {
            auto key = Value::object();
            key.member(text("start")) = from.value;
            key.member(text("end")) = to.value;
            return evaluate(node.parts[0], scope, in,
                            [&](Item item) { return step(node, std::move(item), key, out); });
        });
    });
}

Flow Machine::children(const Node& node, const Item& of, Emit out) {
    const bool list = of.value.is(Value::Kind::array);
    if (!list && !of.value.is(Value::Kind::object)) {
        if (!node.text.empty()) return Flow::go;
        return fail(failure("Cannot iterate over ", of.value).error());
    }
    if (of.path.is(Value::Kind::boolean)) {
        return fail(failure("Invalid path expression with result ", of.value).error());
    }
    const auto count = length(of.value);
    for (std::size_t i = 0; i < count; ++i) {
        Item item{list ? of.value.items()[i] : of.value.members()[i].value, of.path};
        if (item.path.is(Value::Kind::array)) {
            item.path.append(list ? Value::number(static_cast<double>(i))
                                  : of.value.members()[i].name);
        }
        if (const auto flow = out(std::move(item)); flow != Flow::go) return flow;
    }
    return Flow::go;
}

Flow Machine::pipe(const Node& node, std::size_t stage, const Scope* scope, Item in, Emit out) {
    if (stage + 1 == node.parts.size()) {
        return evaluate(node.parts[stage], scope, std::move(in), out);
    }
    return evaluate(node.parts[stage], scope, std::move(in),
                    [&](Item item) { return pipe(node, stage + 1, scope, std::move(item), out); });
}

Flow Machine::comma(const Node& node, const Scope* scope, Item in, Emit out) {
    for (const auto part : node.parts) {
        if (const auto flow = evaluate(part, scope, in, out); flow != Flow::go) return flow;
    }
    return Flow::go;
}

Flow Machine::collect(const Node& node, const Scope* scope, const Item& in, Emit out) {
    auto all = Value::array();
    if (node.parts[0] != none) {
        const auto flow = values(node.parts[0], scope, in.value, [&](Item item) {
            all.append(std::move(item.value));
            return Shared::held > memory_limit ? fail(text("the filter needs more than 256 MiB"))
                                               : Flow::go;
        });
        if (flow != Flow::go) return flow;
    }
    return hand(std::move(all), in, out);
}

Flow Machine::object(const Node& node, std::size_t at, const Scope* scope, const Item& in,
                     Value made, Emit out) {
    if (at == node.parts.size()) return hand(std::move(made), in, out);
    return values(node.parts[at], scope, in.value, [&](const Item& name) {
        if (!name.value.is(Value::Kind::string)) {
            return fail(Value::string("Object keys must be strings"));
        }
        return values(node.parts[at + 1], scope, in.value, [&](Item value) {
            auto more = made;
            more.deepen(value.value.depth() + 1);
            more.member(name.value) = std::move(value.value);
            return object(node, at + 2, scope, in, std::move(more), out);
        });
    });
}

Flow Machine::interpolate(const Node& node, std::size_t left, const Scope* scope, const Item& in,
                          const std::string& tail, Emit out) {
    // From the end to the front: the last part varies slowest.
    if (left == 0) return hand(Value::string(tail), in, out);
    const auto& part = this->node(node.parts[left - 1]);
    if (left % 2 == 1) return interpolate(node, left - 1, scope, in, part.text + tail, out);
    return values(node.parts[left - 1], scope, in.value, [&](const Item& item) {
        auto shown = format(node.text.empty() ? "text" : node.text, item.value);
        if (!shown) return fail(std::move(shown).error());
        return interpolate(node, left - 1, scope, in, std::string(shown->text()) + tail, out);
    });
}

// Of a filter that has exactly one value and cannot fail for another reason than memory.
std::optional<Value> Machine::single(Index at, const Scope* scope, const Value& in) {
    const auto kind = node(at).kind;
    if (kind != NodeKind::array && kind != NodeKind::number && kind != NodeKind::string &&
        kind != NodeKind::constant && kind != NodeKind::variable) {
        return std::nullopt;
    }
    std::optional<Value> value;
    const auto flow = values(at, scope, in, [&](Item item) {
        value = std::move(item.value);
        return Flow::go;
    });
    return flow == Flow::go ? value : std::nullopt;
}

Flow Machine::operate(const Node& node, const Scope* scope, Item in, Emit out) {
    if (node.kind == NodeKind::negate) {
        return values(node.parts[0], scope, in.value, [&](const Item& item) {
            if (!item.value.is(Value::Kind::number)) {
                return fail(failure(item.value, " cannot be negated").error());
            }
            return hand(Value::number(-item.value.number()), in, out);
        });
    }
    // `. + [x]` in a fold: given away, the left side is appended to where it is.
    if (this->node(node.parts[0]).kind == NodeKind::identity) {
        if (const auto right = single(node.parts[1], scope, in.value)) {
            auto left = std::exchange(in.value, {});
            return hand(jq::operate(node.text, std::move(left), *right), in, out);
        }
    }
    return values(node.parts[1], scope, in.value, [&](const Item& right) {
        return values(node.parts[0], scope, in.value, [&](Item left) {
            return hand(jq::operate(node.text, std::move(left.value), right.value), in, out);
        });
    });
}

Flow Machine::logic(const Node& node, const Scope* scope, const Item& in, Emit out) {
    const bool decides = node.kind == NodeKind::either;
    return values(node.parts[0], scope, in.value, [&](const Item& left) {
        if (left.value.truthy() == decides) return hand(Value::boolean(decides), in, out);
        return values(node.parts[1], scope, in.value, [&](const Item& right) {
            return hand(Value::boolean(right.value.truthy()), in, out);
        });
    });
}

}  // namespace limpet::commands::jq
