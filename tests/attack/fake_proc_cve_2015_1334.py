# fake_proc_cve_2015_1334.py - the container mounts a /proc of its own that lies.
#
# lxc-attach read security labels from the container's /proc (CVE-2015-1334); runc was led to write
# to forged files of it (CVE-2019-16884, CVE-2019-19921, CVE-2025-52881).
import attack
from attack import DEFAULT_CAPS, SYS_ADMIN, Box, add_case, case, check, debug, equal, must, read

ADMIN = ("--caps", f"{DEFAULT_CAPS | SYS_ADMIN:x}")
LIES = ("tmpfs", "bind", "link", "self")


def liar(how):
    box = Box("fake_proc", how, options=ADMIN, files={"/etc/hostname": "box\n"})
    equal(box.line(), "ready")
    return box


@case
def naive_helper_believes():
    for how in LIES:
        with liar(how) as box:
            # In through the door that everybody uses: the process's root.
            path = f"/proc/{box.pid}/root/proc/1/status"
            if how == "link":
                path = f"/proc/{box.pid}/root/tmp/lies/1/status"
            check(b"FAKE" in read(path), f"{how}: the attack has no effect")


def truth(how):
    known = must(attack.AGENT, "--list").split()
    with liar(how) as box:
        for argv in (("cat", "/proc/1/status"), ("cat", "/proc/1/stat"), ("cat", "/proc/self/comm"),
                     ("cat", "/proc/1/comm"), ("cat", "/proc//self/status"),
                     ("cat", "/./proc/1/comm"), ("head", "-n", "1", "/proc/1/status"),
                     ("ps",), ("ps", "aux"), ("pstree",), ("status", "1"), ("threads", "1"),
                     ("sh", "-c", "cat /proc/1/comm; cat </proc/1/comm; cd /proc/1; cat comm")):
            if argv[0] not in known:
                continue
            done = debug(box.target, *argv)
            check(b"FAKE" not in done.out + done.err, f"{argv} believed: {done.out!r:.300}")
            check(b"fake_proc" in done.out, f"{argv} did not tell the truth: {done.out!r:.300} "
                  f"{done.err!r:.300}")
        names = debug(box.target, "ls", "/proc").out.split()
        check(b"1" in names and b"FAKE" not in names, f"ls /proc: {names}")
        for command, file in (("maps", "maps"), ("env", "environ"), ("limits", "limits"),
                              ("mounts", "mountinfo")):
            if command in known:
                done = debug(box.target, command, "1")
                if command == "mounts":
                    done = debug(box.target, command)
                    # The lie itself is seen for what it is: a mount at /proc.
                    if how != "link":
                        check(done.out.count(b"/proc") >= 2, f"no overmount: {done.out!r:.300}")
                check(b"FAKE" not in done.out + done.err, f"{command}: {done.out!r:.300}")
                check(done.returncode == 0 and done.out, f"{command}: {done.err!r:.300}")


def by_other_ways(how):
    """A mount over /proc, met by paths that only lead there when they are walked.

    A link in its place is not among these: it is the target's link, and followed as one.
    """
    known = must(attack.AGENT, "--list").split()
    with liar(how) as box:
        for argv in (("cat", "/etc/../proc/1/status"), ("cat", "/tmp/../proc/1/stat"),
                     ("sh", "-c", "cd /etc; cat ../proc/1/status"),
                     ("sh", "-c", "cd /etc; cat <../proc/1/status"),
                     ("head", "-n", "1", "/etc/../proc/1/status")):
            if argv[0] not in known:
                continue
            done = debug(box.target, *argv)
            check(b"FAKE" not in done.out, f"{argv} believed: {done.out!r:.300}")
            check(b"fake_proc" in done.out, f"{argv} told nothing: {done.err!r:.300}")


for lie in LIES:
    add_case(f"{lie}_is_not_believed", truth, lie)
    if lie != "link":
        add_case(f"{lie}_is_not_believed_by_other_ways", by_other_ways, lie)
attack.main()
