# limpet.py - what the tests in Python share: cases, the client, containers, a pseudo-terminal.
#
# A test file is run as `python3 FILE AGENT CLIENT`. It prints `ok NAME`, `FAIL NAME: why` or
# `skip NAME: why`, one line a case, and exits 0, 1, or 77 when nothing could be run.
import atexit
import contextlib
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import traceback

AGENT = os.path.abspath(sys.argv[1]) if len(sys.argv) > 2 else ""
CLIENT = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else ""
# run.sh gives every run a label of its own, so that it can look for what a killed test left.
RUN = os.environ.get("LIMPET_TEST_RUN", f"by-hand-{os.getpid()}")

_scratch = tempfile.mkdtemp(prefix="limpet-test.")
_owner = os.getpid()
_undo = []


def _clean():
    if os.getpid() != _owner:
        return
    while _undo:
        with contextlib.suppress(Exception):
            _undo.pop()()
    shutil.rmtree(_scratch, ignore_errors=True)


atexit.register(_clean)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def undo(action):
    """Runs at exit, last in first out, whatever happened."""
    _undo.append(action)
    return action


def scratch(name):
    """A path below this test's own directory."""
    return os.path.join(_scratch, name)


# ---- cases

class Skip(Exception):
    pass


_cases = []


def case(function):
    _cases.append((function.__name__, function, ()))
    return function


def add_case(name, function, *arguments):
    _cases.append((name, function, arguments))


def check(condition, why):
    if not condition:
        raise AssertionError(why)


def equal(seen, wanted, what=""):
    check(seen == wanted, f"{what}{': ' if what else ''}saw {seen!r:.600}, wanted {wanted!r:.600}")


def main():
    """Runs the cases whose name holds the third argument (all of them without one)."""
    only = sys.argv[3] if len(sys.argv) > 3 else ""
    passed = failed = 0
    for name, function, arguments in _cases:
        if only not in name:
            continue
        try:
            function(*arguments)
            print(f"ok {name}", flush=True)
            passed += 1
        except Skip as reason:
            print(f"skip {name}: {reason}", flush=True)
        except Exception as problem:
            failed += 1
            text = str(problem).replace("\n", "\\n") or type(problem).__name__
            print(f"FAIL {name}: {text}", flush=True)
            if not isinstance(problem, AssertionError):
                traceback.print_exc()
    sys.exit(1 if failed else 0 if passed else 77)


# ---- programs

def environment(**more):
    env = {"PATH": os.environ["PATH"], "HOME": _scratch, "XDG_STATE_HOME": _scratch,
           "LIMPET_AGENT": AGENT, "TERM": "xterm", "LANG": "C.UTF-8"}
    if "DOCKER_HOST" in os.environ:
        env["DOCKER_HOST"] = os.environ["DOCKER_HOST"]
    env.update(more)
    return env


def run(*argv, input=None, timeout=60, env=None, **options):
    """A finished process: .returncode (128+N for signal N), .out and .err as bytes."""
    done = subprocess.run([str(word) for word in argv], input=input, capture_output=True,
                          timeout=timeout, env=env or environment(), check=False,
                          **({} if input is not None else {"stdin": subprocess.DEVNULL}),
                          **options)
    done.out, done.err = done.stdout, done.stderr
    return done


def must(*argv, **options):
    done = run(*argv, **options)
    check(done.returncode == 0, f"{' '.join(map(str, argv))}: {done.returncode}: "
          f"{(done.err or done.out).decode(errors='replace').strip()}")
    return done.out.decode(errors="replace").strip()


def limpet(*argv, **options):
    return run(CLIENT, *argv, **options)


def limpet_exec(target, *argv, **options):
    return limpet("exec", target, "--", *argv, **options)


def start(*argv, **options):
    """A process that goes on beside the test; killed at exit."""
    process = subprocess.Popen([str(word) for word in argv], env=options.pop("env", environment()),
                               **options)
    undo(lambda: (process.kill(), process.wait()))
    return process


def until(condition, timeout=10, what="it"):
    """Waits for a true result and returns it."""
    end = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        check(time.monotonic() < end, f"{what} did not happen within {timeout} s")
        time.sleep(0.02)


def listens(path):
    """Whether somebody accepts there: the file of a socket is there a moment before that."""
    with socket.socket(socket.AF_UNIX) as peer, contextlib.suppress(OSError):
        peer.connect(path)
        return True
    return False


# ---- containers

def docker_works():
    return shutil.which("docker") and run("docker", "version").returncode == 0


def need_docker():
    if not docker_works():
        raise Skip("no Docker daemon answers")


class Container:
    """A running container: .id, .name, .pid (of its main process, in our pid namespace)."""

    def __init__(self, image, *command, options=(), name=None):
        self.name = name or f"limpet-{os.getpid()}-{len(_undo)}"
        # Before it is made: a container that does not start is there all the same.
        self._remove = undo(lambda: run("docker", "rm", "-f", "-v", self.name))
        self.id = must("docker", "run", "-d", "--label", f"limpet-test={RUN}", "--name", self.name,
                       *options, image, *command)
        self.pid = int(self.inspect("{{.State.Pid}}"))
        check(self.pid > 0, f"{image} does not run: {run('docker', 'logs', self.id).err}")
        self.procfs = f"/proc/{self.pid}"
        until(lambda: b"ready" in run("docker", "logs", self.id).out or command, what="ready")

    def inspect(self, template):
        return must("docker", "inspect", "-f", template, self.id)

    def remove(self):
        self._remove()
        _undo.remove(self._remove)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def ask(self, request):
        return ask(self.pid, request)


class Bundle:
    """A container of runc alone, in a user namespace: uid 0 in it is uid 100000 out here."""

    base = 100000

    def __init__(self, tree, argv, uid=0, readonly=False, network=False, state=None):
        self.directory = tempfile.mkdtemp(prefix="bundle.", dir=_scratch)
        # Every folder above the tree must be passable for a uid that is nobody out here.
        os.chmod(_scratch, 0o711)
        os.chmod(self.directory, 0o711)
        self.root = os.path.join(self.directory, "rootfs")
        must("cp", "-a", tree, self.root)
        shift_owner(self.root, self.base)
        must("runc", "spec", cwd=self.directory)
        with open(f"{self.directory}/config.json") as file:
            config = json.load(file)
        config["process"].update(terminal=False, args=list(argv), user={"uid": uid, "gid": uid})
        config["root"] = {"path": "rootfs", "readonly": readonly}
        linux = config["linux"]
        mapping = [{"containerID": 0, "hostID": self.base, "size": 65536}]
        linux["uidMappings"] = linux["gidMappings"] = mapping
        linux["namespaces"].append({"type": "user"})
        linux.pop("resources", None)
        config["mounts"] = [mount for mount in config["mounts"] if mount["type"] != "cgroup"]
        with open(f"{self.directory}/config.json", "w") as file:
            json.dump(config, file)
        self.id = self.name = f"limpet-{os.getpid()}-{len(_undo)}"
        self.state = state or os.path.join(self.directory, "state")
        self._remove = undo(lambda: run("runc", "--root", self.state, "delete", "-f", self.id))
        with open(f"{self.directory}/log", "wb") as log:
            done = subprocess.run(["runc", "--root", self.state, "run", "-d", "--bundle",
                                   self.directory, self.id], stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=subprocess.STDOUT, timeout=60, check=False)
        with open(f"{self.directory}/log") as log:
            if done.returncode != 0:
                raise Skip(f"runc makes no user namespace here: {log.read().strip()[-300:]}")
        state = json.loads(must("runc", "--root", self.state, "state", self.id))
        self.pid = state["pid"]
        self.procfs = f"/proc/{self.pid}"
        until(lambda: os.path.exists(f"{self.procfs}/root/dev/shm/app.sock"), what="ready")

    def remove(self):
        self._remove()
        _undo.remove(self._remove)
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def ask(self, request):
        return ask(self.pid, request)


def shift_owner(tree, base):
    for folder, names, files in os.walk(tree):
        for name in [".", *names, *files]:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            if status.st_uid < base:
                os.lchown(path, status.st_uid + base, status.st_gid + base)
                if not os.path.islink(path):
                    os.chmod(path, status.st_mode & 0o7777)  # chown cleared setuid bits


def ask(pid, request):
    """What support/app.c sees in there. Its socket is reached by name, without joining anything."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(60)
        peer.connect(f"/proc/{pid}/root/dev/shm/app.sock")
        peer.sendall(request.encode() + b"\n")
        answer = b""
        while block := peer.recv(65536):
            answer += block
    return answer.decode(errors="replace")


# ---- a terminal

class Terminal:
    """A program on a pseudo-terminal: send keys, expect text."""

    def __init__(self, *argv, rows=24, columns=80, env=None):
        self.seen = b""
        self.status = None
        # Those of any new one: of its own the program may have changed them before we look.
        fresh = pty.openpty()
        self.settings = termios.tcgetattr(fresh[0])
        for end in fresh:
            os.close(end)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                os.execvpe(argv[0], [str(word) for word in argv], env or environment())
            finally:
                os._exit(127)
        self._close = undo(self.close)

    def send(self, keys):
        os.write(self.fd, keys.encode() if isinstance(keys, str) else keys)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, timeout):
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return False
        try:
            block = os.read(self.fd, 65536)
        except OSError:  # EIO: the last one closed the other side
            return False
        self.seen += block
        return bool(block)

    def expect(self, pattern, timeout=15):
        """Waits for a regular expression in what came since the last match; returns the match."""
        pattern = re.compile(pattern.encode() if isinstance(pattern, str) else pattern, re.S)
        end = time.monotonic() + timeout
        while True:
            match = pattern.search(self.seen)
            if match:
                self.seen = self.seen[match.end():]
                return match
            left = end - time.monotonic()
            check(left > 0, f"{pattern.pattern!r} did not come, but {self.seen[-600:]!r}")
            if not self.read(left) and self.ended():
                match = pattern.search(self.seen)
                check(match, f"it ended without {pattern.pattern!r}: {self.seen[-600:]!r}")

    def ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
        return self.status is not None

    def wait(self, timeout=15):
        """Reads to the end; the exit status, negative for a signal."""
        end = time.monotonic() + timeout
        while not self.ended():
            check(time.monotonic() < end, f"it did not end: {self.seen[-600:]!r}")
            self.read(0.05)
        while self.read(0.05):
            pass
        return os.waitstatus_to_exitcode(self.status)

    def close(self):
        if self._close in _undo:
            _undo.remove(self._close)
        if not self.ended():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.status = 9
        # Jobs in the background outlive a shell that was killed; the terminal's session is theirs.
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                with open(f"/proc/{name}/stat", "rb") as file:
                    session = int(file.read().rpartition(b")")[2].split()[3])
                if session == self.pid:
                    os.kill(int(name), signal.SIGKILL)
        os.close(self.fd)
