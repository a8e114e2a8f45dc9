// parse/passwd.h - passwd(5) and group(5): names of users and groups.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

// More lines than any image has; a target that writes more gets numbers shown instead of names.
inline constexpr std::size_t accounts_limit = 65536;

struct Account {
    std::string name;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::string home;
    std::string shell;
};

struct Group {
    std::string name;
    std::uint32_t gid = 0;
    std::vector<std::string> members;
};

// Lines that do not have the form are left out, as getpwent(3) does.
std::vector<Account> passwd(std::string_view text);
std::vector<Group> group(std::string_view text);

}  // namespace limpet::parse
