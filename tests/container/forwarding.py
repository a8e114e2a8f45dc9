# forwarding.py - limpet forward against a container without a shell: its loopback ports, its unix
# sockets, both ends of a connection, and what is left when somebody goes.
import hashlib
import http.client
import os
import select
import signal
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import images
from limpet import *  # noqa: F403

CLONE_NEWNET = 0x40000000
_container = None


def image():
    name = f"limpet-test-scratch:{RUN.lower()}-forward"
    images.load("scratch", name)
    undo(lambda: run("docker", "rmi", name))
    return name


def container():
    """One for all cases; its program answers on 127.0.0.1:8080 and /dev/shm/app.sock."""
    global _container
    need_docker()
    if not _container:
        _container = Container(image(), options=("--sysctl", "net.ipv6.conf.all.disable_ipv6=0"))
    return _container


def in_network(target, make):
    """Sockets of the target's network namespace, made by a thread that joins it."""
    made = []

    def join():
        with open(f"/proc/{target.pid}/ns/net") as namespace:
            import ctypes
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        made.append(make())
    thread = threading.Thread(target=join)
    thread.start()
    thread.join()
    check(made, "no socket was made in the target's network")
    return made[0]


def listener(target, address="127.0.0.1", family=socket.AF_INET, backlog=128):
    def make():
        made = socket.socket(family)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, 0))
        made.listen(backlog)
        return made
    made = in_network(target, make)
    undo(made.close)
    return made


def serve(server, handle):
    """Each connection in a thread of its own."""
    def answer(peer):
        with contextlib.suppress(OSError), peer:
            handle(peer)

    def loop():
        while True:
            try:
                peer = server.accept()[0]
            except OSError:
                return
            threading.Thread(target=answer, args=(peer,), daemon=True).start()
    threading.Thread(target=loop, daemon=True).start()
    return server.getsockname()[1] if server.family != socket.AF_UNIX else server.getsockname()


def echo(peer):
    with contextlib.suppress(OSError):
        while data := peer.recv(65536):
            peer.sendall(data)


class Forward:
    """A running limpet forward; .ports as it printed them."""

    def __init__(self, *words, lines=None, **options):
        self.process = start(CLIENT, "forward", "-o", "json", *words, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, bufsize=0, **options)
        self.errors = b""
        # Containers are named by ids: what has a colon is to be forwarded.
        lines = lines or sum(":" in word for word in words) or 1
        self.rows = []
        for _ in range(lines):
            check(select.select([self.process.stdout], [], [], 20)[0], "it does not say that it listens")
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(f"it ended: {self.process.stderr.read()!r}")
            self.rows.append(json.loads(line))
        self.ports = [row.get("port") for row in self.rows]

    def connect(self, index=0, host="127.0.0.1"):
        return socket.create_connection((host, self.ports[index]), timeout=20)

    def said(self, words, timeout=10):
        """Waits for these on standard error."""
        end = time.monotonic() + timeout
        while words not in self.errors:
            left = end - time.monotonic()
            check(left > 0, f"it does not say {words!r}: {self.errors!r}")
            if select.select([self.process.stderr], [], [], left)[0]:
                more = os.read(self.process.stderr.fileno(), 65536)
                check(more, f"it ended without saying {words!r}: {self.errors!r}")
                self.errors += more

    def stop(self, by=signal.SIGTERM):
        self.process.send_signal(by)
        return self.process.wait(20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()


def receive(peer, size=None):
    data = b""
    while size is None or len(data) < size:
        more = peer.recv(1 << 20)
        if not more:
            break
        data += more
    return data


def get(port, host="127.0.0.1"):
    ask = http.client.HTTPConnection(host, port, timeout=20)
    ask.request("GET", "/")
    return ask.getresponse().read()


@case
def a_port_on_loopback_is_here():
    with Forward(container().id, ":8080") as forward:
        equal(forward.rows[0]["kind"], "forward")
        equal(forward.rows[0]["to"], "localhost:8080")
        check(forward.ports[0] > 0, "no port is printed for 0")
        for _ in range(3):
            equal(get(forward.ports[0]), b"hello\n")
        equal(get(forward.ports[0], "::1"), b"hello\n")
        equal(forward.stop(signal.SIGINT), -signal.SIGINT)
    check(not refused_not(forward.ports[0]), "the port is still open")


def refused_not(port):
    with contextlib.suppress(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        return True
    return False


@case
def several_at_once_and_ipv6():
    target = container()
    six = listener(target, "::1", socket.AF_INET6)
    port = serve(six, echo)
    with Forward(target.id, ":8080", f":{port}", f":[::1]:{port}", f"127.0.0.3:0:{port}") as forward:
        equal(len(set(forward.ports)), 4)
        equal(get(forward.ports[0]), b"hello\n")
        for index, host in ((1, "127.0.0.1"), (2, "127.0.0.1"), (3, "127.0.0.3"), (1, "::1")):
            with forward.connect(index, host) as peer:
                peer.sendall(b"six")
                equal(receive(peer, 3), b"six")


@case
def unix_sockets_at_both_ends():
    target = container()
    here = scratch("here.sock")
    with Forward(target.id, f"{here}:/dev/shm/app.sock", ":/dev/shm/app.sock") as forward:
        equal(forward.rows[0]["listen"], here)
        equal(os.stat(here).st_mode & 0o777, 0o600)
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(here)
            peer.sendall(b"pids\n")
            check(receive(peer), "the target's program did not answer")
        with forward.connect(1) as peer:
            peer.sendall(b"pids\n")
            check(receive(peer), "nothing came through a port")
    check(not os.path.exists(here), "the socket's file is still there")
    name = f"@limpet-{os.getpid()}"

    def bind():
        made = socket.socket(socket.AF_UNIX)
        made.bind("\0" + name[1:])
        made.listen()
        return made
    abstract = in_network(target, bind)
    undo(abstract.close)
    serve(abstract, echo)
    with Forward(target.id, f":{name}") as forward, forward.connect() as peer:
        peer.sendall(b"abstract")
        equal(receive(peer, 8), b"abstract")


@case
def an_end_is_passed_on_and_the_other_way_stays_open():
    target = container()
    seen = []

    def count(peer):
        seen.append(len(receive(peer)))
        peer.sendall(b"%d" % seen[-1])

    def say_first(peer):
        peer.sendall(b"banner")
        peer.shutdown(socket.SHUT_WR)
        seen.append(receive(peer))
    counts, says = serve(listener(target), count), serve(listener(target), say_first)
    with Forward(target.id, f":{counts}", f":{says}") as forward:
        with forward.connect(0) as peer:
            peer.sendall(b"x" * 3_000_000)
            peer.shutdown(socket.SHUT_WR)
            equal(receive(peer), b"3000000")
        with forward.connect(1) as peer:
            equal(receive(peer), b"banner")
            peer.sendall(b"still here")
        until(lambda: b"still here" in seen, what="what came after the end")


@case
def a_hundred_connections_at_once():
    target = container()
    port = serve(listener(target), echo)
    problems = []
    with Forward(target.id, f":{port}") as forward:
        def one(number):
            block = hashlib.sha256(b"%d" % number).digest() * 4096
            try:
                with forward.connect() as peer:
                    sender = threading.Thread(target=lambda: (peer.sendall(block),
                                                              peer.shutdown(socket.SHUT_WR)))
                    sender.start()
                    if receive(peer) != block:
                        problems.append(f"{number}: other bytes")
                    sender.join()
            except OSError as problem:
                problems.append(f"{number}: {problem}")
        threads = [threading.Thread(target=one, args=(n,)) for n in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    check(not problems, f"{len(problems)} failed: {problems[:3]}")


def memory(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def family(pid):
    """The process and all below it."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{task}/children") as file:
                    found += map(int, file.read().split())
    return found


@case
def a_slow_reader_holds_up_nobody_and_no_memory():
    target = container()

    def pour(peer):
        with contextlib.suppress(OSError):
            while True:
                peer.sendall(b"x" * 65536)
    pours, echoes = serve(listener(target), pour), serve(listener(target), echo)
    with Forward(target.id, f":{pours}", f":{echoes}") as forward:
        stalled = [forward.connect(0) for _ in range(10)]
        stuffed = [forward.connect(1) for _ in range(5)]
        for peer in stuffed:
            peer.setblocking(False)
        end = time.monotonic() + 3
        while time.monotonic() < end:  # the echo's answers are never read
            for peer in stuffed:
                with contextlib.suppress(BlockingIOError):
                    peer.send(b"y" * 65536)
            time.sleep(0.01)
        used = sum(memory(pid) for pid in family(forward.process.pid))
        check(used < 60_000, f"{used} KiB for 15 connections that nobody reads")
        began = time.monotonic()
        with forward.connect(1) as peer:
            for number in range(100):
                peer.sendall(b"%4d" % number)
                equal(receive(peer, 4), b"%4d" % number)
        check(time.monotonic() - began < 10, "the fast one waits for the slow ones")
        with forward.connect(0) as peer:
            equal(len(receive(peer, 20_000_000)) >= 20_000_000, True)
        for peer in stalled + stuffed:
            peer.close()


@case
def what_does_not_answer_is_reset_and_told():
    target = container()
    nobody = listener(target)
    port = nobody.getsockname()[1]
    nobody.close()
    with Forward(target.id, f":{port}", ":8080", ":/no/such.sock", ":nosuch.invalid:80") as forward:
        for index, words in ((0, b"Connection refused"), (2, b"/no/such.sock"), (3, b"nosuch.invalid")):
            with forward.connect(index) as peer:
                try:
                    equal(peer.recv(10), b"", "an end")
                    check(False, "it was closed as if all were well")
                except ConnectionResetError:
                    pass
            forward.said(words, 20)
        equal(get(forward.ports[1]), b"hello\n")


@case
def a_listener_that_never_accepts_is_given_up():
    target = container()
    full = listener(target, backlog=0)
    port = full.getsockname()[1]

    def fill():
        kept = []
        for _ in range(4):
            peer = socket.socket()
            peer.setblocking(False)
            peer.connect_ex(("127.0.0.1", port))
            kept.append(peer)
        return kept
    kept = in_network(target, fill)
    time.sleep(0.5)
    with Forward(target.id, f":{port}", ":8080") as forward:
        peer = forward.connect(0)
        equal(get(forward.ports[1]), b"hello\n", "another meanwhile")
        forward.said(b"timed out", 20)
        try:
            equal(peer.recv(1), b"?")
        except ConnectionResetError:
            pass
    for one in kept:
        one.close()


@case
def socks_with_names_of_the_target():
    target = container()
    if not shutil.which("curl"):
        raise Skip("no curl")
    name = must(CLIENT, "exec", target.id, "--", "hostname")
    with Forward("--socks", "0", target.id) as forward:
        proxy = f"127.0.0.1:{forward.ports[0]}"
        equal(forward.rows[0]["kind"], "socks")
        for host in ("localhost", "127.0.0.1"):
            equal(must("curl", "-sS", "--max-time", "20", "--socks5-hostname", proxy,
                       f"http://{host}:8080/"), "hello")
        check(name, "it has no name")
        # Its own name leads to an address where the program does not listen: refused, by the target.
        for host, status in ((name, 97), ("nosuch.invalid", 97)):
            done = run("curl", "-sS", "--max-time", "30", "--socks5-hostname", proxy, f"http://{host}:8080/")
            equal(done.returncode, status, f"{host}: {done.err!r}")
        equal(ask_socks(forward, 1, socket.inet_aton("127.0.0.1"), 8080)[1], 0)
        equal(ask_socks(forward, 1, socket.inet_aton("127.0.0.1"), 9)[1], 5)
        equal(ask_socks(forward, 3, b"\x09localhost", 9)[1], 5)
        equal(ask_socks(forward, 3, b"\x0enosuch.invalid", 9)[1], 4)
        equal(ask_socks(forward, 4, socket.inet_pton(socket.AF_INET6, "::1"), 9)[1], 5)
        equal(ask_socks(forward, 1, socket.inet_aton("127.0.0.1"), 8080, command=2)[1], 7)
        six = listener(target, "::1", socket.AF_INET6)
        equal(ask_socks(forward, 4, socket.inet_pton(socket.AF_INET6, "::1"), serve(six, echo))[1], 0)
        with forward.connect() as peer:
            peer.sendall(b"GET / HTTP/1.0\r\n\r\n")
            with contextlib.suppress(ConnectionResetError):
                equal(receive(peer), b"", "an answer to what is no SOCKS")


def ask_socks(forward, kind, address, port, command=1):
    with forward.connect() as peer:
        peer.sendall(b"\x05\x01\x00")
        equal(receive(peer, 2), b"\x05\x00")
        peer.sendall(bytes((5, command, 0, kind)) + address + struct.pack(">H", port))
        return receive(peer, 10)


@case
def a_port_in_the_target_leads_here():
    target = container()
    server = socket.create_server(("127.0.0.1", 0))
    undo(server.close)
    port = serve(server, echo)
    with Forward("--allow", "modify", "--reverse", f"0:{port}", target.id, lines=1) as forward:
        equal(forward.rows[0]["kind"], "reverse")
        inside = forward.ports[0]
        for address in ("127.0.0.1", "::1"):
            with in_network(target, lambda: socket.create_connection((address, inside), 20)) as peer:
                peer.sendall(b"z" * 1_000_000)
                peer.shutdown(socket.SHUT_WR)
                equal(len(receive(peer)), 1_000_000)
        server.shutdown(socket.SHUT_RDWR)
        server.close()

        def meets_its_end():
            # Broken off as soon as it stands, which connect(2) may see before it returns.
            with contextlib.suppress(ConnectionResetError), \
                    socket.create_connection(("127.0.0.1", inside), 20) as peer:
                equal(peer.recv(1), b"")
            return True
        in_network(target, meets_its_end)
        forward.said(b"Connection refused")
    done = limpet("forward", "--reverse", "0:1", target.id)
    equal(done.returncode, 126)
    check(b"--allow modify" in done.err, done.err)
    done = limpet("forward", "--allow", "modify", "--reverse", "8080:1", target.id)
    equal(done.returncode, 125)
    check(b"Address already in use" in done.err, done.err)


@case
def what_cannot_be_listened_on_is_said_at_once():
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    file = scratch("taken.sock")
    open(file, "w").close()
    for spec, words in ((f"{port}:80", "Address already in use"), (f"{file}:80", "there is a file"),
                        ("203.0.113.9:8:80", "Cannot assign"), ("/no/such/x:80", "No such file")):
        done = limpet("forward", "web", spec)
        equal(done.returncode, 125, spec)
        check(words in done.err.decode(), f"{spec}: {done.err!r}")
    taken.close()
    check(os.path.exists(file), "somebody else's file was removed")
    for words in (("web",), ("web", "x"), (), ("web", "80", "--address", "db"), ("web", "--socks", "x")):
        equal(limpet("forward", *words).returncode, 2, words)
    done = limpet("forward", "nosuchcontainer", ":80")
    equal(done.returncode, 125)
    check(b"nosuchcontainer" in done.err, done.err)
    if os.geteuid() == 0 and shutil.which("setpriv"):
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start") as limit:
            if int(limit.read()) > 80:
                done = run("setpriv", "--bounding-set", "-net_bind_service", "--inh-caps",
                           "-net_bind_service", CLIENT, "forward", "web", "80")
                check(done.returncode == 125 and b"below 1024" in done.err, done.err)


def descriptors(pid):
    with contextlib.suppress(OSError):
        return len(os.listdir(f"/proc/{pid}/fd"))
    return 0


@case
def nothing_is_left_whoever_goes():
    target = container()
    port = serve(listener(target), echo)

    def connections():
        """Sockets of the server's side in the target that are not over."""
        with open(f"/proc/{target.pid}/net/tcp") as file:
            return [line for line in file if f":{port:04X} " in line.split()[1] + " "
                    and line.split()[3] == "01"]
    for end in ("client", "agent", "polite"):
        file = scratch(f"left-{end}.sock")
        forward = Forward(target.id, f":{port}", f"{file}:{port}")
        peer = forward.connect()
        peer.sendall(b"x")
        equal(receive(peer, 1), b"x")
        check(connections(), "the target has no connection")
        tree = family(forward.process.pid)
        check(len(tree) >= 4, f"client, serve, session and command: {tree}")
        if end == "client":
            forward.process.kill()
            forward.process.wait()
        elif end == "agent":
            os.kill(tree[1], signal.SIGKILL)
            equal(forward.process.wait(20), 125)
            check(b"agent lost" in forward.process.stderr.read(), "it does not say why")
        else:
            equal(forward.stop(), -signal.SIGTERM)
        with contextlib.suppress(ConnectionResetError):
            equal(receive(peer), b"")
        until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in tree), what="the end of all")
        until(lambda: not connections(), what="the end of the target's connections")
        if end != "client":
            check(not os.path.exists(file), f"{end}: the socket's file is left")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(file)
    # Many short ones leave no descriptor.
    with Forward(target.id, f":{port}") as forward:
        def hold():
            for _ in range(20):
                with forward.connect() as peer:
                    peer.sendall(b"x")
                    receive(peer, 1)
        hold()
        time.sleep(0.3)
        before = [descriptors(pid) for pid in family(forward.process.pid)]
        for _ in range(5):
            hold()
        until(lambda: [descriptors(pid) for pid in family(forward.process.pid)] <= before,
              what="the end of the descriptors")


@case
def the_forward_ends_with_the_target():
    need_docker()
    target = Container(image())
    forward = Forward(target.id, ":8080")
    peer = forward.connect()
    must("docker", "kill", target.id)
    equal(forward.process.wait(20), 125)
    check(b"has exited" in forward.process.stderr.read(), "it does not say why")
    with contextlib.suppress(ConnectionResetError):
        equal(receive(peer), b"")
    target.remove()


@case
def through_a_socket_of_serve():
    target = container()
    path = scratch("serve.sock")
    start(AGENT, "serve", "--listen", f"unix:{path}", stderr=subprocess.DEVNULL)
    until(lambda: os.path.exists(path), what="serve")
    with Forward("--host", f"unix:{path}", target.id, ":8080", lines=1) as forward:
        equal(get(forward.ports[0]), b"hello\n")


main()
