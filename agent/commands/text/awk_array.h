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
    static constexpr std::size_t element_cost = sizeof(Element) + 3 * sizeof(std::uint64_t);
    static constexpr std::uint32_t none = 0xFFFF'FFFF;
    static std::uint32_t hash(std::string_view key);
    // The slot of the index that holds it, or none.
    [[nodiscard]] std::uint32_t find(std::string_view key, std::uint32_t hash) const;
    void rebuild();

    std::vector<Element> elements_;
    // 0: free; else an element, from 1, below its hash: a look at others needs no element.
    std::vector<std::uint64_t> index_;
    static std::uint64_t entry(std::uint32_t hash, std::size_t element) {
        return static_cast<std::uint64_t>(hash) << 32 | (element + 1);
    }
    [[nodiscard]] static std::size_t element_of(std::uint64_t entry) {
        return (entry & 0xFFFF'FFFF) - 1;
    }
    std::size_t live_ = 0;
};

}  // namespace limpet::commands::awk
