# under_fire.py - processes that are many, hidden, nested, gone while they are read, or named so as to
# break what reads them.
#
# LIMPET_CROWD is how many processes and sockets there are (2000 and twice that, for seconds).
import ctypes
import json
import os
import re
import resource
import socket
import subprocess
import sys
import time

import attack
from attack import AGENT, DEFAULT_CAPS, SYS_ADMIN, Box, Skip, case, check, debug, equal, must, run, scratch, start, until

CROWD = int(os.environ.get("LIMPET_CROWD", "2000"))
FORKS = r"""
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>
int main(int count, char** words) {
    int made = 0;
    for (int wanted = atoi(words[1]); made < wanted; ++made) {
        const pid_t child = fork();
        if (child < 0) break;
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, 9);
            for (;;) pause();
        }
    }
    printf("%d\n", made);
    fflush(stdout);
    for (;;) pause();
    return count;
}
"""
HOLDER = """
import os, resource, socket, sys, time
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
wanted = int(sys.argv[1])
os.system("ip link set lo up; sysctl -qw net.ipv4.ip_local_port_range='1024 65535'")
share = min(20000, (most - 50) // 2)
made = 0
for number in range(-(-wanted // (2 * share))):
    read, write = os.pipe()
    mine = min(share, wanted // 2 - number * share)
    if os.fork() == 0:
        kept = [socket.create_server((f"127.0.{number}.1", 8000), backlog=100)]
        for _ in range(mine):
            client = socket.socket()
            client.connect(kept[0].getsockname())
            kept += [client, kept[0].accept()[0]]
        os.write(write, b"x")
        time.sleep(3600)
    os.read(read, 1)
    made += 2 * mine + 1
print(made, flush=True)
time.sleep(3600)
"""


def lines(text):
    return text.decode(errors="surrogateescape").splitlines()


@case
def a_crowd_of_processes():
    source = scratch("crowd.c")
    with open(source, "w") as file:
        file.write(FORKS)
    must("gcc", "-O1", "-o", scratch("crowd"), source)
    with open("/proc/sys/kernel/pid_max") as file:
        wanted = min(CROWD, int(file.read()) - 3000)
    crowd = start(scratch("crowd"), wanted, stdout=subprocess.PIPE)
    made = int(crowd.stdout.readline())
    check(made > 100, f"only {made} processes were made")
    pid = str(crowd.pid)
    # Both ways of reading: with and without a directory of each.
    for columns in ("ppid=,args=", "ppid=,rss=,args="):
        done = run(AGENT, "ps", "-e", "-o", columns, timeout=300)
        rows = [line for line in lines(done.out) if line.split()[0] == pid]
        equal(len(rows), made, columns)
        check(all("crowd" in row for row in rows), "a row without its command")
    equal(int(run(AGENT, "pgrep", "-c", "-P", pid, timeout=300).out), made, "pgrep")
    equal(sum("crowd" in line for line in lines(run(AGENT, "top", "-b", "-n", "1", timeout=300).out)), made + 1, "top")
    check(len(lines(run(AGENT, "fds", "-a", timeout=600).out)) > made, "fds")
    crowd.kill()


@case
def a_crowd_of_sockets():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    holder = start("unshare", "-n", sys.executable, "-c", HOLDER, 2 * min(CROWD, 100 * most), stdout=subprocess.PIPE,
                   start_new_session=True)
    attack.undo(lambda: os.killpg(holder.pid, 9))
    made = int(holder.stdout.readline())
    inside = ("nsenter", "-t", holder.pid, "-n", AGENT)
    equal(len(lines(run(*inside, "ss", "-Htan", timeout=300).out)), made)
    rows = [json.loads(line) for line in lines(run(*inside, "ss", "-tanp", "-o", "json", timeout=600).out)]
    equal(len(rows), made)
    check(all(row["processes"] for row in rows), "a socket that nobody holds")
    os.killpg(holder.pid, 9)


def hidden(option, *argv):
    """Of somebody who is nobody, before a /proc that hides what is not his."""
    script = f"mount -t proc -o hidepid={option} proc /proc && exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$@\""
    return run("unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh", *argv)


@case
def what_hidepid_hides_is_left_out_without_a_word():
    os.chmod(os.path.dirname(scratch("x")), 0o711)
    agent = scratch("agent")
    must("cp", AGENT, agent)
    os.chmod(agent, 0o755)
    for option in (1, 2):
        naive = hidden(option, "ls", "/proc").out.split()
        check((b"1" in naive) == (option == 1), f"hidepid={option} has no effect here: {naive[:5]}")
        for argv in (("ps", "-o", "pid=,ppid="), ("ps", "aux"), ("top", "-b", "-n", "1"), ("fds", "-a"), ("pgrep", "."), ("lsof",),
                     ("pstree",)):
            done = hidden(option, agent, *argv)
            check(not done.err, f"hidepid={option}: {argv}: {done.err!r:.300}")
        owners = {line.split()[0] for line in lines(hidden(option, agent, "ps", "-o", "uid=,pid=").out)}
        equal(owners, {"65534"}, f"hidepid={option}")


@case
def a_target_that_hides_its_processes_hides_none():
    script = "mount -t proc -o hidepid=2 proc /proc; sleep 600 & exec sleep 600"
    outside = start("unshare", "-mpf", "--propagation", "private", "--kill-child", "sh", "-c", script)
    main = until(lambda: run("pgrep", "-P", outside.pid, "-x", "sleep").out.split(), what="the target")[0].decode()
    names = [line.split() for line in lines(debug(f"pid:{main}", "ps", "-o", "pid=,user=,comm=").out)]
    equal([row[2] for row in names], ["sleep", "sleep"], names)


@case
def a_pid_namespace_below_the_targets():
    with Box("nested", options=("--caps", f"{DEFAULT_CAPS | SYS_ADMIN:x}")) as box:
        child = int(box.line().split()[1])
        row = json.loads(debug(box.target, "status", "-o", "json", str(child)).out)
        equal(row["ns_pids"], [child, 1])
        text = debug(box.target, "status", str(child)).out.decode()
        check(re.search(rf"pids inwards +{child} 1 ", text), text)
        pids = {int(line) for line in lines(debug(box.target, "ps", "-o", "pid=").out)}
        equal(pids, {1, child})


@case
def ids_of_a_user_namespace_mapped_and_raw():
    with Box("hostile_names", "one", options=("--user", "--uid", "7")) as box:
        equal(box.line(), "ready")
        with open(f"/proc/{box.pid}/status") as file:
            raw = int(re.search(r"^Uid:\t(\d+)", file.read(), re.M)[1])
        check(raw != 7, "no user namespace here")
        row = json.loads(debug(box.target, "status", "-o", "json", "1").out)
        equal((row["uid"]["effective"], row["raw_uid"]), (7, raw))
        check(f"user {raw}, group" in debug(box.target, "status", "1").out.decode(), "no raw id for people")
        equal(debug(box.target, "ps", "-o", "uid=,raw_uid=", "-p", "1").out.split(), [b"7", str(raw).encode()])


@case
def a_number_that_is_another_process_between_two_files():
    program = attack.build("churn")
    fight = start("unshare", "-pf", "--mount-proc", "--kill-child", program, "none", stdout=subprocess.PIPE)
    if fight.stdout.readline() != b"ready\n":
        raise Skip("ns_last_pid cannot be set here")
    outer = until(lambda: must("pgrep", "-P", str(fight.pid)).split(), what="the fight")[0]
    inside = ("nsenter", "-t", outer, "-p", "-m", AGENT, "ps", "-o")
    seen = set()
    for columns in ("pid=,comm=,args=", "pid=,comm=,rss=,args="):
        end = time.monotonic() + 3
        while time.monotonic() < end:
            for line in lines(run(*inside, columns).out):
                words = line.split()
                # The one who looks may have the number himself.
                if words[0] != "500" or words[1] in ("ps", "nsenter"):
                    continue
                seen.add(words[1])
                # Of one that has ended, or ends meanwhile, its name is what there is of its arguments.
                if words[-1] != "<defunct>":
                    equal(words[-1].strip("[]"), words[1], f"of two processes: {line}")
    equal(seen, {"aaaa", "bbbb"}, "the number has one owner alone")
    fight.kill()


@case
def a_covered_proc_is_a_finding():
    with Box("fake_proc", "tmpfs", options=("--caps", f"{DEFAULT_CAPS | SYS_ADMIN:x}"), files={"/etc/hostname": "box\n"}) as box:
        equal(box.line(), "ready")
        covered = json.loads(debug(box.target, "info", "-o", "json").out)["covered_proc"]
        check("is covered by tmpfs" in covered, covered)
        for command in ("info", "health"):
            out = debug(box.target, command).out
            check(b"is covered by tmpfs" in out, f"{command}: {out!r:.400}")


NAME = "one\nFAKE \x1b[31mx"


@case
def names_are_one_row_each():
    # PR_SET_NAME cuts at fifteen bytes; paths and arguments hold all of it.
    folder = "/tmp/m\nFAKE"

    def prepare(root):
        os.makedirs(root + folder)
    with Box("hostile_names", NAME, options=("--tmpfs", folder), prepare=prepare) as box:
        equal(box.line(), "ready")
        for argv in (("ps",), ("ps", "-ef"), ("ps", "-eT"), ("ps", "--forest"), ("pstree", "-p"), ("top", "-b", "-n", "1"), ("fds", "1"),
                     ("lsof",), ("maps", "1"), ("smaps", "1"), ("maps", "-x", "1"), ("status", "1"), ("threads", "1"),
                     ("ss", "-xa"), ("netstat", "-xa"), ("mount",), ("findmnt",), ("sample", "-n", "2", "1"),
                     ("wchan", "1"), ("deleted",), ("df", "-a"), ("info",), ("lsns",)):
            done = debug(box.target, *argv)
            wrong = [line for line in done.out.split(b"\n") if line.lstrip().startswith(b"FAKE")]
            check(not wrong, f"{argv}: {wrong[0][:80]!r}" if wrong else "")
        whole = json.loads(debug(box.target, "ps", "-o", "json", "-p", "1").out)
        equal(whole["argv"][1], NAME)
        paths = [json.loads(line)["path"] for line in lines(debug(box.target, "maps", "-o", "json", "1").out)]
        check(any("FAKE" in path for path in paths), paths)
        sockets = [json.loads(line)["path"] for line in lines(debug(box.target, "ss", "-xa", "-o", "json").out)]
        check(f"/tmp/{NAME}.sock" in sockets, sockets)
        points = [json.loads(line) for line in lines(debug(box.target, "mount", "-o", "json").out)]
        check(any(folder in point.values() for point in points), points)


attack.main()
