// process/names.h - user and group names as the target's own files say, and its id mapping.
#pragma once

#include "target/target.h"

#include "parse/idmap.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace limpet::commands {

// Reads /etc/passwd and /etc/group of the target when they are first asked for. Ids come from
// procfs, which shows them as our user namespace sees them; the target's names want its own.
class ProcessNames {
public:
    explicit ProcessNames(const target::Target& target) : target_(target) {}

    // The id inside the target's user namespace; 65534, as the kernel says, when it has none there.
    std::uint32_t inner_uid(std::uint32_t uid);
    std::uint32_t inner_gid(std::uint32_t gid);
    // The name of an inner id, or its number as text.
    const std::string& user(std::uint32_t inner_uid);
    const std::string& group(std::uint32_t inner_gid);
    std::optional<std::uint32_t> uid_of(std::string_view user);

private:
    using Table = std::map<std::uint32_t, std::string>;
    void load();
    const target::Target& target_;
    bool loaded_ = false;
    Table users_;
    Table groups_;
    std::vector<parse::IdRange> uids_;
    std::vector<parse::IdRange> gids_;
};

}  // namespace limpet::commands
