#!/usr/bin/env python3
"""differential.py - random scripts, run by our shell and by dash: both must print and end alike.

    differential.py AGENT [--count N] [--seed N] [--keep]

Only what the standard settles and dash has is generated: no unspecified results, no messages.
A script that differs is printed with both results; --keep goes on after the first ten.
"""
import os
import random
import subprocess
import sys
import tempfile

COUNT = 400
SEED = 2017
LIMIT = 10  # seconds for one script
NAMES = ["a", "b", "c", "d"]
FUNCTIONS = ["f", "g"]
FILES = ["one", "two.c", "three.c", ".hidden", "d1/x", "d1/y.c", "d2/x"]
LITERALS = ["x", "ab", "a b", "a:b", "::", " ", "", "*", "?", "*.c", "d?/x", "[a-o]*", "\\", "$", "~x",
            "-n", "7", "08", "a*b", "k=v", "#", "}", "{", "!", "a  b", "\t", "it", "/", "x.y.z", "]", "-"]
PATTERNS = ["*", "?", "a*", "*b", "*.*", "[a-c]*", "[!a]*", "x", "", "*:", "?*", "[[:alpha:]]*", "\\*", "'*'",
            "*[0-9]", "\"?\"", "[]x]*", "*/*"]
SEPARATORS = ["' '", "':'", "''", "' :'", "'x'", "\"$(printf ' \\t\\n')\"", "': '", "'-'"]


class Script:
    """One script; `depth` bounds nesting, `room` the number of commands."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.room = self.random.randint(4, 14)
        self.loops = 0
        self.counter = 0
        self.in_function = False

    def pick(self, *choices):
        return self.random.choice(choices)

    def one_in(self, number):
        return self.random.randrange(number) == 0

    # Words

    def literal(self):
        return self.random.choice(LITERALS)

    def single(self):
        return "'" + self.literal().replace("'", "") + "'"

    def bare(self):
        return self.pick("x", "ab", "a:b", "*", "*.c", "7", "d1/*", "\\*", "\\a", "x.y", "a\\ b", "-", "[ot]*", "?wo.c")

    def name(self):
        return self.random.choice(NAMES)

    def parameter(self, depth, quoted):
        kind = self.random.randrange(12)
        name = self.pick(*NAMES, "1", "2", "#", "?") if kind < 4 else self.name()
        if kind < 3:
            return "${" + name + "}"
        if kind == 3:
            return self.pick("$@", "$*", "${@}", "${*}")
        if kind == 4:
            return "${#" + self.name() + "}"
        inner = self.inside(depth, quoted)
        if kind < 8:
            return "${" + name + self.pick("-", ":-", "+", ":+", ":=") + inner + "}"
        return "${" + name + self.pick("%", "%%", "#", "##") + self.random.choice(PATTERNS) + "}"

    def inside(self, depth, quoted):
        """The word of ${x-word}."""
        if depth <= 0:
            return self.pick("", "w", "a b")
        if quoted:
            return "".join(self.pick("w", " ", ":", "*", self.parameter(depth - 1, True)) for _ in range(self.random.randint(0, 3)))
        return "".join(self.pick("w", " ", ":", self.single(), self.double(depth - 1), self.parameter(depth - 1, False))
                       for _ in range(self.random.randint(0, 3)))

    def double(self, depth):
        pieces = []
        for _ in range(self.random.randint(0, 3)):
            kind = self.random.randrange(6)
            if kind < 2 or depth <= 0:
                pieces.append(self.pick("x", " ", "a b", "*", "\\$", "\\\\", "\\\"", ":", "'", "\\`", "~", "#"))
            elif kind < 5:
                pieces.append(self.parameter(depth - 1, True))
            else:
                pieces.append(self.substitution(depth - 1))
        return '"' + "".join(pieces) + '"'

    def arithmetic(self, depth):
        if depth <= 0 or self.one_in(3):
            return self.pick("1", "2", "0", "7", "010", "0x1f", "n", "$n", "(n)", "-3")
        left, right = self.arithmetic(depth - 1), self.arithmetic(depth - 1)
        kind = self.random.randrange(10)
        if kind == 0:
            return f"({left} ? {right} : {self.arithmetic(depth - 1)})"
        if kind == 1:
            return self.pick("-", "~", "!", "+") + f"({left})"
        if kind == 2:
            return f"({left}) {self.pick('/', '%')} {self.pick('3', '5', '-2')}"
        if kind == 3:
            return f"({left}) {self.pick('<<', '>>')} {self.pick('1', '3')}"
        if kind == 4:
            return f"(n {self.pick('=', '+=', '-=', '*=', '|=', '&=', '^=')} {right})"
        operator = self.pick("+", "-", "*", "<", ">", "<=", ">=", "==", "!=", "&", "|", "^", "&&", "||")
        return f"({left}) {operator} ({right})"

    def substitution(self, depth):
        if self.one_in(4):
            return "$((" + self.arithmetic(2) + "))"
        command = self.pick("printf '%s' " + self.word(depth - 1), "echo x; echo", "printf 'a\\nb\\n\\n'",
                            "exit " + str(self.random.randrange(4)), "set -- p q; echo $#", self.name() + "=z; echo $" + self.name(),
                            "for i in 1 2; do echo $i; done", "(printf y; false)", "cat one", "printf '%s ' *.c")
        return "$(" + command + ")"

    def word(self, depth):
        pieces = []
        for _ in range(self.pick(1, 1, 1, 2, 2, 3)):
            kind = self.random.randrange(8)
            if kind == 0:
                pieces.append(self.single())
            elif kind < 3:
                pieces.append(self.double(depth))
            elif kind < 5 and depth > 0:
                pieces.append(self.parameter(depth - 1, False))
            elif kind == 5 and depth > 0:
                pieces.append(self.substitution(depth - 1))
            else:
                pieces.append(self.bare())
        return "".join(pieces)

    def words(self, depth=2, most=3):
        return " ".join(self.word(depth) for _ in range(self.random.randint(1, most)))

    # Commands

    def show(self):
        return "printf '<%s>' " + self.words() + "; printf '\\n'"

    def assignment(self):
        return self.name() + "=" + self.word(2)

    def test(self):
        return self.pick("[ " + self.double(1) + " " + self.pick("=", "!=") + " " + self.double(1) + " ]",
                         "[ $((" + self.arithmetic(1) + ")) " + self.pick("-eq", "-lt", "-ge") + " 1 ]",
                         "[ -" + self.pick("n", "z") + " " + self.double(1) + " ]",
                         "[ -" + self.pick("f", "d", "e", "s") + " " + self.pick("one", "d1", "none", "d1/x") + " ]",
                         "true", "false", "f", self.name() + "=$(false)", "! true")

    def simple(self):
        kind = self.random.randrange(22)
        table = {
            0: self.assignment, 1: self.assignment, 2: self.show, 3: self.show, 4: self.show,
            5: lambda: "set -- " + self.words(2, 4),
            6: lambda: "IFS=" + self.random.choice(SEPARATORS),
            7: lambda: "[ $# -eq 0 ] || shift " + self.pick("", "1") if self.one_in(6) else "unset " + self.name(),
            8: lambda: self.test() + self.pick(" && ", " || ") + "printf 'tested %s\\n' $?",
            9: lambda: "printf '%s|' " + self.words() + self.through_file() + "; echo",
            10: lambda: "eval " + self.pick("'" + self.name() + "=\"$b\"x'", "\"printf '%s\\\\n' \\$" + self.name() + "\"", "'exit_code() { return 3; }; exit_code'"),
            11: lambda: "printf '%s\\n' " + self.words(1, 2) + " | { read -r " + self.name() + " " + self.name() + "; " + self.show() + "; }",
            12: lambda: "read -r a b c <<END\n" + self.pick("p q r s", " p:q ", "$a $b", "x\\y", ":$c:", "$(echo sub)") + "\nEND",
            13: lambda: self.pick("f", "g") + " " + self.words(1, 2),
            14: lambda: "echo $((" + self.arithmetic(3) + "))",
            15: lambda: "cat <<" + self.pick("END", "'END'", "\\END") + "\n$a ${b:-none} \\$x \\\\ $((n + 1)) \"q\"\nEND",
            16: lambda: self.name() + "=" + self.word(1) + " " + self.pick("f", "eval 'printf %s\\\\n \"$a\"'", "printenv a", "true"),
            17: lambda: "printf 'status %s\\n' $?",
            18: lambda: self.pick("set -f", "set +f", "set -u", "set +u", "set -C", "set +C"),
            19: lambda: "OPTIND=1; while getopts ab:c o " + self.pick("-a -b x y", "-ab", "-cb val -- z", "-q", "x -a") + " 2>/dev/null; do printf '%s,%s;' \"$o\" \"${OPTARG-}\"; done; echo $OPTIND",
            20: lambda: "trap 'printf \"end %s\\n\" $?' EXIT",
            21: lambda: self.pick("break", "continue", "break 2") if self.loops > 0 else "(exit " + str(self.random.randrange(5)) + ")",
        }
        return table[kind]()

    def through_file(self):
        self.counter += 1
        return f" > out{self.counter}; cat out{self.counter}"

    def body(self, depth):
        return "\n".join(self.command(depth) for _ in range(self.pick(1, 1, 2))) or ":"

    def loop_body(self, depth):
        self.loops += 1
        text = self.body(depth)
        self.loops -= 1
        return text

    def command(self, depth):
        self.room -= 1
        if depth <= 0 or self.room <= 0 or self.one_in(2):
            return self.simple()
        kind = self.random.randrange(11)
        down = depth - 1
        if kind == 0:
            other = "\nelse\n" + self.body(down) if self.one_in(2) else ""
            return "if " + self.test() + "; then\n" + self.body(down) + other + "\nfi"
        if kind == 1:
            return "for " + self.name() + " in " + self.words() + "; do\n" + self.loop_body(down) + "\ndone"
        if kind == 2:
            self.counter += 1
            count = "i" + str(self.counter)
            return (f"{count}=0\nwhile {count}=$(({count} + 1)); [ ${count} -le 3 ]; do\n" + self.loop_body(down) + "\ndone")
        if kind == 3:
            branches = "".join(self.random.choice(PATTERNS) .replace("", "''", 1) + ") " + self.body(down) + " ;;\n"
                               for _ in range(self.random.randint(1, 3)))
            return "case " + self.word(1) + " in\n" + branches + "*) echo other ;;\nesac"
        if kind == 4:
            return "(\n" + self.body(down) + "\n)"
        if kind == 5:
            return "{\n" + self.body(down) + "\n}" + self.pick("", self.through_file(), " 2>/dev/null", " | cat")
        if kind == 6:
            loops, self.loops = self.loops, 0
            text = self.pick(*FUNCTIONS) + "() {\n" + self.body(0) + self.pick("", "\nreturn 2", "\nreturn") + "\n}"
            self.loops = loops
            return text
        if kind == 7:
            return self.test() + self.pick(" && ", " || ") + "{\n" + self.body(down) + "\n}"
        if kind == 8:
            return "(\nset -e\n" + self.body(down) + "\n" + self.test() + "\necho survived\n)"
        if kind == 9:
            return self.name() + "=$(\n" + self.body(down) + "\n)"
        return "! {\n" + self.body(down) + "\n}"

    def text(self):
        start = "a=1 b='x y' c=a:b: n=3\nf() { printf 'f:%s:%s\\n' \"$#\" \"$1\"; }\ng() { [ $# -gt 0 ] || return 4; shift; printf '%s;' \"$@\"; echo; }\nset -- one 'two three'\n"
        commands = []
        while self.room > 0:
            commands.append(self.command(3))
        return start + "\n".join(commands) + "\nprintf '%s\\n' \"$a\" \"$b\" \"$c\" \"$#\"\n"


def run(shell, script):
    with tempfile.TemporaryDirectory(prefix="limpet-differential-") as folder:
        for name in FILES:
            os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
            with open(os.path.join(folder, name), "w") as file:
                file.write(name + "\n")
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/home"}
        try:
            done = subprocess.run(shell + ["-c", script], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=LIMIT)
        except subprocess.TimeoutExpired:
            return "(timeout)", -1
        return done.stdout.decode(errors="backslashreplace"), done.returncode


def main():
    words, options = [], {"--count": COUNT, "--seed": SEED}
    rest = iter(sys.argv[1:])
    for word in rest:
        if word in options:
            options[word] = int(next(rest))
        else:
            words.append(word)
    keep = "--keep" in words
    ours = [os.path.abspath(words[0]), "sh"]
    passed = failed = 0
    for number in range(options["--count"]):
        seed = options["--seed"] * 1_000_003 + number
        script = Script(seed).text()
        got, wanted = run(ours, script), run(["dash"], script)
        if got == wanted:
            passed += 1
            continue
        failed += 1
        print(f"script {number} of seed {options['--seed']}:\n{script}\n  dash {wanted!r}\n  ours {got!r}\n")
        if failed == 10 and not keep:
            break
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
