# machine.py - top, free, vmstat, uptime and signals against procps, and in a target of its own.
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from fullscreen import *  # noqa: F403
from limpet import AGENT, CLIENT, Skip, case, check, equal, main, undo  # noqa: E402


def run(*words, binary=AGENT):
    done = subprocess.run([binary, *(str(word) for word in words)], capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(errors="surrogateescape"), done.stderr.decode()


def out(*words, binary=AGENT):
    status, text, error = run(*words, binary=binary)
    check(status == 0, f"{words}: {status}: {error}")
    return text


def need(program):
    if subprocess.run(["sh", "-c", f"command -v {program}"], capture_output=True).returncode:
        raise Skip(f"no {program} to compare with")


def started(*argv, **options):
    child = subprocess.Popen(argv, **options)
    undo(lambda: (child.send_signal(signal.SIGKILL), child.wait()))
    return child


def near(ours, theirs, what):
    """Two looks at a machine that works: the same shape, numbers of the same size."""
    mine, others = ours.split(), theirs.split()
    equal(len(mine), len(others), f"{what}: {ours!r} and {theirs!r}")
    for one, other in zip(mine, others):
        if re.fullmatch(r"\d+", other) and int(other) > 10_000:
            check(abs(int(one) - int(other)) < 0.2 * int(other), f"{what}: {one} is not near {other}")


@case
def memory_is_that_of_procps():
    need("free")
    for words in ([], ["-w"], ["-t"], ["-m"], ["-b"], ["-l"], ["--kilo"]):
        theirs = out(*words, binary="free").splitlines()
        ours = [line for line in out("free", *words).splitlines() if not line.startswith("Cgroup")]
        equal(ours[0], theirs[0])
        equal([line[:7] for line in ours], [line[:7] for line in theirs])
        for mine, other in zip(ours[1:], theirs[1:]):
            equal(len(mine), len(other))
            near(mine, other, words)
    check(re.fullmatch(r"Mem: +(\d+|\d\.\d)[KMGT]i( +(\d+|\d\.\d)([KMGT]i|B)){5}", out("free", "-h").splitlines()[1]),
          out("free", "-h"))
    rows = {row["of"]: row for row in map(json.loads, out("free", "-o", "json").splitlines())}
    with open("/proc/meminfo") as file:
        equal(rows["memory"]["total"], int(file.readline().split()[1]) * 1024)


@case
def the_machine_is_that_of_procps():
    need("vmstat")
    for words in ([], ["-a"], ["-S", "M"], ["-n"]):
        theirs, ours = out(*words, binary="vmstat").splitlines(), out("vmstat", *words).splitlines()
        equal(ours[:2], theirs[:2])
        equal(len(ours[2].split()), len(theirs[2].split()))
    theirs, ours = (text.splitlines() for text in (out("-s", binary="vmstat"), out("vmstat", "-s")))
    equal([line.lstrip(" 0123456789") for line in ours], [line.lstrip(" 0123456789") for line in theirs])
    equal(len(out("vmstat", "0.1", "3").splitlines()), 5)
    rows = [json.loads(line) for line in out("vmstat", "-o", "json", "0.1", "2").splitlines()]
    equal(len(rows), 2)
    check(all(row["us"] + row["sy"] + row["id"] + row["wa"] + row["st"] in range(97, 104) for row in rows), rows)


@case
def time_since_start_is_that_of_procps():
    need("uptime")
    for attempt in range(5):  # a minute may pass between the two
        theirs, ours = (out(*words, binary=binary) for words, binary in ((["-p"], "uptime"), (["uptime", "-p"], AGENT)))
        if ours == theirs:
            break
    equal(ours, theirs)
    check(re.fullmatch(r" \d\d:\d\d:\d\d up .*,  load average: \d+\.\d\d, \d+\.\d\d, \d+\.\d\d\n", out("uptime")),
          out("uptime"))


@case
def top_knows_who_works():
    busy = started(sys.executable, "-c", "while True: pass")
    time.sleep(0.5)
    lines = out("top", "-b", "-n", "2", "-d", "0.5", "-p", busy.pid).splitlines()
    rows = [line.split() for line in lines if line.split()[:1] == [str(busy.pid)]]
    equal(len(rows), 2)
    check(float(rows[1][8]) > 1, f"a busy process has {rows[1][8]} %CPU")
    check(lines[0].startswith("top - ") and lines[1].startswith("Tasks:   1 total"), lines[:2])
    need("ps")
    theirs = out("-o", "user=,pri=,ni=,vsz=,comm=", "-p", busy.pid, binary="ps").split()
    equal([rows[1][1], rows[1][3], rows[1][4], rows[1][11]], [theirs[0], theirs[2], theirs[3], theirs[4]])
    objects = [json.loads(line) for line in out("top", "-b", "-n", "1", "-o", "json").splitlines()]
    equal(objects[0]["tasks"], len(objects) - 1)
    loads = [row["cpu"] for row in objects[1:]]
    equal(loads, sorted(loads, reverse=True))


@case
def orders_and_threads():
    rows = [json.loads(line) for line in
            out("top", "-b", "-n", "1", "-o", "json", "-o", "RES", "-o", "json").splitlines()][1:]
    sizes = [row["res"] for row in rows]
    equal(sizes, sorted(sizes, reverse=True))
    threaded = started(sys.executable, "-c",
                       "import threading,time\nfor i in range(4): threading.Thread(target=time.sleep, args=(600,)).start()")
    time.sleep(0.5)
    rows = [json.loads(line) for line in
            out("top", "-b", "-n", "1", "-H", "-o", "json", "-p", threaded.pid).splitlines()][1:]
    equal(sorted(row["tid"] for row in rows), sorted(map(int, os.listdir(f"/proc/{threaded.pid}/task"))))
    equal(run("top", "-b", "-o", "nonsense")[0], 2)


@case
def top_on_a_terminal():
    screen = Full(AGENT, "top", "-d", "0.5", rows=24, columns=100)
    screen.sees(lambda: "PID USER" in "\n".join(screen.screen.lines()), "the heading")
    check(screen.screen.line(0).startswith("top - "), screen.screen.line(0))
    for keys, what in (("M", "PID USER"), ("1", "%Cpu0"), ("H", "Threads:"), ("h", "Any key goes back"),
                       ("x", "Threads:"), ("d", "seconds between looks:"), ("1\r", "PID USER")):
        screen.keys(keys)
        screen.sees(lambda: what in "\n".join(screen.screen.lines()), f"{what} after {keys!r}")
    screen.resize(10, 60)
    screen.sees(lambda: len(screen.screen.lines()) <= 10 and "PID USER" in "\n".join(screen.screen.lines()),
                "a smaller screen")
    screen.ends("q")


def target():
    """A pid namespace with three processes, and its first one's id."""
    child = started("unshare", "-fp", "--mount-proc", "--kill-child", "sh", "-c",
                    "sleep 601 & sleep 602 & exec sleep 600")
    for _ in range(100):
        with open(f"/proc/{child.pid}/task/{child.pid}/children") as file:
            first = file.read().split()
        if first and len(open(f"/proc/{first[0]}/task/{first[0]}/children").read().split()) == 2:
            return int(first[0])
        time.sleep(0.05)
    raise AssertionError("the target did not start")


def limpet(pid, *words, allow=()):
    return run("exec", *(["--allow", "modify"] if allow else []), f"pid:{pid}", "--", *words, binary=CLIENT)


@case
def signals_reach_the_target_alone():
    if os.getuid() != 0:
        raise Skip("needs root")
    pid, outside = target(), started("sleep", "600")
    status, _, error = limpet(pid, "kill", "2")
    equal(status, 126)
    check("needs --allow modify" in error, error)
    equal(limpet(pid, "kill", "-0", "2", allow="modify")[0], 0)
    status, _, error = limpet(pid, "kill", "-9", outside.pid, allow="modify")
    check(status == 1 and "there is none in the target" in error, (status, error))
    equal(outside.poll(), None)
    equal(limpet(pid, "kill", "2", allow="modify")[0], 0)
    equal(limpet(pid, "pgrep", "-fx", "sleep 60.", allow="modify")[1].split(), ["1", "3"])
    equal(limpet(pid, "pkill", "-STOP", "-f", "sleep 602", allow="modify")[0], 0)
    equal(limpet(pid, "ps", "-o", "stat=", "-p", "3")[1].strip()[0], "T")
    # The shell's own kill knows its jobs, and hands the rest on.
    equal(limpet(pid, "sh", "-c", "sleep 600 & kill $! && kill -CONT 3 && kill -0 1 && echo sent", allow="modify")[1],
          "sent\n")
    equal(limpet(pid, "ps", "-o", "stat=", "-p", "3")[1].strip()[0], "S")


@case
def priorities():
    if os.getuid() != 0:
        raise Skip("needs root")
    pid = target()
    status, text, error = limpet(pid, "renice", "-n", "7", "3", allow="modify")
    if "needs Linux 6.11" in error:
        raise Skip("no way to ask for the numbers of another pid namespace before Linux 6.11")
    equal((status, text), (0, "3 (process ID) old priority 0, new priority 7\n"))
    equal(limpet(pid, "ps", "-o", "ni=", "-p", "3")[1].strip(), "7")
    equal(limpet(pid, "renice", "-n", "7", "3")[0], 126)


@case
def here_kill_is_that_of_procps():
    sleeper = started("sleep", "600")
    equal(run("kill", "-0", sleeper.pid)[0], 0)
    equal(run("kill", "-s", "TERM", sleeper.pid)[0], 0)
    equal(sleeper.wait(10), -signal.SIGTERM)
    equal(run("kill", "-l", "15", "143", "KILL")[1].split(), ["TERM", "TERM", "9"])
    equal(run("kill", "-NONSENSE", "1")[0], 2)
    group = started("sleep", "600", start_new_session=True)
    equal(run("kill", "-9", f"-{group.pid}")[0], 0)
    equal(group.wait(10), -signal.SIGKILL)
    one = started("limpet-victim", "600", executable="/bin/sleep")
    equal(run("pkill", "-INT", "-ef", "limpet-victim")[1], f"sleep killed (pid {one.pid})\n")
    equal(one.wait(10), -signal.SIGINT)


main()
