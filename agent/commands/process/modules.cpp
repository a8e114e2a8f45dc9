// process/modules.cpp - the files that a process has mapped.
#include "commands/process/modules.h"

#include <elf.h>

#include <algorithm>

namespace limpet::commands {
namespace {

constexpr std::uint64_t vdso_limit = 65536;
constexpr std::uint64_t table_limit = std::uint64_t{64} << 20;

// What the file has at an address, up to the end of its segment.
std::string contents_at(const parse::elf::File& file, std::uint64_t address, std::uint64_t size) {
    const auto place = file.place(address);
    if (!place) return {};
    parse::elf::Section part;
    part.offset = *place;
    part.size = std::min(size, table_limit);
    return file.contents(part).value_or("");
}

void read_frames(Module& module) {
    const auto& file = module.file->file;
    auto& information = module.information;
    if (const auto* header = file.segment(PT_GNU_EH_FRAME)) {
        module.table = contents_at(file, header->address, header->file_size);
        information.table_at = header->address;
    }
    if (const auto sections = file.sections()) {
        for (const auto& section : *sections) {
            if (section.name != ".eh_frame" || section.type == SHT_NOBITS) continue;
            module.frames = file.contents(section).value_or("");
            information.frames_at = section.address;
        }
    }
    // Without sections the table says where the frames begin, in the form that all have.
    if (module.frames.empty() && module.table.size() >= 8 && module.table[1] == 0x1b) {
        const auto offset = static_cast<std::int32_t>(file.number(module.table, 4, 4));
        const auto begin = information.table_at + 4 + static_cast<std::uint64_t>(offset);
        for (const auto& segment : file.segments()) {
            if (segment.type != PT_LOAD || begin < segment.address ||
                begin - segment.address >= segment.file_size) {
                continue;
            }
            module.frames = contents_at(file, begin, segment.file_size - (begin - segment.address));
            information.frames_at = begin;
        }
    }
    information.frames = module.frames;
    information.table = module.table;
}

bool name_from(const parse::elf::File& file, std::uint32_t type,
               std::vector<Module::Wanted>& wanted) {
    const auto sections = file.sections();
    if (!sections) return false;
    bool any = false;
    for (const auto& section : *sections) {
        if (section.type != type || section.link >= sections->size()) continue;
        const auto names = file.contents((*sections)[section.link]).value_or("");
        static_cast<void>(file.each_symbol(section, [&](const parse::elf::Symbol& symbol) {
            if (symbol.section == SHN_UNDEF || symbol.value == 0) return;
            if (symbol.type != STT_FUNC && symbol.type != STT_GNU_IFUNC &&
                symbol.type != STT_NOTYPE) {
                return;
            }
            any = true;
            // One without a size ends where the next one begins.
            const auto end = symbol.value + std::max<std::uint64_t>(symbol.size, 1);
            auto place =
                std::ranges::lower_bound(wanted, symbol.value, {}, &Module::Wanted::address);
            for (; place != wanted.end(); ++place) {
                if (place->address >= end && symbol.size != 0) break;
                // The nearest below; of several at one place the first.
                if (symbol.value <= place->begin) {
                    if (symbol.size == 0) break;
                    continue;
                }
                if (symbol.name_at >= names.size()) break;
                const auto text = std::string_view(names).substr(symbol.name_at, 4096);
                const auto name = text.substr(0, text.find('\0'));
                // Marks of the assembler ($x, .L1) are no functions.
                if (name.empty() || (symbol.type == STT_NOTYPE && symbol.size == 0 &&
                                     (name[0] == '$' || name[0] == '.'))) {
                    break;
                }
                place->begin = symbol.value;
                place->name = name;
            }
        }));
    }
    return any;
}

}  // namespace

std::optional<std::uint64_t> Module::address(std::uint64_t offset) const {
    if (!file) return std::nullopt;
    for (const auto& segment : file->file.segments()) {
        if (segment.type == PT_LOAD && offset >= segment.offset &&
            offset - segment.offset < segment.file_size) {
            return segment.address + (offset - segment.offset);
        }
    }
    return std::nullopt;
}

const Module::Wanted* Module::find(std::uint64_t address) const {
    const auto place = std::ranges::lower_bound(wanted, address, {}, &Wanted::address);
    return place != wanted.end() && place->address == address ? &*place : nullptr;
}

void Module::name(const target::Target& target) {
    std::ranges::sort(wanted, {}, &Wanted::address);
    const auto repeated = std::ranges::unique(wanted, {}, &Wanted::address);
    wanted.erase(repeated.begin(), repeated.end());
    if (!file) return;
    symbols = name_from(file->file, SHT_SYMTAB, wanted);
    if (symbols) return;
    // What was split off at the build, where the image has it.
    if (build_id.size() > 2) {
        const auto debug = "/usr/lib/debug/.build-id/" + build_id.substr(0, 2) + "/" +
                           build_id.substr(2) + ".debug";
        if (const auto split = open_elf(target, debug)) {
            symbols = name_from(split->file, SHT_SYMTAB, wanted);
        }
    }
    if (!symbols && !name_from(file->file, SHT_DYNSYM, wanted)) problem = "it has no symbols";
}

const parse::Mapping* Modules::mapping(std::uint64_t address) const {
    const auto place = std::ranges::upper_bound(mappings_, address, {}, &parse::Mapping::end);
    return place != mappings_.end() && place->start <= address ? &*place : nullptr;
}

Module& Modules::open(const parse::Mapping& mapping) {
    auto module = std::make_unique<Module>();
    module->path = mapping.path;
    if (mapping.path == "[vdso]") {
        module->memory = memory_.bytes(
            mapping.start,
            static_cast<std::size_t>(std::min(vdso_limit, mapping.end - mapping.start)));
        auto file = parse::elf::File::open(
            [bytes = std::string_view(module->memory)](std::uint64_t offset,
                                                       std::size_t size) -> Result<std::string> {
                if (offset >= bytes.size()) return std::string();
                return std::string(bytes.substr(static_cast<std::size_t>(offset), size));
            });
        if (file) module->file = ElfFile{Fd(), *std::move(file)};
    } else if (mapping.path.starts_with('/')) {
        auto file = open_elf(target_, mapping.path);
        if (file) {
            module->file = *std::move(file);
        } else {
            module->problem = text(file.error());
        }
    } else {
        module->problem = "no file is mapped there";
    }
    if (module->file) {
        module->build_id = build_id(module->file->file);
        read_frames(*module);
    }
    return *modules_.emplace_back(std::move(module));
}

Module* Modules::at(std::uint64_t pc, std::uint64_t& address) {
    const auto* found = mapping(pc);
    if (!found) return nullptr;
    Module* module = nullptr;
    for (const auto& known : modules_) {
        if (known->path == found->path) module = known.get();
    }
    if (!module) module = &open(*found);
    address = module->address(pc - found->start + found->offset).value_or(pc);
    return module;
}

}  // namespace limpet::commands
