// process/names.h - ids of processes as the target's own user namespace and files name them.
#pragma once

#include "commands/names.h"
#include "parse/idmap.h"
#include "target/target.h"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace limpet::commands {

// Ids come from procfs, which shows them as our user namespace sees them; the target's passwd and
// group speak of those inside its own. Without the grant to read files every id is a number.
class ProcessNames {
public:
    explicit ProcessNames(const target::Target& target) : target_(target), names_(target) {}

    // The id inside the target's user namespace; 65534, as the kernel says, when it has none there.
    std::uint32_t inner_uid(std::uint32_t uid);
    std::uint32_t inner_gid(std::uint32_t gid);
    // The name of an inner id, or its number as text.
    const std::string& user(std::uint32_t inner_uid);
    const std::string& group(std::uint32_t inner_gid);
    std::optional<std::uint32_t> uid_of(std::string_view user);
    std::optional<std::uint32_t> gid_of(std::string_view group);

private:
    void load();
    const std::string& number(std::uint32_t id);
    const target::Target& target_;
    Names names_;
    bool loaded_ = false;
    std::vector<parse::IdRange> uids_;
    std::vector<parse::IdRange> gids_;
    std::unordered_map<std::uint32_t, std::string> numbers_;
};

}  // namespace limpet::commands
