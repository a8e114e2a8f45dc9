// jq_value.cpp - the values of jq.
#include "commands/text/jq_value.h"

#include "commands/utf8.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace limpet::commands::jq {

std::size_t Shared::held = 0;

struct Text : Shared {
    explicit Text(std::string of) : text(std::move(of)) { held += sizeof *this + text.size(); }
    Text(const Text&) = delete;
    Text& operator=(const Text&) = delete;
    ~Text() { held -= sizeof *this + text.size(); }
    const std::string text;
};

struct List : Shared {
    List() { held += sizeof *this; }
    List(const List& other) : Shared(other), items(other.items), depth(other.depth) {
        held += sizeof *this + items.size() * sizeof(Value);
    }
    List& operator=(const List&) = delete;
    ~List() { held -= sizeof *this + items.size() * sizeof(Value); }
    std::vector<Value> items;
    std::size_t depth = 1;
};

struct Map : Shared {
    // With its share of the index.
    static constexpr std::size_t cost = sizeof(Member) + 64;
    Map() { held += sizeof *this; }
    Map(const Map& other)
        : Shared(other), members(other.members), index(other.index), depth(other.depth) {
        held += sizeof *this + members.size() * cost;
    }
    Map& operator=(const Map&) = delete;
    ~Map() { held -= sizeof *this + members.size() * cost; }
    std::vector<Member> members;
    // Of large ones; a tree, for what hashes can be made to collide. The names are in `members`.
    std::map<std::string_view, std::size_t> index;
    std::size_t depth = 1;

    static constexpr std::size_t indexed = 12;
    [[nodiscard]] std::size_t find(std::string_view name) const {
        if (!index.empty()) {
            const auto found = index.find(name);
            return found == index.end() ? members.size() : found->second;
        }
        std::size_t at = 0;
        while (at < members.size() && members[at].name.text() != name) ++at;
        return at;
    }
    void reindex() {
        index.clear();
        if (members.size() < indexed) return;
        for (std::size_t i = 0; i < members.size(); ++i) index[members[i].name.text()] = i;
    }
};

Value::Value(const Value& other)
    : kind_(other.kind_), number_(other.number_), shared_(other.shared_) {
    if (shared_) ++shared_->owners;
}
Value::Value(Value&& other) noexcept
    : kind_(other.kind_), number_(other.number_), shared_(std::exchange(other.shared_, nullptr)) {
    other.kind_ = Kind::null;
}
Value& Value::operator=(const Value& other) { return *this = Value(other); }
Value& Value::operator=(Value&& other) noexcept {
    std::swap(kind_, other.kind_);
    std::swap(number_, other.number_);
    std::swap(shared_, other.shared_);
    return *this;
}
Value::~Value() {
    if (!shared_ || --shared_->owners > 0) return;
    if (kind_ == Kind::array) {
        delete static_cast<List*>(shared_);
    } else if (kind_ == Kind::object) {
        delete static_cast<Map*>(shared_);
    } else {
        delete static_cast<Text*>(shared_);
    }
}

Value Value::boolean(bool truth) {
    Value value;
    value.kind_ = Kind::boolean;
    value.number_ = truth ? 1 : 0;
    return value;
}

Value Value::number(double number) {
    Value value;
    value.kind_ = Kind::number;
    value.number_ = number;
    return value;
}

Value Value::number(std::string text) {
    auto value = number(std::strtod(text.c_str(), nullptr));
    // Most are spelt as we would.
    if (number_text(value.number_) != text) value.shared_ = new Text(std::move(text));
    return value;
}

Value Value::string(std::string text) {
    Value value;
    value.kind_ = Kind::string;
    value.shared_ = new Text(std::move(text));
    return value;
}

Value Value::array(std::vector<Value> items) {
    Value value;
    value.kind_ = Kind::array;
    auto* list = new List;
    Shared::held += items.size() * sizeof(Value);
    list->items = std::move(items);
    for (const auto& item : list->items) list->depth = std::max(list->depth, item.depth() + 1);
    value.shared_ = list;
    return value;
}

Value Value::object() {
    Value value;
    value.kind_ = Kind::object;
    value.shared_ = new Map;
    return value;
}

Value Value::from(parse::Json&& json) {
    using enum parse::Json::Kind;
    switch (json.kind) {
        case null: return {};
        case boolean: return Value::boolean(json.truth);
        case number: return Value::number(std::move(json.text));
        case string: return Value::string(std::move(json.text));
        case array: {
            auto value = Value::array();
            for (auto& item : json.items) value.append(from(std::move(item)));
            return value;
        }
        case object: break;
    }
    auto value = Value::object();
    for (std::size_t i = 0; i < json.names.size(); ++i) {
        auto item = from(std::move(json.items[i]));
        value.deepen(item.depth() + 1);
        value.member(Value::string(std::move(json.names[i]))) = std::move(item);
    }
    return value;
}

std::string_view Value::text() const {
    return shared_ ? std::string_view(static_cast<const Text&>(*shared_).text) : std::string_view{};
}
const std::vector<Value>& Value::items() const { return static_cast<const List&>(*shared_).items; }
const std::vector<Member>& Value::members() const {
    return static_cast<const Map&>(*shared_).members;
}
const Value* Value::find(std::string_view name) const {
    const auto& map = static_cast<const Map&>(*shared_);
    const auto at = map.find(name);
    return at == map.members.size() ? nullptr : &map.members[at].value;
}
std::size_t Value::depth() const {
    if (kind_ == Kind::array) return static_cast<const List&>(*shared_).depth;
    return kind_ == Kind::object ? static_cast<const Map&>(*shared_).depth : 0;
}

std::vector<Value> Value::sorted_names() const {
    std::vector<Value> names, sorted;
    for (const auto& member : members()) names.push_back(member.name);
    for (const auto at : ordered(names)) sorted.push_back(names[at]);
    return sorted;
}

List& Value::own_list() {
    if (shared_->owners > 1) {
        --shared_->owners;
        shared_ = new List(static_cast<const List&>(*shared_));
    }
    return static_cast<List&>(*shared_);
}
Map& Value::own_map() {
    if (shared_->owners > 1) {
        --shared_->owners;
        shared_ = new Map(static_cast<const Map&>(*shared_));
    }
    return static_cast<Map&>(*shared_);
}

void Value::deepen(std::size_t depth) {
    if (kind_ == Kind::array) {
        auto& list = own_list();
        list.depth = std::max(list.depth, depth);
    } else {
        auto& map = own_map();
        map.depth = std::max(map.depth, depth);
    }
}

void Value::append(Value value) {
    auto& list = own_list();
    list.depth = std::max(list.depth, value.depth() + 1);
    list.items.push_back(std::move(value));
    Shared::held += sizeof(Value);
}
Value& Value::at(std::size_t index) { return own_list().items[index]; }
void Value::erase(std::size_t from, std::size_t to) {
    auto& items = own_list().items;
    const auto place = [&](std::size_t at) {
        return items.begin() + static_cast<std::ptrdiff_t>(at);
    };
    items.erase(place(from), place(to));
    Shared::held -= (to - from) * sizeof(Value);
}

Value& Value::member(const Value& name) {
    auto& map = own_map();
    const auto at = map.find(name.text());
    if (at < map.members.size()) return map.members[at].value;
    map.members.push_back({name, {}});
    Shared::held += Map::cost;
    if (!map.index.empty()) {
        map.index[name.text()] = at;
    } else if (map.members.size() == Map::indexed) {
        map.reindex();
    }
    return map.members.back().value;
}

void Value::erase(std::string_view name) {
    auto& map = own_map();
    const auto at = map.find(name);
    if (at == map.members.size()) return;
    map.members.erase(map.members.begin() + static_cast<std::ptrdiff_t>(at));
    Shared::held -= Map::cost;
    map.reindex();
}

std::unexpected<Value> failure(std::string message) {
    return std::unexpected(Value::string(std::move(message)));
}

std::unexpected<Value> failure(const Value& of, std::string_view what) {
    return failure(described(of).append(what));
}
std::unexpected<Value> failure(std::string_view what, const Value& of) {
    return failure(std::string(what) + described(of));
}

std::string_view kind_name(Value::Kind kind) {
    constexpr std::string_view names[]{"null", "boolean", "number", "string", "array", "object"};
    return names[static_cast<std::size_t>(kind)];
}

std::string described(const Value& value) {
    constexpr std::size_t most = 14;
    // Not the whole text of what may be large.
    std::string shown;
    if (value.is(Value::Kind::string)) {
        print_string(shown, value.text().substr(0, 4 * most), false);
    } else {
        print(shown, value, {.indent = 0, .enough = 4 * most});
    }
    if (shown.size() > most) shown = shown.substr(0, most - 3) + "...";
    return std::string(kind_name(value.kind())) + " (" + shown + ')';
}

int compare(const Value& left, const Value& right) {
    using Kind = Value::Kind;
    const auto order = [](const auto& a, const auto& b) { return a < b ? -1 : b < a ? 1 : 0; };
    if (left.kind() != right.kind()) return order(left.kind(), right.kind());
    switch (left.kind()) {
        case Kind::null: return 0;
        case Kind::boolean: return order(left.number(), right.number());
        case Kind::number:
            if (std::isnan(left.number())) return std::isnan(right.number()) ? 0 : -1;
            return std::isnan(right.number()) ? 1 : order(left.number(), right.number());
        case Kind::string: return order(left.text(), right.text());
        case Kind::array: {
            const auto& a = left.items();
            const auto& b = right.items();
            for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
                if (const int differ = compare(a[i], b[i])) return differ;
            }
            return order(a.size(), b.size());
        }
        case Kind::object: break;
    }
    const auto names = left.sorted_names();
    const auto others = right.sorted_names();
    for (std::size_t i = 0; i < std::min(names.size(), others.size()); ++i) {
        if (const int differ = order(names[i].text(), others[i].text())) return differ;
    }
    if (names.size() != others.size()) return order(names.size(), others.size());
    for (const auto& name : names) {
        if (const int differ = compare(*left.find(name.text()), *right.find(name.text()))) {
            return differ;
        }
    }
    return 0;
}

std::vector<std::size_t> ordered(const std::vector<Value>& values) {
    std::vector<std::size_t> places(values.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
        const int order = compare(values[a], values[b]);
        return order != 0 ? order < 0 : a < b;
    });
    return places;
}

std::size_t character(std::string_view text) { return std::max<std::size_t>(utf8_length(text), 1); }

std::size_t length(const Value& value) {
    if (value.is(Value::Kind::array)) return value.items().size();
    if (value.is(Value::Kind::object)) return value.members().size();
    std::size_t count = 0;
    for (auto rest = value.text(); !rest.empty(); ++count) {
        rest.remove_prefix(character(rest));
    }
    return count;
}

Outcome keys(const Value& value, bool sorted) {
    auto result = Value::array();
    if (value.is(Value::Kind::array)) {
        for (std::size_t i = 0; i < value.items().size(); ++i) {
            result.append(Value::number(static_cast<double>(i)));
        }
    } else if (!value.is(Value::Kind::object)) {
        return failure(value, " has no keys");
    } else if (sorted) {
        return Value::array(value.sorted_names());
    } else {
        for (const auto& member : value.members()) result.append(member.name);
    }
    return result;
}

}  // namespace limpet::commands::jq
