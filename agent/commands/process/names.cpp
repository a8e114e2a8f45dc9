// process/names.cpp - ids of processes as the target's own user namespace and files name them.
#include "commands/process/names.h"

#include "limpet/limits.h"
#include "parse/number.h"

namespace limpet::commands {
namespace {

constexpr std::uint32_t overflow = 65534;  // /proc/sys/kernel/overflowuid

std::uint32_t inner(const std::vector<parse::IdRange>& map, std::uint32_t id) {
    return map.empty() ? id : parse::inside(map, id).value_or(overflow);
}

bool may_read(const target::Target& target) { return any(target.grants & Grant::files); }

}  // namespace

void ProcessNames::load() {
    if (loaded_) return;
    loaded_ = true;
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

const std::string& ProcessNames::number(std::uint32_t id) {
    return numbers_.try_emplace(id, std::to_string(id)).first->second;
}

const std::string& ProcessNames::user(std::uint32_t inner_uid) {
    return may_read(target_) ? names_.user(inner_uid) : number(inner_uid);
}

const std::string& ProcessNames::group(std::uint32_t inner_gid) {
    return may_read(target_) ? names_.group(inner_gid) : number(inner_gid);
}

std::optional<std::uint32_t> ProcessNames::uid_of(std::string_view user) {
    return may_read(target_) ? names_.uid(user) : parse::number<std::uint32_t>(user);
}

std::optional<std::uint32_t> ProcessNames::gid_of(std::string_view group) {
    return may_read(target_) ? names_.gid(group) : parse::number<std::uint32_t>(group);
}

}  // namespace limpet::commands
