// shell/help.cpp - help and history.
#include "commands/command.h"
#include "shell/builtins.h"
#include "shell/shell.h"
#include "shell/suggest.h"

#include <charconv>
#include <map>

namespace limpet::shell {
namespace {

std::string entry(std::string_view name, std::string_view summary) {
    std::string line = "  ";
    line += name;
    line.resize(std::max<std::size_t>(line.size() + 1, 16), ' ');
    line += summary;
    return line += '\n';
}

std::string overview() {
    constexpr std::string_view order[] = {"files",   "text",      "processes",
                                          "network", "container", "session"};
    std::map<std::string_view, std::string> themes;
    for (const auto* command : commands::all()) {
        themes[command->theme] += entry(command->name, command->summary);
    }
    std::string text;
    const auto show = [&](std::string_view theme) {
        if (const auto found = themes.find(theme); found != themes.end()) {
            text += std::string(theme.empty() ? "other" : theme) + ":\n" + found->second;
            themes.erase(found);
        }
    };
    for (const auto theme : order) show(theme);
    while (!themes.empty()) show(themes.begin()->first);
    text += "shell:\n";
    for (const auto& builtin : all_builtins()) {
        if (!commands::find(builtin.name)) text += entry(builtin.name, builtin.summary);
    }
    return text + "\nhelp NAME explains one; NAME --help does the same for a command.\n";
}

}  // namespace

int run_help(Shell& shell, Words& words) {
    shell.status = 0;
    if (words.size() == 1) {
        shell.write(overview());
        return shell.status;
    }
    int status = 0;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const auto& name = words[i];
        if (const auto* command = commands::find(name)) {
            shell.write(commands::help_text(*command));
        } else if (const auto* builtin = find_builtin(name)) {
            shell.write("usage: " + std::string(builtin->name) + " " + std::string(builtin->usage) +
                        "\n" + std::string(builtin->summary) + "\n");
        } else {
            const auto near = suggest(shell, name);
            shell.complain("help: there is no command '" + name + "'" +
                           (near.empty() ? "" : " (did you mean '" + near + "'?)"));
            status = 1;
        }
    }
    return status;
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
