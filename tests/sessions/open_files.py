# open_files.py - lsof, fuser and deleted against the programs that they are named after.
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import AGENT, Skip, case, check, equal, main, scratch, undo  # noqa: E402

HOLDER = r"""
import fcntl, os, socket, sys, time
folder = sys.argv[1]
listener = socket.socket(); listener.bind(("127.0.0.1", 0)); listener.listen()
client = socket.create_connection(listener.getsockname()); accepted, _ = listener.accept()
local = socket.socket(socket.AF_UNIX); local.bind(folder + "/socket"); local.listen()
datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); datagrams.bind(("::1", 0))
gone = open(folder + "/gone", "w+"); gone.write("what was written\n"); gone.flush(); os.unlink(folder + "/gone")
memory = os.memfd_create("hello"); os.write(memory, b"abc")
ends = os.pipe()
reading = open("/etc/passwd"); reading.read(10)
null = open("/dev/null", "w")
locked = open(folder + "/locked", "w"); fcntl.flock(locked, fcntl.LOCK_EX)
odd = open(folder + "/new\nline", "w")
print(listener.getsockname()[1], gone.fileno(), memory, flush=True)
time.sleep(600)
"""


class Holder:
    """A process with every kind of open file."""

    def __init__(self):
        self.folder = scratch(f"open.{len(os.listdir('/proc'))}.{os.urandom(4).hex()}")
        os.makedirs(self.folder)
        child = subprocess.Popen([sys.executable, "-c", HOLDER, self.folder], stdout=subprocess.PIPE)
        undo(lambda: (child.send_signal(signal.SIGKILL), child.wait()))
        self.port, self.gone, self.memory = (int(word) for word in child.stdout.readline().split())
        self.pid = child.pid


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(errors="surrogateescape")


def need(program):
    if subprocess.run(["sh", "-c", f"command -v {program}"], capture_output=True).returncode:
        raise Skip(f"no {program} to compare with")


def fields(text):
    """What -F prints, as {descriptor: {letter: value}}; mappings by their inode."""
    files, current = {}, None
    for line in text.splitlines():
        letter, value = line[0], line[1:]
        if letter == "f":
            current = {}
            files.setdefault(value, []).append(current)
        elif current is not None:
            # State comes in several lines, of which only TST= says what a connection is.
            if letter == "T" and not value.startswith("ST="):
                continue
            current[letter] = value
    return files


@case
def fields_equal_those_of_lsof():
    need("lsof")
    holder = Holder()
    words = ("-nP", "-F", "-p", holder.pid)
    theirs, ours = fields(run("lsof", *words)[1]), fields(run(AGENT, "lsof", *words)[1])
    equal(sorted(ours), sorted(theirs))
    for descriptor in theirs:
        if descriptor in ("mem", "DEL"):
            def those(files):
                return sorted((file["i"], file["n"], file.get("D", ""), file.get("s", "")) for file in files)
            equal(those(ours[descriptor]), those(theirs[descriptor]), descriptor)
            continue
        for mine, other in zip(ours[descriptor], theirs[descriptor]):
            # The kernel's address of a unix socket is a hash that says nothing; G are flags in octal.
            skipped = {"G", "d"} if other["t"] == "unix" else {"G"}
            equal({k: v for k, v in mine.items() if k not in skipped},
                  {k: v for k, v in other.items() if k not in skipped}, descriptor)


@case
def selections_choose_what_lsof_chooses():
    need("lsof")
    holder = Holder()
    for words in (["-t", "-i", f":{holder.port}"], ["-t", f"-iTCP:{holder.port}", "-sTCP:LISTEN"],
                  ["-t", "-i", f"4tcp@127.0.0.1:{holder.port}"], ["-t", "-a", "-p", holder.pid, "-U"],
                  ["-t", f"{holder.folder}/locked"], ["-t", "+D", holder.folder],
                  ["-t", "-a", "-c", "python", "-p", holder.pid], ["-t", "-a", "-p", holder.pid, "-u", "^root"],
                  ["-t", "-a", "-p", holder.pid, "+L1"], ["-t", "-a", "-p", holder.pid, "-d", "0-3,cwd"]):
        theirs, ours = run("lsof", "-nP", *words), run(AGENT, "lsof", "-nP", *words)
        # With +D lsof(8) also fails for each file in there that nobody has open.
        if "+D" not in words:
            equal(ours[0], theirs[0], words)
        equal(sorted(ours[1].split()), sorted(theirs[1].split()), words)


@case
def lines_stay_lines():
    holder = Holder()
    status, text = run(AGENT, "lsof", "-a", "-p", holder.pid, "+d", holder.folder)
    equal(status, 0)
    check(any(line.endswith("/new\\012line") or line.endswith("/new\\nline") for line in text.splitlines()),
          text)
    rows = [json.loads(line) for line in
            run(AGENT, "lsof", "-o", "json", "-p", holder.pid)[1].splitlines()]
    check(any(row["name"] == f"{holder.folder}/locked" and row["fd"].isdigit() for row in rows), rows)
    check(all(row["pid"] == holder.pid for row in rows), "rows of others")


@case
def users_are_those_of_fuser():
    need("fuser")
    holder = Holder()
    for words in ([f"{holder.folder}/locked"], [f"{holder.port}/tcp"], ["-n", "tcp", holder.port]):
        theirs, ours = run("fuser", *words), run(AGENT, "fuser", *words)
        equal((ours[0], ours[1].split()), (theirs[0], theirs[1].split()), words)
    equal(run(AGENT, "fuser", "/etc/hostname")[0], run("fuser", "/etc/hostname")[0])
    row = json.loads(run(AGENT, "fuser", "-o", "json", f"{holder.folder}/locked")[1])
    equal((row["pid"], row["access"]), (holder.pid, "F"))


@case
def deleted_files_are_found_and_got_out():
    holder = Holder()
    rows = [json.loads(line) for line in
            run(AGENT, "deleted", "-o", "json", holder.pid)[1].splitlines()]
    found = {row["place"]: (row["type"], row["size"], row["path"]) for row in rows if row["place"].isdigit()}
    equal(found, {str(holder.gone): ("file", 17, f"{holder.folder}/gone"),
                  str(holder.memory): ("memfd", 3, "/memfd:hello")})
    equal(run(AGENT, "deleted", "-x", holder.gone, holder.pid), (0, "what was written\n"))
    equal(run(AGENT, "deleted", "-x", holder.memory, holder.pid), (0, "abc"))
    status, text = run(AGENT, "deleted", "-x", 0, holder.pid)
    equal((status, text), (1, ""))


main()
