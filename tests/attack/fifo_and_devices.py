# fifo_and_devices.py - special files that feel it when they are opened.
#
# Opening a FIFO lets its writer go on; opening a terminal, a watchdog or a disk does things to the
# machine. They are named by their type, and never opened.
import os
import re
import stat
import subprocess

import attack
from attack import CLIENT, Box, case, check, debug, equal, must, run, scratch, start

FIFOS = 20
DEVICES = {"zero": (stat.S_IFCHR, 1, 5), "full": (stat.S_IFCHR, 1, 7), "rand": (stat.S_IFCHR, 1, 8),
           "tty": (stat.S_IFCHR, 5, 0), "tty0": (stat.S_IFCHR, 4, 0), "kmsg": (stat.S_IFCHR, 1, 11),
           "watchdog": (stat.S_IFCHR, 10, 130), "mem": (stat.S_IFCHR, 1, 1),
           "disk": (stat.S_IFBLK, 254, 0), "loop": (stat.S_IFBLK, 7, 0)}


def box():
    def prepare(root):
        for folder in ("fifos", "nodes", "same"):
            os.makedirs(f"{root}/{folder}", exist_ok=True)
        for number in range(FIFOS):
            os.mkfifo(f"{root}/fifos/{number}")
            os.mkfifo(f"{root}/same/{number}")
        for name, (kind, major, minor) in DEVICES.items():
            os.mknod(f"{root}/nodes/{name}", kind | 0o666, os.makedev(major, minor))
            os.mknod(f"{root}/same/{name}", kind | 0o666, os.makedev(major, minor))
    return Box("wait", prepare=prepare, files={"/nodes/plain": "plain text\n", "/fifos/plain":
                                               "plain text\n"})


def writers(target):
    """One for each FIFO, blocked in open(2) until somebody reads."""
    found = [start("sh", "-c", f"echo woken >{target.root}/fifos/{number}",
                   stderr=subprocess.DEVNULL) for number in range(FIFOS)]
    attack.time.sleep(0.3)
    equal(ended(found), 0, "writers that never blocked")
    return found


def ended(processes):
    return sum(process.poll() is not None for process in processes)


def commands(folder, names):
    known = must(attack.AGENT, "--list").split()
    paths = [f"/{folder}/{name}" for name in names]
    return [argv for argv in (
        ("ls", "-lR", f"/{folder}"), ("cat", *paths), ("head", *paths), ("tail", *paths),
        ("wc", *paths), ("grep", "-r", "text", f"/{folder}"), ("grep", "text", *paths),
        ("stat", *paths), ("find", f"/{folder}", "-type", "f"), ("du", f"/{folder}"),
        ("sha256sum", *paths), ("hexdump", *paths), ("strings", *paths), ("sort", *paths),
        ("sh", "-c", f"cat /{folder}/*; cd /{folder}; for f in *; do cat <$f; done"),
        ("find", f"/{folder}", "-exec", "cat", "{}", ";"), ("test", "-s", paths[0]),
        ("diff", "-r", f"/{folder}", "/same"), ("diff", "-rN", f"/{folder}", "/same"), ("diff", paths[0], paths[1]),
        ("cmp", paths[0], paths[1]), ("tar", "c", f"/{folder}"), ("tar", "cSh", *paths), ("file", *paths),
        ("file", "-s", *paths), ("tree", f"/{folder}"), ("cp", "-r", f"/{folder}", "/.limpet/scratch/tree"),
        ("cp", "-a", f"/{folder}", "/.limpet/scratch/tree"), ("cp", paths[0], "/.limpet/scratch/one"),
        ("install", paths[0], "/.limpet/scratch/one"), ("dd", f"if={paths[0]}"), ("xxd", paths[0]), ("od", *paths),
        ("awk", "{print}", *paths), ("sed", "", *paths), ("jq", ".", *paths), ("tac", *paths), ("cut", "-c1", *paths),
        ("gzip", "-c", *paths), ("zcat", *paths), ("base64", paths[0]), ("less", *paths), ("nl", *paths),
        ("comm", paths[0], paths[1]), ("join", paths[0], paths[1]), ("paste", *paths), ("split", paths[0], "/.limpet/scratch/s"),
        ("column", *paths), ("fmt", *paths), ("fold", *paths), ("rev", *paths), ("uniq", paths[0]), ("tail", "-F", paths[0]),
        ("which", paths[0]), ("md5sum", "-c", paths[0]), ("xargs", "-a", paths[0]), ("grep", "-f", paths[0], "x"),
        ("sh", paths[0]), ("sh", "-c", f". {paths[0]}"))
        if argv[0] in known]


@case
def naive_helper_wakes_the_writers():
    with box() as target:
        blocked = writers(target)
        subprocess.run(["timeout", "1", "grep", "-r", "--devices=read", "text",
                        f"/proc/{target.pid}/root/fifos"], capture_output=True, check=False)
        check(ended(blocked) > 0, "the attack has no effect")


@case
def fifos_are_not_opened():
    with box() as target:
        blocked = writers(target)
        for argv in commands("fifos", range(FIFOS)):
            # What waits for the file to change is ended.
            wait = ("--timeout", "2") if argv[:2] == ("tail", "-F") else ()
            took, done = attack.seconds(lambda: attack.limpet.limpet("exec", *wait, target.target, "--", *argv))
            equal(ended(blocked), 0, f"{argv[:3]} woke writers")
            check(took < 8, f"{argv[:3]} took {took:.1f} s")
            check(b"woken" not in done.out, f"{argv[:3]} read a FIFO")
        check(b"FIFO" in debug(target.target, "cat", "/fifos/0").err, "nobody says why")
        equal(debug(target.target, "cat", "/fifos/plain").out, b"plain text\n")


def trace(*argv):
    log = scratch("strace")
    done = run("strace", "-f", "-qq", "-s", "300", "-o", log, "-e", "trace=open,openat,openat2",
               *argv, timeout=90)
    with open(log, errors="replace") as file:
        # O_PATH opens the name alone: no driver is asked.
        lines = [line for line in file if "O_PATH" not in line and re.search(r"= \d+$", line)]
    return done, lines


def opened(lines, folder):
    return [line for line in lines for name in DEVICES
            if re.search(rf'"(/?([^"]*/)?{folder}/)?{name}"', line) and "= -1" not in line]


@case
def naive_helper_opens_devices():
    with box() as target:
        _, lines = trace("head", "-c", "1", f"{target.root}/nodes/zero")
        check(opened(lines, "nodes"), f"the trace misses it: {lines}")


@case
def devices_are_not_opened():
    with box() as target:
        for argv in commands("nodes", DEVICES):
            wait = ("--timeout", "3") if argv[:2] == ("tail", "-F") else ()
            done, lines = trace(CLIENT, "exec", *wait, target.target, "--", *argv)
            check(lines, "the trace is empty")
            equal(opened(lines, "nodes"), [], f"{argv[:3]}")
            check(len(done.out) < 100000, f"{argv[:3]} read a device")
        error = debug(target.target, "cat", "/nodes/zero", "/nodes/disk").err
        check(b"character device" in error and b"block device" in error, f"unnamed: {error!r}")
        listing = debug(target.target, "ls", "-l", "/nodes").out
        check(b"254" in listing and b"130" in listing and b"\nb" in listing, f"{listing!r}")


attack.main()
