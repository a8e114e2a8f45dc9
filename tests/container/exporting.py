# exporting.py - limpet export beside docker export, limpet diff beside docker diff, and what readers make of an archive.
import hashlib
import io
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tarfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import engines
import images
from limpet import *  # noqa: F403

SECOND = 1_000_000_000
# VFS_CAP_REVISION_2, effective: CAP_NET_BIND_SERVICE.
CAPABILITY = bytes.fromhex("0100000200040000000000000000000000000000")


def subject(family="alpine", *options):
    need_docker()
    name = f"limpet-test-{family}:{RUN.lower()}-exporting"
    images.load(family, name)
    undo(lambda: run("docker", "rmi", name))
    container = Container(name, options=options)
    return container, f"/proc/{container.pid}/root"


def write(path, text, **times):
    with open(path, "wb" if isinstance(text, bytes) else "w") as file:
        file.write(text)
    if times:
        os.utime(path, ns=(times["at"], times["at"]))


def furnish(root):
    """All kinds of files, as a container may have made them."""
    folder = f"{root}/kinds"
    os.makedirs(f"{folder}/{'n' * 90}/{'m' * 90}/{'o' * 90}")
    write(f"{folder}/text", "text\n" * 50_000, at=1_600_000_000 * SECOND + 123_456_789)
    os.chmod(f"{folder}/text", 0o4755)
    os.link(f"{folder}/text", f"{folder}/again")
    os.link(f"{folder}/text", f"{folder}/{'n' * 90}/third")
    write(f"{folder}/{'n' * 90}/{'m' * 90}/{'o' * 90}/deep", "deep\n")
    write(f"{folder}/empty", "")
    os.symlink("text", f"{folder}/link")
    os.symlink("x" * 300, f"{folder}/far")
    os.mkfifo(f"{folder}/fifo", 0o640)
    os.mknod(f"{folder}/null", 0o20666, os.makedev(1, 3))
    os.mknod(f"{folder}/disk", 0o60600, os.makedev(8, 300))
    os.lchown(f"{folder}/fifo", 3_000_000, 7)
    for name in (b"with\nnewline", b"-rf", b"..data", b"\xff\xfe", b"a b", b"back\\slash", "\u202e".encode()):
        write(os.path.join(folder.encode(), name), name)
    with open(f"{folder}/holes", "wb") as file:
        for offset in (0, 5 << 20, 40 << 20):
            file.seek(offset)
            file.write(b"island")
        file.truncate(64 << 20)
    with open(f"{folder}/hole", "wb") as file:
        file.truncate(1 << 20)
    write(f"{folder}/able", "x")
    os.setxattr(f"{folder}/able", "security.capability", CAPABILITY)
    for name, value in (("user.note", b"kept \0 whole"), ("user.odd=100%", b"1")):
        os.setxattr(f"{folder}/able", name, value)
    os.setxattr(folder, "user.folder", b"too")


def entries(archive):
    """Name -> what is known of it; a file's data by its digest."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            data = tar.extractfile(member) if member.isreg() else None
            found[member.name] = {
                "type": tarfile.REGTYPE if member.issparse() else member.type, "mode": member.mode & 0o7777, "uid": member.uid,
                "gid": member.gid, "seconds": int(member.mtime), "size": member.size if member.isreg() else 0,
                "link": member.linkname, "device": (member.devmajor, member.devminor) if member.isdev() else None,
                "capability": member.pax_headers.get("SCHILY.xattr.security.capability"),
                "data": hashlib.sha256(data.read()).hexdigest() if data else None}
        check(len(found) == len(tar.getnames()), "a name comes twice")
    return found


def export(container, *words, status=0):
    done = limpet("export", *words[:-1], container.name, *words[-1:]) if words else limpet("export", container.name)
    equal(done.returncode, status, f"limpet export: {done.err}")
    return done.out


@case
def it_is_what_docker_exports():
    container, root = subject()
    furnish(root)
    ours, theirs = entries(export(container)), entries(run("docker", "export", container.id).out)
    equal(sorted(ours), sorted(theirs), "names")
    for name, entry in theirs.items():
        equal(ours[name], entry, name)
    check(ours["kinds/able"]["capability"] is not None, "the capability")
    equal(sum(entry["type"] == tarfile.LNKTYPE for entry in ours.values() if "text" in entry["link"]
              or "again" in entry["link"]), 2, "names of one file")


@case
def the_same_tree_gives_the_same_bytes():
    container, root = subject("alpine", "--tmpfs", "/volume")
    furnish(root)
    write(f"{root}/volume/inside", "of a volume\n")
    first = export(container)
    time.sleep(1.1)
    equal(hashlib.sha256(export(container)).hexdigest(), hashlib.sha256(first).hexdigest(), "the second")
    names = [member.name for member in tarfile.open(fileobj=io.BytesIO(first))]
    for folder in {os.path.dirname(name) for name in names}:
        own = [os.path.basename(name).encode(errors="surrogateescape") for name in names
               if os.path.dirname(name) == folder]
        equal(own, sorted(own), f"order in {folder}")
    # What is mounted is left out, the place where it is stays; unless it is asked for.
    check("volume" in names and "volume/inside" not in names and "proc" in names, "mounts are not left out")
    check(not any(name.startswith(("proc/", "sys/")) for name in names), "what the kernel shows")
    names = entries(export(container, "--volumes", "/"))
    check("volume/inside" in names, "--volumes")
    check(not any(name.startswith(("proc/", "sys/", "dev/")) for name in names), "the kernel's, with --volumes")


@case
def times_attributes_and_sockets():
    container, root = subject()
    furnish(root)
    peer = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(f"{root}/kinds")
    peer.bind("socket")
    os.chdir(here)
    archive = export(container, "/kinds")
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        of = {member.name: member for member in tar}
    equal(of["kinds/text"].pax_headers["mtime"], "1600000000.123456789", "the time")
    equal(of["kinds/socket"].pax_headers["SCHILY.filetype"], "socket", "the socket")
    equal(of["kinds/able"].pax_headers["SCHILY.xattr.user.note"], "kept \0 whole", "an attribute")
    equal(of["kinds/able"].pax_headers["SCHILY.xattr.user.odd%3D100%25"], "1", "an attribute with an equals sign")
    equal(of["kinds"].pax_headers["SCHILY.xattr.user.folder"], "too", "a folder's attribute")
    check(len(archive) < 2 << 20, f"holes were written: {len(archive)} bytes")


def unpacked(folder):
    found = {}
    for here, folders, files in os.walk(os.fsencode(folder)):
        for name in folders + files:
            path = os.path.join(here, name)
            status = os.lstat(path)
            data = None
            if stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    data = hashlib.sha256(file.read()).hexdigest()
            elif stat.S_ISLNK(status.st_mode):
                data = os.readlink(path)
            found[os.path.relpath(path, os.fsencode(folder))] = (
                status.st_mode, status.st_uid, status.st_gid, status.st_rdev, data)
    return found


@case
def readers_understand_it():
    container, root = subject()
    furnish(root)
    file = scratch("web.tar")
    equal(limpet("export", container.name, "-o", file).returncode, 0, "status")
    wanted = unpacked(f"{root}/kinds")
    for name, words in (("GNU's tar", ["tar", "-xpf", file, "--xattrs", "--xattrs-include=*", "-C"]),
                        ("bsdtar", ["bsdtar", "-xpf", file, "-C"])):
        folder = scratch(name.replace("'", ""))
        os.mkdir(folder)
        done = run(*words, folder)
        check(done.returncode == 0, f"{name}: {done.err}")
        equal(unpacked(f"{folder}/kinds"), wanted, name)
        equal(os.stat(f"{folder}/kinds/again").st_nlink, 3, f"{name}: links")
        check(os.stat(f"{folder}/kinds/holes").st_blocks < 1024, f"{name}: holes")
        if name != "bsdtar":
            equal(os.getxattr(f"{folder}/kinds/able", "security.capability"), CAPABILITY, name)
    # busybox knows no pax records: all it can name has to come out.
    listed = run("busybox", "tar", "-tf", file)
    equal(listed.returncode, 0, f"busybox: {listed.err}")
    for line in (b"etc/passwd", b"kinds/text", b"kinds/link"):
        check(line in listed.out, f"busybox does not list {line}")
    image = f"limpet-test-imported:{RUN.lower()}"
    must("docker", "import", file, image)
    undo(lambda: run("docker", "rmi", image))
    copy = must("docker", "create", image, "/app")
    undo(lambda: run("docker", "rm", copy))
    theirs, ours = entries(run("docker", "export", copy).out), entries(export(container))
    for name in ours:
        if name.startswith("kinds/"):
            equal(theirs[name], ours[name], f"imported {name}")


@case
def a_giant_with_a_hole():
    container, root = subject("scratch")
    with open(f"{root}/giant", "wb") as file:
        file.truncate(1 << 40)
        file.seek(1 << 39)
        file.write(b"island")
    archive = export(container, "/giant")
    check(len(archive) < 100_000, f"{len(archive)} bytes")
    member = tarfile.open(fileobj=io.BytesIO(archive)).next()
    equal((member.name, member.size), ("giant", 1 << 40), "the file")
    folder = scratch("giant")
    os.mkdir(folder)
    equal(run("tar", "-xf", "-", "-C", folder, input=archive).returncode, 0, "GNU's tar")
    status = os.stat(f"{folder}/giant")
    check(status.st_size == 1 << 40 and status.st_blocks < 1024, f"{status}")


@case
def of_one_that_has_ended():
    container, root = subject()
    changed(root)
    must("docker", "kill", container.id)
    equal(entries(export(container)), entries(run("docker", "export", container.id).out), "the export")
    listed = limpet("diff", container.name)
    equal(sorted(listed.out.splitlines()), sorted(run("docker", "diff", container.id).out.splitlines()), "the diff")


@case
def what_was_cut_short_has_no_name():
    container, root = subject("scratch")
    write(f"{root}/large", os.urandom(1 << 20) * 400)
    file = scratch("short.tar")
    client = start(CLIENT, "export", container.name, "-o", file, stderr=subprocess.PIPE)
    part = file + ".part"
    until(lambda: os.path.exists(part) and os.path.getsize(part) > 1 << 20, what="the beginning")
    with open(f"/proc/{client.pid}/task/{client.pid}/children") as children:
        for child in children.read().split():
            os.kill(int(child), signal.SIGKILL)
    check(client.wait(20) != 0, "it ended well")
    check(not os.path.exists(file), "half of it has the name")
    check(b"what came until then" in client.stderr.read(), "where the half is, is not said")
    # A full disk.
    small = scratch("small")
    os.mkdir(small)
    must("mount", "-t", "tmpfs", "-o", "size=1m", "limpet-test", small)
    undo(lambda: run("umount", "-l", small))
    done = limpet("export", container.name, "-o", f"{small}/x.tar")
    check(done.returncode not in (0, 1, 2) and b"No space" in done.err, f"{done.returncode} {done.err}")
    equal(os.listdir(small), ["x.tar.part"], "after a full disk")
    # Not onto a terminal, and not without a target.
    equal(limpet("export").returncode, 2, "without a target")
    check(limpet("export", "no-such-container", "-o", file).returncode not in (0, 1, 2), "no container")
    check(not os.path.exists(file) and not os.path.exists(file + ".part.part"), "a file of nothing")


@case
def growing_while_it_is_read():
    container, root = subject("scratch")
    write(f"{root}/log", b"line\n" * 1000)
    writer = subprocess.Popen([sys.executable, "-c", f"""
while True:
    with open({root + '/log'!r}, 'ab') as file: file.write(b'line' * 5000)
    with open({root + '/log'!r}, 'r+b') as file: file.truncate(5000)
"""])
    undo(writer.kill)
    for _ in range(20):
        done = limpet("export", container.name)
        check(done.returncode in (0, 1), f"{done.returncode} {done.err}")
        equal(entries(done.out)["log"]["type"], tarfile.REGTYPE, "the archive is broken")


# ---- diff

def changed(root):
    write(f"{root}/etc/passwd", open(f"{root}/etc/passwd").read() + "new:x:5:5::/:/\n")
    os.makedirs(f"{root}/new/deep")
    write(f"{root}/new/deep/file", "text\n")
    os.symlink("file", f"{root}/new/deep/link")
    os.mkfifo(f"{root}/new/fifo")
    for here, folders, files in os.walk(f"{root}/usr", topdown=False):
        for name in files:
            os.unlink(f"{here}/{name}")
        for name in folders:
            path = f"{here}/{name}"
            os.unlink(path) if os.path.islink(path) else os.rmdir(path)
    os.rmdir(f"{root}/usr")
    os.makedirs(f"{root}/usr/share")
    os.chmod(f"{root}/var", 0o700)
    os.chown(f"{root}/home", 5, 6)
    os.unlink(f"{root}/etc/issue")
    os.symlink("passwd", f"{root}/etc/issue")
    os.unlink(f"{root}/etc/issue.net")
    # Written to, and as it was.
    os.chmod(f"{root}/etc/protocols", 0o600)
    os.chmod(f"{root}/etc/protocols", 0o644)


@case
def diff_is_what_docker_says():
    container, root = subject()
    equal(limpet("diff", container.name).out.splitlines(), run("docker", "diff", container.id).out.splitlines(),
          "before")
    changed(root)
    done = limpet("diff", container.name)
    equal((done.returncode, done.err), (0, b"changes: since the image, by the layers\n"), "status")
    equal(sorted(done.out.splitlines()), sorted(run("docker", "diff", container.id).out.splitlines()), "the diff")
    for line in (b"A /new/deep/file", b"C /etc/passwd", b"D /etc/issue.net", b"C /var", b"C /home", b"C /etc/issue"):
        check(line in done.out.splitlines(), f"{line} is missing")
    check(b"/etc/protocols" not in done.out, "what is as it was")
    equal(limpet("diff", "-q", container.name, "/new").out.splitlines(),
          [b"A /new", b"A /new/deep", b"A /new/deep/file", b"A /new/deep/link", b"A /new/fifo"], "below a path")
    equal(limpet("diff", container.name, "/nowhere").returncode, 1, "a path that is not there")
    rows = [json.loads(line) for line in limpet("diff", "-o", "json", container.name).out.splitlines()]
    of = {row["path"]: row for row in rows}
    equal({row["by"] for row in rows}, {"layers"}, "by")
    equal((of["/new/deep/file"]["change"], of["/new/deep/file"]["kind"], of["/new/deep/file"]["size"]),
          ("added", "file", 5), "an addition")
    equal((of["/etc/issue.net"]["change"], of["/etc/issue.net"]["size"]), ("deleted", None), "a deletion")
    # The same in the shell.
    listed = limpet("exec", container.name, "--", "sh", "-c", "changes --short -q")
    equal(sorted(listed.out), sorted(done.out), "in a shell")


def layers_of(target, pid):
    """Their own changes, in layers that no Docker keeps."""
    root = f"/proc/{pid}/root"
    write(f"{root}/etc/passwd", open(f"{root}/etc/passwd").read() + "new:x:5:5::/:/\n")
    os.mkdir(f"{root}/new")
    write(f"{root}/new/file", "text\n")
    os.unlink(f"{root}/etc/issue")
    done = limpet("diff", target)
    equal((done.returncode, done.err), (0, b"changes: since the image, by the layers\n"), target)
    lines = done.out.splitlines()
    for line in (b"C /etc", b"C /etc/passwd", b"D /etc/issue", b"A /new", b"A /new/file"):
        check(line in lines, f"{target}: {line} is not in {lines}")
    return lines


@case
def diff_of_podmans_containers():
    engine = engines.podman()
    name = engine.run("/app")
    lines = layers_of(f"podman:{name}", engine("inspect", "-f", "{{.State.Pid}}", name))
    theirs = engine("diff", name).encode().splitlines()
    # podman leaves out what it makes itself, in the container's own layer.
    check(set(theirs) <= set(lines), f"only podman says {set(theirs) - set(lines)}")


@case
def diff_of_containerds_containers():
    engine = engines.Containerd()
    name = engine.run(engines.new_name(), "/app")
    pid = until(lambda: [line.split()[1] for line in engine("-n", "shop", "tasks", "ls").splitlines()
                         if line.startswith(name)], what="its process")[0]
    layers_of(f"containerd:shop/{name}", pid)


@case
def diff_of_contents():
    container, root = subject()
    before = open(f"{root}/etc/passwd").read()
    changed(root)
    done = limpet("diff", "-q", "--content", container.name, "/etc/passwd", "/new")
    text = done.out.decode()
    check("\n+new:x:5:5::/:/\n" in text and "--- a/etc/passwd\t" in text and "+++ b/etc/passwd\t" in text, text)
    check("--- /dev/null\t" in text and "\n+text\n" in text, text)
    folder = scratch("patched")
    os.makedirs(f"{folder}/etc")
    write(f"{folder}/etc/passwd", before)
    patched = run("patch", "-p1", "-s", "-d", folder, input=done.out)
    equal(patched.returncode, 0, f"patch: {patched.out}")
    equal(open(f"{folder}/etc/passwd").read(), open(f"{root}/etc/passwd").read(), "patched")
    equal(open(f"{folder}/new/deep/file").read(), "text\n", "made by patch")


@case
def who_sets_the_time_back_hides_nothing():
    container, root = subject()
    path = f"{root}/etc/passwd"
    was, text = os.stat(path), open(path).read()
    write(path, text.replace("root", "toor"), at=was.st_mtime_ns)
    # What docker goes by are size and time.
    check(b"/etc/passwd" not in run("docker", "diff", container.id).out, "docker diff sees it: say so no more")
    check(b"C /etc/passwd\n" in limpet("diff", container.name).out, "the change is not seen")


@case
def without_layers_by_times():
    container, root = subject()
    write(f"{root}/etc/fresh", "x")
    done = limpet("diff", f"pid:{container.pid}")
    equal(done.returncode, 0, f"{done.err}")
    check(b"by the times of files; " in done.err, f"why: {done.err}")
    check(b"C /etc/fresh\n" in done.out, f"{done.out}")
    rows = [json.loads(line) for line in limpet("diff", "--times", "-o", "json", container.name).out.splitlines()]
    check({"content"} <= {row["change"] for row in rows} and {row["by"] for row in rows} == {"times"}, f"{rows}")
    equal(limpet("diff", "--content", f"pid:{container.pid}").returncode, 1, "--content without layers")


@case
def nothing_of_it_is_seen():
    container, root = subject()
    furnish(root)
    before = (container.ask("read /proc/self/mountinfo"), sorted(run("docker", "diff", container.id).out.splitlines()),
              os.stat(f"{root}/kinds/text").st_atime_ns)
    export(container)
    limpet("diff", "--content", container.name)
    limpet("doctor", container.name)
    equal((container.ask("read /proc/self/mountinfo"), sorted(run("docker", "diff", container.id).out.splitlines()),
           os.stat(f"{root}/kinds/text").st_atime_ns), before, "the target")


if __name__ == "__main__":
    main()
