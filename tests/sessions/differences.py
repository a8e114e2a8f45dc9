# differences.py - diff on generated pairs of texts: patch(1) makes the second of the first with what
# it prints, and it is no longer than GNU's shortest.
#
# The same seed gives the same texts, so a failure comes again.
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import AGENT, Skip, case, equal, check, main, undo  # noqa: E402

LINES = ("", "x", "a b", "\ty", "  z", ".", "-k", "}", "same", "\\")


def run(*words, data=b""):
    return subprocess.run(words, input=data, capture_output=True, timeout=60,
                          env={**os.environ, "TZ": "UTC", "LC_ALL": "C"})


def pairs(count):
    chance = random.Random(5)
    for _ in range(count):
        known = [line + str(n % 7) * (n % 3) for n, line in
                 enumerate(chance.choices(LINES, k=chance.choice((1, 3, 20, 400))))]
        first = chance.choices(known, k=chance.choice((0, 1, 3, 10, 50, 300)))
        second = list(first)
        for _ in range(chance.randint(0, max(1, len(first) // chance.choice((1, 3, 10))))):
            at = chance.randint(0, len(second))
            second[at:at + chance.randint(0, 2)] = chance.choices(known, k=chance.randint(0, 2))
        ends = [chance.choice(("\n", "\n", "\n", "")) for _ in range(2)]
        yield ["\n".join(text) + (end if text else "") for text, end in zip((first, second), ends)]


def changed(text):
    return sum(line[:1] in (b"<", b">") for line in text.split(b"\n"))


@case
def patch_makes_the_second():
    for program in ("patch", "diff"):
        if run("sh", "-c", f"command -v {program}").returncode:
            raise Skip(f"no {program} to compare with")
    made = tempfile.TemporaryDirectory(prefix="limpet-differences-")
    undo(made.cleanup)
    names = [f"{made.name}/{name}" for name in ("first", "second", "work")]
    for texts in pairs(60):
        for name, text in zip(names, texts):
            with open(name, "w") as file:
                file.write(text)
        for form in ("--normal", "-u", "-c", "-U0", "-C1"):
            done = run(AGENT, "diff", form, *names[:2])
            equal(done.returncode, int(texts[0] != texts[1]), f"status of diff {form} {texts}")
            with open(names[2], "w") as file:
                file.write(texts[0])
            if done.stdout:
                run("patch", "-s", "-f", names[2], data=done.stdout)
            with open(names[2]) as file:
                equal(file.read(), texts[1], f"{form} {texts}")
        shortest = changed(run("diff", "-d", *names[:2]).stdout)
        check(changed(run(AGENT, "diff", *names[:2]).stdout) <= shortest, f"longer: {texts}")


if __name__ == "__main__":
    main()
