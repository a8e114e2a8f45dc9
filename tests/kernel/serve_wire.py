# serve_wire.py - `limpet-agent serve` as processes meet it: its socket, its sessions, its end.
import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import (AGENT, CLIENT, Skip, case, check, environment, equal, main, run, scratch,  # noqa: E402
                    start, undo, until)

HELLO, OPEN, DATA, END, CREDIT, SIGNAL, RESIZE, EXIT, CLOSE, PING, PONG, ERROR = range(1, 13)
IN, OUT, ERR = 0, 1, 2
EXITED, SIGNALLED = 0, 1
MIB = 1024 * 1024


def frame(kind, session=0, stream=0, payload=b""):
    return struct.pack("<IBBHI", len(payload), kind, stream, 0, session) + payload


def string(text):
    return struct.pack("<I", len(text.encode())) + text.encode()


def opening(session, argv, target="", tty=False, timeout=0):
    payload = struct.pack("<BBHHII", tty, 0, 24, 80, 7, timeout) + string(target)
    for words in argv, ["TERM=dumb"]:
        payload += struct.pack("<I", len(words)) + b"".join(string(word) for word in words)
    payload += string("")
    return frame(OPEN, session, payload=payload)


class Wire:
    """The client's end of a connection."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(30)
        self.rest = b""
        self.text = {}
        self.exits = {}
        self.granting = True
        self.sock.sendall(frame(HELLO, payload=b"LMPT" + struct.pack("<II", 2, MIB) + string("t")))
        kind, _, _, payload = self.receive()
        check(kind == HELLO and payload[:4] == b"LMPT", "no hello")

    def take(self, size):
        while len(self.rest) < size:
            more = self.sock.recv(MIB)
            if not more:
                return None
            self.rest += more
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def receive(self):
        header = self.take(12)
        if header is None:
            return None
        length, kind, stream, _, session = struct.unpack("<IBBHI", header)
        payload = self.take(length)
        return None if payload is None else (kind, stream, session, payload)

    def until_exit(self, session):
        while session not in self.exits:
            got = self.receive()
            check(got, f"the connection ended before session {session}")
            kind, stream, number, payload = got
            if kind == DATA:
                self.text[number, stream] = self.text.get((number, stream), b"") + payload
                if self.granting:
                    self.grant(number, stream, len(payload))
            elif kind == EXIT:
                self.exits[number] = struct.unpack("<BI", payload[:5])
        return self.exits[session]

    def grant(self, session, stream, size):
        self.sock.sendall(frame(CREDIT, session, stream, struct.pack("<I", size)))

    def out(self, session, stream=OUT):
        return self.text.get((session, stream), b"")


def stdio():
    """serve --listen stdio on a socket pair: (process, wire)."""
    ours, theirs = socket.socketpair()
    process = start(AGENT, "serve", "--listen", "stdio", stdin=theirs, stdout=theirs)
    theirs.close()
    return process, Wire(ours)


def descendants(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as children:
            for child in children.read().split():
                found += [int(child), *descendants(child)]
    return found


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def someone():
    """A process to look at, as pid:N."""
    return f"pid:{start('sleep', 600).pid}"


def big_file(size, name):
    path = scratch(name)
    with open(path, "wb") as file:
        file.truncate(size)
    return path


def listen(path):
    process = start(AGENT, "serve", "--listen", f"unix:{path}", stderr=subprocess.PIPE)
    until(lambda: os.path.exists(path) or process.poll() is not None, what="a socket file")
    return process


def connect(path):
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(path)
    return peer


@case
def sessions_of_every_ending():
    process, wire = stdio()
    target = someone()
    wire.sock.sendall(opening(1, ["cat", "/etc/hostname"], target))
    equal(wire.until_exit(1), (EXITED, 0), wire.out(1, ERR))
    with open("/etc/hostname", "rb") as file:
        equal(wire.out(1), file.read())
    wire.sock.sendall(opening(2, ["cat", "/nonexistent"], target))
    equal(wire.until_exit(2), (EXITED, 1))
    wire.sock.sendall(opening(3, ["no-such-command"], target))
    equal(wire.until_exit(3), (EXITED, 127))
    wire.sock.sendall(opening(4, ["cat"], "pid:4194303"))
    equal(wire.until_exit(4), (EXITED, 125))
    equal(wire.out(4, ERR).count(b"\n"), 1, "lines about a missing target")
    wire.sock.sendall(opening(5, ["cat"], target) + frame(SIGNAL, 5, 0, struct.pack("<I", 2)))
    kind, value = wire.until_exit(5)
    check((kind, value) == (SIGNALLED, signal.SIGINT), f"after SIGINT: {kind} {value}")
    wire.sock.close()
    equal(process.wait(10), 0)


@case
def input_is_half_closed():
    process, wire = stdio()
    wire.sock.sendall(opening(1, ["sha256sum"], someone()) + frame(DATA, 1, IN, b"abc") +
                      frame(END, 1, IN))
    equal(wire.until_exit(1), (EXITED, 0), wire.out(1, ERR))
    check(wire.out(1).startswith(b"ba7816bf8f01cfea"), wire.out(1))
    wire.sock.close()
    process.wait(10)


@case
def a_thousand_megabytes_through_a_sleeping_reader():
    process, wire = stdio()
    wire.sock.sendall(opening(1, ["cat", "/etc/hostname"], someone()))
    wire.until_exit(1)
    idle = memory(process.pid)
    size = 1024 * MIB
    wire.sock.sendall(opening(2, ["cat", big_file(size, "gigabyte")], someone()))
    seen = owed = highest = 0
    while True:
        kind, stream, _, payload = wire.receive()
        if kind == EXIT:
            break
        if kind != DATA or stream != OUT:
            continue
        seen += len(payload)
        owed += len(payload)
        if seen * 20 // size != (seen - len(payload)) * 20 // size:
            time.sleep(0.1)  # twenty times: everything behind us fills up and waits
            highest = max(highest, memory(process.pid))
        if owed >= MIB // 2:
            wire.grant(2, OUT, owed)
            owed = 0
    equal(seen, size)
    check(highest - idle < 8 * MIB, f"{(highest - idle) // 1024} KiB above idle")
    wire.sock.close()
    process.wait(10)


def memory(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


@case
def nothing_is_left_when_the_client_is_killed():
    path = big_file(4096 * MIB, "transfer")
    client = start(CLIENT, "exec", someone(), "--", "cat", path, stdout=subprocess.PIPE)
    os.read(client.stdout.fileno(), 65536)
    tree = until(lambda: len(descendants(client.pid)) >= 3 and descendants(client.pid),
                 what="agent, session and command")
    client.kill()
    client.wait()
    client.stdout.close()
    until(lambda: not any(map(alive, tree)), 5, f"the end of all of {tree}")


@case
def nothing_is_left_when_serve_is_killed():
    process, wire = stdio()
    wire.sock.sendall(opening(1, ["cat"], someone()) + frame(DATA, 1, IN, b"x"))
    tree = until(lambda: len(descendants(process.pid)) >= 2 and descendants(process.pid),
                 what="session and command")
    process.kill()
    process.wait()
    until(lambda: not any(map(alive, tree)), 5, f"the end of all of {tree}")


@case
def a_session_has_no_descriptors_of_serve():
    process, wire = stdio()
    wire.sock.sendall(opening(1, ["cat"], someone()) + frame(DATA, 1, IN, b"x"))
    session = until(lambda: descendants(process.pid), what="the session")[0]
    kind, stream, _, payload = wire.receive()
    while kind != DATA:
        kind, stream, _, payload = wire.receive()
    equal((stream, payload), (OUT, b"x"))
    with open(f"/proc/{session}/environ", "rb") as file:
        equal(file.read(), b"", "the session's environment")
    program = os.readlink(f"/proc/{session}/exe")
    check(program.startswith("/memfd:limpet-agent"), program)
    ours = {os.readlink(f"/proc/{process.pid}/fd/{fd}") for fd in os.listdir(
        f"/proc/{process.pid}/fd")}
    theirs = {os.readlink(f"/proc/{session}/fd/{fd}") for fd in os.listdir(f"/proc/{session}/fd")}
    shared = {name for name in ours & theirs if not name.startswith(("pipe:", "anon_inode:"))}
    check(shared <= {"/dev/null"}, f"both have {shared}")
    wire.sock.close()
    process.wait(10)


@case
def the_sealed_copy_refuses_writes():
    process, wire = stdio()
    copies = [f"/proc/{process.pid}/fd/{fd}" for fd in os.listdir(f"/proc/{process.pid}/fd")
              if "memfd:limpet-agent" in os.readlink(f"/proc/{process.pid}/fd/{fd}")]
    equal(len(copies), 1, "sealed copies")
    fd = os.open(copies[0], os.O_RDWR)
    undo(lambda: os.close(fd))
    for attack in (lambda: os.write(fd, b"x"), lambda: os.ftruncate(fd, 0),
                   lambda: os.ftruncate(fd, 1 << 30)):
        try:
            attack()
            check(False, "the sealed copy was changed")
        except PermissionError:
            pass
    # Negative control: an unsealed memfd takes the same write.
    plain = os.memfd_create("plain")
    undo(lambda: os.close(plain))
    equal(os.write(plain, b"x"), 1)
    wire.sock.close()
    process.wait(10)


@case
def the_socket_is_private_and_goes_with_its_listener():
    for number in (signal.SIGTERM, signal.SIGINT):
        path = scratch(f"made{number}/socket")
        process = listen(path)
        equal(stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode), 0o700, "directory")
        equal(stat.S_IMODE(os.stat(path).st_mode), 0o600, "socket")
        wire = Wire(connect(path))
        wire.sock.sendall(opening(1, ["cat"], someone()))
        tree = until(lambda: descendants(process.pid), what="a session")
        process.send_signal(number)
        equal(process.wait(10), 0)
        check(not os.path.exists(path), "the socket file is still there")
        check(not any(map(alive, tree)), "a session is still there")
        process.stderr.close()


@case
def a_stale_socket_is_replaced_and_a_living_one_is_not():
    path = scratch("stale/socket")
    first = listen(path)
    second = run(AGENT, "serve", "--listen", f"unix:{path}", timeout=10)
    equal(second.returncode, 125)
    check(b"living listener" in second.err, second.err)
    first.kill()
    first.wait()
    first.stderr.close()
    check(os.path.exists(path), "SIGKILL leaves the file")
    third = start(AGENT, "serve", "--listen", f"unix:{path}", stderr=subprocess.PIPE)
    until(lambda: b"listening" in third.stderr.readline(), what="the new listener")
    wire = Wire(connect(path))
    wire.sock.sendall(opening(1, ["cat", "/etc/hostname"], someone()))
    equal(wire.until_exit(1), (EXITED, 0))
    third.terminate()
    equal(third.wait(10), 0)
    third.stderr.close()


@case
def a_directory_of_others_is_refused():
    loose = scratch("loose")
    os.mkdir(loose)
    os.chmod(loose, 0o777)
    foreign = scratch("foreign")
    os.mkdir(foreign, 0o700)
    if os.geteuid() == 0:
        os.chown(foreign, 4711, 4711)
    link = scratch("link")
    os.symlink("loose", link)
    plain = scratch("plain")
    with open(plain, "w"):
        pass
    for path, reason in ((f"{loose}/s", b"writable by others"), (f"{link}/s", b"open"),
                         (f"{foreign}/s", b"belongs to uid 4711"), (plain, b"is no socket"),
                         (scratch("x" * 120), b"longer"), ("", b"empty")):
        if path.startswith(foreign) and os.geteuid() != 0:
            continue
        done = run(AGENT, "serve", "--listen", f"unix:{path}", timeout=10)
        equal(done.returncode, 125, path)
        check(reason in done.err, f"{path}: {done.err}")
        equal(done.err.count(b"\n"), 1, f"{path}: lines")


@case
def another_uid_is_closed_before_any_byte():
    if os.geteuid() != 0:
        raise Skip("needs root to become somebody else")
    path = scratch("uids/socket")
    process = listen(path)
    # As an operator may have opened it by mistake: only the credentials are left to refuse.
    os.chmod(os.path.dirname(os.path.dirname(path)), 0o711)
    os.chmod(os.path.dirname(path), 0o711)
    os.chmod(path, 0o666)
    probe = ("import os,socket,sys\nos.setuid(int(sys.argv[2]))\ns=socket.socket(socket.AF_UNIX)\n"
             "s.connect(sys.argv[1])\ntry:\n  print(len(s.recv(100)))\nexcept OSError:\n  print(0)")
    equal(run("python3", "-c", probe, path, 4711).out, b"0\n")
    # Negative control: root gets the hello.
    check(int(run("python3", "-c", probe, path, 0).out) > 20, "no hello for root")
    process.terminate()
    process.wait(10)
    check(b"peer refused" in process.stderr.read(), "it is not in the log")
    process.stderr.close()


@case
def one_bad_peer_does_not_disturb_another():
    path = scratch("peers/socket")
    process = listen(path)
    good = Wire(connect(path))
    good.sock.sendall(opening(1, ["cat"], someone()))
    bad = Wire(connect(path))
    bad.sock.sendall(opening(1, ["cat"], someone()) + frame(DATA, 7, IN, b"x"))
    got = bad.receive()
    while got and got[0] != ERROR:
        got = bad.receive()
    equal(got and got[3], b"session: 7 was never opened")
    vanished = connect(path)
    vanished.close()
    good.sock.sendall(frame(DATA, 1, IN, b"still here") + frame(END, 1, IN))
    equal(good.until_exit(1), (EXITED, 0))
    equal(good.out(1), b"still here")
    process.terminate()
    process.wait(10)
    log = process.stderr.read()
    check(b'"reason":"session: 7 was never opened"' in log, log)
    process.stderr.close()


@case
def hostile_names_are_escaped_in_the_log():
    path = scratch("log/socket")
    process = listen(path)
    wire = Wire(connect(path))
    wire.sock.sendall(opening(1, ['ev"il\n\x1b]0;x'], 'pid:1"\n{%s}{}\u202e'))
    wire.until_exit(1)
    process.terminate()
    process.wait(10)
    log = process.stderr.read()
    process.stderr.close()
    line = next(line for line in log.splitlines() if b"session opened" in line)
    check(b"\x1b" not in log and b"\xe2" not in log, log)
    check(b'"command":"ev\\"il\\u000a\\u001b]0;x"' in line, line)
    check(b'"target":"pid:1\\"\\u000a{%s}{}\\u00e2\\u0080\\u00ae"' in line, line)


@case
def silence_ends_a_connection_on_either_side():
    """Both at once, since each takes the minute that a peer is given."""
    began = time.monotonic()
    process, wire = stdio()
    wire.sock.settimeout(90)
    wire.sock.sendall(opening(1, ["cat"], someone()))
    tree = until(lambda: len(descendants(process.pid)) >= 2 and descendants(process.pid),
                 what="session and command")
    # An agent that says hello and then nothing at all.
    path = scratch("silent")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(1)
        client = start(CLIENT, "--host", f"unix:{path}", "exec", "pid:1", "--", "true",
                       stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        agent, _ = listener.accept()
    agent.sendall(frame(HELLO, payload=b"LMPT" + struct.pack("<II", 2, MIB) + string("silent")))

    seen, first_ping = [], None
    while (got := wire.receive()) is not None:
        seen.append(got[0])
        if got[0] == PING and first_ping is None:
            first_ping = time.monotonic() - began
        if got[0] == ERROR:
            equal(got[3], b"nothing was heard for 60 s")
    lasted = time.monotonic() - began
    equal(seen.count(ERROR), 1, "the reason")
    check(14 <= first_ping <= 25, f"the first ping after {first_ping:.1f} s")
    check(seen.count(PING) >= 3, f"{seen.count(PING)} pings in a minute")
    check(59 <= lasted <= 75, f"given up after {lasted:.1f} s")
    until(lambda: not any(map(alive, tree)), 5, f"the end of all of {tree}")
    equal(process.wait(10), 0)
    equal(client.wait(20), 125, "a client whose agent is silent")
    check(b"60 s" in client.stderr.read(), "it does not say why")
    client.stderr.close()
    agent.close()


@case
def connections_are_limited_and_a_freed_place_is_given():
    path = scratch("limit/socket")
    process = listen(path)
    most = 256
    wires = [Wire(connect(path)) for _ in range(most)]
    refused = connect(path)
    refused.settimeout(30)
    equal(refused.recv(100), b"", "one too many")
    wires[0].sock.sendall(opening(1, ["cat", "/etc/hostname"], someone()))
    equal(wires[0].until_exit(1), (EXITED, 0), "the others are served")
    wires.pop().sock.close()

    def another():
        try:
            return Wire(connect(path))
        except (AssertionError, OSError):
            return None
    until(another, what="the place that became free").sock.close()
    process.terminate()
    _, log = process.communicate(timeout=10)
    check(b"too many connections" in log, "it is not in the log")


@case
def many_sessions_at_once():
    process, wire = stdio()
    target = someone()
    count = 100
    wire.sock.sendall(b"".join(opening(n, ["cat"], target) for n in range(1, count + 1)))
    for n in range(1, count + 1):
        wire.sock.sendall(frame(DATA, n, IN, b"%d" % n) + frame(END, n, IN))
    for n in range(1, count + 1):
        equal(wire.until_exit(n), (EXITED, 0), wire.out(n, ERR))
        equal(wire.out(n), b"%d" % n)
    equal(descendants(process.pid), [], "children left, zombies included")
    wire.sock.close()
    equal(process.wait(10), 0)


main()
