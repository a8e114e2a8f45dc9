# screen.py - what a person sees: a terminal's screen, by the sequences that limpet's line editor uses.
# An unknown one fails the test, so that nothing is drawn with what not every terminal has.
import re
import unicodedata

CONTROL = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])")


def width_of(character):
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Screen:
    """feed() bytes, look at .lines(), .row and .column. A line that wrapped is joined on resize."""

    def __init__(self, rows=24, columns=80):
        self.rows, self.columns = rows, columns
        self.cells = [[""] * columns for _ in range(rows)]
        self.wrapped = [False] * rows  # the row goes on in the next one
        self.grey = set()              # places that are drawn in another colour
        self.row = self.column = 0
        self.pending = False           # behind the last column
        self.colour = False
        self.paste = False
        self.prompts = 0  # how often a line editor was there
        self.rest = b""

    def feed(self, data):
        data = self.rest + data
        self.rest = b""
        # A character or a sequence may come in two pieces.
        cut = len(data)
        escape = data.rfind(b"\x1b")
        if escape >= 0 and not re.match(rb"\x1b\[[?0-9;]*[A-Za-z]", data[escape:]):
            cut = escape
        else:
            for back in range(1, min(4, len(data)) + 1):
                byte = data[-back]
                if byte >= 0xc0:
                    need = 4 if byte >= 0xf0 else 3 if byte >= 0xe0 else 2
                    cut = len(data) - back if need > back else cut
                    break
                if byte < 0x80:
                    break
        self.rest = data[cut:]
        text = data[:cut].decode(errors="replace")
        at = 0
        while at < len(text):
            match = CONTROL.match(text, at)
            if match:
                self.control(match[1], match[2])
                at = match.end()
                continue
            self.put(text[at])
            at += 1

    def control(self, parameters, letter):
        count = int(parameters) if parameters.isdigit() else 1
        if letter == "A":
            self.row = max(0, self.row - count)
        elif letter == "C":
            self.column = min(self.columns - 1, self.column + count)
        elif letter == "H":
            assert parameters == "", f"cursor to {parameters}"
            self.row = self.column = 0
        elif letter == "J":
            if parameters == "2":
                self.erase(0, 0)
            else:
                assert parameters == "", f"erase {parameters}"
                self.erase(self.row, self.column)
        elif letter == "K":
            assert parameters == "", f"erase {parameters}"
            for column in range(self.column, self.columns):
                self.cells[self.row][column] = ""
            self.wrapped[self.row] = False
        elif letter == "m":
            self.colour = parameters not in ("", "0")
        elif letter in "hl" and parameters == "?2004":
            self.paste = letter == "h"
            self.prompts += self.paste
        else:
            raise AssertionError(f"sequence ESC [ {parameters} {letter}")
        if letter in "ACHJ":
            self.pending = False

    def erase(self, row, column):
        for y in range(row, self.rows):
            for x in range(column if y == row else 0, self.columns):
                self.cells[y][x] = ""
                self.grey.discard((y, x))
            self.wrapped[y] = False

    def line_feed(self):
        if self.row < self.rows - 1:
            self.row += 1
            return
        self.cells = self.cells[1:] + [[""] * self.columns]
        self.wrapped = self.wrapped[1:] + [False]
        self.grey = {(y - 1, x) for y, x in self.grey if y > 0}

    def put(self, character):
        if character == "\r":
            self.column, self.pending = 0, False
        elif character == "\n":
            self.line_feed()
            self.pending = False
        elif character == "\b":
            self.column, self.pending = max(0, self.column - 1), False
        elif character == "\a":
            pass
        else:
            assert character >= " ", f"control {character!r}"
            self.write(character, width_of(character))

    def write(self, character, width):
        if width == 0:
            at = self.column if self.pending else self.column - 1
            while at > 0 and self.cells[self.row][at] == "":
                at -= 1
            self.cells[self.row][max(at, 0)] += character
            return
        if self.pending or self.column + width > self.columns:
            self.wrapped[self.row] = True
            self.column, self.pending = 0, False
            self.line_feed()
        for x in range(self.column, self.column + width):
            self.cells[self.row][x] = character if x == self.column else ""
            (self.grey.add if self.colour else self.grey.discard)((self.row, x))
        self.column += width
        if self.column == self.columns:
            self.column, self.pending = self.columns - 1, True

    @staticmethod
    def text(cells):
        text, skip = "", 0
        for cell in cells:
            if skip:
                skip -= 1
                continue
            text += cell or " "
            skip = width_of(cell[0]) - 1 if cell else 0
        return text

    def line(self, row):
        return self.text(self.cells[row]).rstrip()

    def lines(self):
        """Without the empty ones at the end."""
        lines = [self.line(row) for row in range(self.rows)]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def before_cursor(self):
        return self.text(self.cells[self.row][:self.column + self.pending])

    def resize(self, rows, columns):
        """As terminals that wrap their lines anew do it."""
        lines, line, cursor = [], [], None
        last = max([y for y in range(self.rows) if any(self.cells[y])] + [self.row])
        for y in range(last + 1):
            if y == self.row:
                cursor = len(lines), len(line) + self.column
            cells = self.cells[y] if self.wrapped[y] else self.cells[y][:self.length(y)]
            line += cells
            if not self.wrapped[y]:
                lines.append(line)
                line = []
        if line:
            lines.append(line)
        was, self.rows, self.columns = cursor, rows, columns
        cells, wrapped = [], []
        for number, line in enumerate(lines):
            if number == was[0]:
                self.row, self.column = len(cells) + was[1] // columns, was[1] % columns
            pieces = [line[i:i + columns] for i in range(0, len(line), columns)] or [[]]
            if number == was[0]:
                while len(pieces) <= was[1] // columns:
                    pieces.append([])
            for i, piece in enumerate(pieces):
                cells.append(piece + [""] * (columns - len(piece)))
                wrapped.append(i + 1 < len(pieces))
        # What does not fit leaves at the top; the cursor stays on the screen.
        drop = max(0, min(len(cells) - rows, self.row))
        cells, wrapped, self.row = cells[drop:], wrapped[drop:], self.row - drop
        self.cells = (cells + [[""] * columns for _ in range(rows)])[:rows]
        self.wrapped = (wrapped + [False] * rows)[:rows]
        self.grey, self.pending = set(), False

    def length(self, row):
        filled = [x + 1 for x, cell in enumerate(self.cells[row]) if cell]
        return max(filled, default=0)
