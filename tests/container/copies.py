# copies.py - what a copy keeps: holes, attributes, access lists, owners; across file systems, and over mounts.
import json
import os
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import images
from limpet import *  # noqa: F403

# user 7 may read and write, beside owner, group and others (acl(5), as the kernel keeps it).
ACCESS = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", tag, rights, who) for tag, rights, who in (
    (1, 6, 0xffffffff), (2, 6, 7), (4, 4, 0xffffffff), (16, 6, 0xffffffff), (32, 0, 0xffffffff)))
DEFAULT = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", tag, rights, who) for tag, rights, who in (
    (1, 7, 0xffffffff), (2, 5, 7), (4, 5, 0xffffffff), (16, 5, 0xffffffff), (32, 0, 0xffffffff)))


def subject(*options):
    need_docker()
    name = f"limpet-test-scratch:{RUN.lower()}-copies"
    images.load("scratch", name)
    undo(lambda: run("docker", "rmi", name))
    volume = tempfile.mkdtemp(prefix="volume.", dir=os.path.dirname(scratch("x")))
    os.chmod(os.path.dirname(volume), 0o711)
    os.chmod(volume, 0o755)
    return Container(name, options=("-v", f"{volume}:/data", "--tmpfs", "/shm", *options)), volume


def changing(container, *argv, **options):
    done = limpet("exec", "--allow", "modify", container.name, "--", *argv, **options)
    equal((done.returncode, done.err), (0, b""), f"{argv}: {done.out!r:.200}")
    return done.out


def furnish(volume):
    os.makedirs(f"{volume}/tree/folder")
    for path in ("tree", "tree/folder", "tree/folder/file"):
        whole = f"{volume}/{path}"
        if path.endswith("file"):
            with open(whole, "w") as file:
                file.write("text\n")
        try:
            os.setxattr(whole, "user.note", b"kept \0 whole")
            os.setxattr(whole, "system.posix_acl_access", ACCESS)
            if os.path.isdir(whole):
                os.setxattr(whole, "system.posix_acl_default", DEFAULT)
        except OSError as problem:
            raise Skip(f"no attributes or access lists here: {problem}") from None
    os.setxattr(f"{volume}/tree/folder/file", "user.large", b"x" * 3000)


def attributes(path):
    return {name: os.getxattr(path, name) for name in os.listxattr(path)}


@case
def attributes_and_access_lists():
    container, volume = subject()
    furnish(volume)
    changing(container, "cp", "-a", "/data/tree", "/data/copy")
    changing(container, "cp", "-r", "/data/tree", "/data/plain")
    changing(container, "cp", "-rp", "/data/tree", "/data/lists")
    changing(container, "cp", "-r", "--preserve=xattr", "/data/tree", "/data/notes")
    for path in ("", "/folder", "/folder/file"):
        wanted = attributes(f"{volume}/tree{path}")
        check(len(wanted) >= 2, f"nothing to keep: {wanted}")
        equal(attributes(f"{volume}/copy{path}"), wanted, f"cp -a {path}")
        equal(os.stat(f"{volume}/copy{path}").st_mode, os.stat(f"{volume}/tree{path}").st_mode, f"mode of {path}")
        lists = {name: value for name, value in wanted.items() if name.startswith("system.")}
        equal(attributes(f"{volume}/lists{path}"), lists, f"cp -p {path}")
        equal(attributes(f"{volume}/plain{path}"), {}, f"cp -r {path}")
        check("user.note" in attributes(f"{volume}/notes{path}"), f"--preserve=xattr {path}")
    # Where they are not allowed they are left out without a word: a tmpfs takes no notes of users before Linux 6.6.
    changing(container, "cp", "-a", "/data/tree", "/shm/copy")
    equal(changing(container, "cat", "/shm/copy/folder/file"), b"text\n")
    # Nor does anything of a session without the grant set one.
    done = limpet("exec", container.name, "--", "cp", "-a", "/data/tree", "/data/more")
    equal(done.returncode, 126)


@case
def across_file_systems():
    container, volume = subject()
    furnish(volume)
    os.symlink("folder/file", f"{volume}/tree/link")
    os.link(f"{volume}/tree/folder/file", f"{volume}/tree/again")
    os.mkfifo(f"{volume}/tree/fifo")
    os.chown(f"{volume}/tree/folder/file", 5, 6)
    os.utime(f"{volume}/tree/folder/file", (10 ** 9, 10 ** 9))
    changing(container, "mv", "/data/tree", "/shm/tree")
    check(not os.path.exists(f"{volume}/tree"), "the source is still there")
    moved = f"/proc/{container.pid}/root/shm/tree"
    file = os.stat(f"{moved}/folder/file")
    equal((file.st_uid, file.st_gid, file.st_mtime, file.st_nlink), (5, 6, 10 ** 9, 2), "what the file is")
    equal(os.readlink(f"{moved}/link"), "folder/file")
    equal(sorted(os.listdir(moved)), ["again", "fifo", "folder", "link"])
    # What is there is replaced, but no folder that has something in it.
    changing(container, "sh", "-c", "echo new > /data/file; echo old > /shm/file; mv /data/file /shm/file")
    equal(changing(container, "cat", "/shm/file"), b"new\n")
    done = limpet("exec", "--allow", "modify", container.name, "--", "sh", "-c", "mkdir -p /data/tree; mv /data/tree /shm/")
    check(done.returncode == 1 and b"not empty" in done.err, f"{done.err!r}")
    check(os.path.isdir(f"{volume}/tree") and os.path.exists(f"{moved}/link"), "a move that failed took something away")


@case
def holes_stay_holes():
    container, volume = subject()
    with open(f"{volume}/sparse", "wb") as file:
        file.write(b"begin")
        file.seek(3 << 30)
        file.write(b"end")
        file.truncate(5 << 30)
    took = time.monotonic()
    changing(container, "cp", "/data/sparse", "/data/copy")
    changing(container, "sh", "-c", "tar cS -C /data sparse > /shm/a.tar; mkdir /data/out; tar x -C /data/out < /shm/a.tar")
    changing(container, "mv", "/data/sparse", "/shm/sparse")
    check(time.monotonic() - took < 20, "holes were read")
    for path in (f"{volume}/copy", f"{volume}/out/sparse", f"/proc/{container.pid}/root/shm/sparse"):
        status = os.stat(path)
        equal(status.st_size, 5 << 30, path)
        check(status.st_blocks * 512 < 1 << 20, f"{path} has {status.st_blocks} blocks")
        with open(path, "rb") as file:
            equal((file.read(6), file.seek(3 << 30), file.read(3)), (b"begin\0", 3 << 30, b"end"))
    check(os.stat(f"/proc/{container.pid}/root/shm/a.tar").st_size < 100000, "the archive has no holes")
    # GNU's reads it, too.
    must("tar", "-xf", f"/proc/{container.pid}/root/shm/a.tar", "-C", volume)
    equal(must("cmp", f"{volume}/sparse", f"{volume}/copy"), "")


@case
def an_archive_over_mounts():
    container, _ = subject()
    mounts = container.ask("read /proc/self/mountinfo")
    check("/etc/hosts" in mounts, "nothing is mounted over a file")
    import io
    import tarfile
    for kind, options in ((tarfile.REGTYPE, ()), (tarfile.SYMTYPE, ()), (tarfile.DIRTYPE, ()), (tarfile.FIFOTYPE, ()),
                          (tarfile.REGTYPE, ("--overwrite",))):
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as file:
            one = tarfile.TarInfo("etc/hosts")
            one.type, one.linkname = kind, "x"
            file.addfile(one)
        done = limpet("exec", "--allow", "modify", container.name, "--", "tar", "x", *options, "-C", "/", input=archive.getvalue())
        equal(container.ask("read /proc/self/mountinfo"), mounts, f"its mounts after {kind} {options}")
        if not options:
            check(done.returncode == 2 and b"busy" in done.err, f"{kind}: {done.returncode} {done.err!r}")
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as file:
        one = tarfile.TarInfo("shm")
        one.type, one.linkname = tarfile.SYMTYPE, "/data"
        file.addfile(one)
    done = limpet("exec", "--allow", "modify", container.name, "--", "tar", "x", "-C", "/", input=archive.getvalue())
    equal(done.returncode, 2, f"{done.err!r}")
    equal(container.ask("read /proc/self/mountinfo"), mounts, "its mounts")


@case
def install_and_sync():
    container, volume = subject()
    changing(container, "sh", "-c", "echo text > /shm/x; install -D -m 640 -o 5 -g 6 /shm/x /data/a/b/c; sync /data/a/b/c; "
             "install -d -m 700 /data/d/e; sync -d /data/a/b/c; sync -f /data; install -Dt /data/f/g /shm/x")
    status = os.stat(f"{volume}/a/b/c")
    equal((status.st_mode & 0o7777, status.st_uid, status.st_gid), (0o640, 5, 6))
    equal(os.stat(f"{volume}/d/e").st_mode & 0o777, 0o700)
    check(os.path.exists(f"{volume}/f/g/x"), "install -Dt")
    done = limpet("exec", "--allow", "modify", container.name, "--", "sync", "/data/none")
    check(done.returncode == 1 and b"/data/none" in done.err, f"{done.err!r}")


@case
def dd_says_how_far_it_is():
    container, _ = subject()
    client = start(CLIENT, "exec", container.name, "--", "dd", "bs=1000", "status=progress", stdin=subprocess.PIPE,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    for _ in range(35):
        client.stdin.write(b"x" * 1000)
        client.stdin.flush()
        time.sleep(0.1)
    os.set_blocking(client.stderr.fileno(), False)
    said = client.stderr.read() or b""
    check(said.count(b"\r") >= 2 and b"bytes copied" in said and client.poll() is None, f"during the run it said {said!r}")
    os.set_blocking(client.stderr.fileno(), True)
    client.stdin.close()
    rest = client.stderr.read()
    equal(client.wait(10), 0)
    check(b"\n35+0 records in" in rest and b"35000 bytes copied" in rest, f"at the end: {rest!r}")


@case
def ids_of_a_user_namespace():
    """Whose files are in an archive, of a container whose root is somebody else out here."""
    import images as built
    tree = scratch("tree")
    os.makedirs(tree, exist_ok=True)
    need_docker()
    name = f"limpet-test-scratch:{RUN.lower()}-ids"
    built.load("scratch", name)
    undo(lambda: run("docker", "rmi", name))
    made = must("docker", "create", name)
    undo(lambda: run("docker", "rm", made))
    must("sh", "-c", f"docker export {made} | tar x -C {tree}")
    import shutil
    if not shutil.which("runc"):
        raise Skip("no runc")
    with Bundle(tree, ["/app"]) as bundle:
        target = f"pid:{bundle.pid}"
        done = limpet("exec", "--allow", "modify", target, "--", "sh", "-c",
                      "cd /tmp 2>/dev/null || cd /dev/shm; mkdir in out; echo x > in/file; chown 7:8 in/file; tar c in | tar x -C out; "
                      "tar c out | tar t -o json")
        equal((done.returncode, done.err), (0, b""), f"{done.out!r}")
        found = {one["path"]: (one["uid"], one["gid"]) for one in map(json.loads, done.out.splitlines())}
        equal(found.get("out/in/file"), (7, 8), f"{found}")
        equal(found.get("out/in/"), (0, 0), f"{found}")


if __name__ == "__main__":
    main()
