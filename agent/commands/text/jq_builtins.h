// jq_builtins.h - jq's functions of values alone.
#pragma once

#include "commands/text/jq_machine.h"

#include <span>

namespace limpet::commands::jq {

struct Function {
    std::string_view name;
    std::size_t arity;
    Outcome (*run)(const Value& in, std::span<const Value> arguments);
};
std::span<const Function> functions();

// The items of an array, the values of an object.
Outcome children(const Value& in);

// Of texts (jq_text.cpp).
Outcome match(const Value& in, std::span<const Value> arguments);
Outcome tonumber(const Value& in, std::span<const Value>);
Outcome fromjson(const Value& in, std::span<const Value>);
Outcome explode(const Value& in, std::span<const Value>);
Outcome implode(const Value& in, std::span<const Value>);
Outcome join(const Value& in, std::span<const Value> arguments);
Outcome indices(const Value& in, std::span<const Value> arguments);
Outcome time_text(const Value& in, std::span<const Value> arguments);

}  // namespace limpet::commands::jq
