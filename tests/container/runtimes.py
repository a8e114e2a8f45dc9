# runtimes.py - containers of every runtime: found by their files, never the wrong one.
#
# Real: Docker, podman (of root, runc), containerd (a daemon of our own, its directories in an
# unusual place) and runc alone. CRI-O, which Debian does not have: tests/fixtures/crio, recorded.
import json
import os
import shutil
import signal
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import images
from limpet import *  # noqa: F403
from engines import *  # noqa: F403


def state_of(tree):
    """Everything about the files of a folder; looking at folders changes their access times."""
    return must("find", tree, "-type", "d", "-printf", "%P %i %m %U %G %T@ %C@\\n", "-o",
                "-printf", "%P %i %m %U %G %s %T@ %C@ %A@ %l\\n")


# ---- docker

@case
def docker_stopped_container_is_read_and_left_alone():
    name = docker("/bin/sh", "-c", CHANGE)
    must("docker", "wait", name)
    upper = must("docker", "inspect", "-f", "{{.GraphDriver.Data.UpperDir}}", name)
    # Older than its last change: relatime would note the next read.
    os.utime(f"{upper}/written", (1, 2))
    before = state_of(os.path.dirname(upper))
    absent(name)
    row = one(name, "-a")
    equal((row["runtime"], row["state"], row["pid"]), ("docker", "exited", None))
    looks_at_stopped(name, "exited")
    limpet_exec(name, "find", "/", "-type", "f", "-exec", "cat", "{}", "+")
    equal(state_of(os.path.dirname(upper)), before, "the container's own layer")


@case
def docker_container_starts_while_it_is_looked_at():
    name = docker("/bin/sh", "-c", "echo kept > /written; sleep 300")
    must("docker", "stop", "-t", "0", name)
    session = Terminal(CLIENT, "attach", name)
    session.expect("exited: these are its files, read-only")
    session.send("cat /written; echo seen$((1+1))\n")
    session.expect("kept\r\n.*seen2")
    must("docker", "start", name)
    must("docker", "exec", name, "/bin/sh", "-c", "echo more > /more")
    session.send("cat /written; exit 3\n")
    session.expect("kept")
    equal(session.wait(), 3, "the session")
    equal(ok("exec", name, "cat", "/more"), "more\n")


@case
def docker_created_and_never_started():
    name = new_name()
    must("docker", "create", "--label", f"limpet-test={RUN}", "--name", name, docker_image())
    undo(lambda: run("docker", "rm", "-f", name))
    equal(one(name, "-a")["state"], "created")
    check("/app" in ok("exec", name, "info"), "its entrypoint")
    check("app" in ok("exec", name, "--", "ls", "/").split(), "its image")


@case
def docker_pod_by_labels():
    """As cri-dockerd labels a pod's containers; the infra container is out of the way, and so is a
    debugger unless it is named."""
    names = {}
    debugger = "limpet-x7k2p"
    for container, kind in (("app", "container"), (debugger, "container"), ("POD", "podsandbox")):
        name = names[container] = new_name()
        labels = {"io.kubernetes.pod.name": name[:20], "io.kubernetes.pod.namespace": "shop",
                  "io.kubernetes.container.name": container, "io.kubernetes.docker.type": kind,
                  "annotation.io.kubernetes.container.restartCount": "4"}
        pod = labels["io.kubernetes.pod.name"] = f"web-{os.getpid()}"
        must("docker", "run", "-d", "--label", f"limpet-test={RUN}", "--name", name, "--network",
             "none", *[f"--label={key}={value}" for key, value in labels.items()], docker_image())
        undo(lambda name=name: run("docker", "rm", "-f", name))
    row = one(names["app"])
    equal((row["pod"], row["container"], row["restarts"]), (f"shop/{pod}", "app", 4))
    absent(names["POD"])
    equal(one(names["POD"], "-a")["infra"], True)
    for target in (f"pod:{pod}", f"pod:shop/{pod}", f"pod:{pod}/app", f"pod:shop/{pod}/app"):
        check("/app" in ok("exec", target, "--", "ps", "ax"), target)
    equal(ok("exec", f"pod:{pod}/{debugger}", "info", "-o", "json").count(names[debugger]), 1)
    refuses(["there is no container"], "exec", f"pod:else/{pod}/app", "--", "true")
    refuses(["pod:[NAMESPACE/]POD[/CONTAINER]"], "exec", "pod:a/b/c/d", "--", "true")


@case
def docker_socket_names_what_no_file_does():
    """Its folder hidden behind an empty one, its socket not."""
    name = docker("/bin/sleep", "300")
    folder = must("docker", "info", "-f", "{{.DockerRootDir}}") + "/containers"
    hide = f'mount -t tmpfs none "{folder}" && exec "$@"'
    rows = [json.loads(line) for line in must(
        "unshare", "-m", "sh", "-c", hide, "sh", CLIENT, "ps", "-o", "json").splitlines()]
    row = next(row for row in rows if row["name"] == name)
    equal((row["runtime"], row["image"], row["state"]), ("docker", TAG, "running"))
    equal(must("unshare", "-m", "sh", "-c", hide, "sh", CLIENT, "exec", f"docker:{name}", "--",
               "cat", "/proc/1/comm"), "sleep")


# ---- podman

@case
def podman_running():
    name = podman().run("/bin/sleep", "300")
    row = one(name)
    equal((row["runtime"], row["state"], row["user"]), ("podman", "running", None))
    check(row["image"].endswith(TAG), row["image"])
    equal(row["pid"], int(podman()("inspect", "-f", "{{.State.Pid}}", name)))
    for target in (name, f"podman:{name}", row["id"], row["id"][:20]):
        check("sleep 300" in ok("exec", target, "--", "ps", "ax"), target)
    refuses(["there is no container"], "exec", f"docker:{name}", "--", "true")


@case
def podman_stopped():
    name = podman().run("/bin/sh", "-c", CHANGE)
    podman()("wait", name)
    absent(name)
    equal(one(name, "-a")["state"], "exited")
    looks_at_stopped(name, "exited")
    podman()("start", name)


@case
def node_from_a_pod_of_it():
    """A node that is a container itself (kind), and the agent in a pod with hostPID: no runtime's
    files but those in process 1's root, which is in another mount namespace."""
    name = podman().run("/bin/sh", "-c", CHANGE)
    podman()("wait", name)
    node = start("unshare", "-p", "-f", "-m", "--kill-child", "--mount-proc", "sleep", "300")
    children = f"/proc/{node.pid}/task/{node.pid}/children"
    first = until(lambda: open(children).read().split(), what="the node's first process")[0]
    until(lambda: open(f"/proc/{first}/comm").read() == "sleep\n", what="its program")
    tree, wrapper = scratch("pod"), scratch("agent-in-a-pod")
    must("cp", "-a", images.tree("alpine"), tree)
    shutil.copy(AGENT, f"{tree}/limpet-agent")
    with open(wrapper, "w") as file:
        file.write(f"#!/bin/sh\nexec nsenter -t {first} -p -m unshare -m sh -c '"
                   f"mount --bind /dev {tree}/dev && mount -t proc proc {tree}/proc && exec env "
                   f'LIMPET_TARGET=here /usr/sbin/chroot {tree} /limpet-agent "$@"\' sh "$@"\n')
    os.chmod(wrapper, 0o755)
    env = environment(LIMPET_AGENT=wrapper)
    row = next(row for row in map(json.loads, must(CLIENT, "ps", "-a", "-o", "json",
                                                   env=env).splitlines()) if row["name"] == name)
    equal((row["runtime"], row["state"]), ("podman", "exited"))
    done = run(CLIENT, "exec", name, "--", "cat", "/written", env=env)
    equal((done.returncode, done.out), (0, b"kept\n"), done.err)


@case
def podman_in_an_unusual_place():
    """Where conmon says: nothing but its command line knows these folders."""
    podman()
    other = Podman("--root", scratch("graph"), "--runroot", scratch("run"))
    undo(lambda: [run("umount", "-l", line.split()[4]) for line in open("/proc/self/mountinfo")
                  if scratch("graph") in line])
    name = other.run("/bin/sleep", "300")
    equal(one(name)["runtime"], "podman")
    check("sleep 300" in ok("exec", name, "--", "ps", "ax"), name)
    other("rm", "-f", "-t", "0", name)


@case
def podman_pod_by_its_name():
    """Which is in podman's database alone."""
    engine = podman()
    pod, bare = new_name(), new_name()
    for name, options in ((pod, ["--infra-image", TAG, "--infra-command", "/bin/sleep 300",
                                 "--network", "none", "--share", "net"]),
                          (bare, ["--infra=false"])):
        undo(lambda name=name: run(*engine.command, "pod", "rm", "-f", "-t", "0", name))
        engine("pod", "create", "--name", name, *options)
    app, alone = new_name(), new_name()
    engine("run", "-d", "--pod", pod, "--name", app, TAG, "/bin/sleep", "301")
    engine("run", "-d", "--pod", bare, "--network", "none", "--name", alone, TAG, "/bin/sleep", "302")
    for name, row in ((pod, one(app)), (bare, one(alone))):
        equal((row["pod"], row["container"]), (name, row["name"]))
    infra = engine("pod", "inspect", "-f", "{{.InfraContainerID}}", pod)[:12]
    absent(infra)
    for target in (f"pod:{pod}", f"pod:{pod}/{app}"):
        check("sleep 301" in ok("exec", target, "--", "ps", "ax"), target)
    refuses(["there is no container"], "exec", f"pod:{pod}/{alone}", "--", "true")
    refuses(["there is no container"], "exec", f"pod:shop/{pod}/{app}", "--", "true")


@case
def podman_stale_record():
    """Killed with its conmon: its files still say that it runs, and name a pid."""
    name = podman().run("/bin/sleep", "300")
    fields = podman()("inspect", "-f", "{{.State.Pid}} {{.State.ConmonPid}} {{.PidFile}}", name)
    pid, conmon, pidfile = fields.split()
    os.kill(int(conmon), signal.SIGKILL)
    os.kill(int(pid), signal.SIGKILL)
    # The first removal finds it without its conmon, and only notes that it has to be stopped.
    undo(lambda: run(*podman().command, "rm", "-f", "-t", "0", name))
    undo(lambda id=one(name, "-a")["id"]: run("runc", "delete", "-f", id))
    until(lambda: not os.path.exists(f"/proc/{pid}/exe"), what="its end")
    row = one(name, "-a")
    equal((row["state"], row["pid"]), ("exited", None))
    # The same pid again, by another process: as if the number had come round.
    stranger = start("sleep", "300")
    with open(pidfile, "w") as file:
        file.write(str(stranger.pid))
    equal(one(name, "-a")["pid"], None, "a stranger's pid")
    done = limpet_exec(name, "ps")
    equal(done.returncode, 126, f"ps ({done.err!r})")


# ---- containerd

@case
def containerd_running():
    daemon = containerd()
    name = daemon.run(new_name(), "/bin/sleep", "300", labels=["team=shop"])
    daemon.run(name, "/bin/sleep", "301", space="other")
    rows = {row["namespace"]: row for row in listed()
            if row["runtime"] == "containerd" and row["name"] == name}
    equal(sorted(rows), ["other", "shop"])
    equal((rows["shop"]["image"], rows["shop"]["state"]), ("localhost/app:1", "running"))
    check("team=shop" in rows["shop"]["labels"], rows["shop"]["labels"])
    check("sleep 301" in ok("exec", f"containerd:other/{name}", "--", "ps", "ax"), "other/web")
    refuses(["ambiguous", f"shop/{name}", f"other/{name}"], "exec", f"containerd:{name}", "--", "true")
    # Neither answers nor runs: the files and the shims are there.
    os.kill(daemon.daemon.pid, signal.SIGSTOP)
    check("sleep 300" in ok("exec", f"containerd:shop/{name}", "--", "ps", "ax", timeout=10), "stopped")
    os.kill(daemon.daemon.pid, signal.SIGCONT)
    daemon.daemon.kill()
    daemon.daemon.wait()
    check("sleep 300" in ok("exec", f"containerd:shop/{name}", "--", "ps", "ax"), "killed")
    daemon.start()


@case
def containerd_stopped():
    daemon = containerd()
    name = daemon.run(new_name(), "/bin/sh", "-c", CHANGE + "; sleep 300")
    until(lambda: limpet_exec(f"containerd:shop/{name}", "ls", "/deep/er/file").returncode == 0)
    daemon.end(name, task=False)
    equal(one(name, "-a")["state"], "stopped")
    looks_at_stopped(f"containerd:shop/{name}", "stopped")
    # Without a task there is no bundle: only the databases know it.
    daemon("-n", "shop", "tasks", "delete", name)
    row = one(name, "-a")
    equal((row["state"], row["image"]), ("stopped", "localhost/app:1"))
    looks_at_stopped(name, "stopped")


@case
def containerd_pod_by_annotations():
    """A bundle with the annotations that containerd's CRI writes, run by containerd."""
    daemon = containerd()
    pod = f"api-{os.getpid()}"
    common = [f"io.kubernetes.cri.sandbox-name={pod}", "io.kubernetes.cri.sandbox-namespace=shop"]
    for name in ("app", "side"):
        daemon.run(f"{pod}-{name}", "/bin/sleep", "30" + str(len(name)), labels=common + [
            f"io.kubernetes.cri.container-name={name}", "io.kubernetes.cri.container-type=container"])
    daemon.run(f"{pod}-pause", "/bin/sleep", "300",
               labels=common + ["io.kubernetes.cri.container-type=sandbox"])
    shown = {row["container"] for row in listed() if row["pod"] == f"shop/{pod}"}
    equal(shown, {"app", "side"})
    check(f"shop/{pod}" in ok("ps"), "the table has a column for it")
    check("sleep 304" in ok("exec", f"pod:{pod}/side", "--", "ps", "ax"), "side")
    check("sleep 303" in ok("exec", f"pod:shop/{pod}/app", "--", "ps", "ax"), "app")
    refuses(["ambiguous", f"pod:shop/{pod}/app", f"pod:shop/{pod}/side"], "exec", f"pod:{pod}",
            "--", "true")


@case
def containerd_stale_and_broken_files():
    daemon = containerd()
    stale, broken, whole = (daemon.run(new_name(), "/bin/sleep", "307") for _ in range(3))
    bundles = f"{daemon.folder}/state/io.containerd.runtime.v2.task/shop"
    daemon.end(stale, task=False)
    stranger = start("sleep", "300")
    with open(f"{bundles}/{stale}/init.pid", "w") as file:
        file.write(str(stranger.pid))
    row = one(stale, "-a")
    equal((row["state"], row["pid"]), ("stopped", None))
    with open(f"{bundles}/{broken}/config.json", "r+b") as file:
        before = file.read()
        file.truncate(100)
    done = limpet("ps", "-o", "json")
    with open(f"{bundles}/{broken}/config.json", "wb") as file:
        file.write(before)
    equal(done.returncode, 1, "a broken file shows in the status")
    check(f"containerd: shop/{broken[:12]}: json:".encode() in done.err, done.err)
    names = [json.loads(line)["name"] for line in done.out.splitlines()]
    check(whole in names and stale not in names, names)
    check("sleep 307" in ok("exec", whole, "--", "ps", "ax"), "whole")


# ---- between them

@case
def same_name_in_two_runtimes():
    name = docker("/bin/sleep", "300")
    podman().run("/bin/sleep", "301", name=name)
    refuses(["ambiguous", f"docker:{name}", f"podman:{name}"], "exec", name, "--", "true")
    check("sleep 300" in ok("exec", f"docker:{name}", "--", "ps", "ax"), "docker")
    check("sleep 301" in ok("exec", f"podman:{name}", "--", "ps", "ax"), "podman")
    # One of them stopped changes nothing: who is meant is still not said.
    must("docker", "stop", "-t", "0", name)
    refuses(["ambiguous", "exited", "running"], "exec", name, "--", "true")


@case
def runc_alone():
    """Known to runc in its usual place, and in one that nobody can know."""
    if not shutil.which("runc"):
        raise Skip("runc is not installed")
    with Bundle(images.tree("scratch"), ["/app"], state="/run/runc") as usual:
        row = one(usual.id)
        equal((row["runtime"], row["pid"]), ("runc", usual.pid))
        check("app" in ok("exec", f"runc:{usual.id}", "--", "ls", "/").split(), "its files")
    with Bundle(images.tree("scratch"), ["/app"]) as hidden:
        row = next(row for row in listed() if row["pid"] == hidden.pid)
        equal((row["runtime"], row["name"], row["command"]), ("other", None, "app"))
        check("[app]" in ok("ps"), "what stands for its name")
        check("app" in ok("exec", f"pid:{hidden.pid}", "--", "ls", "/").split(), "its files")


@case
def containers_come_and_go_while_they_are_listed():
    over = threading.Event()

    def churn():
        while not over.is_set():
            name = docker("/bin/sleep", "300")
            run("docker", "rm", "-f", name)

    docker_image()
    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(60):
            done = limpet("ps", "-a", "-o", "json")
            equal(done.returncode, 0, f"limpet ps ({done.err!r})")
            for line in done.out.splitlines():
                row = json.loads(line)
                check((row["pid"] is None) == (row["state"] not in ("running", "paused")), row)
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    main()
