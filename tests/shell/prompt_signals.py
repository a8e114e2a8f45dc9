# prompt_signals.py - Ctrl-C, Ctrl-\, Ctrl-Z and Ctrl-D in every state of the prompt, jobs and traps.
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from prompt import *  # noqa: F403

# What is typed to get into a state, what is seen there, and the status that Ctrl-C leaves.
STATES = {
    "empty_line": ("", "0> ", 130),
    "line": ("echo no", "0> echo no", 130),
    "second_line": ("if true\r", "+ ", 130),
    "quote": ("echo 'a\r", "+ ", 130),
    "document": ("cat <<E\rtext", "+ text", 130),
    "pasted_lines": (paste("echo no\recho no"), "+ echo no", 130),
}

# Lines that say `begun` and then do not end.
RUNNING = {
    "command": "echo begun; sleep 1000",
    "command_that_reads": "echo begun; cat",
    "loop_of_built_ins": "echo begun; while :; do :; done",
    "loop_of_commands": "echo begun; while :; do sleep 0.01; done",
    "function": "f() { while true; do x=1; done; }; echo begun; f",
    "read": "echo begun; read x; echo $x not",
    "wait": "sleep 1000 & echo begun; wait",
    "wait_for_one": "sleep 1000 & echo begun; wait $!",
    "substitution": "echo begun; x=$(sleep 1000)",
    "substitution_that_loops": "echo begun; x=$(while :; do :; done)",
    "substitution_that_reads": "echo begun; echo $(cat) not",
    "pipeline": "echo begun; sleep 1000 | cat",
    "loop_in_a_pipeline": "echo begun; seq 3 | while read x; do sleep 1000; done",
    "subshell": "echo begun; (sleep 1000; echo not)",
    "loop_in_a_subshell": "echo begun; (while :; do :; done)",
    "group": "echo begun; { sleep 1000; echo not; }",
    "for": "echo begun; for i in 1 2 3; do sleep 1000; done",
    "eval": "echo begun; eval 'sleep 1000; echo not'",
    "dot": f"echo 'while :; do :; done' >{scratch('loop')}; echo begun; . {scratch('loop')}",
    "trap_action": "trap 'while :; do :; done' USR1; echo begun; kill -USR1 $$",
    "long_expansion": "echo begun; for i in $(seq 1 100000000); do :; done",
}


def interrupts_while_editing(keys, seen, status):
    shell = Prompt()
    shell.keys(keys)
    shell.sees(lambda: shell.screen.before_cursor() == seen, repr(seen))
    shell.keys(ctrl("c"))
    shell.at_prompt(status)
    shell.still_works()
    shell.keys(UP)
    shell.sees(lambda: shell.screen.before_cursor() == "0> echo al''ive", "the history")
    shell.close()


def interrupts_while_running(line):
    shell = Prompt()
    shell.keys(line + "\r")
    shell.sees(lambda: "begun" in shell.screen.lines(), "begun")
    shell.keys(ctrl("c"))
    shell.at_prompt(130)
    check(not any("not" in one for one in shell.screen.lines()[2:]), shell.picture())
    shell.still_works()
    shell.close()


for name, (typed, seen, status) in STATES.items():
    add_case("ctrl_c_" + name, interrupts_while_editing, typed, seen, status)
for name, line in RUNNING.items():
    add_case("ctrl_c_" + name, interrupts_while_running, line)


@case
def ctrl_c_and_ctrl_g_leave_a_search():
    shell = Prompt()
    shell.run("echo one", "one")
    for key in ctrl("c"), ctrl("g"):
        shell.edits("abc", "0> abc")
        shell.keys(ctrl("r") + "one")
        shell.sees(lambda: shell.screen.lines()[-1] == "(search) 'one': echo one", "the search")
        shell.edits(key, "0> abc")
        shell.keys(ctrl("u"))
    shell.still_works()
    shell.close()


@case
def ctrl_backslash():
    shell = Prompt()
    shell.edits("abc\x1c", "0> abc")
    shell.keys(ctrl("u"))
    shell.start("(echo begun; sleep 1000)", "begun")
    shell.keys("\x1c")
    shell.at_prompt(131)
    shell.start("echo again; while :; do :; done", "again")
    shell.keys("\x1c")
    shell.keys(ctrl("c"))
    shell.at_prompt(130)
    shell.still_works()
    shell.close()


@case
def ctrl_d():
    shell = Prompt()
    shell.edits("abc" + ctrl("d"), "0> abc")
    shell.keys(ctrl("u") + "if true\r")
    shell.edits("", "+ ")
    shell.keys(ctrl("d"))
    shell.at_prompt(2)
    shell.still_works()
    shell.edits("cat <<E\r", "+ ")
    shell.edits("text\r", "+ ")
    shell.keys(ctrl("d"))
    shell.shows("text", "0> ")
    shell.still_works()
    shell.run("(exit 3)", status=3)
    shell.ends(ctrl("d"), 3)


@case
def errors_leave_the_session_as_it_was():
    shell = Prompt()
    for line, status in [("if; then", 2), ("echo )", 2), ("echo ${x?bad}; echo no", 2),
                         ("readonly r=1; r=2; echo no", 2), ("eval 'if'; echo no", 2),
                         ("echo $((1/0)); echo no", 2), ("for 1 in a; do :; done", 2),
                         (". /nonexistent; echo no", 1), ("nonexistent-command", 127),
                         ("cd /nonexistent", 1), ("break 0", 2), ("shift 5", 1), ("exec <&33", 1)]:
        shell.keys(line + "\r")
        shell.sees(lambda: shell.has_prompt() and
                   shell.screen.before_cursor() in ("1> ", "2> ", "127> "), f"an error of {line}")
        check(shell.screen.before_cursor() != "0> " and "no" not in shell.screen.lines(),
              f"{line}: {shell.picture()}")
        shell.still_works()
    shell.close()


@case
def an_unknown_command_is_near_another():
    shell = Prompt()
    shell.keys("gerp x\r")
    shell.sees(lambda: "sh: gerp: not found (did you mean 'grep'?)" in shell.screen.lines(), "grep")
    shell.close()


@case
def stopping_and_going_on():
    shell = Prompt()
    shell.keys("cat\rhi\r")
    shell.sees(lambda: shell.screen.lines()[-1] == "hi", "cat")
    shell.keys(ctrl("z"))
    shell.shows("^Z", "[1]+  Stopped                 cat", "148> ")
    shell.keys("sleep 1000 &\r")
    shell.sees(lambda: re.match(r"\[2\] \d+", shell.screen.lines()[-2]), "a second job")
    shell.run("jobs", "[1]+  Stopped                 cat", "[2]-  Running                 sleep 1000")
    shell.keys("fg %1\r")
    shell.sees(lambda: shell.screen.lines()[-1] == "cat", "cat")
    shell.keys("hello\r")
    shell.sees(lambda: shell.screen.lines()[-1] == "hello", "cat")
    shell.keys(ctrl("d"))
    shell.at_prompt()
    shell.run("kill %2; wait %2", status=143)
    shell.run("jobs")
    shell.close()


@case
def a_pipeline_is_one_job():
    shell = Prompt()
    shell.start("(echo begun; sleep 1000) | cat | cat", "begun")
    shell.keys(ctrl("z"))
    shell.shows("^Z", "[1]+  Stopped                 (echo begun; sleep 1000) | cat | cat", "148> ")
    shell.run("bg", "[1] (echo begun; sleep 1000) | cat | cat &")
    shell.run("kill %1; wait")
    shell.still_works()
    shell.close()


@case
def the_end_of_a_job_is_told_before_a_prompt():
    shell = Prompt()
    shell.keys("(sleep 0.1; exit 3) & wait $!\r")
    shell.at_prompt(3)
    shell.keys("sleep 0.1 &\r")
    shell.at_prompt()
    until(lambda: shell.keys("\r") or shell.at_prompt() or
          any(re.match(r"\[1\]\+  Done +sleep 0.1", line) for line in shell.screen.lines()),
          BUSY, "Done")
    shell.close()


@case
def ctrl_z_ends_a_loop():
    shell = Prompt()
    shell.start("while :; do (echo begun; sleep 1000); done", "begun")
    shell.keys(ctrl("z"))
    shell.at_prompt(148)
    shell.run("kill %1; wait %1", status=143)
    shell.close()


@case
def stopped_jobs_warn_once():
    shell = Prompt()
    shell.start("(echo begun; sleep 1000)", "begun")
    shell.keys(ctrl("z"))
    shell.at_prompt(148)
    for keys in "exit\r", ctrl("d"):
        shell.keys(keys)
        shell.sees(lambda: shell.has_prompt() and "there are stopped jobs" in
                   "".join(shell.screen.lines()[-2:]), "a warning")
        shell.run("echo on", "on")
    shell.keys("exit 4\r")
    shell.sees(lambda: shell.has_prompt() and "stopped jobs" in shell.screen.lines()[-2], "a warning")
    shell.ends("exit 4\r", 4)


@case
def traps_at_the_prompt():
    shell = Prompt()
    shell.run("trap 'echo got it' USR1; trap 'echo int' INT; pid=$$; echo $$ >" + scratch("pid"))
    with open(scratch("pid")) as file:
        pid = int(file.read())
    shell.edits("half a line", "0> half a line")
    os.kill(pid, signal.SIGUSR1)
    shell.sees(lambda: shell.screen.lines()[-2:] == ["got it", "0> half a line"] and
               shell.screen.before_cursor() == "0> half a line", "the trap, and the line again")
    shell.keys(ctrl("u"))
    shell.run("kill -INT $$", "int")
    # Only the job in front gets the terminal's Ctrl-C; it is meant for the line all the same.
    shell.keys("{ echo begun; sleep 99; } | cat; echo next $?\r")
    shell.sees(lambda: "begun" in shell.screen.lines(), "begun")
    shell.keys(ctrl("c"))
    shell.at_prompt(0)
    check(shell.screen.lines()[-3:-1] == ["int", "next 130"], shell.picture())
    shell.run("trap - INT; trap 'echo bye' EXIT")
    shell.keys("exit 5\r")
    shell.sees(lambda: shell.screen.lines()[-1] == "bye", "the trap of EXIT")
    shell.ends("", 5)


@case
def the_terminal_is_as_it_was_when_a_command_dies():
    shell = Prompt()
    modes = termios.tcgetattr(shell.terminal.fd)
    # A child that leaves the terminal raw and is killed.
    shell.start(f"(python3 -c 'import os, tty; tty.setraw(0); print(\"begun\", flush=True); "
                f"os.kill(os.getpid(), 9)')", "begun")
    shell.at_prompt(137)
    equal(termios.tcgetattr(shell.terminal.fd)[:4], modes[:4], "modes")
    shell.still_works()
    shell.close()


@case
def a_hang_up_ends_everything():
    shell = Prompt()
    shell.run(f"trap 'echo gone >{scratch('gone')}' EXIT")
    shell.keys("sleep 1234 & sleep 1000\r")
    children = until(lambda: [int(pid) for pid in open(
        f"/proc/{shell.terminal.pid}/task/{shell.terminal.pid}/children").read().split()][1:] and
        [int(pid) for pid in open(
            f"/proc/{shell.terminal.pid}/task/{shell.terminal.pid}/children").read().split()],
        BUSY, "two children")
    os.close(shell.terminal.fd)
    until(lambda: os.waitpid(shell.terminal.pid, os.WNOHANG)[0], BUSY, "the end of the shell")
    shell.terminal.status = 1
    shell.terminal.fd = os.open("/dev/null", os.O_RDONLY)
    for pid in children:
        until(lambda pid=pid: not os.path.exists(f"/proc/{pid}") or
              "\nState:\tZ" in open(f"/proc/{pid}/status").read(), BUSY, "the end of its children")
    until(lambda: os.path.exists(scratch("gone")), BUSY, "the trap of EXIT")
    shell.close()


main()
