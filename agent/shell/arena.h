// shell/arena.h - memory of one parsed command: given out in pieces, freed at once.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace limpet::shell {

// Holds only what needs no destructor, so that a syntax tree is freed without being walked.
class Arena {
public:
    template <typename T>
    T* make(const T& value = {}) {
        static_assert(std::is_trivially_destructible_v<T>);
        return new (allocate(sizeof(T), alignof(T))) T(value);
    }

    template <typename T>
    std::span<const T> copy(const std::vector<T>& values) {
        static_assert(std::is_trivially_copyable_v<T>);
        if (values.empty()) return {};
        auto* place = static_cast<T*>(allocate(sizeof(T) * values.size(), alignof(T)));
        std::memcpy(static_cast<void*>(place), values.data(), sizeof(T) * values.size());
        return {place, values.size()};
    }

    std::string_view text(std::string_view bytes) {
        if (bytes.empty()) return {};
        auto* place = static_cast<char*>(allocate(bytes.size(), 1));
        std::memcpy(place, bytes.data(), bytes.size());
        return {place, bytes.size()};
    }

private:
    // Small: every function that is defined keeps the rest of its last one.
    static constexpr std::size_t block = 1024;

    void* allocate(std::size_t size, std::size_t alignment) {
        used_ = (used_ + alignment - 1) & ~(alignment - 1);
        if (used_ + size > capacity_) {
            capacity_ = size > block ? size : block;
            blocks_.push_back(std::make_unique_for_overwrite<char[]>(capacity_));
            used_ = 0;
        }
        void* place = blocks_.back().get() + used_;
        used_ += size;
        return place;
    }

    std::vector<std::unique_ptr<char[]>> blocks_;
    std::size_t capacity_ = 0;
    std::size_t used_ = 0;
};

}  // namespace limpet::shell
