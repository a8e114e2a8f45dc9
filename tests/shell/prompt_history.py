# prompt_history.py - what was typed: found again, suggested, and kept by the client for every target.
import os
import pathlib
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from prompt import *  # noqa: F403


def with_history(*lines, **options):
    shell = Prompt(**options)
    for line in lines:
        shell.run(": " + line)
    return shell


@case
def up_and_down():
    shell = with_history("one", "two")
    shell.edits("half", "0> half")
    shell.edits(UP, "0> : two")
    shell.edits(ctrl("p"), "0> : one")
    shell.edits(UP, "0> : one")
    shell.edits(ctrl("n"), "0> : two")
    shell.edits(DOWN, "0> half")
    shell.edits(alt("<"), "0> : one")
    shell.edits(alt(">"), "0> half")
    shell.close()


@case
def searching_backwards_and_forwards():
    shell = with_history("alpha one", "beta", "alpha two", "gamma")

    def search(keys, text):
        shell.keys(keys)
        shell.sees(lambda: shell.screen.lines()[-1] == text, text)
    search(ctrl("r"), "(search) '':")
    search("alp", "(search) 'alp': : alpha two")
    search(ctrl("r"), "(search) 'alp': : alpha one")
    search(ctrl("s"), "(search) 'alp': : alpha two")
    search("hx", "(not found) 'alphx': : alpha two")
    search("\x7f", "(search) 'alph': : alpha two")
    search(ctrl("r"), "(search) 'alph': : alpha one")
    # Any other key takes it and does its work on it.
    shell.edits(ctrl("e") + "!", "0> : alpha one!")
    shell.close()


@case
def repetitions_and_lines_with_a_blank_are_not_kept():
    shell = with_history("one", "one")
    shell.run(" : secret")
    shell.run("history", "    1  : one", "    2  history")
    shell.run("history -c; history")
    shell.close()


@case
def suggestions_are_grey_and_taken_at_the_end():
    shell = with_history("hello world again")

    def suggests(keys, typed, whole):
        shell.keys(keys)
        shell.sees(lambda: shell.screen.lines()[-1] == whole and
                   shell.screen.before_cursor() == typed, whole)
        row = shell.screen.row
        equal({column for y, column in shell.screen.grey if y == row},
              set(range(len(typed), len(whole))), "grey columns")
    suggests(": he", "0> : he", "0> : hello world again")
    suggests(alt("f"), "0> : hello", "0> : hello world again")
    suggests(RIGHT, "0> : hello world again", "0> : hello world again")
    suggests(ctrl("u") + ": h", "0> : h", "0> : hello world again")
    suggests(ctrl("e"), "0> : hello world again", "0> : hello world again")
    suggests(ctrl("u") + ": hx", "0> : hx", "0> : hx")
    # Enter runs what was typed and no more.
    shell.keys(ctrl("u") + "echo\r")
    shell.at_prompt()
    shell.shows("0> echo", "", "0> ")
    shell.close()


def target():
    if os.geteuid() != 0:
        raise Skip("entering a target needs root")
    return f"pid:{start('sleep', '1000', env={'PATH': os.environ['PATH']}).pid}"


class Attached(Prompt):
    """limpet attach, the state of whose client is in `folder`."""

    def __init__(self, where, folder, **variables):
        super().__init__(CLIENT, "attach", where, first=" ", PS1=None, PS2=None,
                         XDG_STATE_HOME=folder, **variables)
        self.run_unseen("PS1='$?> '")

    def run_unseen(self, line):
        self.keys(" " + line + "\r")
        self.at_prompt()


def files(folder):
    return sorted(pathlib.Path(folder, "limpet/history").iterdir())


@case
def history_is_kept_for_every_target():
    one, other = target(), target()
    folder = session_folder()
    shell = Attached(one, folder)
    shell.run("echo first", "first")
    shell.keys("for i in a\r")
    shell.edits("", "> ")
    shell.run("do echo 'x\\y'; done", "x\\y")
    shell.ends("exit\r")
    kept = files(folder)
    equal([path.name for path in kept], [one.replace(":", "%3A")], "files")
    equal(kept[0].read_text(), "echo first\nfor i in a\\ndo echo 'x\\\\y'; done\nexit\n", "kept")
    equal(oct(kept[0].stat().st_mode & 0o7777), "0o600", "mode of the file")
    for place in kept[0].parent, kept[0].parent.parent:
        equal(oct(place.stat().st_mode & 0o7777), "0o700", f"mode of {place}")

    shell = Attached(one, folder)
    shell.edits(UP, "0> exit")
    shell.keys(UP)
    shell.shows("0> for i in a", "> do echo 'x\\y'; done")
    shell.keys("\r")
    shell.at_prompt()
    shell.edits(ctrl("r") + "fir" + ctrl("e"), "0> echo first")
    shell.ends(ctrl("u") + ctrl("d"))

    shell = Attached(other, folder)
    shell.run("history")
    shell.ends(ctrl("d"))
    equal(len(files(folder)), 2, "files")


@case
def two_clients_at_once():
    where, folder = target(), session_folder()
    one, two = Attached(where, folder), Attached(where, folder)
    for number in range(5):
        one.run(f": one {number}")
        two.run(f": two {number}")
    one.ends(ctrl("d"))
    two.ends(ctrl("d"))
    lines = files(folder)[0].read_text().split("\n")
    equal(sorted(lines), sorted([""] + [f": {who} {number}" for who in ("one", "two")
                                        for number in range(5)]), "kept")
    equal([path.name for path in files(folder)], [where.replace(":", "%3A")], "files")


@case
def a_killed_client_has_kept_what_ran():
    where, folder = target(), session_folder()
    shell = Attached(where, folder)
    shell.start("echo begun; sleep 1000", "begun")
    until(lambda: files(folder) and files(folder)[0].read_text(), BUSY, "the file")
    os.kill(shell.terminal.pid, 9)
    equal(files(folder)[0].read_text(), "echo begun; sleep 1000\n", "kept")
    shell.close()


@case
def its_size_is_bounded():
    where, folder = target(), session_folder()
    shell = Attached(where, folder)
    shell.run(": first")
    shell.ends(ctrl("d"))
    path = files(folder)[0]
    path.write_text("".join(f": number {number}\n" for number in range(5000)))
    shell = Attached(where, folder)
    shell.edits(UP, "0> : number 4999")
    shell.keys(ctrl("u"))
    shell.run(": last")
    shell.keys(" : " + "x" * 20000 + "\r")
    shell.at_prompt()
    shell.ends(ctrl("d"))
    lines = path.read_text().splitlines()
    equal((len(lines), lines[0], lines[-1]), (1000, ": number 4001", ": last"))


@case
def nothing_in_the_output_can_write_history():
    where, folder = target(), session_folder()
    with open(scratch("evil"), "wb") as file:
        file.write(b"\x1b]0;history\x07\x1b_rm -rf /\x1b\\rm -rf /\0\n")
    shell = Prompt(CLIENT, "attach", where, first=" ", PS1=None, XDG_STATE_HOME=folder)
    shell.terminal.send(f"cat {scratch('evil')}; exit\r")
    equal(shell.terminal.wait(BUSY), 0, "status")
    equal(files(folder)[0].read_text(), f"cat {scratch('evil')}; exit\n", "kept")
    shell.close()


@case
def a_folder_that_others_may_read_is_not_used():
    where, folder = target(), session_folder()
    os.makedirs(f"{folder}/limpet/history")
    os.chmod(f"{folder}/limpet/history", 0o755)
    shell = Attached(where, folder)
    shell.run(": one")
    shell.ends(ctrl("d"))
    equal(files(folder), [], "files")


main()
