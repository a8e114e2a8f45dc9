"""programs.py - generated programs of awk over generated texts.

Three others are asked; what counts is that on which they agree. Each loop ends because of what stands
in it, so that a program ends whatever it does.
"""

WORDS = ["a", "b", "ab", "foo", "bar", "Foo", "x1", "10", "9", "007", "-3", "+4", "1.5", "1e2", "0", "", "3x", "a.c", "a:b", ",",
         "&", "end"]
REGEXES = ["a", "^a", "o+", "[0-9]+", "b$", "a|b", "[^a-z]", "(ab|x)[0-9]?", "^$", "\\.", "fo*", ".", "[[:digit:]]", "x{0,2}1",
           "[:,]", "a.c", "(a)(b)"]
STRINGS = ["\"\"", "\"a\"", "\"foo bar\"", "\"10\"", "\"a:b:c\"", "\"x1\"", "\" 5 \"", "\"A\\tB\"", "\"&-\"", "\"3abc\"", "\"\\\\&\""]
NUMBERS = ["0", "1", "2", "3", "10", "-1", "1.5", "100", "1e3", "0.1", "1234567", ".5"]
FORMATS = ["%d", "%s", "%5d|", "%-5s|", "%05d", "%.2f", "%e", "%g", "%x", "%o", "%c", "%%", "%5.1f", "%+d", "% d", "%.3s|", "%i",
           "%10s|", "%-8.3f|", "%.10g", "%u", "%#o", "%X", "%G", "%E"]


class Maker:
    def __init__(self, chance):
        self.chance = chance
        self.loops = 0
        self.calls = True  # may functions be called here?

    def pick(self, *ways):
        return self.chance.choice(ways)()

    def one(self, things):
        return self.chance.choice(things)

    def variable(self):
        return self.one(["u", "v", "w"])

    def place(self):
        return self.one([self.variable(), self.variable(), f"m[{self.simple()}]", "$1", "$2", "$3", "$(NF)", "$0", "NF"])

    def simple(self):
        return self.one([self.one(NUMBERS), self.one(STRINGS), self.variable(), "$1", "$2", "$NF", "$0", "NF", "NR", "FNR", "n",
                         f"m[{self.one(['1', '2', 'NR', 'u', '$1'])}]", "length", "length($0)", "x"])

    def regex(self):
        return self.one([f"/{self.one(REGEXES)}/"] * 4 + [f"\"{self.one(['a', 'o+', '[0-9]', '^a', 'b$'])}\"", "$1 \"b\""][:1])

    def number(self, depth):
        if depth <= 0:
            return self.one([self.one(NUMBERS), self.variable(), "NF", "NR", "$1", "$2", "length($1)", "n"])
        inner = lambda: self.number(depth - 1)  # noqa: E731
        text = lambda: self.text(depth - 1)  # noqa: E731
        return self.pick(
            lambda: f"{inner()} + {inner()}", lambda: f"({inner()}) * ({inner()})", lambda: f"{inner()} - ({inner()})",
            lambda: f"({inner()}) / {self.one(['2', '4', '10', '(1 + NR)'])}",
            lambda: f"int({inner()}) % {self.one(['2', '3', '7'])}", lambda: f"-({inner()})",
            lambda: f"int({inner()})", lambda: f"length({text()})", lambda: f"index({text()}, {text()})",
            lambda: f"match({text()}, {self.regex()})", lambda: "RSTART", lambda: "RLENGTH",
            lambda: f"split({text()}, m{self.one(['', ', /:/', ', /[0-9]/', chr(44) + ' ' + chr(34) + ':' + chr(34)])})",
            lambda: f"sub({self.regex()}, {self.one(STRINGS)})", lambda: f"gsub({self.regex()}, {text()}, {self.variable()})",
            lambda: f"gsub({self.regex()}, {self.one(STRINGS)})", lambda: f"({self.variable()} {self.one(['+=', '-=', '*='])} {inner()})",
            lambda: f"{self.variable()}{self.one(['++', '--'])}", lambda: f"{self.one(['++', '--'])}{self.variable()}",
            lambda: f"({self.test(depth - 1)})", lambda: f"({self.test(depth - 1)}) ? {inner()} : {inner()}",
            lambda: f"({self.one(['2', '3', 'NF'])}) ^ 2", lambda: f"substr({text()}, 1, 2) + 0", lambda: self.simple(),
            lambda: f"sqrt({self.one(['4', '2', 'NR'])})", lambda: f"(getline line < {self.one([chr(34) + 'two' + chr(34), chr(34) + 'none' + chr(34)])})")

    def text(self, depth):
        if depth <= 0:
            return self.simple()
        inner = lambda: self.text(depth - 1)  # noqa: E731
        return self.pick(
            lambda: f"({inner()}) ({inner()})", lambda: f"({inner()} \"-\" {self.simple()})",
            lambda: f"substr({inner()}, {self.one(['0', '1', '2', '-1', '1.5', 'NF'])})",
            lambda: f"substr({inner()}, {self.one(['0', '1', '2', '-1'])}, {self.one(['0', '1', '2', '5', '-1', 'NF'])})",
            lambda: f"tolower({inner()})", lambda: f"toupper({inner()})", lambda: self.formatted(depth - 1),
            lambda: f"({self.number(depth - 1)})", lambda: self.simple(), lambda: self.simple(),
            lambda: f"({self.place()} = {inner()})", lambda: self.called(depth - 1))

    def called(self, depth):
        if not self.calls:
            return self.simple()
        return self.one([f"join({self.text(depth - 1)}, {self.simple()})", f"fact({self.one(['3', 'NF', '5'])})", f"fill(m, {self.simple()})"])

    def formatted(self, depth):
        chosen = [self.one(FORMATS) for _ in range(self.chance.randint(1, 3))]
        values = [self.one(["65", "\"A\"", "\"foo\""]) if form == "%c" else
                  self.text(depth) if "s" in form else f"({self.number(depth)}) % 1000000"
                  for form in chosen if form != "%%"]
        return f"sprintf({', '.join([chr(34) + ' '.join(chosen) + chr(34), *values])})"

    def test(self, depth):
        if depth <= 0:
            return self.one([f"{self.simple()} {self.one(['<', '<=', '==', '!=', '>', '>='])} {self.simple()}", self.regex(),
                             f"{self.simple()} {self.one(['~', '!~'])} {self.regex()}", self.simple(), f"{self.simple()} in m",
                             f"(NR, {self.simple()}) in m"])
        return self.pick(
            lambda: f"({self.test(depth - 1)}) && ({self.test(depth - 1)})", lambda: f"({self.test(depth - 1)}) || ({self.test(depth - 1)})",
            lambda: f"!({self.test(depth - 1)})", lambda: f"({self.text(depth - 1)}) {self.one(['<', '==', '!=', '>='])} ({self.text(depth - 1)})",
            lambda: f"({self.text(depth - 1)}) ~ {self.regex()}", lambda: self.test(0))

    def statement(self, depth):
        kind = self.chance.random()
        if depth <= 0 or kind < 0.35:
            return self.pick(
                lambda: f"print {self.text(1)}", lambda: f"print({self.text(1)}, {self.number(1)})", lambda: "print",
                lambda: f"printf \"%s %d\\n\", {self.text(1)}, int({self.simple()}) % 1000",
                lambda: f"{self.place()} = {self.text(2)}", lambda: f"{self.variable()} = {self.number(2)}",
                lambda: f"{self.variable()} = {self.variable()} {self.simple()}", lambda: f"m[{self.simple()}] = {self.number(1)}",
                lambda: f"m[NR, {self.simple()}]++", lambda: f"delete m[{self.simple()}]", lambda: f"{self.number(2)}",
                lambda: f"{self.number(1)} ; print NF, $0", lambda: self.one(["next", "exit 3", "OFS = \":\"", "NF = 2", "$5 = \"new\"",
                "FS = \":\"", "delete m", "getline", "getline v", "ORS = \"|\\n\"", "CONVFMT = \"%.3g\"", "OFMT = \"%.2f\"", "print n, NR"]))
        inner = lambda: self.statement(depth - 1)  # noqa: E731
        self.loops += 1
        counter = f"i{self.loops}"
        return self.pick(
            lambda: f"if ({self.test(1)}) {{ {inner()} }}", lambda: f"if ({self.test(1)}) {inner()}; else {{ {inner()} }}",
            lambda: f"for ({counter} = 0; {counter} < {self.chance.randint(1, 4)}; {counter}++) {{ {inner()} }}",
            lambda: f"{counter} = 0; while ({counter}++ < 3) {{ {inner()}; if ({self.test(0)}) {self.one(['break', 'continue'])} }}",
            lambda: f"{counter} = 0; do {{ {inner()} }} while (++{counter} < 3 && ({self.test(0)}))",
            lambda: f"{counter} = 0; for (k in m) {counter} += length(k); print {counter}", lambda: f"{{ {inner()}; {inner()} }}")

    def program(self):
        parts = ["function join(p, q,  r) { r = p \"<\" q \">\"; return r }",
                 "function fact(p) { return p <= 1 ? 1 : p * fact(p - 1) }",
                 "function fill(p, q) { p[q] = q; p[\"k\"]++; return length(q) }"]
        self.chance.shuffle(parts)
        for _ in range(self.chance.randint(1, 4)):
            when = self.one(["", "", "", self.test(1), self.test(1), "NR == 2", f"/{self.one(REGEXES)}/, /{self.one(REGEXES)}/",
                             f"{self.test(0)}, {self.test(0)}", "END", "BEGIN"])
            if when == "BEGIN":
                self.calls = False
            lines = [self.statement(2) for _ in range(self.chance.randint(1, 3))]
            self.calls = True
            if when in ("BEGIN", "END"):
                lines = [line.replace("next", "print") for line in lines]
            parts.append(f"{when} {{ {self.one([' ; ', chr(10)]).join(lines)} }}")
        return "\n".join(parts)


def text(chance, blanks):
    made = [chance.choice(blanks).join(chance.choice(WORDS) for _ in range(chance.randint(0, 5)))
            for _ in range(chance.randint(0, 8))]
    return ("\n".join(made) + ("\n" if made and chance.random() < 0.9 else "")).encode()


def awk(chance, folder, case):
    (folder / "two").write_bytes(b"first 1\nsecond 2\n3\n")
    for _ in range(14):
        program = Maker(chance).program()
        words = ["awk"]
        blanks = [" ", " ", "\t", "  "]
        if chance.random() < 0.4:
            separator = chance.choice([":", ",", "[:,]", "t", "ab"])
            words += ["-F", separator]
            blanks = [separator if len(separator) == 1 and separator != "t" else ":"]
        if chance.random() < 0.3:
            words += ["-v", chance.choice(["n=7", "n=a\\tb", "n= 10 ", "RS=", "OFS=-", "RS=;"])]
        words += [program, *chance.choice([[], ["-"], ["x=5", "-"], ["-", "two"], ["two", "x=1", "two"]])]
        yield case(words, text(chance, blanks),
                   oracles=[["gawk", "--posix", *words[1:]], ["mawk", *words[1:]], ["original-awk", *words[1:]]])


PROPERTIES = {"awk": (awk, 30)}
