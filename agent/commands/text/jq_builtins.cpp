// jq_builtins.cpp - jq's functions that take filters, and the table of all that are built in.
#include "commands/text/jq_builtins.h"

#include <algorithm>

namespace limpet::commands::jq {

// What the language can say itself.
const std::string_view prelude = R"(
def select(f): if f then . else empty end;
def map(f): [.[] | f];
def map_values(f): .[] |= f;
def recurse: recurse(.[]?);
def recurse(f; c): recurse(f | select(c));
def env: $ENV;
def values: select(. != null);
def nulls: select(. == null);
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type == "array" or type == "object");
def scalars: select(type != "array" and type != "object");
def range($n): range(0; $n; 1);
def range($from; $to): range($from; $to; 1);
def isempty(f): first((f | false), true);
def any(f; c): isempty(f | c or empty) | not;
def any(c): any(.[]; c);
def any: any(.[]; .);
def all(f; c): isempty(f | c and empty);
def all(c): all(.[]; c);
def all: all(.[]; .);
def first: .[0];
def last: .[-1];
def last(f): reduce f as $x (null; $x);
def nth($n): .[$n];
def nth($n; f): if $n < 0 then error("Out of bounds negative array index") else last(limit($n + 1; f)) end;
def in(x): . as $name | x | has($name);
def inside(x): . as $part | x | contains($part);
def paths: path(..) | select(length > 0);
def paths(f): path(.. | select(f)) | select(length > 0);
def leaf_paths: paths(scalars);
def del(f): delpaths([path(f)]);
def to_entries: [keys_unsorted[] as $k | {key: $k, value: .[$k]}];
def from_entries: reduce .[] as $x ({};
  .[$x | if .key == null then .k // .name // .Name // .K // .Key else .key end
    | if type == "string" then . else tojson end]
  = ($x | if has("value") then .value elif has("v") then .v else .Value end));
def with_entries(f): to_entries | map(f) | from_entries;
def sort_by(f): _sort_by(map([f]));
def group_by(f): _group_by(map([f]));
def unique_by(f): [group_by(f)[] | .[0]];
def unique: unique_by(.);
def min_by(f): _min_by(map([f]));
def max_by(f): _max_by(map([f]));
def min: min_by(.);
def max: max_by(.);
def flatten: flatten(-1);
def match($re; $flags): _match($re; $flags; false) | .[];
def match($re): if ($re | type) == "array" then match($re[0]; $re[1]) else match($re; null) end;
def test($re; $flags): _match($re; $flags; true);
def test($re): if ($re | type) == "array" then test($re[0]; $re[1]) else test($re; null) end;
def scan($re): match($re; "g") | if .captures == [] then .string else [.captures[].string] end;
def split($re; $flags): . as $s | [foreach (match($re; $flags + "g"), null) as $m ([0, null];
  if $m == null then [0, $s[.[0]:]] else [$m.offset + $m.length, $s[.[0]:$m.offset]] end; .[1])];
def splits($re; $flags): split($re; $flags) | .[];
def splits($re): splits($re; null);
def sub($re; f; $flags): . as $s | reduce match($re; $flags) as $m ([0, ""];
  [$m.offset + $m.length, .[1] + $s[.[0]:$m.offset] + ({} | f)]) | .[1] + $s[.[0]:];
def sub($re; f): sub($re; f; null);
def gsub($re; f; $flags): sub($re; f; $flags + "g");
def gsub($re; f): sub($re; f; "g");
def index($s): indices($s) | .[0];
def rindex($s): indices($s) | .[-1:][0];
def walk(f): def w: if type == "object" then map_values(w) elif type == "array" then map(w) else . end | f; w;
def IN(s): any(s == .; .);
def IN(f; s): any(f == s; .);
def transpose: if . == [] then [] else . as $rows | [range(map(length) | max) as $i | [$rows[][$i]]] end;
def combinations: if length == 0 then [] else .[0][] as $x | .[1:] | combinations | [$x] + . end;
def todate: strftime("%Y-%m-%dT%H:%M:%SZ");
def tostream: path(def r: (.[]? | r), .; r) as $p | getpath($p)
  | reduce path(.[]?) as $q ([$p, .]; [$p + $q]);
def halt_error: halt_error(5);
def finites: select(isinfinite or isnan | not);
)";

namespace {

// until, while, repeat and recurse: the last of what a step gives is gone on with in a loop, so
// that a filter which only ever gives one can go on for ever.
enum class Loop : std::uint8_t { until, while_, repeat };

Flow loop(Machine& machine, Loop kind, const Node& node, const Scope* scope, Item in, Emit out) {
    for (;;) {
        if (kind != Loop::repeat) {
            bool holds = false;
            const auto flow = machine.values(node.parts[0], scope, in.value, [&](const Item& item) {
                holds = item.value.truthy();
                return Flow::go;
            });
            if (flow != Flow::go) return flow;
            if (kind == Loop::until && holds) return out(std::move(in));
            if (kind == Loop::while_ && !holds) return Flow::go;
        }
        if (kind != Loop::until) {
            if (const auto flow = out(in); flow != Flow::go) return flow;
        }
        std::vector<Item> next;
        const auto flow = machine.evaluate(node.parts.back(), scope, std::move(in), [&](Item item) {
            next.push_back(std::move(item));
            return Flow::go;
        });
        if (flow != Flow::go) return flow;
        if (next.empty()) return Flow::go;
        in = std::move(next.back());
        next.pop_back();
        for (auto& item : next) {
            if (!machine.shallow()) return machine.fail(text("the filter calls itself too deeply"));
            const auto inner = loop(machine, kind, node, scope, std::move(item), out);
            if (inner != Flow::go) return inner;
        }
    }
}

Flow until(Machine& machine, const Node& node, const Scope* scope, Item in, Emit out) {
    return loop(machine, Loop::until, node, scope, std::move(in), out);
}
Flow while_(Machine& machine, const Node& node, const Scope* scope, Item in, Emit out) {
    return loop(machine, Loop::while_, node, scope, std::move(in), out);
}
Flow repeat(Machine& machine, const Node& node, const Scope* scope, Item in, Emit out) {
    return loop(machine, Loop::repeat, node, scope, std::move(in), out);
}

Flow empty(Machine&, const Node&, const Scope*, Item, Emit) { return Flow::go; }

Flow error(Machine& machine, const Node& node, const Scope* scope, Item in, Emit) {
    if (node.parts.empty()) return machine.fail(std::move(in.value));
    return machine.values(node.parts[0], scope, in.value,
                          [&](Item item) { return machine.fail(std::move(item.value)); });
}

Flow path(Machine& machine, const Node& node, const Scope* scope, Item in, Emit out) {
    return machine.paths(node.parts[0], scope, in.value,
                         [&](Item item) { return machine.hand(std::move(item.value), in, out); });
}

Flow getpath(Machine& machine, const Node& node, const Scope* scope, Item in, Emit out) {
    return machine.values(node.parts[0], scope, in.value, [&](const Item& way) {
        auto found = get_path(in.value, way.value);
        if (!found) return machine.fail(std::move(found).error());
        Item item{*std::move(found), in.path};
        if (item.path.is(Value::Kind::array)) {
            for (const auto& key : way.value.items()) item.path.append(key);
        }
        return out(std::move(item));
    });
}

// The first `count` of what a filter gives.
Flow at_most(Machine& machine, double count, Index filter, const Scope* scope, Item in, Emit out) {
    if (!(count > 0)) return Flow::go;
    const Scope label{.up = scope, .kind = Scope::Kind::label};
    const auto flow = machine.evaluate(filter, &label, std::move(in), [&](Item item) {
        const auto behind = out(std::move(item));
        if (behind != Flow::go) return behind;
        return --count > 0 ? Flow::go : machine.leave(&label);
    });
    return machine.caught(flow, &label);
}

Flow first(Machine& machine, const Node& node, const Scope* scope, Item in, Emit out) {
    return at_most(machine, 1, node.parts[0], scope, std::move(in), out);
}

Flow limit(Machine& machine, const Node& node, const Scope* scope, Item in, Emit out) {
    return machine.values(node.parts[0], scope, in.value, [&](const Item& count) {
        return at_most(machine, count.value.number(), node.parts[1], scope, in, out);
    });
}

Flow range(Machine& machine, const Node& node, const Scope* scope, Item in, Emit out) {
    const auto bound = [&](std::size_t part, Emit with) {
        return machine.values(node.parts[part], scope, in.value, [&](Item item) {
            if (item.value.is(Value::Kind::number)) return with(std::move(item));
            return machine.fail(text("Range bounds must be numeric"));
        });
    };
    return bound(0, [&](const Item& from) {
        return bound(1, [&](const Item& to) {
            return bound(2, [&](const Item& by) {
                const double step = by.value.number();
                const double end = to.value.number();
                double at = from.value.number();
                while (step > 0 ? at < end : step < 0 && at > end) {
                    const auto flow = machine.hand(Value::number(at), in, out);
                    if (flow != Flow::go) return flow;
                    at += step;
                }
                return Flow::go;
            });
        });
    });
}

Flow input(Machine& machine, const Node&, const Scope*, Item in, Emit out) {
    auto next = machine.next_input();
    if (!next) return machine.fail(std::move(next).error());
    if (!*next) return machine.fail(text("No more inputs"));
    return machine.hand(**std::move(next), in, out);
}

Flow inputs(Machine& machine, const Node&, const Scope*, Item in, Emit out) {
    for (;;) {
        auto next = machine.next_input();
        if (!next) return machine.fail(std::move(next).error());
        if (!*next) return Flow::go;
        const auto flow = machine.hand(**std::move(next), in, out);
        if (flow != Flow::go) return flow;
    }
}

Flow halt(Machine& machine, const Node& node, const Scope* scope, Item in, Emit) {
    machine.halted = 0;
    if (node.parts.empty()) return machine.fail({});
    return machine.values(node.parts[0], scope, in.value, [&](const Item& status) {
        machine.halted = static_cast<int>(status.value.number()) & 255;
        return machine.fail(in.value);
    });
}

struct Special {
    std::string_view name;
    std::size_t arity;
    Flow (*run)(Machine&, const Node&, const Scope*, Item, Emit);
};
constexpr Special specials[]{
    {"empty", 0, empty},   {"error", 0, error},   {"error", 1, error},     {"path", 1, path},
    {"first", 1, first},   {"limit", 2, limit},   {"range", 3, range},     {"until", 2, until},
    {"while", 2, while_},  {"repeat", 1, repeat}, {"recurse", 1, repeat},  {"input", 0, input},
    {"inputs", 0, inputs}, {"halt", 0, halt},     {"halt_error", 1, halt}, {"getpath", 1, getpath},
};

// Every combination of what the arguments give, the first varying fastest.
Flow with_arguments(Machine& machine, const Function& function, const Node& node, std::size_t left,
                    const Scope* scope, const Item& in, std::vector<Value>& arguments, Emit out) {
    if (left == 0) return machine.hand(function.run(in.value, arguments), in, out);
    return machine.values(node.parts[left - 1], scope, in.value, [&](Item item) {
        arguments[left - 1] = std::move(item.value);
        return with_arguments(machine, function, node, left - 1, scope, in, arguments, out);
    });
}

}  // namespace

Index builtin(std::string_view name, std::size_t arity) {
    const auto is = [&](const auto& one) { return one.name == name && one.arity == arity; };
    const auto* special = std::ranges::find_if(specials, is);
    if (special != std::end(specials)) return static_cast<Index>(special - specials);
    const auto all = functions();
    const auto plain = std::ranges::find_if(all, is);
    if (plain == all.end()) return parse::jq::none;
    return static_cast<Index>(std::size(specials) + static_cast<std::size_t>(plain - all.begin()));
}

Flow call_builtin(Machine& machine, Index which, const Node& node, const Scope* scope, Item in,
                  Emit out) {
    if (which < std::size(specials)) {
        return specials[which].run(machine, node, scope, std::move(in), out);
    }
    std::vector<Value> arguments(node.parts.size());
    return with_arguments(machine, functions()[which - std::size(specials)], node, arguments.size(),
                          scope, in, arguments, out);
}

}  // namespace limpet::commands::jq
