// shell/complete.cpp - the word before the cursor, and what it is an argument of.
#include "shell/complete.h"

#include "commands/command.h"
#include "shell/candidates.h"
#include "shell/manual.h"
#include "shell/shell.h"

#include <algorithm>

namespace limpet::shell {
namespace {

// The word that the cursor is in, as the lexer would see it so far.
struct Context {
    std::size_t start = 0;
    std::string word;            // without its quotes
    char quote = 0;              // that is open
    bool command = true;         // it stands where a command does
    bool file = false;           // it follows < or >
    std::string name = {};       // of the command it is an argument of
    std::string before = {};     // the argument before it
    std::size_t operands = 0;    // arguments before it that are no options
    bool options_ended = false;  // by --
};

// Words after which a command follows.
constexpr std::string_view openers[] = {"if",    "then", "else", "elif", "while",
                                        "until", "do",   "!",    "{"};

// The option that takes the next word as its value.
std::optional<commands::Option> option_taking(const Context& context) {
    if (context.before.size() < 2 || context.before[0] != '-') return std::nullopt;
    for (const auto& option : options_of(context.name)) {
        if (option.argument.empty() || option.argument.starts_with('[')) continue;
        const bool by_letter = option.letter != 0 && context.before[1] != '-' &&
                               context.before.back() == option.letter;
        const bool by_name =
            !option.name.empty() && context.before == "--" + std::string(option.name);
        if (by_letter || by_name) return option;
    }
    return std::nullopt;
}

void end_argument(Context& context) {
    const bool option = !context.options_ended && context.word.starts_with('-');
    const bool value = option_taking(context).has_value();
    if (!option && !value) {
        // An argument may be a command with arguments of its own: xargs, env, exec.
        const bool assigns = context.word.contains('=');
        if (!assigns && operand_kind(context.name, context.operands) == Kind::commands &&
            context.name != "help" && context.name != "type" && context.name != "hash") {
            context.name = context.word;
            context.operands = 0;
            context.before.clear();
            return;
        }
        if (!assigns || !commands::find(context.name)) ++context.operands;
    }
    if (context.word == "--") context.options_ended = true;
    context.before = value ? std::string() : context.word;
}

void end_word(Context& context, bool has_word, std::size_t next) {
    if (has_word && context.file) {
        context.file = false;
    } else if (has_word && context.command) {
        const bool opens = std::ranges::find(openers, context.word) != std::end(openers);
        if (!opens && !context.word.contains('=')) {
            context.name = context.word;
            context.command = false;
        }
    } else if (has_word) {
        end_argument(context);
    }
    context.word.clear();
    context.start = next;
}

Context look_at(std::string_view line, std::size_t cursor) {
    Context context;
    bool has_word = false;
    for (std::size_t i = 0; i < cursor; ++i) {
        const char byte = line[i];
        if (context.quote != 0) {
            if (byte == context.quote) {
                context.quote = 0;
            } else {
                context.word += byte;
            }
            continue;
        }
        if (byte == '\\' && i + 1 < cursor) {
            context.word += line[++i];
            has_word = true;
        } else if (byte == '\'' || byte == '"') {
            context.quote = byte;
            has_word = true;
        } else if (byte == ' ' || byte == '\t') {
            end_word(context, has_word, i + 1);
            has_word = false;
        } else if (std::string_view("\n|&;()`").contains(byte)) {
            context = {.start = i + 1, .word = {}};
            has_word = false;
        } else if (byte == '<' || byte == '>') {
            // A number before it is the redirection's own.
            if (context.word.find_first_not_of("0123456789") == std::string::npos) {
                has_word = false;
            }
            end_word(context, has_word, i + 1);
            has_word = false;
            context.file = true;
        } else {
            context.word += byte;
            has_word = true;
        }
    }
    return context;
}

std::string escaped(std::string_view text, char quote) {
    std::string result;
    for (const char byte : text) {
        const bool special = quote == '"' ? std::string_view("\"$`\\").contains(byte)
                             : quote == 0
                                 ? std::string_view(" \t\n\\'\"$`|&;()<>*?[]#~!{}").contains(byte)
                                 : false;
        if (quote == '\'' && byte == '\'') {
            result += "'\\''";
            continue;
        }
        if (special) result += '\\';
        result += byte;
    }
    return result;
}

std::string agreement(const std::vector<Candidate>& candidates) {
    auto common = candidates.front().text;
    for (const auto& candidate : candidates) {
        const auto end = std::ranges::mismatch(common, candidate.text).in1;
        common.erase(end, common.end());
    }
    // Not half a character.
    while (!common.empty() && common != candidates.front().text &&
           (static_cast<unsigned char>(candidates.front().text[common.size()]) & 0xc0) == 0x80) {
        common.pop_back();
    }
    return common;
}

void sort(std::vector<Candidate>& candidates) {
    // Numbers by their value: pids.
    std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) {
        const auto number = [](const Candidate& one) {
            return one.text.find_first_not_of("0123456789") == std::string::npos;
        };
        if (number(a) && number(b) && a.text.size() != b.text.size()) {
            return a.text.size() < b.text.size();
        }
        return a.shown < b.shown;
    });
}

// $NAME and ${NAME: the part before the $ stays as it is written.
bool complete_variable(Shell& shell, const Context& context, std::size_t cursor,
                       Completion& completion) {
    const auto dollar = context.quote == '\'' ? std::string::npos : context.word.rfind('$');
    if (dollar == std::string::npos) return false;
    auto name = std::string_view(context.word).substr(dollar + 1);
    const bool braced = name.starts_with('{');
    if (braced) name.remove_prefix(1);
    if (!name.empty() && !is_name(name)) return false;
    add_variables(shell, name, completion.candidates);
    completion.start = cursor - name.size();
    if (completion.candidates.empty()) return true;
    completion.insertion = agreement(completion.candidates);
    if (braced && completion.candidates.size() == 1) completion.insertion += '}';
    return true;
}

// What the word may be, and how much of it is not part of the candidates' texts: "--sort=".
std::size_t gather(Shell& shell, const Context& context, std::vector<Candidate>& candidates) {
    const auto& word = context.word;
    const auto equals = word.find('=');
    if (context.file) {
        add_kind(shell, Kind::paths, word, candidates);
    } else if (context.command && equals != std::string::npos) {
        add_kind(shell, Kind::paths, word.substr(equals + 1), candidates);
        return equals + 1;
    } else if (context.command) {
        add_kind(shell, Kind::commands, word, candidates);
    } else if (const auto option = option_taking(context)) {
        const auto kind = kind_of(*option);
        add_kind(shell, kind == Kind::nothing ? Kind::paths : kind, word, candidates);
    } else if (context.name == "kill" && context.operands == 0 && word.starts_with('-')) {
        add_signals(word, "-", candidates);
        add_options(context.name, word, candidates);
    } else if (word.starts_with("--") && equals != std::string::npos) {
        for (const auto& one : options_of(context.name)) {
            if (word.substr(2, equals - 2) != one.name) continue;
            add_kind(shell, kind_of(one), word.substr(equals + 1), candidates);
        }
        return equals + 1;
    } else if (word.starts_with('-') && !context.options_ended) {
        add_options(context.name, word, candidates);
    } else {
        add_kind(shell, operand_kind(context.name, context.operands), word, candidates);
    }
    return 0;
}

}  // namespace

Completion complete(Shell& shell, std::string_view line, std::size_t cursor) {
    const auto context = look_at(line, cursor);
    Completion completion{.start = context.start, .insertion = {}, .candidates = {}};
    auto& candidates = completion.candidates;
    if (complete_variable(shell, context, cursor, completion)) {
        sort(candidates);
        return completion;
    }
    const auto kept = gather(shell, context, candidates);
    if (candidates.empty()) return completion;
    std::string prefix;
    auto common = agreement(candidates);
    if (context.quote != 0) {
        prefix = context.quote;
    } else if (common.starts_with('~') && context.word.starts_with('~')) {
        const auto end = std::min(common.find('/'), common.size());
        prefix = common.substr(0, end);
        common.erase(0, end);
    }
    prefix += context.word.substr(0, kept);
    completion.insertion = prefix + escaped(common, context.quote);
    if (candidates.size() == 1 && candidates[0].whole) {
        if (context.quote != 0) completion.insertion += context.quote;
        completion.insertion += ' ';
    }
    sort(candidates);
    return completion;
}

}  // namespace limpet::shell
