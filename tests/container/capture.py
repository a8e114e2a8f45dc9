# capture.py - limpet capture, and the commands about the container, against Docker's containers.
import json
import os
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import *  # noqa: F403
from engines import RUN, docker, docker_image, new_name, once  # noqa: E402

BUSY = ("/bin/sh", "-c", "while :; do ping -c 1 127.0.0.1 >/dev/null; sleep 0.05; done")
PCAPNG = b"\x0a\x0d\x0d\x0a"


@once
def busy():
    return docker(*BUSY)


def with_options(*words):
    """Docker's container with options of its own; the last words are its program."""
    at = words.index("--")
    name = new_name()
    must("docker", "run", "-d", "--label", f"limpet-test={RUN}", "--name", name, *words[:at],
         "--entrypoint", words[at + 1], docker_image(), *words[at + 2:])
    undo(lambda: run("docker", "rm", "-f", name))
    return name


def rows(target, *words):
    done = limpet_exec(target, *words, "-o", "json")
    check(done.returncode in (0, 1), done.err)
    return [json.loads(line) for line in done.out.splitlines()]


def count(path):
    if not shutil.which("capinfos"):
        raise Skip("no capinfos to count the packets")
    return int(must("capinfos", "-TMrc", path).split()[-1])


@case
def packets_come_as_a_file_of_its_own_name():
    path = scratch("four.pcapng")
    done = limpet("capture", "-i", "lo", "-c", "4", "-w", path, busy(), "icmp")
    equal(done.returncode, 0, done.err)
    check(not os.path.exists(path + ".part"), "the unfinished file is still there")
    equal(count(path), 4)
    piped = limpet("capture", busy(), "-i", "any", "-c", "2", "-w", "-", "icmp")
    equal((piped.returncode, piped.out[:4]), (0, PCAPNG))
    older = limpet("capture", "--pcap", "-i", "lo", "-c", "1", busy())
    equal(older.out[:4], b"\xd4\xc3\xb2\xa1")


@case
def an_interrupt_leaves_a_whole_file():
    path = scratch("interrupted.pcapng")
    client = start(CLIENT, "capture", "-i", "lo", "-w", path, busy(), stderr=subprocess.PIPE)
    check(b"listening on lo" in client.stderr.readline(), "it does not listen")
    time.sleep(1)
    client.send_signal(signal.SIGINT)
    equal(client.wait(20), 0)
    check(count(path) > 0, "nothing was kept")


@case
def a_stream_that_was_cut_is_no_file():
    path = scratch("cut.pcapng")
    client = start(CLIENT, "capture", "-i", "lo", "-w", path, busy(), stderr=subprocess.PIPE)
    check(b"listening on lo" in client.stderr.readline(), "it does not listen")
    time.sleep(1)
    client.kill()
    client.wait()
    check(not os.path.exists(path), "half a capture has the name of a whole one")
    check(os.path.exists(path + ".part"), "what came until then is lost")
    refused = limpet("capture", "-i", "nosuch0", "-w", path, busy())
    equal(refused.returncode, 1)
    check(not os.path.exists(path), "a file of nothing")


@case
def the_network_is_all_that_it_needs():
    words = ("tcpdump", "-i", "lo", "-c", "1", "-nt", "icmp")
    done = limpet("exec", "--allow-only", "network", busy(), "--", *words)
    equal(done.returncode, 0, done.err)
    check(b"IP 127.0.0.1 > 127.0.0.1: ICMP echo" in done.out, done.out)
    equal(limpet("exec", "--allow-only", "files", busy(), "--", *words).returncode, 126)
    # A file of the target is read by who may read files, and written by who may write.
    equal(limpet("exec", "--allow-only", "network", busy(), "--", "tcpdump", "-r", "/x").returncode, 126)
    done = limpet_exec(busy(), "tcpdump", "-i", "lo", "-c", "1", "-w", "/x", "icmp")
    check(done.returncode != 0 and b"modify" in done.err, done.err)
    kept = limpet_exec(busy(), "sh", "-c", "tcpdump -i lo -c 2 -w $LIMPET_SCRATCH/p icmp; "
                       "tcpdump -ntr $LIMPET_SCRATCH/p | wc -l")
    equal(kept.out.split(), [b"2"], kept.err)


@case
def limits_are_those_of_the_container():
    name = with_options("--network", "none", "-m", "32m", "--cpus", "0.02", "--pids-limit", "40",
                        "--", "/bin/sh", "-c", "while :; do :; done")
    time.sleep(4)
    found = {row["resource"]: row for row in rows(name, "cgroup")}
    equal((found["memory"]["limit"], found["tasks"]["limit"], found["cpu"]["limit"]),
          (32 << 20, 40, 0.02))
    check(found["throttled"]["used"] > 50, found["throttled"])
    lights = {row["check"]: row["state"] for row in rows(name, "health")}
    equal((lights["throttled"], lights["all"], lights["memory"]), ("bad", "bad", "ok"))
    equal(limpet_exec(name, "health").returncode, 1)


@case
def rights_and_namespaces_are_those_of_the_container():
    name = with_options("--network", "none", "--ipc", "host", "--cap-add", "NET_ADMIN", "--cap-drop", "MKNOD",
                        "-e", "API_TOKEN=x-y-z-secret", "--", "/bin/sleep", "1000")
    caps = {row["capability"]: row for row in rows(name, "caps")}
    equal((caps["net_admin"]["note"], caps["mknod"]["note"], caps["chown"]["note"]),
          ("added", "dropped", ""))
    whose = {row["type"]: row["whose"] for row in rows(name, "namespaces")}
    equal((whose["ipc"], whose["net"], whose["pid"]), ("node", "own", "own"))
    done = limpet_exec(name, "secrets")
    check(b"API_TOKEN" in done.out and b"x-y-z" not in done.out, done.out)
    equal(limpet("exec", "--allow-only", "processes", name, "--", "secrets", "--probe").returncode, 126)
    layers = [row["part"] for row in rows(name, "rootfs")]
    equal(layers[:2], ["overlay", "upper"])


@case
def a_target_that_covers_its_proc_is_told_of():
    name = with_options("--network", "none", "--cap-add", "SYS_ADMIN", "--security-opt",
                        "seccomp=unconfined", "--", "/bin/sh", "-c",
                        "mount -t tmpfs none /proc/1; : >/done; sleep 1000")
    until = time.time() + 20
    while limpet_exec(name, "test", "-e", "/done").returncode and time.time() < until:
        time.sleep(0.2)
    light = {row["check"]: row for row in rows(name, "health")}["own /proc"]
    equal((light["state"], light["note"]), ("warn", "/proc/1 is covered by tmpfs"))
    done = limpet_exec(name, "changes", "-o", "json")
    check(any(json.loads(row)["path"] == "/done" for row in done.out.splitlines()), done.out)


main()
