# network.py - commands about the network against iproute2, in the same namespace at the same time.
import json
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import AGENT, Skip, case, equal, check, main, undo  # noqa: E402


def out(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=30)
    check(done.returncode == 0, f"{words}: {done.returncode}: {done.stderr!r}")
    return done.stdout


def need(program):
    if subprocess.run(["sh", "-c", f"command -v {program}"], capture_output=True).returncode:
        raise Skip(f"no {program} to compare with")


def settled(ours, theirs):
    """Both answers, asked again while lifetimes and states move between the two."""
    for _ in range(5):
        one, other = ours(), theirs()
        if one == other:
            break
    return one, other


@case
def ip_says_what_iproute2_says():
    need("ip")
    for words in (["a"], ["-4", "a"], ["-br", "a"], ["-br", "l"], ["l"], ["r"], ["-6", "r"],
                  ["r", "show", "table", "all"], ["n"], ["ru"], ["-6", "ru"],
                  ["r", "get", "127.0.0.1"]):
        lines = lambda text: [line.rstrip() for line in text.splitlines()  # noqa: E731
                              if not line.strip().startswith("cache")]
        ours, theirs = settled(lambda: lines(out(AGENT, "ip", *words)),
                               lambda: lines(out("ip", *words)))
        equal(ours, theirs, f"ip {' '.join(words)}")


@case
def ip_has_the_fields_of_iproute2():
    need("ip")
    for words in (["a"], ["l"], ["r"], ["-6", "r"], ["n"], ["ru"]):
        ours, theirs = settled(lambda: json.loads(out(AGENT, "ip", "-j", *words)),
                               lambda: json.loads(out("ip", "-j", *words) or "[]"))
        equal(ours, theirs, f"ip -j {' '.join(words)}")
        lines = out(AGENT, "ip", "-o", "json", *words).splitlines()
        equal(len(lines), len(ours))


@case
def sockets_are_those_of_iproute2():
    need("ss")
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    server, _ = listener.accept()
    datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagram.bind(("127.0.0.1", 0))
    for thing in (listener, client, server, datagram):
        undo(thing.close)
    ports = {thing.getsockname()[1] for thing in (listener, client, server, datagram)}

    def theirs():
        rows = [line.split() for line in out("ss", "-Hatun").splitlines()]
        return {tuple(row[:6]) for row in rows if int(row[4].rsplit(":", 1)[1]) in ports}

    def ours():
        rows = [line.split() for line in out(AGENT, "ss", "-Hatun").splitlines()]
        return {tuple(row[:6]) for row in rows if row[4].rsplit(":", 1)[1] in map(str, ports)}

    one, other = settled(ours, theirs)
    equal(one, other)
    equal(len(one), 4)

    rows = [json.loads(line) for line in out(AGENT, "ss", "-atpi", "-o", "json").splitlines()]
    mine = [row for row in rows if row["local_port"] == client.getsockname()[1]]
    equal(mine[0]["processes"], [{"pid": os.getpid(), "fd": client.fileno(),
                                  "comm": open("/proc/self/comm").read().strip()}])
    check(mine[0]["tcp"]["mss"] > 0, "no details of the connection")
    port = listener.getsockname()[1]
    listening = out(AGENT, "ss", "-Hta", "state", "listening", "sport", "=", f":{port}").splitlines()
    equal(len(listening), 1)
    equal(out(AGENT, "ss", "-Hta", "state", "established", "dport", "=", ":1"), "")


@case
def unix_sockets_with_hostile_names():
    name = f"\0limpet-{os.getpid()}\n\x1b[31m"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(name)
    listener.listen()
    undo(listener.close)
    inode = os.fstat(listener.fileno()).st_ino
    rows = [json.loads(line) for line in out(AGENT, "ss", "-xl", "-o", "json").splitlines()]
    equal([row["path"] for row in rows if row["inode"] == inode], ["@" + name[1:]])
    check("\x1b" not in out(AGENT, "ss", "-xl"), "an escape came through the table")


@case
def netstat_is_a_face_of_them():
    listener = socket.create_server(("127.0.0.1", 0))
    undo(listener.close)
    port = listener.getsockname()[1]
    check(any(f"127.0.0.1:{port} " in line and f" {os.getpid()}/" in line
              for line in out(AGENT, "netstat", "-tulpn").splitlines()), "the listener is missing")
    equal([json.loads(line) for line in out(AGENT, "netstat", "-r", "-o", "json").splitlines()],
          json.loads(out(AGENT, "ip", "-j", "-4", "r")))


main()
