# run.py - what a session costs, beside docker exec and nsenter in the same run: medians and ratios.
#
#   python3 run.py AGENT CLIENT [--short]
#
# The ways take turns, so that a machine that slows down slows all of them. It prints and judges
# nothing: the aims stand beside the numbers. Fails only when something could not be measured.
import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import images
from limpet import *  # noqa: F403

SHORT = "--short" in sys.argv
BUSYBOX = "/bin/busybox"
SIZE = 64 << 20 if SHORT else 512 << 20
MORE = environment()


def once(argv):
    """Seconds that a program takes, its output into a pipe that is read as fast as it comes."""
    began = time.perf_counter()
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=MORE) as process:
        while os.read(process.stdout.fileno(), 1 << 20):
            pass
        problem = process.stderr.read()
        status = process.wait(120)
    seconds = time.perf_counter() - began
    check(status == 0, f"{' '.join(argv)}: {status}: {problem.decode(errors='replace')[-300:]}")
    return seconds


def compare(rounds, ways):
    """The median of each way, in turns."""
    taken = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, argv in ways.items():
            seconds = argv() if callable(argv) else once(argv)
            if number > 0:  # the first warms the caches
                taken[name].append(seconds)
    return {name: statistics.median(values) for name, values in taken.items()}


def table(title, medians, aim, show=lambda seconds: f"{seconds * 1e3:9.2f} ms"):
    print(f"\n{title}   (aim: {aim})")
    first = next(iter(medians.values()))
    for name, seconds in medians.items():
        print(f"  {name:28} {show(seconds)}   {first / seconds:6.2f} x its time" if
              seconds is not first else f"  {name:28} {show(seconds)}")


def prompt(target):
    """Seconds from the start of the client to the first prompt."""
    def measure():
        began = time.perf_counter()
        session = Terminal(CLIENT, "attach", target)
        session.expect(r"[#$>] ")
        seconds = time.perf_counter() - began
        session.send("\x04")
        session.wait()
        session.close()
        return seconds
    return measure


def docker_prompt(target):
    def measure():
        began = time.perf_counter()
        session = Terminal("docker", "exec", "-it", target, "/busybox", "sh")
        session.expect(r"[#$>] ")
        seconds = time.perf_counter() - began
        session.send("\x04")
        session.wait()
        session.close()
        return seconds
    return measure


def pss(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            total += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    return total


def children(pid):
    found = [pid]
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    if int(file.read().rpartition(")")[2].split()[1]) == pid:
                        found += children(int(name))
            except OSError:
                continue
    return found


def memory(target):
    address = scratch("bench.sock")
    os.chmod(os.path.dirname(address), 0o700)
    serve = start(AGENT, "serve", "--listen", f"unix:{address}", stdout=subprocess.DEVNULL,
                  stderr=subprocess.DEVNULL)
    until(lambda: os.path.exists(address), what="serve's socket")
    equal(limpet("--host", f"unix:{address}", "exec", target, "--", "true").returncode, 0, "exec")
    time.sleep(0.2)
    idle = pss(children(serve.pid))
    sessions = [Terminal(CLIENT, "--host", f"unix:{address}", "attach", target)
                for _ in range(4 if SHORT else 16)]
    for session in sessions:
        session.expect(r"[#$>] ")
    busy = pss(children(serve.pid))
    for session in sessions:
        session.close()
    serve.kill()
    return idle, (busy - idle) / len(sessions)


def measure():
    need_docker()
    name = f"limpet-test-bench:{RUN.lower()}"
    root = scratch("root")
    os.mkdir(root)
    os.chmod(os.path.dirname(root), 0o711)
    for path, source in (("app", images.tree("scratch") + "/app"), ("busybox", BUSYBOX)):
        must("cp", source, f"{root}/{path}")
    for folder in range(40):
        os.makedirs(f"{root}/tree/{folder}")
        for file in range(25 if SHORT else 250):
            os.mknod(f"{root}/tree/{folder}/{file}")
    must("sh", "-c", f"tar -C {root} -c . | docker import -c 'ENTRYPOINT [\"/app\"]' - {name}")
    undo(lambda: run("docker", "rmi", name))
    big = scratch("big")
    with open(big, "wb") as file:
        for _ in range(SIZE >> 20):
            file.write(os.urandom(1 << 20))
    os.chmod(big, 0o644)
    container = Container(name, options=("-v", f"{big}:/big:ro"))
    target, pid = container.name, str(container.pid)

    def ways(*argv):
        return {
            "limpet exec": [CLIENT, "exec", target, "--", *argv],
            "docker exec (busybox)": ["docker", "exec", target, "/busybox", *argv],
            "nsenter (busybox)": ["nsenter", "-t", pid, "-a", "/busybox", *argv],
        }

    rounds = 5 if SHORT else 41
    table("exec true", compare(rounds, ways("true")), "10 ms, 0.15 of docker exec")
    table("attach to the first prompt",
          compare(3 if SHORT else 21, {"limpet attach": prompt(target),
                                       "docker exec -it (busybox sh)": docker_prompt(target)}),
          "15 ms")
    table(f"cat of {SIZE >> 20} MB into a pipe",
          compare(2 if SHORT else 7, ways("cat", "/big")),
          "10 x docker exec's rate, 0.5 x nsenter's",
          lambda seconds: f"{SIZE / seconds / 1e6:9.0f} MB/s")
    table("ps", compare(rounds, ways("ps")), "the work of it: busybox's time")
    table(f"find of {40 * (25 if SHORT else 250)} files",
          compare(rounds if SHORT else 15, ways("find", "/tree")), "busybox's time")

    # The work alone, where no session has to be made: the same walk and the same /proc.
    here = {"find": ["find", root], "ps": ["ps"], "sha256sum": ["sha256sum", big],
            "grep": ["grep", "-c", "needle", big]}
    listed = run(AGENT, "--list").out.decode().split()
    for command, argv in here.items():
        if command in listed:
            spoken = compare(3 if SHORT else 9, {f"limpet-agent {command}": [AGENT, *argv],
                                                 f"busybox {command}": [BUSYBOX, *argv]}
                             ) if command != "grep" else grep_times(argv)
            table(f"{command} alone, on this machine", spoken, "busybox's time")

    idle, each = memory(target)
    print(f"\nagent's file                   {os.path.getsize(AGENT) / 2**20:9.2f} MiB   "
          "(aim: 3 MiB)")
    print(f"client's file                  {os.path.getsize(CLIENT) / 2**20:9.2f} MiB")
    print(f"agent idle                     {idle / 1024:9.2f} MiB PSS   (aim: 4 MiB)")
    print(f"each attached session more     {each / 1024:9.2f} MiB PSS   (aim: 1.5 MiB)")


def grep_times(argv):
    # It finds nothing in random bytes: status 1 is right, and once() wants 0.
    shell = ["sh", "-c", '"$@"; [ $? -eq 1 ]', "sh"]
    return compare(3 if SHORT else 9, {"limpet-agent grep": [*shell, AGENT, *argv],
                                       "busybox grep": [*shell, BUSYBOX, *argv]})


if __name__ == "__main__":
    try:
        measure()
    except Skip as reason:
        print(reason)
        sys.exit(77)
