# dns.py - dig, host, nslookup and the resolver: against dnsmasq as bind's dig tells it, and against servers that lie.
import contextlib
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import AGENT, Skip, case, check, equal, main, scratch, undo  # noqa: E402

ZONE = """
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
keep-in-foreground
user=root
address=/web.test/10.1.2.3
address=/web.test/fd00::3
cname=alias.test,real.test
host-record=real.test,10.9.9.9
host-record=db.ns.svc.test,10.7.7.7
mx-host=mail.test,mx1.mail.test,10
txt-record=txt.test,"hello world","second \\"quoted\\""
srv-host=_http._tcp.test,web.test,8080,1,2
ptr-record=3.2.1.10.in-addr.arpa,web.test
naptr-record=n.test,100,10,s,SIP+D2U,,_sip._udp.test
caa-record=test,0,issue,ca.test
dns-rr=ds.test,43,AABB0801CCDDEEFF00112233445566778899AABBCCDDEEFF
dns-rr=svcb.test,65,000100000100030268320003000201BB000400040A000001
dns-rr=odd.test,65280,0102
local=/test/
""" + "".join(f"txt-record=big.test,\"{n:03d}{'x' * 200}\"\n" for n in range(30))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def dnsmasq():
    program = shutil.which("dnsmasq", path=os.environ["PATH"] + ":/usr/sbin")
    if not program:
        raise Skip("no dnsmasq to ask")
    if not hasattr(dnsmasq, "port"):
        dnsmasq.port = free_port()
        with open(scratch("dnsmasq.conf"), "w") as file:
            file.write(ZONE)
        server = subprocess.Popen([program, "-C", scratch("dnsmasq.conf"), "-p", str(dnsmasq.port),
                                   "--pid-file="], stderr=subprocess.DEVNULL)
        undo(server.kill)
        for _ in range(100):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", dnsmasq.port)).close()
                break
            time.sleep(0.05)
    return dnsmasq.port


def run(*words, timeout=30):
    return subprocess.run([str(word) for word in words], capture_output=True, timeout=timeout)


def ours(*words, **options):
    return run(AGENT, *words, **options)


def within(folder, *words):
    """A command where the files of /etc in `folder` are the machine's: a mount namespace of its own."""
    mounts = "".join(f"mount --bind {folder}/{name} /etc/{name} && " for name in sorted(os.listdir(folder)))
    return run("unshare", "-m", "sh", "-c", f'{mounts} exec "$@"', "sh", *words)


def etc(name, **files):
    folder = scratch(name)
    os.makedirs(folder)
    for file, text in files.items():
        with open(f"{folder}/{file.replace('_', '.')}", "w") as out:
            out.write(text)
    return folder


# ---- as dig says

QUESTIONS = ["web.test", "web.test AAAA", "alias.test", "mail.test MX", "txt.test TXT", "_http._tcp.test SRV",
             "-x 10.1.2.3", "n.test NAPTR", "test CAA", "nothere.test", "+tcp web.test", "big.test TXT",
             "svcb.test HTTPS", "ds.test DS", "odd.test TYPE65280", "-t A -q web.test", "web.test alias.test MX",
             "+norecurse web.test", "+noclass web.test", "+nottlid web.test", "+noclass +nottlid web.test",
             "+nostats +noquestion web.test", "+dnssec web.test", "+bufsize=4096 big.test TXT", "+noedns web.test",
             "WEB.test", "a\\.b.test", "+ignore +bufsize=512 big.test TXT"]


@case
def answers_are_those_of_dig():
    if not shutil.which("dig"):
        raise Skip("no dig to compare with")
    port = dnsmasq()

    def plain(done):
        text = re.sub(r"^; <<>> DiG.*", "; DIG", done.stdout.decode(), flags=re.M)
        text = re.sub(r", id: \d+", "", text)
        # A record sits in dnsmasq's answer in any order.
        return [line for line in text.splitlines() if "Query time" not in line and "WHEN" not in line]

    for question in QUESTIONS:
        for view in ("+short", "+noall +answer", ""):
            words = ["@127.0.0.1", "-p", port, "+nocookie", *view.split(), *question.split()]
            one, other = ours("dig", *words), run("dig", *words)
            equal(sorted(plain(one)), sorted(plain(other)), f"dig {question} {view}")
            equal(one.returncode, other.returncode, f"dig {question} {view}")


@case
def answers_as_json():
    done = ours("dig", "@127.0.0.1", "-p", dnsmasq(), "alias.test", "-o", "json")
    answer = json.loads(done.stdout)
    equal(answer["status"], "NOERROR")
    equal([(one["type"], one["data"]) for one in answer["answer"]], [("CNAME", "real.test."), ("A", "10.9.9.9")])
    equal((answer["server"], answer["transport"]), ("127.0.0.1", "udp"))


@case
def nobody_answers():
    done = ours("dig", "@127.0.0.1", "-p", free_port(), "web.test", "+tries=1")
    equal(done.returncode, 9)
    check(b"connection refused" in done.stdout and b"no servers could be reached" in done.stdout, done.stdout)


# ---- the resolver

@case
def names_are_searched_as_glibc_does():
    port53 = etc("search", resolv_conf="nameserver 127.0.0.1\nsearch ns.svc.test svc.test test\noptions ndots:5\n",
                 nsswitch_conf="hosts: files dns\n", hosts="127.0.0.1 localhost\n10.5.5.5 fromhosts\n")
    done = within(port53, AGENT, "dig", "--explain", "fromhosts")
    check(b"10.5.5.5" in done.stdout and b"/etc/hosts has it" in done.stdout, done.stdout)
    with server_53():
        done = within(port53, AGENT, "dig", "--explain", "db")
        text = done.stdout.decode()
        equal(done.returncode, 0, text)
        steps = re.findall(r"^dns +(\S+\.) A: (.*?) \(", text, re.M)
        equal(steps, [("db.ns.svc.test.", "10.7.7.7")], text)
        check("0 dots, fewer than ndots" in text, text)
        done = within(port53, AGENT, "dig", "--explain", "web.test")
        names = re.findall(r"^dns +(\S+\.) A: ", done.stdout.decode(), re.M)
        equal(names, ["web.test.ns.svc.test.", "web.test.svc.test.", "web.test.test.", "web.test."])
        if shutil.which("getent"):
            for name in ("db", "web.test", "fromhosts"):
                theirs = within(port53, "getent", "ahostsv4", name).stdout.split()[:1]
                mine = within(port53, AGENT, "dig", "--explain", "-4", name).stdout.split()[-1:]
                equal(mine, theirs, name)


@contextlib.contextmanager
def server_53():
    """dnsmasq's answers on port 53 of loopback, which resolv.conf cannot change."""
    port = dnsmasq()
    try:
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 53))
    except OSError as reason:
        raise Skip(f"port 53 of loopback is taken: {reason}") from reason
    stop = threading.Event()

    def forward():
        one.settimeout(0.1)
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                query, client = one.recvfrom(65535)
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                    out.settimeout(5)
                    out.sendto(query, ("127.0.0.1", port))
                    one.sendto(out.recv(65535), client)

    thread = threading.Thread(target=forward)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        one.close()


# ---- servers that lie

class Liar:
    """Answers each query by what `answer(query)` makes of it: a list of datagrams."""

    def __init__(self, answer):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.answer = answer
        self.ports = set()
        self.ids = set()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            query, client = self.socket.recvfrom(65535)
            self.ports.add(client[1])
            self.ids.add(query[:2])
            for datagram in self.answer(query):
                self.socket.sendto(datagram, client)


def question_of(query):
    end = query.index(b"\0", 12) + 5
    return query[12:end]


def reply(query, records=b"", count=0, flags=0x8180, ident=None, question=None):
    asked = question_of(query) if question is None else question
    return ((query[:2] if ident is None else ident) + struct.pack(">HHHHH", flags, 1, count, 0, 0) + asked + records)


A_RECORD = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + b"\x0a\x00\x00\x01"
EVIL = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + b"\x06\x06\x06\x06"


def ask(liar, *words, timeout=20):
    return ours("dig", "@127.0.0.1", "-p", liar.port, "x.test", "+time=1", "+tries=1", *words, timeout=timeout)


@case
def only_the_answer_to_the_question_counts():
    other = b"\x01y\x04test\0" + struct.pack(">HH", 1, 1)
    forged = lambda query: [  # noqa: E731
        reply(query, EVIL, 1, ident=bytes([query[0] ^ 1, query[1]])), reply(query, EVIL, 1, question=other),
        query, b"", b"\0" * 11, reply(query, EVIL, 1, flags=0x0100),
        reply(query, A_RECORD, 1), reply(query, EVIL, 1)]
    done = ask(Liar(forged), "+short")
    equal(done.stdout, b"10.0.0.1\n")


@case
def ids_and_ports_are_drawn():
    liar = Liar(lambda query: [reply(query, A_RECORD, 1)])
    for _ in range(12):
        ask(liar, "+short")
    check(len(liar.ports) > 8 and len(liar.ids) > 8, f"{liar.ports} {liar.ids}")


@case
def names_that_point_in_circles_end():
    for name in (b"\xc0\x1d", b"\x01a\xc0\x1d", b"\xff\xff", b"\x3f" + b"a" * 20, b"\x40a\0", b"\xc0"):
        done = ask(Liar(lambda query, name=name: [
            reply(query, name + struct.pack(">HHIH", 1, 1, 60, 4) + b"\x0a\0\0\1", 1)]))
        equal(done.returncode, 9, str(name))
        check(b"timed out" in done.stdout, done.stdout)


@case
def counts_and_lengths_that_lie():
    for records, count in ((A_RECORD, 65535), (A_RECORD[:-2], 1),
                           (b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 60000) + b"\x0a", 1), (b"", 1)):
        done = ask(Liar(lambda query, records=records, count=count: [reply(query, records, count)]))
        equal(done.returncode, 9)
    # Data that is not what its type says is shown as it is.
    short = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 3) + b"\x0a\0\1"
    done = ask(Liar(lambda query: [reply(query, short, 1)]), "+short")
    equal(done.stdout, b"\\# 3 0A0001\n")


@case
def control_characters_are_told_by_number():
    data = b"\x03\x1b[m\0"
    record = b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, 60, len(data)) + data
    done = ask(Liar(lambda query: [reply(query, record, 1)]), "+short")
    equal(done.stdout, b"\\027[m.\n")


@case
def a_silent_server_costs_what_was_said():
    begin = time.monotonic()
    done = ask(Liar(lambda query: []), "+tries=2")
    equal(done.returncode, 9)
    check(1.9 < time.monotonic() - begin < 6, "it took another time")


@case
def a_chain_of_names_without_end():
    record = b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, 60, 2) + b"\xc0\x0c"
    liar = Liar(lambda query: [reply(query, record, 1)])
    done = ask(liar, "+short")
    equal(done.stdout, b"x.test.\n")


main()
