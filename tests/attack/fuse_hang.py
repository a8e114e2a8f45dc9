# fuse_hang.py - a file system of the container never answers: whoever looks at it, hangs.
#
# Each command has to give up after the deadline of ten seconds with a line that says why, and the
# next one has to work. While the file system's server has not taken a request, SIGKILL ends who
# asked; afterwards nothing does until the server ends, and such a process is left to the kernel.
import concurrent.futures
import os
import subprocess

import attack
from attack import (DEFAULT_CAPS, SYS_ADMIN, Box, case, check, debug, equal, must, seconds, start)

DEADLINE = 10
MARGIN = 4  # two seconds to notice, starting, and two cores that all of them share
ADMIN = ("--fuse", "--caps", f"{DEFAULT_CAPS | SYS_ADMIN:x}")
# (command, does it meet the file system?)
COMMANDS = [(("ls", "-R", "/"), True), (("find", "/"), True), (("du", "/"), True),
            (("cat", "/data/f"), True), (("cat", "/data/other"), True), (("stat", "/data/x"), True),
            (("ls", "-l", "/data"), True), (("grep", "-r", "x", "/data"), True),
            (("head", "/data/f"), True), (("tail", "-f", "/data/f"), True),
            (("wc", "/data/f"), True), (("sha256sum", "/data/f"), True),
            (("sh", "-c", "cat /data/f; echo next"), True),
            (("sh", "-c", "cat /data/f | wc -c; echo next"), True),
            (("sh", "-c", "(cat /data/f; :) | cat; echo next"), True),
            (("sh", "-c", "x=$(cat /data/f); echo next"), True),
            (("sh", "-c", "cat /data/f | while read -r line; do :; done; echo next"), True),
            (("sh", "-c", "cat </data/f"), True), (("sh", "-c", "echo /data/*"), True),
            (("ls", "/"), False), (("ps",), False), (("ps", "aux"), False), (("maps", "1"), False),
            (("env", "1"), False), (("mounts",), False), (("info",), False), (("df",), None),
            (("cat", "/proc/1/maps"), False), (("fds", "1"), None), (("status", "1"), False)]


def hanging(how="deaf"):
    if not os.path.exists("/dev/fuse"):
        raise attack.Skip("the kernel has no FUSE")
    box = Box("fuse_hang", "/data", how, options=ADMIN, files={"/etc/hosts": "here\n"},
              prepare=lambda root: os.mkdir(f"{root}/data"))
    equal(box.line(), "ready")
    return box


@case
def naive_helper_hangs():
    with hanging() as box:
        helper = start("ls", f"/proc/{box.pid}/root/data", stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        try:
            helper.wait(DEADLINE + MARGIN)
        except subprocess.TimeoutExpired:
            return
        raise AssertionError("the attack has no effect: ls ended")


def every_command_ends_and_says_so(how):
    known = must(attack.AGENT, "--list").split()
    commands = [(argv, meets) for argv, meets in COMMANDS if argv[0] in known]
    with hanging(how) as box:
        # At once, so that the whole takes one deadline and not twenty.
        with concurrent.futures.ThreadPoolExecutor(len(commands)) as pool:
            jobs = [pool.submit(seconds, lambda argv=argv: debug(box.target, *argv, timeout=40))
                    for argv, _ in commands]
        for (argv, meets), job in zip(commands, jobs):
            took, done = job.result()
            check(took <= DEADLINE + MARGIN, f"{argv} took {took:.1f} s")
            if meets:
                check(took > 1, f"{argv} did not meet the hanging mount: {done.out!r:.100} "
                      f"{done.err!r:.200}")
                check(b"did not answer for 10 s" in done.err, f"{argv} said {done.err!r:.300}")
                if argv[0] != "sh":
                    check(done.returncode != 0, f"{argv} exits 0")
            if meets is False:
                check(took < 5, f"{argv} was held up: {took:.1f} s")
                check(done.returncode == 0 and done.out, f"{argv}: {done.err!r:.200}")
        by_name = {argv: job.result()[1] for (argv, _), job in zip(commands, jobs)}
        for argv, done in by_name.items():
            if argv[-1].endswith("echo next"):
                check(done.out.endswith(b"next\n"), f"the shell did not go on: {argv} {done.out!r}")
        equal(debug(box.target, "cat", "/etc/hosts").out, b"here\n", "the next command")
        if how == "deaf":
            attack.until(lambda: not attack.agents(), what="the end of all its processes")
    attack.until(lambda: not attack.agents(), what="the end of those that were left")


# All that opens a named file, or goes through a tree, beside what COMMANDS has.
OTHERS = [("tar", "c", "/"), ("tar", "c", "/data/f"), ("tar", "tf", "/data/f"), ("diff", "-r", "/data", "/etc"),
          ("diff", "/data/f", "/etc/hosts"), ("cmp", "/data/f", "/etc/hosts"), ("cp", "/data/f", "/.limpet/scratch/x"),
          ("cp", "-r", "/data", "/.limpet/scratch/x"), ("install", "/data/f", "/.limpet/scratch/x"), ("dd", "if=/data/f"),
          ("less", "/data/f"), ("file", "/data/f"), ("tree", "/"), ("ls", "-R", "/data"), ("find", "/data", "-empty"),
          ("xxd", "/data/f"), ("od", "/data/f"), ("hexdump", "/data/f"), ("strings", "/data/f"), ("base64", "/data/f"),
          ("sort", "/data/f"), ("uniq", "/data/f"), ("cut", "-c1", "/data/f"), ("sed", "", "/data/f"), ("awk", "1", "/data/f"),
          ("jq", ".", "/data/f"), ("tac", "/data/f"), ("rev", "/data/f"), ("nl", "/data/f"), ("fold", "/data/f"),
          ("paste", "/data/f"), ("join", "/data/f", "/etc/hosts"), ("comm", "/data/f", "/etc/hosts"), ("column", "/data/f"),
          ("fmt", "/data/f"), ("expand", "/data/f"), ("gzip", "-c", "/data/f"), ("zcat", "/data/f"), ("zstdcat", "/data/f"),
          ("cksum", "/data/f"), ("md5sum", "-c", "/data/f"), ("split", "/data/f", "/.limpet/scratch/s"),
          ("xargs", "-a", "/data/f", "echo"), ("find", "/", "-name", "f*", "-exec", "echo", "{}", ";"),
          ("awk", "BEGIN { system(\"echo x\"); getline < \"/data/f\" }"), ("find", "/data", "-exec", "cat", "{}", "+"), ("grep", "x", "/data/f"), ("grep", "-f", "/data/f", "x"),
          ("readlink", "-f", "/data/x/y"), ("realpath", "/data/x/y"), ("which", "/data/f"), ("sh", "/data/f"),
          ("find", "/", "-newer", "/data/x"), ("tail", "-n1", "/data/f"), ("sh", "-c", ". /data/f")]


@case
def every_other_command_too():
    known = must(attack.AGENT, "--list").split()
    commands = [argv for argv in OTHERS if argv[0] in known]
    with hanging() as box:
        for first in range(0, len(commands), 14):
            some = commands[first:first + 14]
            with concurrent.futures.ThreadPoolExecutor(len(some)) as pool:
                jobs = [pool.submit(seconds, lambda argv=argv: debug(box.target, *argv, timeout=40)) for argv in some]
            for argv, job in zip(some, jobs):
                took, done = job.result()
                check(took <= DEADLINE + MARGIN, f"{argv} took {took:.1f} s")
                check(b"did not answer for 10 s" in done.err and b"partial" in done.err, f"{argv} said {done.err!r:.300}")
                check(took > 1, f"{argv} did not meet the hanging mount")
                equal(done.returncode, 1, f"{argv}: {done.err!r:.200}")
        for argv in (("vi", "/data/f"), ("less", "/data/f"), ("view", "/data/f")):
            terminal = attack.limpet.Terminal(attack.CLIENT, "exec", "-t", box.target, "--", *argv)
            took, _ = seconds(lambda: terminal.expect("did not answer", timeout=DEADLINE + MARGIN))
            equal(terminal.wait(), 1, f"{argv}")
        # What writes there meets it as well.
        for argv in (("rm", "-r", "/data/x"), ("chmod", "-R", "u+x", "/data"), ("mv", "/etc/hosts", "/data/x"), ("mkdir", "/data/new")):
            took, done = seconds(lambda: attack.limpet.limpet("exec", "--allow", "modify", box.target, "--", *argv))
            check(1 < took <= DEADLINE + MARGIN, f"{argv} took {took:.1f} s")
            check(b"did not answer for 10 s" in done.err and done.returncode == 1, f"{argv}: {done.returncode} {done.err!r:.300}")
    attack.until(lambda: not attack.agents(), what="the end of those that were left")


@case
def a_shell_goes_on():
    attack.have("sh")
    with hanging() as box:
        terminal = attack.limpet.Terminal(attack.CLIENT, "attach", box.target)
        terminal.send("echo be'gin'\r")
        terminal.expect("begin")
        terminal.send("cat /data/f\r")
        terminal.expect("did not answer", timeout=DEADLINE + MARGIN)
        terminal.send("cat /etc/hosts\r")
        terminal.expect("here")
        # Ctrl-C ends the wait at once.
        terminal.send("cat /data/f\r")
        attack.time.sleep(1)
        terminal.send("\x03")
        took, _ = seconds(lambda: (terminal.send("echo st'ill'\r"), terminal.expect("still")))
        check(took < 3, f"Ctrl-C took {took:.1f} s")
        terminal.send("exit\r")
        equal(terminal.wait(), 130 if terminal.status == 130 else 0)


@case
def ctrl_c_and_timeout_end_the_wait():
    with hanging() as box:
        took, done = seconds(lambda: attack.run(attack.CLIENT, "exec", "--timeout", "2", box.target,
                                                "--", "cat", "/data/f"))
        check(took < 6, f"--timeout 2 took {took:.1f} s")
        equal(done.returncode, 124, f"{done.err!r}")
        client = start(attack.CLIENT, "exec", box.target, "--", "cat", "/data/f",
                       stderr=subprocess.DEVNULL)
        attack.until(lambda: len(attack.children(client.pid)) >= 3, what="the session")
        attack.time.sleep(0.5)
        client.send_signal(2)
        took, _ = seconds(lambda: client.wait(20))
        check(took < 3, f"SIGINT took {took:.1f} s")


for way in ("deaf", "mute"):
    attack.add_case(f"every_command_ends_when_it_is_{way}", every_command_ends_and_says_so, way)
attack.main()
