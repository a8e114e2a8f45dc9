#!/usr/bin/env python3
"""network.py AGENT [CLIENT] [--short] [SOCKETS [ROUNDS]] - ours against iproute2 and net-tools on the same
sockets, in turn.

Opens that many TCP connections (half of the sockets at each end) in a network namespace of its own, runs both
tools one after the other in every round, and prints medians of their processor time in milliseconds, which
others on the machine change less than the time of day, and their ratio. It judges nothing. Needs root.
"""
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys

CASES = (("ss -tan", ["ss", "-tan"]), ("ss -tanp", ["ss", "-tanp"]), ("ss -tanoiem", ["ss", "-tanoiem"]),
         ("ss -tan sport = :8000", ["ss", "-tan", "sport", "=", ":8000"]), ("ss -s", ["ss", "-s"]),
         ("ss -xa", ["ss", "-xa"]), ("netstat -tan", ["netstat", "-tan"]), ("ip addr", ["ip", "addr"]),
         ("ip route", ["ip", "route", "show", "table", "all"]))

HOLDER = """
import os, resource, socket, subprocess, sys, time
count = int(sys.argv[1]) // 2
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
# A listener has room for as many clients as there are ports, a process for as many as it may hold.
share = min(20000, (most - 50) // 2)
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
subprocess.run(["sysctl", "-qw", "net.ipv4.ip_local_port_range=1024 65535"], check=True)
for number in range(-(-count // share)):
    read, write = os.pipe()
    if os.fork():
        os.read(read, 1)
        continue
    kept = [socket.create_server((f"127.0.{number}.1", 8000), backlog=100)]
    for _ in range(min(share, count - number * share)):
        client = socket.socket()
        client.connect(kept[0].getsockname())
        kept += [client, kept[0].accept()[0]]
    os.write(write, b"x")
    time.sleep(3600)
print("made", flush=True)
time.sleep(3600)
"""


def spent():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def once(words, pid):
    begun = spent()
    subprocess.run(["nsenter", "-t", str(pid), "-n", *words], stdout=subprocess.DEVNULL, check=True)
    return (spent() - begun) * 1000


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    agent = os.path.abspath(sys.argv[1])
    short = "--short" in sys.argv
    numbers = [int(word) for word in sys.argv[2:] if word.isdigit()] + [0, 0]
    sockets = numbers[0] or (2_000 if short else 100_000)
    rounds = numbers[1] or (3 if short else 7)
    if os.geteuid() != 0 or not shutil.which("ip"):
        print("skip: needs root and iproute2")
        sys.exit(77)
    holder = subprocess.Popen(["unshare", "-n", sys.executable, "-c", HOLDER, str(sockets)],
                              stdout=subprocess.PIPE, start_new_session=True)
    try:
        if holder.stdout.readline() != b"made\n":
            sys.exit("the sockets were not made")
        print(f"{'':26} {'ours ms':>9} {'theirs ms':>10} {'ratio':>6}   with {sockets} sockets")
        for name, words in CASES:
            if not shutil.which(words[0]):
                print(f"{name:26} no {words[0]} to compare with")
                continue
            ours, theirs = [], []
            for _ in range(rounds):
                ours.append(once([agent, *words], holder.pid))
                # Numbers on both sides: ours looks no name up.
                theirs.append(once([words[0], "-n", *words[1:]] if words[0] == "ss" else words, holder.pid))
            one, other = statistics.median(ours), statistics.median(theirs)
            print(f"{name:26} {one:9.1f} {other:10.1f} {one / other:6.2f}", flush=True)
    finally:
        os.killpg(holder.pid, signal.SIGKILL)
        holder.wait()


main()
