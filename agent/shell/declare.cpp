// shell/declare.cpp - built-ins about variables: export, readonly, local, unset, set.
#include "shell/builtins.h"
#include "shell/shell.h"

#include <algorithm>

namespace limpet::shell {
namespace {

// "export NAME='value'" for every one that has the property.
int list_declared(Shell& shell, const std::string& verb) {
    std::vector<std::string> lines;
    for (Symbol symbol = 0; symbol < shell.variables.size(); ++symbol) {
        const auto& variable = shell.variables.entry(symbol);
        const bool shown = verb == "export" ? variable.exported : variable.readonly;
        if (!shown) continue;
        auto line = verb + ' ' + shell.variables.symbols.name(symbol);
        if (variable.set) line += '=' + always_quote(variable.value);
        lines.push_back(line + '\n');
    }
    std::ranges::sort(lines);
    std::string all;
    for (const auto& line : lines) all += line;
    shell.write(all);
    return 0;
}

int list_variables(Shell& shell) {
    std::vector<std::string> lines;
    for (Symbol symbol = 0; symbol < shell.variables.size(); ++symbol) {
        const auto* value = shell.variables.get(symbol);
        if (!value) continue;
        lines.push_back(shell.variables.symbols.name(symbol) + '=' + quote(*value) + '\n');
    }
    std::ranges::sort(lines);
    std::string all;
    for (const auto& line : lines) all += line;
    shell.write(all);
    return 0;
}

bool split_assignment(const std::string& word, std::string& name, std::string& value) {
    const auto equals = word.find('=');
    name = word.substr(0, equals);
    if (equals != std::string::npos) value = word.substr(equals + 1);
    return equals != std::string::npos;
}

void show_options(Shell& shell, bool as_commands) {
    std::string text;
    for (std::size_t i = 0; i < option_count; ++i) {
        std::string name(option_names[i].name);
        if (as_commands) {
            text += std::string("set ") + (shell.options[i] ? "-o " : "+o ") + name + '\n';
        } else {
            name.resize(16, ' ');
            text += name + (shell.options[i] ? "on" : "off") + '\n';
        }
    }
    shell.write(text);
}

}  // namespace

int run_export(Shell& shell, Words& words) {
    const bool exports = words[0] == "export";
    std::size_t at = 1;
    bool lists = false;
    for (; at < words.size() && words[at].size() > 1 && words[at][0] == '-'; ++at) {
        if (words[at] == "--") {
            ++at;
            break;
        }
        if (words[at] != "-p") return misuse(shell, words, "there is no option " + words[at]);
        lists = true;
    }
    if (at == words.size() || lists) return list_declared(shell, words[0]);
    for (; at < words.size(); ++at) {
        std::string name;
        std::string value;
        const bool assigns = split_assignment(words[at], name, value);
        if (!is_name(name)) return misuse(shell, words, words[at] + ": not a name");
        const auto symbol = shell.variables.symbols.intern(name);
        if (assigns && !shell.variables.set(symbol, value)) {
            return misuse(shell, words, name + ": is read only");
        }
        auto& variable = shell.variables.entry(symbol);
        (exports ? variable.exported : variable.readonly) = true;
    }
    return 0;
}

int run_local(Shell& shell, Words& words) {
    if (shell.locals.empty()) return misuse(shell, words, "only functions have local variables");
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i] == "--") continue;
        std::string name;
        std::string value;
        const bool assigns = split_assignment(words[i], name, value);
        if (!is_name(name)) return misuse(shell, words, words[i] + ": not a name");
        const auto symbol = shell.variables.symbols.intern(name);
        auto& frame = shell.locals.back();
        const bool known =
            std::ranges::any_of(frame, [&](const auto& entry) { return entry.first == symbol; });
        if (!known) {
            if (shell.variables.entry(symbol).readonly) {
                shell.assign(symbol, {});
                return shell.status;
            }
            frame.emplace_back(symbol, shell.variables.entry(symbol));
            if (!assigns) shell.variables.unset(symbol);
        }
        if (assigns && !shell.assign(symbol, value)) return shell.status;
    }
    return 0;
}

int run_unset(Shell& shell, Words& words) {
    char kind = 0;
    std::size_t at = 1;
    for (; at < words.size() && words[at].size() > 1 && words[at][0] == '-'; ++at) {
        if (words[at] == "--") {
            ++at;
            break;
        }
        for (const char letter : std::string_view(words[at]).substr(1)) {
            if (letter != 'f' && letter != 'v') {
                return misuse(shell, words, "there is no option " + words[at]);
            }
            kind = letter;
        }
    }
    int status = 0;
    for (; at < words.size(); ++at) {
        if (kind == 'f') {
            shell.functions.erase(words[at]);
            continue;
        }
        if (!is_name(words[at])) {
            if (kind != 'v' && shell.functions.erase(words[at]) > 0) continue;
            return misuse(shell, words, words[at] + ": not a name");
        }
        const auto symbol = shell.variables.symbols.intern(words[at]);
        const bool was_set = shell.variables.get(symbol) != nullptr;
        if (!shell.variables.unset(symbol)) {
            misuse(shell, words, words[at] + ": is read only");
            status = 1;
            continue;
        }
        if (!was_set && kind == 0) shell.functions.erase(words[at]);
    }
    return status;
}

bool set_option(Shell& shell, char letter, std::string_view name, bool value) {
    for (std::size_t i = 0; i < option_count; ++i) {
        const auto& option = option_names[i];
        if (letter != 0 ? option.letter != letter : option.name != name) continue;
        if (i == opt_interactive || i == opt_stdin) return letter == 0;
        shell.options[i] = value;
        if (i == opt_allexport) shell.variables.all_exported = value;
        if (i == opt_monitor) {
            if (value && shell.interactive) start_job_control(shell);
            if (!value) stop_job_control(shell);
            shell.options[opt_monitor] = value;
        }
        return true;
    }
    return false;
}

bool set_option_word(Shell& shell, const Words& words, std::size_t& at) {
    const std::string word = words[at];
    const bool value = word[0] == '-';
    for (const char letter : std::string_view(word).substr(1)) {
        if (letter == 'o') {
            if (at + 1 >= words.size()) {
                show_options(shell, !value);
                return true;
            }
            ++at;
            if (!set_option(shell, 0, words[at], value)) {
                misuse(shell, words, words[at] + ": there is no such option");
                return false;
            }
        } else if (!set_option(shell, letter, {}, value)) {
            misuse(shell, words, "there is no option " + word.substr(0, 1) + letter);
            return false;
        }
    }
    return true;
}

int run_set(Shell& shell, Words& words) {
    if (words.size() == 1) return list_variables(shell);
    std::size_t at = 1;
    bool arguments = false;
    for (; at < words.size(); ++at) {
        const auto& word = words[at];
        if (word == "--") {
            ++at;
            arguments = true;
            break;
        }
        if (word == "+") continue;
        if (word == "-") {
            // The historical way to end options and tracing.
            shell.options[opt_xtrace] = shell.options[opt_verbose] = false;
            ++at;
            arguments = at < words.size();
            break;
        }
        if (word.size() < 2 || (word[0] != '-' && word[0] != '+')) break;
        if (!set_option_word(shell, words, at)) return 2;
    }
    if (at < words.size() || arguments) {
        shell.arguments.assign(
            words.begin() + static_cast<std::ptrdiff_t>(std::min(at, words.size())), words.end());
    }
    return 0;
}

}  // namespace limpet::shell
