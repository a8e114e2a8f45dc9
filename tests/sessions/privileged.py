# privileged.py - what the kernel tells only to a right that no command keeps: kernel stacks, its log,
# filters of processes, rules; each only in a session that has the grant. And nice, and top's key k.
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import AGENT, CLIENT, Skip, Terminal, case, check, equal, main, run, start, until  # noqa: E402

# Of a process under a filter that answers getpid(2) with EPERM.
FILTERED = """
import ctypes, struct, time
libc = ctypes.CDLL(None, use_errno=True)
number = 172 if __import__("os").uname().machine == "aarch64" else 39
steps = ((0x20, 0, 0, 0), (0x15, 0, 1, number), (6, 0, 0, 0x50001), (6, 0, 0, 0x7fff0000))
program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]
libc.prctl(38, 1, 0, 0, 0)
print(libc.prctl(22, 2, ctypes.byref(Filter(4, ctypes.addressof(program)))), flush=True)
time.sleep(600)
"""


def need_root():
    if os.geteuid() != 0:
        raise Skip("needs root")


def session(target, *argv, allow=None):
    return run(CLIENT, "exec", *(["--allow", allow] if allow else []), f"pid:{target}", "--", *argv)


@case
def kernel_stacks_with_the_grant_to_trace():
    need_root()
    sleeper = start("sleep", 600)
    done = session(sleeper.pid, "stack", sleeper.pid)
    check(done.returncode == 1 and b"needs --allow trace" in done.err and not done.out, done.err)
    row = json.loads(session(sleeper.pid, "stack", "-o", "json", sleeper.pid, allow="trace").out)
    equal((row["pid"], row["comm"]), (sleeper.pid, "sleep"))
    check(any("nanosleep" in frame for frame in row["frames"]), row)
    check(b"nanosleep" in session(sleeper.pid, "sh", "-c", f"stack {sleeper.pid}", allow="trace").out, "not in a shell")
    # Their own frames, as ustack has them.
    check(b"nanosleep" in session(sleeper.pid, "stack", "-u", sleeper.pid, allow="trace").out, "-u")
    equal(session(sleeper.pid, "stack", "-u", sleeper.pid).returncode, 126)


@case
def filters_in_a_session_of_their_own():
    need_root()
    filtered = start(sys.executable, "-c", FILTERED, stdout=subprocess.PIPE)
    equal(filtered.stdout.readline(), b"0\n")
    for words in ([AGENT, "seccomp", "-d", "-o", "json", filtered.pid],
                  [CLIENT, "exec", "--allow", "trace", f"pid:{filtered.pid}", "--", "seccomp", "-d", "-o", "json", filtered.pid]):
        done = run(*words)
        row = json.loads(done.out or b"{}")
        equal((row.get("pid"), row.get("syscall"), row.get("action")), (filtered.pid, "getpid", "EPERM"), done.err)
    done = session(filtered.pid, "sh", "-c", f"seccomp -d {filtered.pid}", allow="trace")
    check(done.returncode == 1 and b"is under no filter" in done.err, done.err)
    equal(session(filtered.pid, "seccomp", "-d", filtered.pid).returncode, 126)
    equal(run(AGENT, "seccomp", "-d", os.getpid()).returncode, 0)


@case
def the_kernels_log_where_it_is_restricted():
    need_root()
    place = "/proc/sys/kernel/dmesg_restrict"
    with open(place) as file:
        before = file.read()
    if before.strip() != "1":
        raise Skip("kernel.dmesg_restrict is 0: everybody may read it")
    check(b"needs --allow trace" in session(os.getpid(), "dmesg").err, "it was told without the grant")
    equal(session(os.getpid(), "dmesg", allow="trace").returncode, 0)


@case
def rules_need_the_grant_to_modify():
    need_root()
    done = session(os.getpid(), "iptables", "-S")
    check(done.returncode == 1 and b"needs --allow modify" in done.err, done.err)
    equal(session(os.getpid(), "iptables", "-S", allow="modify").returncode, 0)


@case
def nice_runs_a_command():
    need_root()
    sleeper = start("sleep", 600)
    for begin in ((AGENT,), (CLIENT, "exec", f"pid:{sleeper.pid}", "--")):
        out = run(*begin, "nice", "-n", "5", "nice").out
        equal(out, b"5\n", begin[-1])
        equal(run(*begin, "nice", "nice").out, b"10\n")
        equal(run(*begin, "nice", "-n", "3", "sh", "-c", "exit 7").returncode, 7)
        equal(run(*begin, "nice", "no-such-command").returncode, 127)
    done = session(sleeper.pid, "nice", "-n", "-5", "echo", "all the same")
    equal((done.returncode, done.out), (0, b"all the same\n"))
    check(b"setpriority" in done.err, done.err)


@case
def top_signals_with_k():
    need_root()
    for allow, ends in ((None, False), ("modify", True)):
        sleeper = start("sleep", 600)
        grants = ["--allow", allow] if allow else []
        terminal = Terminal(CLIENT, "exec", "-t", *grants, f"pid:{sleeper.pid}", "--", "top", "-d", "60", "-p", str(sleeper.pid))
        terminal.expect(b"sleep")
        terminal.send(b"k")
        if ends:
            terminal.expect(b"process to signal")
            terminal.send(f"{sleeper.pid}\r".encode())
            terminal.expect(rb"signal \(TERM\)")
            terminal.send(b"KILL\r")
            until(lambda: sleeper.poll() is not None, what="the end of it")
        else:
            terminal.expect(b"needs --allow modify")
            equal(sleeper.poll(), None)
        terminal.send(b"q")


main()
