// shell/naming.cpp - built-ins about names: alias, command, type, hash.
#include "commands/command.h"
#include "commands/run.h"
#include "shell/builtins.h"
#include "shell/execute.h"
#include "shell/shell.h"

#include <algorithm>

namespace limpet::shell {
namespace {

constexpr std::string_view reserved[] = {"!",    "{",    "}",    "case",  "do",   "done",
                                         "elif", "else", "esac", "fi",    "for",  "if",
                                         "in",   "then", "time", "until", "while"};

// `command -v` (brief) and `type`, `command -V`.
int describe(Shell& shell, const std::string& name, bool brief) {
    std::string text;
    if (std::ranges::find(reserved, name) != std::end(reserved)) {
        text = brief ? name : name + " is a shell keyword";
    } else if (const auto alias = shell.aliases.find(name); alias != shell.aliases.end()) {
        text = brief ? "alias " + name + "=" + always_quote(alias->second)
                     : name + " is an alias for " + alias->second;
    } else {
        const auto resolved = resolve(shell, name);
        switch (resolved.meaning) {
            case Meaning::special:
                text = brief ? name : name + " is a special shell builtin";
                break;
            case Meaning::builtin: text = brief ? name : name + " is a shell builtin"; break;
            case Meaning::function: text = brief ? name : name + " is a function"; break;
            case Meaning::command: text = brief ? name : name + " is a command of limpet"; break;
            case Meaning::program: {
                // With a slash it has not been looked for.
                const bool there =
                    !name.contains('/') || (shell.here() && !find_program(shell, name, "").empty());
                if (there) text = brief ? resolved.path : name + " is " + resolved.path;
                break;
            }
            case Meaning::nothing: break;
        }
    }
    if (text.empty()) {
        if (!brief) shell.complain(name + ": not found");
        return commands::not_found;
    }
    shell.write(text + '\n');
    return 0;
}

}  // namespace

int run_command(Shell& shell, Words& words) {
    // Anything but -v and -V was taken apart before (simple.cpp).
    std::size_t at = 1;
    char mode = 0;
    for (; at < words.size() && words[at].size() > 1 && words[at][0] == '-'; ++at) {
        if (words[at] == "--") {
            ++at;
            break;
        }
        for (const char letter : words[at].substr(1)) {
            if (!std::string_view("pvV").contains(letter)) {
                return misuse(shell, words, "there is no option -" + std::string(1, letter));
            }
            if (letter != 'p') mode = letter;
        }
    }
    if (at == words.size()) return 0;
    int status = 0;
    for (; at < words.size(); ++at) {
        if (describe(shell, words[at], mode == 'v') != 0) status = 127;
    }
    return status;
}

int run_type(Shell& shell, Words& words) {
    int status = 0;
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i] == "--" && i == 1) continue;
        if (describe(shell, words[i], false) != 0) status = commands::not_found;
    }
    return status;
}

int run_alias(Shell& shell, Words& words) {
    int status = 0;
    if (words.size() > 1 && words[1] == "--") words.erase(words.begin() + 1);
    if (words.size() == 1) {
        std::vector<std::string> lines;
        for (const auto& [name, value] : shell.aliases)
            lines.push_back(name + "=" + always_quote(value) + "\n");
        std::ranges::sort(lines);
        for (const auto& line : lines) shell.write(line);
    }
    for (std::size_t i = 1; i < words.size(); ++i) {
        const auto equals = words[i].find('=', 1);
        if (equals != std::string::npos) {
            shell.aliases[words[i].substr(0, equals)] = words[i].substr(equals + 1);
        } else if (const auto found = shell.aliases.find(words[i]); found != shell.aliases.end()) {
            shell.write(found->first + "=" + always_quote(found->second) + "\n");
        } else {
            shell.complain("alias: " + words[i] + ": not found");
            status = 1;
        }
    }
    return status;
}

int run_unalias(Shell& shell, Words& words) {
    if (words.size() == 1) return misuse(shell, words, "a name or -a is missing");
    int status = 0;
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i] == "-a") {
            shell.aliases.clear();
        } else if (words[i] != "--" && shell.aliases.erase(words[i]) == 0) {
            shell.complain("unalias: " + words[i] + ": not found");
            status = 1;
        }
    }
    return status;
}

int run_hash(Shell& shell, Words& words) {
    if (words.size() == 1) {
        for (const auto& [name, path] : shell.found) shell.write(path + "\n");
        return 0;
    }
    int status = 0;
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i] == "-r") {
            shell.found.clear();
            continue;
        }
        if (resolve(shell, words[i]).meaning != Meaning::nothing) continue;
        shell.complain("hash: " + words[i] + ": not found");
        status = 1;
    }
    return status;
}

}  // namespace limpet::shell
