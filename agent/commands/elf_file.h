// commands/elf_file.h - ELF files of the target, as parse/elf.h reads them.
#pragma once

#include "commands/command.h"
#include "parse/elf.h"

#include <string>

namespace limpet::commands {

// Reads from the descriptor as long as it is used.
Result<parse::elf::File> elf_of(BorrowedFd fd);

struct ElfFile {
    Fd fd;
    parse::elf::File file;
};
// `path` is absolute in the target.
Result<ElfFile> open_elf(const target::Target& target, const std::string& path);

// The file that an operand means: a path, or, if there is none of that name, the program of the
// process with that number: its name in the tree, without touching the process's own link.
Result<std::string> program_path(Invocation& call, const std::string& operand);

// Of the note NT_GNU_BUILD_ID, in hexadecimal; empty when there is none.
std::string build_id(const parse::elf::File& file);

}  // namespace limpet::commands
