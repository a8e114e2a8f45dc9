// shell/manual.cpp - the built-ins' options and examples, for help and completion.
#include "shell/manual.h"

#include "shell/builtins.h"

#include <algorithm>
#include <array>

namespace limpet::shell {
namespace {

using commands::Option;

constexpr Option of_cd[]{
    {'L', "", "", "follow .. by name, without links (default)"},
    {'P', "", "", "follow links first"},
};
constexpr Option of_command[]{
    {'v', "", "", "print what the name stands for, for scripts"},
    {'V', "", "", "say what the name stands for"},
    {'p', "", "", "search the default PATH"},
};
constexpr Option of_echo[]{
    {'n', "", "", "no newline at the end"},
    {'e', "", "", "\\n, \\t and the like are characters"},
    {'E', "", "", "they are not"},
};
constexpr Option of_export[]{{'p', "", "", "print them so that the shell reads them back"}};
constexpr Option of_hash[]{{'r', "", "", "forget all of them"}};
constexpr Option of_history[]{{'c', "", "", "forget all of it"}};
constexpr Option of_jobs[]{
    {'l', "", "", "with process ids"},
    {'p', "", "", "only the ids of the process groups"},
};
constexpr Option of_kill[]{
    {'l', "", "", "list the signals, or name the one of a number or status"},
    {'s', "", "SIGNAL", "the signal, by name or number (TERM)"},
};
constexpr Option of_pwd[]{
    {'L', "", "", "as cd was told (default)"},
    {'P', "", "", "without links"},
};
constexpr Option of_read[]{
    {'r', "", "", "a backslash is a character like others"},
    {'d', "", "DELIMITER", "read to this character instead of the end of the line"},
    {'n', "", "COUNT", "read at most so many characters"},
    {'p', "", "PROMPT", "print it first when the input is a terminal"},
};
constexpr Option of_set[]{
    {'a', "", "", "export every variable that is set"},
    {'C', "", "", "> does not overwrite files"},
    {'e', "", "", "end when a command fails"},
    {'f', "", "", "no pathname expansion"},
    {'m', "", "", "jobs in process groups of their own"},
    {'n', "", "", "only check the syntax"},
    {'u', "", "", "using an unset variable is an error"},
    {'v', "", "", "show the script as it is read"},
    {'x', "", "", "show commands as they are run"},
    {'o', "", "NAME", "the option NAME: pipefail, errexit, ..."},
};
constexpr Option of_ulimit[]{
    {'H', "", "", "the hard limit"},
    {'S', "", "", "the soft limit"},
    {'a', "", "", "all limits"},
};
constexpr Option of_umask[]{{'S', "", "", "print it as letters"}};
constexpr Option of_unalias[]{{'a', "", "", "all of them"}};
constexpr Option of_unset[]{
    {'f', "", "", "functions"},
    {'v', "", "", "variables (default)"},
};

struct Page {
    std::string_view name;
    commands::OptionTable options;
    const char* text;
};

// Sorted by name.
constexpr std::array pages{
    Page{".",
         {},
         "  . ./settings        variables and functions of the file are there afterwards\n"},
    Page{":", {}, "  : \"${PORT:=8080}\"     only the expansion\n"},
    Page{"[", {}, "  [ -e /etc/passwd ] && echo there\n  [ \"$a\" = \"$b\" ] || echo different\n"},
    Page{"[[",
         {},
         "Not of POSIX, but in many scripts: words are not split, = and != take patterns, and\n"
         "&& || ( ) stand within. There is no =~.\n\n"
         "  [[ $file == *.log && -s $file ]] && tail $file\n"},
    Page{"alias", {}, "Without arguments it lists them.\n\n  alias ll='ls -la'\n"},
    Page{"bg", {}, "Stop the foreground with Ctrl-Z first.\n\n  bg\n  bg %2\n"},
    Page{"break", {}, "  while read -r line; do [ \"$line\" = end ] && break; done\n"},
    Page{"cd", commands::option_table<of_cd>,
         "Without a directory it goes home; - is the one before.\n\n  cd /etc\n  cd -\n"},
    Page{"command", commands::option_table<of_command>,
         "  command ls            ls, also where a function has that name\n"
         "  command -v jq || echo there is none\n"},
    Page{"continue", {}, "  for f in *; do [ -d \"$f\" ] && continue; cat \"$f\"; done\n"},
    Page{"echo", commands::option_table<of_echo>, "  echo hello\n  echo -n 'no newline'\n"},
    Page{"eval", {}, "  eval \"echo \\$$name\"   the value of the variable that $name names\n"},
    Page{"exec", {}, "  exec 3<file; read -r line <&3\n  exec sh               begin anew\n"},
    Page{"exit",
         {},
         "Without a status it is the last command's. Ctrl-D does the same.\n\n  exit 1\n"},
    Page{"export", commands::option_table<of_export>, "  export LANG=C.UTF-8\n"},
    Page{"false", {}, "  until false; do sleep 1; done\n"},
    Page{"fg", {}, "  fg                    the one that was stopped or started last\n  fg %1\n"},
    Page{"getopts",
         {},
         "A letter with a colon takes a value, which comes in OPTARG.\n\n"
         "  while getopts 'vo:' option; do echo \"$option $OPTARG\"; done\n"},
    Page{"hash", commands::option_table<of_hash>, "  hash -r\n"},
    Page{"help", {}, "  help                  all commands by theme\n  help ps\n"},
    Page{"history", commands::option_table<of_history>, "  history 20\n"},
    Page{"jobs", commands::option_table<of_jobs>, "  sleep 100 &\n  jobs -l\n"},
    Page{"kill", commands::option_table<of_kill>,
         "A process that this shell did not start needs --allow modify.\n\n"
         "  kill %1\n  kill -HUP 7\n  kill -l 137\n"},
    Page{"local", {}, "  f() { local name=$1; echo \"$name\"; }\n"},
    Page{"printf", {}, "  printf '%-10s %5d\\n' name 42\n  printf '%s\\n' \"$@\"\n"},
    Page{"pwd", commands::option_table<of_pwd>, "  pwd -P\n"},
    Page{"read", commands::option_table<of_read>,
         "  while IFS=: read -r user _ uid rest; do echo \"$uid $user\"; done </etc/passwd\n"},
    Page{"readonly", commands::option_table<of_export>, "  readonly target=/srv\n"},
    Page{"return", {}, "  is_there() { [ -e \"$1\" ] || return 1; }\n"},
    Page{"set", commands::option_table<of_set>,
         "+ instead of - switches off. Words that follow become $1, $2, ...\n\n"
         "  set -eu\n  set -o pipefail\n  set -- one two\n"},
    Page{"shift", {}, "  while [ $# -gt 0 ]; do echo \"$1\"; shift; done\n"},
    Page{"source", {}, "  source ./settings     the same as . ./settings\n"},
    Page{"test", {}, "  test -s /var/log/app.log && echo something is in it\n"},
    Page{"times", {}, "  times                 of the shell, and of its children\n"},
    Page{"trap",
         {},
         "Without arguments it lists them; - as ACTION takes one back, '' ignores the signal.\n\n"
         "  trap 'rm -f \"$file\"' EXIT\n  trap '' INT\n  trap - INT\n"},
    Page{"true", {}, "  while true; do date; sleep 1; done\n"},
    Page{"type", {}, "  type cd ls\n"},
    Page{"ulimit", commands::option_table<of_ulimit>, "  ulimit -a\n  ulimit -n 256\n"},
    Page{"umask", commands::option_table<of_umask>, "  umask 077\n  umask -S\n"},
    Page{"unalias", commands::option_table<of_unalias>, "  unalias ll\n"},
    Page{"unset", commands::option_table<of_unset>, "  unset name\n  unset -f function\n"},
    Page{"wait", {}, "  sleep 5 & wait $!\n  wait %1\n"},
};

const Page* page(std::string_view name) {
    const auto* found = std::ranges::lower_bound(pages, name, {}, &Page::name);
    return found != pages.end() && found->name == name ? found : nullptr;
}

}  // namespace

std::string manual(const Builtin& builtin) {
    const auto* more = page(builtin.name);
    return commands::help_text({.name = builtin.name,
                                .usage = builtin.usage,
                                .summary = builtin.summary,
                                .theme = "shell",
                                .options = more ? more->options : commands::OptionTable(),
                                .help = more ? more->text : ""});
}

commands::OptionTable options_of(std::string_view name) {
    const auto* command = commands::find(name);
    if (find_builtin(name)) {
        if (const auto* more = page(name); more && (!more->options.empty() || !command)) {
            return more->options;
        }
    }
    return command ? command->options : commands::OptionTable();
}

}  // namespace limpet::shell
