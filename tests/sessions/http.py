# http.py - curl and wget against nginx as the real curl tells it, and against servers that lie, stall and flood; nc.
import contextlib
import gzip
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import AGENT, Skip, case, check, equal, main, scratch, undo  # noqa: E402


def run(*words, input=b"", timeout=60):
    return subprocess.run([str(word) for word in words], capture_output=True, input=input, timeout=timeout)


def ours(*words, **options):
    return run(AGENT, *words, **options)


# ---- as curl does, with nginx

def nginx():
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if not program or not shutil.which("curl"):
        raise Skip("no nginx, or no curl to compare with")
    if hasattr(nginx, "port"):
        return nginx.port
    with socket.create_server(("127.0.0.1", 0)) as one:
        nginx.port = one.getsockname()[1]
    root = scratch("www")
    os.makedirs(f"{root}/folder")
    with open(f"{root}/text", "w") as file:
        file.write("text\n" * 2000)
    open(f"{root}/empty", "w").close()
    os.chmod(os.path.dirname(root), 0o755)
    with open(scratch("nginx.conf"), "w") as file:
        file.write(f"""
daemon off; pid {scratch('nginx.pid')}; error_log /dev/null; events {{}} user root;
http {{ access_log off; gzip on; gzip_types *; gzip_min_length 1; types {{}} default_type text/plain;
  client_body_temp_path {scratch('body')}; proxy_temp_path {scratch('proxy')};
  fastcgi_temp_path {scratch('f')}; uwsgi_temp_path {scratch('u')}; scgi_temp_path {scratch('s')};
  server {{ listen 127.0.0.1:{nginx.port}; listen unix:{scratch('http.sock')}; root {root};
    location /to {{ return 302 /text; }} location /loop {{ return 301 /loop; }}
    location /seen {{ return 307 /echo; }} location /see {{ return 303 /echo; }}
    location /echo {{ return 200 "$request_method $http_host $http_x_one $http_referer $content_length $content_type\\n"; }}
    location /auth {{ return 200 "$http_authorization $http_cookie $http_range\\n"; }}
    location /deny {{ return 403 "no\\n"; }} }} }}
""")
    server = subprocess.Popen([program, "-c", scratch("nginx.conf")], stderr=subprocess.DEVNULL)

    def stop():
        server.terminate()
        server.wait()
    undo(stop)
    for _ in range(200):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", nginx.port)).close()
            break
        time.sleep(0.05)
    return nginx.port


REQUESTS = [
    "U/text", "-I U/text", "-i U/empty", "-L U/to", "U/to", "-iL U/to", "-d a=1 -d b=2 U/echo", "--data-raw @x U/echo",
    "-X DELETE U/echo", "-H X-One:yes U/echo", "-H Host:other U/echo", "-H Host: U/echo", "-A me -e from U/echo",
    "-u me:secret U/auth", "-b a=1 U/auth", "-r 0-3 U/auth", "-r 2-9 U/text", "-G -d q=1 --data-urlencode b=a& U/echo",
    "-f U/none", "-fsS U/deny", "--fail-with-body U/deny", "-L -d x U/seen", "-L -d x U/see",
    "-L -X PUT -d x U/see", "--http1.0 U/echo", "--json {} U/echo", "U/folder/../text", "--path-as-is U/./text",
    "--unix-socket S http://x/echo", "--compressed U/text", "U/text U/empty", "http://127.0.0.1:1/", "http://[bad/",
    "--max-filesize 10 U/text", "-T F U/echo", "-o /dev/null U/text", "--resolve name:P:127.0.0.1 http://name:P/echo",
    "-m 5 --connect-timeout 2 U/text", "-d @F U/echo", "--data-binary @F U/echo",
]
FORMAT = ("|%{http_code} %{response_code} %{num_redirects} %{size_download} %{content_type} %{url_effective} %{method} "
          "%{redirect_url} %{remote_ip} %{scheme} %{http_version} %{exitcode} %{num_headers} %header{server}\\n")


@case
def requests_are_those_of_curl():
    port = nginx()
    with open(scratch("data"), "w") as file:
        file.write("one\ntwo\n")
    words = {"S": scratch("http.sock"), "F": scratch("data"), "@F": "@" + scratch("data")}

    def plain(done):
        text = re.sub(rb"(?m)^Date: .*$", b"Date", done.stdout)
        return done.returncode, text

    for request in REQUESTS:
        line = [words.get(word, word.replace("U/", f"http://127.0.0.1:{port}/").replace(":P", f":{port}"))
                for word in request.split()]
        equal(plain(ours("curl", "-s", "-w", FORMAT, *line)), plain(run("curl", "-s", "-w", FORMAT, *line)), request)


@case
def bodies_come_from_standard_input():
    port = nginx()
    url = f"http://127.0.0.1:{port}/echo"
    for option in (["-d", "@-"], ["--data-binary", "@-"], ["-T", "-"]):
        one, other = (run(*words, "-s", *option, url, input=b"a\nb\n") for words in ((AGENT, "curl"), ("curl",)))
        equal(one.stdout, other.stdout, option)


@case
def times_add_up():
    done = ours("curl", "-s", "-o", "/dev/null", "-w", "%{json}", f"http://127.0.0.1:{nginx()}/text")
    told = json.loads(done.stdout)
    moments = [told[name] for name in ("time_namelookup", "time_connect", "time_pretransfer", "time_starttransfer",
                                       "time_total")]
    check(moments == sorted(moments) and 0 < moments[-1] < 10, str(moments))
    equal((told["http_code"], told["size_download"], told["scheme"]), (200, 10000, "HTTP"))


@case
def wget_fetches():
    if not shutil.which("wget"):
        raise Skip("no wget to compare with")
    port = nginx()
    for request in ("-qO- U/to", "-q -O- U/none", "-q --spider U/text", "-q --spider U/none", "-qO- --post-data=x U/echo",
                    "-qO- --header=X-One:yes U/echo", "-qO- --max-redirect=2 U/loop", "-qO- http://127.0.0.1:1/"):
        line = [word.replace("U/", f"http://127.0.0.1:{port}/") for word in request.split()]
        one, other = ours("wget", *line, "--tries=1"), run("wget", *line, "--tries=1")
        equal((one.returncode, one.stdout), (other.returncode, other.stdout), request)
    folder = scratch("got")
    os.makedirs(folder)
    done = subprocess.run([AGENT, "wget", "-q", f"http://127.0.0.1:{port}/text"], cwd=folder, capture_output=True)
    equal((done.returncode, os.path.getsize(f"{folder}/text")), (0, 10000))
    check(b"HTTP/1.1 200" in ours("wget", "-S", "--spider", f"http://127.0.0.1:{port}/text").stderr, "no head shown")


# ---- servers that lie

class Liar:
    """Sends what `pieces` yields to each client, after its request."""

    def __init__(self, pieces, reads=True, holds=False):
        self.listener = socket.create_server(("127.0.0.1", 0))
        undo(self.listener.close)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        self.pieces, self.reads, self.holds = pieces, reads, holds
        self.requests = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            client, _ = self.listener.accept()
            with contextlib.suppress(OSError), client:
                if self.reads:
                    self.requests.append(client.recv(65536))
                for piece in self.pieces():
                    client.sendall(piece)
                if self.holds:
                    client.settimeout(30)
                    client.recv(1)


def told(liar, *options, timeout=60):
    begin = time.monotonic()
    done = ours("curl", "-sS", *options, liar.url, timeout=timeout)
    return done.returncode, done.stdout, done.stderr, time.monotonic() - begin


OK = b"HTTP/1.1 200 OK\r\n"


@case
def answers_cut_short():
    for answer, status in ((b"", 52), (OK + b"Content-Length: 10\r\n\r\nabc", 18),
                           (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", 18),
                           (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n", 18), (OK, 56)):
        equal(told(Liar(lambda answer=answer: [answer]))[0], status, answer)


@case
def answers_that_are_none():
    for answer, status in ((b"SSH-2.0-x\r\n", 1), (b"\0" * 100, 1), (b"HTTP/1.1 x\r\n\r\n", 8),
                           (OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", 8),
                           (OK + b"Content-Length: -1\r\n\r\nabc", 8),
                           (OK + b"Transfer-Encoding: nonsense\r\n\r\nabc", 8),
                           (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 56),
                           (OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 5000, 56)):
        equal(told(Liar(lambda answer=answer: [answer]))[0], status, answer[:60])


@case
def heads_without_end():
    def endless():
        yield OK
        while True:
            yield b"X-More: " + b"x" * 1000 + b"\r\n"

    def one_line():
        yield OK + b"X: "
        while True:
            yield b"x" * 65536

    def interim():
        while True:
            yield b"HTTP/1.1 100 Continue\r\n\r\n" * 10

    def drop_by_drop():
        yield OK
        while True:
            yield b"X: y\r\n"

    for pieces in (endless, one_line, interim, drop_by_drop):
        status, _, error, took = told(Liar(pieces))
        check(status != 0 and took < 30, f"{pieces.__name__}: {status} {took}")
        check(b"300 KiB" in error or b"interim" in error, error)


@case
def bodies_without_end():
    def endless():
        yield OK + b"\r\n"
        while True:
            yield b"x" * 65536

    equal(told(Liar(endless), "--max-filesize", "1000000", "-o", "/dev/null")[0], 63)
    status, _, _, took = told(Liar(endless), "-m", "1", "-o", "/dev/null")
    check(status == 28 and took < 10, f"{status} {took}")


@case
def what_stalls_is_left():
    for pieces in (lambda: [], lambda: [OK], lambda: [OK + b"Content-Length: 10\r\n\r\nab"],
                   lambda: [OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n"]):
        status, _, _, took = told(Liar(pieces, holds=True), "-m", "1")
        check(status == 28 and 0.9 < took < 10, f"{status} {took}")


@case
def bombs_are_bounded():
    bomb = scratch("bomb.gz")
    if not os.path.exists(bomb):
        with gzip.open(bomb, "wb", 9) as file:
            for _ in range(1100):
                file.write(b"\0" * 1048576)
    packed = open(bomb, "rb").read()
    head = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    status, _, error, _ = told(Liar(lambda: [head + packed]), "--compressed", "-o", "/dev/null", timeout=120)
    equal(status, 61)
    check(b"1 GiB" in error, error)
    broken = OK + b"Content-Encoding: gzip\r\n\r\nnot gzip at all"
    equal(told(Liar(lambda: [broken]), "--compressed")[0], 61)
    equal(told(Liar(lambda: [broken]))[1], b"not gzip at all")


@case
def passwords_stay_with_their_server():
    other = Liar(lambda: [OK + b"Content-Length: 0\r\n\r\n"])
    here = Liar(lambda: [b"HTTP/1.1 302 Go\r\nLocation: " + other.url.encode() + b"\r\nContent-Length: 0\r\n\r\n"])
    equal(told(here, "-L", "-u", "me:secret", "-H", "Cookie: a=1", "-H", "Authorization: x")[0], 0)
    check(b"Authorization" in here.requests[0], here.requests)
    check(b"Authorization" not in other.requests[0] and b"Cookie" not in other.requests[0], other.requests)


@case
def redirections_lead_nowhere_else():
    loop = Liar(lambda: [b"HTTP/1.1 302 Go\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"])
    equal(told(loop, "-L", "--max-redirs", "3", "-w", "%{num_redirects}")[:2], (47, b"3"))
    equal(len(loop.requests), 4)
    for where, status in ((b"file:///etc/passwd", 1), (b"gopher://x/", 1), (b"http://[x/", 3)):
        liar = Liar(lambda where=where: [b"HTTP/1.1 302 Go\r\nLocation: " + where + b"\r\nContent-Length: 0\r\n\r\n"])
        equal(told(liar, "-L")[0], status, where)
    split = Liar(lambda: [b"HTTP/1.1 302 Go\r\nLocation: /a\tb\x01\r\nContent-Length: 0\r\n\r\n"])
    equal(told(split, "-L")[0], 3)


@case
def lines_cannot_be_put_into_a_request():
    liar = Liar(lambda: [OK + b"Content-Length: 0\r\n\r\n"])
    equal(told(liar, "-H", "A: b\r\nEvil: c")[0], 2)
    equal(ours("curl", "-sS", liar.url + "x y").returncode, 3)
    equal(ours("curl", "-sS", liar.url + "x\r\nEvil: c").returncode, 3)
    equal(liar.requests, [])


# ---- nc

@case
def nc_talks_and_listens():
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    server = subprocess.Popen([AGENT, "nc", "-l", "-N", str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    undo(server.kill)
    for _ in range(100):
        done = ours("nc", "-N", "-w", "5", "127.0.0.1", port, input=b"to the server\n") if listening(port) else None
        if done:
            break
        time.sleep(0.05)
    out, _ = server.communicate(b"", timeout=20)
    equal(out, b"to the server\n")
    equal(done.returncode, 0)


def listening(port):
    return f":{port:04X} " in open("/proc/net/tcp").read()


@case
def nc_scans():
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
        done = ours("nc", "-zv", "127.0.0.1", f"{port}-{port}")
        check(done.returncode == 0 and b"succeeded!" in done.stderr, done.stderr)
    done = ours("nc", "-zv", "127.0.0.1", port)
    check(done.returncode == 1 and b"Connection refused" in done.stderr, done.stderr)
    done = ours("nc", "-zvu", "-w", "1", "127.0.0.1", port)
    check(done.returncode == 1 and b"Connection refused" in done.stderr, done.stderr)


@case
def nc_reaches_unix_sockets():
    path = scratch("folder/nc.sock")
    os.makedirs(os.path.dirname(path))
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    undo(listener.close)
    os.symlink("nc.sock", scratch("folder/link"))
    for name in (path, scratch("folder/link")):
        client = subprocess.Popen([AGENT, "nc", "-NU", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        peer, _ = listener.accept()
        client.stdin.write(b"hello")
        client.stdin.close()
        equal(peer.recv(100), b"hello")
        peer.sendall(b"back")
        peer.close()
        equal(client.stdout.read(), b"back")


@case
def telnet_turns_offers_down():
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
        client = subprocess.Popen([AGENT, "telnet", "127.0.0.1", str(port)], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        peer, _ = one.accept()
        peer.sendall(b"\xff\xfd\x18\xff\xfb\x01lo\xff\xffgin: \xff\xfa\x18\x01\xff\xf0$")
        equal(peer.recv(6), b"\xff\xfc\x18\xff\xfe\x01")
        peer.close()
        equal(client.stdout.read(), b"lo\xffgin: $")


main()
