// parse/fdinfo.cpp - /proc/PID/fdinfo/FD, proc_pid_fdinfo(5).
#include "parse/fdinfo.h"

#include "parse/lines.h"
#include "parse/number.h"

#include <fcntl.h>

#include <array>

namespace limpet::parse {

namespace {

// "1: POSIX  ADVISORY  WRITE 359 00:13:11691 0 EOF"
char lock_letter(std::string_view text) {
    for (int skipped = 0; skipped < 3; ++skipped) take_word(text);
    const auto kind = take_word(text);
    for (int skipped = 0; skipped < 2; ++skipped) take_word(text);
    const bool whole = take_word(text) == "0" && take_word(text) == "EOF";
    if (kind != "WRITE" && kind != "READ") return 0;
    return kind == "WRITE" ? (whole ? 'W' : 'w') : (whole ? 'R' : 'r');
}

}  // namespace

FdInfo fdinfo(std::string_view text) {
    FdInfo info;
    while (!text.empty()) {
        auto value = take_line(text);
        const auto name = take(value, ':');
        value = trimmed(value);
        if (name == "pos") info.position = number<std::uint64_t>(value);
        if (name == "flags") info.flags = number<std::uint32_t>(value, 8);
        if (name == "lock") info.lock = lock_letter(value);
        if (name == "mnt_id") info.mount = number<std::uint64_t>(value);
    }
    return info;
}

std::string access_mode(std::uint32_t flags) {
    if (flags & O_PATH) return "path";
    switch (flags & O_ACCMODE) {
        case O_RDONLY: return "r";
        case O_WRONLY: return "w";
        default: return "rw";
    }
}

std::vector<std::string> flag_names(std::uint32_t flags) {
    struct Flag {
        std::uint32_t bits;
        std::string_view name;
    };
    // O_SYNC holds O_DSYNC's bit and O_TMPFILE O_DIRECTORY's: the longer one first.
    constexpr std::array names{
        Flag{O_APPEND, "append"},   Flag{O_NONBLOCK, "nonblock"},   Flag{O_CLOEXEC, "cloexec"},
        Flag{O_SYNC, "sync"},       Flag{O_DSYNC, "dsync"},         Flag{O_DIRECT, "direct"},
        Flag{O_TMPFILE, "tmpfile"}, Flag{O_DIRECTORY, "directory"},
    };
    std::vector<std::string> list;
    for (const auto& [bits, name] : names) {
        if ((flags & bits) != bits) continue;
        list.emplace_back(name);
        flags &= ~bits;
    }
    return list;
}

}  // namespace limpet::parse
