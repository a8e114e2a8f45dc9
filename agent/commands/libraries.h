// commands/libraries.h - which libraries a program's loader will find, ld.so(8), without running
// it.
#pragma once

#include "commands/command.h"
#include "parse/elf.h"

#include <string>
#include <vector>

namespace limpet::commands {

struct Library {
    std::string name;       // as it is asked for: "libc.so.6"
    std::string needed_by;  // path of who asks first
    std::string path;       // empty when it is missing
    std::string how;        // rpath, runpath, LD_LIBRARY_PATH, cache, default, path, loaded
    std::string problem;    // why what stands there will not do: another architecture
};

struct Linkage {
    bool dynamic = false;     // false: a static program
    std::string interpreter;  // PT_INTERP
    bool interpreter_found = false;
    std::vector<Library> libraries;     // in the order of loading
    std::vector<std::string> problems;  // versions that nobody defines: one line each
    [[nodiscard]] bool complete() const;
};

// `library_path` is the LD_LIBRARY_PATH of its environment. An error when the file is no ELF file.
Result<Linkage> linkage(const target::Target& target, const std::string& path,
                        std::string_view library_path);

}  // namespace limpet::commands
