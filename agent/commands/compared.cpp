// commands/compared.cpp - a tree beside what it was.
#include "commands/compared.h"

#include <algorithm>
#include <utility>

namespace limpet::commands {
namespace {

using target::Directory;
using target::Follow;

// Three descriptors for each level.
constexpr std::size_t depth_limit = 1000;
constexpr std::size_t names_limit = 1'000'000;

bool holds(const std::vector<std::string>& sorted, const std::string& name) {
    return std::ranges::binary_search(sorted, name);
}

std::optional<struct statx> status_of(const Directory* directory, const std::string& name) {
    if (!directory) return std::nullopt;
    const auto status = directory->stat(name, Follow::no);
    return status ? std::optional(*status) : std::nullopt;
}

bool same_bytes(const Difference& one) {
    auto before = one.was->open_regular(one.name);
    auto now = one.is->open_regular(one.name);
    if (!before || !now) return false;
    Input first(*std::move(before), one.path), second(*std::move(now), one.path);
    for (;;) {
        const auto left = first.block(), right = second.block();
        if (!left || !right || *left != *right) return false;
        if (left->empty()) return true;
    }
}

bool differs(const Difference& one) {
    const auto &before = *one.before, &now = *one.now;
    if (before.stx_mode != now.stx_mode || before.stx_uid != now.stx_uid ||
        before.stx_gid != now.stx_gid || before.stx_rdev_major != now.stx_rdev_major ||
        before.stx_rdev_minor != now.stx_rdev_minor) {
        return true;
    }
    if (S_ISDIR(now.stx_mode)) return false;
    if (before.stx_size != now.stx_size || before.stx_mtime.tv_sec != now.stx_mtime.tv_sec ||
        before.stx_mtime.tv_nsec != now.stx_mtime.tv_nsec) {
        return true;
    }
    // Who sets the time back hides nothing by it.
    return S_ISREG(now.stx_mode) && !same_bytes(one);
}

}  // namespace

void Comparison::folder(const Directory& written, const Directory& before, const Directory& now,
                        const std::string& path) {
    look(&written, &before, now, path);
}

Comparison::Names Comparison::names(const Directory& directory, const std::string& path) {
    Names found;
    target::Listing listing(directory.fd, path.empty() ? "/" : path);
    for (;;) {
        const auto entry = listing.next();
        if (!entry) call_.complain(entry.error());
        if (!entry || !*entry) break;
        if (found.size() == names_limit) {
            call_.complain(path + ": more than a million names; the others are left out");
            break;
        }
        found.emplace_back((*entry)->name);
    }
    std::ranges::sort(found);
    return found;
}

void Comparison::tell(const Difference& one) {
    for (auto& [folder, told] : above_) {
        if (folders_ && !std::exchange(told, true)) tell_(*folder);
    }
    tell_(one);
}

void Comparison::look(const Directory* written, const Directory* before, const Directory& now,
                      const std::string& path) {
    auto items = names(written ? *written : now, path);
    if (before) {
        const auto all = names(now, path);
        // A mark of what is gone is no item of its own.
        std::erase_if(items, [&](const std::string& name) { return !holds(all, name); });
        for (auto& name : names(*before, path)) {
            if (!holds(all, name)) items.push_back(std::move(name));
        }
        std::ranges::sort(items);
    }
    for (const auto& name : items) visit(written, before, now, path, name);
}

void Comparison::visit(const Directory* written, const Directory* before, const Directory& now,
                       const std::string& path, const std::string& name) {
    const auto whole = path + '/' + name;
    Difference one{.what = 'C',
                   .path = whole,
                   .name = name,
                   .before = status_of(before, name),
                   .now = status_of(&now, name),
                   .was = before,
                   .is = &now};
    if (!one.before && !one.now) return;
    const bool folder = one.now && S_ISDIR(one.now->stx_mode);
    const bool both = folder && one.before && S_ISDIR(one.before->stx_mode);
    one.what = !one.now ? 'D' : one.before ? 'C' : 'A';
    const bool told = one.what != 'C' || differs(one);
    if (told) tell(one);
    if (!folder) return;
    if (above_.size() == depth_limit) return call_.complain(whole + ": too deep to look into");
    const auto next_now = now.child(name);
    if (!next_now) return call_.complain(next_now.error());
    // What is new is new with all that is in it.
    const auto next_before = both ? before->child(name) : refused("", "");
    const auto next_written = both && written ? written->child(name) : refused("", "");
    if (both && !(next_before && next_written)) return;
    above_.emplace_back(&one, told);
    look(next_written ? &*next_written : nullptr, next_before ? &*next_before : nullptr, *next_now,
         whole);
    above_.pop_back();
}

}  // namespace limpet::commands
