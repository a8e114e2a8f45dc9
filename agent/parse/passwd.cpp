// parse/passwd.cpp - passwd(5) and group(5).
#include "parse/passwd.h"

#include "parse/number.h"

#include <optional>

namespace limpet::parse {
namespace {

std::string_view cut(std::string_view& rest, char separator) {
    const auto at = rest.find(separator);
    const auto part = rest.substr(0, at);
    rest = at == rest.npos ? std::string_view{} : rest.substr(at + 1);
    return part;
}

std::optional<Account> account(std::string_view line) {
    Account account;
    account.name = cut(line, ':');
    cut(line, ':');
    const auto uid = number<std::uint32_t>(cut(line, ':'));
    const auto gid = number<std::uint32_t>(cut(line, ':'));
    if (account.name.empty() || account.name[0] == '#' || !uid || !gid) return std::nullopt;
    account.uid = *uid;
    account.gid = *gid;
    cut(line, ':');
    account.home = cut(line, ':');
    account.shell = line;
    return account;
}

std::optional<Group> group_line(std::string_view line) {
    Group entry;
    entry.name = cut(line, ':');
    cut(line, ':');
    const auto gid = number<std::uint32_t>(cut(line, ':'));
    if (entry.name.empty() || entry.name[0] == '#' || !gid) return std::nullopt;
    entry.gid = *gid;
    while (!line.empty()) {
        if (const auto member = cut(line, ','); !member.empty()) entry.members.emplace_back(member);
    }
    return entry;
}

template <typename Entry>
std::vector<Entry> entries(std::string_view text, std::optional<Entry> (*line)(std::string_view)) {
    std::vector<Entry> found;
    while (!text.empty() && found.size() < accounts_limit) {
        if (auto entry = line(cut(text, '\n'))) found.push_back(*std::move(entry));
    }
    return found;
}

}  // namespace

std::vector<Account> passwd(std::string_view text) { return entries<Account>(text, account); }

std::vector<Group> group(std::string_view text) { return entries<Group>(text, group_line); }

}  // namespace limpet::parse
