# processes.py - commands about processes against procps, on the same processes at the same time.
import json
import os
import pwd
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import AGENT, Skip, case, equal, check, main, undo  # noqa: E402


def out(*words):
    done = subprocess.run(words, capture_output=True, timeout=30)
    check(done.returncode == 0, f"{words}: {done.returncode}: {done.stderr!r}")
    return done.stdout.decode(errors="surrogateescape")


def sleeper(uid=0, nice=0, title="limpet-sleeper"):
    """A process of ours that sleeps; comm and arguments are `title`."""
    def prepare():
        os.nice(nice)
        if uid:
            os.setgid(uid)
            os.setuid(uid)
    # A session of its own: one led from outside of our pid namespace has no number here.
    child = subprocess.Popen([title, "600"], executable="/bin/sleep", preexec_fn=prepare, start_new_session=True)
    undo(lambda: (child.send_signal(signal.SIGKILL), child.wait()))
    # Until it sleeps, its own start changes what is compared.
    for _ in range(200):
        with open(f"/proc/{child.pid}/wchan") as file:
            if "nanosleep" in file.read():
                break
        time.sleep(0.02)
    return child.pid


def need(program):
    if subprocess.run(["sh", "-c", f"command -v {program}"], capture_output=True).returncode:
        raise Skip(f"no {program} to compare with")


@case
def columns_equal_those_of_procps():
    need("ps")
    pids = [sleeper(), sleeper(nice=5)]
    if os.getuid() == 0:
        pids.append(sleeper(uid=pwd.getpwnam("nobody").pw_uid))
    for column in ("pid", "ppid", "pgid", "sid", "user", "uid", "ruser", "group", "tty", "stat",
                   "nice", "rss", "vsz", "nlwp", "time", "etime", "wchan", "comm", "args", "psr", "pri", "opri",
                   "cls", "rtprio", "policy", "f", "tpgid", "fname", "suser", "svuid", "fuser", "fgroup", "svgid",
                   "sz", "size", "trs", "drs", "uss", "pending", "blocked", "ignored", "caught", "ipcns", "mntns",
                   "netns", "pidns", "userns", "utsns", "cgroupns", "timens", "rchars", "wchars", "rops", "wops",
                   "rbytes", "wbytes", "oom", "oomadj", "exe", "maj_flt", "min_flt", "supgid", "supgrp"):
        words = ["-o", f"{column}=", "-p", ",".join(map(str, pids))]
        for attempt in range(5):  # etime and psr may move on between the two
            theirs = [line.strip() for line in out("ps", *words).splitlines()]
            ours = [line.strip() for line in out(AGENT, "ps", *words).splitlines()]
            if ours == theirs:
                break
        equal(ours, theirs, column)


@case
def selections_equal_those_of_procps():
    need("ps")
    pid, leader = sleeper(), sleeper(title="limpet-leader")
    session = str(os.getsid(pid))
    for words in (["-p", f"{pid},{leader}"], ["-p", f"{pid} {leader}"], ["-s", session], ["--ppid", str(os.getpid())],
                  ["-C", "sleep"], ["-G", "root", "-C", "sleep"], ["-q", str(pid)], ["-t", "-"], ["-d"]):
        both = []
        for binary in (["ps"], [AGENT, "ps"]):
            lines = out(*binary, *words, "-o", "pid=,comm=").splitlines()
            # Everybody else starts and ends processes meanwhile.
            both.append({int(line.split()[0]) for line in lines} & {pid, leader, 1, 2, os.getpid()})
        equal(both[1], both[0], words)
    negated = {int(line) for line in out(AGENT, "ps", "-N", "-p", str(pid), "-o", "pid=").split()}
    check(leader in negated and pid not in negated, "-N")


@case
def formats_have_the_columns_of_procps():
    need("ps")
    for words in (["-f"], ["-F"], ["-l"], ["-j"], ["-fl"], ["-ly"], ["l"], ["j"], ["u"], ["v"], ["s"]):
        pid = str(os.getpid())
        theirs = out("ps", *words, *(["-p"] if words[0][0] == "-" else []), pid).splitlines()[0].split()
        ours = out(AGENT, "ps", *words, *(["-p"] if words[0][0] == "-" else []), pid).splitlines()[0].split()
        equal(ours, theirs, words)


@case
def where_time_is_spent():
    pid = sleeper()
    rows = [json.loads(line) for line in out(AGENT, "sample", "-n", "5", "-o", "json", str(pid)).splitlines()]
    check(rows[0]["state"] == "S" and "nanosleep" in rows[0]["syscall"], rows)
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    undo(lambda: (busy.kill(), busy.wait()))
    rows = [json.loads(line) for line in out(AGENT, "sample", "-n", "50", "-o", "json", str(busy.pid)).splitlines()]
    check(any(row["state"] == "R" and row["syscall"] is None for row in rows), rows)


@case
def mappings_add_up():
    pid = sleeper()
    rows = [json.loads(line) for line in out(AGENT, "smaps", "-o", "json", str(pid)).splitlines()]
    whole = json.loads(out(AGENT, "smaps", "-s", "-o", "json", str(pid)))
    equal(sum(row["rss"] for row in rows), whole["rss"])
    with open(f"/proc/{pid}/smaps_rollup") as file:
        rollup = dict(line.split(":") for line in file.read().splitlines()[1:])
    for name, field in (("rss", "Rss"), ("anonymous", "Anonymous"), ("swap", "Swap")):
        equal(whole[name], int(rollup[field].split()[0]), name)


@case
def forms_are_understood():
    pid = sleeper()
    for words in (["aux"], ["-ef"], ["axf"], ["-e", "-o", "pid,args"], ["axo", "pid,args"],
                  ["-T"], ["--forest"], ["ww"], ["-p", str(pid)], [str(pid)], ["aux", "--sort=-rss"]):
        lines = [line for line in out(AGENT, "ps", *words).splitlines() if "limpet-sleeper" in line]
        check(lines, f"ps {words} does not show the process")
    wrong = subprocess.run([AGENT, "ps", "-o", "nonsense"], capture_output=True, timeout=30)
    equal(wrong.returncode, 2)
    nobody = subprocess.run([AGENT, "ps", "-p", "4194304"], capture_output=True, timeout=30)
    equal(nobody.returncode, 1)


@case
def hostile_names_stay_one_line_and_whole():
    title = "evil\n\x1b[2J) S 1 (x"
    pid = sleeper(title=title)
    row = json.loads(out(AGENT, "ps", "-o", "json", "-p", str(pid)))
    equal(row["argv"], [title, "600"])
    equal(row["ppid"], os.getpid())
    lines = out(AGENT, "ps", "-p", str(pid)).splitlines()
    equal(len(lines), 2)
    check("\x1b" not in lines[1], "an escape came through the table")


@case
def descriptors_are_those_of_proc():
    pid = sleeper()
    rows = [json.loads(line) for line in out(AGENT, "fds", "-o", "json", str(pid)).splitlines()]
    links = {int(n): os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd")}
    equal({row["fd"]: row["target"] for row in rows}, links)


@case
def maps_and_limits_are_those_of_proc():
    pid = sleeper()
    rows = [json.loads(line) for line in out(AGENT, "maps", "-o", "json", str(pid)).splitlines()]
    with open(f"/proc/{pid}/maps") as file:
        lines = file.read().splitlines()
    equal([f"{row['start']}-{row['end']} {row['permissions']}" for row in rows],
          [" ".join(f"{int(a, 16):x}-{int(b, 16):x} {line.split()[1]}" for a, b in
                    [line.split()[0].split("-")]) for line in lines])
    limits = [json.loads(line) for line in out(AGENT, "limits", "-o", "json", str(pid)).splitlines()]
    with open(f"/proc/{pid}/limits") as file:
        equal(len(limits), len(file.read().splitlines()) - 1)
    files = next(row for row in limits if row["limit"] == "Max open files")
    equal(files["soft"], os.sysconf("SC_OPEN_MAX"))


@case
def names_find_processes():
    first, second = sleeper(title="limpet-alpha"), sleeper(title="limpet-alpha")
    equal(set(out(AGENT, "pgrep", "-f", "limpet-alph[a]").split()), {str(first), str(second)})
    equal(out(AGENT, "pgrep", "-nf", "limpet-alpha 6").split(), [str(second)])
    equal(set(out(AGENT, "pidof", "limpet-alpha").split()), {str(first), str(second)})
    none = subprocess.run([AGENT, "pgrep", "no-such-process-xyz"], capture_output=True, timeout=30)
    equal(none.returncode, 1)


@case
def identity_equals_that_of_coreutils():
    need("id")
    equal(out(AGENT, "id"), out("id"))
    equal(out(AGENT, "id", "-u"), out("id", "-u"))
    equal(out(AGENT, "id", "-Gn").split(), out("id", "-Gn").split())
    equal(out(AGENT, "whoami"), out("whoami"))
    equal(out(AGENT, "uname", "-snrvm"), out("uname", "-snrvm"))


@case
def environments_are_printed_and_changed():
    pid = sleeper()
    with open(f"/proc/{pid}/environ", "rb") as file:
        whole = file.read()
    done = subprocess.run([AGENT, "environ", "-0", str(pid)], capture_output=True, timeout=30)
    equal(done.stdout, whole)
    equal(out(AGENT, "env", "-i", "A=1", "B=x y").splitlines(), ["A=1", "B=x y"])
    equal(out(AGENT, "env", "-i", "A=1", "env").splitlines(), ["A=1"])
    none = subprocess.run([AGENT, "env", "A=1", "no-such"], capture_output=True, timeout=30)
    equal(none.returncode, 127)


main()
