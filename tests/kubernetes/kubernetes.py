# kubernetes.py - what the tests of the client in a cluster share: a kubectl that follows a script.
#
# The stub is for what needs no server: the texts of refusals, old versions, containers that never
# start. Its `exec` runs the real agent. tests/kubernetes/server.py has a real kubectl instead.
import json
import os
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import limpet

STUB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "src", "stub_kubectl.py")


def container(name="app", **more):
    return {"name": name, "image": "registry.example/app:1", **more}


def running(name="app", **more):
    return {"name": name, "containerID": "containerd://" + "ab" * 32, "restartCount": 0,
            "state": {"running": {"startedAt": "2026-01-02T03:04:05Z"}}, **more}


def pod(name="web", namespace="shop", containers=None, statuses=None, **spec):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "uid": "1-2-3",
                         "resourceVersion": "7", "labels": {"app": "web"}},
            "spec": {"nodeName": "worker-1", "containers": containers or [container()], **spec},
            "status": {"phase": "Running", "containerStatuses": statuses or [running()]}}


class Cluster:
    """What the stub answers from, and what it was asked."""

    def __init__(self, pods=None, **scenario):
        self.folder = limpet.scratch(f"cluster-{os.urandom(4).hex()}")
        os.mkdir(self.folder)
        self.write(pods=pods if pods is not None else [pod()], scenario=scenario, calls=[])
        self.kubectl = os.path.join(self.folder, "kubectl")
        with open(self.kubectl, "w") as file:
            file.write(f"#!{os.path.realpath(sys.executable)} -IS\n")
            with open(STUB) as stub:
                file.write(stub.read())
        os.chmod(self.kubectl, stat.S_IRWXU)

    def write(self, **more):
        state = {}
        if os.path.exists(f"{self.folder}/state"):
            state = self.state()
        state.update(more)
        with open(f"{self.folder}/state", "w") as file:
            json.dump(state, file)

    def state(self):
        with open(f"{self.folder}/state") as file:
            return json.load(file)

    def calls(self, word):
        return [call for call in self.state()["calls"] if word in call]

    def pods(self):
        return {each["metadata"]["name"]: each for each in self.state()["pods"]}

    def debuggers(self, name="web"):
        return self.pods()[name]["spec"].get("ephemeralContainers", [])

    def environment(self, **more):
        return limpet.environment(KUBECTL=self.kubectl, STUB_FOLDER=self.folder,
                                  LIMPET_IMAGE="limpet:test", **more)

    def limpet(self, *argv, env=None, **options):
        return limpet.limpet("--host", "kube:", *argv,
                             env=self.environment(**(env or {})), **options)


def refused(done, *texts):
    """The client itself failed, said so in one line that holds every text, and printed nothing."""
    limpet.equal(done.returncode, 125, done.err.decode(errors="replace"))
    limpet.equal(done.out, b"", "output")
    lines = [line for line in done.err.decode().splitlines() if ": starts " not in line]
    limpet.equal(len(lines), 1, f"lines of {lines}")
    for text in texts:
        limpet.check(text in lines[0], f"{text!r} is not in {lines[0]!r}")
