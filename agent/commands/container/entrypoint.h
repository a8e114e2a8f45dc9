// container/entrypoint.h - whether what a container starts can start.
#pragma once

#include "target/target.h"

#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands::entrypoint {

struct Start {
    std::string from;  // who says so: "docker", "process 1"
    std::vector<std::string> arguments, environment;
    std::string directory;
    std::string user;     // "app", "1000", "1000:1000", "app:staff"
    std::string groups;   // more of them by number: "10,20"
    std::string program;  // the file; found by check() when nobody says
};

struct Check {
    std::string_view what;  // user, directory, program, executable, machine, interpreter, libraries
    bool ok = false;
    std::string detail;
};

// In the order in which a start fails; after what makes the rest senseless there is no more.
std::vector<Check> check(const target::Target& target, Start& start);

}  // namespace limpet::commands::entrypoint
