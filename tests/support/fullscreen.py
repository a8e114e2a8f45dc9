# fullscreen.py - a command that has the whole terminal, for tests: keys in, the screen out.
from limpet import *  # noqa: F403
from prompt import BUSY, OnScreen
from screen import Screen


class FullScreen(Screen):
    """Also what addresses places, and the other screen that is given back."""

    def __init__(self, rows, columns):
        super().__init__(rows, columns)
        self.kept = None  # the screen that comes back
        self.hidden = False

    def control(self, parameters, letter):
        if letter == "H" and parameters:
            row, column = parameters.split(";")
            self.row = min(int(row), self.rows) - 1
            self.column = min(int(column), self.columns) - 1
            self.pending = False
        elif letter in "hl" and parameters == "?1049":
            if letter == "h":
                self.kept = self.cells, self.row, self.column
                self.cells = [[""] * self.columns for _ in range(self.rows)]
            else:
                (self.cells, self.row, self.column), self.kept = self.kept, None
        elif letter in "hl" and parameters == "?25":
            self.hidden = letter == "l"
        else:
            super().control(parameters, letter)


class Full(OnScreen):
    def __init__(self, *argv, rows=8, columns=40, **variables):
        super().__init__(FullScreen(rows, columns),
                         Terminal(*argv, rows=rows, columns=columns, env=environment(**variables)))

    def keys(self, keys):
        self.terminal.send(keys)

    def sees(self, condition, what, timeout=BUSY):
        super().sees(lambda: condition() and not self.screen.hidden, what, timeout)

    def shows(self, *lines):
        """The whole screen, without empty rows at its end."""
        self.sees(lambda: self.screen.lines() == list(lines), repr(lines))

    def says(self, text):
        """The last row."""
        self.sees(lambda: self.screen.line(self.screen.rows - 1) == text, repr(text))

    def after(self, keys, *lines):
        self.keys(keys)
        self.shows(*lines)

    def resize(self, rows, columns):
        self.screen.resize(rows, columns)
        self.terminal.resize(rows, columns)

    def ends(self, keys="", status=0):
        """It gives back the modes and the screen."""
        self.keys(keys)
        equal(self.terminal.wait(BUSY), status, "status")
        while self.read(0.1):
            pass
        check(self.screen.kept is None and not self.screen.hidden, "the other screen stays")
        equal(termios.tcgetattr(self.terminal.fd), self.terminal.settings, "modes")

    def close(self):
        self.terminal.close()
