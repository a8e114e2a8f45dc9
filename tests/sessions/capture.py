# capture.py - tcpdump against the real one, on the same packets.
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import packets  # noqa: E402
from limpet import AGENT, Skip, case, check, equal, main, scratch, undo  # noqa: E402


def run(*words, **options):
    return subprocess.run(words, capture_output=True, timeout=60, env={**os.environ, "TZ": "UTC"}, **options)


def lines(*words, **options):
    done = run(*words, **options)
    equal(done.returncode, 0, f"{words}: {done.stderr!r}")
    return done.stdout.decode(errors="surrogateescape").splitlines()


def need(program):
    if subprocess.run(["sh", "-c", f"command -v {program}"], capture_output=True).returncode:
        raise Skip(f"no {program} to compare with")


def write(name, data):
    path = scratch(name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def sample():
    return write("sample.pcap", packets.pcap(packets.conversation()))


# What is ours alone, and what each says in its own words.
def comparable(rows):
    rows = [re.sub(r": TLS: server name .*", "", row) for row in rows]
    return [row.rstrip() for row in rows]


@case
def packets_are_printed_as_by_tcpdump():
    need("tcpdump")
    path = sample()
    for words in (["-n"], ["-n", "-e"], ["-n", "-t"], ["-n", "-tt"], ["-n", "-ttt"], ["-n", "-tttt"],
                  ["-n", "-ttttt"], ["-nS"], ["-n", "-x", "-c", "5"], ["-n", "-X"], ["-n", "-XX", "-c", "5"],
                  ["-n", "-xx", "-c", "3"], ["-nA", "tcp or vlan"], ["-nq", "tcp or arp or udp"]):
        # What is not decoded is named by either in its own way.
        known = words if "-nA" in words or "-nq" in words else [*words, "not igmp and not sctp"]
        ours = comparable(lines(AGENT, "tcpdump", "-r", path, *known))
        theirs = comparable(lines("tcpdump", "-r", path, *known))
        for mine, other in zip(ours, theirs):
            equal(mine, other, words)
        equal(len(ours), len(theirs), words)


@case
def more_is_printed_as_by_tcpdump():
    need("tcpdump")
    path = sample()
    for level in ("-nv", "-nve", "-nvv"):
        for chosen in ("arp", "tcp and not port 443 and not port 80", "icmp", "icmp6", "udp port 9999",
                       "tcp dst port 80", "udp src port 53" if level == "-nv" else "udp dst port 9999"):
            equal(comparable(lines(AGENT, "tcpdump", level, "-r", path, chosen)),
                  comparable(lines("tcpdump", level, "-r", path, chosen)), (level, chosen))


FILTERS = """
tcp|udp|icmp|icmp6|arp|ip|ip6|igmp|sctp|not ip|tcp or udp|ip and not tcp|rarp
host 10.0.0.1|src host 10.0.0.1|dst 10.0.0.1|10.0.0.2|host 10.0.0.9|src or dst host 10.0.0.1
src and dst host 10.0.0.1|ip host 10.0.0.2|arp host 10.0.0.9|host fd00::1|ip6 host fd00::2|dst host fd00::1
net 10|net 10.0.0.0/24|net 10.0|src net 10.0.0.0/30|net 10.0.0.0 mask 255.255.255.0|net fd00::/16|net 11
dst net 224.0.0.0/4|net 0.0.0.0/0
port 80|tcp port 80|src port 80|dst port 53|udp port 53|port 22|port domain|tcp dst port http
port 80 or 443|port 80 or port 443|tcp port (80 or 443)|port (80 or 22) and ip6|portrange 40000-40001
tcp portrange 1-100|not port 53|host 10.0.0.1 and not port 80|tcp port 80 and host 10.0.0.2 or arp
tcp dst port 80 or 22 or 443|src portrange 53-80|sctp port 1
tcp[tcpflags] & tcp-syn != 0|tcp[tcpflags] == tcp-syn|tcp[tcpflags] & (tcp-syn|tcp-fin) != 0
tcp[13] = 18|tcp[13] & 7 != 0|(tcp[12] & 0xf0) >> 2 > 20|ip[6:2] & 0x1fff = 0|ip[8] < 65|ip[2:2] > 60
ip[0] & 0xf = 5|ip[9] = 17 and ip[2:2] - 20 > 10|udp[4:2] > 8|udp[0:2] = 53|icmp[0] = 8|icmp[icmptype] != icmp-echo
icmp[icmptype] = icmp-unreach and icmp[icmpcode] = 3|ip[ip[0] & 15] = 1|tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420
ether[12:2] = 0x800|ether[0] & 1 != 0|link[0] & 1 = 0|ip6[6] = 58|icmp6[0] = 128|len > 100|len <= 60|len = 42
less 60|greater 100|1 = 1|2 < 1|5 + 3 = 8|len - 14 = ip[2:2]|ip[2:2] = len - 14|ip[8] * 2 = 128|ip[8] % 3 = 1
ip[12:4] = 0x0a000001|ip[16] >= 224|-1 = 0xffffffff|ip[8] << 1 = 128|ip[8] ^ 64 = 0|ip[8] / 2 = 32
ether host 02:42:00:00:00:01|ether src 02:42:00:00:00:02|ether dst ff:ff:ff:ff:ff:ff|ether broadcast|broadcast
multicast|ether multicast|ip multicast|ip6 multicast|ether proto 0x88b5|ether proto \\arp|ip proto 17|ip proto \\tcp
proto 6|ip6 proto 17|ip6 proto \\icmp6|vlan|vlan 10|vlan and udp|vlan 20 and tcp|vlan 10 or vlan 20|not vlan
not (tcp or udp)|! tcp|tcp && port 80|tcp || arp|(tcp and (port 80 or (port 22 and ip6))) or icmp
not host 10.0.0.1 and 10.0.0.2|host 10.0.0.1 or fd00::1|ip and (src 10.0.0.2 or dst 10.0.0.1)
"""


@case
def filters_choose_the_same_packets():
    need("tcpdump")
    frames = packets.conversation()
    four = [frame[14:] for frame in frames if frame[12:14] in (b"\x08\0", b"\x86\xdd")]
    cooked = [struct.pack("!HHH8s", 0 if i % 2 else 4, 1, 6, frame[6:12] + b"\0\0") + frame[12:]
              for i, frame in enumerate(frames)]
    cooked2 = [frame[12:14] + struct.pack("!HIHBB8s", 0, 2, 1, 4 if i % 2 else 0, 6, frame[6:12] + b"\0\0") +
               frame[14:] for i, frame in enumerate(frames) if frame[12:14] != b"\x81\0"]
    files = [write("ethernet.pcap", packets.pcap(frames)), write("raw.pcap", packets.pcap(four, 101)),
             write("cooked.pcap", packets.pcap(cooked, 113)), write("cooked2.pcap", packets.pcap(cooked2, 276))]
    wrong = []
    compared = 0
    for path in files:
        for text in expressions():
            theirs = run("tcpdump", "-n", "-t", "-xx", "-r", path, text)
            ours = run(AGENT, "tcpdump", "-n", "-t", "-xx", "-r", path, text)
            if theirs.returncode != 0:
                # They know more or fewer addresses of a link; nobody may make up packets.
                continue
            compared += 1
            if ours.returncode != 0 or hexes(ours) != hexes(theirs):
                wrong.append((os.path.basename(path), text, ours.stderr[:90]))
    equal(wrong, [])
    check(compared > 300, f"only {compared} were compared")


def expressions():
    for row in FILTERS.strip().splitlines():
        # A bar inside of parentheses is arithmetic's.
        yield from re.split(r"(?<!\|)\|(?!\|)(?!tcp-fin)", row)


def hexes(done):
    return re.findall(rb"^\t0x[0-9a-f]+: .*$", done.stdout, re.M)


@case
def what_is_no_filter_is_refused():
    path = sample()
    for text in ("tcp and", "port", "port 70000", "host", "(tcp", "tcp)", "host example.org", "tcp port http-nonsense",
                 "ip[1:3] = 1", "tcp[", "net 10.0.0.1/8", "foo", "1 / 0 = 1", "not", "and tcp", "ip = 1",
                 "(" * 1000, "host 10.0.0.1 10.0.0.2"):
        done = run(AGENT, "tcpdump", "-r", path, text)
        equal(done.returncode, 2, text)
        check(b"filter: " in done.stderr, done.stderr)


@case
def long_filters_jump_far():
    path = sample()
    many = " or ".join(f"port {number}" for number in range(1, 60)) + " or port 80"
    equal(len(lines(AGENT, "tcpdump", "-n", "-r", path, many)),
          len(lines(AGENT, "tcpdump", "-n", "-r", path, "portrange 1-59 or port 80")))


@case
def files_of_every_kind_are_read_and_written():
    frames = packets.conversation()
    wanted = lines(AGENT, "tcpdump", "-n", "-r", sample())
    for options in ({"nano": True}, {"big": True}, {"nano": True, "big": True}):
        path = write("other.pcap", packets.pcap(frames, **options))
        equal(lines(AGENT, "tcpdump", "-n", "-r", path), wanted, options)
    for words in ([], ["--pcap"]):
        path = scratch("written")
        equal(run(AGENT, "tcpdump", "-r", sample(), "-w", path, *words).returncode, 0)
        equal(lines(AGENT, "tcpdump", "-n", "-r", path), wanted, words)
        with open(path, "rb") as file:
            data = file.read()
        equal(data[:4], b"\xd4\xc3\xb2\xa1" if words else b"\x0a\x0d\x0d\x0a")
        need("tcpdump")
        equal(len(lines("tcpdump", "-n", "-r", path)), len(lines("tcpdump", "-n", "-r", sample())))
        need("capinfos")
        text = run("capinfos", "-Mc", path).stdout.decode()
        equal(re.search(r"Number of packets:\s*(\d+)", text).group(1), str(len(frames)), text)
        cut = write("cut", data[:-3])
        done = run(AGENT, "tcpdump", "-r", cut)
        equal(done.returncode, 1)
        check(b"in the middle of a packet" in done.stderr, done.stderr)
    short = write("short.pcap", packets.pcap(frames, snapshot=20))
    equal(len(lines(AGENT, "tcpdump", "-nqt", "-r", short)), len(frames))
    equal(run(AGENT, "tcpdump", "-r", write("none", b"not at all a capture")).returncode, 1)


def listen(*words):
    process = subprocess.Popen([AGENT, "tcpdump", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    undo(process.kill)
    heard = process.stderr.readline()
    check(b"listening on" in heard, heard)
    return process


def may_capture():
    if os.getuid() != 0:
        raise Skip("no right to capture")


@case
def packets_are_captured_as_they_pass():
    may_capture()
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    port = receiver.getsockname()[1]
    for interface in ("lo", "any"):
        process = listen("-i", interface, "-n", "-t", "-c", "3", "udp", "port", str(port))
        for _ in range(3):
            receiver.sendto(b"hello", ("127.0.0.1", port))
        out, errors = process.communicate(timeout=20)
        equal(process.returncode, 0)
        rows = out.decode().splitlines()
        equal(len(rows), 3)
        check(all(row.endswith(f"IP 127.0.0.1.{port} > 127.0.0.1.{port}: UDP, length 5") for row in rows), rows)
        equal(rows[0].split()[0:2] if interface == "any" else ["lo", "In"], ["lo", "In"])
        check(b"3 packets captured" in errors and b"0 packets dropped" in errors, errors)
    receiver.close()


@case
def an_interrupt_ends_it_in_order():
    may_capture()
    process = listen("-i", "lo", "-w", "-", "udp port 1")
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=20)
    equal(process.returncode, 0)
    check(b"0 packets captured" in errors, errors)
    equal(out[:4], b"\x0a\x0d\x0d\x0a")


@case
def what_is_kept_names_the_processes():
    may_capture()
    need("tshark")
    server = socket.create_server(("127.0.0.1", 0))
    undo(server.close)
    port = server.getsockname()[1]
    path = scratch("named.pcapng")
    process = listen("-i", "any", "-w", path, "-c", "3", "tcp", "port", str(port))
    client = socket.create_connection(("127.0.0.1", port))
    time.sleep(0.3)
    process.communicate(timeout=20)
    client.close()
    text = run("tshark", "-r", path, "-T", "fields", "-e", "frame.comment", "-e", "tcp.port").stdout.decode()
    comm = open("/proc/self/comm").read().strip()
    check(f"{comm}[{os.getpid()}]" in text, text)
    equal(len(text.splitlines()), 3)


@case
def the_kernel_takes_every_filter():
    may_capture()
    for text in expressions():
        for interface in ("lo", "any"):
            done = run(AGENT, "tcpdump", "-i", interface, "-d", text)
            if done.returncode == 0:
                check(int(done.stdout.split()[0]) > 0, text)
    process = listen("-i", "lo", " or ".join(f"port {number}" for number in range(1, 60)))
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    equal(process.returncode, 0)


@case
def interfaces_are_listed():
    rows = lines(AGENT, "tcpdump", "-D")
    equal(sorted(row.split(".", 1)[1].split()[0] for row in rows), sorted([*os.listdir("/sys/class/net"), "any"])
          if "bonding_masters" not in os.listdir("/sys/class/net") else
          sorted({row.split(".", 1)[1].split()[0] for row in rows}))
    done = run(AGENT, "tcpdump", "-i", "nosuchinterface0")
    equal(done.returncode, 1)


main()
