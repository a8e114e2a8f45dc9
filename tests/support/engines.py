# engines.py - containers of Docker, podman and containerd, for tests that compare runtimes.
import contextlib
import glob
import json
import os
import shutil
import signal
import subprocess

import images
from limpet import *  # noqa: F403

TAG = f"limpet-test-{RUN.lower()}-runtimes:1"
made = {}


def once(function):
    """Its result, made at the first call; a reason to skip is one for every case that asks."""
    def wrapper():
        if function not in made:
            try:
                made[function] = function()
            except Skip as reason:
                made[function] = reason
        if isinstance(made[function], Skip):
            raise made[function]
        return made[function]
    return wrapper


def new_name():
    return f"limpet-{os.getpid()}-{len(made)}-{os.urandom(3).hex()}"


@once
def docker_image():
    need_docker()
    images.load("alpine", TAG)
    undo(lambda: run("docker", "rmi", TAG))
    return TAG


def docker(*command, name=None, remove=True):
    name = name or new_name()
    must("docker", "run", "-d", "--label", f"limpet-test={RUN}", "--name", name, "--network",
         "none", "--entrypoint", command[0], docker_image(), *command[1:])
    undo(lambda: run("docker", "rm", "-f", name))
    return name


class Podman:
    # What podman sets by default is more than a machine may allow.
    limits = ("--network", "none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")

    def __init__(self, *globals_):
        if not shutil.which("podman"):
            raise Skip("podman is not installed")
        undo(self.remove_cgroups)
        # The first process of a pod takes no options.
        with open(scratch("containers.conf"), "w") as file:
            file.write('[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n')
        self.command = ["env", f"CONTAINERS_CONF={scratch('containers.conf')}", "podman",
                        "--runtime", "runc", "--cgroup-manager", "cgroupfs", *globals_]
        pack = subprocess.Popen(["tar", "--numeric-owner", "-C", images.tree("alpine"), "-c", "."],
                                stdout=subprocess.PIPE)
        done = subprocess.run([*self.command, "import", "-q", "-", TAG], stdin=pack.stdout,
                              capture_output=True, check=False)
        pack.stdout.close()
        if pack.wait() != 0 or done.returncode != 0:
            raise Skip(f"podman cannot import: {done.stderr.decode().strip()[-300:]}")
        undo(lambda: run(*self.command, "rmi", TAG))

    @staticmethod
    def remove_cgroups():
        """Those that podman leaves; while another uses one, the kernel does not remove it."""
        for parent in glob.glob("/sys/fs/cgroup/libpod_parent") + glob.glob(
                "/sys/fs/cgroup/*/libpod_parent"):
            for folder, _, _ in os.walk(parent, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(folder)

    def __call__(self, *argv):
        return must(*self.command, *argv)

    def run(self, *command, name=None, options=()):
        name = name or new_name()
        undo(lambda: run(*self.command, "rm", "-f", "-t", "0", name))
        done = run(*self.command, "run", "-d", *self.limits, *options, "--name", name, TAG, *command)
        if done.returncode != 0:
            raise Skip(f"podman cannot run here: {done.err.decode().strip()[-300:]}")
        return name


podman = once(Podman)


class Containerd:
    """A daemon of our own; /run/containerd is where its runc keeps its records all the same."""

    spaces = ("shop", "other")
    settings = 'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n'

    def __init__(self, folder=None):
        if not shutil.which("containerd") or not shutil.which("ctr"):
            raise Skip("containerd is not installed")
        self.folder = folder or scratch(type(self).__name__.lower())
        os.makedirs(self.folder)
        with open(f"{self.folder}/config.toml", "w") as file:
            file.write(f'version = 2\nroot = "{self.folder}/root"\nstate = "{self.folder}/state"\n'
                       f'{self.settings}[grpc]\n  address = "{self.folder}/socket"\n')
        self.daemon = None
        self.start()
        undo(self.clean)
        self.load_images()

    def load_images(self):
        self.load(images.tree("alpine"), "localhost/app:1")

    def load(self, tree, name, program="/app"):
        archive = scratch("image.tar")
        make_archive(archive, tree, name, program)
        for space in self.spaces:
            self("-n", space, "images", "import", archive)

    def start(self):
        log = open(f"{self.folder}/log", "ab")
        self.daemon = start("containerd", "--config", f"{self.folder}/config.toml", stdout=log,
                            stderr=log)
        until(lambda: run(*self.ctr(), "version").returncode == 0, 20, "containerd answering")

    def ctr(self):
        return ["ctr", "-a", f"{self.folder}/socket"]

    def __call__(self, *argv):
        return must(*self.ctr(), *argv)

    def run(self, name, *command, space="shop", labels=()):
        options = [word for label in labels for word in ("--label", label)]
        self("-n", space, "run", "-d", "--null-io", *options, "localhost/app:1", name, *command)
        return name

    def end(self, name, space="shop", task=True):
        self("-n", space, "tasks", "kill", "-s", "KILL", name)
        until(lambda: "STOPPED" in self("-n", space, "tasks", "ls").split(name)[1].split("\n")[0],
              what="the end of it")
        if task:
            self("-n", space, "tasks", "delete", name)

    def clean(self):
        if self.daemon.poll() is not None:
            self.start()
        os.kill(self.daemon.pid, signal.SIGCONT)
        for space in self.spaces:
            for name in run(*self.ctr(), "-n", space, "tasks", "ls", "-q").out.decode().split():
                run(*self.ctr(), "-n", space, "tasks", "delete", "-f", name)
        self.daemon.terminate()
        self.daemon.wait(20)
        with open("/proc/self/mountinfo") as file:
            points = [line.split()[4] for line in file if self.folder in line]
        for point in reversed(points):
            run("umount", "-l", point)


containerd = once(Containerd)


@once
def pause_tree():
    """The first process of a pod: ends when told to, reaps what is left to it, as the real ones."""
    tree = scratch("pause")
    os.makedirs(tree)
    with open(f"{tree}.c", "w") as file:
        file.write("#include <signal.h>\n#include <unistd.h>\n"
                   "static void end(int number) { _exit(number != SIGTERM); }\n"
                   "int main(void) { signal(SIGTERM, end); signal(SIGCHLD, SIG_IGN);\n"
                   "for (;;) pause(); }\n")
    must("gcc", "-static", "-O2", "-o", f"{tree}/pause", f"{tree}.c")
    return tree


def make_archive(path, tree, name, program="/app"):
    """docker save's form of a tree, which ctr and podman take; made without Docker."""
    folder = scratch("archive")
    os.makedirs(folder, exist_ok=True)
    must("tar", "--numeric-owner", "-C", tree, "-cf", f"{folder}/layer.tar", ".")
    digest = must("sha256sum", f"{folder}/layer.tar").split()[0]
    config = {"architecture": "amd64", "os": "linux", "config": {"Entrypoint": [program]},
              "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]}}
    with open(f"{folder}/config.json", "w") as file:
        json.dump(config, file)
    with open(f"{folder}/manifest.json", "w") as file:
        json.dump([{"Config": "config.json", "RepoTags": [name],
                    "Layers": ["layer.tar"]}], file)
    must("tar", "-C", folder, "-cf", path, "manifest.json", "config.json", "layer.tar")


# ---- what is expected of any of them

def listed(*options):
    done = limpet("ps", "-o", "json", *options)
    equal(done.returncode, 0, f"limpet ps ({done.err!r})")
    return [json.loads(line) for line in done.out.decode().splitlines()]


def one(name, *options):
    found = [row for row in listed(*options) if row["name"] == name]
    equal(len(found), 1, f"rows of {name}")
    return found[0]


def absent(name, *options):
    equal([row for row in listed(*options) if row["name"] == name], [], f"rows of {name}")


def ok(*argv, **options):
    done = limpet(*argv, **options)
    equal(done.returncode, 0, f"{argv} ({done.err!r})")
    return done.out.decode()


def refuses(words, *argv):
    done = limpet(*argv)
    equal(done.returncode, 125, f"status of {argv} ({done.err!r})")
    text = done.err.decode()
    equal(len(text.splitlines()), 1, f"lines of {text!r}")
    for word in words:
        check(word in text, f"no {word!r} in {text!r}")


CHANGE = "rm /etc/passwd; echo kept > /written; mkdir -p /deep/er; echo x > /deep/er/file"


def looks_at_stopped(target, state):
    """Its files as it left them, and nothing else."""
    done = limpet_exec(target, "cat", "/written")
    equal((done.returncode, done.out), (0, b"kept\n"), f"what it wrote ({done.err!r})")
    notice = done.err.decode()
    equal(len(notice.splitlines()), 1, notice)
    for word in (target, state, "read-only", "no processes"):
        check(word in notice, f"no {word!r} in {notice!r}")
    done = limpet_exec(target, "sh", "-c", "ls /etc/passwd; ls -d /bin/busybox; echo /deep/*/*")
    equal(done.out, b"/bin/busybox\n/deep/er/file\n", f"the tree ({done.err!r})")
    check(b"/etc/passwd" in done.err, "what it removed is there again")
    for command in (("ps",), ("ss", "-ltn"), ("cat", "/proc/1/environ")):
        done = limpet_exec(target, *command)
        equal(done.returncode, 126, f"{command}")
        check(b"does not run: it has no processes" in done.err, f"{command}: {done.err!r}")
    check(state in ok("exec", target, "--", "info"), "info without a process")
    done = limpet("exec", "--allow", "all", target, "--", "sh", "-c", "echo x > /written; rm /written")
    check(done.returncode != 0 and b"Read-only" in done.err, f"it was written: {done.err!r}")
