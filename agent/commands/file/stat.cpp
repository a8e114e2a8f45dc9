// stat.cpp - what the kernel knows about files.
#include "commands/command.h"
#include "commands/file/filesystem.h"
#include "commands/file/shown.h"
#include "commands/names.h"
#include "parse/calendar.h"
#include "parse/number.h"
#include "sys/file.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

namespace limpet::commands {
namespace {

struct Subject {
    std::string name;
    struct statx status;
    std::string link;  // what a symbolic link says
};

std::string padded(std::string text, std::string_view flags, std::size_t width) {
    if (text.size() >= width) return text;
    const auto padding = width - text.size();
    if (flags.find('-') != flags.npos) return text + std::string(padding, ' ');
    const bool zeros = flags.find('0') != flags.npos;
    return std::string(padding, zeros ? '0' : ' ') + text;
}

std::string number(std::uint64_t value, const char* format = "%llu") {
    char text[32];
    std::snprintf(text, sizeof text, format, static_cast<unsigned long long>(value));
    return text;
}

std::string time_of(const statx_timestamp& time) {
    return parse::full_time(parse::moment(time.tv_sec, time.tv_nsec));
}

std::string kind(const struct statx& status) {
    if (S_ISREG(status.stx_mode) && status.stx_size == 0) return "regular empty file";
    return std::string(type_word(status.stx_mode));
}

std::string always_quoted(std::string_view name) {
    auto text = quoted(name);
    const bool bare = text.empty() || (text[0] != '\'' && text[0] != '$');
    return bare ? "'" + text + "'" : text;
}

// One letter of -c.
std::optional<std::string> field(char letter, const Subject& file, Names& names, bool high_device) {
    const auto& status = file.status;
    switch (letter) {
        case 'a': return number(status.stx_mode & 07777u, "%llo");
        case 'A': return mode_text(status.stx_mode);
        case 'b': return number(status.stx_blocks);
        case 'B': return "512";
        case 'd': return number(high_device ? status.stx_dev_major : device_number(status));
        case 'D': return number(device_number(status), "%llx");
        case 'f': return number(status.stx_mode, "%llx");
        case 'F': return kind(status);
        case 'g': return number(status.stx_gid);
        case 'G': return names.group(status.stx_gid);
        case 'h': return number(status.stx_nlink);
        case 'i': return number(status.stx_ino);
        case 'n': return file.name;
        case 'N':
            return always_quoted(file.name) +
                   (S_ISLNK(status.stx_mode) ? " -> " + always_quoted(file.link) : std::string());
        case 'o': return number(status.stx_blksize);
        case 's': return number(status.stx_size);
        case 't': return number(status.stx_rdev_major, "%llx");
        case 'T': return number(status.stx_rdev_minor, "%llx");
        case 'r': return number(makedev(status.stx_rdev_major, status.stx_rdev_minor));
        case 'u': return number(status.stx_uid);
        case 'U': return names.user(status.stx_uid);
        case 'w':
            return status.stx_mask & STATX_BTIME ? time_of(status.stx_btime) : std::string("-");
        case 'W':
            return status.stx_mask & STATX_BTIME ? std::to_string(status.stx_btime.tv_sec)
                                                 : std::string("0");
        case 'x': return time_of(status.stx_atime);
        case 'X': return std::to_string(status.stx_atime.tv_sec);
        case 'y': return time_of(status.stx_mtime);
        case 'Y': return std::to_string(status.stx_mtime.tv_sec);
        case 'z': return time_of(status.stx_ctime);
        case 'Z': return std::to_string(status.stx_ctime.tv_sec);
    }
    return std::nullopt;
}

std::optional<std::string> system_field(char letter, const std::string& name,
                                        const struct statfs& status) {
    std::uint64_t id = 0;
    static_assert(sizeof status.f_fsid == sizeof id);
    std::memcpy(&id, &status.f_fsid, sizeof id);
    // The words of fsid_t are shown high first.
    id = id << 32 | id >> 32;
    switch (letter) {
        case 'a': return number(status.f_bavail);
        case 'b': return number(status.f_blocks);
        case 'c': return number(status.f_files);
        case 'd': return number(status.f_ffree);
        case 'f': return number(status.f_bfree);
        case 'i': return number(id, "%llx");
        case 'l': return number(static_cast<std::uint64_t>(status.f_namelen));
        case 'n': return name;
        case 's': return number(static_cast<std::uint64_t>(status.f_bsize));
        case 'S': return number(static_cast<std::uint64_t>(status.f_frsize));
        case 't': return number(static_cast<std::uint64_t>(status.f_type), "%llx");
        case 'T':
            return std::string(filesystem_kind(static_cast<std::uint64_t>(status.f_type)).words);
    }
    return std::nullopt;
}

// The directives of a format; `--printf` also knows backslashes and adds no newline.
template <typename Field>
std::string formatted(std::string_view format, bool escapes, const Field& field) {
    std::string text;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (escapes && format[i] == '\\' && i + 1 < format.size()) {
            const char letter = format[++i];
            const auto at = std::string_view("ntr\\0a").find(letter);
            text += at == std::string_view::npos ? letter : "\n\t\r\\\0\a"[at];
            continue;
        }
        if (format[i] != '%' || i + 1 == format.size()) {
            text += format[i];
            continue;
        }
        const auto begin = i++;
        if (format[i] == '%') {
            text += '%';
            continue;
        }
        const auto flags_end = std::min(format.find_first_not_of("-0+ #'", i), format.size());
        const auto flags = format.substr(i, flags_end - i);
        const auto width_end =
            std::min(format.find_first_not_of("0123456789", flags_end), format.size());
        const auto width =
            parse::number<std::size_t>(format.substr(flags_end, width_end - flags_end)).value_or(0);
        i = width_end;
        const bool high = i + 1 < format.size() && format[i] == 'H';
        if (high || (i + 1 < format.size() && format[i] == 'L')) ++i;
        const auto value = i < format.size() ? field(format[i], high) : std::nullopt;
        text += value ? padded(*value, flags, std::min<std::size_t>(width, 4096))
                      : std::string(format.substr(begin, i - begin + 1));
    }
    if (!escapes) text += '\n';
    return text;
}

void print(Invocation& call, const Subject& file, Names& names) {
    const auto& status = file.status;
    auto& out = call.out;
    out.write("  File: " + shown_name(call, file.name));
    if (S_ISLNK(status.stx_mode)) out.write(" -> " + shown_name(call, file.link));
    out.print("\n  Size: %-15llu\tBlocks: %-10llu IO Block: %-6u %s\n",
              static_cast<unsigned long long>(status.stx_size),
              static_cast<unsigned long long>(status.stx_blocks), status.stx_blksize,
              kind(status).c_str());
    out.print("Device: %u,%u\tInode: %-11llu Links: %-5u", status.stx_dev_major,
              status.stx_dev_minor, static_cast<unsigned long long>(status.stx_ino),
              status.stx_nlink);
    if (S_ISCHR(status.stx_mode) || S_ISBLK(status.stx_mode)) {
        out.print(" Device type: %u,%u", status.stx_rdev_major, status.stx_rdev_minor);
    }
    out.print("\nAccess: (%04o/%s)  Uid: (%5u/%8s)   Gid: (%5u/%8s)\n", status.stx_mode & 07777u,
              mode_text(status.stx_mode).c_str(), status.stx_uid,
              names.user(status.stx_uid).c_str(), status.stx_gid,
              names.group(status.stx_gid).c_str());
    out.write("Access: " + time_of(status.stx_atime) + "\nModify: " + time_of(status.stx_mtime) +
              "\nChange: " + time_of(status.stx_ctime) + "\n Birth: ");
    out.write(status.stx_mask & STATX_BTIME ? time_of(status.stx_btime) : "-");
    out.put('\n');
}

void show_system(Invocation& call, const std::string& name, std::string_view format, bool escapes) {
    const auto place = target::open(call.target, call.path(name), O_PATH);
    if (!place) return call.complain(place.error());
    const auto status = sys::fstatfs(*place);
    if (!status) return call.complain(Error{status.error().code, "statfs", name, {}});
    const auto field = [&](char letter, bool) { return system_field(letter, name, *status); };
    if (!format.empty()) return call.out.write(formatted(format, escapes, field));
    constexpr std::string_view standard =
        "  File: \"%n\"\n    ID: %-8i Namelen: %-7l Type: %T\n"
        "Block size: %-10s Fundamental block size: %S\n"
        "Blocks: Total: %-10b Free: %-10f Available: %a\nInodes: Total: %-10c Free: %d";
    call.out.write(formatted(standard, false, field));
}

int run(Invocation& call) {
    if (call.operands.empty()) return call.misused("which file?");
    Names names(call.target);
    const bool escapes = call.options.has("printf");
    auto format = std::string(call.options.value("printf").value_or(
        call.options.value('c').value_or(std::string_view{})));
    if (call.options.has('t')) {
        format = "%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o";
    }
    const auto follow = call.options.has('L') ? target::Follow::yes : target::Follow::no;
    for (const auto& name : call.operands) {
        if (call.options.has('f')) {
            show_system(call, name, format, escapes);
            continue;
        }
        const auto status = target::stat(call.target, call.path(name), follow);
        if (!status) {
            call.complain(status.error());
            continue;
        }
        Subject file{.name = name, .status = *status, .link = {}};
        if (S_ISLNK(status->stx_mode)) {
            auto link = target::readlink(call.target, call.path(name));
            if (!link) call.complain(link.error());
            file.link = std::move(link).value_or(std::string());
        }
        if (call.json()) {
            call.out.write(file_json(name, *status, names.user(status->stx_uid),
                                     names.group(status->stx_gid),
                                     S_ISLNK(status->stx_mode) ? &file.link : nullptr));
            call.out.put('\n');
        } else if (format.empty()) {
            print(call, file, names);
        } else {
            call.out.write(formatted(format, escapes, [&](char letter, bool high) {
                return field(letter, file, names, high);
            }));
        }
    }
    return call.status;
}

constexpr Option options[]{
    {'c', "format", "FORMAT", "print the fields of FORMAT and a newline"},
    {0, "printf", "FORMAT", "the same without the newline, and with \\n and \\t"},
    {'f', "file-system", "", "about the file system in which the file is"},
    {'L', "dereference", "", "about the file that a symbolic link leads to"},
    {'t', "terse", "", "all fields on one line"},
    json_option,
};

constexpr Command stat{
    .name = "stat",
    .usage = "[-Lft] [-c FORMAT] FILE...",
    .summary = "show what the kernel knows about files",
    .theme = "files",
    .promise = Promise::files,
    .run = run,
    .options = options,
    .help =
        "Fields: %n name, %N quoted with link, %s size, %b blocks, %B bytes per block, %f mode "
        "(hex),\n"
        "%a permissions (octal), %A (letters), %F type, %u %U user, %g %G group, %d %D device, %i "
        "inode,\n"
        "%h links, %t %T device type, %o block size, %x %X accessed, %y %Y modified, %z %Z "
        "changed,\n"
        "%w %W born. With -f: %n name, %T %t type, %s %S block size, %b blocks, %f free, %a "
        "available,\n"
        "%c inodes, %d free inodes, %l longest name, %i id.\n\n"
        "JSON fields: path, type, mode (octal text), size, blocks (of 512 bytes), links, inode, "
        "device\n"
        "(\"major:minor\"), uid, user, gid, group, accessed, modified, changed, born (null if "
        "unknown),\n"
        "target (of a symbolic link).\n\n"
        "Example:\n  stat -c '%a %U:%G %n' /etc/*\n",
};
const Register registered{stat};

}  // namespace
}  // namespace limpet::commands
