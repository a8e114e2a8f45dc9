#!/usr/bin/env python3
"""run.py - the shell's cases: script, expected output, status.

    run.py AGENT [--oracle dash] [FILE.test ...]

A case in a .test file:

    ### name
    the script
    --- 3          (the status; 0 when left out)
    what it prints

With --oracle the scripts run in that shell, and the cases where it differs are printed.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

LIMIT = 20  # seconds for one case


def cases(path):
    name, script, expected, status, part = None, [], [], 0, None
    for line in path.read_text().split("\n"):
        if line.startswith("### "):
            if name:
                yield name, script, expected, status
            name, script, expected, status, part = line[4:], [], [], 0, "script"
        elif part == "script" and (line == "---" or line.startswith("--- ")):
            part, status = "expected", int(line[4:] or 0)
        elif part == "script":
            script.append(line)
        elif part == "expected":
            expected.append(line)
    if name:
        yield name, script, expected, status


def run(shell, script):
    with tempfile.TemporaryDirectory(prefix="limpet-shell-") as directory:
        environment = {"PATH": "/usr/bin:/bin", "HOME": directory, "SH": " ".join(shell),
                       "LC_ALL": "C.UTF-8"}
        try:
            done = subprocess.run(shell + ["-c", script], cwd=directory, env=environment,
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT)
        except subprocess.TimeoutExpired:
            return "(timeout)", -1
        status = done.returncode if done.returncode >= 0 else 128 - done.returncode
        return done.stdout.decode(errors="backslashreplace"), status


def main():
    words = sys.argv[1:]
    if not words:
        sys.exit(__doc__)
    shell = [os.path.abspath(words.pop(0)), "sh"]
    if words and words[0] == "--oracle":
        shell = words[1].split()
        words = words[2:]
    here = pathlib.Path(__file__).parent
    files = [pathlib.Path(word) for word in words if word.endswith(".test")] or sorted(here.glob("*.test"))
    passed, failed = 0, 0
    for path in files:
        for name, script, expected, status in cases(path):
            got = run(shell, "\n".join(script) + "\n")
            wanted = ("\n".join(expected).rstrip("\n"), status)
            if (got[0].rstrip("\n"), got[1]) == wanted:
                passed += 1
                continue
            failed += 1
            print(f"{path.name}: {name}\n  expected {wanted!r}\n  got      {got!r}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
