# change.py - what writes: with --scratch the target stays as it is, with modify it changes, without neither.
import io
import os
import subprocess
import sys
import tarfile
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import images
from limpet import *  # noqa: F403

# All that changes something, in the root file system, a volume and a tmpfs.
SCRIPT = """
mkdir -p /made/deep /data/made /shm/made
echo text > /made/file; cp /made/file /data/copy; mv /data/one /data/moved; ln -s file /made/link
rm -r /data/folder; touch /shm/touched; chmod 700 /data/made; chown 5:6 /data/made
sed -i s/needle/thread/ /data/moved; truncate -s 3 /data/copy; dd if=/made/file of=/data/dd status=none
install -m 600 /made/file /data/installed; echo tee | tee /data/tee > /dev/null
mktemp -p /data t.XXXX > /dev/null; find /shm/made -delete
cat /data/moved; ls -A /shm
"""


def listing(volume, container):
    found = {}
    for here, folders, files in os.walk(volume):
        for name in (".", *folders, *files):
            path = os.path.join(here, name)
            status = os.lstat(path)
            found[os.path.relpath(path, volume)] = (
                status.st_mode, status.st_uid, status.st_gid, status.st_size, status.st_mtime_ns,
                status.st_ino)
    shm = f"/proc/{container.pid}/root/shm"
    return {"volume": found, "diff": sorted(must("docker", "diff", container.id).split("\n")), "shm": os.listdir(shm),
            "mounts": container.ask("read /proc/self/mountinfo")}


def subject(*options):
    need_docker()
    name = f"limpet-test-scratch:{RUN.lower()}-change"
    images.load("scratch", name)
    undo(lambda: run("docker", "rmi", name))
    volume = tempfile.mkdtemp(prefix="volume.", dir=os.path.dirname(scratch("x")))
    os.chmod(os.path.dirname(volume), 0o711)
    os.chmod(volume, 0o755)
    os.mkdir(f"{volume}/folder")
    for path in ("one", "folder/two"):
        with open(f"{volume}/{path}", "w") as file:
            file.write("a needle\n")
    return Container(name, options=("-v", f"{volume}:/data", "--tmpfs", "/shm", *options)), volume


@case
def scratch_leaves_nothing():
    for options in ((), ("--read-only", "--user", "65532:65532")):
        container, volume = subject(*options)
        before = listing(volume, container)
        done = limpet("exec", "--scratch", container.name, "--", "sh", "-c", SCRIPT + "scratch diff")
        equal((done.returncode, done.err), (0, b""), f"{options}")
        lines = done.out.decode().splitlines()
        equal(lines[:2], ["a thread", "touched"], "what the session sees")
        for line in ("A /made/file", "A /data/copy", "D /data/one", "D /data/folder",
                     "A /shm/touched", "A /data/installed"):
            check(line in lines, f"{line} is not in {lines}")
        equal(listing(volume, container), before, f"the target, {options}")


@case
def what_scratch_changed_can_be_saved():
    container, volume = subject()
    before = listing(volume, container)
    done = limpet("exec", "--scratch", container.name, "--", "sh", "-c", """
        mkdir -p /made/deep; echo text > /made/deep/file; ln /made/deep/file /made/again
        chmod 640 /made/deep/file; rm /data/one; rm -r /data/folder; mkdir /data/folder
        echo more > /data/folder/new; ln -s ../x /made/link
        scratch save""")
    equal((done.returncode, done.err), (0, b""), "status")
    with tarfile.open(fileobj=io.BytesIO(done.out)) as tar:
        of = {member.name: member for member in tar}
        text = tar.extractfile("made/deep/file" if of["made/deep/file"].isreg() else "made/again").read()
    equal(text, b"text\n", "a file")
    equal(of["made/deep/file"].mode & 0o777, 0o640, "its mode")
    equal(sorted(of), ["data/.wh.one", "data/folder/.wh.two", "data/folder/new", "made", "made/again",
                       "made/deep", "made/deep/file", "made/link"], "names")
    equal(of["data/.wh.one"].size, 0, "what was deleted")
    equal(len([name for name in of if of[name].islnk()]), 1, "two names of one file")
    equal(listing(volume, container), before, "the target")
    done = limpet("exec", container.name, "--", "scratch", "save")
    check(done.returncode == 1 and done.out == b"", "without a view")


def stacked():
    """A process whose root is an overlay over an overlay: the kernel stacks no third one."""
    place = scratch("stack")
    os.mkdir(place)
    tree = images.tree("alpine")
    script = f"""
        mount --make-rprivate / && mount -t tmpfs limpet-test {place}/stack &&
        mkdir -p {place}/stack/{{a,b}}/{{upper,aside,all}} &&
        mount -t overlay o -o lowerdir={tree},upperdir={place}/stack/a/upper,workdir={place}/stack/a/aside {place}/stack/a/all &&
        mount -t overlay o -o lowerdir={place}/stack/a/all,upperdir={place}/stack/b/upper,workdir={place}/stack/b/aside {place}/stack/b/all &&
        cd {place}/stack/b/all && mkdir -p old && pivot_root . old && exec /bin/sleep 1000
    """
    os.mkdir(f"{place}/stack")
    process = start("unshare", "-m", "bash", "-c", script, stderr=subprocess.PIPE)
    until(lambda: open(f"/proc/{process.pid}/comm").read().startswith(("sleep", "busybox")), what="the stack")
    return process.pid


@case
def where_no_view_can_be_made():
    pid = stacked()
    done = limpet("exec", "--scratch", f"pid:{pid}", "--", "sh", "-c",
                  "echo x > $LIMPET_SCRATCH/x && cat $LIMPET_SCRATCH/x; echo x > /x")
    check(b"there is no copy-on-write view, only $LIMPET_SCRATCH can be written to: " in done.err, f"{done.err}")
    check(done.out == b"x\n" and done.returncode != 0 and b"/x: Read-only file system" in done.err, f"{done}")
    check(not os.path.exists(f"/proc/{pid}/root/x"), "the target was written to")


@case
def modify_changes_it():
    container, volume = subject()
    done = limpet("exec", "--allow", "modify", container.name, "--", "sh", "-c", SCRIPT)
    equal((done.returncode, done.err, done.out), (0, b"", b"a thread\ntouched\n"), "the session")
    check(not os.path.exists(f"{volume}/folder") and not os.path.exists(f"{volume}/one"), "removed")
    status = os.stat(f"{volume}/made")
    equal((status.st_uid, status.st_gid, status.st_mode & 0o777), (5, 6, 0o700), "chown, chmod")
    with open(f"{volume}/copy", "rb") as file:
        equal(file.read(), b"tex", "truncate")
    equal(os.stat(f"{volume}/tee").st_uid, 0, "whose a new file is")
    check("A /made" in must("docker", "diff", container.id), "the root file system did not change")


@case
def without_a_grant_nothing():
    container, volume = subject()
    before = listing(volume, container)
    for argv in (["rm", "/data/one"], ["mkdir", "/x"], ["find", "/data", "-delete"]):
        done = limpet("exec", container.name, "--", *argv)
        equal(done.returncode, 126, f"{argv}")
        check(b"--allow modify" in done.err and b"--scratch" in done.err, f"{argv}: {done.err}")
    done = limpet("exec", container.name, "--", "sed", "-i", "s/a/b/", "/data/one")
    check(done.returncode != 0 and b"needs --allow modify" in done.err, f"sed: {done.err}")
    done = limpet("exec", container.name, "--", "sh", "-c",
                  "cd $LIMPET_SCRATCH && mkdir d && cp /data/one d && rm -r d && mktemp")
    equal(done.returncode, 0, f"the scratch directory: {done.err}")
    equal(listing(volume, container), before, "the target")


@case
def mounts_and_the_kernel_stay():
    container, volume = subject("--cap-add", "SYS_ADMIN", "--security-opt", "apparmor=unconfined")
    mounts = container.ask("read /proc/self/mountinfo")
    for argv in (["rm", "-f", "/etc/hosts"], ["mv", "/etc/hosts", "/h"], ["rm", "-rf", "/data"],
                 ["sh", "-c", "echo 1 > /proc/sys/kernel/sysrq"],
                 ["sh", "-c", "echo x > /sys/fs/cgroup/x"]):
        done = limpet("exec", "--allow", "modify", container.name, "--", *argv)
        check(done.returncode != 0, f"{argv} worked")
    equal(container.ask("read /proc/self/mountinfo"), mounts, "its mounts")
    check(os.path.isdir(volume), "the volume is gone")


@case
def both_are_refused():
    done = limpet("exec", "--scratch", "--allow", "modify", "x", "--", "true")
    equal(done.returncode, 2, "status")
    check(b"excludes" in done.err, f"{done.err}")


@case
def an_attached_session_says_what_changed():
    container, volume = subject()
    before = listing(volume, container)
    session = Terminal(CLIENT, "attach", "--scratch", container.name)
    session.expect("%")
    session.send("rm -r /data/folder; echo > /new; exit\n")
    session.expect("2 paths changed")
    session.wait()
    session.close()
    equal(listing(volume, container), before, "the target")


if __name__ == "__main__":
    main()
