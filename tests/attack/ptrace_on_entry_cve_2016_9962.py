# ptrace_on_entry_cve_2016_9962.py - the container traces, reads and kills whoever enters it.
#
# Also CVE-2019-5736 (its executable) and CVE-2016-8649 (its descriptors): the watcher tries every
# one of them on each process that it sees, and signals those that it cannot see.
import os
import subprocess

import attack
from attack import (DEFAULT_CAPS, SYS_PTRACE, Box, add_case, case, check, equal, must, scratch,
                    start)

# What the watcher must be able to do to a process that joined its pid namespace with all
# privileges; security of a helper cannot rest on less.
BOXES = {
    "root": ((), {"seen", "signal"}),
    "ptrace": (("--caps", f"{DEFAULT_CAPS | SYS_PTRACE | 0x1ffffffffff:x}"),
               {"seen", "signal", "environ", "mem", "exe", "root", "fd/10", "secret", "ptrace"}),
    "nobody": (("--uid", "65532"), {"seen"}),
}
SECRET = "HOST-SECRET-in-fd-and-environment"


def secret_file():
    path = scratch("host-secret")
    with open(path, "w") as file:
        file.write(SECRET)
    os.chmod(path, 0o600)
    return path


def watched(box):
    box.say("end")
    lines = []
    while not (line := box.line()).startswith("end "):
        lines.append(line)
    return lines


def with_secret_on_10(path):
    def prepare():
        fd = os.open(path, os.O_RDWR)
        os.dup2(fd, 10)
    return prepare


@case
def naive_helper_is_owned():
    path = secret_file()
    for options, wanted in BOXES.values():
        with Box("watch", options=options) as box:
            equal(box.line(), "ready")
            subprocess.run(["nsenter", "-t", str(box.pid), "-p", "--", "sleep", "0.3"], timeout=20,
                           env={**os.environ, "TOKEN": SECRET}, close_fds=False, check=False,
                           preexec_fn=with_secret_on_10(path))
            could = {line.split()[0] for line in watched(box)}
            check(wanted <= could, f"the attack has no effect: {sorted(could)}")


@case
def naive_helper_is_killed():
    with Box("watch", "kill") as box:
        equal(box.line(), "ready")
        done = attack.run("nsenter", "-t", box.pid, "-p", "--", "sleep", "2")
        check(done.returncode in (-9, 137), f"the attack has no effect: {done.returncode}")


def owned(options):
    """A session that stays: the attackers have all the time they want."""
    path = secret_file()
    with Box("watch", options=options) as box:
        equal(box.line(), "ready")
        process = start(attack.CLIENT, "exec", box.target, "--", "cat", stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE, close_fds=False,
                        env=attack.limpet.environment(TOKEN=SECRET),
                        preexec_fn=with_secret_on_10(path))
        process.stdin.write(b"one\n")
        process.stdin.flush()
        equal(process.stdout.readline(), b"one\n")
        for _ in range(20):
            attack.debug(box.target, "ps" if "ps" in must(attack.AGENT, "--list").split() else "ls")
        process.stdin.write(b"two\n")
        process.stdin.close()
        equal(process.stdout.read(), b"two\n")
        equal(process.wait(10), 0)
        equal(watched(box), [])


@case
def killing_everybody_kills_none_of_ours():
    with Box("watch", "kill") as box:
        equal(box.line(), "ready")
        process = start(attack.CLIENT, "exec", box.target, "--", "cat", stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE)
        for number in range(50):
            process.stdin.write(b"%d\n" % number)
            process.stdin.flush()
            equal(process.stdout.readline(), b"%d\n" % number)
            equal(attack.debug(box.target, "ls", "/").returncode, 0)
        process.stdin.close()
        equal(process.wait(10), 0)
        equal(watched(box), [])


for box_name, (box_options, _) in BOXES.items():
    add_case(f"{box_name}_gets_nothing", owned, box_options)
attack.main()
