# archives.py - tar, gzip and zstd against GNU's and zstd's own, both ways, on generated trees and texts.
#
# The same seed gives the same trees, so a failure comes again.
import os
import random
import stat
import subprocess
import sys
import tarfile
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import AGENT, Skip, case, equal, check, main, undo  # noqa: E402

CHARACTERS = "abz.-_ éß\n\\'*"


def run(*words, data=b"", status=0, folder=None):
    done = subprocess.run(words, input=data, capture_output=True, timeout=60, cwd=folder,
                          env={**os.environ, "TZ": "UTC", "LC_ALL": "C"})
    check(done.returncode == status, f"{words}: {done.returncode}: {done.stderr!r}")
    return done.stdout


def need(program):
    if subprocess.run(["sh", "-c", f"command -v {program}"], capture_output=True).returncode:
        raise Skip(f"no {program} to compare with")


def folder():
    made = tempfile.TemporaryDirectory(prefix="limpet-archives-")
    undo(made.cleanup)
    return made.name


def name(chance):
    length = chance.choice((1, 5, 30, 99, 100, 101, 200))
    text = "".join(chance.choice(CHARACTERS) for _ in range(length)).strip() or "x"
    return text.encode()[:250].decode(errors="ignore").strip(". ") or "y"


def text(chance):
    size = chance.choice((0, 1, 511, 512, 513, 5000, 70000, 300000))
    if chance.random() < 0.3:
        return chance.randbytes(size)
    words = b"".join(b"%d " % chance.randrange(1000) for _ in range(size // 3))
    return words[:size]


def tree(root, chance):
    """Some thirty files of every kind that an archive can hold and anybody may make."""
    places, files = [root], []
    for _ in range(30):
        path = os.path.join(chance.choice(places), name(chance))
        if os.path.lexists(path) or len(path) > 3000:
            continue
        kind = chance.choice("dfffflhps")
        if kind == "d":
            os.mkdir(path)
            places.append(path)
        elif kind == "f":
            with open(path, "wb") as file:
                file.write(text(chance))
            files.append(path)
        elif kind == "l":
            os.symlink(chance.choice(("nowhere", "/", "l" * 150, name(chance))), path)
        elif kind == "h" and files:
            os.link(chance.choice(files), path)
        elif kind == "p":
            os.mkfifo(path)
        else:
            with open(path, "wb") as file:
                for at in sorted(chance.randrange(1 << 20) for _ in range(chance.randrange(30))):
                    file.seek(at)
                    file.write(b"data")
                file.truncate(chance.randrange(1 << 20, 1 << 21))
        if kind != "l":
            os.chmod(path, chance.choice((0o644, 0o755, 0o700, 0o600)))
    for folder_, names, others in os.walk(root, topdown=False):
        for entry in (*names, *others, "."):
            os.utime(os.path.join(folder_, entry), (10**9, chance.randrange(1, 2**33)),
                     follow_symlinks=False)


def known(root):
    """What an archive keeps of it."""
    found, numbers = {}, {}
    for folder_, names, others in os.walk(root):
        for entry in (*names, *others):
            path = os.path.join(folder_, entry)
            status = os.lstat(path)
            data = b""
            if stat.S_ISLNK(status.st_mode):
                data = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    data = file.read()
            relative = os.path.relpath(path, root)
            numbers.setdefault(status.st_ino, []).append(relative)
            found[relative] = (stat.S_IFMT(status.st_mode), status.st_mode & 0o777,
                               int(status.st_mtime), data)
    twins = sorted(sorted(names) for names in numbers.values() if len(names) > 1)
    return found, twins


def compare(source, target, what):
    before, after = known(source), known(target)
    equal(sorted(after[0]), sorted(before[0]), f"names, {what}")
    for path, facts in before[0].items():
        check(after[0][path] == facts, f"{what}: {path!r}: {after[0][path]!r:.300} not {facts!r:.300}")
    equal(after[1], before[1], f"links, {what}")


@case
def tar_reads_what_gnu_writes():
    need("tar")
    formats = ("--format=gnu", "--format=posix", "--format=gnu -S", "--format=posix -S",
               "--format=posix -S --sparse-version=0.1", "--format=posix -S --sparse-version=0.0",
               "--format=gnu -z", "--format=posix --zstd")
    for seed, options in enumerate(formats):
        source, target, work = folder(), folder(), folder()
        tree(source, random.Random(seed))
        run("tar", *options.split(), "-cf", f"{work}/a.tar", "-C", source, ".")
        run(AGENT, "tar", "-xpf", f"{work}/a.tar", "-C", target)
        compare(source, target, f"seed {seed}, {options}")
        theirs = run("tar", "--quoting-style=literal", "-tvf", f"{work}/a.tar")
        equal(run(AGENT, "tar", "-tvf", f"{work}/a.tar"), theirs, f"tar -tv, seed {seed}")


@case
def gnu_reads_what_tar_writes():
    need("tar")
    for seed in range(100, 108):
        source, target = folder(), folder()
        tree(source, random.Random(seed))
        archive = run(AGENT, "tar", "-cz" if seed % 2 else "-c", "-f-", "-C", source, ".")
        run("tar", "-xpz" if seed % 2 else "-xp", "-f-", "-C", target, data=archive)
        compare(source, target, f"seed {seed}")


@case
def python_reads_what_tar_writes():
    source = folder()
    tree(source, random.Random(7))
    with open(f"{source}/archive", "wb") as file:
        file.write(run(AGENT, "tar", "cf", "-", "--exclude=archive", "-C", source, "."))
    with tarfile.open(f"{source}/archive") as archive:
        names = sorted(os.path.normpath(member.name) for member in archive)
    equal(names, sorted([".", *(path for path in known(source)[0] if path != "archive")]), "names")


@case
def gzip_and_zstd_both_ways():
    need("gzip")
    need("zstd")
    chance = random.Random(3)
    for turn in range(30):
        data = text(chance) + text(chance)
        level = f"-{chance.randrange(1, 10)}"
        equal(run("gzip", "-dc", data=run(AGENT, "gzip", level, data=data)), data, f"ours, {level}")
        packed = run("gzip", level, "-c", data=data)
        equal(run(AGENT, "gunzip", data=packed), data, f"theirs, {level}")
        framed = run("zstd", "-q", f"-{chance.randrange(1, 20)}", "-c", data=data)
        equal(run(AGENT, "zstdcat", data=framed), data, f"zstd, turn {turn}")
        # Cut anywhere, it is an error, and what comes out begins as it should.
        for tool, whole in (("zcat", packed), ("zstdcat", framed)):
            cut = whole[:chance.randrange(len(whole))]
            done = subprocess.run((AGENT, tool), input=cut, capture_output=True, timeout=60)
            check(done.returncode == 1 and data.startswith(done.stdout), f"{tool} of {len(cut)} bytes")


@case
def an_archive_of_a_hundred_thousand_entries():
    work = folder()
    with tarfile.open(f"{work}/many.tar", "w", format=tarfile.USTAR_FORMAT) as archive:
        for number in range(100_000):
            archive.addfile(tarfile.TarInfo(f"d{number % 100}/f{number}"))
    equal(run(AGENT, "tar", "tf", f"{work}/many.tar").count(b"\n"), 100_000, "entries")


@case
def recursion_opens_no_fifo():
    work = folder()
    os.mkfifo(f"{work}/fifo")
    # Without a writer, an open would wait for one.
    check(b"fifo" in run(AGENT, "tar", "cf", "-", "-C", work, "."), "the FIFO is not in the archive")


if __name__ == "__main__":
    main()
