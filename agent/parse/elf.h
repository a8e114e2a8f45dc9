// parse/elf.h - ELF files, elf(5): header, segments, sections, notes, what a loader needs.
//
// The bytes come from whoever asks, a piece at a time: a core file is larger than memory, and a
// library is read beside thousands of others. Every number in the file may be a lie.
#pragma once

#include "limpet/result.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse::elf {

// At most `size` bytes from `offset` on; fewer only where the file ends.
using Read = std::function<Result<std::string>(std::uint64_t offset, std::size_t size)>;

struct Header {
    bool wide = false;  // ELFCLASS64
    bool big = false;   // most significant byte first
    std::uint8_t abi = 0;
    std::uint16_t type = 0;  // ET_*
    std::uint16_t machine = 0;
    std::uint32_t version = 0, flags = 0;
    std::uint64_t entry = 0, segments_at = 0, sections_at = 0;
    std::uint16_t header_size = 0, segment_size = 0, section_size = 0;
    std::uint32_t segments = 0, sections = 0, names_section = 0;
};

struct Segment {
    std::uint32_t type = 0, flags = 0;  // PT_*, PF_*
    std::uint64_t offset = 0, address = 0, physical = 0, file_size = 0, memory_size = 0, align = 0;
};

struct Section {
    std::string name = {};
    std::uint32_t name_at = 0, type = 0, link = 0, info = 0;  // SHT_*
    std::uint64_t flags = 0, address = 0, offset = 0, size = 0, align = 0, entry_size = 0;
};

struct Note {
    std::string owner;  // "GNU", "CORE"
    std::uint32_t type = 0;
    std::string description;
};

// What a library must offer, or what one offers: "GLIBC_2.34" of "libc.so.6".
struct Version {
    bool defined = false;
    bool weak = false;        // VER_FLG_WEAK: its lack is no error
    std::uint16_t index = 0;  // as .gnu.version has it for symbols
    std::string file;         // empty when defined
    std::string name;
};

struct Symbol {
    std::uint32_t name_at = 0;
    std::uint8_t type = 0, bind = 0, visibility = 0;  // STT_*, STB_*, STV_*
    std::uint16_t section = 0;                        // SHN_*
    std::uint64_t value = 0, size = 0;
};

struct Dynamic {
    std::vector<std::string> needed = {};
    std::optional<std::string> soname = {}, rpath = {}, runpath = {};
    std::uint64_t flags = 0, flags_1 = 0;  // DF_*, DF_1_*
    struct Entry {
        std::uint64_t tag = 0, value = 0;
    };
    std::vector<Entry> entries = {};                             // with DT_NULL at the end
    std::optional<std::uint64_t> strings_at = {};                // where the file has the names
    [[nodiscard]] std::uint64_t value(std::uint64_t tag) const;  // 0 when there is none
};

class File {
public:
    // Fails when it is no ELF file, or a table lies outside it. `read` is kept.
    static Result<File> open(Read read);

    [[nodiscard]] const Header& header() const { return header_; }
    [[nodiscard]] const std::vector<Segment>& segments() const { return segments_; }
    // Read when they are asked for: most files are asked for less.
    Result<std::vector<Section>> sections() const;
    [[nodiscard]] const Segment* segment(std::uint32_t type) const;
    // PT_INTERP; nothing when there is none.
    [[nodiscard]] Result<std::optional<std::string>> interpreter() const;
    // Of all PT_NOTE segments, or, without segments, SHT_NOTE sections. At most some MiB.
    [[nodiscard]] Result<std::vector<Note>> notes() const;
    // Of one segment or section.
    [[nodiscard]] Result<std::vector<Note>> notes_in(std::uint64_t offset, std::uint64_t size,
                                                     std::uint64_t align) const;
    // Nothing when it is not linked dynamically.
    [[nodiscard]] Result<std::optional<Dynamic>> dynamic() const;
    // What DT_VERNEED and DT_VERDEF say.
    [[nodiscard]] Result<std::vector<Version>> versions(const Dynamic& dynamic) const;
    // Every symbol of a section SHT_SYMTAB or SHT_DYNSYM, a block at a time.
    Result<> each_symbol(const Section& table,
                         const std::function<void(const Symbol&)>& visit) const;
    // At most some MiB of a section's bytes; fewer where the file ends.
    [[nodiscard]] Result<std::string> contents(const Section& section) const;
    // Where the file has what is at that address in memory.
    [[nodiscard]] std::optional<std::uint64_t> place(std::uint64_t address) const;
    // The text up to a zero byte.
    [[nodiscard]] Result<std::string> text(std::uint64_t offset) const;
    [[nodiscard]] std::uint64_t number(std::string_view bytes, std::size_t at,
                                       std::size_t size) const;

private:
    Result<> read_header();
    Result<> read_segments();
    [[nodiscard]] Result<std::string> table(std::string_view what, std::uint64_t offset,
                                            std::uint64_t size) const;
    [[nodiscard]] Section section(std::string_view entry) const;
    void add_notes(std::vector<Note>& notes, std::string_view bytes, std::uint64_t align) const;
    Read read_;
    Header header_;
    std::vector<Segment> segments_;
};

// "x86-64"; empty for what has no name here.
std::string_view machine_name(std::uint16_t machine);

}  // namespace limpet::parse::elf
