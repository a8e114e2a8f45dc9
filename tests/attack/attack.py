# attack.py - what the attacks share: their programs, boxes to attack from, the debugger to attack.
#
# Every file here is one attacker's idea. Each case states what must hold, and beside it proves that
# the same attack works on a helper written without care: a test whose attack cannot win proves
# nothing, so it fails then.
import contextlib
import hashlib
import os
import queue
import socket
import struct
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SUPPORT = os.path.join(HERE, "..", "support")
sys.path.insert(0, SUPPORT)
import limpet  # noqa: E402
from limpet import (AGENT, CLIENT, Skip, add_case, case, check, equal, main, must, need_docker,  # noqa: E402,F401
                    run, scratch, start, undo, until)

DEFAULT_CAPS = 0xa80425fb
SYS_PTRACE = 1 << 19
SYS_ADMIN = 1 << 21
GRANTS = 7  # files, processes, network: what a session may do by default


# ---- programs

_built = {}


def build(name, *flags):
    """A C program of this folder, or of tests/support, compiled static once; its path."""
    key = (name, flags)
    if key not in _built:
        source = next(path for path in (f"{HERE}/src/{name}.c", f"{SUPPORT}/{name}.c")
                      if os.path.exists(path))
        out = scratch(f"{name}.program.{len(_built)}")
        # -w: the linker warns of getpwnam in a static program, which is the very thing tested.
        must("gcc", "-O2", "-w", *(flags or ["-static"]), "-o", out, source)
        _built[key] = out
    return _built[key]


# ---- containers

class Box:
    """A container of plain namespaces, running one of our programs as its main process.

    .pid out here, .target for the client, .root its files as seen from out here.
    """

    count = 0

    def __init__(self, program, *arguments, options=(), files=None, prepare=None):
        Box.count += 1
        self.root = scratch(f"root.{Box.count}")
        for name in ("", "proc", "dev", "tmp", "etc"):
            os.mkdir(f"{self.root}/{name}")
            os.chmod(f"{self.root}/{name}", 0o1777 if name == "tmp" else 0o755)
        os.chmod(os.path.dirname(self.root), 0o711)  # a user namespace passes through here
        must("cp", build(program), f"{self.root}/{program}")
        for path, text in (files or {}).items():
            self.write(path, text)
        if prepare:
            prepare(self.root)
        self.process = start(build("box"), *options, self.root, "--", f"/{program}", *arguments,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        early = []  # the program may print before box has said that it runs
        while not (line := self.line()).startswith("pid "):
            early.append(line)
        self._lines.queue.extendleft(reversed(early))
        self.pid = int(line.split()[1])
        self.target = f"pid:{self.pid}"

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line.decode(errors="replace").rstrip("\n"))
        self._lines.put(None)

    def line(self, timeout=20):
        """The next line that the program in the box prints."""
        try:
            line = self._lines.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"the box printed nothing for {timeout} s") from None
        check(line is not None, "the box has ended")
        return line

    def lines(self):
        """All that it printed until now."""
        found = []
        with contextlib.suppress(queue.Empty):
            while (line := self._lines.get_nowait()) is not None:
                found.append(line)
        return found

    def say(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def write(self, path, text):
        place = f"{self.root}/{path.lstrip('/')}"
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, 9)
        self.process.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


# ---- the debugger

def debug(target, *argv, **options):
    """`limpet exec TARGET -- ARGV`, finished."""
    return limpet.limpet_exec(target, *argv, **options)


def pack(text):
    text = text.encode()
    return struct.pack("<I", len(text)) + text


def session(target, *argv, grants=GRANTS, environment=(), **options):
    """A session of the agent alone, without serve or client: a Popen; .link is our end of fd 3."""
    ours, theirs = socket.socketpair()
    payload = struct.pack("<BBHHII", 0, 0, 24, 80, grants, 0) + pack(target)
    for words in (argv, environment):
        payload += struct.pack("<I", len(words)) + b"".join(pack(word) for word in words)
    payload += pack("")
    ours.sendall(payload)
    ours.shutdown(socket.SHUT_WR)
    process = start(AGENT, "session", pass_fds=[3],
                    preexec_fn=lambda: os.dup2(theirs.fileno(), 3), **options)
    theirs.close()
    process.link = ours
    return process


def have(*names):
    """Skips the case when a command is not in this build."""
    known = must(AGENT, "--list").split()
    for name in names:
        if name not in known:
            raise Skip(f"this build has no command '{name}'")


# ls sorts up to 200,000 entries and what is known of each; more are shown as they come.
MEMORY = 160 << 20


def peak(target, *argv, timeout=100, data=None):
    """A session that may modify: its status, the most memory of one of its processes, what it said."""
    client = start(CLIENT, "exec", "--allow", "modify", target.target, "--", *argv,
                   stdin=data or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    kept = {"out": b"", "count": 0, "err": b""}

    def drain():
        while block := client.stdout.read1(1 << 20):
            kept["count"] += block.count(b"\n")
            kept["out"] = (kept["out"] + block)[-200000:]

    def errors():
        while block := client.stderr.read1(1 << 16):
            kept["err"] = (kept["err"] + block)[-2000:]
    threads = [threading.Thread(target=work, daemon=True) for work in (drain, errors)]
    for thread in threads:
        thread.start()
    most, began = 0, time.monotonic()
    while client.poll() is None:
        for pid in children(client.pid):
            most = max(most, int((status(pid, "VmHWM") or "0 kB").split()[0]) * 1024)
        time.sleep(0.02)
        check(time.monotonic() - began < timeout, f"{argv[:4]} does not end")
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    print(f"# {' '.join(argv)[:60]}: {took:.1f} s, {most >> 20} MiB", flush=True)
    return client.returncode, most, kept


def goes_well(target, *argv, memory=MEMORY, status=0, **options):
    seen, most, kept = peak(target, *argv, **options)
    check(most < memory, f"{argv} took {most >> 20} MiB")
    equal(seen, status, f"{argv}: {kept['err'][-300:]!r}")
    return kept


# ---- looking at processes from out here

def status(pid, field):
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/status", errors="replace") as file:
            for line in file:
                if line.startswith(field + ":"):
                    return line.split(":", 1)[1].strip()
    return ""


def children(pid):
    """Every process below pid."""
    found = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                for child in map(int, file.read().split()):
                    found += [child, *children(child)]
    return found


def link(path):
    try:
        return os.readlink(path)
    except OSError:
        return ""


_ours = {}  # of each program file by (device, inode): whether it is this build


def is_ours(exe):
    """Another build's sealed copy is none of our business: somebody may be at work beside us."""
    there = os.stat(exe)
    key = there.st_dev, there.st_ino
    if key not in _ours:
        _ours[key] = (there.st_size == os.stat(AGENT).st_size and
                      hashlib.sha256(read(exe)).digest() == hashlib.sha256(read(AGENT)).digest())
    return _ours[key]


def agents():
    """The processes that execute this agent, also from its sealed copy, and its zombies."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        exe, comm = link(f"/proc/{name}/exe"), status(name, "Name")
        state = status(name, "State")
        with contextlib.suppress(OSError):
            if exe == AGENT or "memfd:limpet" in exe and is_ours(f"/proc/{name}/exe"):
                found[int(name)] = f"{comm} {state}"
        if comm.startswith(("limpet-agent", "memfd:limpet")) and state.startswith("Z"):
            found[int(name)] = f"{comm} {state}"
    return found


def read(path):
    with open(path, "rb") as file:
        return file.read()


def seconds(function):
    """How long it took, and what it returned."""
    began = time.monotonic()
    result = function()
    return time.monotonic() - began, result
