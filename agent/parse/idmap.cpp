// parse/idmap.cpp - /proc/PID/uid_map and gid_map, user_namespaces(7).
#include "parse/idmap.h"

#include "parse/lines.h"
#include "parse/number.h"

namespace limpet::parse {

std::vector<IdRange> idmap(std::string_view text) {
    std::vector<IdRange> map;
    while (!text.empty()) {
        auto line = take_line(text);
        const auto first = number<std::uint32_t>(take_word(line));
        const auto second = number<std::uint32_t>(take_word(line));
        const auto count = number<std::uint32_t>(take_word(line));
        if (first && second && count) map.push_back({*first, *second, *count});
    }
    return map;
}

std::optional<std::uint32_t> inside(const std::vector<IdRange>& map, std::uint32_t outside) {
    for (const auto& range : map) {
        if (outside >= range.outside && outside - range.outside < range.count) {
            return range.inside + (outside - range.outside);
        }
    }
    return std::nullopt;
}

std::optional<std::uint32_t> outside(const std::vector<IdRange>& map, std::uint32_t inside) {
    for (const auto& range : map) {
        if (inside >= range.inside && inside - range.inside < range.count) {
            return range.outside + (inside - range.inside);
        }
    }
    return std::nullopt;
}

}  // namespace limpet::parse
