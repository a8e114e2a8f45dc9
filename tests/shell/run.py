#!/usr/bin/env python3
"""run.py - the shell's cases: script, expected output, status, what it says on stderr.

    run.py AGENT [CLIENT] [FILE.test ...]
    run.py AGENT --oracles [-v] [FILE.test ...]

A case in a .test file:

    ### name
    the script
    --- stderr REGEX   (stderr matches it somewhere; left out, nothing may be said there)
    --- 3              (the status; 0 when left out)
    what it prints

The script runs with -c, in an empty directory that is also $HOME. `sh` and `$SH` are the shell under test.

With --oracles the same cases run in dash, busybox ash and bash as sh (POSIX mode), and those are printed whose
output or status all three disagree with (-v: any of them). differences.txt lists those that are
meant, `FILE: NAME | reason`; one that is not listed fails, and so does a listed one that no longer differs.
Messages are our own words, so stderr is not compared there.
"""
import collections
import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

LIMIT = 20  # seconds for one case
HERE = pathlib.Path(__file__).parent
ORACLES = ("dash", "busybox", "bash")
Case = collections.namedtuple("Case", "file name script stderr status output")


def cases(path):
    name, part = None, None
    script, output, stderr, status = [], [], None, 0
    for line in path.read_text().split("\n") + ["### "]:
        if line.startswith("### "):
            if name:
                yield Case(path.stem, name, "\n".join(script) + "\n", stderr, status, "\n".join(output).rstrip("\n"))
            name, part = line[4:], "script"
            script, output, stderr, status = [], [], None, 0
        elif part == "script" and line.startswith("--- stderr "):
            stderr = line[len("--- stderr "):]
        elif part == "script" and (line == "---" or line.startswith("--- ")):
            part, status = "output", int(line[4:] or 0)
        elif part == "script":
            script.append(line)
        else:
            output.append(line)


def all_cases(words):
    paths = [pathlib.Path(word) for word in words if word.endswith(".test")] or sorted(HERE.glob("*.test"))
    found = [case for path in paths for case in cases(path)]
    names = collections.Counter((case.file, case.name) for case in found)
    for (file, name), times in names.items():
        if times > 1:
            sys.exit(f"{file}.test: {times} cases are named '{name}'")
    return found


def run(shell, script, path="/usr/bin:/bin"):
    """Output, status and stderr of the script in that shell."""
    with tempfile.TemporaryDirectory(prefix="limpet-shell-") as directory:
        environment = {"PATH": path, "HOME": directory, "SH": " ".join(shell), "LC_ALL": "C.UTF-8"}
        # A session of its own, so that what a case leaves running can be ended with it.
        child = subprocess.Popen(shell + ["-c", script], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        try:
            output, errors = child.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            output, errors = child.communicate()
            errors += b"(timeout)"
        status = child.returncode if child.returncode >= 0 else 128 - child.returncode
        return output.decode(errors="backslashreplace").rstrip("\n"), status, errors.decode(errors="backslashreplace")


def in_parallel(function, items):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(zip(items, pool.map(function, items)))


def complaint(case, output, status, errors):
    if (output, status) != (case.output, case.status):
        return f"expected {(case.output, case.status)!r}\n  got      {(output, status)!r}\n  stderr   {errors!r}"
    if case.stderr is None and errors:
        return f"unexpected on stderr: {errors!r}"
    if case.stderr is not None and not re.search(case.stderr, errors):
        return f"stderr {errors!r}\n  does not match {case.stderr!r}"
    return None


def run_ours(agent, found):
    failed = 0
    for case, got in in_parallel(lambda case: run([agent, "sh"], case.script), found):
        why = complaint(case, *got)
        if why:
            failed += 1
            print(f"{case.file}.test: {case.name}\n  {why}")
    return len(found) - failed, failed


def listed_differences():
    lines = (HERE / "differences.txt").read_text().splitlines()
    return dict(line.split(" | ", 1) for line in lines if line and not line.startswith("#"))


def run_oracles(found, verbose):
    """Runs the cases in the oracles, each of which is called sh there."""
    missing = [oracle for oracle in ORACLES if not shutil.which(oracle)]
    if missing:
        print("not here: " + ", ".join(missing))
        sys.exit(77)
    failed, listed, seen = 0, listed_differences(), set()
    with tempfile.TemporaryDirectory(prefix="limpet-oracles-") as folder:
        for oracle in ORACLES:
            os.mkdir(f"{folder}/{oracle}")
            os.symlink(shutil.which(oracle), f"{folder}/{oracle}/sh")
        jobs = [(case, oracle) for case in found for oracle in ORACLES]
        done = in_parallel(lambda job: run([f"{folder}/{job[1]}/sh"], job[0].script,
                                           f"{folder}/{job[1]}:/usr/bin:/bin"), jobs)
    for at in range(0, len(done), len(ORACLES)):
        case = done[at][0][0]
        differ = [(oracle, got) for (_, oracle), got in done[at:at + len(ORACLES)]
                  if got[:2] != (case.output, case.status)]
        name = f"{case.file}: {case.name}"
        seen.add(name)
        meant = name in listed
        if meant == (len(differ) == len(ORACLES)) and not (verbose and differ):
            continue
        if len(differ) == len(ORACLES) and not meant:
            failed += 1
            print(f"{name}\n  all differ from {(case.output, case.status)!r}")
        elif meant and len(differ) < len(ORACLES):
            failed += 1
            print(f"{name}\n  is in differences.txt, but no longer differs from all")
        else:
            print(f"{name}\n  expected {(case.output, case.status)!r}")
        for oracle, got in differ:
            print(f"    {oracle:8} {got!r}")
    if len(seen) == len({f'{case.file}: {case.name}' for case in all_cases([])}):
        for name in listed.keys() - seen:
            failed += 1
            print(f"{name}\n  is in differences.txt, but there is no such case")
    return len(found) - failed, failed


def main():
    words = sys.argv[1:]
    if not words:
        sys.exit(__doc__)
    agent, found = os.path.abspath(words[0]), all_cases(words[1:])
    if "--oracles" in words:
        passed, failed = run_oracles(found, "-v" in words)
    else:
        passed, failed = run_ours(agent, found)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or passed <= 0 else 0)


if __name__ == "__main__":
    main()
