// process/modules.h - the files that a process has mapped: their frames and symbols.
#pragma once

#include "commands/elf_file.h"
#include "commands/process/memory_of.h"
#include "parse/maps.h"
#include "parse/unwind.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands {

struct Module {
    std::string path;  // as it is mapped
    std::optional<ElfFile> file;
    std::string memory;  // of what is in no file: the vdso
    std::string build_id;
    std::string problem;  // why there are no symbols
    std::string frames, table;
    parse::unwind::Information information;
    // Addresses of the file that somebody asked about, sorted, with what they are.
    struct Wanted {
        std::uint64_t address = 0;
        std::uint64_t begin = 0;  // of the symbol
        std::string name = {};
    };
    std::vector<Wanted> wanted;
    bool symbols = false;

    // The address in the file of what the process has at `offset` of it.
    [[nodiscard]] std::optional<std::uint64_t> address(std::uint64_t offset) const;
    [[nodiscard]] const Wanted* find(std::uint64_t address) const;
    // Names for all that is wanted, in one walk over the symbols.
    void name(const target::Target& target);
};

class Modules {
public:
    Modules(const target::Target& target, const MemoryOf& memory,
            std::vector<parse::Mapping> mappings)
        : target_(target), memory_(memory), mappings_(std::move(mappings)) {}
    // What is executed at `pc`, and the address that its file has for it.
    Module* at(std::uint64_t pc, std::uint64_t& address);
    [[nodiscard]] const parse::Mapping* mapping(std::uint64_t address) const;
    [[nodiscard]] std::vector<std::unique_ptr<Module>>& all() { return modules_; }

private:
    Module& open(const parse::Mapping& mapping);
    const target::Target& target_;
    const MemoryOf& memory_;
    std::vector<parse::Mapping> mappings_;
    std::vector<std::unique_ptr<Module>> modules_;
};

}  // namespace limpet::commands
