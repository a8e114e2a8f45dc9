#!/usr/bin/env python3
"""scripts.py - scripts as people have them, run unchanged in our shell and in dash.

    scripts.py AGENT [CLIENT] [NAME ...]

scripts/NAME.sh is the script and scripts/NAME.use what somebody does with it: `sh $S/NAME.sh ...`,
in an empty directory. scripts/NAME.expected is all that this prints and `status N`. Ours runs with a PATH in which
there is no program at all: whatever a script calls comes from the agent.
"""
import concurrent.futures
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

LIMIT = 30  # seconds for one script
HERE = pathlib.Path(__file__).parent / "scripts"


def run(shell, path, use):
    with tempfile.TemporaryDirectory(prefix="limpet-script-") as directory:
        environment = {"PATH": path, "HOME": directory, "S": str(HERE), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        # A session of its own, so that services that a script leaves running end with it.
        child = subprocess.Popen(shell + [str(use)], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            output = child.communicate(timeout=LIMIT)[0].decode(errors="backslashreplace")
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            return child.communicate()[0].decode(errors="backslashreplace") + "(timeout)\n"
        return output.replace(directory, "~") + f"status {child.returncode}\n"


def difference(expected, got):
    wanted, lines = expected.splitlines(), got.splitlines()
    for at in range(max(len(wanted), len(lines))):
        one = wanted[at] if at < len(wanted) else "(the end)"
        other = lines[at] if at < len(lines) else "(the end)"
        if one != other:
            return f"line {at + 1} is {other!r}, expected {one!r}"
    return None


def main():
    words = sys.argv[1:]
    if not words:
        sys.exit(__doc__)
    shells = {"limpet": ([os.path.abspath(words[0]), "sh"], "/nonexistent")}
    if shutil.which("dash"):
        with_sh = tempfile.TemporaryDirectory(prefix="limpet-dash-")
        os.symlink(shutil.which("dash"), f"{with_sh.name}/sh")
        shells["dash"] = ([f"{with_sh.name}/sh"], f"{with_sh.name}:/usr/bin:/bin")
    names = [word for word in words[1:] if (HERE / f"{word}.use").exists()]
    uses = [use for use in sorted(HERE.glob("*.use")) if not names or use.stem in names]
    jobs = [(use, name) for use in uses for name in shells]
    failed = False
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda job: run(*shells[job[1]], job[0]), jobs)
        for (use, name), got in zip(jobs, results):
            why = difference(use.with_suffix(".expected").read_text(), got)
            print(f"FAIL {use.stem} in {name}: {why}" if why else f"ok {use.stem} in {name}", flush=True)
            failed = failed or why is not None
    sys.exit(1 if failed else 0)


main()
