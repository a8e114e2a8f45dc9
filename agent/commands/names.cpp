// commands/names.cpp - users and groups by name.
#include "commands/names.h"

#include "limpet/limits.h"
#include "parse/number.h"
#include "parse/passwd.h"

namespace limpet::commands {
namespace {

const std::string& name_of(const std::unordered_map<std::uint32_t, std::string>& table,
                           std::unordered_map<std::uint32_t, std::string>& numbers,
                           std::uint32_t id) {
    if (const auto known = table.find(id); known != table.end()) return known->second;
    // A tree may hold four thousand million owners: forget now and then.
    if (numbers.size() > 65536) numbers.clear();
    return numbers.try_emplace(id, std::to_string(id)).first->second;
}

std::optional<std::uint32_t> id_of(const std::unordered_map<std::uint32_t, std::string>& table,
                                   std::string_view name) {
    for (const auto& [id, known] : table) {
        if (known == name) return id;
    }
    return parse::number<std::uint32_t>(name);
}

}  // namespace

void Names::load() {
    if (loaded_) return;
    loaded_ = true;
    // The first of two lines with one id counts, as libc has it: emplace keeps it.
    if (const auto text = target::read(target_, "/etc/passwd", limits::small_file)) {
        for (auto& account : parse::passwd(*text)) {
            users_.emplace(account.uid, std::move(account.name));
        }
    }
    if (const auto text = target::read(target_, "/etc/group", limits::small_file)) {
        for (auto& group : parse::group(*text)) groups_.emplace(group.gid, std::move(group.name));
    }
}

const std::string& Names::user(std::uint32_t uid) {
    load();
    return name_of(users_, numbers_, uid);
}

const std::string& Names::group(std::uint32_t gid) {
    load();
    return name_of(groups_, numbers_, gid);
}

bool Names::has_user(std::uint32_t uid) {
    load();
    return users_.contains(uid);
}

bool Names::has_group(std::uint32_t gid) {
    load();
    return groups_.contains(gid);
}

std::optional<std::uint32_t> Names::uid(std::string_view name) {
    load();
    return id_of(users_, name);
}

std::optional<std::uint32_t> Names::gid(std::string_view name) {
    load();
    return id_of(groups_, name);
}

}  // namespace limpet::commands
