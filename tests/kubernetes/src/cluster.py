# cluster.py - the twelve complaints about kubectl debug, and more, in a real cluster; by run.sh.
import glob
import hashlib
import io
import json
import os
import shlex
import stat
import sys
import tarfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, f"{HERE}/../../support")
import limpet
from limpet import AGENT, CLIENT, Skip, Terminal, case, check, equal, main, must, run, scratch, undo
from limpet import until

KUBECTL = os.environ.get("KUBECTL", "kubectl")
MARK = os.urandom(3).hex()
IMAGE = f"docker.io/library/limpet:e2e-{MARK}"
TARGET = f"docker.io/library/limpet-target:e2e-{MARK}"
FREE, STRICT = f"limpet-e2e-{MARK}", f"limpet-e2e-strict-{MARK}"
SECRET = f"s3cret-{os.urandom(8).hex()}"
RESTRICTED = {"allowPrivilegeEscalation": False, "runAsNonRoot": True,
              "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}}


def environment(**more):
    # Everything: a kubeconfig may name login helpers that want their own variables.
    return {**os.environ, **limpet.environment(), "HOME": os.environ.get("HOME", "/root"),
            "KUBECTL": KUBECTL, "LIMPET_IMAGE": IMAGE, **more}


def kubectl(*words, namespace=None, **options):
    more = ["-n", namespace] if namespace else []
    return run(KUBECTL, *more, *words, env=environment(), **options)


def apply(value, namespace=None):
    done = kubectl("create", "-f", "-", "--validate=false", namespace=namespace,
                   input=json.dumps(value).encode())
    check(done.returncode == 0, done.err.decode())


def get_pod(name, namespace=FREE):
    done = kubectl("get", "pod", name, "-o", "json", namespace=namespace)
    return json.loads(done.out) if done.returncode == 0 else None


def client(*words, namespace=FREE, timeout=120, more=None, **options):
    pull = [] if "--image-pull-policy" in words else ["--image-pull-policy", PULL]
    return run(CLIENT, "--host", "kube:", "-n", namespace, *pull, *words, timeout=timeout,
               env=environment(**(more or {})), **options)


def execute(pod, *words, options=(), **more):
    return client("-q", "exec", *options, pod, "--", *words, **more)


def said(done):
    return f"status {done.returncode}, {done.out[-300:]!r}, {done.err[-900:].decode('utf-8', 'replace')}"


def debuggers(pod, namespace=FREE):
    return get_pod(pod, namespace)["spec"].get("ephemeralContainers", [])


# ---- images

def docker_archive(path, name, files):
    """What `docker save` writes, which every runtime loads."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        for member, mode, data in files:
            info = tarfile.TarInfo(member)
            info.mode = mode
            info.type = tarfile.DIRTYPE if data is None else tarfile.REGTYPE
            info.size = len(data or b"")
            tar.addfile(info, io.BytesIO(data or b""))
    layer = layer.getvalue()
    config = json.dumps({"architecture": "arm64" if os.uname().machine == "aarch64" else "amd64",
                         "os": "linux", "config": {"Entrypoint": ["/app"]},
                         "rootfs": {"type": "layers",
                                    "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}})
    manifest = json.dumps([{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}])
    with tarfile.open(path, "w") as tar:
        for member, data in (("config.json", config.encode()), ("manifest.json", manifest.encode()),
                             ("layer.tar", layer)):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def filled(command, word):
    words = shlex.split(command)
    return [each.replace("{}", word) for each in words] if "{}" in command else [*words, word]


def remove_images():
    command = os.environ.get("LIMPET_IMAGE_REMOVE")
    for name in (IMAGE, TARGET):
        if command:
            run(*filled(command, name), env=dict(os.environ))
        else:
            print(f"left on the node: image {name} (LIMPET_IMAGE_REMOVE removes it)", flush=True)


def load_images():
    command = os.environ.get("LIMPET_IMAGE_LOAD")
    check(command, "LIMPET_IMAGE_LOAD is not set: the node cannot get the images")
    ours, target, program = scratch("limpet.tar"), scratch("target.tar"), scratch("app")
    must(sys.executable, f"{HERE}/../../../deploy/image/build.py", "-o", ours, "--name", IMAGE, AGENT)
    must("gcc", "-O1", "-static", "-o", program, f"{HERE}/../../support/app.c")
    with open(program, "rb") as file:
        app = file.read()
    docker_archive(target, TARGET, [("app", 0o755, app), ("etc", 0o755, None),
                                    ("etc/hello", 0o644, b"of the target\n")])
    undo(remove_images)
    for path in (ours, target):
        done = run(*filled(command, path), env=dict(os.environ), timeout=300)
        check(done.returncode == 0, f"{command}: {done.err.decode()}")
    with open(program, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


# ---- pods

def pod(name, security=None, namespace=FREE, pod_security=None, container=None, **spec):
    app = {"name": "app", "image": TARGET, "imagePullPolicy": PULL, **(container or {})}
    if security is not None:
        app["securityContext"] = security
    value = {"apiVersion": "v1", "kind": "Pod",
             "metadata": {"name": name, "labels": {"app": "web"}},
             "spec": {"nodeName": NODE, "automountServiceAccountToken": False,
                      "enableServiceLinks": False, "terminationGracePeriodSeconds": 1,
                      "tolerations": [{"operator": "Exists"}], "containers": [app], **spec}}
    if pod_security:
        value["spec"]["securityContext"] = pod_security
    apply(value, namespace)


def statuses_of(name, namespace=FREE):
    return (get_pod(name, namespace) or {}).get("status", {}).get("containerStatuses", [])


def runs(name, namespace=FREE):
    def running():
        statuses = statuses_of(name, namespace)
        return statuses and "running" in statuses[0]["state"]
    try:
        until(running, timeout=120)
    except AssertionError:
        events = kubectl("get", "events", "-o", "custom-columns=:.reason,:.message", namespace=namespace)
        status = (get_pod(name, namespace) or {}).get("status")
        check(False, f"pod {name} does not run: {json.dumps(status)} "
                     f"{events.out.decode(errors='replace')[-2000:]}")


def set_up():
    global APP_HASH
    APP_HASH = load_images()
    for name, level in ((FREE, "privileged"), (STRICT, "restricted")):
        undo(lambda name=name: remove_namespace(name))
        apply({"apiVersion": "v1", "kind": "Namespace",
               "metadata": {"name": name, "labels": {
                   "pod-security.kubernetes.io/enforce": level}}})
        # A controller makes it, where there is one; else admission may ask for it.
        kubectl("create", "serviceaccount", "default", namespace=name)
    ids = {"runAsUser": 65532, "runAsGroup": 65532}
    apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"},
           "data": {"key": "of the volume"}}, FREE)
    pod("root", volumes=[{"name": "v", "configMap": {"name": "settings"}}],
        container={"volumeMounts": [{"name": "v", "mountPath": "/data"}],
                   "resources": {"limits": {"memory": "64Mi", "cpu": "500m"}}})
    pod("nonroot", {**RESTRICTED, **ids, "readOnlyRootFilesystem": True})
    pod("other", RESTRICTED, STRICT, {"runAsUser": 1000, "runAsGroup": 2000, "runAsNonRoot": True})
    pod("halfknown", RESTRICTED, STRICT, {"runAsUser": 1000, "runAsNonRoot": True})
    pod("crash", container={"command": ["/nonexistent"]})
    for name, namespace in (("root", FREE), ("nonroot", FREE), ("other", STRICT),
                            ("halfknown", STRICT)):
        runs(name, namespace)


def remove_namespace(name):
    kubectl("delete", "pods", "--all", "--grace-period=1", "--wait=true", "--timeout=60s",
            namespace=name, timeout=90)
    kubectl("delete", "namespace", name, "--wait=false")
    for second in range(60):
        done = kubectl("get", "namespace", name, "-o", "json")
        if done.returncode != 0:
            return
        value = json.loads(done.out)
        # Whoever empties it says so there; without a controller-manager nobody else ends it.
        if second >= 5 and not value.get("status", {}).get("conditions"):
            kubectl("delete", "configmaps,serviceaccounts,events", "--all", namespace=name)
            value["spec"]["finalizers"] = []
            kubectl("replace", "--raw", f"/api/v1/namespaces/{name}/finalize", "-f", "-",
                    input=json.dumps(value).encode())
            return
        time.sleep(1)


def node_allows(done):
    """A privileged container is more than some clusters and some machines allow; that is no failure."""
    for words in (b"unable to apply caps", b"disallowed by cluster policy", b"/oom_score_adj"):
        if words in done.err:
            raise Skip(f"no privileged container runs here: {done.err.decode().strip()[-300:]}")


# ---- the twelve complaints

@case
def complaint_1_output_at_the_start_is_not_lost():
    for _ in range(10):
        done = execute("root", "echo", "first")
        equal((done.returncode, done.out), (0, b"first\n"), said(done))
    data = os.urandom(8_000_000)
    done = execute("root", "cat", "-", input=data)
    check(done.out == data, f"{len(done.out)} of {len(data)} bytes came back")


@case
def complaint_2_the_exit_status_is_the_commands():
    for status in (0, 7, 125):
        done = execute("root", "sh", "-c", f"exit {status}")
        equal(done.returncode, status, said(done))
    equal(execute("root", "sleep", "60", options=["--timeout", "1"]).returncode, 124)


@case
def complaint_3_containers_do_not_pile_up():
    execute("root", "true")
    before = len(debuggers("root"))
    for _ in range(5):
        equal(execute("root", "true").returncode, 0)
    equal(len(debuggers("root")), before)


@case
def complaint_4_user_and_group_are_the_targets():
    for name in ("other", "halfknown"):
        done = execute(name, "cat", "/etc/hello", namespace=STRICT)
        equal((done.returncode, done.out), (0, b"of the target\n"), said(done))
    last = debuggers("other", STRICT)[-1]["securityContext"]
    equal((last["runAsUser"], last["runAsGroup"]), (1000, 2000))


@case
def complaint_5_a_read_only_root_needs_no_writing():
    done = execute("nonroot", "sh", "-c", "ls / | sort | head -n 1; ps | wc -l; cat <<X\nhere\nX")
    check(done.returncode == 0 and b"here" in done.out, said(done))


@case
def complaint_6_a_restricted_namespace_is_debugged_without_being_asked():
    done = execute("other", "ps", namespace=STRICT)
    equal(done.returncode, 0, said(done))
    check(b"app" in done.out, said(done))
    done = execute("other", "true", options=["--profile", "general"], namespace=STRICT)
    check(done.returncode == 125 and b"violates PodSecurity" in done.err, said(done))


@case
def complaint_7_files_come_out_without_tar():
    done = execute("nonroot", "cat", "/app")
    equal(hashlib.sha256(done.out).hexdigest(), APP_HASH, said(done)[:300])


@case
def complaint_8_a_bad_image_is_one_line_and_no_hang():
    begin = time.monotonic()
    # Nobody listens on that port of the node: refused at once, whatever its network and its names.
    for image, policy, reason in ((f"127.0.0.1:1/none:{MARK}", "IfNotPresent", b"ErrImagePull"),
                                  (f"docker.io/library/none:{MARK}", "Never", b"ErrImageNeverPull"),
                                  ("Bad//Image", "IfNotPresent", b"InvalidImageName")):
        done = client("-q", "exec", "--image", image, "--image-pull-policy", policy, "root", "--",
                      "true", timeout=70)
        equal(done.returncode, 125, said(done))
        check(reason in done.err or b"ImagePullBackOff" in done.err or b"Invalid" in done.err,
              said(done))
        equal(len(done.err.splitlines()), 1, said(done))
    check(time.monotonic() - begin < 120, "it took minutes")


@case
def complaint_9_a_target_that_is_not_root_is_seen_by_sys_ptrace():
    done = execute("nonroot", "cat", "/etc/hello", options=["--profile", "general"])
    equal((done.returncode, done.out), (0, b"of the target\n"), said(done))
    done = execute("nonroot", "id", "-u", options=["--profile", "general"])
    equal(done.out, b"65532\n", said(done))


@case
def complaint_10_nothing_of_a_session_is_logged_on_the_node():
    done = execute("root", "sh", input=f"echo {SECRET}\n".encode())
    equal(done.out, SECRET.encode() + b"\n", said(done))
    for each in debuggers("root"):
        logs = kubectl("logs", "root", "-c", each["name"], namespace=FREE)
        check(SECRET.encode() not in logs.out, f"kubectl logs of {each['name']} has it")
    for path in glob.glob(f"/var/log/pods/{FREE}_*/*/*.log"):
        with open(path, "rb") as file:
            check(SECRET.encode() not in file.read(), f"it is in {path}")


@case
def complaint_11_the_targets_volumes_are_seen():
    done = execute("root", "cat", "/data/key")
    equal((done.returncode, done.out), (0, b"of the volume"), said(done))


@case
def complaint_12_limits_are_the_targets():
    done = execute("root", "info", "-o", "json")
    equal(done.returncode, 0, said(done))
    equal(json.loads(done.out)["cgroup"]["memory"]["limit"], 64 * 1024 * 1024, said(done))


# ---- and the rest

@case
def every_profile_sees_the_target_or_says_why_not():
    for profile in ("general", "baseline", "restricted", "netadmin", "sysadmin"):
        for name in ("root", "nonroot"):
            done = execute(name, "cat", "/etc/hello", options=["--profile", profile])
            if profile == "sysadmin":
                node_allows(done)
            if (name, profile) == ("root", "restricted"):
                check(done.returncode != 0 and b"rung" in done.err, said(done))
            else:
                equal((done.returncode, done.out), (0, b"of the target\n"),
                      f"{name} {profile}: {said(done)}")


@case
def a_shell_on_a_terminal_knows_its_size():
    terminal = Terminal(CLIENT, "--host", "kube:", "-n", FREE, "--image-pull-policy", PULL, "root",
                        rows=31, columns=97, env=environment())
    terminal.expect(rb"[$#] ", timeout=60)
    terminal.send("stty size\r")
    terminal.expect(rb"31 97", timeout=30)
    terminal.send("exit 3\r")
    equal(terminal.wait(30), 3)


@case
def a_crashing_pod_is_looked_at_in_a_copy():
    def crashed():
        statuses = statuses_of("crash")
        # CRI-O does not even make a container whose program is not there.
        return statuses and (statuses[0]["restartCount"] > 0 or "terminated" in statuses[0]["state"]
                             or "CreateContainerError" in str(statuses[0]["state"]))
    until(crashed, timeout=90, what="the crash")
    done = execute("crash", "true")
    check(done.returncode == 125 and b"--copy-to" in done.err, said(done))
    done = execute("crash", "cat", "/etc/hello", options=["--copy-to", "crash-copy"])
    equal((done.returncode, done.out), (0, b"of the target\n"), said(done))
    until(lambda: get_pod("crash-copy") is None, timeout=60, what="the copy's end")


@case
def a_node_is_debugged_and_nothing_is_left():
    done = client("-q", "exec", f"node:{NODE}/pid:1", "--", "cat", "/proc/1/comm")
    until(lambda: b"limpet-node" not in kubectl("get", "pods", namespace=FREE).out, timeout=60,
          what="the pod's end")
    node_allows(done)
    if b"open /proc/1/ns/mnt: Permission denied" in done.err:
        raise Skip("on this node even root may not look at process 1")
    equal(done.returncode, 0, said(done))
    check(done.out.strip(), said(done))


@case
def a_pod_is_found_on_its_node():
    # What a runtime says is believed when it is the node's own, not one in a container of its own.
    script = ("readlink /proc/1/ns/mnt; for p in /proc/[0-9]*; do read name < $p/comm; "
              "case $name in containerd|crio) readlink $p/ns/mnt ;; esac; done 2>/dev/null")
    looked = client("-q", "exec", f"node:{NODE}/pid:1", "--", "sh", "-c", script)
    node_allows(looked)
    if b"open /proc/1/ns/mnt: Permission denied" in looked.err:
        raise Skip("the runtime's files are the node's, and its process 1 may not be looked at")
    equal(looked.returncode, 0, said(looked))
    first, *runtimes = looked.out.split()
    if runtimes and first not in runtimes:
        raise Skip("the runtime is in a mount namespace of its own")
    done = client("-q", "exec", f"node:{NODE}/pod:{FREE}/root/app", "--", "cat", "/etc/hello")
    equal((done.returncode, done.out), (0, b"of the target\n"), said(done))


@case
def a_fleet_is_asked_at_once():
    done = client("-q", "exec", "-l", "app=web", "--all", "--", "cat", "/etc/hello",
                  namespace=STRICT)
    equal(sorted(done.out.decode().splitlines()),
          ["halfknown: of the target", "other: of the target"], said(done))


@case
def a_missing_right_is_named():
    done = kubectl("auth", "can-i", "get", "pods", "--as=limpet-nobody", namespace=FREE)
    if not done.out.startswith(b"no"):
        raise Skip("this cluster lets everybody do everything, or no impersonation")
    wrapper = scratch("kubectl-as-nobody")
    with open(wrapper, "w") as file:
        file.write(f'#!/bin/sh\nexec {shlex.quote(KUBECTL)} --as=limpet-nobody "$@"\n')
    os.chmod(wrapper, stat.S_IRWXU)
    done = execute("root", "true", more={"KUBECTL": wrapper})
    equal(done.returncode, 125, said(done))
    check(b"needs the verb get on pods" in done.err and b"apiGroups" in done.err, said(done))


@case
def ps_lists_what_a_target_may_be():
    done = client("ps", "-o", "json")
    names = [json.loads(line)["name"] for line in done.out.splitlines()]
    check({"root", "nonroot"} <= set(names), said(done))


if __name__ == "__main__":
    PULL = os.environ.get("LIMPET_IMAGE_PULL_POLICY", "Never")
    nodes = [each.split("/", 1)[1] for each in must(
        KUBECTL, "get", "nodes", "-o", "name", env=environment()).split()]
    check(nodes, "the cluster has no node")
    NODE = os.environ.get("LIMPET_NODE", nodes[0])
    info = json.loads(must(KUBECTL, "get", "node", NODE, "-o", "json",
                           env=environment()))["status"]["nodeInfo"]
    print(f"node {NODE}: kubelet {info['kubeletVersion']}, {info['containerRuntimeVersion']}, "
          f"{info['kernelVersion']}", flush=True)
    try:
        set_up()
    except AssertionError as problem:
        print(f"FAIL set_up: {problem}", flush=True)
        sys.exit(1)
    main()
