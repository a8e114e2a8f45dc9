// parse/go_build.h - what Go's linker wrote into a program: its version and modules.
#pragma once

#include "limpet/result.h"
#include "parse/elf.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::parse {

struct GoModule {
    std::string path, version, sum;
    std::string replaced_by;  // "path version" of the one that stands in for it
};

struct GoBuild {
    std::string go;    // "go1.22.1"
    std::string path;  // of the main package
    GoModule main;
    std::vector<GoModule> modules;
    std::vector<std::pair<std::string, std::string>> settings;  // "-ldflags", "vcs.revision", GOOS
};

// Fails when it is no program of Go, or one from before 1.13.
Result<GoBuild> go_build(const elf::File& file);
// The text of modules, with the marks around it.
void go_modules(std::string_view text, GoBuild& build);

}  // namespace limpet::parse
