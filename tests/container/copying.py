# copying.py - limpet cp both ways on a shell-less container: trees, holes, links, what goes wrong.
import hashlib
import json
import os
import signal
import stat
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import images
from limpet import *  # noqa: F403

_container = None


def container():
    """One container for all cases, with a volume whose other end is ours: (name, our folder)."""
    global _container
    need_docker()
    if not _container:
        image = f"limpet-test-scratch:{RUN.lower()}-copy"
        images.load("scratch", image)
        undo(lambda: run("docker", "rmi", image))
        folder = scratch("volume")
        os.makedirs(folder)
        os.chmod(os.path.dirname(folder), 0o711)
        _container = Container(image, options=("-v", f"{folder}:/volume")), folder
    return _container[0].id, _container[1]


def cp(*words, status=0, **options):
    done = limpet("cp", *words, **options)
    equal(done.returncode, status, f"status of cp {words} ({done.err!r})")
    return done


def fresh(name):
    path = scratch(name)
    os.makedirs(path)
    return path


def tree(path):
    """Names, kinds, modes, times, sizes, links and digests of all below `path`."""
    found = {}
    for folder, directories, files in os.walk(path):
        for name in directories + files:
            full = os.path.join(folder, name)
            status = os.lstat(full)
            what = [stat.S_IFMT(status.st_mode)]
            if stat.S_ISLNK(status.st_mode):
                what.append(os.readlink(full))
            else:
                what += [stat.S_IMODE(status.st_mode), status.st_mtime_ns]
            if stat.S_ISREG(status.st_mode):
                with open(full, "rb") as file:
                    what += [status.st_size, hashlib.sha256(file.read()).hexdigest()]
            found[os.path.relpath(full, path)] = what
    return found


def make_tree(path):
    os.makedirs(f"{path}/deep/er")
    for name, text in (("a", b"one\n"), ("deep/b", b""), ("deep/er/c", os.urandom(700_000)),
                       ("with\nnewline \xff".encode("utf-8", "surrogateescape").decode(), b"x")):
        with open(f"{path}/{name}", "wb") as file:
            file.write(text)
    os.symlink("a", f"{path}/link")
    os.symlink("/nowhere", f"{path}/broken")
    os.chmod(f"{path}/a", 0o640)
    os.chmod(f"{path}/deep/er", 0o700)
    with open(f"{path}/holes", "wb") as file:
        file.truncate(64 << 20)
        file.seek(32 << 20)
        file.write(b"middle")
    for number, name in enumerate(("deep/er/c", "holes", "deep/er", "deep")):
        os.utime(f"{path}/{name}", ns=(10**18, 10**18 + number * 10**9 + 5))


@case
def trees_go_both_ways_as_they_are():
    name, volume = container()
    make_tree(f"{volume}/tree")
    out = fresh("out")
    cp("-r", f"{name}:/volume/tree", out)
    equal(tree(f"{out}/tree"), tree(f"{volume}/tree"))
    check(os.stat(f"{out}/tree/holes").st_blocks * 512 < 1 << 20, "the hole was filled")
    cp("--allow", "modify", "-r", f"{out}/tree", f"{name}:/volume/back")
    equal(tree(f"{volume}/back"), tree(f"{volume}/tree"))
    check(os.stat(f"{volume}/back/holes").st_blocks * 512 < 1 << 20, "the hole was filled")
    equal([entry for entry in os.listdir(volume) if entry.startswith(".limpet")], [], "left over")


@case
def archives_keep_attributes_and_owners():
    name, volume = container()
    with open(f"{volume}/owned", "wb") as file:
        file.write(b"o")
    os.chown(f"{volume}/owned", 4321, 1234)
    os.chmod(f"{volume}/owned", 0o4755)
    os.setxattr(f"{volume}/owned", "user.colour", b"blue")
    out = fresh("archived")
    cp(f"{name}:/volume/owned", f"{out}/plain")
    equal(stat.S_IMODE(os.stat(f"{out}/plain").st_mode), 0o755, "bits that set ids")
    equal(os.listxattr(f"{out}/plain"), [])
    cp("-a", f"{name}:/volume/owned", f"{out}/kept")
    kept = os.stat(f"{out}/kept")
    equal((kept.st_uid, kept.st_gid, stat.S_IMODE(kept.st_mode)), (4321, 1234, 0o4755))
    equal(os.getxattr(f"{out}/kept", "user.colour"), b"blue")
    cp("--allow", "modify", "-a", f"{out}/kept", f"{name}:/volume/again")
    again = os.stat(f"{volume}/again")
    equal((again.st_uid, again.st_gid, stat.S_IMODE(again.st_mode)), (4321, 1234, 0o4755))
    equal(os.getxattr(f"{volume}/again", "user.colour"), b"blue")


@case
def patterns_and_links_and_streams():
    name, volume = container()
    os.makedirs(f"{volume}/several")
    for index in range(3):
        with open(f"{volume}/several/part {index}.log", "w") as file:
            file.write(f"{index}\n")
    os.symlink("part 1.log", f"{volume}/several/now")
    out = fresh("several")
    cp(f"{name}:/volume/several/part *.log", out)
    equal(sorted(os.listdir(out)), [f"part {index}.log" for index in range(3)])
    cp(f"{name}:/volume/several/part *.log", f"{out}/nothing", status=125)
    cp("-r", "-L", f"{name}:/volume/several", f"{out}/followed")
    check(not os.path.islink(f"{out}/followed/now"), "the link is still one")
    equal(cp(f"{name}:/volume/several/part 2.log", "-").out, b"2\n")
    cp("--allow", "modify", "-", f"{name}:/volume/typed", input=b"from a pipe")
    with open(f"{volume}/typed", "rb") as file:
        equal(file.read(), b"from a pipe")
    # Of /proc, whose files have no size.
    check(b"ready" in cp(f"{name}:/proc/1/cmdline", "-").out or cp(f"{name}:/proc/1/status", "-").out
          .startswith(b"Name:"), "nothing of /proc")


@case
def events_as_json():
    name, volume = container()
    with open(f"{volume}/counted", "wb") as file:
        file.write(b"abc")
    done = cp("-o", "json", f"{name}:/volume/counted", fresh("json"))
    events = [json.loads(line) for line in done.out.splitlines()]
    equal(events[0], {"event": "file", "path": "counted", "size": 3,
                      "sha256": hashlib.sha256(b"abc").hexdigest()})
    equal((events[1]["event"], events[1]["files"], events[1]["bytes"]), ("done", 1, 3))


@case
def what_goes_wrong_is_said():
    name, volume = container()
    out = fresh("wrong")
    os.makedirs(f"{volume}/odd")
    os.mkfifo(f"{volume}/odd/fifo")
    with open(f"{volume}/odd/file", "w") as file:
        file.write("x")
    done = cp("-r", f"{name}:/volume/odd", out, status=1)
    check(b"fifo" in done.err and os.path.exists(f"{out}/odd/file"), f"{done.err!r}")
    done = cp(f"{name}:/volume/odd", out, status=1)
    check(b"-r" in done.err, f"no hint in {done.err!r}")
    done = cp(f"{name}:/not/there", out, status=1)
    check(b"/not/there" in done.err, f"{done.err!r}")
    done = cp(f"{out}/odd/file", f"{name}:/volume/no", status=126)
    check(b"--allow modify" in done.err, f"no hint in {done.err!r}")
    check(not os.path.exists(f"{volume}/no"), "written without leave")
    cp(f"{out}/missing", f"{name}:/volume/no", status=125)
    cp(f"{name}:/a", f"{name}:/b", status=2)
    cp("a", "b", status=2)
    cp(f"{name}:/volume/odd/file", f"{out}/no/such/place", status=125)


@case
def a_full_disk_leaves_nothing():
    name, volume = container()
    with open(f"{volume}/large", "wb") as file:
        file.write(os.urandom(8 << 20))
    small = fresh("small")
    must("mount", "-t", "tmpfs", "-o", "size=1m", "limpet-test", small)
    undo(lambda: run("umount", "-l", small))
    done = cp(f"{name}:/volume/large", small, status=125)
    check(b"No space left" in done.err, f"{done.err!r}")
    equal(os.listdir(small), [])


@case
def a_client_that_is_killed_leaves_nothing_under_the_name():
    name, volume = container()
    with open(f"{volume}/slow", "wb") as file:
        file.truncate(1 << 30)
        for place in range(0, 1 << 30, 1 << 20):
            file.seek(place)
            file.write(b"data")
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        out = fresh(f"killed-{number}")
        process = start(CLIENT, "cp", f"{name}:/volume/slow", out)
        time.sleep(0.15)
        process.send_signal(number)
        process.wait(timeout=10)
        check(not os.path.exists(f"{out}/slow") or os.path.getsize(f"{out}/slow") == 1 << 30,
              "half a file under its name")
        equal([entry for entry in os.listdir(out) if entry != "slow"], [], "left over")
    process = start(CLIENT, "cp", "--allow", "modify", f"{volume}/slow", f"{name}:/volume/brought")
    time.sleep(0.15)
    process.kill()
    process.wait(timeout=10)
    until(lambda: not [entry for entry in os.listdir(volume) if entry.startswith(".limpet")],
          what="the end of what was begun")
    check(not os.path.exists(f"{volume}/brought") or
          os.path.getsize(f"{volume}/brought") == 1 << 30, "half a file under its name")


@case
def a_broken_transfer_goes_on():
    name, volume = container()
    data = os.urandom(6 << 20)
    with open(f"{volume}/resumed", "wb") as file:
        file.write(data)
    out = fresh("resumed")
    with open(f"{out}/.resumed.limpet-part", "wb") as file:
        file.write(data[:5 << 20])
    done = cp("--resume", "-o", "json", f"{name}:/volume/resumed", out)
    with open(f"{out}/resumed", "rb") as file:
        check(file.read() == data, "not the same file")
    equal(os.listdir(out), ["resumed"])
    equal(json.loads(done.out.splitlines()[0])["sha256"], hashlib.sha256(data).hexdigest())
    # A part that is of another file is not kept.
    os.unlink(f"{out}/resumed")
    with open(f"{out}/.resumed.limpet-part", "wb") as file:
        file.write(b"something else" * 1000)
    cp("--resume", f"{name}:/volume/resumed", out)
    with open(f"{out}/resumed", "rb") as file:
        check(file.read() == data, "not the same file")


@case
def the_source_may_change_meanwhile():
    name, volume = container()
    out = fresh("moving")
    path = f"{volume}/moving"
    with open(path, "wb") as file:
        file.write(bytes(8 << 20))
    writer = os.fork()
    if writer == 0:
        while True:
            os.truncate(path, 1 << 20)
            with open(path, "ab") as file:
                file.write(b"x" * (7 << 20))
    undo(lambda: (os.kill(writer, signal.SIGKILL), os.waitpid(writer, 0)))
    for _ in range(10):
        done = limpet("cp", f"{name}:/volume/moving", out)
        check(done.returncode in (0, 1), f"{done.returncode}: {done.err!r}")
        equal([entry for entry in os.listdir(out) if entry != "moving"], [], "left over")


main()
