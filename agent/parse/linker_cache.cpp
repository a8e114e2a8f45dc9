// parse/linker_cache.cpp - /etc/ld.so.cache.
#include "parse/linker_cache.h"

#include <cstdint>
#include <cstring>

namespace limpet::parse {
namespace {

constexpr std::string_view magic = "glibc-ld.so.cache1.1";
constexpr std::size_t header_size = 48;
constexpr std::size_t entry_size = 24;
constexpr std::size_t matches_limit = 64;

// Of the machine that wrote it, which is this one's order or no cache for us.
std::uint32_t word(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    if (at + sizeof value <= bytes.size()) std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

std::string_view text(std::string_view cache, std::uint32_t at) {
    if (at >= cache.size()) return {};
    const auto rest = cache.substr(at, 4096);
    return rest.substr(0, rest.find('\0'));
}

}  // namespace

std::vector<std::string> linker_cache(std::string_view cache, std::string_view name) {
    std::vector<std::string> found, special;
    // An old one may stand before the new one; names count from where the new one begins.
    if (!cache.starts_with(magic)) {
        const auto at = cache.find(magic);
        if (at == cache.npos) return found;
        cache.remove_prefix(at);
    }
    const auto count = word(cache, magic.size());
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto at = header_size + std::size_t{i} * entry_size;
        if (at + entry_size > cache.size()) break;
        if (text(cache, word(cache, at + 4)) != name) continue;
        const bool general = word(cache, at + 16) == 0 && word(cache, at + 20) == 0;
        auto& list = general ? found : special;
        if (list.size() < matches_limit) list.emplace_back(text(cache, word(cache, at + 8)));
    }
    for (auto& path : special) found.push_back(std::move(path));
    return found;
}

}  // namespace limpet::parse
