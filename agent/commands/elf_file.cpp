// commands/elf_file.cpp - ELF files of the target.
#include "commands/elf_file.h"

#include "parse/name_table.h"
#include "parse/number.h"
#include "sys/file.h"
#include "target/deadline.h"

#include <elf.h>
#include <unistd.h>

namespace limpet::commands {
namespace {

Result<std::string> read_at(int fd, std::uint64_t end, std::uint64_t offset, std::size_t size) {
    if (offset >= end) return std::string();
    std::string bytes(static_cast<std::size_t>(std::min<std::uint64_t>(size, end - offset)), '\0');
    std::size_t used = 0;
    while (used < bytes.size()) {
        target::deadline::enter();
        const auto got = ::pread(fd, bytes.data() + used, bytes.size() - used,
                                 static_cast<off_t>(offset + used));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed("read", "");
        if (got == 0) break;
        used += static_cast<std::size_t>(got);
    }
    bytes.resize(used);
    return bytes;
}

std::optional<pid_t> process_number(std::string_view operand) {
    const auto pid = parse::number<pid_t>(operand);
    return pid && *pid > 0 ? pid : std::nullopt;
}

}  // namespace

Result<parse::elf::File> elf_of(BorrowedFd fd) {
    const auto status = TRY(sys::statx(fd, "", AT_EMPTY_PATH));
    return parse::elf::File::open(
        [fd, end = status.stx_size](std::uint64_t offset, std::size_t size) {
            return read_at(fd.get(), end, offset, size);
        });
}

Result<ElfFile> open_elf(const target::Target& target, const std::string& path) {
    Fd fd = TRY(target::open_for_reading(target, path));
    auto file = TRY(elf_of(fd));
    return ElfFile{std::move(fd), std::move(file)};
}

Result<std::string> program_path(Invocation& call, const std::string& operand) {
    auto path = call.path(operand);
    const auto pid = process_number(operand);
    const auto link = pid ? "/proc/" + std::to_string(*pid) + "/exe" : path;
    // The link of a process is a magic one: what it says is looked up in the tree.
    const bool magic = link.starts_with("/proc/") && link.ends_with("/exe");
    if (!magic || (pid && target::stat(call.target, path, target::Follow::yes))) return path;
    auto text = TRY(target::readlink(call.target, link));
    if (text.ends_with(" (deleted)")) return refused(link, "its program is deleted: " + text);
    return text;
}

std::string build_id(const parse::elf::File& file) {
    const auto notes = file.notes();
    if (!notes) return {};
    for (const auto& note : *notes) {
        if (note.owner == "GNU" && note.type == NT_GNU_BUILD_ID && note.description.size() <= 64) {
            return parse::hex_bytes(note.description);
        }
    }
    return {};
}

}  // namespace limpet::commands
