#!/usr/bin/env python3
"""run.py AGENT [-n ROUNDS] [-s SEED] [NAME...] - our commands against GNU's on generated inputs.

Each property makes trees or texts and command lines from a seed, runs both, and compares what they
print and their exit status, within what POSIX and GNU promise: where an order is not promised, lines
are sorted first. A difference is printed with the seed that makes it again. Closes with
"N passed, N failed", where N counts command lines.
"""
import os
import pathlib
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import programs  # noqa: E402
import texts  # noqa: E402
import trees  # noqa: E402

SECONDS = 20
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/"}


class Case:
    """One command line: its words, what it reads, and whether the order of its lines counts."""

    def __init__(self, words, stdin=b"", ordered=True, status=True, blanks=True, oracles=()):
        self.words, self.stdin, self.ordered, self.status = words, stdin, ordered, status
        self.oracles = oracles or [words]  # a case in which they differ from one another is none
        self.blanks = blanks  # does it matter how many there are in a row?


def outcome(words, case, folder):
    done = subprocess.run(words, cwd=folder, env=ENVIRONMENT, input=case.stdin, timeout=SECONDS,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    shown = done.stdout if case.ordered else b"\n".join(sorted(done.stdout.split(b"\n")))
    if not case.blanks:
        shown = re.sub(rb" +", b" ", shown)
    # Errors are 1 with one and 2 with another: that it failed counts.
    status = done.returncode if case.status else min(done.returncode, 1)
    return shown, status, done.stderr


def differs(agent, case, folder):
    """None: no case. Else what differed, nothing when it did not."""
    others = [outcome(words, case, folder) for words in case.oracles]
    theirs = others[0]
    if any(other[:2] != theirs[:2] for other in others):
        return None
    ours = outcome([agent, *case.words], case, folder)
    if theirs[:2] == ours[:2]:
        return ""
    lines = [f"  {shlex.join(case.words)}"]
    for who, (shown, status, error) in (("GNU ", theirs), ("ours", ours)):
        lines.append(f"    {who} {status} {shown[:400]!r} {error[:200]!r}")
    if case.stdin:
        lines.append(f"    input {case.stdin[:300]!r}")
    return "\n".join(lines)


def check(agent, name, make, seed, rounds):
    """How many command lines agreed, and what differed."""
    passed, failures = 0, []
    chance = random.Random(f"{name} {seed}")
    for _ in range(rounds):
        outside = tempfile.mkdtemp(prefix="limpet-properties-")
        # A level down: what links lead to above is empty, and ".." as well.
        folder = os.path.join(outside, "inside")
        os.mkdir(folder)
        try:
            for case in make(chance, pathlib.Path(folder), Case):
                difference = differs(agent, case, folder)
                if difference == "":
                    passed += 1
                elif difference:
                    failures.append(difference)
        finally:
            shutil.rmtree(outside)
    return passed, failures


def main():
    arguments = sys.argv[1:]
    if not arguments:
        sys.exit(__doc__)
    agent = os.path.abspath(arguments.pop(0))
    seed, rounds, only = 1, 0, []
    while arguments:
        word = arguments.pop(0)
        if word == "-s":
            seed = int(arguments.pop(0))
        elif word == "-n":
            rounds = int(arguments.pop(0))
        else:
            only.append(word)
    total, failed = 0, 0
    for name, (make, usual) in {**trees.PROPERTIES, **texts.PROPERTIES, **programs.PROPERTIES}.items():
        if only and name not in only:
            continue
        begun = time.monotonic()
        passed, failures = check(agent, name, make, seed, rounds or usual)
        total += passed
        failed += len(failures)
        for failure in failures[:5]:
            print(f"FAIL {name} (-s {seed})\n{failure}")
        print(f"{name}: {passed} of {passed + len(failures)}, {time.monotonic() - begun:.1f} s")
    print(f"{total} passed, {failed} failed")
    return 1 if failed or total == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
