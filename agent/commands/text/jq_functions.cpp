// jq_functions.cpp - jq's functions of values alone.
#include "commands/mathematics.h"
#include "commands/text/jq_builtins.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace limpet::commands::jq {
namespace {

using Kind = Value::Kind;
using Arguments = std::span<const Value>;

Outcome size(const Value& in, Arguments) {
    if (in.is(Kind::null)) return Value::number(0);
    if (in.is(Kind::number)) return Value::number(std::fabs(in.number()));
    if (in.is(Kind::boolean)) return failure(in, " has no length");
    return Value::number(static_cast<double>(length(in)));
}

Outcome has(const Value& in, Arguments arguments) {
    const auto& key = arguments[0];
    if (in.is(Kind::null)) return Value::boolean(false);
    if (in.is(Kind::object) && key.is(Kind::string)) {
        return Value::boolean(in.find(key.text()) != nullptr);
    }
    if (in.is(Kind::array) && key.is(Kind::number)) {
        return Value::boolean(key.number() >= 0 &&
                              key.number() < static_cast<double>(in.items().size()));
    }
    return failure("Cannot check whether " + std::string(kind_name(in.kind())) + " has a " +
                   (key.is(Kind::string) ? "string" : std::string(kind_name(key.kind()))) + " key");
}

Outcome contains_any(const Value& whole, const Value& part) {
    if (whole.kind() != part.kind()) {
        return failure(described(whole) + " and " + described(part) +
                       " cannot have their containment checked");
    }
    if (whole.is(Kind::string)) {
        return Value::boolean(whole.text().find(part.text()) != std::string_view::npos);
    }
    if (whole.is(Kind::object)) {
        for (const auto& [name, value] : part.members()) {
            const auto* found = whole.find(name.text());
            if (!found) return Value::boolean(false);
            if (found->kind() != value.kind() || !TRY(contains_any(*found, value)).truthy()) {
                return Value::boolean(false);
            }
        }
        return Value::boolean(true);
    }
    if (!whole.is(Kind::array)) return Value::boolean(whole == part);
    for (const auto& wanted : part.items()) {
        bool found = false;
        for (const auto& item : whole.items()) {
            found =
                found || (item.kind() == wanted.kind() && TRY(contains_any(item, wanted)).truthy());
        }
        if (!found) return Value::boolean(false);
    }
    return Value::boolean(true);
}
Outcome contains(const Value& in, Arguments arguments) { return contains_any(in, arguments[0]); }

// Each item once, by reference to the value where there is only one owner: appended in place.
Outcome add(const Value& in, Arguments) {
    Value sum;
    const auto all = TRY(children(in));
    const auto& items = all.items();
    if (std::ranges::all_of(items, [](const auto& item) { return item.is(Kind::string); })) {
        std::string joined;
        for (const auto& item : items) joined += item.text();
        return items.empty() ? Value{} : Value::string(std::move(joined));
    }
    for (const auto& item : items) sum = TRY(operate("+", std::exchange(sum, {}), item));
    return sum;
}

Outcome reverse(const Value& in, Arguments) {
    if (in.is(Kind::null)) return Value::array();
    if (in.is(Kind::string)) {
        std::string reversed;
        auto rest = in.text();
        std::vector<std::string_view> characters;
        for (; !rest.empty(); rest.remove_prefix(characters.back().size())) {
            characters.push_back(rest.substr(0, character(rest)));
        }
        for (auto one = characters.rbegin(); one != characters.rend(); ++one) reversed += *one;
        return Value::string(std::move(reversed));
    }
    if (!in.is(Kind::array)) return failure("Cannot reverse ", in);
    return Value::array({in.items().rbegin(), in.items().rend()});
}

std::unexpected<Value> not_sorted(const Value& in) {
    return failure(in, " cannot be sorted, as it is not an array");
}

Outcome sort_by(const Value& in, Arguments arguments) {
    if (!in.is(Kind::array)) return not_sorted(in);
    auto sorted = Value::array();
    for (const auto at : ordered(arguments[0].items())) sorted.append(in.items()[at]);
    return sorted;
}
Outcome sort(const Value& in, Arguments) { return sort_by(in, {&in, 1}); }

Outcome group_by(const Value& in, Arguments arguments) {
    if (!in.is(Kind::array)) return failure("Cannot index " + described(in) + " with number");
    const auto& keys = arguments[0].items();
    auto groups = Value::array();
    auto group = Value::array();
    const Value* last = nullptr;
    for (const auto at : ordered(keys)) {
        if (last && !(*last == keys[at])) groups.append(std::exchange(group, Value::array()));
        group.append(in.items()[at]);
        last = &keys[at];
    }
    if (last) groups.append(std::move(group));
    return groups;
}

Outcome extreme(const Value& in, Arguments arguments, bool largest) {
    if (!in.is(Kind::array)) return failure("Cannot index " + described(in) + " with number");
    const auto& keys = arguments[0].items();
    std::size_t best = 0;
    for (std::size_t i = 1; i < keys.size(); ++i) {
        const bool less = keys[i] < keys[best];
        if (less != largest) best = i;
    }
    return keys.empty() ? Value{} : in.items()[best];
}
Outcome min_by(const Value& in, Arguments arguments) { return extreme(in, arguments, false); }
Outcome max_by(const Value& in, Arguments arguments) { return extreme(in, arguments, true); }

void flatten_into(Value& flat, const Value& in, double depth) {
    for (const auto& item : in.items()) {
        if (item.is(Kind::array) && depth != 0) {
            flatten_into(flat, item, depth - 1);
        } else {
            flat.append(item);
        }
    }
}
Outcome flatten(const Value& in, Arguments arguments) {
    auto flat = Value::array();
    flatten_into(flat, TRY(children(in)), arguments[0].number());
    return flat;
}

template <double (*function)(double)>
Outcome real(const Value& in, Arguments) {
    if (!in.is(Kind::number)) return failure(in, " number required");
    return Value::number(function(in.number()));
}
Outcome pow(const Value&, Arguments arguments) {
    return Value::number(mathematics::pow(arguments[0].number(), arguments[1].number()));
}

// Whether the text begins or ends with another, and what is left without it.
bool has_end(const Value& in, const Value& part, bool front) {
    return in.is(Kind::string) && part.is(Kind::string) &&
           (front ? in.text().starts_with(part.text()) : in.text().ends_with(part.text()));
}
template <bool front>
Outcome is_end(const Value& in, Arguments arguments) {
    if (!in.is(Kind::string) || !arguments[0].is(Kind::string)) {
        return failure(std::string(front ? "starts" : "ends") + "with() requires string inputs");
    }
    return Value::boolean(has_end(in, arguments[0], front));
}
template <bool front>
Outcome without_end(const Value& in, Arguments arguments) {
    if (!has_end(in, arguments[0], front)) return in;
    const auto size = arguments[0].text().size();
    return text(in.text().substr(front ? size : 0, in.text().size() - size));
}

template <char first>
Outcome change_case(const Value& in, Arguments) {
    if (!in.is(Kind::string)) return failure("ascii case: input must be a string");
    std::string changed(in.text());
    for (auto& byte : changed) {
        if (byte >= first && byte < first + 26) byte = static_cast<char>(byte ^ 0x20);
    }
    return Value::string(std::move(changed));
}

template <bool left, bool right>
Outcome trim(const Value& in, Arguments) {
    if (!in.is(Kind::string)) return failure(in, " cannot be trimmed");
    auto rest = in.text();
    constexpr std::string_view blanks = " \t\r\n\f\v";
    if (left) rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
    if (right) rest = rest.substr(0, rest.find_last_not_of(blanks) + 1);
    return text(rest);
}

Outcome split_text(const Value& in, Arguments arguments) {
    if (!in.is(Kind::string) || !arguments[0].is(Kind::string)) {
        return failure("split input and separator must be strings");
    }
    return split(in.text(), arguments[0].text());
}

constexpr Function all_functions[]{
    {"length", 0, size},
    {"has", 1, has},
    {"contains", 1, contains},
    {"add", 0, add},
    {"reverse", 0, reverse},
    {"sort", 0, sort},
    {"_sort_by", 1, sort_by},
    {"_group_by", 1, group_by},
    {"_min_by", 1, min_by},
    {"_max_by", 1, max_by},
    {"flatten", 1, flatten},
    {"floor", 0, real<std::floor>},
    {"ceil", 0, real<std::ceil>},
    {"round", 0, real<std::round>},
    {"sqrt", 0, real<std::sqrt>},
    {"fabs", 0, real<std::fabs>},
    {"pow", 2, pow},
    {"startswith", 1, is_end<true>},
    {"endswith", 1, is_end<false>},
    {"ltrimstr", 1, without_end<true>},
    {"rtrimstr", 1, without_end<false>},
    {"ascii_downcase", 0, change_case<'A'>},
    {"ascii_upcase", 0, change_case<'a'>},
    {"trim", 0, trim<true, true>},
    {"ltrim", 0, trim<true, false>},
    {"rtrim", 0, trim<false, true>},
    {"split", 1, split_text},
    {"join", 1, join},
    {"explode", 0, explode},
    {"implode", 0, implode},
    {"indices", 1, indices},
    {"_match", 3, match},
    {"tonumber", 0, tonumber},
    {"fromjson", 0, fromjson},
    {"strftime", 1, time_text},
    {"not", 0, [](const Value& in, Arguments) -> Outcome { return Value::boolean(!in.truthy()); }},
    {"type", 0, [](const Value& in, Arguments) -> Outcome { return text(kind_name(in.kind())); }},
    {"keys", 0, [](const Value& in, Arguments) { return keys(in, true); }},
    {"keys_unsorted", 0, [](const Value& in, Arguments) { return keys(in, false); }},
    {"tojson", 0, [](const Value& in, Arguments) -> Outcome { return Value::string(json(in)); }},
    {"tostring", 0, [](const Value& in, Arguments) { return format("text", in); }},
    {"utf8bytelength", 0,
     [](const Value& in, Arguments) -> Outcome {
         if (!in.is(Kind::string)) return failure(in, " only strings have UTF-8 byte length");
         return Value::number(static_cast<double>(in.text().size()));
     }},
    {"setpath", 2, [](const Value& in, Arguments of) { return set_path(in, of[0], of[1]); }},
    {"delpaths", 1, [](const Value& in, Arguments of) { return delete_paths(in, of[0]); }},
    {"infinite", 0,
     [](const Value&, Arguments) -> Outcome {
         return Value::number(std::numeric_limits<double>::infinity());
     }},
    {"nan", 0,
     [](const Value&, Arguments) -> Outcome {
         return Value::number(std::numeric_limits<double>::quiet_NaN());
     }},
    {"isnan", 0,
     [](const Value& in, Arguments) -> Outcome { return Value::boolean(std::isnan(in.number())); }},
    {"isinfinite", 0,
     [](const Value& in, Arguments) -> Outcome { return Value::boolean(std::isinf(in.number())); }},
};

}  // namespace

Outcome children(const Value& in) {
    if (in.is(Kind::array)) return in;
    if (!in.is(Kind::object)) return failure("Cannot iterate over ", in);
    auto all = Value::array();
    for (const auto& member : in.members()) all.append(member.value);
    return all;
}

std::span<const Function> functions() { return all_functions; }

}  // namespace limpet::commands::jq
