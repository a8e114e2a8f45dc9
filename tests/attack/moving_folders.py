# moving_folders.py - a folder is carried away while somebody is in it: the way back up leads elsewhere.
#
# The target moves a folder in the middle of a long chain out of the tree and back. Whoever goes up
# by ".." stands in the other tree then. /outside holds what nobody asked for.
import os
import threading
import time

import attack
from attack import Box, add_case, case, check, equal, scratch

CHAIN = 150  # more than a walk keeps open, so that it comes back by names
SECONDS = 15
SECRET = b"OUTSIDE-SECRET-51c2"


def box():
    def prepare(root):
        for tree in ("walk", "same"):
            path = f"{root}/{tree}"
            for level in range(CHAIN):
                path += f"/l{level}"
                os.makedirs(path)
                with open(f"{path}/file", "wb") as file:
                    file.write(b"inside\n")
        os.makedirs(f"{root}/outside/more")
        for name in ("secret-51c2", "zz-secret-51c2", "more/secret-51c2"):
            with open(f"{root}/outside/{name}", "wb") as file:
                file.write(SECRET + b"\n")
            os.chmod(f"{root}/outside/{name}", 0o644)
    return Box("wait", prepare=prepare)


class Mover:
    """Carries /walk/l0/…/lN to /outside/moved and back, again and again."""

    def __init__(self, root):
        self.inside = f"{root}/walk/" + "/".join(f"l{level}" for level in range(40))
        self.outside = f"{root}/outside/moved"
        self.count, self.over = 0, False
        self.thread = threading.Thread(target=self.go, daemon=True)

    def go(self):
        while not self.over:
            os.rename(self.inside, self.outside)
            time.sleep(0.001)
            os.rename(self.outside, self.inside)
            time.sleep(0.002)
            self.count += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        self.thread.join()


@case
def naive_walk_is_carried_away():
    with box() as target:
        mover = Mover(target.root)
        with mover:
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                try:
                    here = os.open(mover.inside, os.O_RDONLY)
                except FileNotFoundError:
                    continue
                above = os.open("..", os.O_RDONLY, dir_fd=here)
                names = os.listdir(above)
                os.close(here)
                os.close(above)
                if "secret-51c2" in names:
                    return
    raise AssertionError("the attack has no effect: .. led back each time")


def kept(root):
    """What lies outside, with its modes and owners."""
    found = []
    for name in ("secret-51c2", "zz-secret-51c2", "more/secret-51c2", "more", "."):
        status = os.stat(f"{root}/outside/{name}")
        found.append((name, status.st_mode, status.st_uid, status.st_gid))
    return found


def stays_inside(*commands):
    with box() as target:
        before = kept(target.root)
        with Mover(target.root) as mover:
            end = time.monotonic() + SECONDS
            looked = troubled = rounds = 0
            while time.monotonic() < end:
                for argv in commands:
                    done = attack.limpet.limpet("exec", "--allow", "modify", target.target, "--", *argv)
                    for leak in (SECRET, b"secret-51c2"):
                        check(leak not in done.out, f"{argv} went outside")
                    check(b"secret-51c2" not in done.err, f"{argv} met what lies outside: {done.err!r:.300}")
                    check(done.returncode in (0, 1, 2), f"{argv}: {done.returncode} {done.err!r:.300}")
                    looked += done.out.count(b"l20")
                    troubled += bool(done.err) or done.returncode != 0
                    rounds += 1
        check(mover.count > 100 and troubled > 0, f"no race: {mover.count} moves, {troubled} of {rounds} noticed")
        check(looked > 0, "nothing was looked at")
        equal(kept(target.root), before, "what lies outside")


MANY = ["/walk"] * 10
add_case("readers", stays_inside, ("find", *MANY), ("ls", "-R", *MANY), ("grep", "-r", "e", *MANY),
         ("du", "-a", *MANY), ("tree", "-f", *MANY), ("tar", "cf", "-", *MANY), ("find", *MANY, "-exec", "cat", "{}", "+"),
         ("sh", "-c", "for i in 1 2 3 4 5; do diff -r /walk /same; done"))
add_case("writers", stays_inside, ("chmod", "-Rv", "u=rwX,go=", *MANY), ("chown", "-Rv", "5:6", *MANY),
         ("sh", "-c", "for i in 1 2 3 4 5; do cp -rv /walk /copy; find /copy; rm -rf /copy; done"),
         ("sh", "-c", "for i in 1 2 3 4 5; do cp -r /same /walk/l0/x; rm -rfv /walk/l0/x; done"))


@case
def files_that_shrink_and_vanish():
    """While they are read: an error or less of them, never a signal (whoever maps a file dies of SIGBUS)."""
    text = b"".join(b"line %d of the file\n" % number for number in range(300000))
    paths = [f"/data/f{number}" for number in range(4)]
    with Box("wait", prepare=lambda root: os.mkdir(f"{root}/data")) as target:
        over = False

        def shrink():
            while not over:
                for path in paths:
                    with open(f"{target.root}{path}", "wb") as file:
                        file.write(text)
                    time.sleep(0.002)
                    os.truncate(f"{target.root}{path}", 1000)
                    os.unlink(f"{target.root}{path}")
        thread = threading.Thread(target=shrink, daemon=True)
        thread.start()
        try:
            for argv in ("cat", "wc", "sort", "tac", "tail -n 100000", "head -n -5", "grep -c line", "sha256sum", "cksum",
                         "diff /data/f0", "cmp /data/f0", "strings", "xxd", "od", "hexdump", "file", "gzip -c", "base64",
                         "awk {n++}", "sed -n $p", "uniq", "cut -c1", "rev", "nl", "tar c", "less", "jq -R .", "column",
                         "paste", "comm /data/f0", "join /data/f0", "fold", "fmt", "expand", "b2sum", "md5sum", "dd"):
                words = argv.split()
                given = paths if words[0] not in ("diff", "cmp", "comm", "join", "uniq", "dd") else paths[1:2]
                if words[0] == "dd":
                    given = ["if=/data/f1"]
                for _ in range(3):
                    done = attack.debug(target.target, *words, *given)
                    check(0 <= done.returncode < 126, f"{argv}: {done.returncode} {done.err!r:.200}")
        finally:
            over = True
            thread.join()


@case
def an_archive_of_what_changes_is_as_long_as_it_says():
    import subprocess
    import tarfile
    for change, words in ((lambda file: os.truncate(file, 16 << 20), b"shrank by"),
                          (lambda file: os.truncate(file, 40 << 20), b"grew"),
                          (lambda file: os.unlink(file), b"")):
        for options in ("c", "cS"):
            with Box("wait", prepare=lambda root: os.mkdir(f"{root}/data")) as target:
                path = f"{target.root}/data/file"
                with open(path, "wb") as file:
                    file.write(b"first " * (6 << 20))
                    file.truncate(32 << 20)
                with open(f"{target.root}/data/next", "wb") as file:
                    file.write(b"next\n")
                client = attack.start(attack.CLIENT, "exec", target.target, "--", "tar", options, "/data/file", "/data/next",
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                archive = client.stdout.read(1024)
                time.sleep(0.3)  # the pipes are full, the file is not at its end
                change(path)
                archive += client.stdout.read()
                error = client.stderr.read()
                equal(client.wait(20), 1 if words else 0, f"{options}: {error!r}")
                check(words in error, f"{options}: {error!r}")
                with open(scratch("changed.tar"), "wb") as file:
                    file.write(archive)
                with tarfile.open(scratch("changed.tar")) as read:
                    equal([(one.name, one.size) for one in read], [("data/file", 32 << 20), ("data/next", 5)])
                    equal(read.extractfile("data/next").read(), b"next\n")
                    seen = read.extractfile("data/file").read()
                    check(seen.startswith(b"first first") and (words != b"shrank by" or seen.endswith(bytes(1 << 20))), "its bytes")


attack.main()
