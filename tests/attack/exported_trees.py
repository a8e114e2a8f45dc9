# exported_trees.py - limpet export of a tree that changes under it: what is in the archive, and what unpacking it does.
#
# The target exchanges a folder for a link to where only the node leads, a file for another, and names of one file among
# each other. Remembers CVE-2018-15664 (docker cp) and, for who unpacks, CVE-2019-1002101 (kubectl cp).
import ctypes
import io
import multiprocessing
import os
import signal
import subprocess
import tarfile
import time

import attack
from attack import Box, case, check, equal, scratch

SECONDS = 8
SECRET = b"SECRET-OF-THE-NODE-83e1"
libc = ctypes.CDLL(None, use_errno=True)


def exchange(one, other):
    AT_FDCWD, RENAME_EXCHANGE = -100, 2
    libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE)


def node_secret():
    folder = scratch("of-the-node")
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/file", "wb") as file:
        file.write(SECRET + b"\n" * 2000)
    return folder


def box():
    secret = node_secret()

    def prepare(root):
        for number in range(40):
            os.makedirs(f"{root}/walk/folder{number}")
            with open(f"{root}/walk/folder{number}/file", "wb") as file:
                file.write(b"inside\n" * 500)
        os.symlink(secret, f"{root}/walk/link")
        with open(f"{root}/walk/many", "wb") as file:
            file.write(b"many\n")
        for name in (b"..\\x", b"a\nb", b"\x1b[2J", b"\xff", b"-C", b"@list", b"C:x"):
            with open(os.path.join(os.fsencode(root), b"walk", name), "wb") as file:
                file.write(name)
        # What a reader would write through.
        os.symlink("/", f"{root}/walk/slash")
        os.symlink("../../../../../../tmp", f"{root}/walk/up")
    return Box("wait", prepare=prepare)


class Attacker:
    """A process of its own: a thread of this one would take turns with who looks."""

    def __init__(self, root):
        self.root, self.count = f"{root}/walk", multiprocessing.Value("Q", 0)
        self.process = multiprocessing.Process(target=self.go, daemon=True)

    @property
    def rounds(self):
        return self.count.value

    def go(self):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        while True:
            number = self.count.value % 40
            exchange(f"{self.root}/folder{number}", f"{self.root}/link")
            exchange(f"{self.root}/folder{number}", f"{self.root}/link")
            for name in ("h1", "h2"):
                os.link(f"{self.root}/many", f"{self.root}/{name}")
                os.rename(f"{self.root}/{name}", f"{self.root}/a{name}")
                os.unlink(f"{self.root}/a{name}")
            self.count.value += 1

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.join()


@case
def naive_packing_leaks():
    with box() as target, Attacker(target.root):
        end = time.monotonic() + 10 * SECONDS
        while time.monotonic() < end:
            for number in range(40):
                folder = f"{target.root}/walk/folder{number}"
                try:
                    if not os.path.islink(folder):
                        with open(f"{folder}/file", "rb") as file:
                            if SECRET in file.read(100):
                                return
                except OSError:
                    pass
    raise AssertionError("the attack has no effect: looking before opening was enough each time")


@case
def nothing_of_the_node_is_exported():
    whole = 0
    with box() as target, Attacker(target.root) as attacker:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or whole == 0:
            done = attack.limpet.limpet("export", target.target, "/walk", timeout=60)
            check(done.returncode in (0, 1, 2), f"{done.returncode}: {done.stderr[-300:]!r}")
            check(SECRET not in done.stdout, "the node's file is in the archive")
            seen = set()
            with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
                for member in tar:
                    check(not member.name.startswith("/") and ".." not in member.name.split("/"), member.name)
                    check(member.name not in seen, f"{member.name!r} twice")
                    check(not member.islnk() or member.linkname in seen, f"{member.name!r} links to what is not there")
                    seen.add(member.name)
            check("walk/a\nb" in seen and "walk/slash" in seen, f"{len(seen)} names")
            whole += 1
        check(attacker.rounds > 10 * whole, f"{attacker.rounds} rounds in {whole} exports")


@case
def unpacking_it_stays_inside():
    with box() as target:
        done = attack.limpet.limpet("export", target.target, "/walk")
        equal(done.returncode, 0, f"{done.stderr!r}")
    place = scratch("unpacked")
    os.makedirs(f"{place}/into")
    before = set(os.listdir("/")), set(os.listdir("/tmp")), os.listdir(place)
    for reader in (["tar", "-xf", "-"], ["bsdtar", "-xf", "-"], ["busybox", "tar", "-xf", "-"]):
        read = subprocess.run(reader, input=done.stdout, cwd=f"{place}/into", capture_output=True, check=False)
        equal(read.returncode, 0, f"{reader}: {read.stderr!r}")
        check(os.path.islink(f"{place}/into/walk/up"), f"{reader}")
    equal((set(os.listdir("/")), os.listdir(place)), (before[0], before[2]), "what is outside")


attack.main()
