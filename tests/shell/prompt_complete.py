# prompt_complete.py - Tab: what it completes, and what the list says.
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from prompt import *  # noqa: F403


def completes(name, before, after, setup=None):
    def run():
        shell = Prompt()
        if setup:
            shell.run(setup)
        shell.edits(before + "\t", "0> " + after)
        shell.close()
    add_case(name, run)


def lists(name, before, *patterns, setup=None):
    def run():
        shell = Prompt()
        if setup:
            shell.keys(setup + "\r")
            shell.sees(shell.has_prompt, "a prompt")
        shell.keys(before + "\t\t")
        for pattern in patterns:
            shell.sees(lambda pattern=pattern: any(re.search(pattern, line)
                                                   for line in shell.screen.lines()), pattern)
        shell.close()
    add_case(name, run)


folder = session_folder()
for made in ("alpha one", "beta"):
    os.makedirs(f"{folder}/{made}")
open(f"{folder}/alpine", "w").close()

completes("a_command", "hexd", "hexdump ")
completes("a_command_after_a_pipe", "ls | hexd", "ls | hexdump ")
completes("a_built_in", "unal", "unalias ")
completes("a_function", "my_fun", "my_function ", "my_function() { :; }")
completes("an_option", "ls --rev", "ls --reverse ")
completes("a_variable", "echo $MY_VAR", "echo $MY_VARIABLE", "MY_VARIABLE=1")
completes("a_variable_in_braces", "echo ${MY_VAR", "echo ${MY_VARIABLE}", "MY_VARIABLE=1")
completes("a_name_for_unset", "unset MY_VAR", "unset MY_VARIABLE ", "MY_VARIABLE=1")
completes("a_folder_with_a_blank", f"cd {folder}/alph", f"cd {folder}/alpha\\ one/")
completes("as_far_as_it_is_clear", f"ls {folder}/al", f"ls {folder}/alp")
completes("only_folders_for_cd", f"cd {folder}/alp", f"cd {folder}/alpha\\ one/")
completes("within_quotes", f"ls '{folder}/alph", f"ls '{folder}/alpha one/")
completes("a_redirection", f"cat <{folder}/alpi", f"cat <{folder}/alpine ")
completes("a_signal_of_kill", "kill -US", "kill -USR")
completes("a_signal_of_trap", "trap : WINC", "trap : WINCH ")
completes("help_of_a_command", "help hexd", "help hexdump ")
completes("the_command_of_xargs", "ls | xargs -n 1 hexd", "ls | xargs -n 1 hexdump ")
lists("commands_with_what_they_do", "read", "^read +read a line", "^readlink +print where")
lists("options_with_what_they_do", "cd -", "^-L +follow", "^-P +follow links")
lists("options_from_the_table", "wc -", "^-l, --lines")
lists("signals_with_what_they_are", "kill -T", "^-TERM +Terminated", "^-TSTP +Stopped")
lists("jobs_and_processes", "fg %", "^%1 +sleep 1000", "^%2 +sleep 2000",
      setup="sleep 1000 & sleep 2000 &")
lists("processes_by_what_they_run", "status 1", r"^1 .*\S")


@case
def help_teaches():
    for name in run(AGENT, "sh", "-c", "help").out.decode().split("shell:\n")[1].split("\n"):
        if not name.startswith("  "):
            continue
        word = name.split()[0]
        text = run(AGENT, "sh", "-c", f"help '{word}'").out.decode()
        check(re.search(rf"^ .*(^|\W){re.escape(word)}(\W|$)", text, re.M), f"help {word} has no example")
    done = run(AGENT, "sh", "-c", "help gerp")
    check(b"did you mean 'grep'?" in done.err and done.returncode == 1, done.err)


main()
