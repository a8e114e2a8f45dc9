#!/usr/bin/env python3
"""run.py AGENT [CLIENT] [-k WORD] [-x WORD] [FILE...] - runs tests/sessions/*.session against the agent.

A .session file is a list of cases, parted by empty lines:

    # a comment
    NAME   what is shown
    SETUP  shell lines, run by /bin/sh in the case's own empty directory
    RUN    shell lines, run there by `AGENT sh -c`
    STDIN  input, as printf(1) would write it
    EXPECT output, exactly; "..." as a line of its own stands for any lines, {{RE}} for what RE matches
    STATUS exit status (0)

What follows on lines indented by two spaces belongs to the keyword above. Standard error is part of the
output (2>&1). A line of EXPECT ends with a newline, but for "EXPECT-" (the last line has none).
-k: cases whose name holds the word; -x: all but these. Prints a line for every failed case and closes with "N passed, N failed".
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

KEYWORDS = ("NAME", "SETUP", "RUN", "STDIN", "EXPECT", "EXPECT-", "STATUS")
SECONDS = 60


def cases(path):
    case, keyword = {}, None
    for number, line in enumerate(path.read_text().split("\n"), 1):
        if line.startswith("  ") and keyword:
            case[keyword].append(line[2:])
            continue
        if line == "":
            if "RUN" in case:
                yield case
                case, keyword = {}, None
            continue
        if line.startswith("#"):
            continue
        keyword, _, rest = line.partition(" ")
        if keyword not in KEYWORDS:
            sys.exit(f"{path}:{number}: '{keyword}' is no keyword")
        case[keyword] = [rest.strip()] if rest.strip() else []
        case.setdefault("line", number)
    if "RUN" in case:
        yield case


def pattern(case):
    """EXPECT as a regular expression over the whole output."""
    lines = case.get("EXPECT", case.get("EXPECT-", []))
    parts = []
    for at, line in enumerate(lines):
        if line == "...":
            parts.append(r"(?:.*\n)*?")
            continue
        pieces = re.split(r"\{\{(.*?)\}\}", line)
        text = "".join(p if i % 2 else re.escape(p) for i, p in enumerate(pieces))
        bare = "EXPECT-" in case and at == len(lines) - 1
        parts.append(text + ("" if bare else r"\n"))
    return "".join(parts)


def run(agent, case):
    """None when the case passes, else what it printed."""
    environment = {"PATH": "/nonexistent", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/"}
    folder = tempfile.mkdtemp(prefix="limpet-session-")
    try:
        if "SETUP" in case:
            subprocess.run(["/bin/sh", "-ec", "\n".join(case["SETUP"])], cwd=folder, check=True,
                           timeout=SECONDS)
        stdin = "\n".join(case.get("STDIN", [])).encode().decode("unicode_escape")
        try:
            done = subprocess.run([agent, "sh", "-c", "\n".join(case["RUN"])], cwd=folder,
                                  env=environment, input=stdin.encode("latin-1"),
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return "it did not end"
    finally:
        # rm, not shutil: a tree of thousands of levels is too deep for that.
        subprocess.run(["rm", "-rf", folder], check=False)
    output = done.stdout.decode("utf-8", "surrogateescape")
    status = int(case.get("STATUS", ["0"])[0])
    code = done.returncode if done.returncode >= 0 else 128 - done.returncode
    if code != status:
        return f"status {code}, not {status}; output:\n{output}"
    if not re.fullmatch(pattern(case), output):
        return f"output:\n{output}"
    return None


def main():
    arguments = sys.argv[1:]
    words = {"-k": "", "-x": None}
    for option in words:
        if option in arguments:
            at = arguments.index(option)
            words[option] = arguments[at + 1]
            del arguments[at:at + 2]
    if not arguments:
        sys.exit(__doc__)
    agent = str(pathlib.Path(arguments[0]).resolve())
    folder = pathlib.Path(__file__).resolve().parent
    files = [pathlib.Path(a) for a in arguments[1:] if a.endswith(".session")]
    passed = failed = 0
    for path in files or sorted(folder.glob("*.session")):
        for case in cases(path):
            name = " ".join(case.get("NAME", ["?"]))
            whole = f"{path.stem}: {name}"
            if words["-k"] not in whole or (words["-x"] is not None and words["-x"] in whole):
                continue
            problem = run(agent, case)
            if problem is None:
                passed += 1
                continue
            failed += 1
            text = problem.encode("utf-8", "backslashreplace").decode()
            print(f"FAIL {path.name}:{case['line']}: {name}\n{text}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
