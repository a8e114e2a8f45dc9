// jq_machine.h - runs a filter of jq: each value that a part gives is handed on at once, so that
// nothing is collected that the filter does not collect.
#pragma once

#include "commands/text/jq_value.h"
#include "parse/jq.h"

#include <functional>
#include <string>
#include <string_view>

namespace limpet::commands::jq {

using parse::jq::Index;
using parse::jq::Node;

enum class Flow : std::uint8_t {
    go,
    failed,  // Machine::problem says why
    left,    // break: up to Machine::leaving
};

// A value, and the way to it where that is asked for (path(), |=): null when it is not, false when
// the value has none.
struct Item {
    Value value;
    Value path;
};

// Whom a value is handed to: a function object that outlives the call.
class Emit {
public:
    template <typename Function>
        requires(!std::is_same_v<std::remove_cvref_t<Function>, Emit>)
    Emit(Function&& function)  // NOLINT(google-explicit-constructor): lambdas are written in place
        : object_(const_cast<void*>(static_cast<const void*>(&function))),
          call_([](void* object, Item item) {
              return (*static_cast<std::remove_reference_t<Function>*>(object))(std::move(item));
          }) {}
    Flow operator()(Item item) const { return call_(object_, std::move(item)); }

private:
    void* object_;
    Flow (*call_)(void*, Item);
};

// What a name means from here on. Lives on the stack, as long as what may use it runs.
struct Scope {
    enum class Kind : std::uint8_t { variable, function, closure, label };
    const Scope* up = nullptr;
    Kind kind = Kind::variable;
    std::string_view name = {};
    std::size_t arity = 0;
    Value value = {};              // of a variable
    Index node = parse::jq::none;  // of a function its definition, of a closure its filter
    const Scope* home = nullptr;   // where a closure was written
};

class Machine {
public:
    // The next input; nullopt at the end.
    using Inputs = std::function<std::expected<std::optional<Value>, Value>()>;
    Machine(const parse::jq::Filter& filter, Inputs inputs, Value environment)
        : filter_(filter), inputs_(std::move(inputs)), environment_(std::move(environment)) {}

    Flow run(Value input, const Scope* variables, Emit out);
    // Why run() failed, and whether it was halt or halt_error with a status.
    Value problem = {};
    std::optional<int> halted = {};

    // For the built-in functions (jq_builtins.cpp).
    Flow evaluate(Index at, const Scope* scope, Item in, Emit out);
    // Without a path.
    Flow values(Index at, const Scope* scope, const Value& in, Emit out);
    Flow fail(Value why);
    Flow hand(Outcome outcome, const Item& in, Emit out);
    Flow children(const Node& node, const Item& of, Emit out);
    // The paths that a filter gives.
    Flow paths(Index at, const Scope* scope, const Value& in, Emit out);
    Flow leave(const Scope* label);
    Flow caught(Flow flow, const Scope* label) const;
    // Room is left on the stack.
    [[nodiscard]] bool shallow() const;
    [[nodiscard]] std::expected<std::optional<Value>, Value> next_input() { return inputs_(); }

private:
    Flow field(const Node& node, const Scope* scope, Item in, Emit out);
    Flow slice(const Node& node, const Scope* scope, Item in, Emit out);
    Flow step(const Node& node, Item item, const Value& key, Emit out);
    Flow pipe(const Node& node, std::size_t stage, const Scope* scope, Item in, Emit out);
    Flow comma(const Node& node, const Scope* scope, Item in, Emit out);
    Flow collect(const Node& node, const Scope* scope, const Item& in, Emit out);
    Flow object(const Node& node, std::size_t at, const Scope* scope, const Item& in, Value made,
                Emit out);
    Flow interpolate(const Node& node, std::size_t left, const Scope* scope, const Item& in,
                     const std::string& tail, Emit out);
    std::optional<Value> single(Index at, const Scope* scope, const Value& in);
    Flow operate(const Node& node, const Scope* scope, Item in, Emit out);
    Flow logic(const Node& node, const Scope* scope, const Item& in, Emit out);
    Flow fallback(const Node& node, const Scope* scope, Item in, Emit out);
    Flow assign(const Node& node, const Scope* scope, Item in, Emit out);
    Flow assign_one(const Node& node, const Scope* scope, Item in, const Value& right, Emit out);
    Flow update(const Node& node, const Scope* scope, Item in, Emit out);
    Flow choose(const Node& node, const Scope* scope, Item in, Emit out);
    Flow attempt(const Node& node, const Scope* scope, Item in, Emit out);
    Flow fold(const Node& node, const Scope* scope, Item in, Emit out);
    Flow fold_from(const Node& node, const Scope* scope, const Value& source, Item& state,
                   Emit out);
    using Bound = std::function<Flow(const Scope*)>;
    Flow match(Index pattern, const Scope* scope, const Value& value, const Bound& bound);
    Flow match_members(const Node& pattern, std::size_t at, const Scope* scope, const Value& value,
                       const Bound& bound);
    Flow call(const Node& node, const Scope* scope, Item in, Emit out);
    Flow enter(const Node& node, Index definition, const Scope* home, std::size_t parameter,
               const Scope* scope, const Scope* inner, Item in, Emit out);
    Flow variable(const Node& node, const Scope* scope, const Item& in, Emit out);
    Flow label(const Node& node, const Scope* scope, Item in, Emit out);

    const Node& node(Index at) const { return filter_.nodes[at]; }
    const parse::jq::Filter& filter_;
    Inputs inputs_;
    Value environment_;
    const Scope* leaving_ = nullptr;
    std::uintptr_t stack_ = 0;
};

// The built-in functions: those that are written in the language itself, and the others.
extern const std::string_view prelude;
Index builtin(std::string_view name, std::size_t arity);
Flow call_builtin(Machine& machine, Index which, const Node& node, const Scope* scope, Item in,
                  Emit out);
// @base64 and the like.
Outcome format(std::string_view name, const Value& value);

}  // namespace limpet::commands::jq
