// find_actions.cpp - what find does with what it found.
#include "commands/file/find_expression.h"
#include "commands/file/shown.h"
#include "commands/run.h"
#include "parse/calendar.h"
#include "parse/number.h"
#include "target/deadline.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace limpet::commands::find_command {
namespace {

// Words of one -exec … +: a quarter of what a pipe of a session holds, as execve(2) would take.
constexpr std::size_t batch_limit = 131072;

std::string number(std::uint64_t value, const char* format = "%llu") {
    char text[32];
    std::snprintf(text, sizeof text, format, static_cast<unsigned long long>(value));
    return text;
}

std::string time_field(char letter, const statx_timestamp& time) {
    const auto at = parse::moment(time.tv_sec, time.tv_nsec);
    switch (letter) {
        case '@': return parse::format_time("%s.%N", at) + '0';
        case '+': return parse::format_time("%Y-%m-%d+%H:%M:%S.%N", at) + '0';
        case 'S': return parse::format_time("%S.%N", at) + '0';
        case 'T': return parse::format_time("%H:%M:%S.%N", at) + '0';
        case ' ':
            return parse::format_time("%a %b %e %H:%M:%S.%N", at) + "0 " + std::to_string(at.year);
    }
    return parse::format_time(std::string{'%', letter}, at);
}

std::string_view directory_part(std::string_view path) {
    const auto slash = path.rfind('/');
    if (slash == path.npos) return ".";
    return path.substr(0, slash);
}

std::string status_field(char letter, const struct statx& status, State& state) {
    switch (letter) {
        case 's': return number(status.stx_size);
        case 'b': return number(status.stx_blocks);
        case 'k': return number((status.stx_blocks + 1) / 2);
        case 'm': return number(status.stx_mode & 07777u, "%llo");
        case 'M': return mode_text(status.stx_mode);
        case 'n': return number(status.stx_nlink);
        case 'i': return number(status.stx_ino);
        case 'u': return state.names.user(status.stx_uid);
        case 'U': return number(status.stx_uid);
        case 'g': return state.names.group(status.stx_gid);
        case 'G': return number(status.stx_gid);
        case 'D': return number(device_number(status));
        case 'a': return time_field(' ', status.stx_atime);
        case 'c': return time_field(' ', status.stx_ctime);
        case 't': return time_field(' ', status.stx_mtime);
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
    if (std::string_view("sbkmMniuUgGDact").find(letter) == std::string_view::npos) {
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

void print_format(State& state, Visit& visit, std::string_view format) {
    auto& out = state.call.out;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (i + 1 == format.size() || (format[i] != '\\' && format[i] != '%')) {
            out.put(format[i]);
            continue;
        }
        if (format[i] == '\\') {
            if (format[i + 1] == 'c') return;
            out.put(escape(format, i));
            continue;
        }
        const auto begin = i++;
        if (format[i] == '%') {
            out.put('%');
            continue;
        }
        const auto flags = std::min(format.find_first_not_of("-0+ #", i), format.size());
        const auto digits = std::min(format.find_first_not_of("0123456789", flags), format.size());
        const bool left = format.substr(i, flags - i).find('-') != std::string_view::npos;
        const auto width = std::min<std::size_t>(
            parse::number<std::size_t>(format.substr(flags, digits - flags)).value_or(0), 4096);
        i = digits;
        if (i >= format.size()) return out.write(format.substr(begin));
        std::optional<std::string> value;
        if ((format[i] == 'T' || format[i] == 'A' || format[i] == 'C') && i + 1 < format.size()) {
            const char which = format[i++];
            if (const auto status = visit.status()) {
                value = time_field(format[i], which == 'T'   ? status->stx_mtime
                                              : which == 'A' ? status->stx_atime
                                                             : status->stx_ctime);
            }
        } else {
            value = field(format[i], visit, state);
        }
        if (!value) {
            out.write(format.substr(begin, i - begin + 1));
            continue;
        }
        const std::string padding(width > value->size() ? width - value->size() : 0, ' ');
        out.write(left ? *value + padding : padding + *value);
    }
}

void print_long(State& state, Visit& visit) {
    const auto status = visit.status();
    if (!status) return state.call.complain(status.error());
    auto& out = state.call.out;
    const bool device = S_ISCHR(status->stx_mode) || S_ISBLK(status->stx_mode);
    const auto size = device
                          ? number(status->stx_rdev_major) + ", " + number(status->stx_rdev_minor)
                          : number(status->stx_size);
    const auto age = state.now - status->stx_mtime.tv_sec;
    const bool recent = age >= 0 && age < 15'778'476;
    const auto time =
        parse::format_time(recent ? "%b %e %H:%M" : "%b %e  %Y",
                           parse::moment(status->stx_mtime.tv_sec, status->stx_mtime.tv_nsec));
    out.print("%9llu %6llu %s %3u %-8s %-8s %8s %s ",
              static_cast<unsigned long long>(status->stx_ino),
              static_cast<unsigned long long>((status->stx_blocks + 1) / 2),
              mode_text(status->stx_mode).c_str(), status->stx_nlink,
              state.names.user(status->stx_uid).c_str(), state.names.group(status->stx_gid).c_str(),
              size.c_str(), time.c_str());
    out.write(shown_name(state.call, visit.path()));
    if (S_ISLNK(status->stx_mode)) {
        out.write(" -> " + shown_name(state.call, visit.readlink().value_or(std::string())));
    }
    out.put('\n');
}

// The exit status of a command of the table.
int run_words(State& state, std::vector<std::string> words, const std::string& directory) {
    const auto* command = commands::find(words[0]);
    if (!command) {
        state.call.complain("there is no command '" + words[0] + "'");
        return not_found;
    }
    words.erase(words.begin());
    state.call.out.flush();
    target::deadline::leave();
    const auto status = run_child({.command = *command,
                                   .arguments = std::move(words),
                                   .target = state.call.target,
                                   .directory = directory,
                                   .environment = state.call.environment});
    if (status) return *status;
    state.call.complain(status.error());
    return 1;
}

std::string replaced(std::string_view word, std::string_view path) {
    std::string text;
    for (;;) {
        const auto at = word.find("{}");
        text += word.substr(0, at);
        if (at == word.npos) return text;
        text += path;
        word.remove_prefix(at + 2);
    }
}

}  // namespace

char type_letter(unsigned char type) {
    switch (type) {
        case DT_REG: return 'f';
        case DT_DIR: return 'd';
        case DT_LNK: return 'l';
        case DT_FIFO: return 'p';
        case DT_SOCK: return 's';
        case DT_CHR: return 'c';
        case DT_BLK: return 'b';
    }
    return 'U';
}

bool is_empty(State& state, Visit& visit) {
    if (visit.type() == DT_REG) {
        const auto status = visit.status();
        return status && status->stx_size == 0;
    }
    if (visit.type() != DT_DIR) return false;
    const auto directory =
        visit.parent() ? visit.parent()->child(std::string(visit.name()))
                       : target::open_directory(state.call.target, state.call.path(visit.path()));
    if (!directory) {
        state.call.complain(directory.error());
        return false;
    }
    target::Listing listing(directory->fd, directory->name);
    const auto first = listing.next();
    return first && !*first;
}

void print(State& state, Visit& visit, char terminator) {
    auto& out = state.call.out;
    if (terminator == '\n' && out.terminal()) {
        out.write(quoted(visit.path()));
    } else {
        out.write(visit.path());
    }
    out.put(terminator);
}

Test printf_action(State& state, std::string format) {
    return [&state, format = std::move(format)](Visit& visit) {
        print_format(state, visit, format);
        return true;
    };
}

Test ls_action(State& state) {
    return [&state](Visit& visit) {
        print_long(state, visit);
        return true;
    };
}

Test json_action(State& state) {
    return [&state](Visit& visit) {
        const auto status = visit.status();
        if (!status) {
            state.call.complain(status.error());
            return true;
        }
        const bool is_link = S_ISLNK(status->stx_mode);
        const auto link = is_link ? visit.readlink().value_or(std::string()) : std::string();
        state.call.out.write(file_json(visit.path(), *status, state.names.user(status->stx_uid),
                                       state.names.group(status->stx_gid),
                                       is_link ? &link : nullptr));
        state.call.out.put('\n');
        return true;
    };
}

Test delete_action(State& state) {
    return [&state](Visit& visit) {
        // The directory itself goes by no name that could be removed; GNU's find keeps it, too.
        if (visit.name() == "." || visit.name() == "..") return true;
        std::optional<target::Directory> above;
        const auto* parent = visit.parent();
        if (!parent) {
            auto opened = target::open_directory(
                state.call.target,
                state.call.path(std::string(directory_part(visit.path())) + "/"));
            if (!opened) {
                state.call.complain(opened.error());
                return false;
            }
            parent = &above.emplace(*std::move(opened));
        }
        target::deadline::enter();
        const int flags = visit.type() == DT_DIR ? AT_REMOVEDIR : 0;
        if (::unlinkat(parent->fd.get(), std::string(visit.name()).c_str(), flags) == 0) {
            return true;
        }
        state.call.complain(failed("delete", visit.path()).error());
        return false;
    };
}

Test exec_action(State& state, std::vector<std::string> words, bool in_directory) {
    return [&state, words = std::move(words), in_directory](Visit& visit) {
        const std::string path = in_directory ? "./" + std::string(visit.name()) : visit.path();
        std::vector<std::string> own;
        for (const auto& word : words) own.push_back(replaced(word, path));
        const auto directory = in_directory
                                   ? state.call.path(std::string(directory_part(visit.path())))
                                   : state.call.directory;
        return run_words(state, std::move(own), directory) == 0;
    };
}

void run_batch(State& state, Batch& batch) {
    if (batch.paths.empty()) return;
    auto words = batch.words;
    words.insert(words.end(), batch.paths.begin(), batch.paths.end());
    batch.paths.clear();
    batch.bytes = 0;
    // POSIX: a run that fails makes find's own status not zero.
    if (run_words(state, std::move(words), state.call.directory) != 0) state.call.status = 1;
}

Test batch_action(State& state, std::vector<std::string> words) {
    state.batches.push_back(std::make_unique<Batch>());
    auto* batch = state.batches.back().get();
    batch->words = std::move(words);
    return [&state, batch](Visit& visit) {
        batch->paths.push_back(visit.path());
        batch->bytes += visit.path().size() + 1;
        if (batch->bytes >= batch_limit) run_batch(state, *batch);
        return true;
    };
}

}  // namespace limpet::commands::find_command
