# copy_receiver_cve_2019_1002101.py - an agent that sends what it wants, to a client that copies.
#
# kubectl cp trusted the names in the archive that the container sent, and three fixes were not
# enough (CVE-2019-1002101, -11246, -11249, -11251). Here the whole agent is the attacker's.
import hashlib
import os
import stat
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from attack import *  # noqa: F403
import limpet

BEGIN, DIRECTORY, FILE, LINK, DATA, COMPLETE, ABANDONED, PREFIX, END = range(1, 10)


def text(words):
    return struct.pack("<I", len(words)) + words


def record(kind, payload=b""):
    return struct.pack("<BI", kind, len(payload)) + payload


def entry(kind, path, mode=0o644, link=b"", size=0):
    form = {DIRECTORY: stat.S_IFDIR, FILE: stat.S_IFREG, LINK: stat.S_IFLNK}[kind]
    return record(kind, text(path) + struct.pack("<IIIQIQ", form | mode, 0, 0, 1, 0, size) +
                  text(link) + struct.pack("<I", 0))


def whole(path, data, mode=0o644):
    return (entry(FILE, path, mode, size=len(data)) + record(DATA, struct.pack("<Q", 0) + data) +
            record(COMPLETE, struct.pack("<Q", len(data)) +
                   text(hashlib.sha256(data).hexdigest().encode())))


BEGINNING = record(BEGIN, b"LMPC" + struct.pack("<I", 1))


def stream(*records, count):
    return BEGINNING + b"".join(records) + record(END, struct.pack("<Q", count))


AGENT_TEXT = '''#!/usr/bin/python3
import os, struct, sys
def frame(kind, session=0, stream=0, payload=b""):
    return struct.pack("<IBBHI", len(payload), kind, stream, 0, session) + payload
def take():
    header = b""
    while len(header) < 12:
        header += os.read(0, 12 - len(header)) or sys.exit(0)
    size, kind = struct.unpack("<IB", header[:5])
    while size > 0:
        size -= len(os.read(0, size))
    return kind
software = b"liar 1"
os.write(1, frame(1, payload=b"LMPT" + struct.pack("<II", 2, 1 << 20) +
                  struct.pack("<I", len(software)) + software))
while take() != 2:
    pass
data = open(sys.argv[0] + ".stream", "rb").read()
for at in range(0, len(data), 60000):
    os.write(1, frame(3, 1, 1, data[at:at + 60000]))
os.write(1, frame(4, 1, 1) + frame(4, 1, 2) + frame(8, 1, 0, struct.pack("<BII", 0, 0, 0)))
while True:
    take()
'''


def copy(name, data, *options):
    """What `limpet cp` makes of it: the finished client and the folder that it copied to."""
    base = scratch(name)
    os.makedirs(f"{base}/to")
    program = f"{base}/agent"
    with open(program, "w") as file:
        file.write(AGENT_TEXT)
    os.chmod(program, 0o755)
    with open(program + ".stream", "wb") as file:
        file.write(data)
    done = limpet.limpet("cp", "-r", *options, "x:/y", f"{base}/to",
                  env=limpet.environment(LIMPET_AGENT=program), timeout=30)
    return done, base


def outside(base):
    return sorted(set(os.listdir(base)) - {"to", "agent", "agent.stream"})


@case
def a_right_stream_is_taken():
    """The control: what is refused below is refused for its content."""
    done, base = copy("right", stream(entry(DIRECTORY, b"d", 0o755), whole(b"d/f", b"data"),
                                      record(COMPLETE, struct.pack("<Q", 0) + text(b"")), count=2))
    equal(done.returncode, 0, f"{done.err!r}")
    with open(f"{base}/to/d/f", "rb") as file:
        equal(file.read(), b"data")


@case
def a_naive_receiver_is_led_out():
    """The control of the attack: what joins names to its destination writes beside it."""
    base = scratch("naive")
    os.makedirs(f"{base}/to")
    for path in ("../escaped", f"{base}/absolute"):
        with open(os.path.join(f"{base}/to", path), "w") as file:
            file.write("x")
    equal(outside(base), ["absolute", "escaped"])


@case
def no_name_leads_out():
    for number, path in enumerate((b"../escaped", b"a/../../escaped", b"/tmp/limpet-escaped", b"..",
                                   b".", b"", b"a//b", b"a/./b", b"a\0b", b"a/", b"./a", b"n" * 256,
                                   b"a/" * 3000 + b"a")):
        done, base = copy(f"name-{number}", stream(whole(path, b"x"), count=1))
        check(done.returncode != 0, f"{path[:40]!r} was taken")
        equal(outside(base), [], path[:40])
        equal(os.listdir(f"{base}/to"), [], path[:40])
        check(not os.path.exists("/tmp/limpet-escaped"), "written to /tmp")


@case
def no_link_is_gone_through():
    for kind, leads in ((b"relative", b".."), (b"absolute", None)):
        base_name = f"link-{kind.decode()}"
        leads = leads or os.fsencode(scratch(base_name))
        done, base = copy(base_name, stream(
            entry(LINK, b"a", 0o777, leads), whole(b"a/escaped", b"x"), count=2))
        check(done.returncode != 0, "written through a link")
        equal(outside(base), [])
        # As a file of the same name, the link is replaced and not followed.
        done, base = copy(base_name + "-file", stream(
            entry(LINK, b"a", 0o777, leads + b"/escaped"), whole(b"a", b"x"), count=2))
        equal(done.returncode, 0, f"{done.err!r}")
        check(not os.path.islink(f"{base}/to/a"), "the link is still there")
        equal(outside(base), [])
        # And a directory over a link is refused.
        done, base = copy(base_name + "-directory", stream(
            entry(LINK, b"a", 0o777, leads), entry(DIRECTORY, b"a", 0o777),
            whole(b"a/escaped", b"x"), record(COMPLETE, struct.pack("<Q", 0) + text(b"")), count=3))
        check(done.returncode != 0, "a directory through a link")
        equal(outside(base), [])


@case
def nothing_sets_ids_and_nothing_is_special():
    done, base = copy("setid", stream(whole(b"s", b"x", 0o6755), count=1))
    equal(done.returncode, 0, f"{done.err!r}")
    equal(stat.S_IMODE(os.stat(f"{base}/to/s").st_mode), 0o755)
    # A mode that says device makes a regular file, never a device.
    device = record(FILE, text(b"dev") + struct.pack("<IIIQIQ", stat.S_IFBLK | 0o666, 0, 0, 1, 0,
                                                      0) + text(b"") + struct.pack("<I", 0))
    done, base = copy("device", stream(device, record(COMPLETE, struct.pack("<Q", 0) + text(
        hashlib.sha256(b"").hexdigest().encode())), count=1))
    check(not os.path.exists(f"{base}/to/dev") or
          stat.S_ISREG(os.lstat(f"{base}/to/dev").st_mode), "a device")


@case
def what_is_not_whole_has_no_name():
    digest = hashlib.sha256(b"other").hexdigest().encode()
    begun = entry(FILE, b"f", size=4) + record(DATA, struct.pack("<Q", 0) + b"data")
    for name, data in (
            ("wrong-digest", stream(begun, record(COMPLETE, struct.pack("<Q", 4) + text(digest)),
                                    count=1)),
            ("cut", BEGINNING + begun),
            ("cut-in-a-record", BEGINNING + begun[:-2]),
            ("abandoned", stream(begun, record(ABANDONED, text(b"no")), count=1)),
            ("ended-within", stream(begun, count=1)),
            ("backwards", stream(begun, record(DATA, struct.pack("<Q", 0) + b"again"), count=1)),
            ("far", stream(begun, record(DATA, struct.pack("<Q", 2**63) + b"x"), count=1)),
            ("too-large", BEGINNING + struct.pack("<BI", DATA, 0xffffffff)),
            ("unknown", BEGINNING + record(99)),
            ("miscounted", stream(count=7)),
            ("nothing", b""),
            ("no-beginning", begun)):
        done, base = copy(name, data)
        check(done.returncode != 0, f"{name} was taken")
        check(done.err, f"{name}: nothing is said")
        equal([entry for entry in os.listdir(f"{base}/to")], [], name)


@case
def directories_without_an_end_are_refused():
    depth = 6000
    done, base = copy("deep", stream(*[entry(DIRECTORY, b"d", 0o755) for _ in range(depth)],
                                     count=depth))
    check(done.returncode != 0, "taken")
    equal(outside(base), [])


@case
def names_do_not_reach_the_terminal():
    done, _ = copy("escape", stream(entry(FILE, b"\x1b]0;owned\x07/..", 0o644), count=1))
    check(b"\x1b" not in done.err, f"{done.err!r}")


main()
