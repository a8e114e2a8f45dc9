# tls.py - handshakes and certificates against openssl s_server: good chains, broken ones, versions and ciphers.
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import AGENT, Skip, case, check, equal, main, scratch, undo  # noqa: E402


def run(*words, input=b"", timeout=60):
    return subprocess.run([str(word) for word in words], capture_output=True, input=input, timeout=timeout)


def must(*words):
    done = run(*words)
    check(done.returncode == 0, f"{words}: {done.stderr!r}")
    return done.stdout


if run(AGENT, "tls", "127.0.0.1:1").stderr.find(b"built without it") >= 0:
    print("skip tls: this agent was built without TLS")
    sys.exit(77)
if not shutil.which("openssl"):
    print("skip tls: no openssl for servers and certificates")
    sys.exit(77)


# ---- certificates

def key(name, kind):
    path = scratch(f"{name}.key")
    options = {"rsa": ("RSA", "-pkeyopt", "rsa_keygen_bits:2048"), "pss": ("RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"),
               "ed25519": ("ED25519",)}.get(kind) or ("EC", "-pkeyopt", f"ec_paramgen_curve:{kind}")
    must("openssl", "genpkey", "-algorithm", *options, "-out", path)
    return path


def certificate(name, kind="P-256", signer=None, names="DNS:server.test,IP:127.0.0.1", days=30, extra=""):
    """A certificate and its key; signed by `signer`, else by itself. Returns its name."""
    own = key(name, kind)
    with open(scratch(f"{name}.ext"), "w") as file:
        file.write(f"subjectAltName={names}\n" if names else "")
        file.write(extra)
    must("openssl", "req", "-new", "-key", own, "-subj", f"/CN={name}.test", "-out", scratch(f"{name}.csr"))
    by = ["-CA", scratch(f"{signer}.pem"), "-CAkey", scratch(f"{signer}.key"), "-CAcreateserial"] if signer else [
        "-signkey", own]
    when = ["-days", days] if days > 0 else ["-days", "1"]
    words = ["openssl", "x509", "-req", "-in", scratch(f"{name}.csr"), *by, *when, "-extfile", scratch(f"{name}.ext"),
             "-out", scratch(f"{name}.pem")]
    if days <= 0:
        if not shutil.which("faketime"):
            # A certificate of the past, by the tool that takes dates.
            return past(name, own, signer)
    must(*words)
    return name


def past(name, own, signer):
    folder = scratch(f"{name}.ca")
    os.makedirs(folder)
    open(f"{folder}/index.txt", "w").close()
    with open(f"{folder}/serial", "w") as file:
        file.write("01\n")
    with open(f"{folder}/conf", "w") as file:
        file.write(f"[ca]\ndefault_ca=d\n[d]\ndir={folder}\ndatabase={folder}/index.txt\nserial={folder}/serial\n"
                   f"new_certs_dir={folder}\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n")
    must("openssl", "ca", "-batch", "-config", f"{folder}/conf", "-in", scratch(f"{name}.csr"), "-cert",
         scratch(f"{signer}.pem"), "-keyfile", scratch(f"{signer}.key"), "-startdate", "200101000000Z", "-enddate",
         "200201000000Z", "-extfile", scratch(f"{name}.ext"), "-notext", "-out", scratch(f"{name}.pem"))
    return name


CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"


def authorities():
    if not hasattr(authorities, "done"):
        certificate("root", "rsa", names="", extra=CA)
        certificate("middle", "P-384", "root", names="", extra=CA)
        authorities.done = True
    return scratch("root.pem")


class Server:
    def __init__(self, name, *options, chain=None):
        with socket.create_server(("127.0.0.1", 0)) as one:
            self.port = one.getsockname()[1]
        more = ["-cert_chain", scratch(f"{chain}.pem")] if chain else []
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-cert", scratch(f"{name}.pem"), "-key",
             scratch(f"{name}.key"), "-www", "-quiet", *more, *options], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, stdin=subprocess.PIPE)
        undo(self.process.kill)
        for _ in range(200):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            time.sleep(0.05)


def look(server, *options, name="server.test", roots=None):
    done = run(AGENT, "tls", "-o", "json", "-n", name, "-c", roots or authorities(), *options, f"127.0.0.1:{server.port}")
    check(done.stdout, done.stderr)
    return done.returncode, json.loads(done.stdout)


# ---- what works

@case
def keys_of_every_kind():
    authorities()
    for kind in ("rsa", "P-256", "P-384", "P-521", "ed25519", "pss"):
        certificate(f"of{kind}", kind, "root")
        server = Server(f"of{kind}")
        status, seen = look(server)
        equal((status, seen["verification"], seen["error"]), (0, 0, ""), kind)
        equal(seen["version"], "TLSv1.3")
        equal(seen["chain"][0]["names"], ["server.test", "127.0.0.1"])
        equal(seen["chain"][0]["subject"], f"CN = of{kind}.test")


@case
def versions_and_ciphers():
    authorities()
    certificate("wide", "rsa", "root")
    certificate("curve", "P-256", "root")
    for suite in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"):
        equal(look(Server("wide", "-ciphersuites", suite))[1]["cipher"], suite)
    for suite in ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305",
                  "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA", "AES128-GCM-SHA256", "AES256-SHA256"):
        status, seen = look(Server("wide", "-tls1_2", "-cipher", suite))
        equal((status, seen["cipher"], seen["version"]), (0, suite, "TLSv1.2"))
    equal(look(Server("curve", "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"))[0], 0)
    for group in ("X25519", "P-256", "P-384", "P-521"):
        equal(look(Server("curve", "-groups", group))[0], 0, group)
    equal(look(Server("wide"), "-2")[1]["version"], "TLSv1.2")
    status, seen = look(Server("wide", "-alpn", "h2,http/1.1"), "-a", "http/1.1,h2")
    equal((status, seen["alpn"]), (0, "h2"))


@case
def a_chain_with_a_middle():
    authorities()
    certificate("leaf", "P-256", "middle")
    status, seen = look(Server("leaf", chain="middle"))
    equal((status, len(seen["chain"])), (0, 2))
    theirs = run("openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", scratch("leaf.pem")).stdout.decode()
    equal(seen["chain"][0]["sha256"], theirs.split("=")[1].strip())


# ---- what is broken

@case
def broken_chains_are_told():
    authorities()
    certificate("alone", "P-256")
    certificate("old", "P-256", "root", days=0)
    certificate("leaf2", "P-256", "middle")
    certificate("other", "P-256", "root", names="DNS:other.test")
    certificate("impostor", "P-256", "root", names="DNS:server.test", extra="basicConstraints=CA:FALSE\n")
    certificate("by", "P-256", "impostor")
    for name, chain, code, words in (
            ("alone", None, 18, "self-signed certificate"), ("old", None, 10, "certificate has expired"),
            ("leaf2", None, 20, "unable to get local issuer certificate"),
            ("other", None, 62, "hostname mismatch"), ("by", "impostor", 79, "invalid CA certificate")):
        server = Server(name, chain=chain)
        status, seen = look(server)
        equal((status, seen["verification"], seen["verification_text"]), (1, code, words), name)
        theirs = run("openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-servername", "server.test",
                     "-CAfile", authorities(), "-verify_hostname", "server.test").stdout.decode()
        # It goes on after the first thing that is wrong, and tells the last: 21 after 20.
        codes = {20: (20, 21), 79: (79, 24, 26)}.get(code, (code,))
        check(any(f"Verify return code: {one} " in theirs for one in codes), f"{name}: {theirs[-300:]}")
        ours = run(AGENT, "openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-servername", "server.test",
                   "-CAfile", authorities()).stdout.decode()
        check(f"Verify return code: {code} ({words})" in ours, f"{name}: {ours}")
        done = run(AGENT, "curl", "-sS", "--cacert", authorities(), "--resolve", f"server.test:{server.port}:127.0.0.1",
                   f"https://server.test:{server.port}/")
        equal((done.returncode, done.stdout), (60, b""), name)
        check(words.encode() in done.stderr, done.stderr)
        done = run(AGENT, "curl", "-sSk", "-o", "/dev/null", "-w", "%{http_code}", f"https://127.0.0.1:{server.port}/")
        equal((done.returncode, done.stdout), (0, b"200"), name)
        done = run(AGENT, "wget", "-qO-", f"https://127.0.0.1:{server.port}/")
        equal(done.returncode, 5, name)


@case
def addresses_are_names_too():
    authorities()
    certificate("both", "P-256", "root")
    server = Server("both")
    for host, code in (("127.0.0.1", 0), ("127.0.0.2", 64)):
        equal(look(server, name=host)[1]["verification"], code, host)


@case
def no_common_ground():
    authorities()
    certificate("narrow", "rsa", "root")
    for words, options in ((("-tls1_3",), ("-2",)), (("-tls1_2",), ("-3",))):
        status, seen = look(Server("narrow", *words), *options)
        equal(status, 1)
        check("alert" in seen["error"], seen["error"])
    with socket.create_server(("127.0.0.1", 0)) as plain:
        port = plain.getsockname()[1]
        client = subprocess.Popen([AGENT, "curl", "-sS", f"https://127.0.0.1:{port}/"], stderr=subprocess.PIPE)
        peer, _ = plain.accept()
        peer.sendall(b"HTTP/1.0 400 Bad\r\n\r\n")
        peer.recv(4096)
        peer.close()
        check(b"wrong version number" in client.stderr.read(), "the reason is not told")
        equal(client.wait(), 35)
        begin = time.monotonic()
        done = run(AGENT, "tls", "-w", "1", f"127.0.0.1:{port}")
        equal(done.returncode, 1)
        check(b"timed out" in done.stdout and time.monotonic() - begin < 20, done.stdout)


# ---- as it is typed

@case
def bytes_go_both_ways():
    authorities()
    certificate("talker", "P-256", "root")
    server = Server("talker")
    done = run(AGENT, "openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{server.port}",
               input=b"GET / HTTP/1.0\r\n\r\n")
    check(done.stdout.startswith(b"HTTP/1.0 200"), done.stdout)
    done = run(AGENT, "curl", "-sS", "-v", "--cacert", authorities(), f"https://127.0.0.1:{server.port}/")
    check(b"s_server" in done.stdout and b"SSL connection using TLSv1.3" in done.stderr, done.stderr)


@case
def certificates_are_read():
    authorities()
    certificate("told", "rsa", "root")
    path = scratch("told.pem")
    for words in ("-subject", "-issuer", "-dates", "-enddate", "-serial", "-fingerprint", "-fingerprint -sha256",
                  "-ext subjectAltName"):
        ours = run(AGENT, "openssl", "x509", "-noout", *words.split(), "-in", path).stdout
        equal(ours, run("openssl", "x509", "-noout", *words.split(), "-in", path).stdout, words)
    equal(run(AGENT, "openssl", "x509", input=open(path, "rb").read()).stdout, open(path, "rb").read())
    equal(run(AGENT, "openssl", "x509", "-noout", "-in", "/dev/null").returncode, 1)


@case
def nothing_is_loaded_from_anywhere():
    authorities()
    certificate("quiet", "P-256", "root")
    server = Server("quiet")
    if not shutil.which("strace"):
        raise Skip("no strace to look with")
    trace = scratch("trace")
    env = {"OPENSSL_CONF": scratch("root.pem"), "OPENSSL_MODULES": "/tmp", "SSL_CERT_FILE": scratch("root.pem")}
    subprocess.run(["strace", "-f", "-e", "trace=file", "-o", trace, AGENT, "tls", f"127.0.0.1:{server.port}"],
                   env={**os.environ, **env}, capture_output=True)
    text = open(trace).read()
    for word in ("openssl.cnf", "/usr/lib/ssl", "modules", "engines", scratch("root.pem")):
        check(word not in text, f"{word}: {text}")


main()
