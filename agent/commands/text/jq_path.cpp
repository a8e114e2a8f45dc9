// jq_path.cpp - jq's ways into values: one step, a path of them, and what is set or deleted there.
#include "commands/text/jq_value.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace limpet::commands::jq {
namespace {

using Kind = Value::Kind;

// An array that something far behind its end is set in becomes that long.
constexpr double longest = 10'000'000;

struct Range {
    std::size_t from, to;
};

std::expected<Range, Value> range_of(const Value& key, std::size_t size) {
    const auto place = [&](std::string_view name, double missing) -> std::expected<double, Value> {
        const auto* bound = key.find(name);
        if (!bound || bound->is(Kind::null)) return missing;
        if (!bound->is(Kind::number)) {
            return failure("Start and end indices of an array slice must be numbers");
        }
        const double at =
            bound->number() < 0 ? bound->number() + static_cast<double>(size) : bound->number();
        // A start is rounded down and an end up.
        const double whole = name == "end" ? std::ceil(at) : std::floor(at);
        return std::isnan(whole) ? missing : std::clamp(whole, 0.0, static_cast<double>(size));
    };
    const auto from = static_cast<std::size_t>(TRY(place("start", 0)));
    const auto to = static_cast<std::size_t>(TRY(place("end", static_cast<double>(size))));
    return Range{from, std::max(from, to)};
}

std::string cannot_index(const Value& value, const Value& key) {
    auto message = "Cannot index " + std::string(kind_name(value.kind())) + " with ";
    if (!key.is(Kind::string)) return message + std::string(kind_name(key.kind()));
    return message + "string \"" + std::string(key.text()) + '"';
}

// Where all of a string's bytes up to that many code points end.
std::size_t bytes_of(std::string_view text, std::size_t points) {
    std::size_t at = 0;
    while (points-- > 0) at += character(text.substr(at));
    return at;
}

// Where a pattern occurs in an array.
Value places(const Value& value, const Value& part) {
    auto result = Value::array();
    const auto& items = value.items();
    const auto& wanted = part.items();
    if (wanted.empty()) return {};
    for (std::size_t i = 0; i + wanted.size() <= items.size(); ++i) {
        if (std::equal(wanted.begin(), wanted.end(),
                       items.begin() + static_cast<std::ptrdiff_t>(i)))
            result.append(Value::number(static_cast<double>(i)));
    }
    return result;
}

// The place that an index means, from the end when it is negative.
std::optional<double> place_of(const Value& value, const Value& key) {
    double at = std::floor(key.number());
    if (at < 0) at += static_cast<double>(value.items().size());
    return at < 0 || std::isnan(at) ? std::nullopt : std::optional(at);
}

Outcome set(Value value, std::span<const Value> path, Value to);

Outcome set_slice(Value value, const Value& key, std::span<const Value> rest, Value to) {
    if (value.is(Kind::null)) value = Value::array();
    if (!value.is(Kind::array)) return failure(cannot_index(value, key));
    const auto range = TRY(range_of(key, value.items().size()));
    auto part = TRY(get(value, key));
    part = TRY(set(std::move(part), rest, std::move(to)));
    if (!part.is(Kind::array))
        return failure("A slice of an array can only be assigned another array");
    std::vector<Value> items(value.items().begin(),
                             value.items().begin() + static_cast<std::ptrdiff_t>(range.from));
    items.insert(items.end(), part.items().begin(), part.items().end());
    items.insert(items.end(), value.items().begin() + static_cast<std::ptrdiff_t>(range.to),
                 value.items().end());
    return Value::array(std::move(items));
}

Outcome set(Value value, std::span<const Value> path, Value to) {
    if (path.empty()) return to;
    const auto& key = path.front();
    const auto rest = path.subspan(1);
    if (key.is(Kind::object)) return set_slice(std::move(value), key, rest, std::move(to));
    Value* place = nullptr;
    if (key.is(Kind::string) && (value.is(Kind::object) || value.is(Kind::null))) {
        if (value.is(Kind::null)) value = Value::object();
        place = &value.member(key);
    } else if (key.is(Kind::number) && (value.is(Kind::array) || value.is(Kind::null))) {
        if (value.is(Kind::null)) value = Value::array();
        const auto at = place_of(value, key);
        if (!at) return failure("Out of bounds negative array index");
        if (*at > longest) return failure("Array index too large");
        while (value.items().size() <= static_cast<std::size_t>(*at)) value.append({});
        place = &value.at(static_cast<std::size_t>(*at));
    } else {
        return failure(cannot_index(value, key));
    }
    // Taken out, so that it has one owner and is written to where it is.
    *place = TRY(set(std::exchange(*place, {}), rest, std::move(to)));
    const auto depth = place->depth() + 1;
    value.deepen(depth);
    return value;
}

Outcome erase(Value value, std::span<const Value> path) {
    const auto& key = path.front();
    if (value.is(Kind::null)) return value;
    if (path.size() > 1) {
        auto inner = TRY(get(value, key));
        if (inner.is(Kind::null)) return value;
        inner = TRY(erase(std::move(inner), path.subspan(1)));
        return set(std::move(value), path.first(1), std::move(inner));
    }
    if (value.is(Kind::object) && key.is(Kind::string)) {
        value.erase(key.text());
    } else if (value.is(Kind::array) && key.is(Kind::number)) {
        const auto at = place_of(value, key);
        const auto size = value.items().size();
        if (at && *at < static_cast<double>(size)) {
            value.erase(static_cast<std::size_t>(*at), static_cast<std::size_t>(*at) + 1);
        }
    } else if (value.is(Kind::array) && key.is(Kind::object)) {
        const auto range = TRY(range_of(key, value.items().size()));
        value.erase(range.from, range.to);
    } else {
        return failure("Cannot delete field at " + std::string(value.is(Kind::array)
                                                                   ? "array index of array"
                                                                   : "object index of object"));
    }
    return value;
}

}  // namespace

Outcome get(const Value& value, const Value& key) {
    if (key.is(Kind::string) && (value.is(Kind::object) || value.is(Kind::null))) {
        const auto* found = value.is(Kind::object) ? value.find(key.text()) : nullptr;
        return found ? *found : Value{};
    }
    if (key.is(Kind::number) && (value.is(Kind::array) || value.is(Kind::null))) {
        if (value.is(Kind::null)) return Value{};
        const auto at = place_of(value, key);
        const auto& items = value.items();
        return at && *at < static_cast<double>(items.size()) ? items[static_cast<std::size_t>(*at)]
                                                             : Value{};
    }
    if (key.is(Kind::object) && value.is(Kind::null)) return Value{};
    if (key.is(Kind::object) && (value.is(Kind::array) || value.is(Kind::string))) {
        const auto [from, to] = TRY(range_of(key, length(value)));
        if (value.is(Kind::string)) {
            const auto whole = value.text();
            const auto begin = bytes_of(whole, from);
            return text(whole.substr(begin, bytes_of(whole.substr(begin), to - from)));
        }
        const auto begin = value.items().begin();
        return Value::array(std::vector<Value>(begin + static_cast<std::ptrdiff_t>(from),
                                               begin + static_cast<std::ptrdiff_t>(to)));
    }
    if (key.is(Kind::array) && value.is(Kind::array)) return places(value, key);
    return failure(cannot_index(value, key));
}

Outcome get_path(const Value& value, const Value& path) {
    if (!path.is(Kind::array)) return failure("Path must be specified as an array");
    auto at = value;
    for (const auto& key : path.items()) {
        if (at.is(Kind::null)) return at;
        at = TRY(get(at, key));
    }
    return at;
}

Outcome set_path(Value value, const Value& path, Value to) {
    if (!path.is(Kind::array)) return failure("Path must be specified as an array");
    if (path.items().size() > depth_limit) return failure("nested too deeply");
    return set(std::move(value), path.items(), std::move(to));
}

Outcome delete_paths(Value value, Value paths) {
    if (!paths.is(Kind::array)) return failure("Paths must be specified as an array");
    const auto& all = paths.items();
    const auto places = ordered(all);
    // From the last on, so that those before stay what they are.
    for (auto place = places.rbegin(); place != places.rend(); ++place) {
        const auto& path = all[*place];
        if (!path.is(Kind::array)) return failure("Path must be specified as an array");
        if (path.items().empty()) return Value{};
        if (path.items().size() > depth_limit) return failure("nested too deeply");
        value = TRY(erase(std::move(value), path.items()));
    }
    return value;
}

}  // namespace limpet::commands::jq
