# tracer.py - a tracer that dies, stalls or is led astray: what it traced runs on, and nothing else is touched.
import contextlib
import os
import signal
import subprocess
import time

import attack
from attack import AGENT, Box, add_case, case, check, children, equal, status, until

TRACE = attack.GRANTS | 8


def counting():
    """A box whose process makes system calls all the time."""
    return Box("busy")


def traced(box):
    return status(box.pid, "TracerPid") not in ("0", "")


def progress(box):
    """How often it was scheduled: it grows while it runs."""
    with open(f"/proc/{box.pid}/sched", encoding="ascii") as file:
        for line in file:
            if line.startswith("nr_switches"):
                return int(line.split(":")[1])
    return 0


def runs_on(box, why):
    until(lambda: not traced(box), what=f"{why}: it is let go of")
    check(status(box.pid, "State")[0] not in "tT", f"{why}: {status(box.pid, 'State')}")
    before = progress(box)
    until(lambda: progress(box) > before, what=f"{why}: it runs on")


def strace(box, *more, **options):
    return attack.session(box.target, "strace", "-q", "-p", "1", *more, grants=TRACE,
                          stderr=subprocess.DEVNULL, **{"stdout": subprocess.PIPE, **options})


def kill_tree(process):
    for pid in [process.pid, *children(process.pid)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait(10)


@case
def naive_tracer_kills_what_it_traces():
    """The control: with PTRACE_O_EXITKILL, as tracers of careless hands have it, the target dies."""
    with counting() as box:
        tracer = attack.start(attack.build("exitkill"), str(box.pid), stdout=subprocess.PIPE)
        check(tracer.stdout.readline().startswith(b"traced"), "it does not trace")
        tracer.kill()
        tracer.wait(10)
        until(lambda: not os.path.exists(f"/proc/{box.pid}") or status(box.pid, "State")[0] == "Z",
              what="the target dies with its tracer")


def killed(delay):
    with counting() as box:
        for _ in range(8):
            process = strace(box, stdout=subprocess.DEVNULL)
            until(lambda: traced(box), what="it is traced")
            time.sleep(delay)
            kill_tree(process)
            runs_on(box, f"killed after {delay} s")


add_case("killed_at_once", killed, 0)
add_case("killed_in_the_middle", killed, 0.013)
add_case("killed_later", killed, 0.2)


@case
def stalled_reader_does_not_stop_the_target():
    with counting() as box:
        process = strace(box)
        until(lambda: traced(box), what="it is traced")
        # Nobody reads: what is printed is kept, and then it lets go.
        until(lambda: not traced(box), timeout=60, what="it detaches by itself")
        runs_on(box, "stalled")
        kill_tree(process)


@case
def interrupted_tracer_lets_go():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with counting() as box:
            process = strace(box, stdout=subprocess.DEVNULL)
            until(lambda: traced(box), what="it is traced")
            os.kill(process.pid, number)
            runs_on(box, f"signal {number}")
            process.wait(10)


@case
def stopped_target_stays_stopped():
    with counting() as box:
        os.kill(box.pid, signal.SIGSTOP)
        until(lambda: status(box.pid, "State")[0] == "T", what="it stops")
        process = strace(box, stdout=subprocess.DEVNULL)
        until(lambda: traced(box), what="it is traced")
        time.sleep(0.2)
        kill_tree(process)
        until(lambda: not traced(box), what="it is let go of")
        until(lambda: status(box.pid, "State")[0] == "T", what="it stays stopped")
        time.sleep(0.2)
        equal(status(box.pid, "State")[0], "T")
        os.kill(box.pid, signal.SIGCONT)
        runs_on(box, "stopped and continued")


@case
def without_the_grant_nothing_is_traced():
    with counting() as box:
        done = attack.debug(box.target, "strace", "-p", "1")
        equal(done.returncode, 126, done.err)
        check(b"needs --allow trace" in done.err, done.err)
        equal(status(box.pid, "TracerPid"), "0")
        done = attack.debug(box.target, "sh", "-c", "cat /proc/1/mem | head -c 1")
        check(b"needs --allow trace" in done.err, done.err)


@case
def others_of_the_node_are_out_of_reach():
    """Numbers are the target's: those of the node's processes lead to nobody."""
    with counting() as box:
        outside = attack.start("/bin/sleep", "60")
        done = attack.limpet.limpet("exec", "--allow", "trace", box.target, "--", "strace", "-p", str(outside.pid))
        equal(done.returncode, 1, done.err)
        check(b"there is none in the target" in done.err, done.err)
        equal(status(outside.pid, "TracerPid"), "0")
        outside.kill()


if __name__ == "__main__":
    check(AGENT, "no agent")
    attack.main()
