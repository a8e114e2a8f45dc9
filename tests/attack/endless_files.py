# endless_files.py - files and folders without end, to fill the memory or the time of who looks.
#
# 10^6 entries stand for the ten million that a hostile container may make: what matters is that
# memory does not grow with them, and that an operator can stop it.
import os
import signal
import subprocess

import attack
from attack import CLIENT, Box, case, check, debug, equal, must, seconds, start

# ls sorts up to 200,000 entries and what is known of each; more are shown as they come.
MEMORY = 160 << 20
ENTRIES = 1_000_000
DEPTH = 10_000
# ls -R and grep -r come back to a folder from the top: time grows with the square of the depth.
SQUARE_DEPTH = 2_000


def box(*arguments, **options):
    target = Box("endless", *arguments, options=("--tmpfs", "/tmp"), **options)
    equal(target.line(120), "ready")
    return target


def known(*commands):
    names = must(attack.AGENT, "--list").split()
    return [argv for argv in commands if argv[0] in names]


def peak(target, *argv, stop=None, stdout=subprocess.DEVNULL):
    """The most resident memory of the session's processes, and how it ended."""
    client = start(CLIENT, "exec", target.target, "--", *argv, stdout=stdout,
                   stderr=subprocess.PIPE)
    most, began = 0, attack.time.monotonic()
    while client.poll() is None:
        for pid in attack.children(client.pid):
            most = max(most, int((attack.status(pid, "VmHWM") or "0 kB").split()[0]) * 1024)
        attack.time.sleep(0.01)
        if stop and attack.time.monotonic() - began > stop:
            client.send_signal(signal.SIGINT)
            stop = None
        check(attack.time.monotonic() - began < 60, f"{argv} does not end")
    return most, client.returncode, client.stderr.read()


@case
def naive_helper_fills_its_memory():
    # What reads a folder whole, or a file to its end, before it prints.
    with box("many", ENTRIES) as target:
        code = f"import os,resource; [(e.name, e.stat()) for e in os.scandir('/proc/{target.pid}/root/tmp/many')]; " \
               "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        most = int(must("python3", "-c", code)) * 1024
        check(most > MEMORY, f"the attack has no effect: {most}")


@case
def a_million_entries():
    with box("many", ENTRIES) as target:
        for argv in known(("ls", "-l", "/tmp/many"), ("find", "/tmp/many"), ("sh", "-c", "for i in /tmp/many/file-99999*; do echo $i; done | wc -l")):
            took, (most, status, error) = seconds(lambda: peak(target, *argv))
            check(most < MEMORY, f"{argv} took {most >> 20} MiB")
            equal(status, 0, f"{argv}: {error!r:.200}")
            check(took < 45, f"{argv} took {took:.0f} s")
        counted = debug(target.target, "ls", "/tmp/many", timeout=60).out.count(b"\n")
        equal(counted, ENTRIES, "ls /tmp/many | wc -l")
        # And an operator who has seen enough gets out.
        for argv in known(("ls", "-l", "/tmp/many"), ("find", "/tmp/many", "-size", "+0")):
            client = start(CLIENT, "exec", target.target, "--", *argv, stdout=subprocess.DEVNULL)
            attack.time.sleep(0.3)
            client.send_signal(signal.SIGINT)
            took, _ = seconds(lambda: client.wait(20))
            check(took < 3, f"SIGINT to {argv} took {took:.1f} s")


@case
def a_file_that_grows():
    with box("grow") as target:
        for argv in known(("cat", "/tmp/grow"), ("sha256sum", "/tmp/grow"), ("tail", "-f", "/tmp/grow"),
                          ("grep", "-c", "y", "/tmp/grow"), ("strings", "/tmp/grow"), ("wc", "/tmp/grow"),
                          ("tail", "-c", "+1", "/tmp/grow"), ("tac", "/tmp/grow"), ("xxd", "/tmp/grow"),
                          ("tar", "c", "/tmp/grow"), ("gzip", "-c", "/tmp/grow"), ("awk", "{n++}", "/tmp/grow"),
                          ("sed", "-n", "$p", "/tmp/grow"), ("jq", ".", "/tmp/grow"), ("cmp", "/tmp/grow", "/tmp/grow"),
                          ("sort", "/tmp/grow")):
            took, (most, _, _) = seconds(lambda: peak(target, *argv, stop=1))
            check(took < 8, f"{argv} took {took:.0f} s though interrupted after 1")
            # One line without end is what grep and sort may have to hold: up to a limit of theirs.
            check(most < 4 * MEMORY, f"{argv} took {most >> 20} MiB")
        for argv in known(("tail", "-f", "/tmp/grow"), ("wc", "/tmp/grow"), ("sha256sum", "/tmp/grow"),
                          ("cat", "/tmp/grow"), ("strings", "/tmp/grow")):
            took, done = seconds(lambda: attack.run("sh", "-c", '"$@" >/dev/null', "-", CLIENT, "exec", "--timeout", "1",
                                                    target.target, "--", *argv))
            # What is read faster than it grows, on a busy machine, has an end after all; tail -f has none.
            caught_up = argv[0] != "tail" and done.returncode == 0
            check(caught_up or done.returncode == 124, f"{argv}: {done.returncode} {done.err!r:.200}")
            check(took < 4, f"--timeout 1 of {argv} took {took:.1f} s")
        took, done = seconds(lambda: debug(target.target, "tail", "-c", "1000000", "/tmp/grow"))
        check(took < 3 and len(done.out) >= 1000000, f"tail -c: {took:.1f} s, {len(done.out)} bytes")


@case
def sparse_files():
    def prepare(root):
        with open(f"{root}/sparse", "wb") as file:
            file.truncate(8 << 40)
    with Box("wait", prepare=prepare) as target:
        for argv in known(("cat", "/sparse"), ("tail", "-n", "1", "/sparse"), ("hexdump", "/sparse"),
                          ("grep", "x", "/sparse"), ("sort", "/sparse"), ("wc", "/sparse")):
            took, (most, _, _) = seconds(lambda: peak(target, *argv, stop=1))
            check(took < 8, f"{argv} took {took:.0f} s though interrupted after 1")
            check(most < 4 * MEMORY, f"{argv} took {most >> 20} MiB")
        for argv, wanted in ((("ls", "-l", "/sparse"), b"8796093022208"),
                             (("stat", "/sparse"), b"8796093022208")):
            check(wanted in debug(target.target, *argv).out, f"{argv}")


def folders_without_a_bottom(depth, *commands):
    with box("deep", depth) as target:
        for argv in known(*commands):
            took, (most, status, error) = seconds(lambda: peak(target, *argv))
            check(took < 30, f"{argv} took {took:.0f} s")
            check(most < MEMORY, f"{argv} took {most >> 20} MiB")
            check(status in (0, 1, 2), f"{argv}: {status} {error!r:.300}")
            check(status == 0 or error or argv[0] == "grep", f"{argv} failed without a word")
        long = "/tmp/deep/" + "d/" * DEPTH
        done = debug(target.target, "ls", long)
        check(done.returncode in (1, 2) and b"too long" in done.err, f"{done.err!r:.200}")
        found = debug(target.target, "find", "/tmp", "-name", "bottom").out
        check(len(found) > depth * 2 and found.endswith(b"/bottom\n"), "find missed the bottom")


attack.add_case("folders_ten_thousand_deep", folders_without_a_bottom, DEPTH,
                ("find", "/tmp", "-name", "bottom"), ("du", "-s", "/tmp"))
attack.add_case("folders_two_thousand_deep", folders_without_a_bottom, SQUARE_DEPTH,
                ("ls", "-R", "/tmp"), ("grep", "-r", "x", "/tmp"), ("tree", "/tmp"))


@case
def links_without_an_end():
    def prepare(root):
        os.symlink("loop", f"{root}/loop")
        os.symlink("b", f"{root}/a")
        os.symlink("a", f"{root}/b")
        os.makedirs(f"{root}/turn/around")
        os.symlink("/turn", f"{root}/turn/around/again")
    with Box("wait", prepare=prepare) as target:
        for path in ("/loop", "/a", "/loop/x"):
            done = debug(target.target, "cat", path)
            check(done.returncode == 1 and b"symbolic links" in done.err, f"{done.err!r:.200}")
        for argv in known(("find", "-L", "/turn"), ("ls", "-RL", "/turn"), ("grep", "-R", "x", "/turn"),
                          ("du", "-L", "/turn")):
            took, (most, status, error) = seconds(lambda: peak(target, *argv))
            check(took < 20 and most < MEMORY, f"{argv}: {took:.0f} s, {most >> 20} MiB")
            check(status < 128, f"{argv}: {status} {error!r:.200}")


@case
def leases_do_not_hold_a_reader():
    with Box("endless", "lease", prepare=lambda root: [
            open(f"{root}/lease{i}", "wb").close() for i in range(10)]) as target:
        equal(target.line(), "ready")
        for argv in known(("cat", "/lease0"), ("head", "/lease1"), ("grep", "-r", "x", "/"),
                          ("ls", "-l", "/lease2"), ("stat", "/lease3"), ("wc", "/lease4"), ("tail", "/lease5"),
                          ("tar", "c", "/lease6"), ("cp", "-r", "/lease7", "/.limpet/scratch/x"),
                          ("diff", "/lease8", "/lease9"), ("cmp", "/lease0", "/lease1"),
                          ("file", "/lease1"), ("sha256sum", "/lease2"), ("sed", "", "/lease3"), ("awk", "1", "/lease4"),
                          ("jq", ".", "/lease5"), ("sort", "/lease6"), ("xxd", "/lease7"), ("less", "/lease8"),
                          ("tac", "/lease9"), ("sh", "-c", "cat </lease0"), ("find", "/", "-name", "lease*", "-exec", "cat", "{}", "+")):
            took, done = seconds(lambda: debug(target.target, *argv))
            check(took < 3, f"{argv} took {took:.1f} s")
            check(done.returncode == 0 or b"lease" in done.err, f"{argv}: {done.err!r:.200}")


@case
def large_attributes():
    with Box("wait", files={"/etc/tagged": "x\n"}) as target:
        for number in range(10):
            os.setxattr(f"{target.root}/etc/tagged", f"user.x{number}", b"x" * 300)
        for argv in known(("ls", "-l", "/etc"), ("stat", "/etc/tagged"), ("cat", "/etc/tagged")):
            equal(debug(target.target, *argv).returncode, 0, f"{argv}")


attack.main()
