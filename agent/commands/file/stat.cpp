// stat.cpp - what the kernel knows about files.
#include "commands/command.h"
#include "commands/file/conversion.h"
#include "commands/file/filesystem.h"
#include "commands/file/resolved.h"
#include "commands/file/shown.h"
#include "commands/local_time.h"
#include "commands/names.h"
#include "parse/calendar.h"
#include "parse/number.h"
#include "sys/file.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>

namespace limpet::commands {
namespace {

struct Subject {
    std::string name;
    struct statx status;
    std::string link;  // what a symbolic link says
};

// "%-10.3Y": what stands between % and the letter.
struct Directive : Conversion {
    char letter = 0;
    char part = 0;  // H or L before d and r: the high and low part of a device
};

Directive directive(std::string_view format, std::size_t& at) {
    Directive how{conversion(format, at, "'")};
    if (at + 1 < format.size() && (format[at] == 'H' || format[at] == 'L') &&
        (format[at + 1] == 'd' || format[at + 1] == 'r')) {
        how.part = format[at++];
    }
    if (at < format.size()) how.letter = format[at];
    return how;
}

std::string formed(std::string text, const Directive& how) {
    const bool words = std::string_view("AFGNUnmwxyzC").find(how.letter) != std::string_view::npos;
    const bool time = std::string_view("WXYZ").find(how.letter) != std::string_view::npos;
    const bool is_signed = time || std::string_view("s").find(how.letter) != std::string_view::npos;
    const std::size_t precision = how.precision.value_or(0);
    if (words && how.point) text.resize(std::min(text.size(), precision));
    if (!words && !time && text.size() < precision) {
        text.insert(0, precision - text.size(), '0');
    }
    if (is_signed && !text.starts_with('-') && (how.sign || how.space)) {
        text.insert(0, 1, how.sign ? '+' : ' ');
    }
    if (text.size() >= how.width) return text;
    const auto missing = how.width - text.size();
    if (how.left) return text + std::string(missing, ' ');
    if (words || !how.zeros) return std::string(missing, ' ') + text;
    const bool sign = text.starts_with('+') || text.starts_with('-') || text.starts_with(' ');
    return text.insert(sign ? 1 : 0, missing, '0');
}

std::string number(std::uint64_t value, const char* format = "%llu") {
    char text[32];
    std::snprintf(text, sizeof text, format, static_cast<unsigned long long>(value));
    return text;
}

struct Context {
    explicit Context(const Invocation& invocation)
        : call(invocation), names(invocation.target), zone(local_zone(invocation)) {}
    const Invocation& call;
    Names names;
    parse::Zone zone;
    [[nodiscard]] std::string time(const statx_timestamp& time) const {
        return parse::full_time(zone.at(time.tv_sec, time.tv_nsec));
    }
};

std::string kind(const struct statx& status) {
    if (S_ISREG(status.stx_mode) && status.stx_size == 0) return "regular empty file";
    return std::string(type_word(status.stx_mode));
}

std::string always_quoted(std::string_view name) {
    auto text = quoted(name);
    const bool bare = text.empty() || (text[0] != '\'' && text[0] != '$');
    return bare ? "'" + text + "'" : text;
}

// The directory where the file's file system is mounted: the last one up with its device.
std::string mount_point(const Invocation& call, const Subject& file) {
    auto path = resolved(call, call.path(file.name), Missing::last);
    if (!path) return "?";
    while (*path != "/") {
        const auto above = path->substr(0, std::max<std::size_t>(path->rfind('/'), 1));
        const auto status = target::stat(call.target, above, target::Follow::no);
        if (!status || device_number(*status) != device_number(file.status)) break;
        *path = above;
    }
    return *path;
}

std::optional<std::string> time_field(char letter, const Directive& how, const Subject& file,
                                      const Context& context) {
    const auto& status = file.status;
    const auto lower = static_cast<char>(letter | 0x20);
    const auto& stamp = lower == 'w'   ? status.stx_btime
                        : lower == 'x' ? status.stx_atime
                        : lower == 'y' ? status.stx_mtime
                                       : status.stx_ctime;
    const bool known = lower != 'w' || (status.stx_mask & STATX_BTIME);
    if (letter == lower) return known ? context.time(stamp) : std::string("-");
    auto text = std::to_string(known ? stamp.tv_sec : 0);
    const std::size_t precision = how.point ? how.precision.value_or(9) : 0;
    if (precision == 0) return text;
    // Digits of the second: all nine for "%.Y".
    char fraction[16];
    std::snprintf(fraction, sizeof fraction, ".%09u", known ? stamp.tv_nsec : 0);
    return text + std::string(fraction).substr(0, std::min<std::size_t>(precision, 9) + 1);
}

// One letter of -c.
std::optional<std::string> field(const Directive& how, const Subject& file, Context& context) {
    const auto& status = file.status;
    const auto device = makedev(status.stx_rdev_major, status.stx_rdev_minor);
    const auto part = [&](std::uint64_t major, std::uint64_t minor, std::uint64_t whole) {
        return number(how.part == 'H' ? major : how.part == 'L' ? minor : whole);
    };
    switch (how.letter) {
        case 'a': return number(status.stx_mode & 07777u, how.other ? "%#llo" : "%llo");
        case 'A': return mode_text(status.stx_mode);
        case 'b': return number(status.stx_blocks);
        case 'B': return "512";
        case 'C': return "?";
        case 'd': return part(status.stx_dev_major, status.stx_dev_minor, device_number(status));
        case 'D': return number(device_number(status), how.other ? "%#llx" : "%llx");
        case 'f': return number(status.stx_mode, how.other ? "%#llx" : "%llx");
        case 'F': return kind(status);
        case 'g': return number(status.stx_gid);
        case 'G': return context.names.group(status.stx_gid);
        case 'h': return number(status.stx_nlink);
        case 'i': return number(status.stx_ino);
        case 'm': return mount_point(context.call, file);
        case 'n': return file.name;
        case 'N':
            return always_quoted(file.name) +
                   (S_ISLNK(status.stx_mode) ? " -> " + always_quoted(file.link) : std::string());
        case 'o': return number(status.stx_blksize);
        case 's': return number(status.stx_size);
        case 't': return number(status.stx_rdev_major, how.other ? "%#llx" : "%llx");
        case 'T': return number(status.stx_rdev_minor, how.other ? "%#llx" : "%llx");
        case 'r': return part(status.stx_rdev_major, status.stx_rdev_minor, device);
        case 'R': return number(device, how.other ? "%#llx" : "%llx");
        case 'u': return number(status.stx_uid);
        case 'U': return context.names.user(status.stx_uid);
    }
    if (std::string_view("wxyzWXYZ").find(how.letter) != std::string_view::npos) {
        return time_field(how.letter, how, file, context);
    }
    return std::nullopt;
}

std::optional<std::string> system_field(const Directive& how, const std::string& name,
                                        const struct statfs& status) {
    std::uint64_t id = 0;
    static_assert(sizeof status.f_fsid == sizeof id);
    std::memcpy(&id, &status.f_fsid, sizeof id);
    // The words of fsid_t are shown high first.
    id = id << 32 | id >> 32;
    switch (how.letter) {
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

// A backslash sequence of --printf; leaves `at` on its last byte.
char escape(std::string_view format, std::size_t& at) {
    const auto digits = [&](std::string_view known, std::size_t most, int base) {
        auto end = std::min(format.find_first_not_of(known, at), format.size());
        end = std::min(end, at + most);
        const auto value = parse::number<unsigned>(format.substr(at, end - at), base).value_or(0);
        at = end - 1;
        return static_cast<char>(value);
    };
    const char letter = format[++at];
    if (letter >= '0' && letter <= '7') return digits("01234567", 3, 8);
    if (letter == 'x' && at + 1 < format.size() &&
        std::isxdigit(static_cast<unsigned char>(format[at + 1]))) {
        ++at;
        return digits("0123456789abcdefABCDEF", 2, 16);
    }
    constexpr std::string_view letters = "abefnrtv";
    const auto known = letters.find(letter);
    return known == letters.npos ? letter : "\a\b\033\f\n\r\t\v"[known];
}

// The directives of a format; `--printf` also knows backslashes and adds no newline.
template <typename Field>
std::string formatted(std::string_view format, bool escapes, const Field& field) {
    std::string text;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (escapes && format[i] == '\\' && i + 1 < format.size()) {
            text += escape(format, i);
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
        const auto how = directive(format, i);
        const auto value = how.letter ? field(how) : std::nullopt;
        // What is no directive is a question mark, as GNU has it.
        text += value ? formed(*value, how) : how.letter ? "?" : std::string(format.substr(begin));
    }
    if (!escapes) text += '\n';
    return text;
}

void print(Invocation& call, const Subject& file, Context& context) {
    const auto& status = file.status;
    auto& names = context.names;
    auto& out = call.out;
    out.write("  File: " + shown_name(call, file.name));
    if (S_ISLNK(status.stx_mode)) out.write(" -> " + shown_name(call, file.link));
    out.print("\n  Size: %-10llu\tBlocks: %-10llu IO Block: %-6u %s\n",
              static_cast<unsigned long long>(status.stx_size),
              static_cast<unsigned long long>(status.stx_blocks), status.stx_blksize,
              kind(status).c_str());
    out.print("Device: %u,%u\tInode: %-11llu Links: %u", status.stx_dev_major, status.stx_dev_minor,
              static_cast<unsigned long long>(status.stx_ino), status.stx_nlink);
    if (S_ISCHR(status.stx_mode) || S_ISBLK(status.stx_mode)) {
        out.print("     Device type: %u,%u", status.stx_rdev_major, status.stx_rdev_minor);
    }
    out.print("\nAccess: (%04o/%s)  Uid: (%5u/%8s)   Gid: (%5u/%8s)\n", status.stx_mode & 07777u,
              mode_text(status.stx_mode).c_str(), status.stx_uid,
              names.user(status.stx_uid).c_str(), status.stx_gid,
              names.group(status.stx_gid).c_str());
    out.write("Access: " + context.time(status.stx_atime) +
              "\nModify: " + context.time(status.stx_mtime) +
              "\nChange: " + context.time(status.stx_ctime) + "\n Birth: ");
    out.write(status.stx_mask & STATX_BTIME ? context.time(status.stx_btime) : "-");
    out.put('\n');
}

void show_system(Invocation& call, const std::string& name, std::string_view format, bool escapes) {
    const auto place = target::open(call.target, call.path(name), O_PATH);
    if (!place) return call.complain(place.error());
    const auto status = sys::fstatfs(*place);
    if (!status) return call.complain(Error{status.error().code, "statfs", name, {}});
    const auto field = [&](const Directive& how) { return system_field(how, name, *status); };
    if (!format.empty()) return call.out.write(formatted(format, escapes, field));
    constexpr std::string_view standard =
        "  File: \"%n\"\n    ID: %-8i Namelen: %-7l Type: %T\n"
        "Block size: %-10s Fundamental block size: %S\n"
        "Blocks: Total: %-10b Free: %-10f Available: %a\nInodes: Total: %-10c Free: %d";
    call.out.write(formatted(standard, false, field));
}

int run(Invocation& call) {
    if (call.operands.empty()) return call.misused("which file?");
    Context context(call);
    auto& names = context.names;
    const bool escapes = call.options.has("printf");
    auto format = std::string(call.options.value("printf").value_or(
        call.options.value('c').value_or(std::string_view{})));
    const bool given = call.options.has('c') || call.options.has("printf");
    if (call.options.has('t') && call.options.has('f')) {
        format = "%n %i %l %t %s %S %b %f %a %c %d";
    } else if (call.options.has('t')) {
        format = "%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o";
    }
    const auto follow = call.options.has('L') ? target::Follow::yes : target::Follow::no;
    for (const auto& name : call.operands) {
        if (call.options.has('f')) {
            show_system(call, name, format, escapes);
            continue;
        }
        const auto status = name == "-" ? sys::statx(call.in.fd(), "", AT_EMPTY_PATH)
                                        : target::stat(call.target, call.path(name), follow);
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
        } else if (format.empty() && !given) {
            print(call, file, context);
        } else {
            call.out.write(formatted(
                format, escapes, [&](const Directive& how) { return field(how, file, context); }));
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
    {0, "cached", "MODE", "always, never or default: makes no difference"},
    json_option,
};

constexpr Command stat{
    .name = "stat",
    .usage = "[-Lft] [-c FORMAT] FILE...",
    .summary = "show what the kernel knows about files",
    .theme = "files",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Fields: %n name, %N quoted with link, %s size, %b blocks, %B bytes per block, %f mode "
        "(hex),\n"
        "%a permissions (octal), %A (letters), %F type, %u %U user, %g %G group, %d %D device, %i "
        "inode,\n"
        "%h links, %t %T device type, %r %R both, %m mount point, %o block size, %x %X accessed, "
        "%y %Y modified, %z %Z "
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
