// parse/maps.cpp - /proc/PID/maps and smaps, proc_pid_maps(5).
#include "parse/maps.h"

#include "parse/lines.h"
#include "parse/number.h"

#include <array>

namespace limpet::parse {

std::optional<Mapping> mapping(std::string_view line) {
    Mapping result;
    const auto start = number<std::uint64_t>(take(line, '-'), 16);
    const auto end = number<std::uint64_t>(take(line, ' '), 16);
    const auto permissions = take(line, ' ');
    const auto offset = number<std::uint64_t>(take(line, ' '), 16);
    const auto device = take(line, ' ');
    const auto inode = number<std::uint64_t>(take(line, ' '), 10);
    if (!start || !end || permissions.size() != 4 || !offset || !inode) return std::nullopt;
    // The kernel pads to column 73 with blanks; those of the path itself can only be behind them.
    while (line.starts_with(' ')) line.remove_prefix(1);
    return Mapping{
        *start,           *end, std::string(permissions), *offset, std::string(device), *inode,
        std::string(line)};
}

bool memory_use(std::string_view line, MemoryUse& use) {
    struct Field {
        std::string_view name;
        std::uint64_t MemoryUse::* member;
    };
    constexpr std::array fields{
        Field{"Rss", &MemoryUse::rss},
        Field{"Pss", &MemoryUse::pss},
        Field{"Shared_Clean", &MemoryUse::shared_clean},
        Field{"Shared_Dirty", &MemoryUse::shared_dirty},
        Field{"Private_Clean", &MemoryUse::private_clean},
        Field{"Private_Dirty", &MemoryUse::private_dirty},
        Field{"Anonymous", &MemoryUse::anonymous},
        Field{"Swap", &MemoryUse::swap},
    };
    // A mapping's line begins with its address, which has no capitals.
    if (line.empty() || line[0] < 'A' || line[0] > 'Z') return false;
    const auto colon = line.find(':');
    if (colon == line.npos) return false;
    for (const auto& field : fields) {
        if (field.name[0] != line[0] || field.name != line.substr(0, colon)) continue;
        auto rest = line.substr(colon + 1);
        use.*field.member += number<std::uint64_t>(take_word(rest)).value_or(0);
    }
    return true;
}

}  // namespace limpet::parse
