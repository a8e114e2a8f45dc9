# untouched.py - the target cannot tell: what it is made of is the same before, during and after.
#
# A volume holds files with access times of long ago, since a file of the image itself would keep
# its own whoever reads it: overlayfs leaves lower files alone. The control reads one of them in
# the way that we must not, and has to see the time change.
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import images
from limpet import *  # noqa: F403

LONG_AGO = 1_000_000_000
COMMANDS = """
ls -laR /data
find / -maxdepth 2
cat /data/one /data/folder/two
grep -r needle /data
head -n 1 /data/one
tail -n 1 /data/one
wc /data/one
sort /data/one
stat /data/one
sha256sum /data/one
hexdump /data/one
strings /data/one
readlink /data/link
du -s /data
df
mounts
ps
tree
fds 1
maps 1
env 1
limits 1
threads 1
status 1
id
ss -tlnx
ip addr
ip route
hostname
uname -a
info
sh -c 'cat /data/one > /data/new'
sh -c 'for f in /data/*; do wc -c < $f; done'
sh -c 'cat < /dev/shm/app.fifo'
sh -c 'kill -TERM 1'
""".strip().splitlines()


def times(folder):
    """Everything that stat says of a tree. O_NOATIME: the look itself must leave no trace."""
    found = {}
    for here, _, files, descriptor in os.fwalk(folder):
        del descriptor
        for name in [".", *files]:
            status = os.lstat(os.path.join(here, name))
            found[os.path.join(here, name)] = tuple(
                getattr(status, field) for field in
                ("st_mode", "st_uid", "st_gid", "st_size", "st_ino", "st_nlink", "st_atime_ns",
                 "st_mtime_ns", "st_ctime_ns"))
    return found


def quiet_times(folder):
    # os.fwalk opens folders in the usual way, which counts as an access to them.
    opened = os.open
    os.open = lambda path, flags, *rest, **named: opened(path, flags | os.O_NOATIME, *rest, **named)
    try:
        return times(folder)
    finally:
        os.open = opened


def cgroups(pid):
    """The processes of every cgroup that it is in, by hierarchy."""
    found = {}
    with open("/proc/self/mountinfo") as file:
        mounted = [line.split() for line in file]
    with open(f"/proc/{pid}/cgroup") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            for fields in mounted:
                kind, options = fields[fields.index("-") + 1], fields[-1].split(",")
                if (kind == "cgroup2" and not controllers) or (
                        kind == "cgroup" and controllers and
                        set(controllers.split(",")) <= set(options)):
                    place = fields[4] + path
                    if os.path.exists(f"{place}/cgroup.procs"):
                        with open(f"{place}/cgroup.procs") as procs:
                            found[place] = sorted(procs.read().split())
    return found


def snapshot(container, volume):
    pid = container.pid
    links = {}
    for name in os.listdir(f"/proc/{pid}/ns"):
        links[name] = os.readlink(f"/proc/{pid}/ns/{name}")
    for name in os.listdir(f"/proc/{pid}/fd"):
        links[f"fd {name}"] = os.readlink(f"/proc/{pid}/fd/{name}")
    with open(f"/proc/{pid}/status") as file:
        status = [line for line in file if line.split(":")[0] in
                  ("TracerPid", "Uid", "CapEff", "Seccomp", "NoNewPrivs", "Threads", "SigCgt")]
    return {
        "its processes": container.ask("pids"),
        "its mountinfo": container.ask("read /proc/self/mountinfo"),
        "its descriptors and namespaces": links,
        "its status": status,
        "its cgroups": cgroups(pid),
        "its files": quiet_times(volume),
        "docker diff": must("docker", "diff", container.id),
    }


def same(before, after, when):
    for what, value in before.items():
        if isinstance(value, dict):
            changed = [f"{key}: {value.get(key)} -> {after[what].get(key)}"
                       for key in {**value, **after[what]} if value.get(key) != after[what].get(key)]
            check(not changed, f"{when}: {what} changed: {changed[:4]}")
        equal(after[what], value, f"{when}: {what}")


def make_volume():
    volume = tempfile.mkdtemp(prefix="volume.", dir=os.path.dirname(scratch("x")))
    os.chmod(os.path.dirname(volume), 0o711)
    os.chmod(volume, 0o755)
    os.mkdir(f"{volume}/folder")
    for name in ("one", "folder/two"):
        with open(f"{volume}/{name}", "w") as file:
            file.write("a needle\nand hay\n")
    os.symlink("one", f"{volume}/link")
    for here, folders, files in os.walk(volume):
        for name in (*folders, *files):
            os.utime(os.path.join(here, name), (LONG_AGO, LONG_AGO), follow_symlinks=False)
    os.utime(volume, (LONG_AGO, LONG_AGO))
    return volume


def subject(*options):
    need_docker()
    name = f"limpet-test-scratch:{RUN.lower()}-untouched"
    images.load("scratch", name)
    undo(lambda: run("docker", "rmi", name))
    volume = make_volume()
    container = Container(name, options=("-v", f"{volume}:/data", *options))
    return container, volume


@case
def every_command():
    container, volume = subject()
    before = snapshot(container, volume)
    for line in COMMANDS:
        done = limpet_exec(container.name, "sh", "-c", f"{line}; true", timeout=30)
        check(done.returncode in (0, 124), f"{line}: {done.returncode}: {done.err.decode()}")
        same(before, snapshot(container, volume), f"after {line}")


@case
def attached():
    container, volume = subject("--read-only", "--user", "65532:65532")
    before = snapshot(container, volume)
    session = Terminal(CLIENT, "attach", container.name)
    session.send("cd /data; cat one; echo here$((1+1))\n")
    session.expect("here2\r\n")
    during = snapshot(container, volume)
    session.send("ls -la /data; ps; exit\n")
    session.wait()
    session.close()
    same(before, during, "during")
    same(before, snapshot(container, volume), "after")


@case
def not_in_its_proc():
    """The target polls its /proc at full speed while sessions come and go."""
    container, _ = subject()
    own = set(container.ask("pids").split())
    watcher = start(sys.executable, "-c",
                    "import socket, sys\n"
                    "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
                    "s.sendall(b'watch 4000\\n')\n"
                    "while b := s.recv(65536): sys.stdout.buffer.write(b)\n",
                    f"/proc/{container.pid}/root/dev/shm/app.sock", stdout=subprocess.PIPE)
    sessions = 0
    while watcher.poll() is None:
        equal(limpet_exec(container.name, "ps").returncode, 0, "ps")
        equal(limpet_exec(container.name, "sh", "-c", "ls /data | wc -l").returncode, 0, "ls")
        sessions += 2
    equal(set(watcher.stdout.read().decode().split()), own, f"pids seen in {sessions} sessions")
    check(sessions >= 20, f"only {sessions} sessions in 4 s")


@case
def not_in_its_cgroup():
    """Nor is anything of ours in its cgroup or pid namespace while a session stands."""
    container, _ = subject()
    before = cgroups(container.pid)
    session = start(CLIENT, "exec", container.name, "--", "sleep", "30", stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL)
    # The session runs from a sealed memfd, the command below it too.
    until(lambda: len(sealed(session.pid)) >= 2, what="the session")
    ours = sealed(session.pid)
    equal(cgroups(container.pid), before, "its cgroups")
    for pid in ours:
        for name in ("pid", "mnt", "ipc", "net"):
            check(os.readlink(f"/proc/{pid}/ns/{name}") !=
                  os.readlink(f"/proc/{container.pid}/ns/{name}"), f"{pid} is in its {name}")
        equal(read(f"/proc/{pid}/oom_score_adj").strip(), b"1000", f"oom_score_adj of {pid}")


def sealed(root):
    return [pid for pid in descendants(root) if "memfd:" in link(f"/proc/{pid}/exe")]


def link(path):
    try:
        return os.readlink(path)
    except OSError:
        return ""


@case
def control_atime():
    """What a reader without our care leaves behind: this must be seen, or the others prove nothing."""
    container, volume = subject()
    before = snapshot(container, volume)
    with open(f"/proc/{container.pid}/root/data/one", "rb") as file:
        file.read()
    try:
        same(before, snapshot(container, volume), "control")
    except AssertionError:
        return
    raise AssertionError("a plain read left no trace")


@case
def control_joined():
    """A program that joins is seen by the target."""
    container, _ = subject()
    own = set(container.ask("pids").split())
    guest = start("nsenter", "-t", container.pid, "-p", "sleep", "5")
    until(lambda: set(container.ask("pids").split()) > own, what="the guest in its /proc")
    guest.kill()


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def descendants(root):
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = read(f"/proc/{name}/stat").rpartition(b")")[2].split()
            if len(fields) > 1:
                parents[int(name)] = int(fields[1])
    found, grew = {root}, True
    while grew:
        more = {pid for pid, parent in parents.items() if parent in found and pid not in found}
        found |= more
        grew = bool(more)
    return found - {root}


if __name__ == "__main__":
    main()
