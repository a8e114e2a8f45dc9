// shell/help.cpp - help.
#include "commands/command.h"
#include "shell/builtins.h"
#include "shell/manual.h"
#include "shell/shell.h"
#include "shell/suggest.h"

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
            shell.write(manual(*builtin));
        } else {
            const auto near = suggest(shell, name);
            shell.complain("help: there is no command '" + name + "'" +
                           (near.empty() ? "" : " (did you mean '" + near + "'?)"));
            status = 1;
        }
    }
    return status;
}

}  // namespace limpet::shell
