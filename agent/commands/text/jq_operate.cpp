// jq_operate.cpp - jq's operators on two values.
#include "commands/text/jq_value.h"

#include <algorithm>
#include <cmath>

namespace limpet::commands::jq {
namespace {

using Kind = Value::Kind;

constexpr std::size_t longest_text = std::size_t{64} * 1024 * 1024;

Outcome wrong(const Value& left, const Value& right, std::string_view what) {
    return failure(described(left) + " and " + described(right) + " cannot be " +
                   std::string(what));
}

Outcome add(Value left, Value right) {
    if (left.is(Kind::null)) return right;
    if (right.is(Kind::null)) return left;
    if (left.kind() != right.kind()) return wrong(left, right, "added");
    switch (left.kind()) {
        case Kind::number: return Value::number(left.number() + right.number());
        case Kind::string: {
            std::string both;
            if (left.text().size() + right.text().size() > longest_text) {
                return failure("a string of more than 64 MiB");
            }
            both.reserve(left.text().size() + right.text().size());
            both += left.text();
            both += right.text();
            return Value::string(std::move(both));
        }
        case Kind::array:
            for (const auto& item : std::vector<Value>(right.items())) left.append(item);
            return left;
        case Kind::object:
            for (const auto& [name, value] : right.members()) {
                left.deepen(value.depth() + 1);
                left.member(name) = value;
            }
            return left;
        default: return wrong(left, right, "added");
    }
}

Outcome subtract(const Value& left, const Value& right) {
    if (left.is(Kind::number) && right.is(Kind::number)) {
        return Value::number(left.number() - right.number());
    }
    if (!left.is(Kind::array) || !right.is(Kind::array)) return wrong(left, right, "subtracted");
    const auto& without = right.items();
    const auto places = ordered(without);
    auto result = Value::array();
    for (const auto& item : left.items()) {
        const auto found = std::ranges::lower_bound(
            places, 0, {}, [&](std::size_t at) { return compare(without[at], item); });
        if (found == places.end() || compare(without[*found], item) != 0) result.append(item);
    }
    return result;
}

Value merged(Value left, const Value& right) {
    for (const auto& [name, value] : right.members()) {
        auto& place = left.member(name);
        if (place.is(Kind::object) && value.is(Kind::object)) {
            place = merged(std::exchange(place, {}), value);
        } else {
            place = value;
        }
        const auto depth = place.depth() + 1;
        left.deepen(depth);
    }
    return left;
}

Outcome multiply(Value left, Value right) {
    if (left.is(Kind::number) && right.is(Kind::number)) {
        return Value::number(left.number() * right.number());
    }
    if (left.is(Kind::number) && right.is(Kind::string)) std::swap(left, right);
    if (left.is(Kind::string) && right.is(Kind::number)) {
        if (!(right.number() > 0)) return Value{};
        const double times = std::max(1.0, std::ceil(right.number()));
        if (times * static_cast<double>(left.text().size()) > static_cast<double>(longest_text)) {
            return failure("a string of more than 64 MiB");
        }
        std::string result;
        if (left.text().empty()) return left;
        for (auto left_over = static_cast<std::size_t>(times); left_over > 0; --left_over) {
            result += left.text();
        }
        return Value::string(std::move(result));
    }
    if (left.is(Kind::object) && right.is(Kind::object)) return merged(std::move(left), right);
    return wrong(left, right, "multiplied");
}

Outcome divide(const Value& left, const Value& right) {
    if (left.is(Kind::number) && right.is(Kind::number)) {
        if (right.number() == 0) return wrong(left, right, "divided because the divisor is zero");
        return Value::number(left.number() / right.number());
    }
    if (!left.is(Kind::string) || !right.is(Kind::string)) return wrong(left, right, "divided");
    return split(left.text(), right.text());
}

Outcome remainder(const Value& left, const Value& right) {
    if (!left.is(Kind::number) || !right.is(Kind::number))
        return wrong(left, right, "divided (remainder)");
    const auto whole = [](double number) {
        constexpr double most = 9.2e18;
        return std::isnan(number) ? 0 : static_cast<std::int64_t>(std::clamp(number, -most, most));
    };
    const auto by = whole(right.number());
    if (by == 0) {
        return wrong(left, right, "divided (remainder) because the divisor is zero");
    }
    return Value::number(static_cast<double>(whole(left.number()) % by));
}

}  // namespace

Value split(std::string_view whole, std::string_view by) {
    auto result = Value::array();
    if (whole.empty()) return result;
    for (;;) {
        // Between all characters, when there is nothing to look for.
        const auto end = by.empty() ? character(whole) : whole.find(by);
        if (end == whole.npos || (by.empty() && end == whole.size())) break;
        result.append(text(whole.substr(0, end)));
        whole.remove_prefix(end + by.size());
    }
    result.append(text(whole));
    return result;
}

Outcome operate(std::string_view operation, Value left, Value right) {
    switch (operation[0]) {
        case '+': return add(std::move(left), std::move(right));
        case '-': return subtract(left, right);
        case '*': return multiply(std::move(left), std::move(right));
        case '/': return divide(left, right);
        case '%': return remainder(left, right);
        default: break;
    }
    // What is no number is less than all, as jq has it itself included.
    const int order = std::isnan(left.number()) ? -1 : compare(left, right);
    const bool equal = operation.size() == 2;  // all but < and >
    switch (operation[0]) {
        case '=': return Value::boolean(order == 0);
        case '!': return Value::boolean(order != 0);
        case '<': return Value::boolean(order < 0 || (equal && order == 0));
        default: return Value::boolean(order > 0 || (equal && order == 0));
    }
}

}  // namespace limpet::commands::jq
