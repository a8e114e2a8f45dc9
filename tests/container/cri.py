# cri.py - pods of containerd, made by the very requests that a kubelet sends; no Kubernetes.
#
# An ephemeral container is one more container of the pod with NamespaceMode TARGET. Its security
# contexts are those of kubectl debug's profiles, as a kubelet hands them on; the image is ours, as
# `ctr images import` takes it.
import contextlib
import glob
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cri
from limpet import *  # noqa: F403
from engines import equal, listed, ok, once, refuses

SECRET = f"s3cret-{os.urandom(6).hex()}"


def ids(user, group=None):
    return {"run_as_user": {"value": user}, "run_as_group": {"value": group or user}}


def adds(*capabilities):
    return {"capabilities": {"add": list(capabilities)}}


BARE = {"capabilities": {"drop": ["ALL"]}, "no_new_privs": 1,
        "seccomp": {"profile_type": cri.RUNTIME_DEFAULT}}
TARGETS = {
    "root": {},
    "nobody": {**BARE, **ids(65532), "readonly_rootfs": 1},
    "other": {**BARE, **ids(1000, 2000), "readonly_rootfs": 1},
}
# Profile -> its security context, and the rung beside each of the targets. The image's own user is
# 65532; with root's ids and no capabilities one is closed out by those that root has in the target.
PROFILES = {
    "general": (adds("SYS_PTRACE"), "BBB"),
    "general_root": ({**adds("SYS_PTRACE"), **ids(0)}, "BBB"),
    "general_runtime_default": ({**adds("SYS_PTRACE"), "seccomp": {"profile_type": cri.RUNTIME_DEFAULT}},
                                "BBB"),
    "baseline": ({}, "CCC"),
    "baseline_root": (ids(0), "CCC"),
    "netadmin": (adds("NET_ADMIN", "NET_RAW"), "CCC"),
    "restricted": (BARE, "ECE"),
    "restricted_other_uid": ({**BARE, **ids(1234)}, "EEE"),
    "restricted_target_ids": (None, "ECC"),
    "sysadmin": ({"privileged": 1}, "AAA"),
    "sysadmin_root": ({"privileged": 1, **ids(0)}, "AAA"),
}


@once
def daemon():
    return cri.Cri()


def pod(name="web", **more):
    return cri.Pod(daemon(), f"{name}-{os.getpid()}-{os.urandom(2).hex()}", **more)


def runs_its_program(identity):
    """The runtime, which becomes the program a moment after the start, is closed to everybody."""
    for process in glob.glob("/proc/[0-9]*"):
        with contextlib.suppress(OSError), open(f"{process}/cgroup") as cgroup, \
                open(f"{process}/comm") as comm:
            if identity in cgroup.read() and not comm.read().startswith("runc"):
                return True
    return False


def app(where, kind="root", **more):
    identity = where.container("app", cri.Cri.target, TARGETS[kind], **more)
    until(lambda: runs_its_program(identity), what="the target's program")
    return identity


def debugger(where, target, security, name="debugger"):
    return where.container(name, cri.Cri.image, security, target=target, args=["hold", "--ttl", "10m"])


def agent(where, debug, *argv):
    return where.execute(debug, "/limpet-agent", *argv)


@once
def pods_of_every_user():
    """One pod for each target; its ephemeral containers pile up in it, as in a real one."""
    made = {}
    for kind in TARGETS:
        where = pod(kind)
        made[kind] = (where, app(where, kind))
    return made


def profile(name):
    for (kind, (where, target)), rung in zip(pods_of_every_user().items(), PROFILES[name][1], strict=True):
        security = PROFILES[name][0]
        if security is None:
            security = {**BARE, **{key: TARGETS[kind][key] for key in ("run_as_user", "run_as_group")
                                   if key in TARGETS[kind]}} if kind != "root" else {**BARE, **ids(0)}
        debug = debugger(where, target, security, f"debugger-{name}-{kind}".replace("_", "-"))
        beside = f"{name} beside {kind}"
        status, out, err = agent(where, debug, "rung", "-o", "json")
        equal((status, err), (0, b""), beside)
        told = json.loads(out)
        equal((told["rung"], told["target"], told["pid"]), (rung, target[:12], 1), f"{beside}: {told}")
        status, out, err = agent(where, debug, "ps")
        equal((status, err), (0, b""), f"ps, {beside}")
        check(b"  /app\n" in out and b"hold" in out, f"ps, {beside}: {out}")
        for argv, words in (("ls", "/"), b"app\n"), (("cat", "/etc/hostname"), b""), \
                (("sha256sum", "/app"), b"/app"), (("environ", "1"), b"PATH="):
            status, out, err = agent(where, debug, *argv)
            if rung <= "C":
                equal((status, err), (0, b""), f"{argv}, {beside}")
                check(words in out, f"{argv}, {beside}: {out}")
            else:
                check(status != 0 and b"rung E" in err and b"needs kubectl debug" in err,
                      f"{argv}, {beside}: {status} {err}")
        status, _, err = agent(where, debug, "sh", "-c", "echo > /new; exit 7")
        check(status == 7 and b"needs --allow modify" in err, f"writing, {beside}: {status} {err}")
        where.stop(debug)


for name in PROFILES:
    add_case(f"profile_{name}", profile, name)


@case
def node_lists_and_resolves():
    where = pod()
    old = app(where)
    where.stop(old)
    new = app(where, attempt=3)
    debug = debugger(where, new, {})
    full = f"shop/{where.name}"
    rows = {row["id"]: row for row in listed() if row["pod"] == full}
    equal(sorted(rows), sorted([new, debug]), "what runs, without pause")
    row = rows[new]
    equal((row["runtime"], row["namespace"], row["name"], row["container"], row["image"],
           row["restarts"], row["state"], row["infra"], row["command"]),
          ("containerd", "k8s.io", "app", "app", cri.Cri.target, 3, "running", False, "app"))
    check(f"io.kubernetes.pod.uid={where.uid}" in row["labels"], row["labels"])
    table = [line.split() for line in ok("ps").splitlines() if full in line]
    check([new[:12], "app", "containerd", full] in [line[:4] for line in table], table)
    rows = {row["id"]: row for row in listed("-a") if row["pod"] == full}
    equal(sorted(rows), sorted([old, new, debug, where.id]), "all of them")
    equal((rows[where.id]["infra"], rows[old]["state"], rows[old]["pid"]), (True, "stopped", None))
    check("team=checkout" in rows[where.id]["labels"], rows[where.id]["labels"])
    pid = str(row["pid"])
    with open(f"/proc/{pid}/comm") as file:
        equal(file.read(), "app\n")
    for target in (f"pod:{full}/app", f"pod:{where.name}/app", new, new[:20], f"containerd:k8s.io/{new}",
                   f"pid:{pid}"):
        check("/app" in ok("exec", target, "--", "ps", "ax"), target)
    refuses(["ambiguous", f"pod:{full}/app", f"pod:{full}/debugger"], "exec", f"pod:{full}", "--", "true")
    refuses(["there is no container"], "exec", f"pod:else/{where.name}/app", "--", "true")
    done = limpet_exec(old, "ls", "/")
    check(done.returncode == 0 and b"app" in done.out and b"read-only" in done.err, done.err)


def log_of(where, container):
    with open(f"{where.logs}/{container}/0.log") as file:
        return file.read()


@case
def terminal_says_where_it_stands():
    """What kubectl debug -it shows without our client: an attach, which the node records."""
    for security, rung in (({}, "C"), ({**BARE, **ids(1234)}, "E")):
        where = pod()
        target = app(where, "nobody")
        debug = where.container("debugger", cri.Cri.image, security, target=target, stdin=1, tty=1)
        stream = where.stream("Attach", debug, tty=1)
        stream.send("\r")
        stream.expect(rb"\$ ")
        log = log_of(where, "debugger")
        check(f"on rung {rung}" in log, log)
        if rung == "E":
            check("runAsUser: 65532 and runAsGroup: 65532" in log and "weaker:" in log, log)
        stream.send(f"cat /proc/1/comm; echo {SECRET}\r")
        stream.expect(rf"app\r\n.*{SECRET}\r\n".encode())
        stream.send("exit 3\r")
        until(lambda where=where, debug=debug: where.state(debug) == (cri.EXITED, 3), what="its status")
        # The control of the case below: this is where a secret would be.
        check(SECRET in log_of(where, "debugger"), "the log of an attached container is elsewhere")


@case
def session_leaves_nothing_in_the_logs():
    where = pod()
    target = app(where)
    debug = debugger(where, target, adds("SYS_PTRACE"))
    stream = where.stream("Exec", debug, cmd=["/limpet-agent", "sh"], stderr=1)
    stream.send(f"read secret; echo \"got $secret\"; exit 4\n{SECRET}\n")
    stream.expect(f"got {SECRET}\n".encode())
    end = json.loads(stream.end())
    equal([cause["message"] for cause in end["details"]["causes"]], ["4"], "the status")
    terminal = where.stream("Exec", debug, cmd=["/limpet-agent"], tty=1)
    terminal.send(f"echo {SECRET}\r")
    terminal.expect(rf"[^ ]{SECRET}\r\n".encode())
    terminal.send("exit\r")
    check("ready" in log_of(where, "app"), "logs are elsewhere")
    for top, _, files in os.walk(where.logs):
        for name in files:
            with open(f"{top}/{name}") as file:
                check(SECRET not in file.read(), f"the secret is in {top}/{name}")
    equal(log_of(where, "debugger"), "", "what hold printed")


@case
def debugger_ends_with_its_target():
    where = pod()
    target = app(where)
    debug = debugger(where, target, {})
    equal(agent(where, debug, "true")[0], 0)
    where.stop(target)
    until(lambda: where.state(debug) == (cri.EXITED, 137), what="the kernel's SIGKILL")
    try:
        debugger(where, target, {}, "late")
    except AssertionError as refusal:
        check("not running" in str(refusal), refusal)
    else:
        check(False, "a debugger was started beside a container that has ended")


def logged(where, name, image, *security, **more):
    """A container with what a kubelet mounts into every one: the path tells its pod and its name."""
    folder = scratch(f"kubelet/pods/{where.uid}/containers/{name}")
    os.makedirs(folder)
    open(f"{folder}/0123abcd", "w").close()
    return where.container(name, image, *security, **more, mounts=[
        {"container_path": "/dev/termination-log", "host_path": f"{folder}/0123abcd"}])


@case
def node_pid_namespace():
    """hostPID: everybody's processes, their parents too; of several of the name our own pod's is meant."""
    pods = [pod(pid=cri.NODE) for _ in range(2)]
    made = [logged(where, "app", cri.Cri.target) for where in pods]
    for where, identity in zip(pods, made, strict=True):
        debug = logged(where, "debugger", cri.Cri.image, adds("SYS_PTRACE"), args=["hold"])
        status, out, err = agent(where, debug, "--target", "app", "rung", "-o", "json")
        equal((status, err), (0, b""), where.uid)
        pid = next(row["pid"] for row in listed() if row["id"] == identity)
        with open(f"/proc/{pid}/status") as file:
            inside = next(line.split()[1] for line in file if line.startswith("NSpid"))
        told = json.loads(out)
        equal((told["rung"], str(told["pid"])), ("B", inside))


@case
def shared_pid_namespace():
    """shareProcessNamespace: pid 1 is pause; names are the kubelet's, in the paths of its mounts."""
    where = pod(pid=cri.POD)
    made = {name: logged(where, name, cri.Cri.target) for name in ("app", "side")}
    debug = where.container("debugger", cri.Cri.image, adds("SYS_PTRACE"), args=["hold"])
    status, _, err = agent(where, debug, "ls", "/")
    check(status == 125 and b"LIMPET_TARGET" in err and b"app" in err and b"side" in err, err)
    for name, identity in made.items():
        for word in (name, identity[:12]):
            status, out, err = agent(where, debug, "--target", word, "rung", "-o", "json")
            equal((status, err), (0, b""), f"--target {word}")
            told = json.loads(out)
            check(told["rung"] == "B" and told["pid"] != 1, told)
            with open(f"/proc/{next(row['pid'] for row in listed() if row['id'] == identity)}/status") as file:
                inside = next(line.split()[-1] for line in file if line.startswith("NSpid"))
            equal(str(told["pid"]), inside, f"{word}, the process")


@case
def cgroup_is_the_targets():
    where = pod()
    target = where.container("app", cri.Cri.target)
    # Its limits as a kubelet sets them; the debugger has none.
    limited = pod()
    with_limit = limited.container("app", cri.Cri.target, memory=64 << 20)
    for here, beside, limit in ((where, target, None), (limited, with_limit, 64 << 20)):
        debug = debugger(here, beside, ids(0))
        cgroup = json.loads(agent(here, debug, "info", "-o", "json")[1])["cgroup"]
        equal(cgroup["memory"]["limit"], limit, "the limit of memory")


@case
def image_of_two_architectures():
    """ctr takes both from the one archive. (The program for arm64 is one in name only.)"""
    with open(AGENT, "rb") as file:
        program = bytearray(file.read())
    program[18:20] = (183).to_bytes(2, "little")  # e_machine of elf(5)
    other, archive = scratch("arm64"), scratch("both.tar")
    with open(other, "wb") as file:
        file.write(program)
    must(sys.executable, cri.BUILD, "-o", archive, "--name", "limpet:both", AGENT, other)
    ctr = daemon()
    ctr("-n", "k8s.io", "images", "import", "--no-unpack", "--all-platforms", archive)
    [line] = [line for line in ctr("-n", "k8s.io", "images", "check").splitlines()
              if line.startswith("docker.io/library/limpet:both ")]
    check("complete" in line and "application/vnd.oci.image.index.v1+json" in line, line)
    [line] = [line for line in ctr("-n", "k8s.io", "images", "ls").splitlines()
              if line.startswith("docker.io/library/limpet:both ")]
    check("linux/amd64,linux/arm64" in line, line)


if __name__ == "__main__":
    main()
