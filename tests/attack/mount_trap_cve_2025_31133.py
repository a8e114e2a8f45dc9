# mount_trap_cve_2025_31133.py - links wait where a helper would mount its own /proc, /dev, tools.
#
# runc bind-mounted over /dev/null and /dev/console of the container (CVE-2025-31133,
# CVE-2025-52565) and followed links in its /dev: mounts landed elsewhere.
import hashlib
import os

import attack
from attack import (DEFAULT_CAPS, SYS_ADMIN, Box, build, case, check, debug, equal, must, read, run)

PLACES = ("target/dev", "target/proc", "target/sys", "toolbox", "sys", "limpet", ".limpet",
          "run/limpet", "tmp/limpet", "dev/null", "dev/console", "dev/pts", "dev/tty")


def trap():
    def prepare(root):
        for folder in ("lands-here", "run", "target"):
            os.mkdir(f"{root}/{folder}")
        for place in PLACES:
            os.symlink("/lands-here", f"{root}/{place}") if not place.startswith("dev/") else None
    box = Box("wait", options=("--caps", f"{DEFAULT_CAPS | SYS_ADMIN:x}"), prepare=prepare)
    # The container's own /dev is a tmpfs that it may change, and so may we through its root.
    dev = f"/proc/{box.pid}/root/dev"
    for name in ("null", "console", "pts", "tty"):
        if os.path.lexists(f"{dev}/{name}"):
            os.unlink(f"{dev}/{name}")
        os.symlink("/lands-here", f"{dev}/{name}")
    return box


def state(box):
    names = sorted(os.path.join(folder, name) for folder, folders, files in
                   os.walk(f"/proc/{box.pid}/root") if "/root/proc" not in folder
                   for name in folders + files)
    return (read(f"/proc/{box.pid}/mountinfo"), hashlib.sha256("\n".join(names).encode()).digest(),
            os.listdir(f"{box.root}/lands-here"))


@case
def naive_helper_mounts_into_the_target():
    for place in PLACES[:3]:
        with trap() as box:
            before = state(box)
            equal(run(build("naive_mount"), box.pid, f"/{place}").returncode, 0)
            after = state(box)
            check(before != after, "the attack has no effect")
            check(b"/lands-here" in after[0], "the mount did not go where the link leads")


@case
def nothing_is_mounted():
    known = must(attack.AGENT, "--list").split()
    with trap() as box:
        before, ours = state(box), read("/proc/self/mountinfo")
        for argv in (("ls", "-l", "/dev/"), ("ls", "/target/proc/"), ("ps",), ("mounts",), ("info",),
                     ("cat", "/toolbox"), ("df",), ("ss", "-a"), ("find", "/"), ("du", "/"),
                     ("sh", "-c", "cat /proc/1/stat >/dev/null; ls </dev/null; echo x >/dev/tty")):
            if argv[0] not in known:
                continue
            done = debug(box.target, *argv)
            check(done.returncode != 125, f"{argv}: {done.err!r}")
            equal(state(box), before, f"after {argv}")
            equal(read("/proc/self/mountinfo"), ours, f"our own mounts after {argv}")


@case
def the_null_device_is_our_own():
    attack.have("sh")
    with trap() as box:
        done = debug(box.target, "sh", "-c", "echo gone >/dev/null && echo written")
        equal((done.out, done.returncode), (b"written\n", 0), f"{done.err!r}")
        equal(os.listdir(f"{box.root}/lands-here"), [])


attack.main()
