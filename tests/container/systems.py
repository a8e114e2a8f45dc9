# systems.py - LXC, systemd-nspawn and a user's podman: found, looked into, and read when stopped.
import json
import os
import pwd
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import images
from limpet import *  # noqa: F403
from engines import *  # noqa: F403


def copy_of_alpine(place):
    """A folder of that name for as long as the test runs."""
    os.makedirs(os.path.dirname(place), exist_ok=True)
    undo(lambda: shutil.rmtree(place, ignore_errors=True))
    must("cp", "-a", images.tree("alpine"), place)


@case
def lxc():
    if not shutil.which("lxc-start"):
        raise Skip("LXC is not installed")
    name = new_name()
    folder = f"/var/lib/lxc/{name}"
    undo(lambda: shutil.rmtree(folder, ignore_errors=True))
    copy_of_alpine(f"{folder}/rootfs")
    with open(f"{folder}/config", "w") as file:
        file.write(f"lxc.uts.name = {name}\nlxc.rootfs.path = dir:{folder}/rootfs\n"
                   "lxc.net.0.type = none\nlxc.init.cmd = /bin/sleep 300\n")
    absent(name)
    equal(one(name, "-a")["state"], "stopped")
    undo(lambda: run("lxc-stop", "-k", "-n", name))
    done = run("lxc-start", "-d", "-n", name)
    if done.returncode != 0:
        raise Skip(f"LXC cannot start here: {done.err.decode().strip()[-300:]}")
    row = until(lambda: next((row for row in listed() if row["name"] == name), None))
    equal((row["runtime"], row["pid"]),
          ("lxc", int(must("lxc-info", "-n", name, "-p", "-H"))))
    check("sleep 300" in ok("exec", f"lxc:{name}", "--", "ps", "ax"), "its processes")
    with open(f"{folder}/rootfs/written", "w") as file:
        file.write("kept\n")
    must("lxc-stop", "-k", "-n", name)
    done = limpet_exec(name, "cat", "/written")
    equal((done.returncode, done.out), (0, b"kept\n"), f"{done.err!r}")
    check(b"stopped" in done.err, done.err)


@case
def nspawn():
    if not shutil.which("systemd-nspawn"):
        raise Skip("systemd-nspawn is not installed")
    name = new_name()
    tree = f"/var/lib/machines/{name}"
    copy_of_alpine(tree)
    machine = start("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "-D", tree,
                    "/bin/sleep", "300", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE)
    row = until(lambda: machine.poll() is not None or
                next((row for row in listed() if row["name"] == name), None))
    if machine.poll() is not None:
        raise Skip(f"it cannot start here: {machine.stderr.read().decode().strip()[-300:]}")
    equal(row["runtime"], "nspawn")
    check("sleep 300" in ok("exec", name, "--", "ps", "ax"), "its processes")
    machine.terminate()
    machine.wait(20)
    until(lambda: one(name, "-a")["state"] == "stopped", what="its end")
    check("busybox" in ok("exec", f"nspawn:{name}", "--", "ls", "/bin").split(), "its files")


class User:
    """A user who is gone with the test, and with a place in /run as a login makes it."""

    def __init__(self):
        self.name = f"limpet-{os.urandom(4).hex()}"
        undo(lambda: run("userdel", "-r", self.name))
        must("useradd", "-m", self.name)
        self.account = pwd.getpwnam(self.name)
        self.run_folder = f"/run/user/{self.account.pw_uid}"
        undo(lambda: shutil.rmtree(self.run_folder, ignore_errors=True))
        os.makedirs(self.run_folder)
        os.chown(self.run_folder, self.account.pw_uid, self.account.pw_gid)

    def __call__(self, *argv):
        """As that user: the finished process."""
        env = environment(HOME=self.account.pw_dir, XDG_RUNTIME_DIR=self.run_folder)
        return run("setpriv", f"--reuid={self.name}", f"--regid={self.account.pw_gid}",
                   "--init-groups", *argv, env=env, cwd=self.account.pw_dir)


@case
def podman_of_a_user():
    if not shutil.which("podman") or not shutil.which("newuidmap"):
        raise Skip("podman and newuidmap are not installed")
    user = User()
    archive = f"{user.account.pw_dir}/image.tar"
    must("tar", "--numeric-owner", "-C", images.tree("alpine"), "-cf", archive, ".")
    podman = ("podman", "--runtime", "runc", "--cgroup-manager", "cgroupfs")
    done = user(*podman, "import", "-q", archive, TAG)
    undo(lambda: user(*podman, "system", "reset", "-f"))
    if done.returncode != 0:
        raise Skip(f"podman cannot import as a user: {done.err.decode().strip()[-300:]}")
    names = new_name(), new_name()
    for name, command in zip(names, ("sleep 300", CHANGE)):
        done = user(*podman, "run", "-d", *Podman.limits, "--name", name, TAG, "/bin/sh", "-c",
                    command)
        if done.returncode != 0:
            raise Skip(f"podman cannot run as a user: {done.err.decode().strip()[-300:]}")
    row = one(names[0])
    equal((row["runtime"], row["user"]), ("podman", str(user.account.pw_uid)))
    check("sleep 300" in ok("exec", f"podman:{names[0]}", "--", "ps", "ax"), "its processes")
    until(lambda: one(names[1], "-a")["state"] == "exited", what="its end")
    looks_at_stopped(names[1], "exited")
    # The same name as root's: who is meant is not said.
    if shutil.which("docker") and docker_works():
        docker("/bin/sleep", "300", name=names[0])
        refuses(["ambiguous", "docker:", f"of user {user.account.pw_uid}"], "exec", names[0], "--",
                "true")


@case
def files_of_a_user_are_not_trusted():
    """A FIFO, a link to what root may read, and names that write on the terminal."""
    user = User()
    storage = f"{user.account.pw_dir}/.local/share/containers/storage"
    os.makedirs(f"{user.run_folder}/containers")
    for driver in ("overlay", "vfs", "btrfs"):
        os.makedirs(f"{storage}/{driver}-containers")
    os.mkfifo(f"{storage}/overlay-containers/containers.json")
    os.symlink("/etc/shadow", f"{storage}/vfs-containers/containers.json")
    name = f"evil{os.getpid()}"
    with open(f"{storage}/btrfs-containers/containers.json", "w") as file:
        json.dump([{"id": "e" * 64, "names": [f"{name}\x1b[2J\nforged line"], "layer": "x"}], file)
    done = limpet("ps", "-a", timeout=5)
    equal(done.returncode, 1, "status")
    problems = [line for line in done.err.decode().splitlines() if storage in line]
    equal(len(problems), 2, problems)
    check("is no regular file" in done.err.decode() and "root:" not in done.err.decode(), problems)
    row = next(line for line in done.out.decode().splitlines() if name in line)
    check("\x1b" not in row and "forged" in row, row)
    refuses(["btrfs"], "exec", "e" * 64, "--", "true")


if __name__ == "__main__":
    main()
