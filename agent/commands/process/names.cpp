// process/names.cpp - user and group names as the target's own files say, and its id mapping.
#include "commands/process/names.h"

#include "limpet/limits.h"
#include "parse/lines.h"
#include "parse/number.h"

namespace limpet::commands {
namespace {

constexpr std::uint32_t overflow = 65534;  // /proc/sys/kernel/overflowuid

// passwd(5) and group(5) alike: NAME:PASSWORD:ID:…
void read(const target::Target& target, std::string_view path,
          std::map<std::uint32_t, std::string>& table) {
    // An image without the file is usual: then numbers are all there is.
    const auto text = target::read(target, path, limits::small_file);
    if (!text) return;
    std::string_view rest = *text;
    while (!rest.empty()) {
        auto line = parse::take_line(rest);
        const auto name = parse::take(line, ':');
        parse::take(line, ':');
        const auto id = parse::number<std::uint32_t>(parse::take(line, ':'));
        // The first line of an id counts, as getpwuid(3) has it.
        if (id && !name.empty()) table.emplace(*id, name);
    }
}

std::uint32_t inner(const std::vector<parse::IdRange>& map, std::uint32_t id) {
    return map.empty() ? id : parse::inside(map, id).value_or(overflow);
}

const std::string& name(std::map<std::uint32_t, std::string>& table, std::uint32_t id) {
    const auto found = table.find(id);
    if (found != table.end()) return found->second;
    return table.emplace(id, std::to_string(id)).first->second;
}

}  // namespace

void ProcessNames::load() {
    if (loaded_) return;
    loaded_ = true;
    if (any(target_.grants & Grant::files)) {
        read(target_, "/etc/passwd", users_);
        read(target_, "/etc/group", groups_);
    }
    // Where we stand, procfs shows the ids of our own user namespace already.
    if (target_.mode != target::Mode::node) return;
    const auto main = std::to_string(target_.inner_pid);
    if (auto text = target_.procfs.read(main + "/uid_map", limits::small_file)) {
        uids_ = parse::idmap(*text);
    }
    if (auto text = target_.procfs.read(main + "/gid_map", limits::small_file)) {
        gids_ = parse::idmap(*text);
    }
}

std::uint32_t ProcessNames::inner_uid(std::uint32_t uid) {
    load();
    return inner(uids_, uid);
}

std::uint32_t ProcessNames::inner_gid(std::uint32_t gid) {
    load();
    return inner(gids_, gid);
}

const std::string& ProcessNames::user(std::uint32_t inner_uid) {
    load();
    return name(users_, inner_uid);
}

const std::string& ProcessNames::group(std::uint32_t inner_gid) {
    load();
    return name(groups_, inner_gid);
}

std::optional<std::uint32_t> ProcessNames::uid_of(std::string_view user) {
    load();
    for (const auto& [id, known] : users_) {
        if (known == user) return id;
    }
    return parse::number<std::uint32_t>(user);
}

}  // namespace limpet::commands
