# capture.py - tcpdump -w of ours and of Debian's beside it, while a loopback interface is as busy as
# it can be: how many packets each kept, and how many it lost.
#
#   python3 capture.py AGENT CLIENT [--short]
#
# The two take turns, at the same load. It prints and judges nothing.
import os
import re
import shutil
import socket
import statistics
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import *  # noqa: F403

SHORT = "--short" in sys.argv
SECONDS = 1 if SHORT else 5
ROUNDS = 1 if SHORT else 5


def flood(size, seconds):
    """Datagrams to nobody who reads them, as fast as one thread sends."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.connect(receiver.getsockname())
    data = bytes(size)
    end = time.perf_counter() + seconds
    sent = 0
    while time.perf_counter() < end:
        for _ in range(100):
            sender.send(data)
        sent += 100
    return sent, receiver.getsockname()[1]


def measure(program, size):
    words = [*program, "-i", "lo", "-w", scratch("kept"), "udp"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, env=environment())
    undo(process.kill)
    process.stderr.readline()
    time.sleep(0.3)
    results = []
    worker = threading.Thread(target=lambda: results.append(flood(size, SECONDS)))
    worker.start()
    worker.join()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    text = process.communicate(timeout=60)[1].decode()
    numbers = [int(n) for n in re.findall(r"^(\d+) packets", text, re.M)]
    sent = results[0][0]
    return sent / SECONDS, numbers[0], numbers[-1]


def main():
    if not shutil.which("tcpdump") or os.geteuid() != 0:
        print("skip: needs Debian's tcpdump and root")
        sys.exit(77)
    ways = {"limpet tcpdump -w": [AGENT, "tcpdump"], "limpet, older format": [AGENT, "tcpdump", "--pcap"],
            "tcpdump -w": ["tcpdump"], "tcpdump -B 16384 -w": ["tcpdump", "-B", "16384"]}
    for size in (64, 1400, 16000):
        taken = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, program in ways.items():
                taken[name].append(measure(program, size))
        print(f"\ndatagrams of {size} bytes   (aim: no more lost than by tcpdump)")
        for name, values in taken.items():
            rate, kept, lost = (statistics.median(column) for column in zip(*values))
            print(f"  {name:24} {rate:9.0f}/s sent, {kept:9.0f} kept, {lost:9.0f} lost "
                  f"({lost * 100 / max(kept + lost, 1):.2f} %)")


main()
