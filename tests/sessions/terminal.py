# terminal.py - stty, reset and watch on a terminal, against the kernel's own account of it.
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from fullscreen import *  # noqa: F403
from prompt import ctrl

IFLAG, OFLAG, CFLAG, LFLAG, CHARACTERS = 0, 1, 2, 3, 6


class Lines:
    """One agent's shell line after another, each on a terminal of its own that we look at."""

    def __init__(self, line, rows=24, columns=80):
        self.terminal = Terminal(AGENT, "sh", "-c", line + "; echo done; read x", rows=rows, columns=columns)
        self.text = self.terminal.expect("(.*)done")[1].decode().replace("\r", "")
        self.modes = termios.tcgetattr(self.terminal.fd)
        self.close = self.terminal.close


@case
def settings_reach_the_terminal():
    seen = Lines("stty -echo -icanon min 3 time 5 intr ^X ixany -onlcr")
    check(not seen.modes[LFLAG] & (termios.ECHO | termios.ICANON), "local modes")
    check(seen.modes[IFLAG] & termios.IXANY, "input modes")
    check(not seen.modes[OFLAG] & termios.ONLCR, "output modes")
    equal(ord(seen.modes[CHARACTERS][termios.VINTR]), ord("X") & 31)
    equal(seen.modes[CHARACTERS][termios.VMIN], 3)
    equal(seen.modes[CHARACTERS][termios.VTIME], 5)


@case
def what_is_saved_comes_back():
    seen = Lines('s=$(stty -g); stty raw -echo; stty "$s"; test "$s" = "$(stty -g)" && echo same')
    equal(seen.text, "same\n")


@case
def saved_form_is_that_of_other_implementations():
    seen = Lines("stty -g")
    other = Terminal("sh", "-c", "stty -g; echo done; read x")
    equal(seen.text, other.expect("(.*)done")[1].decode().replace("\r", ""))
    other.close()


@case
def sane_repairs():
    before = Lines("stty sane").modes
    equal(Lines("stty raw -echo istrip olcuc intr a; stty sane").modes, before)
    equal(Lines("stty raw -echo istrip; reset").modes, before)


@case
def sizes():
    equal(Lines("stty size", rows=33, columns=77).text, "33 77\n")
    seen = Lines("stty rows 40 cols 100; stty size")
    equal(seen.text, "40 100\n")


@case
def wrong_settings_are_named():
    seen = Lines("stty nonsense; echo $?; stty min many; echo $?")
    check("stty: 'nonsense' is no setting\n" in seen.text, seen.text)
    check("stty: 'min' is no setting that takes 'many'\n" in seen.text, seen.text)


@case
def watch_shows_and_ends():
    path = scratch("watched")
    with open(path, "w") as file:
        file.write("one\n\x1b[2J\n")
    screen = Full(AGENT, "watch", "-n", "0.2", "cat", path, columns=70)
    screen.sees(lambda: screen.screen.lines()[2:] == ["one", "^[[2J"], "the output")
    check(screen.screen.line(0).startswith("Every 0.2s: cat "), screen.screen.line(0))
    with open(path, "w") as file:
        file.write("two\n")
    screen.sees(lambda: screen.screen.lines()[2:] == ["two"], "the new output")
    screen.resize(5, 30)
    screen.sees(lambda: screen.screen.line(2) == "two", "the output on a smaller screen")
    screen.ends("q")


@case
def watch_ends_a_command_that_does_not():
    screen = Full(AGENT, "watch", "-t", "sleep 1000")
    screen.sees(lambda: screen.screen.kept is not None, "its screen")
    screen.ends(ctrl("c"))


main()
