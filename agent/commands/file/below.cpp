// below.cpp - places below one directory for names that somebody else chose.
#include "commands/file/below.h"

#include "sys/file.h"

namespace limpet::commands {
namespace {

// A name in the directory that `at` has open; it outlives `at`.
Result<Place> child(const Place& at, std::string_view name) {
    Place place{.directory = {.fd = TRY(sys::dup(at.directory.fd)), .name = at.directory.name},
                .name = std::string(name),
                .spoken = at.spoken,
                .target = at.target,
                .hint = at.hint};
    if (!place.spoken.ends_with('/')) place.spoken += '/';
    place.spoken += name;
    return place;
}

Result<Place> again(const Place& at) {
    auto place = TRY(child(at, "."));
    place.spoken = at.spoken;
    return place;
}

}  // namespace

Result<Below> Below::in(const Invocation& call, const std::string& operand) {
    auto place = TRY(place_of(call, operand));
    // Where the operator says, through links if need be.
    place.directory = TRY(target::open_directory(call.target, call.path(operand)));
    return Below(std::move(place));
}

Result<Place> Below::descend(Place from, std::string_view component, bool make) {
    const std::string name(component);
    auto opened = from.directory.child(name);
    if (!opened && opened.error().code == ENOENT && make) {
        TRY(make_directory(TRY(child(from, component)), 0777));
        opened = from.directory.child(name);
    }
    if (!opened) return std::unexpected(std::move(opened).error());
    if (!from.spoken.ends_with('/')) from.spoken += '/';
    from.spoken += name;
    from.directory = *std::move(opened);
    return from;
}

Result<Place> Below::place(std::span<const std::string_view> components, bool make) {
    if (components.empty()) return again(base_);
    std::string path;
    for (const auto component : components.first(components.size() - 1)) {
        path += component;
        path += '/';
    }
    if (!parent_ || parent_path_ != path) {
        auto at = TRY(again(base_));
        parent_.reset();
        for (const auto component : components.first(components.size() - 1)) {
            at = TRY(descend(std::move(at), component, make));
        }
        parent_ = std::move(at);
        parent_path_ = std::move(path);
    }
    return child(*parent_, components.back());
}

}  // namespace limpet::commands
