# hostile_archives.py - archives that want to be unpacked elsewhere, for ever, or as something else.
#
# The debugger unpacks them as root into /dest of the target: CVE-2001-1267 and all that came after
# it, CVE-2019-11251 among them. What lies outside /dest is /keep, and must stay as it is.
import io
import os
import stat
import subprocess
import tarfile

import attack
from attack import CLIENT, Box, case, check, equal, run, scratch, start

BLOCK = 512


def entry(name, data=b"", kind=tarfile.REGTYPE, link="", mode=0o644, size=None, uid=0, extra=None):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.uid = kind, link, mode, uid
    info.size = len(data) if size is None else size
    if kind in (tarfile.CHRTYPE, tarfile.BLKTYPE):
        info.devmajor, info.devminor = 1, 5
    info.pax_headers = extra or {}
    form = tarfile.PAX_FORMAT if extra else tarfile.GNU_FORMAT
    return info.tobuf(form) + data + bytes(-len(data) % BLOCK)


SYM, HARD, FOLDER = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE
EVIL = b"evil\n"
END = bytes(2 * BLOCK)
# What each wants is to write /keep/evil, to change /keep/file, or to lend it a name in /dest.
ARCHIVES = {
    "upwards": entry("../keep/evil", EVIL),
    "upwards from a folder": entry("a/", kind=FOLDER) + entry("a/../../keep/evil", EVIL),
    "absolute": entry("/keep/evil", EVIL),
    "slashes": entry("//..//keep/evil", EVIL) + entry("./.././keep/evil", EVIL),
    "by a link": entry("l", kind=SYM, link="/keep") + entry("l/evil", EVIL),
    "by a link upwards": entry("l", kind=SYM, link="../keep") + entry("l/evil", EVIL),
    "by two links": entry("a", kind=SYM, link="b") + entry("b", kind=SYM, link="/keep") + entry("a/evil", EVIL),
    "by a link to a link's folder": entry("a/", kind=FOLDER) + entry("a/l", kind=SYM, link="..") + entry("a/l/l", kind=SYM, link="..")
    + entry("a/l/l/keep/evil", EVIL),
    "a folder that becomes a link": entry("d/", kind=FOLDER) + entry("d", kind=SYM, link="/keep") + entry("d/evil", EVIL),
    "a folder by a link": entry("l", kind=SYM, link="/keep") + entry("l/evil/", kind=FOLDER),
    "a mode by a link": entry("l", kind=SYM, link="/keep/file") + entry("l", kind=FOLDER, mode=0o777),
    "through a link that is the file": entry("l", kind=SYM, link="/keep/file") + entry("l", EVIL),
    "a hard link out": entry("h", kind=HARD, link="/keep/file") + entry("h", EVIL),
    "a hard link upwards": entry("h", kind=HARD, link="../keep/file") + entry("h", EVIL),
    "a hard link by a link": entry("l", kind=SYM, link="/keep") + entry("h", kind=HARD, link="l/file") + entry("h", EVIL),
    "a hard link to a link": entry("l", kind=SYM, link="/keep/file") + entry("h", kind=HARD, link="l") + entry("h", EVIL),
    "a long name": entry("x/" * 2000 + "../" * 2003 + "keep/evil", EVIL),
    "pax names": entry("x", EVIL, extra={"path": "../keep/evil"}) + entry("l", kind=SYM, extra={"linkpath": "/keep"}) + entry("l/evil", EVIL),
    "a sparse name": entry("x", b"1\n0\n5\n".ljust(BLOCK, b"\0") + EVIL, extra={
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "5", "GNU.sparse.name": "../keep/evil"}),
    "a name like an option": entry("--checkpoint-action=exec=sh", EVIL),
    "an empty name": entry("", EVIL) + entry("/", EVIL) + entry(".", EVIL) + entry("..", EVIL),
}


def box():
    def prepare(root):
        os.mkdir(f"{root}/dest")
        os.mkdir(f"{root}/keep")
        with open(f"{root}/keep/file", "w") as file:
            file.write("kept\n")
    return Box("wait", prepare=prepare)


def unpack(target, archive, *options, timeout=60):
    return run(CLIENT, "exec", "--allow", "modify", target.target, "--", "tar", "x", "-C", "/dest", *options,
               input=archive, timeout=timeout)


def outside(root):
    status = os.stat(f"{root}/keep/file")
    folder = os.stat(f"{root}/keep")
    return (sorted(os.listdir(root)), os.listdir(f"{root}/keep"), attack.read(f"{root}/keep/file"), status.st_mode,
            status.st_nlink, status.st_mtime_ns, folder.st_mode, folder.st_mtime_ns)


@case
def naive_unpacking_is_led_out():
    led = []
    for name, archive in ARCHIVES.items():
        root = scratch("naive")
        os.makedirs(f"{root}/dest")
        os.makedirs(f"{root}/keep")
        with open(f"{root}/keep/file", "w") as file:
            file.write("kept\n")
        before = outside(root)
        # The links that a container would resolve at its root.
        archive = archive.replace(b"/keep", f"{root}/keep".encode()) if b"\0/keep\0" in archive and False else archive
        try:
            with tarfile.open(fileobj=io.BytesIO(archive + END)) as read:
                for one in read:
                    one.uid = one.gid = 0
                    read.extract(one, f"{root}/dest", **({"filter": "fully_trusted"} if hasattr(tarfile, "data_filter") else {}))
        except Exception:  # what it makes of the others is its own affair
            pass
        if outside(root) != before:
            led.append(name)
        run("rm", "-rf", root)
        run("rm", "-rf", "/keep/evil")
    check("upwards" in led and "by a link upwards" in led, f"the attack has no effect: {led}")


@case
def nothing_is_written_outside():
    with box() as target:
        before = outside(target.root)
        for name, archive in ARCHIVES.items():
            for options in ((), ("--overwrite",), ("-P",)):
                done = unpack(target, archive + END, *options)
                check(done.returncode in (0, 1, 2), f"{name} {options}: {done.returncode} {done.err!r}")
                equal(outside(target.root), before, f"{name} {options}: {done.err!r:.300}")
                run("sh", "-c", f"rm -rf {target.root}/dest && mkdir {target.root}/dest")
        # And what is meant well arrives.
        equal(unpack(target, entry("a/b/c", b"good\n") + END).returncode, 0)
        equal(attack.read(f"{target.root}/dest/a/b/c"), b"good\n")


@case
def names_that_are_none():
    with box() as target:
        nul = entry("x", b"good\n", extra={"path": "a\0b"})
        done = unpack(target, nul + entry("next", b"next\n") + END)
        equal(done.returncode, 2, f"{done.err!r}")
        check("a" not in os.listdir(f"{target.root}/dest"), "a name was cut at its zero byte")
        equal(attack.read(f"{target.root}/dest/next"), b"next\n", "what came after it")
        done = unpack(target, entry("x" * 5000, b"long\n") + entry("next2", b"next\n") + END)
        equal(done.returncode, 2)
        check(b"too long" in done.err, f"{done.err!r:.200}")
        equal(attack.read(f"{target.root}/dest/next2"), b"next\n", "what came after it")


@case
def devices_and_rights():
    with box() as target:
        done = unpack(target, entry("zero", kind=tarfile.CHRTYPE) + entry("disk", kind=tarfile.BLKTYPE) +
                      entry("fifo", kind=tarfile.FIFOTYPE) + entry("setuid", b"x", mode=0o6755, uid=1234) + END)
        equal(done.returncode, 2)
        check(done.err.count(b"a device; not made") == 2, f"{done.err!r}")
        found = {name: os.lstat(f"{target.root}/dest/{name}") for name in os.listdir(f"{target.root}/dest")}
        equal(sorted(found), ["fifo", "setuid"])
        check(stat.S_ISFIFO(found["fifo"].st_mode), "the FIFO")
        # Rights are lent only by whom they belong to.
        equal((found["setuid"].st_uid, found["setuid"].st_mode & 0o7777), (1234, 0o6755))


@case
def sizes_that_are_lies():
    with box() as target:
        huge = [entry("huge", b"few", size=size) for size in (8 ** 11 - 1, 2 ** 40, 2 ** 62, 2 ** 63 - 1)]
        huge.append(entry("huge", b"few", extra={"size": "18446744073709551615"}))
        huge.append(entry("huge", b"few", extra={"size": "-1"}))
        holes = "1\n0\n99999999999999\n".encode().ljust(BLOCK, b"\0")
        huge.append(entry("huge", holes + b"few", extra={
            "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9223372036854775807"}))
        huge.append(entry("huge", b"1048577\n".ljust(BLOCK, b"\0"), extra={"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}))
        for archive in huge:
            for words in (("x", "-C", "/dest"), ("t",), ("xO",)):
                took, done = attack.seconds(lambda: run(CLIENT, "exec", "--allow", "modify", target.target, "--", "tar",
                                                        *words, input=archive, timeout=30))
                equal(done.returncode, 2, f"{words}: {done.out[:100]!r} {done.err!r:.200}")
                check(took < 10 and len(done.out) < 10000, f"{words} took {took:.1f} s, gave {len(done.out)} bytes")
        check(sum(one.stat().st_blocks for one in os.scandir(f"{target.root}/dest")) < 100, "blocks for a lie")


@case
def an_archive_that_ends_anywhere():
    whole = entry("first", b"1" * 700) + entry("a/second", b"2" * 700) + entry("n" * 300, b"3") + END
    with box() as target:
        for size in range(1, len(whole) - 2 * BLOCK, 211):
            done = unpack(target, whole[:size])
            # Between two entries nobody can tell that there were more.
            between = size % BLOCK == 0 and done.returncode == 0
            check(done.returncode == 2 or between, f"{size} bytes: {done.returncode} {done.err!r}")
            check(done.err.count(b"\n") <= 2, f"{size} bytes: {done.err!r}")


@case
def an_archive_that_unpacks_to_no_end():
    # 10 GB in 10 MB: what is read goes on at the speed of the disk, and an operator ends it.
    with box() as target:
        feeder = start("sh", "-c", "head -c 20G /dev/zero | gzip -1", stdout=subprocess.PIPE)
        client = start(CLIENT, "exec", target.target, "--", "tar", "tz", stdin=feeder.stdout, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE)
        took, status = attack.seconds(lambda: client.wait(30))
        check(took < 30, "an archive of zeros")
        client = start(CLIENT, "exec", target.target, "--", "tar", "xzO", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                       stdin=start("sh", "-c", "(python3 -c \"import sys,tarfile; t=tarfile.TarInfo('x'); t.size=1<<40; "
                                   "sys.stdout.buffer.write(t.tobuf())\"; cat /dev/zero) | gzip -1",
                                   stdout=subprocess.PIPE).stdout)
        attack.time.sleep(2)
        most = max(int((attack.status(pid, "VmHWM") or "0 kB").split()[0]) for pid in attack.children(client.pid))
        check(most < 64 << 10, f"{most} KiB")
        client.send_signal(2)
        took, _ = attack.seconds(lambda: client.wait(10))
        check(took < 3, f"SIGINT took {took:.1f} s")


attack.main()
