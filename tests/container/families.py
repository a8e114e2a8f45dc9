# families.py - every family of base image, each run in every usual way: what a user asks of all.
import hashlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import images
from limpet import *  # noqa: F403

VARIANTS = {
    "root": (),
    "nonroot": ("--user", "65532:65532"),
    "readonly": ("--read-only",),
    "netnone": ("--network", "none"),
    "locked": ("--read-only", "--user", "65532:65532", "--network", "none", "--cap-drop", "ALL",
               "--security-opt", "no-new-privileges"),
}


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def good(done, what):
    equal(done.returncode, 0, f"{what} ({done.err.decode(errors='replace').strip()})")
    return done.out.decode(errors="replace")


def listed(container):
    lines = good(limpet("ps"), "limpet ps").splitlines()
    check(any(container.name in line and container.id[:12] in line for line in lines),
          f"limpet ps does not list {container.name}: {lines}")


def same_root(target, container):
    seen = good(limpet_exec(target, "ls", "-la", "/"), "ls -la /").splitlines()
    names = {line.split(" -> ")[0].split()[-1] for line in seen if line[:1] in "-dlbcps"}
    wanted = set(os.listdir(f"{container.procfs}/root/")) | {".", ".."}
    equal(names, wanted, "ls -la /")


def same_processes(target, container):
    seen = good(limpet_exec(target, "ps"), "ps").splitlines()
    head = seen[0].split()
    column = head.index("PID")
    equal(sorted(int(line.split()[column]) for line in seen[1:]),
          sorted(int(pid) for pid in container.ask("pids").split()), "the pids of ps")


def same_bytes(target, container):
    done = limpet_exec(target, "cat", "/app")
    good(done, "cat /app")
    wanted = sha256(f"{container.procfs}/root/app")
    equal(hashlib.sha256(done.out).hexdigest(), wanted, "cat /app")
    equal(good(limpet_exec(target, "sha256sum", "/app"), "sha256sum").split()[0], wanted,
          "sha256sum")


def statuses(target, _):
    equal(limpet_exec(target, "sh", "-c", "exit 7").returncode, 7, "exit 7")
    equal(limpet_exec(target, "sh", "-c", "kill -9 $$").returncode, 137, "kill -9 $$")
    equal(limpet_exec(target, "no-such-command").returncode, 127, "an unknown command")
    done = limpet_exec(target, "cat", "/no/such/file")
    equal(done.returncode, 1, "cat of no file")
    check(b"/no/such/file" in done.err and done.out == b"", f"its message: {done.err!r}")


def streams(target, _):
    text = os.urandom(300_000)
    done = limpet_exec(target, "cat", input=text)
    equal(done.returncode, 0, "cat of stdin")
    check(done.out == text, "stdin did not come back as it was")
    done = limpet_exec(target, "sh", "-c", "echo out; echo err >&2")
    equal((done.out, done.err), (b"out\n", b"err\n"), "streams kept apart")


def pipeline(target, container):
    done = limpet_exec(target, "sh", "-c", "cat /app | sha256sum | head -c 64; ls / | wc -l")
    text = good(done, "a pipeline")
    equal(text[:64], sha256(f"{container.procfs}/root/app"), "cat | sha256sum")
    equal(int(text[64:]), len([name for name in os.listdir(f"{container.procfs}/root/")
                               if not name.startswith(".")]), "ls | wc")


def network(target, _):
    check(":8080" in good(limpet_exec(target, "ss", "-tln"), "ss"), "ss does not show the listener")
    check("127.0.0.1" in good(limpet_exec(target, "ip", "addr"), "ip addr"), "no loopback address")


def inspection(target, container):
    text = good(limpet_exec(target, "info"), "info")
    check("NoNewPrivs" in text or "no_new_privs" in text or "no new priv" in text.lower(), text)
    good(limpet_exec(target, "mounts"), "mounts")
    check("/app" in good(limpet_exec(target, "maps", "1"), "maps 1"), "maps 1 without the program")
    check("app.log" in good(limpet_exec(target, "fds", "1"), "fds 1"), "fds 1 without its log")
    check("PATH=" in good(limpet_exec(target, "env", "1"), "env 1"), "env 1 without PATH")


def terminal(target, container):
    session = Terminal(CLIENT, "attach", target)
    session.send("echo mark$((40+2))\n")
    session.expect("mark42\r\n")
    session.send("cat /app | sha256sum\n")
    session.expect(sha256(f"{container.procfs}/root/app"))
    session.send("exit 3\n")
    equal(session.wait(), 3, "exit 3")
    session.close()


CHECKS = (same_root, same_processes, same_bytes, statuses, streams, pipeline, network, inspection,
          terminal)


def one(family, variant, checks, make, target_of):
    problems = []
    with make() as container:
        for step in checks:
            try:
                step(target_of(container), container)
            except AssertionError as problem:
                problems.append(f"{step.__name__}: {problem}")
    check(not problems, " // ".join(problems))


def in_docker(family, variant):
    need_docker()
    image = loaded(family)
    one(family, variant, (lambda _, container: listed(container), *CHECKS),
        lambda: Container(image, options=VARIANTS[variant]), lambda container: container.name)


def in_user_namespace(family, uid):
    one(family, "userns", CHECKS, lambda: Bundle(images.tree(family), ["/app"], uid=uid),
        lambda container: f"pid:{container.pid}")


names = {}


def loaded(family):
    if family not in names:
        name = f"limpet-test-{family}:{RUN.lower()}"
        images.load(family, name)
        undo(lambda: run("docker", "rmi", name))
        names[family] = name
    return names[family]


for family in images.FAMILIES:
    for variant in VARIANTS:
        add_case(f"{family}-{variant}", in_docker, family, variant)
    add_case(f"{family}-userns", in_user_namespace, family, 0)
    add_case(f"{family}-userns-nonroot", in_user_namespace, family, 1000)

if __name__ == "__main__":
    main()
