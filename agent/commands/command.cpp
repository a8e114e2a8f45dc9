// commands/command.cpp - the list of commands, their options and their help.
#include "commands/command.h"
#include "commands/spoken.h"

#include "target/sidecar.h"

#include <algorithm>
#include <cctype>

namespace limpet::commands {
namespace {

// The one global: filled by static constructors, read-only afterwards.
std::vector<const Command*>& list() {
    static std::vector<const Command*> commands;
    return commands;
}

std::optional<Option> by_letter(const Command& command, char letter) {
    for (const auto option : command.options) {
        if (option.letter == letter && letter != 0) return option;
    }
    return std::nullopt;
}

// A unique prefix will do, as getopt_long(3) has it.
Result<Option> by_name(const Command& command, std::string_view name) {
    std::optional<Option> found;
    for (const auto option : command.options) {
        if (option.name.empty() || !option.name.starts_with(name)) continue;
        if (option.name == name) return option;
        if (found) return refused("option", "--" + std::string(name) + " is ambiguous");
        found = option;
    }
    if (!found) return refused("option", "there is no option --" + std::string(name));
    return *found;
}

bool is_format(std::string_view word) { return word == "json" || word == "table"; }

// The word after the one that `at` points into.
std::string_view next_word(const char*& at) {
    const std::string_view word = at;
    at += word.size() + 1;
    return word;
}

}  // namespace

Option OptionTable::Iterator::operator*() const {
    const char* at = at_ + 1;
    Option option;
    option.letter = static_cast<char>(*at_ == ' ' ? 0 : *at_);
    option.name = next_word(at);
    option.argument = next_word(at);
    option.help = next_word(at);
    return option;
}

OptionTable::Iterator& OptionTable::Iterator::operator++() {
    const auto last = (**this).help;
    at_ = last.data() + last.size() + 1;
    return *this;
}

Register::Register(const Command& command) {
    auto& commands = list();
    const auto place = std::ranges::lower_bound(commands, command.name, {}, &Command::name);
    commands.insert(place, &command);
}

std::span<const Command* const> all() { return list(); }

const Command* find(std::string_view name) {
    const auto& commands = list();
    const auto place = std::ranges::lower_bound(commands, name, {}, &Command::name);
    return place != commands.end() && (*place)->name == name ? *place : nullptr;
}

const Options::Given* Options::find(char letter) const {
    for (auto given = given_.rbegin(); given != given_.rend(); ++given) {
        if (given->option.letter == letter) return &*given;
    }
    return nullptr;
}

const Options::Given* Options::find(std::string_view name) const {
    for (auto given = given_.rbegin(); given != given_.rend(); ++given) {
        if (given->option.name == name) return &*given;
    }
    return nullptr;
}

std::optional<std::string_view> Options::value(char letter) const {
    const auto* given = find(letter);
    return given ? std::optional<std::string_view>(given->value) : std::nullopt;
}

std::optional<std::string_view> Options::value(std::string_view name) const {
    const auto* given = find(name);
    return given ? std::optional<std::string_view>(given->value) : std::nullopt;
}

Result<> parse_options(const Command& command, std::span<const std::string> arguments,
                       Options& options, std::vector<std::string>& operands) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view word = arguments[i];
        if (word == "--") {
            operands.insert(operands.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                            arguments.end());
            return {};
        }
        if (word.starts_with("--")) {
            const auto equals = word.find('=');
            const auto name = word.substr(2, equals == word.npos ? word.npos : equals - 2);
            const auto option = TRY(by_name(command, name));
            std::string value;
            if (equals != word.npos) {
                if (option.argument.empty()) {
                    return refused("option", "--" + std::string(option.name) + " takes no value");
                }
                value = word.substr(equals + 1);
            } else if (!option.argument.empty() && option.argument[0] != '[') {
                if (++i == arguments.size()) {
                    return refused("option", "--" + std::string(option.name) + " needs " +
                                                 std::string(option.argument));
                }
                value = arguments[i];
                // "NAME VALUE": two words, which become NAME=VALUE.
                if (option.argument.find(' ') != option.argument.npos) {
                    if (++i == arguments.size()) {
                        return refused("option", "--" + std::string(option.name) + " needs " +
                                                     std::string(option.argument));
                    }
                    value += '=' + arguments[i];
                }
            }
            options.add(option, std::move(value), operands.size());
            continue;
        }
        if (!word.starts_with('-') || word.size() == 1) {
            operands.emplace_back(word);
            if (!command.operand_ends_options) continue;
            operands.insert(operands.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                            arguments.end());
            return {};
        }
        for (std::size_t at = 1; at < word.size(); ++at) {
            const auto option = by_letter(command, word[at]);
            const bool digit = word[at] >= '0' && word[at] <= '9';
            if (const auto count = by_letter(command, '#'); !option && digit && count) {
                auto end = std::min(word.find_first_not_of("0123456789", at), word.size());
                // -5c of head and tail.
                const bool unit = count->argument.ends_with(']');
                if (unit && end < word.size() && count->argument.contains(word[end])) ++end;
                options.add(*count, std::string(word.substr(at, end - at)));
                at = end - 1;
                continue;
            }
            if (!option) {
                return refused("option", std::string("there is no option -") + word[at]);
            }
            std::string value;
            if (option->argument == format_or_nothing) {
                const auto rest = word.substr(at + 1);
                if (is_format(rest)) {
                    value = rest;
                } else if (rest.empty() && i + 1 < arguments.size() &&
                           is_format(arguments[i + 1])) {
                    value = arguments[++i];
                }
                const bool taken = !value.empty();
                options.add(*option, std::move(value));
                if (taken) break;
                continue;
            }
            if (!option->argument.empty()) {
                if (at + 1 < word.size()) {
                    value = word.substr(at + 1);
                } else if (option->argument[0] == '[') {
                    // Left out.
                } else if (++i < arguments.size()) {
                    value = arguments[i];
                } else {
                    return refused("option", std::string("-") + word[at] + " needs " +
                                                 std::string(option->argument));
                }
                options.add(*option, std::move(value), operands.size());
                break;
            }
            options.add(*option, std::move(value), operands.size());
        }
    }
    return {};
}

std::string help_text(const Command& command) {
    std::string help = "usage: " + std::string(command.name);
    if (*command.usage) help += ' ' + std::string(command.usage);
    help += "\n\n" + std::string(command.summary) + "\n";
    if (!command.options.empty()) help += '\n';
    for (const auto& option : command.options) {
        std::string line = "  ";
        if (option.letter == '#') {
            line += "-" + std::string(option.argument);
            line.resize(std::max<std::size_t>(line.size() + 2, 28), ' ');
            help += line + std::string(option.help) + '\n';
            continue;
        }
        if (option.letter) line += std::string("-") + option.letter;
        if (option.letter && !option.name.empty()) line += ", ";
        if (!option.letter) line += "    ";
        if (!option.name.empty()) line += "--" + std::string(option.name);
        if (!option.argument.empty()) {
            const bool optional = option.argument[0] == '[';
            const bool two = option.argument.find(' ') != option.argument.npos;
            const std::string_view join = two || (option.name.empty() && !optional) ? " "
                                          : option.name.empty()                     ? ""
                                                                                    : "=";
            line += optional && !option.name.empty()
                        ? "[=" + std::string(option.argument.substr(1))
                        : std::string(join) + std::string(option.argument);
        }
        line.resize(std::max<std::size_t>(line.size() + 2, 28), ' ');
        help += line + std::string(option.help) + '\n';
    }
    if (*command.help) {
        help += '\n';
        help += command.help;
        if (!help.ends_with('\n')) help += '\n';
    }
    auto promise = command.promise;
    if (command.signals && *command.signals_with == 0) promise = promise | Promise::modify;
    help += "\nneeds: " + (any(promise) ? grant_list(promise) : std::string("no grant")) + '\n';
    return help;
}

void Invocation::complain(std::string_view problem) {
    out.flush();
    error.write(command.name);
    error.write(": ");
    speak_line(error, problem);
    error.flush();
    status = 1;
}

void Invocation::complain(const Error& problem) {
    const bool closed = problem.code == EACCES || problem.code == EPERM;
    if (target.mode != target::Mode::sidecar || !closed || !problem.hint().empty()) {
        return complain(text(problem));
    }
    // Beside the target it is the rung that shuts us out, more often than the file's own mode.
    auto explained = problem;
    explained.hint() = "rung " + std::string(1, target.rung);
    if (const auto lift = target::fact(target, "lift"); !lift.empty()) {
        explained.hint() += "; " + std::string(lift);
    }
    complain(text(explained));
}

int Invocation::misused(std::string_view problem) {
    complain(problem);
    error.print("usage: %.*s %s\n", static_cast<int>(command.name.size()), command.name.data(),
                command.usage);
    error.flush();
    return 2;
}

Result<Input> Invocation::open(std::string_view operand) {
    if (operand == "-") return Input(in.fd());
    return Input(TRY(target::open_for_reading(target, path(operand))), std::string(operand));
}

std::optional<std::string_view> Invocation::variable(std::string_view name) const {
    for (const std::string_view entry : environment) {
        if (entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=') {
            return entry.substr(name.size() + 1);
        }
    }
    return std::nullopt;
}

bool Invocation::colour() const {
    return out.terminal() && !variable("NO_COLOR") && variable("TERM").value_or("dumb") != "dumb";
}

}  // namespace limpet::commands
