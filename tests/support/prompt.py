# prompt.py - a shell at a prompt, for tests: keys in, the screen out.
import os
import time

from limpet import *  # noqa: F403
from screen import Screen

UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
HOME, END, DELETE = "\x1b[H", "\x1b[F", "\x1b[3~"
BUSY = 30  # seconds; for a machine that does much else


def ctrl(letter):
    return chr(ord(letter.upper()) & 31)


def alt(letter):
    return "\x1b" + letter


def paste(text):
    return "\x1b[200~" + text + "\x1b[201~"


class OnScreen:
    """A program on a terminal, by what its screen shows."""

    def __init__(self, screen, terminal):
        self.screen = screen
        self.terminal = terminal

    def read(self, timeout):
        came = self.terminal.read(timeout)
        self.screen.feed(self.terminal.seen)
        self.terminal.seen = b""
        return came

    def sees(self, condition, what, timeout=BUSY):
        end = time.monotonic() + timeout
        while not condition():
            left = end - time.monotonic()
            check(left > 0 and (self.read(left) or not self.terminal.ended()),
                  f"{what} did not come: {self.picture()}")

    def picture(self):
        return f"{self.screen.lines()!r} at {self.screen.row},{self.screen.column}"


class Prompt(OnScreen):
    """PS1 is the last status and `> `, so that every prompt says how the line before it went."""

    def __init__(self, *argv, rows=24, columns=80, first="0> ", **variables):
        variables = {"PS1": "$?> ", "PS2": "+ ", **variables}
        variables = {name: value for name, value in variables.items() if value is not None}
        self.before = 0  # prompts that had come when the last keys were sent
        super().__init__(Screen(rows, columns),
                         Terminal(*(argv or (AGENT, "sh")), rows=rows, columns=columns,
                                  env=environment(**variables)))
        self.sees(lambda: self.screen.paste and self.screen.before_cursor().endswith(first),
                  "the first prompt")

    def keys(self, keys):
        self.before = self.screen.prompts
        self.terminal.send(keys)

    def shows(self, *lines):
        """The last lines of the screen, the cursor behind the last one."""
        lines = list(lines)
        self.sees(lambda: self.screen.lines()[-len(lines):] == [line.rstrip() for line in lines]
                  and self.screen.before_cursor() == lines[-1], repr(lines))

    def edits(self, keys, text, cursor=None):
        """After these keys the last line is `text`, the cursor before its character `cursor`."""
        self.keys(keys)
        before = text if cursor is None else text[:cursor]
        self.sees(lambda: self.screen.lines()[-1:] == [text.rstrip()] and
                  self.screen.before_cursor() == before, f"{keys!r}: {text!r}")

    def has_prompt(self):
        """A new one, since the last keys."""
        return self.screen.paste and self.screen.prompts > self.before

    def at_prompt(self, status=0):
        self.sees(lambda: self.has_prompt() and self.screen.before_cursor() == f"{status}> ",
                  f"a prompt with status {status}")

    def run(self, line, *output, status=0):
        """Types a line; its whole output follows, and a prompt."""
        self.keys(line + "\r")
        self.at_prompt(status)
        self.shows(*output, f"{status}> ")

    def start(self, line, until):
        """Types a line that prints `until` as a line, and goes on running."""
        self.keys(line + "\r")
        self.sees(lambda: not self.screen.paste and
                  until in self.screen.lines(), until)

    def clear(self):
        """An empty screen with a prompt, whatever was typed."""
        self.keys(ctrl("c"))
        self.at_prompt(130)
        self.run(":")
        self.keys(ctrl("l"))
        self.sees(lambda: self.screen.lines() == ["0>"], "an empty screen")

    def still_works(self):
        self.run("echo al''ive", "alive")

    def resize(self, rows, columns):
        self.screen.resize(rows, columns)
        self.terminal.resize(rows, columns)

    def ends(self, keys="", status=0):
        self.keys(keys)
        equal(self.terminal.wait(BUSY), status, "status")

    def close(self):
        self.terminal.close()


def session_folder():
    path = scratch(f"home-{time.monotonic_ns()}")
    os.makedirs(path)
    return path
