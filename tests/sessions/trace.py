# trace.py - strace, memory and ustack against strace and gdb on the same programs.
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import AGENT, Skip, case, check, equal, main, must, undo, until  # noqa: E402

SUPPORT_C = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support')
FOLDER = tempfile.TemporaryDirectory(prefix="limpet-trace-")
undo(FOLDER.cleanup)


def need(program):
    if subprocess.run(["sh", "-c", f"command -v {program}"], capture_output=True).returncode:
        raise Skip(f"no {program} to compare with")


def build(source, name, *flags):
    out = f"{FOLDER.name}/{name}"
    if not os.path.exists(out):
        must("gcc", "-w", *(flags or ["-O1"]), "-o", out, f"{SUPPORT_C}/{source}.c", "-lpthread")
    return out


def program(path, *words):
    process = subprocess.Popen([path, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    undo(process.kill)
    equal(process.stdout.readline(), b"ready\n")
    return process


def tracer(process):
    with open(f"/proc/{process.pid}/status") as file:
        return re.search(r"TracerPid:\t(\d+)", file.read())[1] != "0"


def followed(*argv):
    """What a tracer prints of the calls, from the line that starts them to their end."""
    subject = program(build("calls", "calls"))
    command = [*argv, "-p", str(subject.pid)]
    with open(f"{FOLDER.name}/out", "w+") as out:
        traces = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        until(lambda: tracer(subject), what=f"{argv[0]} attaches")
        time.sleep(0.3)
        subject.stdin.write(b"go\n")
        subject.stdin.flush()
        equal(subject.wait(20), 7)
        traces.wait(20)
        out.seek(0)
        return out.read(), subject.pid


def lines(text):
    """Without what is another at each run: addresses, numbers of processes, times."""
    found = []
    for line in text.splitlines():
        if "attached" in line or "restart_syscall" in line:
            continue
        line = re.sub(r"0x[0-9a-f]+", "ADDRESS", line)
        line = re.sub(r"^(getppid|getpid|clone|wait4|kill)\(.*", lambda m: re.sub(r"\b\d{3,}\b", "PID", m[0]), line)
        line = re.sub(r"si_pid=\d+", "si_pid=PID", line)
        # Two of strace's ways to write that are not ours.
        if line.startswith("clone("):
            line = "clone" + line[line.rindex(" = "):]
        line = re.sub(r", si_(utime|stime)=[^,}]*", "", line)
        line = re.sub(r"\(To be restarted.*|rt_sigreturn\(.*\)", "", line)
        found.append(re.sub(r" +", " ", line))
    return found


@case
def strace_shows_what_strace_shows():
    need("strace")
    # The order of a child's end and of its parent's wait is the kernel's.
    ours, theirs = (lines(followed(*argv)[0]) for argv in ((AGENT, "strace", "-q", "-s", "64"),
                                                             ("strace", "-q", "-s", "64")))
    start = next(i for i, line in enumerate(theirs) if "/etc/passwd" in line)
    theirs = theirs[start:]
    ours = ours[next(i for i, line in enumerate(ours) if "/etc/passwd" in line):]
    differences = [pair for pair in zip(sorted(ours), sorted(theirs)) if pair[0] != pair[1]]
    equal(differences[:30], [], f"{len(differences)} of {len(theirs)} lines")
    check(len(theirs) > 70, f"only {len(theirs)} lines")


@case
def strace_counts_what_strace_counts():
    need("strace")

    def counts(text):
        found = {}
        for line in text.splitlines():
            words = line.split()
            if len(words) in (5, 6) and words[0].replace(".", "").isdigit() and words[-1] != "total":
                found[words[-1]] = (int(words[3]), int(words[4]) if len(words) == 6 else 0)
        return found
    ours, theirs = (counts(followed(*argv)[0]) for argv in ((AGENT, "strace", "-q", "-c"), ("strace", "-q", "-c")))
    # A read that was interrupted by the attaching counts or does not.
    for table in (ours, theirs):
        table.pop("restart_syscall", None)
        table.pop("read", None)
    equal(ours, theirs)


@case
def strace_selects_calls():
    text, _ = followed(AGENT, "strace", "-q", "-e", "trace=%network,unlink", "-e", "signal=none")
    names = {line.split("(")[0] for line in text.splitlines() if "(" in line}
    check({"socket", "connect", "unlink"} <= names and "openat" not in names, names)
    text, _ = followed(AGENT, "strace", "-q", "-Z", "-e", "!connect", "-e", "signal=none")
    rows = [line for line in text.splitlines() if " = " in line]
    check(rows and all(" = -1 E" in line or " = ? " in line for line in rows), rows)
    check(not any(line.startswith("connect") for line in rows), rows)


@case
def strace_follows_children_and_threads():
    text, pid = followed(AGENT, "strace", "-f", "-T", "-tt")
    check(re.search(r"^\[pid +\d+\] \d\d:\d\d:\d\d\.\d{6} exit_group\(3", text, re.M), text[-3000:])
    check("+++ killed by SIGKILL +++" in text and f"+++ exited with 7 +++" in text, text[-3000:])
    check(re.search(r"nanosleep\(.*\) = 0 <\d+\.\d{6}>", text), text[-3000:])
    check(text.count("attached") == 3, text)


@case
def strace_shows_descriptors():
    text, _ = followed(AGENT, "strace", "-q", "-y", "-e", "read,close")
    check(re.search(r"read\(\d+</etc/passwd>, ", text), text)


@case
def strace_json():
    text, pid = followed(AGENT, "strace", "-q", "-o", "json")
    rows = [json.loads(line) for line in text.splitlines()]
    opened = [row for row in rows if row.get("call") == "openat"]
    equal(opened[0]["arguments"], ["AT_FDCWD", '"/etc/passwd"', "O_RDONLY|O_CLOEXEC"])
    equal((opened[1]["result"], opened[1]["error"]), (-1, "ENOENT"))
    check(all(row["pid"] == pid for row in rows), rows[:2])
    equal([row["event"] for row in rows if "exited" in row.get("event", "")], ["exited with 7"])


@case
def strace_refuses_nonsense():
    for words in (["-p", "x"], ["-p", "1", "-e", "nosuchcall"], [], ["true"], ["-p", "1", "-s", "-1"]):
        done = subprocess.run([AGENT, "strace", *words], capture_output=True, timeout=20)
        equal(done.returncode, 2, words)
    done = subprocess.run([AGENT, "strace", "-p", "4194303"], capture_output=True, timeout=20)
    equal(done.returncode, 1)


@case
def memory_finds_and_dumps():
    subject = program(build("stacks", "stacks"))
    found = [json.loads(line) for line in
             must(AGENT, "memory", "-o", "json", str(subject.pid), "find", "a needle in the heap").splitlines()]
    check([row for row in found if row["path"] == "[heap]"], found)
    hexadecimal = must(AGENT, "memory", "-x", str(subject.pid), "find", "61 20 6e 65 65 64 6c 65 20 69 6e")
    check("a needle in the heap" in hexadecimal, hexadecimal)
    row = next(row for row in found if row["path"] == "[heap]")
    dumped = subprocess.run([AGENT, "memory", str(subject.pid), "dump", f"{row['address']}+20"], capture_output=True)
    equal(dumped.stdout, b"a needle in the heap")
    whole = subprocess.run([AGENT, "memory", str(subject.pid), "dump", "[heap]"], capture_output=True)
    with open(f"/proc/{subject.pid}/maps") as file:
        begin, end = next(line for line in file if "[heap]" in line).split()[0].split("-")
    with open(f"/proc/{subject.pid}/mem", "rb") as memory:
        memory.seek(int(begin, 16))
        equal(whole.stdout == memory.read(int(end, 16) - int(begin, 16)), True)
    hole = subprocess.run([AGENT, "memory", str(subject.pid), "dump", "1000-3000"], capture_output=True)
    equal((hole.returncode, hole.stdout), (1, bytes(0x2000)))
    check(b"1000-3000 cannot be read" in hole.stderr, hole.stderr)
    equal(subprocess.run([AGENT, "memory", str(subject.pid), "find", "nowhere" + "-to-be-found"],
                         capture_output=True).returncode, 1)


def frames(path, *flags):
    """thread -> the counters of its frames, as ustack and as gdb have them."""
    subject = program(path)
    time.sleep(0.3)  # until its main thread waits too
    rows = [json.loads(line) for line in must(AGENT, "ustack", "-o", "json", str(subject.pid)).splitlines()]
    ours = {row["tid"]: [int(frame["pc"], 16) for frame in row["frames"]] for row in rows}
    names = {row["tid"]: [frame["function"] for frame in row["frames"]] for row in rows}
    theirs = {}
    text = subprocess.run(["gdb", "-p", str(subject.pid), "-batch", "-nx", "-iex", "set debug-file-directory /nonexistent",
                           "-ex", "thread apply all frame apply all -q p $pc"],
                          capture_output=True, text=True, timeout=120).stdout
    thread = 0
    for line in text.splitlines():
        if found := re.match(r"Thread \d+ \(.*LWP (\d+)", line):
            thread = int(found[1])
            theirs[thread] = []
        elif found := re.match(r"\$\d+ = \(void \(\*\)\(\)\) (0x[0-9a-f]+)", line):
            pc = int(found[1], 16)
            theirs[thread].append(pc)
    def sleeps():
        with open(f"/proc/{subject.pid}/status") as file:
            return "State:\tS" in file.read()
    until(sleeps, what="it runs on")
    subject.kill()
    return ours, theirs, names


@case
def ustack_finds_what_gdb_finds():
    need("gdb")
    for name, flags in (("tables", ["-O2"]), ("static", ["-O2", "-static"]),
                        ("pointers", ["-O1", "-fno-omit-frame-pointer", "-fno-asynchronous-unwind-tables",
                                      "-fno-unwind-tables"])):
        ours, theirs, names = frames(build("stacks", f"stacks-{name}", *flags))
        check(len(theirs) >= 4, f"{name}: {theirs}")
        for thread, found in theirs.items():
            # gdb ends at main, we at the program's first instruction; a function that is in another has no frame.
            seen = ours[thread][:len(found)]
            equal([hex(pc) for pc in seen], [hex(pc) for pc in found], f"{name}: thread {thread}: {names[thread]}")
        every = {function for list_of in names.values() for function in list_of}
        check({"deep", "worker", "sorter", "<signal handler called>"} <= every, f"{name}: {every}")


JAVA = """
public class Waiting {
    public static void main(String[] words) throws Exception {
        byte[][] kept = new byte[100][];
        for (int i = 0; i < 100; ++i) kept[i] = new byte[100000];
        System.gc();
        System.out.println("ready");
        Thread.sleep(100000 + kept.length);
    }
}
"""


@case
def jvm_shows_what_jstat_shows():
    for name in ("javac", "jstat"):
        need(name)
    with open(f"{FOLDER.name}/Waiting.java", "w") as file:
        file.write(JAVA)
    must("javac", "-d", FOLDER.name, f"{FOLDER.name}/Waiting.java")
    subject = subprocess.Popen(["java", "-cp", FOLDER.name, "-Xmx64m", "-XX:+UseSerialGC", "Waiting"],
                               stdout=subprocess.PIPE)
    undo(subject.kill)
    equal(subject.stdout.readline(), b"ready\n")
    heading, values = must("jstat", "-gc", str(subject.pid)).splitlines()[:2]
    theirs = dict(zip(heading.split(), (float(word) if word != "-" else 0.0 for word in values.split())))
    ours = json.loads(must(AGENT, "jvm", "-o", "json", str(subject.pid)))
    for key, name in (("OC", "sun.gc.generation.1.space.0.capacity"), ("OU", "sun.gc.generation.1.space.0.used"),
                      ("EC", "sun.gc.generation.0.space.0.capacity"), ("MC", "sun.gc.metaspace.capacity")):
        equal(round(ours[name] / 1024, 1), theirs[key], key)
    equal((ours["sun.gc.collector.0.invocations"], ours["sun.gc.collector.1.invocations"]),
          (theirs["YGC"], theirs["FGC"]))
    equal(ours["sun.rt.javaCommand"], "Waiting")
    check("-Xmx64m" in must(AGENT, "jvm", str(subject.pid)), "no arguments")
    found = json.loads(must(AGENT, "runtimes", "-o", "json", str(subject.pid)))
    equal((found["runtime"], found["entry"]), ("java", "Waiting"))
    done = subprocess.run([AGENT, "jvm", str(os.getpid())], capture_output=True)
    check(done.returncode == 1 and b"no counters of HotSpot" in done.stderr, done.stderr)


if __name__ == "__main__":
    main()
