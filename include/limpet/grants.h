// grants.h - what a session may do; fixed when it is opened, never widened.
#pragma once

#include "limpet/result.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace limpet {

// The same bits name a session's grants and a command's promise.
enum class Grant : std::uint32_t {
    none = 0,
    files = 1,      // read the target's file tree
    processes = 2,  // read the target's /proc view
    network = 4,    // sockets in the target's network namespace
    trace = 8,      // ptrace, process_vm_readv
    modify = 16,    // write files in the target, signal its processes
    enter = 32,     // run the target's own programs inside it
    scratch = 64,   // --scratch: what is written goes to a copy-on-write view and vanishes
    // Part of a promise only: asks the session's signaller. The grant that it needs is modify.
    signal = 128,
    // The same: connects to the target's unix sockets whatever their mode. It needs network.
    sockets = 256,
};

constexpr Grant operator|(Grant a, Grant b) {
    return static_cast<Grant>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
constexpr Grant operator&(Grant a, Grant b) {
    return static_cast<Grant>(static_cast<std::uint32_t>(a) & static_cast<std::uint32_t>(b));
}
constexpr Grant operator~(Grant a) { return static_cast<Grant>(~static_cast<std::uint32_t>(a)); }
constexpr bool any(Grant a) { return a != Grant::none; }

inline constexpr Grant default_grants = Grant::files | Grant::processes | Grant::network;
inline constexpr Grant all_grants = default_grants | Grant::trace | Grant::modify | Grant::enter;

inline constexpr Grant known_grants = all_grants | Grant::scratch;

struct GrantName {
    Grant grant;
    std::string_view name;
};
inline constexpr std::array grant_names{
    GrantName{Grant::files, "files"},     GrantName{Grant::processes, "processes"},
    GrantName{Grant::network, "network"}, GrantName{Grant::trace, "trace"},
    GrantName{Grant::modify, "modify"},   GrantName{Grant::enter, "enter"},
    GrantName{Grant::scratch, "scratch"},
};

// "trace,modify" or "all" -> bits. Unknown words are refused by name.
inline Result<Grant> parse_grants(std::string_view list) {
    Grant grants = Grant::none;
    while (!list.empty()) {
        const auto comma = list.find(',');
        const auto word = list.substr(0, comma);
        list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
        if (word == "all") {
            grants = grants | all_grants;
            continue;
        }
        bool known = false;
        for (const auto& [grant, name] : grant_names) {
            if (name != word || grant == Grant::scratch) continue;
            grants = grants | grant;
            known = true;
        }
        if (!known) {
            return refused("grants",
                           "there is no grant '" + std::string(word) +
                               "' (files, processes, network, trace, modify, enter, all)");
        }
    }
    return grants;
}

// "trace,modify", for messages.
inline std::string grant_list(Grant grants) {
    std::string list;
    for (const auto& [grant, name] : grant_names) {
        if (!any(grants & grant)) continue;
        if (!list.empty()) list += ',';
        list += name;
    }
    return list;
}

}  // namespace limpet
