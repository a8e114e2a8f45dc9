# recording.py - --record, replay, serve --record-dir and verify, on real containers and terminals.
import hashlib
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from engines import docker, once  # noqa: E402
from limpet import *  # noqa: F403


@once
def web():
    return docker("sleep", "1000")


def cast(path):
    """The header, and the events, of a recording that asciinema's rules hold for."""
    with open(path, encoding="utf-8") as file:
        lines = file.read()
    check(lines.endswith("\n"), "the last line is not whole")
    header, *events = [json.loads(line) for line in lines.splitlines()]
    equal(header["version"], 2)
    times = [event[0] for event in events]
    equal(times, sorted(times), "times")
    return header, events


def text(events, code="o"):
    return "".join(event[2] for event in events if event[1] == code)


def mode(path):
    return os.stat(path).st_mode & 0o7777


@case
def exec_is_kept_with_both_outputs_and_the_status():
    path = scratch("exec.cast")
    script = "printf 'gr\\303'; sleep 0.2; printf '\\274n\\nbad \\377\\n'; echo oops >&2; exit 7"
    done = limpet("exec", "--record", path, web(), "--", "sh", "-c", script)
    equal((done.returncode, done.out, done.err), (7, b"gr\xc3\xbcn\nbad \xff\n", b"oops\n"))
    header, events = cast(path)
    equal(mode(path), 0o600)
    check(not os.path.exists(path + ".part"), "the unfinished file is still there")
    equal((header["width"], header["height"], header["limpet"]["target"]), (80, 24, web()))
    check(abs(header["timestamp"] - time.time()) < 60, header["timestamp"])
    for piece in ("grün\r\n", "bad \ufffd\r\n", "oops\r\n"):
        check(piece in text(events), f"{piece!r} is not in {text(events)!r}")
    equal(text(events, "m"), f"sh -c {script}")
    equal(events[-1][1:], ["x", "7"])
    equal(text(events, "i"), "")
    # What was kept is what is played, and `verify` finds it whole.
    played = limpet("replay", path)
    equal((played.returncode, played.out.decode()), (0, text(events)))
    equal(limpet("verify", path).returncode, 0)


@case
def a_terminal_is_kept_with_its_size_and_a_marker_for_each_command():
    path = scratch("attach.cast")
    terminal = Terminal(CLIENT, "attach", "--record", path, web(), rows=30, columns=100)
    terminal.expect(r"[$#] ")
    terminal.send("echo on''e\r")
    terminal.expect(r"lone\r.*[$#] ")
    terminal.resize(20, 90)
    terminal.send("stty size\r")
    terminal.expect("20 90")
    terminal.send("exit 5\r")
    equal(terminal.wait(), 5)
    header, events = cast(path)
    equal((header["width"], header["height"], header["env"]["TERM"]), (100, 30, "xterm"))
    equal([event[2] for event in events if event[1] == "m"], ["echo on''e", "stty size", "exit 5"])
    equal([event[2] for event in events if event[1] == "r"], ["90x20"])
    equal(text(events, "i"), "", "input, which nobody asked for")
    equal(events[-1][1:], ["x", "5"])


@case
def input_is_kept_when_it_is_asked_for():
    path = scratch("input.cast")
    done = limpet("exec", "--record-input", "--record", path, web(), "--", "cat", input=b"typed\n")
    equal(done.out, b"typed\n")
    equal(text(cast(path)[1], "i"), "typed\n")


@case
def nothing_is_written_over_and_what_cannot_be_written_starts_no_session():
    path = scratch("there.cast")
    with open(path, "w") as file:
        file.write("mine")
    witness = scratch("witness")

    def refused(*words, what):
        done = limpet("exec", *words, f"pid:{os.getpid()}", "--", "sh", "-c", "echo ran")
        equal((done.returncode, done.out), (125, b""), what)
        equal(len(done.err.splitlines()), 1, done.err)
        check(what in done.err.decode(), done.err)

    refused("--record", path, what="exists (--overwrite replaces it)")
    refused("--record", scratch("no/such/folder"), what="No such file or directory")
    refused("--record", "/dev/full", "--overwrite", what="no regular file")
    refused("--record-input", what="there is no --record FILE")
    with open(path) as file:
        equal(file.read(), "mine")
    os.symlink(witness, scratch("link.cast"))
    refused("--record", scratch("link.cast"), what="exists")
    check(not os.path.exists(witness), "a link was followed")
    # A target that is not there leaves no file behind.
    equal(limpet("--host", "unix:/nowhere", "exec", "--record", scratch("none"), web(), "--",
                 "true").returncode, 125)
    check(not os.path.exists(scratch("none.part")), "a recording of nothing")
    done = limpet("exec", "--overwrite", "--record", path, web(), "--", "echo", "new")
    equal(done.returncode, 0, done.err)
    check("new" in text(cast(path)[1]) and mode(path) == 0o600, "it was not replaced")


class Full:
    """A file system of a megabyte."""

    def __enter__(self):
        self.path = scratch(f"full{time.monotonic_ns()}")
        os.makedirs(self.path, 0o700)
        done = run("mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "none", self.path)
        if done.returncode != 0:
            raise Skip("no tmpfs can be mounted")
        self.undo = undo(lambda: run("umount", "-l", self.path))
        return self.path

    def __exit__(self, *_):
        self.undo()


FLOOD = ("sh", "-c", "while :; do echo 0123456789012345678901234567890123456789; done")


@case
def a_disk_that_fills_ends_the_session_and_leaves_no_whole_looking_file():
    with Full() as folder:
        path = f"{folder}/r.cast"
        done = limpet("exec", "--record", path, web(), "--", *FLOOD, timeout=120)
        equal(done.returncode, 125)
        equal(len(done.err.splitlines()), 2, done.err)
        check(b"No space left on device" in done.err and b"r.cast.part" in done.err, done.err)
        check(not os.path.exists(path), "it has the name of a whole one")
        header, events = cast(path + ".part")
        check(len(events) > 1 and events[-1][1] == "o", "nothing was kept")
        played = limpet("replay", path + ".part")
        equal(played.returncode, 125)
        check(b"cut off" in played.err, played.err)


@case
def a_client_that_is_killed_leaves_a_part_and_one_that_is_told_to_end_a_whole_one():
    for number, whole in ((signal.SIGKILL, False), (signal.SIGHUP, True)):
        path = scratch(f"killed{number}.cast")
        terminal = Terminal(CLIENT, "exec", "-t", "--record", path, web(), "--", "sh", "-c",
                            "echo begun; sleep 100")
        terminal.expect("begun")
        os.kill(terminal.pid, number)
        equal(terminal.wait(), -number)
        equal(os.path.exists(path), whole)
        check("begun" in text(cast(path if whole else path + ".part")[1]), "nothing was kept")


def made(*events, **header):
    path = scratch(f"made{time.monotonic_ns()}.cast")
    with open(path, "w") as file:
        file.write(json.dumps({"version": 2, "width": 80, "height": 24, **header}) + "\n")
        for event in events:
            file.write(json.dumps(event) + "\n")
    return path


def seconds(*argv):
    begin = time.monotonic()
    done = limpet("replay", *argv)
    equal(done.returncode, 0, done.err)
    return time.monotonic() - begin


@case
def speed_and_idle_limit_are_kept_to():
    path = made([0, "o", "a"], [1, "o", "b"], [3, "o", "c"])
    check(3 <= seconds(path) < 10, "as it went")
    check(1.5 <= seconds("--speed", "2", path) < 3, "twice as fast")
    check(0.4 <= seconds("--idle-limit", "0.2", path) < 1.4, "no long pauses")
    check(seconds("--idle-limit", "0", path) < 0.4, "none")
    check(seconds(made([0, "o", "a"], [9, "o", "b"], idle_time_limit=0.1)) < 2, "its own limit")
    for words in (("--speed", "0"), ("--speed", "x"), ("--idle-limit", "-1"), ()):
        equal(limpet("replay", *words, *([path] if words else [])).returncode, 2, words)


@case
def space_pauses_a_dot_steps_and_a_bracket_goes_to_the_next_command():
    path = made([0, "o", "one "], [0.6, "o", "two "], [30, "o", "three "], [60, "o", "four "],
                [60, "m", "ls"], [60, "o", "five "], [90, "o", "six "])
    terminal = Terminal(CLIENT, "replay", path)
    terminal.expect("one ")
    terminal.send(" ")
    time.sleep(1)
    terminal.read(0)
    check(b"two" not in terminal.seen, "it does not pause")
    terminal.send(".")
    terminal.expect("two ")
    terminal.send(".")
    terminal.expect("three ")
    terminal.send("]")
    terminal.expect("four ")
    time.sleep(0.3)
    terminal.read(0)
    check(b"five" not in terminal.seen, "it goes beyond the marker")
    terminal.send("q")
    equal(terminal.wait(), 0)
    check(termios.tcgetattr(terminal.fd) == terminal.settings, "the terminal is not as it was")


@case
def a_hostile_recording_draws_and_nothing_else():
    evil = "\x1b]52;c;cm0gLXJm\x07\x1b]0;owned\x07\x1b[6n\x1b[c\x1bP$qm\x1b\\\x1b[5i\x1b[21t"
    path = made([0, "o", f"be\x1b[31mfore{evil}after\x1b[0m\r\n"])
    terminal = Terminal(CLIENT, "replay", path)
    equal(terminal.wait(), 0)
    check(b"be\x1b[31mforeafter\x1b[0m\r\n" in terminal.seen, terminal.seen)
    for piece in (b"]52", b"owned", b"[6n", b"[c", b"$q", b"[5i", b"[21t"):
        check(piece not in terminal.seen, f"{piece} reached the terminal")
    check(b"7 sequences" in terminal.seen, terminal.seen)
    equal(limpet("replay", path).out.decode(), f"be\x1b[31mfore{evil}after\x1b[0m\r\n", "in a pipe")


# ---- serve --record-dir

class Serve:
    def __init__(self, record, **options):
        self.folder = scratch(f"serve{time.monotonic_ns()}")
        os.makedirs(self.folder, 0o700)
        self.host = f"unix:{self.folder}/socket"
        self.record = record
        self.process = start(AGENT, "serve", "--listen", self.host, "--record-dir", record,
                             stderr=subprocess.PIPE, **options)
        until(lambda: listens(f"{self.folder}/socket") or self.process.poll() is not None,
              what="listening")

    def limpet(self, *argv, **options):
        return limpet("--host", self.host, *argv, **options)

    def stop(self):
        self.process.terminate()
        self.log = self.process.communicate(timeout=20)[1].decode()

    def entries(self):
        with open(f"{self.record}/requests.log") as file:
            return [json.loads(line) for line in file]


@case
def every_session_is_in_the_log_with_its_recording():
    record = scratch("records")
    serve = Serve(record)
    equal(mode(record), 0o700)
    done = serve.limpet("exec", "--allow", "modify", web(), "--", "sh", "-c", "cat; echo e >&2; exit 3",
                        input=b"some input\n")
    equal(done.returncode, 3, done.err)
    terminal = Terminal(CLIENT, "--host", serve.host, "attach", web())
    terminal.expect(r"[$#] ")
    terminal.send("echo in''side\r")
    terminal.expect("inside")
    running = [entry for entry in serve.entries() if entry["event"] == "open"][-1]
    check(running["tty"] and running["argv"] == [], running)
    check(os.path.exists(f"{record}/{running['recording']}.part"), "no recording of what runs")
    equal(limpet("verify", record).returncode, 0, "while it runs")
    terminal.send("exit\r")
    terminal.wait()
    serve.stop()
    entries = serve.entries()
    equal([entry["event"] for entry in entries], ["start", "open", "end", "open", "end", "stop"])
    opened, ended = entries[1:3]
    equal((opened["uid"], opened["target"], opened["argv"], opened["grants"], opened["tty"]),
          (os.getuid(), web(), ["sh", "-c", "cat; echo e >&2; exit 3"],
           "files,processes,network,modify", False))
    check(opened["pid"] > 1 and opened["session"] == ended["session"], opened)
    equal((ended["status"], ended["in_bytes"], ended["out_bytes"], ended["error_bytes"]),
          (3, 11, 11, 2))
    equal(ended["out_sha256"], hashlib.sha256(b"some input\n").hexdigest())
    equal(ended["error_sha256"], hashlib.sha256(b"e\n").hexdigest())
    for entry in entries:
        if entry["event"] == "end":
            with open(f"{record}/{entry['recording']}", "rb") as file:
                equal(hashlib.sha256(file.read()).hexdigest(), entry["recording_sha256"])
            equal(mode(f"{record}/{entry['recording']}"), 0o600)
    header, events = cast(f"{record}/{entries[4]['recording']}")
    check("inside" in text(events), text(events))
    equal([event[2] for event in events if event[1] == "m"], ["echo in''side", "exit"])
    # The chain, by this page of documentation and nothing of ours.
    with open(f"{record}/requests.log", "rb") as file:
        lines = file.read().splitlines()
    before = "0" * 64
    for line, entry in zip(lines, entries):
        body = line[:line.rindex(b',"hash":"')]
        equal((hashlib.sha256(body).hexdigest(), entry["previous"]), (entry["hash"], before))
        before = entry["hash"]
        check(entry["hash"] in serve.log, "serve's own log does not have it")
    done = limpet("verify", "-o", "json", record)
    found = json.loads(done.out)
    equal((done.returncode, found["sound"], found["entries"], found["recordings"], found["last"]),
          (0, True, 6, 2, before))
    # Another serve goes on with the chain; two at once there are not.
    again = Serve(record)
    second = Serve(record)
    equal(second.process.wait(10), 125)
    check(b"belongs to a serve that runs" in second.process.stderr.read(), "why")
    equal(again.limpet("exec", web(), "--", "true").returncode, 0)
    again.stop()
    equal(again.entries()[6]["previous"], before)
    equal(limpet("verify", record).returncode, 0)


@case
def a_serve_that_is_killed_goes_on_with_the_chain():
    record = scratch("killed")
    serve = Serve(record)
    client = start(CLIENT, "--host", serve.host, "exec", web(), "--", "sh", "-c", "echo up; sleep 100",
                   stdout=subprocess.PIPE)
    equal(client.stdout.readline(), b"up\n")
    serve.process.kill()
    equal(client.wait(20), 125)
    serve.process.wait()
    again = Serve(record)
    equal(again.limpet("exec", web(), "--", "true").returncode, 0)
    again.stop()
    done = limpet("verify", record)
    equal(done.returncode, 0, done.err)
    check(b"has no end: serve was killed" in done.err, done.err)


@case
def what_cannot_be_kept_does_not_happen():
    with Full() as folder:
        serve = Serve(f"{folder}/records")
        done = serve.limpet("exec", web(), "--", *FLOOD, timeout=120)
        equal(done.returncode, 125)
        check(b"No space left on device" in done.err, done.err)
        with contextlib.suppress(OSError):
            with open(f"{folder}/filler", "wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
        done = serve.limpet("exec", web(), "--", "echo", "ran")
        equal((done.returncode, done.out), (125, b""))
        check(b"No space left on device" in done.err, done.err)
        serve.stop()
    open_to_all = scratch("open")
    os.makedirs(open_to_all)
    os.chmod(open_to_all, 0o777)
    refused = Serve(open_to_all)
    equal(refused.process.wait(10), 125)
    check(b"is writable by others" in refused.process.stderr.read(), "why")


main()
