# endless_input.py - input without end, or without an end of line, to fill the memory of who reads it.
#
# Each command has a limit that it names, or needs no more for more input. It runs where the kernel
# gives it no more address space than LIMIT, so what would take all there is dies of that here.
import os
import resource
import select
import subprocess
import time

import attack
from attack import AGENT, add_case, case, check, equal, must

LIMIT = 1536 << 20
MOST = 3 << 30  # of input: what has taken so much, needs no memory for more
SECONDS = 6     # or as much as it takes in that time


def feed(argv, data, *, limit=LIMIT, seconds=SECONDS):
    """Runs it with `data` again and again as input: status, what it said, peak, bytes, still there?"""
    reading, writing = os.pipe()
    process = subprocess.Popen(argv, stdin=reading, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS,
                                                                     (limit, limit)))
    attack.undo(lambda: process.poll() is None and process.kill())
    os.close(reading)
    os.set_blocking(writing, False)
    taken, end, most = 0, time.monotonic() + seconds, 0
    while process.poll() is None and taken < MOST and time.monotonic() < end:
        if not select.select([], [writing], [], 0.2)[1]:
            continue
        try:
            at = taken % len(data)
            taken += os.write(writing, data[at:])
        except BrokenPipeError:
            break
        most = max(most, int((attack.status(process.pid, "VmHWM") or "0 kB").split()[0]) * 1024)
    # Whoever refuses has said so by now, or does at once.
    try:
        process.wait(0.1 if taken >= MOST or time.monotonic() >= end else 15)
        over = True
    except subprocess.TimeoutExpired:
        process.kill()
        over = False
    os.close(writing)
    process.wait()
    return process.returncode, process.stderr.read(), most, taken, over


LINE = b"x" * 65536
# (command, what it says when it has enough)
ONE_LINE = [
    *((argv.split(), b"a line of more than 64 MiB") for argv in (
        "cut -c1", "cut -d: -f2", "uniq", "uniq -c", "sed s/a/b/", "grep -c y", "grep -o y", "grep -w x",
        "sort", "sort -u", "comm - /dev/null", "join - /dev/null", "paste - -", "paste -s", "nl",
        "fold -w80", "fmt", "expand", "unexpand", "rev", "tail -n1", "head -n-1", "column -t",
        "jq -R .", "xxd -r")),
    (["awk", "{n++}"], b"a line of more than 64 MiB"),
    (["awk", "{s=s$0}"], b"a line of more than 64 MiB"),
    (["sed", "-n", "$p"], b"a line of more than 64 MiB"),
    (["tac"], b"more than 256 MiB"),
    (["tail", "-c", "2G"], b"more than 256 MiB"),
    (["head", "-c", "-1G"], b"exceed 256 MiB"),
    (["diff", "-", "/dev/null"], b"more than 268435456 bytes"),
    (["jq", "."], b"a value of more than 64 MiB"),
    (["jq", "-s", "."], b"a value of more than 64 MiB"),
    (["xargs", "echo"], b"an argument is too long"),
    (["xargs", "-0", "echo"], b"a line of more than 64 MiB"),
    (["sh", "-c", "x=$(cat)"], b"more than 256 MiB of output"),
]
LINES = [
    (["sort"], b"more than 1 GiB to sort"),
    (["sed", ":a;N;ba"], b"more than 256 MiB"),
    (["sed", "-n", "H"], b"more than 256 MiB"),
    (["tail", "-n", "100000000"], b"exceed 256 MiB"),
    (["head", "-n", "-100000000"], b"exceed 256 MiB"),
    (["tac"], b"more than 256 MiB"),
    (["awk", "{a[NR]=$0}"], b"more than 1 GiB"),
    (["awk", "{s=s $0}"], b"more than 1 GiB"),
    (["jq", "-nR", "[inputs]"], b"MiB"),
    (["jq", "-Rs", "."], b"MiB"),
    (["diff", "-", "/dev/null"], b"more than 268435456 bytes"),
    (["column"], b"more than 256 MiB"),
    (["sh", "-c", "x=$(cat)"], b"more than 256 MiB of output"),
]
# Bytes that go through; nothing is kept of them.
FLOWS = ["cat -A", "tr a b", "wc", "strings", "hexdump -C", "od -c", "sha256sum", "tee", "base64",
         "cksum", "head -c 100G", "xxd"]


@case
def naive_helper_has_no_limit():
    code = "import sys\nfor line in sys.stdin.buffer: pass"
    status, said, most, _, _ = feed(["python3", "-c", code], LINE)
    check(b"MemoryError" in said or most > LIMIT // 3, f"the attack has no effect: {status} {most} {said[-200:]}")


def refuses_by_name(commands, data):
    known = must(AGENT, "--list").split()
    for argv, words in commands:
        if argv[0] not in known:
            continue
        # What waits for the whole before it looks may take longer than what streams.
        status, said, most, taken, over = feed([AGENT, *argv], data, limit=4 << 30, seconds=40)
        check(over, f"{argv} took {taken >> 20} MiB and goes on ({most >> 20} MiB of memory)")
        check(status in (1, 2, 5), f"{argv}: status {status}: {said[-200:]!r}")
        check(words in said, f"{argv} does not name its limit: {said[-200:]!r}")
        check(said.count(b"\n") <= 2, f"{argv} has much to say: {said[:300]!r}")
        check(most < 3 << 30, f"{argv} took {most >> 20} MiB")


add_case("one_line", refuses_by_name, ONE_LINE, LINE)
add_case("many_lines", refuses_by_name, LINES, b"some words of a line that is forty bytes\n" * 1600)


@case
def what_flows_is_not_kept():
    for argv in FLOWS:
        status, said, most, taken, _ = feed([AGENT, *argv.split()], LINE, seconds=2)
        check(most < 32 << 20, f"{argv} took {most >> 20} MiB for {taken >> 20}")
        check(taken > 8 << 20 and not said, f"{argv}: {status} after {taken} bytes: {said[-200:]!r}")
    for argv in ("cut -c1", "uniq", "sed s/a/b/", "grep -c y", "awk {n++}", "nl", "comm - /dev/null",
                 "paste - -", "fold", "fmt", "expand", "rev", "jq -R .", "tail -n5"):
        words = argv.split() if not argv.startswith("awk") else ["awk", "{n++}"]
        status, said, most, taken, _ = feed([AGENT, *words], b"some words\n" * 6000, seconds=2)
        check(most < 32 << 20, f"{argv} took {most >> 20} MiB for {taken >> 20}")
        check(taken > 1 << 20 and not said, f"{argv}: {status} after {taken} bytes: {said[-200:]!r}")


@case
def where_there_is_no_memory_it_says_so():
    for argv in (["sort"], ["awk", "{a[NR]=$0}"], ["sh", "-c", "x=$(seq 100000); while :; do x=$x$x; done"]):
        status, said, _, _, _ = feed([AGENT, *argv], b"some words of a line\n" * 3000,
                                     limit=300 << 20, seconds=60)
        check(status > 0 and b"out of memory" in said or b"more than" in said,
              f"{argv}: status {status}: {said[-200:]!r}")


@case
def a_hole_of_100_gb_is_not_read():
    hole = attack.scratch("hole")
    with open(hole, "wb") as file:
        file.truncate(100 << 30)
        file.seek(100 << 30)
        file.write(b"\nlast but one\nlast\n")
    for argv, wanted in ((["tail", "-n1"], b"last\n"), (["tail", "-n2"], b"last but one\nlast\n"),
                         (["tail", "-c5"], b"last\n"), (["wc", "-c"], None), (["stat"], None),
                         (["head", "-c5"], bytes(5)), (["sh", "-c", 'tac "$0" | head -n1'], b"last\n")):
        with open(attack.scratch("strace"), "wb") as log:
            took, done = attack.seconds(lambda: attack.run(
                "strace", "-f", "-qq", "-e", "trace=read,pread64", "-o", log.name, AGENT, *argv, hole))
        if wanted is not None:
            equal(done.out, wanted, f"{argv}")
        read = sum(int(line.rsplit(b"= ", 1)[1].split()[0]) for line in attack.read(log.name).split(b"\n")
                   if b"= " in line and line.rsplit(b"= ", 1)[1].split()[0].isdigit())
        # tac looks for the beginning of the line before, and gives up at its limit.
        check(read < (300 << 20 if "tac" in argv[-1] else 2 << 20), f"{argv} read {read} bytes")
        check(took < 5, f"{argv} took {took:.1f} s")
    # Where it would have to be read, there is a limit, and memory for that alone.
    done = attack.run(AGENT, "sh", "-c", 'tac "$0" | tail -n3 | wc -l', hole)
    check(b"more than 256 MiB" in done.err, f"{done.err!r}")


attack.main()
