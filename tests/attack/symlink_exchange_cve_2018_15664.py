# symlink_exchange_cve_2018_15664.py - a directory becomes a link to the host's while it is opened.
import os
import time

import attack
from attack import Box, build, case, check, debug, must, run, scratch

SECONDS = 20  # for each kind of link; a minute for the three
ROUNDS = 40000
HOST = b"HOST-SECRET-7f3a"


def race(link):
    """A box whose /race/dir is exchanged with a link to a directory of the host, and back."""
    host = scratch("host")
    os.makedirs(host, exist_ok=True)
    for name in ("marker", "host-name-7f3a"):
        with open(f"{host}/{name}", "wb") as file:
            file.write(HOST + b"\n")
    os.chmod(host, 0o755)

    def prepare(root):
        os.makedirs(f"{root}/race/dir")
        os.symlink(link(host), f"{root}/race/link")
        with open(f"{root}/race/dir/marker", "wb") as file:
            file.write(b"INSIDE\n")
    return Box("exchange", "/race/dir", "/race/link", prepare=prepare)


def absolute(host):
    return host


def upwards(host):
    return "../" * 30 + host.lstrip("/")


def magic(host):
    # /proc/PID/root of a process of ours would be the host's; the target cannot know a pid of
    # ours, so it tries the one that is always there.
    return "/proc/self/root/../../../.." + host


def attempt(link):
    known = must(attack.AGENT, "--list").split()
    many = 500
    commands = [argv for argv in (
        ("cat", *["/race/dir/marker"] * many), ("head", "-n", "1", *["/race/dir/marker"] * many),
        ("ls", "-R", *["/race"] * many), ("stat", *["/race/dir/marker", "/race/dir/."] * many),
        ("find", *["/race"] * many), ("grep", "-r", ".", *["/race"] * many),
        ("sha256sum", *["/race/dir/marker"] * many), ("readlink", *["/race/dir"] * many),
        ("du", *["/race"] * many), ("sh", "-c", "cd /race/dir; " + "cat marker; ls; pwd; " * 20),
        ("sh", "-c", "echo /race/dir/*; cat </race/dir/marker; " * 20)) if argv[0] in known]
    check(len(commands) >= 3, f"too few commands to try: {commands}")
    inside = missed = 0
    with race(link) as target:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for argv in commands:
                done = debug(target.target, *argv)
                for leak in (HOST, b"host-name-7f3a"):
                    check(leak not in done.out, f"{argv[:3]} leaked the host's file")
                check(b"host-name-7f3a" not in done.err, f"{argv[:3]} saw the host's directory")
                inside += done.out.count(b"INSIDE")
                missed += done.err.count(b"\n")
    # The race was on: both states of the directory were met.
    check(inside > 100 and missed > 100, f"no race: {inside} reads inside, {missed} errors")


@case
def naive_copy_leaks():
    for link in (absolute, upwards):
        with race(link) as target:
            done = run(build("naive_copy"), target.root, "race/dir", "marker", ROUNDS)
            leaks = done.out.count(HOST)
            check(leaks > 0, f"the attack has no effect: {done.out[:100]!r} {done.err[:100]!r}")


attack.add_case("absolute_link", attempt, absolute)
attack.add_case("link_upwards", attempt, upwards)
attack.add_case("magic_link", attempt, magic)
attack.main()
