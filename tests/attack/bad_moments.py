# bad_moments.py - a target that ends while it is entered, or was never there; output without room.
import os
import subprocess
import threading

import attack
from attack import CLIENT, Box, case, check, debug, equal, seconds, start, until


@case
def a_target_that_ends_while_it_is_entered():
    statuses = {}
    for number in range(30):
        box = Box("wait")
        killer = threading.Timer(number * 0.0007, box.stop)
        killer.start()
        took, done = seconds(lambda: debug(box.target, "ls", "/"))
        killer.join()
        statuses[done.returncode] = statuses.get(done.returncode, 0) + 1
        check(took < 5, f"it took {took:.1f} s")
        check(done.returncode in (0, 125), f"status {done.returncode}: {done.err!r}")
        if done.returncode == 125:
            equal(done.err.count(b"\n"), 1, f"one line: {done.err!r}")
            equal(done.out, b"")
        else:
            check(b"wait" in done.out, f"success without the files: {done.out!r} {done.err!r}")
    check(statuses.get(125, 0) > 0, f"it never ended in time: {statuses}")
    until(lambda: not attack.agents(), what="the end of all processes")


@case
def a_target_that_ends_during_a_session():
    box = Box("wait", files={"/etc/file": "still here\n"})
    client = start(CLIENT, "exec", box.target, "--", "cat", "-", "/etc/file", stdin=subprocess.PIPE,
                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    client.stdin.write(b"before\n")
    client.stdin.flush()
    equal(client.stdout.readline(), b"before\n")
    box.stop()
    line = client.stderr.readline()
    check(b"has exited" in line, f"nobody said so: {line!r}")
    client.stdin.close()
    equal(client.stdout.read(), b"still here\n", "the files of a target that has ended")
    equal(client.wait(10), 0)


@case
def there_is_no_such_process():
    dead = start("true")
    dead.wait()
    for target in (f"pid:{dead.pid}", "pid:0", "pid:-1", "pid:4194305", "pid:99999999999999999999",
                   "pid:", "pid:x", "pid:2", "no-such-container", "docker:no-such"):
        done = debug(target, "ls")
        equal(done.returncode, 125, f"{target}: {done.err!r}")
        equal(done.err.count(b"\n"), 1, f"one line for {target}: {done.err!r}")
    zombie = os.fork()
    if zombie == 0:
        os._exit(0)
    try:
        until(lambda: attack.status(zombie, "State").startswith("Z"), what="a zombie")
        done = debug(f"pid:{zombie}", "ls")
        equal((done.returncode, done.err.count(b"\n")), (125, 1), f"{done.err!r}")
    finally:
        os.waitpid(zombie, 0)


@case
def output_without_room():
    with Box("wait", files={"/etc/large": b"x" * (4 << 20), "/etc/small": "x\n"}) as box:
        if not os.path.exists("/dev/full"):
            raise attack.Skip("no /dev/full here")
        for path in ("/etc/large", "/etc/small"):
            with open("/dev/full", "wb") as full:
                took, code = seconds(lambda: subprocess.run(
                    [CLIENT, "exec", box.target, "--", "cat", path], stdout=full,
                    stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=30, check=False,
                    env=attack.limpet.environment()))
            check(took < 5, f"a full disk took {took:.1f} s")
            check(code.returncode not in (0, 139, 134), f"{path}: status {code.returncode}")
            check(b"space" in code.stderr and code.stderr.count(b"\n") == 1, f"{code.stderr!r}")
    until(lambda: not attack.agents(), what="the end of all processes")


@case
def a_closed_pipe():
    with Box("wait", files={"/etc/large": b"line\n" * (1 << 20)}) as box:
        reader, writer = os.pipe()
        client = start(CLIENT, "exec", box.target, "--", "cat", "/etc/large", stdout=writer,
                       stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        os.close(writer)
        os.read(reader, 10)
        os.close(reader)
        took, _ = seconds(lambda: client.wait(20))
        check(took < 5, f"a closed pipe took {took:.1f} s")
        check(client.returncode != 0, "a closed pipe is no success")
        check(client.stderr.read().count(b"\n") <= 1, "more than one line")
    until(lambda: not attack.agents(), what="the end of all processes")


attack.main()
