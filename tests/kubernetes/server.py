# server.py - the client with a real kubectl, against a server that answers as recorded.
#
# The containers are real: Docker's, with the flags that mean what each security context asks for,
# and the agent's own image beside a target that has no shell.
import json
import os
import signal
import subprocess
import sys

from kubernetes import pod, refused
import limpet
from limpet import AGENT, CLIENT, Skip, Terminal, case, check, equal, main, must, run, scratch
from limpet import start, undo, until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "src"))
from api_server import RestrictedNode, Server

HERE = os.path.dirname(os.path.abspath(__file__))
KUBECTL = os.environ.get("LIMPET_TEST_KUBECTL", "/var/cache/limpet-tests/kubectl/usr/bin/kubectl")
IMAGE = f"limpet:test-{limpet.RUN.lower()}"
TARGET = f"limpet-target:test-{limpet.RUN.lower()}"
SECRET = f"s3cret-{os.urandom(6).hex()}"
_made = []


def images():
    """The agent's own image, and a target with one program, a file and no shell."""
    if _made:
        return
    limpet.need_docker()
    if not os.access(KUBECTL, os.X_OK):
        raise Skip(f"no kubectl at {KUBECTL} (deploy/install.sh test puts it there)")
    archive = scratch("image.tar")
    must(sys.executable, f"{HERE}/../../deploy/image/build.py", "-o", archive, "--name", IMAGE,
         AGENT)
    must("docker", "load", "-q", "-i", archive)
    root = scratch("target")
    os.makedirs(f"{root}/etc")
    must("gcc", "-O1", "-static", "-o", f"{root}/app", f"{HERE}/../support/app.c")
    with open(f"{root}/etc/hello", "w") as file:
        file.write("of the target\n")
    os.makedirs(f"{root}/tmp")
    os.chmod(f"{root}/tmp", 0o1777)
    archive = scratch("target.tar")
    must("tar", "-C", root, "-cf", archive, ".")
    must("docker", "import", "--change", 'ENTRYPOINT ["/app"]', archive, TARGET)
    undo(lambda: run("docker", "rmi", "-f", IMAGE, TARGET))
    _made.append(True)


class Cluster:
    def __init__(self, user=None, enforce="privileged", **spec):
        images()
        self.node = RestrictedNode(f"limpet-test={limpet.RUN}", enforce)
        undo(self.node.clean)
        self.server = Server(self.node)
        context = {} if user is None else {"runAsUser": user[0], "runAsGroup": user[1]}
        self.node.create(pod(containers=[{"name": "app", "image": TARGET,
                                          "securityContext": context}], **spec))
        check(("web", "app") in self.node.ids, self.node.pods["web"]["status"])
        self.config = scratch(f"config-{os.urandom(4).hex()}")
        with open(self.config, "w") as file:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "test",
                       "clusters": [{"name": "c", "cluster": {"server": self.server.url}}],
                       "users": [{"name": "u", "user": {}}],
                       "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u",
                                                                 "namespace": "shop"}}]}, file)

    def environment(self):
        return limpet.environment(KUBECTL=KUBECTL, KUBECONFIG=self.config, LIMPET_IMAGE=IMAGE,
                                  HOME=scratch(""))

    def limpet(self, *argv, **options):
        return limpet.limpet("--host", "kube:", *argv, env=self.environment(), **options)

    def debuggers(self):
        return self.node.pods["web"]["spec"].get("ephemeralContainers", [])


@case
def bytes_pass_whole_both_ways_and_the_status_comes_back():
    cluster = Cluster()
    data = os.urandom(3_000_000)
    done = cluster.limpet("exec", "web", "--", "cat", "-", input=data)
    check(done.out == data, f"{len(done.out)} of {len(data)} bytes: {done.err}")
    done = cluster.limpet("exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    equal((done.returncode, done.out, done.err), (7, b"out\n", b"err\n"))
    for _ in range(5):
        equal(cluster.limpet("exec", "web", "--", "echo", "at once").out, b"at once\n")
    equal(len(cluster.debuggers()), 1)
    paths = [path for method, path, upgrade in cluster.server.requests if upgrade]
    check(paths and all(path.endswith("/web/exec") for path in paths), paths)


@case
def the_target_is_seen_under_every_profile():
    for user in (None, (65532, 65532), (1000, 2000)):
        cluster = Cluster(user)
        profiles = ["general", "baseline", "netadmin"] + (["restricted"] if user else [])
        for profile in profiles:
            done = cluster.limpet("-q", "exec", "--profile", profile, "web", "--", "cat",
                                  "/etc/hello")
            equal((done.returncode, done.out), (0, b"of the target\n"),
                  f"{user} {profile} {done.err}")


@case
def a_restricted_namespace_takes_the_ids_of_the_target_also_when_nobody_tells_them():
    for tells in (True, False):
        cluster = Cluster((1000, 2000), "restricted")
        app = cluster.node.pods["web"]
        if not tells:
            # As when they come from the image: neither spec nor status names them.
            app["spec"]["containers"][0]["securityContext"] = {}
            app["status"]["containerStatuses"][0].pop("user", None)
            cluster.node.tells_user = False
        done = cluster.limpet("exec", "web", "--", "cat", "/etc/hello")
        equal((done.returncode, done.out), (0, b"of the target\n"), done.err)
        equal(len(cluster.debuggers()), 1 if tells else 2)
        equal(cluster.limpet("exec", "web", "--", "id", "-u").out, b"1000\n")
        equal(len(cluster.debuggers()), 1 if tells else 2, "again")


@case
def policy_and_rights_are_answered_as_a_server_says_them():
    cluster = Cluster(enforce="baseline")
    refused(cluster.limpet("exec", "--profile", "general", "web", "--", "true"),
            'violates PodSecurity "baseline:latest"')
    equal(cluster.limpet("-q", "exec", "web", "--", "true").returncode, 0)
    equal(cluster.debuggers()[0]["env"][0]["value"], "baseline")
    # exec over WebSockets is a GET, and kubectl tries POST when that is refused.
    for verb, resource in (("get", "pods"), ("patch", "pods/ephemeralcontainers"),
                           ("create", "pods/exec")):
        cluster = Cluster()
        cluster.node.forbidden = ((verb, resource), ("get", "pods/exec"))
        refused(cluster.limpet("exec", "web", "--", "true"), f"the verb {verb} on {resource} ")


@case
def nothing_of_a_session_is_in_the_containers_log():
    cluster = Cluster()
    done = cluster.limpet("exec", "web", "--", "sh", input=f"echo {SECRET}\n".encode())
    equal(done.out, SECRET.encode() + b"\n", done.err)
    for key, identity in cluster.node.ids.items():
        logs = run("docker", "logs", identity)
        check(SECRET.encode() not in logs.out + logs.err, f"it is in the log of {key}")


@case
def a_shell_on_a_terminal_works_through_kubectl():
    cluster = Cluster()
    terminal = Terminal(CLIENT, "--host", "kube:", "web", rows=33, columns=91,
                        env=cluster.environment())
    terminal.expect(rb"\$|#", timeout=30)
    terminal.send("stty size\r")
    terminal.expect(rb"33 91")
    terminal.send("cat /etc/hello\r")
    terminal.expect(rb"of the target")
    terminal.send("exit 5\r")
    equal(terminal.wait(), 5)


@case
def the_agent_goes_when_its_client_is_killed():
    cluster = Cluster()
    client = start(CLIENT, "--host", "kube:", "exec", "web", "--", "sleep", "300",
                   env=cluster.environment(), stdin=subprocess.DEVNULL)

    def agents():
        name = cluster.debuggers()[0]["name"] if cluster.debuggers() else ""
        identity = cluster.node.ids.get(("web", name))
        if not identity:
            return []
        return [line for line in run("docker", "top", identity, "-eo", "pid,args").out.splitlines()
                if b"serve" in line or b"sleep" in line]

    until(lambda: any(b"serve" in line for line in agents()), timeout=30, what="the session")
    client.send_signal(signal.SIGKILL)
    client.wait(10)
    until(lambda: not agents(), timeout=30, what="the agent's end")


@case
def a_copy_of_a_pod_waits_and_has_the_targets_files():
    cluster = Cluster((1000, 2000))
    done = cluster.limpet("-q", "exec", "--copy-to", "copy", "web", "--", "cat", "/etc/hello",
                          timeout=120)
    equal((done.returncode, done.out), (0, b"of the target\n"), done.err)
    equal(list(cluster.node.pods), ["web"])


@case
def a_node_session_sees_the_node_and_leaves_nothing():
    cluster = Cluster()
    inside = must("docker", "inspect", "-f", "{{.State.Pid}}", cluster.node.ids["web", "app"])
    done = cluster.limpet("-q", "exec", f"node:worker-1/pid:{inside}", "--", "cat", "/etc/hello",
                          timeout=120)
    equal((done.returncode, done.out), (0, b"of the target\n"), done.err)
    equal(list(cluster.node.pods), ["web"])


@case
def a_fleet_is_asked_in_parallel():
    cluster = Cluster()
    for index in range(3):
        more = pod(name=f"web-{index}", containers=[{"name": "app", "image": TARGET}])
        cluster.node.create(more)
    done = cluster.limpet("-q", "exec", "-l", "app=web", "--all", "--", "cat", "/etc/hello")
    lines = sorted(done.out.decode().splitlines())
    equal(lines, sorted(f"{name}: of the target" for name in cluster.node.pods), done.err)


@case
def names_of_the_cluster_complete_a_command_line():
    cluster = Cluster()
    for words, wanted in ((("-n", ""), b"kube-system\nshop\n"), (("web", "-c", ""), b"app\n"),
                          (("--context", ""), b"test\n"), (("exec", "w"), b"web\n")):
        done = cluster.limpet("complete", "--", "--host", "kube:", *words)
        equal((done.returncode, done.out), (0, wanted), words)


if __name__ == "__main__":
    main()
