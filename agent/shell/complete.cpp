// shell/complete.cpp - completion of commands, options, variables and paths.
#include "shell/complete.h"

#include "commands/command.h"
#include "shell/builtins.h"
#include "shell/expand.h"
#include "shell/files.h"
#include "shell/shell.h"
#include "shell/suggest.h"
#include "target/deadline.h"

#include <dirent.h>

#include <algorithm>

namespace limpet::shell {
namespace {

// The word that the cursor is in, as the lexer would see it so far.
struct Context {
    std::size_t start = 0;
    std::string word;     // without its quotes
    char quote = 0;       // that is open
    bool command = true;  // it stands where a command does
    std::string name;     // of the command it is an argument of
};

struct Candidate {
    std::string text;
    std::string shown;
    bool whole = true;  // a blank follows
};

// Words after which a command follows.
constexpr std::string_view openers[] = {"if",    "then", "else", "elif", "while",
                                        "until", "do",   "!",    "{"};

void end_word(Context& context, bool has_word, std::size_t next) {
    if (has_word) {
        const bool opens = std::ranges::find(openers, context.word) != std::end(openers);
        if (context.command && !opens && !context.word.contains('=')) {
            context.name = context.word;
            context.command = false;
        }
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
        } else if (std::string_view(" \t\n").contains(byte)) {
            end_word(context, has_word, i + 1);
            has_word = false;
            if (byte == '\n') context.command = true;
        } else if (std::string_view("|&;()").contains(byte) || byte == '`') {
            context.word.clear();
            context.start = i + 1;
            context.command = true;
            has_word = false;
        } else if (byte == '<' || byte == '>') {
            end_word(context, has_word, i + 1);
            has_word = false;
            // A file follows, also in front of a command.
            if (context.command) context.name = ">";
            context.command = false;
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

void add_commands(Shell& shell, std::string_view prefix, std::vector<Candidate>& candidates) {
    for (auto& name : command_names(shell)) {
        if (name.starts_with(prefix)) candidates.push_back({name, name});
    }
}

void add_variables(Shell& shell, std::string_view prefix, std::vector<Candidate>& candidates) {
    for (Symbol symbol = 0; symbol < shell.variables.size(); ++symbol) {
        const auto& name = shell.variables.symbols.name(symbol);
        if (shell.variables.get(symbol) && name.starts_with(prefix)) {
            candidates.push_back({name, "$" + name});
        }
    }
}

void add_options(const commands::Command& command, std::string_view prefix,
                 std::vector<Candidate>& candidates) {
    for (const auto& option : command.options) {
        if (!option.name.empty()) {
            const auto text = "--" + std::string(option.name);
            const bool takes = !option.argument.empty() && !option.argument.starts_with('[');
            if (text.starts_with(prefix)) {
                candidates.push_back({takes ? text + "=" : text, text, !takes});
            }
        }
        if (option.letter != 0 && option.letter != '#' && !prefix.starts_with("--")) {
            const auto text = std::string("-") + option.letter;
            const bool also_long = !option.name.empty();
            if (text.starts_with(prefix) && (!also_long || prefix == text)) {
                candidates.push_back({text, text});
            }
        }
    }
}

void add_paths(Shell& shell, const std::string& word, std::vector<Candidate>& candidates) {
    constexpr std::size_t most = 5000;
    const auto slash = word.rfind('/');
    const auto leaf = slash == word.npos ? word : word.substr(slash + 1);
    const auto written = slash == word.npos ? std::string() : word.substr(0, slash + 1);
    std::string place = written;
    if (written.starts_with('~')) {
        std::string home;
        const auto end = written.find('/');
        if (!home_directory(shell, std::string_view(written).substr(1, end - 1), home)) return;
        place = home + written.substr(end);
    }
    const auto directory = open_directory(shell, place);
    if (!directory) return;
    const target::deadline::Guard guard(shell.target);
    target::Listing listing(*directory, place);
    while (candidates.size() < most) {
        const auto entry = listing.next();
        if (!entry || !*entry) break;
        const std::string name((*entry)->name);
        if (!name.starts_with(leaf) || (name.starts_with('.') && leaf.empty())) continue;
        // Asked of the file itself only for a link or where the listing does not say.
        const bool is_folder = (*entry)->type == DT_DIR ||
                               (((*entry)->type == DT_LNK || (*entry)->type == DT_UNKNOWN) &&
                                is_directory(shell, place + name));
        const auto mark = is_folder ? "/" : "";
        candidates.push_back({written + name + mark, name + mark, !is_folder});
    }
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

}  // namespace

Completion complete(Shell& shell, std::string_view line, std::size_t cursor) {
    auto context = look_at(line, cursor);
    std::vector<Candidate> candidates;
    const auto dollar = context.quote == '\'' ? std::string::npos : context.word.rfind('$');
    if (dollar != std::string::npos &&
        (dollar + 1 == context.word.size() || is_name(context.word.substr(dollar + 1)))) {
        // The part before the $ stays as it is written.
        const auto length = context.word.size() - dollar;
        add_variables(shell, std::string_view(context.word).substr(dollar + 1), candidates);
        Completion completion{.start = cursor - length};
        if (candidates.empty()) return completion;
        completion.insertion = "$" + agreement(candidates);
        for (auto& candidate : candidates) completion.names.push_back(candidate.shown);
        std::ranges::sort(completion.names);
        return completion;
    }
    if (context.command && !context.word.contains('/')) {
        add_commands(shell, context.word, candidates);
    } else {
        const auto* command = commands::find(context.name);
        if (context.word.starts_with('-') && command) {
            add_options(*command, context.word, candidates);
        } else {
            add_paths(shell, context.word, candidates);
        }
    }
    Completion completion{.start = context.start};
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
    completion.insertion = prefix + escaped(common, context.quote);
    if (candidates.size() == 1 && candidates[0].whole) {
        if (context.quote != 0) completion.insertion += context.quote;
        completion.insertion += ' ';
    }
    for (auto& candidate : candidates) completion.names.push_back(std::move(candidate.shown));
    std::ranges::sort(completion.names);
    return completion;
}

}  // namespace limpet::shell
