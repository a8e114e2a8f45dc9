// shell/history.cpp - what was typed, and the built-in that lists it.
#include "shell/history.h"

#include "limpet/limits.h"
#include "shell/builtins.h"
#include "shell/shell.h"

#include <unistd.h>

#include <charconv>

namespace limpet::shell {
namespace {

void add(Shell& shell, std::string_view entry) {
    auto& history = shell.history;
    if (!history.empty() && history.back() == entry) return;
    history.emplace_back(entry);
    if (history.size() <= limits::history_entries) return;
    history.erase(history.begin());
    ++shell.history_first;
}

}  // namespace

void take_history(Shell& shell, std::string_view entries) {
    while (!entries.empty()) {
        const auto entry = entries.substr(0, entries.find('\0'));
        entries.remove_prefix(std::min(entry.size() + 1, entries.size()));
        if (!entry.empty()) add(shell, entry);
    }
}

void keep_line(Shell& shell, std::string_view line, bool continued) {
    while (line.ends_with('\n')) line.remove_suffix(1);
    auto& history = shell.history;
    if (continued && shell.history_open && !history.empty()) {
        (history.back() += '\n') += line;
    } else {
        if (continued) return;  // of a command that is not kept
        const bool wanted = !line.empty() && line[0] != ' ' && line[0] != '\t' && line[0] != '\n';
        shell.history_open = wanted;
        if (wanted) add(shell, line);
    }
    if (shell.history_open && history.back().size() > limits::history_entry) {
        history.pop_back();
        shell.history_open = false;
    }
}

void publish_line(Shell& shell) {
    if (std::exchange(shell.history_open, false) && shell.history_fd >= 0) {
        (shell.history_unsent += shell.history.back()) += '\0';
    }
    // What a client does not take is not worth a prompt's waiting, nor memory without end.
    auto& unsent = shell.history_unsent;
    while (!unsent.empty()) {
        const auto count = ::write(shell.history_fd, unsent.data(), unsent.size());
        if (count <= 0) break;
        unsent.erase(0, static_cast<std::size_t>(count));
    }
    if (unsent.size() > limits::history) shell.history_fd = -1;
}

int run_history(Shell& shell, Words& words) {
    if (words.size() > 1 && words[1] == "-c") {
        shell.history_first += shell.history.size();
        shell.history.clear();
        return 0;
    }
    std::size_t count = shell.history.size();
    if (words.size() > 1) {
        const auto& word = words[1];
        const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), count);
        if (code != std::errc{} || end != word.data() + word.size()) {
            return misuse(shell, words, word + ": not a number");
        }
        count = std::min(count, shell.history.size());
    }
    std::string text;
    for (std::size_t i = shell.history.size() - count; i < shell.history.size(); ++i) {
        auto number = std::to_string(shell.history_first + i);
        text += std::string(number.size() < 5 ? 5 - number.size() : 0, ' ') + number + "  " +
                shell.history[i] + '\n';
    }
    shell.write(text);
    return 0;
}

}  // namespace limpet::shell
