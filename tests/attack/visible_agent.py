# visible_agent.py - the container polls its /proc at full speed for whoever comes in.
import subprocess

import attack
from attack import (DEFAULT_CAPS, SYS_ADMIN, SYS_PTRACE, Box, add_case, case, check, debug, equal,
                    must, run)

SESSIONS = 100
BOXES = {"root": (), "admin": ("--caps", f"{DEFAULT_CAPS | SYS_PTRACE | SYS_ADMIN:x}"),
         "nobody": ("--uid", "65532"), "user_namespace": ("--user",)}


def seen_by(box):
    """What the watcher saw since the last time; it must have been looking."""
    box.say("end")
    lines = []
    while not (line := box.line()).startswith("end "):
        lines.append(line)
    check(int(line.split()[1]) > 20, f"the watcher hardly looked: {line}")
    return lines


@case
def naive_helper_is_seen():
    for options in BOXES.values():
        with Box("watch", options=options) as box:
            equal(box.line(), "ready")
            run("nsenter", "-t", box.pid, "-p", "--", "sleep", "0.2")
            check(any(line.startswith("seen ") for line in seen_by(box)), "it saw nobody")


def sessions(name):
    known = must(attack.AGENT, "--list").split()
    commands = [argv for argv in (("ls", "/"), ("ps",), ("cat", "/proc/1/status"), ("ss", "-a"),
                                  ("ls", "-R", "/etc"), ("env", "1"), ("maps", "1"), ("fds", "1"),
                                  ("sh", "-c", "ls | cat; cat /proc/1/stat"), ("info",))
                if argv[0] in known]
    with Box("watch", options=BOXES[name]) as box:
        equal(box.line(), "ready")
        before = attack.read(f"/proc/{box.pid}/mountinfo")
        for number in range(SESSIONS // 4):
            together = [subprocess.Popen([attack.CLIENT, "exec", box.target, "--",
                                          *commands[(number + i) % len(commands)]],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL,
                                         env=attack.limpet.environment()) for i in range(4)]
            equal([process.wait(30) for process in together].count(125), 0, "failed to enter")
        equal(seen_by(box), [])
        equal(attack.read(f"/proc/{box.pid}/mountinfo"), before, "mountinfo of the target")
        done = debug(box.target, "ls", "/")
        check(b"watch" in done.out, f"the sessions did not see the box: {done.out} {done.err}")


for box_name in BOXES:
    add_case(f"{box_name}_sees_nobody", sessions, box_name)
attack.main()
