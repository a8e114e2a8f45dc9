// parse/idmap.h - /proc/PID/uid_map and gid_map, user_namespaces(7).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace limpet::parse {

struct IdRange {
    std::uint32_t inside = 0;
    std::uint32_t outside = 0;
    std::uint32_t count = 0;
};

std::vector<IdRange> idmap(std::string_view text);
// The id that an id of outside has inside; nullopt when it is not mapped.
std::optional<std::uint32_t> inside(const std::vector<IdRange>& map, std::uint32_t outside);
// The other way.
std::optional<std::uint32_t> outside(const std::vector<IdRange>& map, std::uint32_t inside);

}  // namespace limpet::parse
