// shell/builtins.h - commands that run in the shell itself.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::shell {

struct Shell;

// words[0] is the command's own name.
using Words = std::vector<std::string>;

struct Builtin {
    std::string_view name;
    const char* usage;
    const char* summary;
    int (*run)(Shell& shell, Words& words) = nullptr;
    bool special = false;  // XCU 2.14: errors end a script, assignments before it stay
    bool prints = false;   // its only effect is its output
};

const Builtin* find_builtin(std::string_view name);
std::span<const Builtin> all_builtins();

// "NAME: problem", status 2; of a special built-in it ends a script.
int misuse(Shell& shell, const Words& words, std::string_view problem);

int run_alias(Shell& shell, Words& words);
int run_bg(Shell& shell, Words& words);
int run_break(Shell& shell, Words& words);
int run_cd(Shell& shell, Words& words);
int run_colon(Shell& shell, Words& words);
int run_command(Shell& shell, Words& words);
int run_dot(Shell& shell, Words& words);
int run_echo(Shell& shell, Words& words);
int run_eval(Shell& shell, Words& words);
int run_exec(Shell& shell, Words& words);
int run_exit(Shell& shell, Words& words);
int run_export(Shell& shell, Words& words);
int run_false(Shell& shell, Words& words);
int run_fg(Shell& shell, Words& words);
int run_getopts(Shell& shell, Words& words);
int run_hash(Shell& shell, Words& words);
int run_help(Shell& shell, Words& words);
int run_history(Shell& shell, Words& words);
int run_jobs(Shell& shell, Words& words);
int run_kill(Shell& shell, Words& words);
int run_local(Shell& shell, Words& words);
int run_printf(Shell& shell, Words& words);
int run_pwd(Shell& shell, Words& words);
int run_read(Shell& shell, Words& words);
int run_return(Shell& shell, Words& words);
int run_set(Shell& shell, Words& words);
int run_shift(Shell& shell, Words& words);
int run_test(Shell& shell, Words& words);
int run_times(Shell& shell, Words& words);
int run_trap(Shell& shell, Words& words);
int run_type(Shell& shell, Words& words);
int run_ulimit(Shell& shell, Words& words);
int run_umask(Shell& shell, Words& words);
int run_unalias(Shell& shell, Words& words);
int run_unset(Shell& shell, Words& words);
int run_wait(Shell& shell, Words& words);

// "-e", "+o name": for set and for the command line of sh. `at` is the index of the word, and moves
// to the last one used. False when there is no such option.
bool set_option_word(Shell& shell, const Words& words, std::size_t& at);
bool set_option(Shell& shell, char letter, std::string_view name, bool value);

}  // namespace limpet::shell
