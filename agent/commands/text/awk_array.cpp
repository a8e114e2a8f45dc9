// commands/text/awk_array.cpp - arrays of awk.
#include "commands/text/awk_array.h"

#include <algorithm>
#include <cstring>
#include <ctime>

namespace limpet::commands::awk {
namespace {

// Keys come from hostile text: without a secret they could all be made to collide.
std::uint64_t secret() {
    static const std::uint64_t made = [] {
        timespec now{};
        ::clock_gettime(CLOCK_REALTIME, &now);
        const auto place = reinterpret_cast<std::uintptr_t>(&now);
        return (static_cast<std::uint64_t>(now.tv_nsec) * 0x9E3779B97F4A7C15U) ^
               (static_cast<std::uint64_t>(place) << 20) ^ static_cast<std::uint64_t>(now.tv_sec);
    }();
    return made;
}

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const auto product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

std::uint32_t Array::hash(std::string_view key) {
    constexpr std::uint64_t odd = 0xA0761D6478BD642FU;
    // Numbers that follow one another lie side by side, ten in a row: most arrays are counted
    // through.
    const bool counted = !key.empty() && key.back() >= '0' && key.back() <= '9';
    const auto last = counted ? static_cast<std::uint32_t>(key.back() - '0') : 0;
    if (counted) key.remove_suffix(1);
    std::uint64_t state = secret() ^ key.size();
    const char* at = key.data();
    std::size_t left = key.size();
    std::uint64_t word = 0;
    for (; left > 8; left -= 8, at += 8) {
        std::memcpy(&word, at, 8);
        state = mixed(state ^ word, odd);
    }
    word = 0;
    if (left > 0) std::memcpy(&word, at, left);
    state = mixed(state ^ word, odd ^ state);
    const auto folded = static_cast<std::uint32_t>(state ^ (state >> 32));
    return counted ? folded << 4 | last : folded;
}

std::uint32_t Array::find(std::string_view key, std::uint32_t hash) const {
    if (index_.empty()) return none;
    const auto mask = static_cast<std::uint32_t>(index_.size() - 1);
    for (auto slot = hash & mask;; slot = (slot + 1) & mask) {
        const auto entry = index_[slot];
        if (entry == 0) return none;
        if (entry >> 32 != hash) continue;
        const auto& element = elements_[element_of(entry)];
        if (element.key.has_text() && element.key.view() == key) return slot;
    }
}

// Room for as many again; what was erased goes for good.
void Array::rebuild() {
    std::erase_if(elements_, [](const Element& element) { return !element.key.has_text(); });
    std::size_t size = 16;
    while (size < (live_ + 1) * 3) size *= 2;
    index_.assign(size, 0);
    const auto mask = static_cast<std::uint32_t>(size - 1);
    for (std::size_t i = 0; i < elements_.size(); ++i) {
        auto slot = elements_[i].hash & mask;
        while (index_[slot] != 0) slot = (slot + 1) & mask;
        index_[slot] = entry(elements_[i].hash, i);
    }
}

Value& Array::at(std::string_view key) {
    const auto hashed = hash(key);
    if (const auto slot = find(key, hashed); slot != none)
        return elements_[element_of(index_[slot])].value;
    // Half full, with what was erased.
    if ((elements_.size() + 1) * 2 > index_.size()) rebuild();
    memory.reserve(element_cost);
    const auto mask = static_cast<std::uint32_t>(index_.size() - 1);
    auto slot = hashed & mask;
    while (index_[slot] != 0) slot = (slot + 1) & mask;
    elements_.push_back({Value(key), {}, hashed});
    index_[slot] = entry(hashed, elements_.size() - 1);
    ++live_;
    return elements_.back().value;
}

void Array::erase(std::string_view key) {
    const auto slot = find(key, hash(key));
    if (slot == none) return;
    auto& element = elements_[element_of(index_[slot])];
    element.key = Value();
    element.value = Value();
    --live_;
    memory.held -= std::min(memory.held, element_cost);
    if (live_ == 0) clear();
}

void Array::clear() {
    memory.held -= std::min(memory.held, live_ * element_cost);
    elements_.clear();
    live_ = 0;
    // A table that split() fills again and again stays; a huge one goes.
    if (index_.size() > 4096) {
        index_ = {};
        elements_ = {};
    } else {
        std::ranges::fill(index_, 0);
    }
}

std::vector<Value> Array::keys() const {
    std::vector<Value> all;
    all.reserve(live_);
    for (const auto& element : elements_) {
        if (element.key.has_text()) all.push_back(element.key);
    }
    return all;
}

}  // namespace limpet::commands::awk
