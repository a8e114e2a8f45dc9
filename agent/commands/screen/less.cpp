// screen/less.cpp - read texts page by page.
#include "commands/command.h"
#include "commands/screen/pager.h"
#include "parse/number.h"

#include <unistd.h>

#include <algorithm>

namespace limpet::commands {
namespace {

bool apply(const Options& options, PagerOptions& chosen) {
    for (const auto& [option, value] : options.all()) {
        switch (option.letter) {
            case 'N': chosen.numbers = true; break;
            case 'S': chosen.chop = true; break;
            case 'R':
            case 'r': chosen.colours = true; break;
            case 's': chosen.squeeze = true; break;
            case 'i': chosen.ignore_case = true; break;
            case 'I': chosen.ignore_all_case = true; break;
            case 'M':
            case 'm': chosen.verbose = true; break;
            case 'F': chosen.quit_if_one_screen = true; break;
            case 'X': chosen.stay = true; break;
            case 'e':
            case 'E': chosen.quit_at_end = true; break;
            case 'p': chosen.first = (chosen.more ? "" : "/") + value; break;
            case 'x': {
                const auto tab = parse::number<std::size_t>(value);
                if (!tab || *tab == 0 || *tab > 256) return false;
                chosen.tab = *tab;
                break;
            }
            default: break;
        }
    }
    return true;
}

// $LESS holds options that one always wants: "-FRX" or "FRX".
void from_environment(const Invocation& call, PagerOptions& chosen) {
    const auto variable = call.variable("LESS");
    if (!variable) return;
    std::vector<std::string> words, rest;
    std::string_view text = *variable;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        auto word = std::string(text.substr(0, end));
        if (!word.empty()) words.push_back(word.starts_with('-') ? word : "-" + word);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    Options options;
    // Options of another less are no reason to show nothing.
    if (parse_options(call.command, words, options, rest)) apply(options, chosen);
}

int copy(Invocation& call, const std::vector<std::string>& files) {
    for (const auto& name : files) {
        auto input = call.open(name);
        if (!input) {
            call.complain(input.error());
            continue;
        }
        for (;;) {
            const auto bytes = input->block();
            if (!bytes) call.complain(bytes.error());
            if (!bytes || bytes->empty() || call.out.failure()) break;
            call.out.write(*bytes);
        }
    }
    return call.status;
}

int page(Invocation& call, PagerOptions chosen) {
    if (!apply(call.options, chosen)) return call.misused("-x takes columns, 1 to 256");
    std::vector<std::string> files;
    for (const auto& operand : call.operands) {
        if (operand.starts_with('+') && operand.size() > 1) {
            chosen.first = operand.substr(operand[1] == '+' ? 2 : 1);
        } else {
            files.push_back(operand);
        }
    }
    if (files.empty()) {
        if ((::isatty(call.in.fd().get()) == 1))
            return call.misused("which file? (standard input is a terminal)");
        files.emplace_back("-");
    }
    if (!call.out.terminal()) return copy(call, files);
    auto keys = Fullscreen::keyboard();
    if (!keys) {
        call.complain(keys.error());
        return 1;
    }
    Fullscreen screen(*std::move(keys), call.out.fd());
    Pager pager(call, screen, std::move(chosen), std::move(files));
    return pager.run();
}

int run(Invocation& call) {
    PagerOptions chosen;
    from_environment(call, chosen);
    return page(call, std::move(chosen));
}

int run_more(Invocation& call) {
    return page(call,
                {.quit_if_one_screen = true, .quit_at_end = true, .stay = true, .more = true});
}

constexpr Option options[]{
    {'N', "LINE-NUMBERS", "", "number the lines"},
    {'S', "chop-long-lines", "", "cut long lines; Left and Right move to the side"},
    {'R', "RAW-CONTROL-CHARS", "", "let colours (SGR sequences) through, and nothing else"},
    {'F', "quit-if-one-screen", "", "only print a text that fits on the screen"},
    {'X', "no-init", "", "leave the text on the screen afterwards"},
    {'e', "quit-at-eof", "", "leave when one goes on at the end"},
    {'E', "QUIT-AT-EOF", "", "the same"},
    {'i', "ignore-case", "", "ignore case in patterns without capitals"},
    {'I', "IGNORE-CASE", "", "ignore case in all patterns"},
    {'M', "LONG-PROMPT", "", "show name and place"},
    {'m', "long-prompt", "", "the same"},
    {'s', "squeeze-blank-lines", "", "several empty lines as one"},
    {'p', "pattern", "PATTERN", "begin at the first match, as +/PATTERN"},
    {'x', "tabs", "N", "tab stops every N columns (8)"},
    {'r', "raw-control-chars", "", "as -R: other controls never pass"},
    {'n', "line-numbers", "", "accepted"},
    {'f', "force", "", "accepted"},
    {'c', "clear-screen", "", "accepted"},
    {'q', "quiet", "", "accepted"},
    {'K', "quit-on-intr", "", "accepted"},
};

constexpr Command less{
    .name = "less",
    .usage = "[-NSRFXeiIMs] [-p PATTERN] [-x N] [+COMMAND] [FILE...]",
    .summary = "read texts page by page",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Keys: Space b d u j k g G /pattern ?pattern n N &pattern F q, and h for all of them.\n"
        "+COMMAND begins with it: +G, +F, +120, +/error. Of a file only what is shown is read; of\n"
        "a pipe the first 64 MiB are kept. Controls are shown as ^[ or <9B>. $LESS holds options.\n"
        "Where standard output is no terminal it copies, as cat.\n\n"
        "Examples:\n  less +G /var/log/app.log\n  ps -ef | less -S\n",
};
const Register registered{less};

constexpr Option options_of_more[]{
    {'e', "", "", "accepted: it leaves when one goes on at the end"},
    {'i', "", "", "ignore case in patterns without capitals"},
    {'s', "squeeze", "", "several empty lines as one"},
    {'R', "", "", "let colours (SGR sequences) through, and nothing else"},
    {'c', "print-over", "", "accepted"},
    {'d', "silent", "", "accepted"},
    {'f', "logical", "", "accepted"},
    {'l', "", "", "accepted"},
    {'u', "plain", "", "accepted"},
    {'p', "clean-print", "COMMAND", "begin with that command, as +COMMAND"},
};

constexpr Command more{
    .name = "more",
    .usage = "[-ceisu] [-p COMMAND] [+COMMAND] [FILE...]",
    .summary = "read texts page by page, and leave at the end",
    .theme = "text",
    .promise = Promise::files,
    .run = run_more,
    .options = option_table<options_of_more>,
    .help =
        "The keys of less; a text that fits on the screen is only printed, and the end is where\n"
        "it leaves.\n\nExample:\n  more /etc/services\n",
};
const Register registered_more{more};

}  // namespace
}  // namespace limpet::commands
