// profile.h - the security contexts that a debugger may run with; the names are kubectl debug's.
#pragma once

#include "limpet/result.h"

#include <array>
#include <string_view>

namespace limpet::attach::kube {

enum class Profile { automatic, general, baseline, restricted, netadmin, sysadmin };

struct ProfileName {
    Profile profile;
    std::string_view name;
};
inline constexpr std::array profile_names{
    ProfileName{Profile::automatic, "auto"},    ProfileName{Profile::general, "general"},
    ProfileName{Profile::baseline, "baseline"}, ProfileName{Profile::restricted, "restricted"},
    ProfileName{Profile::netadmin, "netadmin"}, ProfileName{Profile::sysadmin, "sysadmin"},
};
// What auto tries, most able first, for as long as the cluster's policy says no.
inline constexpr std::array automatic_profiles{Profile::general, Profile::baseline,
                                               Profile::restricted};

constexpr std::string_view name_of(Profile profile) {
    for (const auto& entry : profile_names) {
        if (entry.profile == profile) return entry.name;
    }
    return {};
}

inline Result<Profile> profile_of(std::string_view name) {
    for (const auto& entry : profile_names) {
        if (entry.name == name) return entry.profile;
    }
    return refused("--profile", "there is no profile '" + std::string(name) +
                                    "' (auto, general, baseline, restricted, netadmin, sysadmin)");
}

}  // namespace limpet::attach::kube
