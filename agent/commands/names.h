// commands/names.h - users and groups by the names that the target's /etc/passwd and group give.
#pragma once

#include "target/target.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace limpet::commands {

// Reads the two files when the first name is asked for; without them every id is a number.
class Names {
public:
    explicit Names(const target::Target& target) : target_(target) {}
    // The name, or the number as text.
    const std::string& user(std::uint32_t uid);
    const std::string& group(std::uint32_t gid);
    [[nodiscard]] bool has_user(std::uint32_t uid);
    [[nodiscard]] bool has_group(std::uint32_t gid);
    // By name, or a number as it stands.
    std::optional<std::uint32_t> uid(std::string_view name);
    std::optional<std::uint32_t> gid(std::string_view name);

private:
    using Table = std::unordered_map<std::uint32_t, std::string>;
    void load();
    const target::Target& target_;
    bool loaded_ = false;
    Table users_, groups_;
    Table numbers_;  // ids without a name, as text
};

}  // namespace limpet::commands
