// screen/vi.cpp - edit a text.
#include "commands/screen/vi.h"

namespace limpet::commands {
namespace {

int edit(Invocation& call, bool read_only) {
    std::vector<std::string> files, commands;
    for (const auto& [option, value] : call.options.all()) {
        if (option.letter == 'c') commands.push_back(value);
        if (option.letter == 'R') read_only = true;
    }
    for (const auto& operand : call.operands) {
        if (!operand.starts_with('+')) {
            files.push_back(operand);
        } else {
            commands.push_back(operand.size() == 1 ? "$" : operand.substr(1));
        }
    }
    auto keys = Fullscreen::keyboard();
    if (!keys || !call.out.terminal()) {
        call.complain("it needs a terminal (limpet exec -t); sed edits without one");
        return 1;
    }
    Fullscreen screen(*std::move(keys), call.out.fd());
    vi::Vi editor(call, screen, {.read_only = read_only}, std::move(files), std::move(commands));
    return editor.run();
}

int run(Invocation& call) { return edit(call, false); }
int run_view(Invocation& call) { return edit(call, true); }

constexpr Option options[]{
    {'R', "", "", "read-only: only :w! writes"},
    {'c', "", "COMMAND", "begin with that command, as +COMMAND"},
};

constexpr const char* help =
    "+COMMAND begins with it: +120, +/error; + alone is the last line. Writing needs --allow "
    "modify\n"
    "or --scratch, but below $LIMPET_SCRATCH. Files of up to 64 MiB, bytes kept as they are.\n\n"
    "Motions:  h j k l w b e W B E 0 ^ $ gg G f F t T ; , % H M L { } ( ) /pattern ?pattern n N *\n"
    "Changes:  i a I A o O  x X s S r R J ~  d c y > < with a motion or iw a( i\"  dd cc yy D C Y\n"
    "          p P  .  u and Ctrl-R  v V  \"x registers  mx and 'x marks\n"
    "Commands: :w :q :wq :x :q! :e :r :N :s/a/b/g :%s :g/a/d :v :d :y :t :m :j :set nu ic list ai\n"
    "          ts=N sw=N. Patterns are basic regular expressions.\n\n"
    "Example:\n  vi +/Listen /etc/app.conf\n";

constexpr Command vi_command{
    .name = "vi",
    .usage = "[-R] [-c COMMAND] [+COMMAND] [FILE...]",
    .summary = "edit a text on the screen",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help = help,
    .writes = true,
};
const Register registered{vi_command};

constexpr Command view{
    .name = "view",
    .usage = "[-c COMMAND] [+COMMAND] [FILE...]",
    .summary = "look at a text with the keys of vi",
    .theme = "text",
    .promise = Promise::files,
    .run = run_view,
    .options = option_table<options>,
    .help = "vi -R.\n\nExample:\n  view /etc/passwd\n",
    .writes = true,
};
const Register registered_view{view};

}  // namespace
}  // namespace limpet::commands
