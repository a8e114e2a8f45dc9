// settings.h - what the command line says about debugging in a cluster.
#pragma once

#include "attach/kube/profile.h"
#include "attach/options.h"
#include "limpet/result.h"

#include <string>

namespace limpet::attach::kube {

struct Settings {
    std::string container;  // -c; empty: the pod's default
    Profile profile = Profile::automatic;
    std::string image, pull_policy;
    std::string custom;   // the file's text
    std::string copy_to;  // empty: the pod itself
    bool keep = false;
    int patience = 60;  // seconds, for a container to start
    bool quiet = false;
};

Result<Settings> settings_of(const Arguments& arguments);

// "limpet: shop/web: ..." on standard error, unless --quiet.
void note(const Settings& settings, std::string_view about, std::string_view text);

}  // namespace limpet::attach::kube
