// jq_value.h - the values of jq: shared, and copied only when one of several owners writes.
#pragma once

#include "parse/json.h"

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands::jq {

// How deep values may be nested: what walks them does so by recursion.
inline constexpr std::size_t depth_limit = 1000;

class Value;
struct Member;

// What values share. It counts the memory that all of them hold, because a filter of a few bytes
// can ask for all there is; and its owners, by hand: a shared_ptr's code in every place where a
// value is copied is as much as the rest of jq.
struct Shared {
    Shared() = default;
    Shared(const Shared&) {}  // a copy has an owner of its own
    Shared& operator=(const Shared&) = delete;
    std::size_t owners = 1;
    static std::size_t held;
};
struct List;
struct Map;

class Value {
public:
    enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

    Value() = default;
    Value(const Value& other);
    Value(Value&& other) noexcept;
    Value& operator=(const Value& other);
    Value& operator=(Value&& other) noexcept;
    ~Value();
    static Value boolean(bool truth);
    static Value number(double number);
    // Printed as it was written, until something is computed with it.
    static Value number(std::string text);
    static Value string(std::string text);
    static Value array(std::vector<Value> items = {});
    static Value object();
    static Value from(parse::Json&& json);

    [[nodiscard]] Kind kind() const { return kind_; }
    [[nodiscard]] bool is(Kind kind) const { return kind_ == kind; }
    [[nodiscard]] bool truthy() const {
        return kind_ != Kind::null && (kind_ != Kind::boolean || number_ != 0);
    }
    [[nodiscard]] double number() const { return number_; }
    [[nodiscard]] std::string_view text() const;  // of a string; of a number, if it is kept
    [[nodiscard]] const std::vector<Value>& items() const;
    [[nodiscard]] const std::vector<Member>& members() const;
    [[nodiscard]] std::vector<Value> sorted_names() const;
    [[nodiscard]] const Value* find(std::string_view name) const;
    [[nodiscard]] std::size_t depth() const;

    // Of an array or an object, which becomes this value's own first.
    void append(Value value);
    Value& at(std::size_t index);  // exists
    void erase(std::size_t from, std::size_t to);
    Value& member(const Value& name);  // made when there is none
    void erase(std::string_view name);
    // How deep what was put in there is.
    void deepen(std::size_t depth);

private:
    List& own_list();
    Map& own_map();
    Kind kind_ = Kind::null;
    double number_ = 0;  // of a boolean 0 or 1
    Shared* shared_ = nullptr;
};

struct Member {
    Value name;
    Value value;
};

// A failed filter has a value too, for `catch`.
using Outcome = std::expected<Value, Value>;

inline Value text(std::string_view text) { return Value::string(std::string(text)); }
std::unexpected<Value> failure(std::string message);
std::unexpected<Value> failure(const Value& of, std::string_view what);
std::unexpected<Value> failure(std::string_view what, const Value& of);
std::string_view kind_name(Value::Kind kind);
// number (1), string ("the first wor...)
std::string described(const Value& value);

// <0, 0, >0; null < false < true < numbers < strings < arrays < objects.
int compare(const Value& left, const Value& right);
inline bool operator<(const Value& left, const Value& right) { return compare(left, right) < 0; }
// The places of values in their order; equal ones stay as they are.
std::vector<std::size_t> ordered(const std::vector<Value>& values);
inline bool operator==(const Value& left, const Value& right) { return compare(left, right) == 0; }

struct Style {
    int indent = 2;  // 0: all on one line
    bool tabs = false;
    bool sorted = false;
    bool ascii = false;
    bool colour = false;
    std::size_t enough = SIZE_MAX;  // of an array or object, when no more of it is looked at
};
void print(std::string& out, const Value& value, const Style& style, int level = 0);
std::string json(const Value& value);
void print_string(std::string& out, std::string_view text, bool ascii);
std::string number_text(double number);

// The parts of a text between others; its characters, when the other is empty.
Value split(std::string_view whole, std::string_view by);
// Bytes of the first character.
std::size_t character(std::string_view text);
Outcome operate(std::string_view operation, Value left, Value right);

// value[key]; key may be {"start":N,"end":N}.
Outcome get(const Value& value, const Value& key);
Outcome get_path(const Value& value, const Value& path);
Outcome set_path(Value value, const Value& path, Value to);
Outcome delete_paths(Value value, Value paths);
Outcome keys(const Value& value, bool sorted);
// Of a string in code points, of an array or an object in items.
std::size_t length(const Value& value);

}  // namespace limpet::commands::jq
