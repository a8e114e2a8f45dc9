// parse/elf.cpp - ELF files, elf(5).
#include "parse/elf.h"

#include <elf.h>

#include <algorithm>

namespace limpet::parse::elf {
namespace {

// A core file has a segment for each mapping, an object with a section per function many of those.
constexpr std::size_t segments_limit = 1 << 18;
constexpr std::size_t sections_limit = 1 << 18;
constexpr std::size_t notes_limit = 4096;
constexpr std::uint64_t notes_bytes = std::uint64_t{8} << 20;  // registers of 10^4 threads
constexpr std::uint64_t dynamic_bytes = std::uint64_t{1} << 20;
constexpr std::uint64_t names_bytes = std::uint64_t{32} << 20;
constexpr std::size_t needed_limit = 4096;
constexpr std::size_t text_limit = 4096;  // PATH_MAX: all of them are paths and names

}  // namespace

std::uint64_t File::number(std::string_view bytes, std::size_t at, std::size_t size) const {
    if (at > bytes.size() || size > bytes.size() - at) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
        const auto byte =
            static_cast<unsigned char>(bytes[header_.big ? at + i : at + size - 1 - i]);
        value = value << 8 | byte;
    }
    return value;
}

Result<std::string> File::table(std::string_view what, std::uint64_t offset,
                                std::uint64_t size) const {
    auto bytes = TRY(read_(offset, static_cast<std::size_t>(size)));
    if (bytes.size() < size)
        return refused("ELF", std::string(what) + " beyond the end of the file");
    return bytes;
}

Result<File> File::open(Read read) {
    File file;
    file.read_ = std::move(read);
    TRY(file.read_header());
    TRY(file.read_segments());
    return file;
}

Result<> File::read_header() {
    const auto bytes = TRY(read_(0, sizeof(Elf64_Ehdr)));
    if (!bytes.starts_with(ELFMAG) || bytes.size() < sizeof(Elf32_Ehdr)) {
        return refused("ELF", "no ELF file");
    }
    auto& header = header_;
    header.wide = bytes[EI_CLASS] == ELFCLASS64;
    header.big = bytes[EI_DATA] == ELFDATA2MSB;
    header.abi = static_cast<std::uint8_t>(bytes[EI_OSABI]);
    if (bytes[EI_CLASS] != ELFCLASS32 && bytes[EI_CLASS] != ELFCLASS64) {
        return refused("ELF", "neither 32 nor 64 bits");
    }
    if (header.wide && bytes.size() < sizeof(Elf64_Ehdr)) return refused("ELF", "header cut short");
    std::size_t at = EI_NIDENT;
    const auto take = [&](std::size_t size) {
        at += size;
        return number(bytes, at - size, size);
    };
    const std::size_t word = header.wide ? 8 : 4;
    header.type = static_cast<std::uint16_t>(take(2));
    header.machine = static_cast<std::uint16_t>(take(2));
    header.version = static_cast<std::uint32_t>(take(4));
    header.entry = take(word);
    header.segments_at = take(word);
    header.sections_at = take(word);
    header.flags = static_cast<std::uint32_t>(take(4));
    header.header_size = static_cast<std::uint16_t>(take(2));
    header.segment_size = static_cast<std::uint16_t>(take(2));
    header.segments = static_cast<std::uint32_t>(take(2));
    header.section_size = static_cast<std::uint16_t>(take(2));
    header.sections = static_cast<std::uint32_t>(take(2));
    header.names_section = static_cast<std::uint32_t>(take(2));
    if (header.sections_at == 0) {
        header.sections = 0;
        return {};
    }
    // Numbers that do not fit stand in section 0.
    const auto first =
        TRY(read_(header.sections_at, header.wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)));
    const auto zero = section(first);
    if (header.segments == PN_XNUM) header.segments = zero.info;
    if (header.sections == 0) {
        header.sections =
            static_cast<std::uint32_t>(std::min<std::uint64_t>(zero.size, UINT32_MAX));
    }
    if (header.names_section == SHN_XINDEX) header.names_section = zero.link;
    return {};
}

Result<> File::read_segments() {
    if (header_.segments_at == 0 || header_.segments == 0) return {};
    const std::size_t least = header_.wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    if (header_.segment_size < least || header_.segment_size > 2 * least) {
        return refused("ELF", "segments of no known size");
    }
    if (header_.segments > segments_limit) return refused("ELF", "more than 262144 segments");
    const auto bytes = TRY(table("segments", header_.segments_at,
                                 std::uint64_t{header_.segments} * header_.segment_size));
    segments_.reserve(header_.segments);
    for (std::size_t i = 0; i < header_.segments; ++i) {
        const auto entry = std::string_view(bytes).substr(i * header_.segment_size, least);
        const auto value = [&](std::size_t at, std::size_t size) {
            return number(entry, at, size);
        };
        Segment segment;
        segment.type = static_cast<std::uint32_t>(value(0, 4));
        if (header_.wide) {
            segment.flags = static_cast<std::uint32_t>(value(4, 4));
            segment.offset = value(8, 8);
            segment.address = value(16, 8);
            segment.physical = value(24, 8);
            segment.file_size = value(32, 8);
            segment.memory_size = value(40, 8);
            segment.align = value(48, 8);
        } else {
            segment.offset = value(4, 4);
            segment.address = value(8, 4);
            segment.physical = value(12, 4);
            segment.file_size = value(16, 4);
            segment.memory_size = value(20, 4);
            segment.flags = static_cast<std::uint32_t>(value(24, 4));
            segment.align = value(28, 4);
        }
        segments_.push_back(segment);
    }
    return {};
}

Section File::section(std::string_view entry) const {
    Section section;
    std::size_t at = 0;
    const auto take = [&](std::size_t size) {
        at += size;
        return number(entry, at - size, size);
    };
    const std::size_t word = header_.wide ? 8 : 4;
    section.name_at = static_cast<std::uint32_t>(take(4));
    section.type = static_cast<std::uint32_t>(take(4));
    section.flags = take(word);
    section.address = take(word);
    section.offset = take(word);
    section.size = take(word);
    section.link = static_cast<std::uint32_t>(take(4));
    section.info = static_cast<std::uint32_t>(take(4));
    section.align = take(word);
    section.entry_size = take(word);
    return section;
}

Result<std::vector<Section>> File::sections() const {
    std::vector<Section> sections;
    if (header_.sections == 0) return sections;
    const std::size_t least = header_.wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
    if (header_.section_size < least || header_.section_size > 2 * least) {
        return refused("ELF", "sections of no known size");
    }
    if (header_.sections > sections_limit) return refused("ELF", "more than 262144 sections");
    const auto bytes = TRY(table("sections", header_.sections_at,
                                 std::uint64_t{header_.sections} * header_.section_size));
    sections.reserve(header_.sections);
    for (std::size_t i = 0; i < header_.sections; ++i) {
        sections.push_back(
            section(std::string_view(bytes).substr(i * header_.section_size, least)));
    }
    if (header_.names_section >= sections.size()) return sections;
    const auto& names_section = sections[header_.names_section];
    const auto names = TRY(read_(
        names_section.offset, static_cast<std::size_t>(std::min(names_section.size, names_bytes))));
    for (auto& each : sections) {
        if (each.name_at >= names.size()) continue;
        const auto name = std::string_view(names).substr(each.name_at, text_limit);
        each.name = name.substr(0, name.find('\0'));
    }
    return sections;
}

const Segment* File::segment(std::uint32_t type) const {
    const auto found = std::ranges::find(segments_, type, &Segment::type);
    return found == segments_.end() ? nullptr : &*found;
}

Result<std::string> File::text(std::uint64_t offset) const {
    auto text = TRY(read_(offset, text_limit));
    const auto end = text.find('\0');
    if (end == text.npos) return refused("ELF", "a name without an end");
    text.resize(end);
    return text;
}

Result<std::optional<std::string>> File::interpreter() const {
    const auto* place = segment(PT_INTERP);
    if (!place) return std::nullopt;
    return TRY(text(place->offset));
}

void File::add_notes(std::vector<Note>& notes, std::string_view bytes, std::uint64_t align) const {
    // Notes of eight bytes' alignment exist (GNU properties); all others have four.
    const std::size_t unit = align == 8 ? 8 : 4;
    const auto padded = [unit](std::size_t size) { return (size + unit - 1) / unit * unit; };
    while (bytes.size() >= 12 && notes.size() < notes_limit) {
        const auto name_size = static_cast<std::size_t>(number(bytes, 0, 4));
        const auto size = static_cast<std::size_t>(number(bytes, 4, 4));
        const auto type = static_cast<std::uint32_t>(number(bytes, 8, 4));
        const auto name_end = padded(12 + name_size);
        if (name_end > bytes.size() || size > bytes.size() - name_end) return;
        auto owner = bytes.substr(12, name_size);
        owner = owner.substr(0, owner.find('\0'));
        notes.push_back({std::string(owner), type, std::string(bytes.substr(name_end, size))});
        bytes.remove_prefix(std::min(bytes.size(), name_end + padded(size)));
    }
}

Result<std::vector<Note>> File::notes() const {
    std::vector<Note> notes;
    std::uint64_t left = notes_bytes;
    const auto add = [&](std::uint64_t offset, std::uint64_t size,
                         std::uint64_t align) -> Result<> {
        const auto part = std::min(size, left);
        left -= part;
        add_notes(notes, TRY(read_(offset, static_cast<std::size_t>(part))), align);
        return {};
    };
    for (const auto& segment : segments_) {
        if (segment.type == PT_NOTE) TRY(add(segment.offset, segment.file_size, segment.align));
    }
    if (!segments_.empty()) return notes;
    for (const auto& section : TRY(sections())) {
        if (section.type == SHT_NOTE) TRY(add(section.offset, section.size, section.align));
    }
    return notes;
}

Result<std::vector<Note>> File::notes_in(std::uint64_t offset, std::uint64_t size,
                                         std::uint64_t align) const {
    std::vector<Note> notes;
    add_notes(notes, TRY(read_(offset, static_cast<std::size_t>(std::min(size, notes_bytes)))),
              align);
    return notes;
}

std::optional<std::uint64_t> File::place(std::uint64_t address) const {
    for (const auto& segment : segments_) {
        if (segment.type == PT_LOAD && address >= segment.address &&
            address - segment.address < segment.file_size) {
            return segment.offset + (address - segment.address);
        }
    }
    return std::nullopt;
}

Result<std::optional<Dynamic>> File::dynamic() const {
    const auto* segment = this->segment(PT_DYNAMIC);
    if (!segment) return std::nullopt;
    const auto bytes = TRY(read_(
        segment->offset, static_cast<std::size_t>(std::min(segment->file_size, dynamic_bytes))));
    const std::size_t word = header_.wide ? 8 : 4;
    Dynamic dynamic;
    auto& entries = dynamic.entries;
    auto& strings = dynamic.strings_at;
    for (std::size_t at = 0; at + 2 * word <= bytes.size(); at += 2 * word) {
        const Dynamic::Entry entry{number(bytes, at, word), number(bytes, at + word, word)};
        entries.push_back(entry);
        if (entry.tag == DT_NULL) break;
        if (entry.tag == DT_STRTAB) strings = place(entry.value);
    }
    const auto name = [&](std::uint64_t at) -> Result<std::string> {
        if (!strings || at > UINT32_MAX) return refused("ELF", "names beyond the end of the file");
        return text(*strings + at);
    };
    for (const auto& [tag, value] : entries) {
        if (tag == DT_FLAGS) dynamic.flags = value;
        if (tag == DT_FLAGS_1) dynamic.flags_1 = value;
        if (tag == DT_SONAME) dynamic.soname = TRY(name(value));
        if (tag == DT_RPATH) dynamic.rpath = TRY(name(value));
        if (tag == DT_RUNPATH) dynamic.runpath = TRY(name(value));
        if (tag != DT_NEEDED) continue;
        if (dynamic.needed.size() == needed_limit)
            return refused("ELF", "more than 4096 libraries");
        dynamic.needed.push_back(TRY(name(value)));
    }
    return dynamic;
}

std::string_view machine_name(std::uint16_t machine) {
    switch (machine) {
        case EM_SPARC: return "SPARC";
        case EM_386: return "Intel 80386";
        case EM_68K: return "Motorola m68k";
        case EM_MIPS: return "MIPS";
        case EM_PPC: return "PowerPC or cisco 4500";
        case EM_PPC64: return "64-bit PowerPC or cisco 7500";
        case EM_S390: return "IBM S/390";
        case EM_ARM: return "ARM";
        case EM_SPARCV9: return "SPARC V9";
        case EM_IA_64: return "IA-64";
        case EM_X86_64: return "x86-64";
        case EM_AARCH64: return "ARM aarch64";
        case EM_RISCV: return "UCB RISC-V";
        case EM_BPF: return "eBPF";
        case 258: return "LoongArch";
        default: return "";
    }
}

}  // namespace limpet::parse::elf
