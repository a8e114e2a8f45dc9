// find_actions.cpp - what find does with what it found.
#include "commands/create.h"
#include "commands/file/find_expression.h"
#include "commands/file/shown.h"
#include "commands/run.h"
#include "parse/calendar.h"
#include "target/deadline.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace limpet::commands::find_command {
namespace {

// Words of one -exec … +: a quarter of what a pipe of a session holds, as execve(2) would take.
constexpr std::size_t batch_limit = 131072;

void print_long(State& state, Output& out, Visit& visit) {
    const auto status = visit.status();
    if (!status) return state.call.complain(status.error());
    const bool device = S_ISCHR(status->stx_mode) || S_ISBLK(status->stx_mode);
    const auto size = device ? std::to_string(status->stx_rdev_major) + ", " +
                                   std::to_string(status->stx_rdev_minor)
                             : std::to_string(status->stx_size);
    const auto age = state.now - status->stx_mtime.tv_sec;
    const bool recent = age >= 0 && age < 15'778'476;
    const auto time =
        parse::format_time(recent ? "%b %e %H:%M" : "%b %e  %Y",
                           state.zone.at(status->stx_mtime.tv_sec, status->stx_mtime.tv_nsec));
    out.print("%9llu %6llu %s %3u %-8s %-8s %8s %s ",
              static_cast<unsigned long long>(status->stx_ino),
              static_cast<unsigned long long>((status->stx_blocks + 1) / 2),
              mode_text(status->stx_mode).c_str(), status->stx_nlink,
              state.names.user(status->stx_uid).c_str(), state.names.group(status->stx_gid).c_str(),
              size.c_str(), time.c_str());
    const auto name = [&](std::string_view text) {
        return out.terminal() ? quoted(text) : std::string(text);
    };
    out.write(name(visit.path()));
    if (S_ISLNK(status->stx_mode)) {
        out.write(" -> " + name(visit.readlink().value_or(std::string())));
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

// -ok: the question goes to standard error, the answer comes from standard input.
bool confirmed(State& state, const std::vector<std::string>& words) {
    state.call.out.flush();
    auto& error = state.call.error;
    error.write("<");
    for (const auto& word : words) error.write(' ' + quoted(word));
    error.write(" > ? ");
    error.flush();
    const auto answer = state.call.in.line();
    return answer && *answer && ((*answer)->starts_with('y') || (*answer)->starts_with('Y'));
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

void print(Output& out, Visit& visit, char terminator) {
    if (terminator == '\n' && out.terminal()) {
        out.write(quoted(visit.path()));
    } else {
        out.write(visit.path());
    }
    out.put(terminator);
}

Test ls_action(State& state, Output& out) {
    return [&state, &out](Visit& visit) {
        print_long(state, out, visit);
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
        auto place = place_of(state.call, visit.path());
        if (place && visit.parent())
            place = place->entry(*visit.parent(), visit.name(), visit.path());
        const auto removed =
            place ? remove(*place, visit.type() == DT_DIR) : std::unexpected(place.error());
        if (!removed) state.call.complain(removed.error());
        return removed.has_value();
    };
}

Test exec_action(State& state, std::vector<std::string> words, bool in_directory, bool asks) {
    return [&state, words = std::move(words), in_directory, asks](Visit& visit) {
        const std::string path = in_directory ? "./" + std::string(visit.name()) : visit.path();
        std::vector<std::string> own;
        for (const auto& word : words) own.push_back(replaced(word, path));
        if (asks && !confirmed(state, own)) return false;
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
