// shell/help.cpp - help.
#include "commands/command.h"
#include "shell/builtins.h"
#include "shell/execute.h"
#include "shell/manual.h"
#include "shell/screen.h"
#include "shell/shell.h"
#include "shell/suggest.h"

#include <unistd.h>

#include <algorithm>
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

bool is_higher_than_the_screen(Shell& shell, std::string_view text) {
    if (!shell.at_prompt() || ::isatty(0) != 1 || ::isatty(1) != 1) return false;
    const auto terminal = shell.variables.text(sym_TERM);
    if (terminal.empty() || terminal == "dumb" || !commands::find("less")) return false;
    return static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1 > Screen(1).height();
}

}  // namespace

int run_help(Shell& shell, Words& words) {
    shell.status = 0;
    std::string text = words.size() == 1 ? overview() : std::string();
    int status = 0;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const auto& name = words[i];
        if (const auto* command = commands::find(name)) {
            text += commands::help_text(*command);
        } else if (const auto* builtin = find_builtin(name)) {
            text += manual(*builtin);
        } else {
            const auto near = suggest(shell, name);
            shell.complain("help: there is no command '" + name + "'" +
                           (near.empty() ? "" : " (did you mean '" + near + "'?)"));
            status = 1;
        }
    }
    if (status == 0 && is_higher_than_the_screen(shell, text)) {
        // In the pipe there is no terminal, so that this is no circle.
        std::string line = "help";
        for (std::size_t i = 1; i < words.size(); ++i) line += ' ' + quote(words[i]);
        return run_text(shell, line + " | less -F");
    }
    shell.write(text);
    return status;
}

}  // namespace limpet::shell
