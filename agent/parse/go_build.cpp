// parse/go_build.cpp - what Go's linker wrote into a program (debug/buildinfo).
#include "parse/go_build.h"

#include "parse/lines.h"

#include <elf.h>

#include <cstring>

namespace limpet::parse {
namespace {

constexpr std::string_view magic = "\xff Go buildinf:";
constexpr std::size_t header_size = 32;
constexpr std::size_t mark_size = 16;  // before and after the modules
constexpr std::size_t modules_limit = 65536;
constexpr std::uint64_t searched = std::uint64_t{1} << 20;
constexpr std::uint64_t text_limit = std::uint64_t{8} << 20;

// What the linker calls it, or with a stripped table of sections the start of what is writable.
Result<std::string> information(const elf::File& file) {
    for (const auto& section : TRY(file.sections())) {
        if (section.name == ".go.buildinfo") return file.contents(section);
    }
    for (const auto& segment : file.segments()) {
        if (segment.type != PT_LOAD || (segment.flags & PF_W) == 0) continue;
        elf::Section part;
        part.offset = segment.offset;
        part.size = std::min(segment.file_size, searched);
        auto bytes = TRY(file.contents(part));
        for (std::size_t at = 0; at + header_size <= bytes.size(); at += 16) {
            if (std::string_view(bytes).substr(at).starts_with(magic)) return bytes.substr(at);
        }
    }
    return refused("Go", "no program of Go: it has no build information");
}

// A length and as many bytes, from Go 1.18 on.
std::string_view inline_text(std::string_view& bytes) {
    std::uint64_t size = 0;
    for (unsigned shift = 0; !bytes.empty() && shift < 63; shift += 7) {
        const auto byte = static_cast<unsigned char>(bytes[0]);
        bytes.remove_prefix(1);
        size |= std::uint64_t{byte & 0x7fU} << shift;
        if (byte < 0x80) break;
    }
    const auto text =
        bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(size, bytes.size())));
    bytes.remove_prefix(text.size());
    return text;
}

// Before: where a string's header lies, which says where its bytes are and how many.
std::string far_text(const elf::File& file, std::uint64_t address, std::size_t word) {
    const auto at = file.place(address);
    if (!at) return {};
    elf::Section part;
    part.offset = *at;
    part.size = 2 * word;
    const auto header = file.contents(part).value_or("");
    const auto bytes_at = file.place(file.number(header, 0, word));
    if (!bytes_at) return {};
    part.offset = *bytes_at;
    part.size = std::min(file.number(header, word, word), text_limit);
    return file.contents(part).value_or("");
}

}  // namespace

void go_modules(std::string_view text, GoBuild& build) {
    // Marks that nothing else holds stand around it.
    if (text.size() < 2 * mark_size) return;
    text = text.substr(mark_size, text.size() - 2 * mark_size);
    GoModule* last = nullptr;
    while (!text.empty()) {
        auto line = take_line(text);
        const auto kind = take(line, '\t');
        const auto first = take(line, '\t');
        const auto second = take(line, '\t');
        if (kind == "path") {
            build.path = first;
        } else if (kind == "mod" || kind == "dep") {
            if (build.modules.size() >= modules_limit) return;
            if (kind == "dep") build.modules.emplace_back();
            last = kind == "mod" ? &build.main : &build.modules.back();
            last->path = first;
            last->version = second;
            last->sum = line;
        } else if (kind == "=>" && last) {
            last->replaced_by = std::string(first) + " " + std::string(second);
        } else if (kind == "build" && build.settings.size() < modules_limit) {
            const auto equals = first.find('=');
            if (equals == first.npos) continue;
            build.settings.emplace_back(first.substr(0, equals), first.substr(equals + 1));
        }
    }
}

Result<GoBuild> go_build(const elf::File& file) {
    const auto bytes = TRY(information(file));
    if (bytes.size() < header_size || !bytes.starts_with(magic)) {
        return refused("Go", "its build information is damaged");
    }
    constexpr unsigned with_text = 2;
    const auto word = static_cast<unsigned char>(bytes[14]);
    const auto flags = static_cast<unsigned char>(bytes[15]);
    GoBuild build;
    if (flags & with_text) {
        auto rest = std::string_view(bytes).substr(header_size);
        build.go = inline_text(rest);
        go_modules(inline_text(rest), build);
    } else if (word == 4 || word == 8) {
        build.go = far_text(file, file.number(bytes, 16, word), word);
        go_modules(far_text(file, file.number(bytes, 16U + word, word), word), build);
    }
    if (build.go.empty()) return refused("Go", "its build information is empty");
    return build;
}

}  // namespace limpet::parse
