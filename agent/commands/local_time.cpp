// local_time.cpp - TZ.
#include "commands/local_time.h"

#include "sys/file.h"
#include "target/deadline.h"

namespace limpet::commands {
namespace {

// The largest file of tzdata has 4 KiB.
constexpr std::size_t file_limit = 65536;

}  // namespace

parse::Zone zone_named(const Invocation& call, std::string_view name) {
    if (name.starts_with(':')) name.remove_prefix(1);
    if (name.empty()) return {};
    if (auto zone = parse::Zone::posix(name)) return *std::move(zone);
    const auto path = target::join_path("/usr/share/zoneinfo", name);
    if (const auto file = target::open_for_reading(call.target, path)) {
        target::deadline::enter();
        if (const auto bytes = sys::read_all(*file, file_limit, path)) {
            if (auto zone = parse::Zone::file(*bytes)) return *std::move(zone);
        }
    }
    const auto letters = name.find_first_of("/0123456789+-,");
    return parse::Zone::named(std::string(name.substr(0, letters)).substr(0, 16));
}

parse::Zone local_zone(const Invocation& call) {
    const auto name = call.variable("TZ");
    return name ? zone_named(call, *name) : parse::Zone{};
}

}  // namespace limpet::commands
