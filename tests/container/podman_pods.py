# podman_pods.py - podman's pods: what is in them, and our image beside them in the same namespaces.
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import images
from limpet import *  # noqa: F403
from engines import TAG, absent, looks_at_stopped, make_archive, new_name, ok, once, one, pause_tree
from engines import podman

BUILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../deploy/image/build.py")
MARK = RUN.lower()
IMAGE, APP, PAUSE = (f"localhost/limpet-test-{MARK}-{kind}:1" for kind in ("agent", "app", "pause"))
BARE = ("--cap-drop", "ALL", "--security-opt", "no-new-privileges")


@once
def loaded():
    """podman with our image, as `podman load` takes it, an application and a first process."""
    engine = podman()
    undo(lambda: run(*engine.command, "rmi", "-f", IMAGE, APP, PAUSE))
    archive = scratch("image.tar")
    must(sys.executable, BUILD, "-o", archive, "--name", IMAGE, AGENT)
    check(IMAGE in engine("load", "-q", "-i", archive), "podman load")
    shown = json.loads(engine("image", "inspect", IMAGE))[0]
    equal((shown["User"], shown["Os"]), ("65532:65532", "linux"))
    for tree, name, program in ((images.tree("scratch"), APP, "/app"), (pause_tree(), PAUSE, "/pause")):
        make_archive(archive, tree, name, program)
        check(name in engine("load", "-q", "-i", archive), f"podman load of {name}")
    return engine


class Pod:
    def __init__(self):
        self.engine = loaded()
        self.name = new_name()
        undo(self.remove)
        self.engine("pod", "create", "--name", self.name, "--share", "pid,net,ipc,uts", "--network",
                    "none", "--infra-image", PAUSE)
        self.infra = self.engine("pod", "inspect", "-f", "{{.InfraContainerID}}", self.name)

    def remove(self):
        must(*self.engine.command, "pod", "rm", "-f", "-t", "0", self.name)

    def run(self, name, image, *command, options=()):
        full = f"{self.name}-{name}"
        self.engine("run", "-d", "--pod", self.name, "--name", full, *options, image, *command)
        return full

    def agent(self, container, *argv):
        return run(*self.engine.command, "exec", container, "/limpet-agent", *argv)


def rung(done):
    equal((done.returncode, done.err), (0, b""), "rung")
    return json.loads(done.out)


@case
def pod_is_listed_without_its_first_process():
    pod = Pod()
    infra = one_by_id(pod.infra)
    equal((infra["infra"], infra["name"]), (True, f"{infra['name'][:12]}-infra"), "alone in its pod")
    app = pod.run("app", APP)
    side = pod.run("side", TAG, "/bin/sh", "-c", "echo kept > /written; rm /etc/passwd; "
                   "mkdir -p /deep/er; echo x > /deep/er/file; exec sleep 300")
    for name, words in ((app, "/app"), (side, "sleep 300")):
        row = one(name)
        equal((row["runtime"], row["state"], row["infra"]), ("podman", "running", False))
        equal(row["pid"], int(pod.engine("inspect", "-f", "{{.State.Pid}}", name)))
        check(words in ok("exec", f"podman:{name}", "--", "ps", "ax"), name)
    absent(infra["name"])
    row = one_by_id(pod.infra)
    equal((row["infra"], row["command"], row["state"]), (True, "pause", "running"))
    # Whatever it is called, the others name it.
    must(*pod.engine.command, "rename", pod.infra, f"{pod.name}-first")
    absent(f"{pod.name}-first")
    # Its own tree, not that of its neighbour in the same pid namespace.
    check("app" in ok("exec", app, "--", "ls", "/").split(), "the files of app")
    check("app" not in ok("exec", side, "--", "ls", "/bin").split(), "the files of side")
    until(lambda: limpet_exec(side, "ls", "/deep/er/file").returncode == 0)
    pod.engine("stop", "-t", "0", side)
    absent(side)
    looks_at_stopped(side, "exited")


def one_by_id(identity):
    rows = [json.loads(line) for line in ok("ps", "-a", "-o", "json").splitlines()]
    [row] = [row for row in rows if row["id"] == identity]
    return row


@case
def beside_the_only_container():
    """podman run --pod with our image: the pod's first process is nobody's target."""
    bare = {None: (), "1000:2000": (*BARE, "--user", "1000:2000")}
    for user, rights in bare.items():
        pod = Pod()
        app = pod.run("app", APP, options=rights)
        for number, (options, letters) in enumerate((
                ((), "CC"), (("--user", "0:0"), "CC"), (("--cap-add", "SYS_PTRACE"), "BB"), (BARE, "EE"),
                (bare["1000:2000"], "EC"), (("--cap-add", "SYS_PTRACE", "--cap-add", "SYS_ADMIN"), "AA"))):
            letter = letters[0 if user is None else 1]
            beside = pod.run(f"beside{number}", IMAGE, "hold", "--ttl", "10m", options=options)
            told = rung(pod.agent(beside, "rung", "-o", "json"))
            what = f"{options} beside {user}: {told}"
            equal((told["rung"], told["target"]), (letter, one(app)["id"][:12]), what)
            check(told["pid"] != 1, what)
            check(b"/app" in pod.agent(beside, "ps", "ax").out, what)
            done = pod.agent(beside, "ls", "/")
            if letter <= "C":
                equal((done.returncode, done.err), (0, b""), what)
                check(b"app\n" in done.out, done.out)
            else:
                check(done.returncode != 0 and b"rung E" in done.err, done.err)


@case
def beside_one_of_several():
    pod = Pod()
    names = [pod.run("app", APP), pod.run("side", APP, options=("--user", "65532:65532"))]
    beside = pod.run("beside", IMAGE, "hold", options=("--cap-add", "SYS_PTRACE"))
    done = pod.agent(beside, "ls", "/")
    check(done.returncode == 125 and b"LIMPET_TARGET" in done.err, done.err)
    for name in names:
        identity = one(name)["id"]
        check(identity[:12].encode() in done.err, done.err)
        told = rung(pod.agent(beside, "--target", identity[:12], "rung", "-o", "json"))
        equal((told["rung"], told["target"]), ("B", identity[:12]))


@case
def beside_a_container_without_a_pod():
    engine = loaded()
    name = new_name()
    undo(lambda: run(*engine.command, "rm", "-f", "-t", "0", name))
    engine("run", "-d", *engine.limits, "--name", name, APP)
    shared = ("--pid", f"container:{name}", "--network", f"container:{name}")
    done = run(*engine.command, "run", "--rm", *shared, "--ulimit", "host", IMAGE, "rung", "-o", "json")
    told = rung(done)
    equal((told["rung"], told["target"], told["pid"]), ("C", one(name)["id"][:12], 1))
    done = run(*engine.command, "run", "--rm", *shared, IMAGE, "sh", "-c", "cat /proc/1/comm; exit 7")
    equal((done.returncode, done.out), (7, b"app\n"), done.err)


if __name__ == "__main__":
    main()
