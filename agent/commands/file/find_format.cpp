// find_format.cpp - the directives of find -printf.
#include "commands/file/conversion.h"
#include "commands/file/find_expression.h"
#include "commands/file/shown.h"
#include "parse/calendar.h"
#include "parse/number.h"

#include <dirent.h>

#include <algorithm>

namespace limpet::commands::find_command {
namespace {

std::string number(std::uint64_t value, const char* format = "%llu") {
    char text[32];
    std::snprintf(text, sizeof text, format, static_cast<unsigned long long>(value));
    return text;
}

std::string time_field(char letter, const statx_timestamp& time, const parse::Zone& zone) {
    const auto at = zone.at(time.tv_sec, time.tv_nsec);
    switch (letter) {
        case '@': return parse::format_time("%s.%N", at) + '0';
        case '+': return parse::format_time("%Y-%m-%d+%H:%M:%S.%N", at) + '0';
        case 'S': return parse::format_time("%S.%N", at) + '0';
        case 'X':
        case 'T': return parse::format_time("%H:%M:%S.%N", at) + '0';
        case ' ':
            return parse::format_time("%a %b %e %H:%M:%S.%N", at) + "0 " + std::to_string(at.year);
    }
    return parse::format_time(std::string{'%', letter}, at);
}

// Space taken by size: below 1 there are holes.
std::string sparseness(const struct statx& status) {
    if (status.stx_size == 0) return status.stx_blocks == 0 ? "1" : "inf";
    char text[32];
    std::snprintf(
        text, sizeof text, "%g",
        512.0 * static_cast<double>(status.stx_blocks) / static_cast<double>(status.stx_size));
    return text;
}

std::string status_field(char letter, const struct statx& status, State& state) {
    switch (letter) {
        case 's': return number(status.stx_size);
        case 'b': return number(status.stx_blocks);
        case 'k': return number((status.stx_blocks + 1) / 2);
        case 'M': return mode_text(status.stx_mode);
        case 'n': return number(status.stx_nlink);
        case 'i': return number(status.stx_ino);
        case 'u': return state.names.user(status.stx_uid);
        case 'U': return number(status.stx_uid);
        case 'g': return state.names.group(status.stx_gid);
        case 'G': return number(status.stx_gid);
        case 'D': return number(device_number(status));
        case 'a': return time_field(' ', status.stx_atime, state.zone);
        case 'c': return time_field(' ', status.stx_ctime, state.zone);
        case 't': return time_field(' ', status.stx_mtime, state.zone);
    }
    return {};
}

std::optional<std::string> field(char letter, Visit& visit, State& state) {
    const std::string_view path = visit.path();
    switch (letter) {
        case 'p': return std::string(path);
        case 'f': return std::string(visit.name());
        case 'h': return std::string(directory_part(path));
        case 'H': return state.operand;
        case 'P': {
            auto rest = path.substr(std::min(state.operand.size(), path.size()));
            while (rest.starts_with('/')) rest.remove_prefix(1);
            return std::string(rest);
        }
        case 'd': return std::to_string(visit.depth());
        case 'F': return state.systems.name(visit);
        case 'm': {
            const auto status = visit.status();
            return status ? number(status->stx_mode & 07777u, "%llo") : std::string("?");
        }
        case 'S': {
            const auto status = visit.status();
            return status ? sparseness(*status) : std::string("?");
        }
        case 'y': return std::string{type_letter(visit.type())};
        case 'Y': {
            if (visit.type() != DT_LNK) return std::string{type_letter(visit.type())};
            const auto behind =
                target::stat(state.call.target, state.call.path(visit.path()), target::Follow::yes);
            if (behind) return std::string{type_letter(entry_type(behind->stx_mode))};
            return behind.error().code == ELOOP ? "L" : "N";
        }
        case 'l':
            return visit.type() == DT_LNK ? visit.readlink().value_or(std::string())
                                          : std::string();
    }
    if (std::string_view("sbkMniuUgGDact").find(letter) == std::string_view::npos) {
        return std::nullopt;
    }
    const auto status = visit.status();
    return status ? status_field(letter, *status, state) : std::string("?");
}

// \n and the like; octal up to three digits. Leaves `at` on the last byte.
char escape(std::string_view format, std::size_t& at) {
    const char letter = format[++at];
    if (letter >= '0' && letter <= '7') {
        unsigned value = 0;
        std::size_t digits = 0;
        while (digits < 3 && at + digits < format.size() && format[at + digits] >= '0' &&
               format[at + digits] <= '7') {
            value = value * 8 + static_cast<unsigned>(format[at + digits++] - '0');
        }
        at += digits - 1;
        return static_cast<char>(value);
    }
    constexpr std::string_view letters = "abfnrtv\\";
    constexpr std::string_view values = "\a\b\f\n\r\t\v\\";
    const auto known = letters.find(letter);
    return known == letters.npos ? letter : values[known];
}

// Mode and depth are numbers to printf(3), everything else is text.
std::string formed(std::string value, const Conversion& how, char letter) {
    const bool number = letter == 'm' || letter == 'd';
    const std::size_t precision = how.precision.value_or(0);
    if (number) {
        if (value.size() < precision) value.insert(0, precision - value.size(), '0');
        if (letter == 'm' && how.other && !value.starts_with('0')) value.insert(0, 1, '0');
        if (letter == 'd' && (how.sign || how.space)) value.insert(0, 1, how.sign ? '+' : ' ');
    } else if (how.point) {
        value.resize(std::min(value.size(), precision));
    }
    if (value.size() >= how.width) return value;
    const auto missing = how.width - value.size();
    if (how.left) return value + std::string(missing, ' ');
    if (!number || !how.zeros || how.point) return std::string(missing, ' ') + value;
    value.insert(value.starts_with('+') || value.starts_with(' ') ? 1 : 0, missing, '0');
    return value;
}

std::optional<std::string> dated(State& state, Visit& visit, char which, char letter) {
    const auto status = visit.status();
    if (!status) return std::nullopt;
    if (which == 'B' && !(status->stx_mask & STATX_BTIME)) return std::string();
    return time_field(letter,
                      which == 'T'   ? status->stx_mtime
                      : which == 'A' ? status->stx_atime
                      : which == 'B' ? status->stx_btime
                                     : status->stx_ctime,
                      state.zone);
}

void print_format(State& state, Output& out, Visit& visit, std::string_view format) {
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (i + 1 == format.size() || (format[i] != '\\' && format[i] != '%')) {
            out.put(format[i]);
            continue;
        }
        if (format[i] == '\\') {
            if (format[i + 1] == 'c') {
                out.flush();
                return;
            }
            out.put(escape(format, i));
            continue;
        }
        const auto begin = i++;
        if (format[i] == '%') {
            out.put('%');
            continue;
        }
        const auto how = conversion(format, i);
        if (i >= format.size()) return out.write(format.substr(begin));
        const bool time = std::string_view("TACB").find(format[i]) != std::string_view::npos &&
                          i + 1 < format.size();
        const char letter = format[i];
        const auto value =
            time ? dated(state, visit, letter, format[++i]) : field(letter, visit, state);
        if (value) {
            out.write(formed(*value, how, time ? 'T' : letter));
        } else {
            out.write(format.substr(begin, i - begin + 1));
        }
    }
}

}  // namespace

// "a/b" is in "a", and "a/" in ".".
std::string_view directory_part(std::string_view path) {
    const auto last = path.find_last_not_of('/');
    if (last != path.npos) path = path.substr(0, last + 1);
    const auto slash = path.rfind('/');
    if (slash == path.npos) return ".";
    return path.substr(0, slash);
}

Test printf_action(State& state, Output& out, std::string format) {
    return [&state, &out, format = std::move(format)](Visit& visit) {
        print_format(state, out, visit, format);
        return true;
    };
}

}  // namespace limpet::commands::find_command
