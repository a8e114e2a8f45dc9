# endings.py - bad input and bad luck: a bounded wait, one clear line, the right status, no remains.
import os
import signal
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import images
from limpet import *  # noqa: F403

image = None


def container(*options, **more):
    global image
    need_docker()
    if not image:
        image = f"limpet-test-scratch:{RUN.lower()}-endings"
        images.load("scratch", image)
        undo(lambda: run("docker", "rmi", image))
    return Container(image, options=options, **more)


def gigabyte():
    """A file of that size that takes no room."""
    path = scratch("big")
    os.chmod(os.path.dirname(path), 0o711)
    with open(path, "wb") as file:
        file.truncate(1 << 30)
    os.chmod(path, 0o644)
    return path


def one_line(done, status, *words):
    equal(done.returncode, status, f"status ({done.err!r})")
    lines = done.err.decode(errors="replace").splitlines()
    equal(len(lines), 1, f"lines of {done.err!r}")
    for word in words:
        check(word in lines[0], f"no {word!r} in {lines[0]!r}")


def ours():
    """Every process that runs one of our two programs, by pid; the agent's own image is a memfd."""
    found = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            program = os.readlink(f"/proc/{name}/exe").removesuffix(" (deleted)")
            with open(f"/proc/{name}/stat", "rb") as file:
                state = file.read().rpartition(b")")[2].split()[0:2]
            with open(f"/proc/{name}/cmdline", "rb") as file:
                line = file.read()
        except OSError:
            continue
        if program in (AGENT, CLIENT) or ("memfd:" in program and b"limpet" in line):
            found[int(name)] = (program, state)
    return found


def zombies():
    count = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    count += file.read().rpartition(b")")[2].split()[0] == b"Z"
            except OSError:
                continue
    return count


def mounts():
    with open("/proc/self/mountinfo") as file:
        return [line for line in file if "limpet" in line and "limpet-test" not in line
                and "limpet-docker" not in line and "limpet-root" not in line]


def sockets():
    with open("/proc/net/unix") as file:
        return [line for line in file if "limpet" in line]


def files_of_ours():
    return sorted(name for place in ("/run", "/tmp", "/dev/shm") for name in os.listdir(place)
                  if "limpet" in name and not name.startswith(("limpet-test", "limpet-docker")))


def counts():
    return {"processes": len(ours()), "mounts": len(mounts()), "sockets": sockets(),
            "files": files_of_ours()}


@case
def unknown_container():
    one_line(limpet_exec("no-such-container-at-all", "true"), 125, "no-such-container-at-all")


@case
def stopped_container():
    target = container()
    must("docker", "stop", "-t", "1", target.id)
    one_line(limpet_exec(target.name, "true"), 0, target.name, "exited")


@case
def no_such_pid():
    one_line(limpet_exec("pid:4194303", "true"), 125, "4194303")
    one_line(limpet_exec("pid:none", "true"), 125, "none")


@case
def ambiguous_prefix():
    """Sixteen containers and more: two of them begin with the same digit."""
    need_docker()
    made = [container() for _ in range(2)]
    while len({one.id[0] for one in made}) == len(made):
        made.append(container())
    digits = [one.id[0] for one in made]
    twice = next(digit for digit in digits if digits.count(digit) > 1)
    done = limpet_exec(twice, "true")
    equal(done.returncode, 125, "status")
    matches = [one for one in made if one.id[0] == twice]
    for one in matches:
        check(one.name.encode() in done.err or one.id[:12].encode() in done.err,
              f"{one.name} is not listed in {done.err!r}")
    for one in made:
        one.remove()


@case
def every_way_to_name_it():
    target = container()
    for name in (target.name, target.id, target.id[:12], f"docker:{target.name}",
                 f"docker:{target.id[:12]}", f"pid:{target.pid}"):
        done = limpet_exec(name, "ls", "/app")
        equal((done.returncode, done.out), (0, b"/app\n"), f"{name} ({done.err!r})")


@case
def refused_by_grant():
    target = container()
    done = limpet("exec", "--allow-only", "files", target.name, "--", "ps")
    one_line(done, 126, "processes")
    equal(limpet("exec", "--allow-only", "files", target.name, "--", "ls", "/").returncode, 0, "ls")


@case
def timeout():
    target = container()
    began = time.monotonic()
    done = limpet("exec", "--timeout", "1", target.name, "--", "sleep", "60")
    equal(done.returncode, 124, "status")
    check(time.monotonic() - began < 5, "it took too long")


@case
def killed_command():
    target = container()
    equal(limpet_exec(target.name, "sh", "-c", "kill -9 $$").returncode, 137, "status")
    equal(limpet_exec(target.name, "sh", "-c", "kill -TERM $$").returncode, 143, "status")


@case
def target_dies_in_a_session():
    """The agent outlives it, and says so; what comes after is refused at once."""
    target = container()
    session = Terminal(CLIENT, "attach", target.name)
    session.send("echo alive$((1+1))\n")
    session.expect("alive2\r\n")
    must("docker", "kill", target.id)
    session.send("ps; echo status=$?; echo after$((1+1))\n")
    seen = session.expect("(?s).*after2\r\n").group().decode(errors="replace").lower()
    check(any(word in seen for word in ("gone", "ended", "died", "exited", "no longer")),
          f"no clear message in {seen!r}")
    session.send("exit 5\n")
    equal(session.wait(), 5, "the session's end")
    one_line(limpet_exec(target.name, "true"), 0, target.name, "exited")


@case
def target_dies_in_a_command():
    target = container()
    process = start(CLIENT, "exec", target.name, "--", "tail", "-f", "/dev/shm/app.log",
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    equal(process.stdout.readline(), b"started\n", "its log")
    must("docker", "kill", target.id)
    try:
        process.wait(5)  # it may end by itself; tail -f has no reason to
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    check(process.wait(5) is not None, "it did not end")


@case
def stops_while_being_entered():
    """A container that is made and killed over and over while sessions are opened on it."""
    over = threading.Event()
    current = []

    def churn():
        while not over.is_set():
            one = container(name=f"limpet-churn-{os.getpid()}")
            current.append(one)
            time.sleep(0.05)
            one.remove()

    container().remove()
    thread = threading.Thread(target=churn)
    thread.start()
    seen = {}
    end = time.monotonic() + 8
    try:
        while time.monotonic() < end:
            done = limpet_exec(f"limpet-churn-{os.getpid()}", "ls", "/", timeout=20)
            seen[done.returncode] = seen.get(done.returncode, 0) + 1
            if done.returncode != 0:
                # One that was met between its end and its removal is announced as stopped.
                lines = [line for line in done.err.splitlines() if b"are its files" not in line]
                equal(len(lines), 1, f"lines of {done.err!r}")
    finally:
        over.set()
        thread.join()
    check(set(seen) <= {0, 1, 125}, f"statuses {seen}")
    check(seen.get(0) and seen.get(125), f"both ends must have been met: {seen}")


@case
def client_vanishes():
    """Whatever a killed client had started is gone soon after."""
    target = container()
    before = set(ours())
    for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP):
        process = start(CLIENT, "exec", target.name, "--", "sh", "-c", "sleep 100 | sleep 100",
                        stdin=subprocess.DEVNULL)
        until(lambda: len(set(ours()) - before) >= 4, what="the session")
        process.send_signal(how)
        process.wait(5)
        until(lambda: not set(ours()) - before, timeout=5, what=f"the end after {how.name}")


@case
def closed_pipe():
    """The reader of our output goes away: SIGPIPE's status or an error, and no wait."""
    target = container("-v", f"{gigabyte()}:/big:ro")
    process = start(CLIENT, "exec", target.name, "--", "cat", "/big",
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.read(100_000)
    process.stdout.close()
    check(process.wait(10) != 0, "it said that all went well")


@case
def full_disk():
    target = container()
    with open("/dev/full", "wb") as full:
        done = subprocess.run([CLIENT, "exec", target.name, "--", "cat", "/app"], stdout=full,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=20,
                              env=environment(), check=False)
    check(done.returncode != 0, "it said that all went well")
    check(b"No space left" in done.stderr, f"its message: {done.stderr!r}")


@case
def slow_reader():
    """A gigabyte for a reader that sleeps: the agent waits, in bounded memory."""
    target = container("-v", f"{gigabyte()}:/big:ro")
    process = start(CLIENT, "exec", target.name, "--", "cat", "/big",
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    process.stdout.read(1)
    time.sleep(2)
    resident = {}
    for pid in ours():
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith("VmRSS"):
                    resident[pid] = int(line.split()[1])
    check(len(resident) >= 3, f"client, serve and session: {resident}")
    check(max(resident.values()) < 24 * 1024, f"KiB resident: {resident}")
    process.kill()


@case
def endless_file():
    """A file that is followed for ever ends when it was asked to."""
    target = container()
    done = limpet("exec", "--timeout", "1", target.name, "--", "tail", "-f", "/dev/shm/app.log",
                  timeout=30)
    equal((done.returncode, done.out), (124, b"started\n"), "status and output")


@case
def large_directory():
    """Three hundred thousand names; memory is bounded since they are not sorted."""
    folder = scratch("many")
    os.mkdir(folder)
    os.chmod(os.path.dirname(folder), 0o711)
    must("mount", "-t", "tmpfs", "-o", "nr_inodes=400000,mode=755", "none", folder)
    undo(lambda: run("umount", folder))
    for number in range(300_000):
        os.mknod(f"{folder}/{number}")
    target = container("-v", f"{folder}:/many")
    done = limpet_exec(target.name, "sh", "-c", "ls /many | wc -l", timeout=60)
    equal(done.out.strip(), b"300000", f"ls | wc -l ({done.err!r})")
    done = limpet_exec(target.name, "sh", "-c", "find /many -type f | wc -l", timeout=60)
    equal(done.out.strip(), b"300000", f"find | wc -l ({done.err!r})")


@case
def nothing_is_left():
    """A hundred sessions of every kind, and the machine is as it was."""
    target = container()
    limpet_exec(target.name, "true")
    before, undead = counts(), zombies()
    for number in range(100):
        if number % 10 == 0:
            session = Terminal(CLIENT, "attach", target.name)
            session.send("ls /\n")
            # Typed before the prompt, Ctrl-D would be the terminal's end of file for `ls`.
            session.expect("app.*[$#] ")
            session.send("\x04" if number % 20 else "exit\n")
            session.wait()
            session.close()
        elif number % 10 == 1:
            process = start(CLIENT, "exec", target.name, "--", "cat", stdin=subprocess.PIPE)
            time.sleep(0.02)
            process.kill()
            process.wait()
        elif number % 10 == 2:
            limpet_exec(target.name, "no-such-command")
        elif number % 10 == 3:
            limpet_exec("no-such-container", "true")
        else:
            limpet_exec(target.name, "sh", "-c", "ls / | cat | wc -l; ps; ss -tln")
    end = time.monotonic() + 5
    while counts() != before and time.monotonic() < end:
        time.sleep(0.1)
    equal(counts(), before, "what is there")
    until(lambda: zombies() <= undead, timeout=5, what="an end of the zombies")


if __name__ == "__main__":
    main()
