// container/spaces.cpp - the namespaces that processes are in.
#include "commands/container/spaces.h"

#include "parse/lines.h"
#include "parse/number.h"
#include "parse/status.h"
#include "target/sidecar.h"

#include <algorithm>

namespace limpet::commands {
namespace {

// Fixed inode numbers of the first namespaces, include/uapi/linux/nsfs.h; the first of mounts and
// networks have none.
constexpr std::array<std::uint32_t, space_kinds.size()> first_ones{
    4026531835, 4026531839, 0, 0, 4026531836, 4026531834, 4026531837, 4026531838};

}  // namespace

void describe_space(const Process& process, Space& space) {
    space.pid = process.pid;
    const auto status = parse::status(read_small(process, "status").value_or(""));
    space.parent = status.ppid.value_or(0);
    if (status.uid) space.uid = status.uid->effective;
    space.command = joined(read_small(process, "cmdline").value_or(""));
    if (!space.command.empty()) return;
    space.command = read_small(process, "comm").value_or("");
    if (space.command.ends_with('\n')) space.command.pop_back();
}

std::string space_link(const Process& process, std::string_view kind) {
    std::string path = "ns/";
    path += kind;
    return process.at.readlink(path).value_or("");
}

std::optional<std::uint64_t> space_number(std::string_view link) {
    const auto open = link.find('[');
    if (open == link.npos || !link.ends_with(']')) return std::nullopt;
    link.remove_prefix(open + 1);
    link.remove_suffix(1);
    return parse::number<std::uint64_t>(link);
}

std::string_view whose_space(const target::Target& target, std::string_view kind,
                             std::string_view link) {
    std::string name = "node-";
    name += kind;
    const auto node = target::fact(target, name);
    if (!node.empty()) return node == link ? "node" : "own";
    for (std::size_t i = 0; i < space_kinds.size(); ++i) {
        if (space_kinds[i] != kind || first_ones[i] == 0) continue;
        return space_number(link) == first_ones[i] ? "node" : "own";
    }
    return "unknown";
}

Result<std::vector<Space>> all_spaces(const target::Target& target) {
    std::vector<Space> spaces;
    TRY(each_process(target, [&](Process& process) {
        for (const auto kind : space_kinds) {
            const auto number = space_number(space_link(process, kind));
            if (!number) continue;
            auto place = std::ranges::lower_bound(spaces, *number, {}, &Space::number);
            if (place == spaces.end() || place->number != *number) {
                place = spaces.insert(place, Space{.number = *number, .kind = kind});
                describe_space(process, *place);
            }
            ++place->processes;
        }
    }));
    return spaces;
}

}  // namespace limpet::commands
