// shown.cpp - names, modes and times of files.
#include "commands/file/shown.h"

#include "commands/json.h"
#include "commands/spoken.h"
#include "commands/utf8.h"
#include "parse/calendar.h"

#include <dirent.h>
#include <sys/sysmacros.h>

#include <cstdio>

namespace limpet::commands {
namespace {

std::string escaped(std::string_view name) {
    std::string text = "$'";
    char escape[8];
    while (!name.empty()) {
        auto length = utf8_length(name);
        const auto point = length ? utf8_decode(name.substr(0, length)) : 0;
        if (length == 0) length = 1;
        if (point == U'\'' || point == U'\\') {
            text += '\\';
            text += name[0];
        } else if (point == U'\n') {
            text += "\\n";
        } else if (point == U'\t') {
            text += "\\t";
        } else if (point < 0x20 || (point >= 0x7F && point < 0xA0) || reorders(point)) {
            for (const char byte : name.substr(0, length)) {
                std::snprintf(escape, sizeof escape, "\\%03o", static_cast<unsigned char>(byte));
                text += escape;
            }
        } else {
            text += name.substr(0, length);
        }
        name.remove_prefix(length);
    }
    return text + "'";
}

}  // namespace

std::string quoted(std::string_view name) {
    bool plain = !name.empty() && name[0] != '~' && name[0] != '#';
    for (auto rest = name; !rest.empty();) {
        const auto length = utf8_length(rest);
        if (length == 0) return escaped(name);
        const auto point = utf8_decode(rest.substr(0, length));
        if (point < 0x20 || (point >= 0x7F && point < 0xA0) || reorders(point)) {
            return escaped(name);
        }
        if (std::string_view(" !\"$&'()*;<=>?[\\^`|").find(rest[0]) != std::string_view::npos) {
            plain = false;
        }
        rest.remove_prefix(length);
    }
    if (plain) return std::string(name);
    if (name.find('\'') != name.npos) {
        return name.find_first_of("\"$`\\!") == name.npos ? '"' + std::string(name) + '"'
                                                          : escaped(name);
    }
    return "'" + std::string(name) + "'";
}

std::string shown_name(const Invocation& call, std::string_view name) {
    return call.out.terminal() ? quoted(name) : std::string(name);
}

std::string mode_text(std::uint32_t mode) {
    std::string text = "?rwxrwxrwx";
    switch (mode & S_IFMT) {
        case S_IFREG: text[0] = '-'; break;
        case S_IFDIR: text[0] = 'd'; break;
        case S_IFLNK: text[0] = 'l'; break;
        case S_IFIFO: text[0] = 'p'; break;
        case S_IFSOCK: text[0] = 's'; break;
        case S_IFCHR: text[0] = 'c'; break;
        case S_IFBLK: text[0] = 'b'; break;
    }
    for (unsigned bit = 0; bit < 9; ++bit) {
        if (!(mode & (0400u >> bit))) text[bit + 1] = '-';
    }
    if (mode & S_ISUID) text[3] = mode & S_IXUSR ? 's' : 'S';
    if (mode & S_ISGID) text[6] = mode & S_IXGRP ? 's' : 'S';
    if (mode & S_ISVTX) text[9] = mode & S_IXOTH ? 't' : 'T';
    return text;
}

std::string_view type_word(std::uint32_t mode) {
    switch (mode & S_IFMT) {
        case S_IFREG: return "regular file";
        case S_IFDIR: return "directory";
        case S_IFLNK: return "symbolic link";
        case S_IFIFO: return "fifo";
        case S_IFSOCK: return "socket";
        case S_IFCHR: return "character special file";
        case S_IFBLK: return "block special file";
    }
    return "unknown";
}

unsigned char entry_type(std::uint32_t mode) { return IFTODT(mode); }

std::string iso_time(const struct statx_timestamp& time) {
    return parse::format_time("%Y-%m-%dT%H:%M:%S.%NZ", parse::moment(time.tv_sec, time.tv_nsec));
}

std::uint64_t device_number(const struct statx& status) {
    return makedev(status.stx_dev_major, status.stx_dev_minor);
}

std::string file_json(std::string_view path, const struct statx& status, std::string_view user,
                      std::string_view group, const std::string* link) {
    char mode[16];
    std::snprintf(mode, sizeof mode, "%04o", status.stx_mode & 07777u);
    JsonObject object;
    object.text("path", path)
        .text("type", type_word(status.stx_mode))
        .text("mode", mode)
        .number("size", status.stx_size)
        .number("blocks", status.stx_blocks)
        .number("links", status.stx_nlink)
        .number("inode", status.stx_ino)
        .text("device",
              std::to_string(status.stx_dev_major) + ":" + std::to_string(status.stx_dev_minor))
        .number("uid", status.stx_uid)
        .text("user", user)
        .number("gid", status.stx_gid)
        .text("group", group)
        .text("accessed", iso_time(status.stx_atime))
        .text("modified", iso_time(status.stx_mtime))
        .text("changed", iso_time(status.stx_ctime));
    if (status.stx_mask & STATX_BTIME) {
        object.text("born", iso_time(status.stx_btime));
    } else {
        object.null("born");
    }
    if (link) object.text("target", *link);
    return object.take();
}

}  // namespace limpet::commands
