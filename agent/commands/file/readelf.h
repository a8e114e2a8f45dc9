// file/readelf.h - the parts that readelf prints.
#pragma once

#include "commands/command.h"
#include "commands/elf_file.h"
#include "commands/json.h"

#include <optional>
#include <string>
#include <vector>

namespace limpet::commands::elf_print {

struct Source {
    std::string name;  // as it was asked for
    const parse::elf::File& file;
    std::string identification;  // e_ident
    std::vector<parse::elf::Section> sections;
    std::optional<parse::elf::Dynamic> dynamic;
};

struct Printer {
    Invocation& call;
    const Source& source;
    bool only_sections = false;  // without the header, which says the same
    bool only_segments = false;
    void object(JsonObject& object) { object.line(call.out); }
};

void header(Printer& to);
void sections(Printer& to);
void segments(Printer& to);
void dynamic(Printer& to);
void symbols(Printer& to, bool dynamic_only);
void notes(Printer& to);

}  // namespace limpet::commands::elf_print
