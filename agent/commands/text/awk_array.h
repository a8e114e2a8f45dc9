// commands/text/awk_array.h - an array of awk: a hash table whose elements keep their order.
#pragma once

#include "commands/text/awk_value.h"

#include <vector>

namespace limpet::commands::awk {

class Array {
public:
    Array() = default;
    Array(const Array&) = delete;
    Array& operator=(const Array&) = delete;
    ~Array() { clear(); }

    // Made when it is not there. Valid until the next one is made.
    Value& at(std::string_view key);
    [[nodiscard]] bool contains(std::string_view key) const { return find(key, hash(key)) != none; }
    void erase(std::string_view key);
    void clear();
    [[nodiscard]] std::size_t size() const { return live_; }
    // All keys as they are now, in the order in which they were made.
    [[nodiscard]] std::vector<Value> keys() const;

private:
    struct Element {
        Value key;  // unset: erased
        Value value;
        std::uint32_t hash;
    };
    static constexpr std::uint32_t none = 0xFFFF'FFFF;
    static std::uint32_t hash(std::string_view key);
    // The slot of the index that holds it, or none.
    [[nodiscard]] std::uint32_t find(std::string_view key, std::uint32_t hash) const;
    void rebuild();

    std::vector<Element> elements_;
    std::vector<std::uint32_t> index_;  // 0: free; else an element, from 1
    std::size_t live_ = 0;
};

}  // namespace limpet::commands::awk
