# sidecar.py - the image beside its target, with the exact rights of every profile of kubectl debug.
#
# docker run --pid=container:T --network=container:T is what the kubelet makes of an ephemeral
# container with a target; the options below are the profiles' securityContexts.
import hashlib
import json
import os
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import images
from limpet import *  # noqa: F403

BUILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../deploy/image/build.py")
IMAGE = f"limpet-test-agent:{RUN.lower()}-sidecar"
APP = f"limpet-test-scratch:{RUN.lower()}-sidecar"
NOBODY = "65532:65532"
OTHER = "1234:1234"
BARE = ("--cap-drop", "ALL", "--security-opt", "no-new-privileges")
CRIO = ("--cap-drop", "ALL", *(word for name in
        "CHOWN DAC_OVERRIDE FSETID FOWNER SETGID SETUID SETPCAP NET_BIND_SERVICE KILL".split()
        for word in ("--cap-add", name)))
ROOT = ("--user", "0:0")

# Profile -> options. The image's own user is 65532:65532; "root" overrides it.
PROFILES = {
    "general": ("--cap-add", "SYS_PTRACE"),
    "general, root": (*ROOT, "--cap-add", "SYS_PTRACE"),
    "general, unconfined": ("--cap-add", "SYS_PTRACE", "--security-opt", "seccomp=unconfined"),
    "baseline": (),
    "baseline, root": ROOT,
    "netadmin": ("--cap-add", "NET_ADMIN", "--cap-add", "NET_RAW"),
    "netadmin, root": (*ROOT, "--cap-add", "NET_ADMIN", "--cap-add", "NET_RAW"),
    "restricted": BARE,
    "restricted, other uid": (*BARE, "--user", OTHER),
    "restricted, same uid, other gid": (*BARE, "--user", "65532:1234"),
    "restricted, root": (*BARE, *ROOT),
    "sysadmin": ("--cap-add", "SYS_PTRACE", "--cap-add", "SYS_ADMIN"),
    "sysadmin, root": (*ROOT, "--cap-add", "SYS_PTRACE", "--cap-add", "SYS_ADMIN"),
    "cri-o": CRIO,
    "cri-o, root": (*CRIO, *ROOT),
}
TARGETS = {
    "root": (),
    "cri-o": CRIO,
    "nobody": ("--user", NOBODY),
    "hardened": ("--user", NOBODY, "--read-only", *BARE),
}
# The rung beside a root target, beside one of root with CRI-O's capabilities, beside a hardened one.
# Root that has a capability which we have not is closed to us, whatever our ids (restricted, cri-o).
RUNGS = {
    "general": "B B", "general, root": "B B", "general, unconfined": "B B",
    "baseline": "C C", "baseline, root": "C C",
    "netadmin": "C C", "netadmin, root": "C C",
    "restricted": "E C", "restricted, other uid": "E E",
    "restricted, same uid, other gid": "E E", "restricted, root": "E E",
    "sysadmin": "A A", "sysadmin, root": "A A",
    "cri-o": "ECC", "cri-o, root": "ECC",
}
# Commands by what they need: (argv, words that their output must have).
EVERYBODY = [(("ps",), b"/app"), (("cat", "/proc/1/status"), b"Name:\tapp"), (("limits",), b"open files"),
             (("pgrep", "app"), b"1"), (("mounts",), b"/proc"), (("id",), b"uid="),
             (("threads",), b"app"), (("ss", "-ltn"), b"8080"), (("ip", "addr"), b"lo"),
             (("info",), b"/app"), (("pstree",), b"app"), (("hostname",), b""),
             (("sh", "-c", "read a < /proc/1/comm; echo $a"), b"app"), (("rung",), b"rung")]
FILES = [(("ls", "/"), b"app"), (("cat", "/etc/hostname"), b""), (("find", "/", "-maxdepth", "1"), b"/app"),
         (("sha256sum", "/app"), b"/app"), (("stat", "/app"), b"/app"), (("du", "/app"), b"/app"),
         (("head", "-c", "4", "/app"), b"ELF"), (("df", "/"), b"/"), (("tree", "/etc"), b"hostname"),
         (("readlink", "-v", "/proc/1/exe"), b"/app"),
         (("sh", "-c", "cd /etc; ls | wc -l; cat hosts"), b"localhost")]
PROCESSES = [(("environ", "1"), b"PATH="), (("maps", "1"), b"/app"), (("fds", "1"), b"socket"),
             (("cat", "/proc/1/environ"), b"PATH="), (("ls", "-l", "/proc/1/fd"), b"->"),
             (("ss", "-ltnp"), b"app")]


def load_image():
    if not have_image():
        archive = scratch("image.tar")
        must(sys.executable, BUILD, "-o", archive, "--name", IMAGE, AGENT)
        loaded = must("docker", "load", "-q", "-i", archive)
        check(IMAGE in loaded, loaded)
        undo(lambda: run("docker", "rmi", IMAGE))
        images.load("scratch", APP)
        undo(lambda: run("docker", "rmi", APP))


def have_image():
    need_docker()
    return run("docker", "image", "inspect", IMAGE).returncode == 0


def target(kind="root", **more):
    load_image()
    return Container(APP, options=TARGETS[kind], **more)


def beside(container, *options, network=True):
    share = ("--pid", f"container:{container.id}")
    share += ("--network", f"container:{container.id}") if network else ()
    return (*share, *options)


class Sidecar(Container):
    """The image held open beside a target, for commands by docker exec."""

    def __init__(self, container, *options, command=("hold", "--ttl", "10m"), **more):
        load_image()
        super().__init__(IMAGE, *command, options=beside(container, *options, **more))

    def command(self, *argv, **options):
        return run("docker", "exec", self.id, "/limpet-agent", *argv, **options)


def witness(container):
    """Everything that could have been changed in the target, as the host sees it."""
    lines = [must("docker", "diff", container.id)]
    root = f"{container.procfs}/root"
    for folder, names, files in os.walk(root):
        if folder == root:
            names[:] = [name for name in names if name not in ("proc", "sys")]
        for name in (*names, *files):
            status = os.lstat(os.path.join(folder, name))
            lines.append(f"{folder}/{name} {status.st_ino} {status.st_mode} {status.st_uid} "
                         f"{status.st_gid} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}")
    for name in ("mountinfo", "cgroup", "limits"):
        with open(f"{container.procfs}/{name}") as file:
            lines.append(file.read())
    return lines


def one_reason(done, argv):
    """A command that this rung cannot give: a line that says why, and what would change it."""
    check(done.returncode != 0, f"{argv} found nothing out and ended with 0")
    lines = done.err.decode(errors="replace").splitlines()
    check(lines, f"{argv} does not say why")
    check(all("needs kubectl debug" in line and "rung" in line for line in lines),
          f"{argv} says {done.err!r}")


def works(sidecar, argv, words):
    done = sidecar.command(*argv)
    equal((done.returncode, done.err), (0, b""), f"{argv}")
    check(words in done.out, f"{argv}: no {words!r} in {done.out[:300]!r}")


def profile(name):
    for kind, rung in zip(("root", "cri-o", "hardened"), RUNGS[name], strict=True):
        if rung == " ":
            continue
        with target(kind) as container, Sidecar(container, *PROFILES[name]) as sidecar:
            before = witness(container)
            told = json.loads(sidecar.command("rung", "-o", "json").out)
            equal(told["rung"], rung, f"rung beside {kind}, which gives {told}")
            equal(told["weaker"] is not None, "no-new-privileges" in PROFILES[name], "the warning")
            equal(told["lift"] is None, rung == "A", "what lifts it")
            for argv, words in EVERYBODY:
                works(sidecar, argv, words)
            for argv, words in FILES + PROCESSES:
                if rung <= "C":
                    works(sidecar, argv, words)
                else:
                    one_reason(sidecar.command(*argv), argv)
            refused = sidecar.command("sh", "-c", "echo > /dev/shm/new; echo > /new; tee /new2")
            check(b"needs --allow modify" in refused.err, f"writing: {refused.err!r}")
            equal(sidecar.command("sh", "-c", "exit 7").returncode, 7, "the status")
            has_scratch(sidecar)
            equal(witness(container), before, f"the target beside {name}")


def has_scratch(sidecar):
    """A private place to write to, on every rung; what is written elsewhere is refused."""
    done = sidecar.command("sh", "-c", "cd $LIMPET_SCRATCH && echo kept >a && tee b <a >/dev/null && sort -o c a b && "
                                       "cat c; ls; echo >/tmp/elsewhere; tee /tmp/elsewhere </dev/null")
    equal(done.out, b"kept\nkept\na\nb\nc\n", f"the scratch directory: {done.err!r}")
    equal(done.err.count(b"/tmp/elsewhere: Read-only file system"), 2, done.err)
    equal(sidecar.command("sh", "-c", "ls -A $LIMPET_SCRATCH").out, b"", "another session's scratch directory")
    equal(os.listdir(f"{sidecar.procfs}/root/tmp"), [], "what sessions leave in the image's /tmp")


for name in PROFILES:
    add_case("profile_" + name.replace(", ", "_").replace(" ", "_").replace("-", ""), profile, name)


@case
def terminal():
    """What `kubectl debug -it POD --image=limpet --target=app` shows."""
    with target("hardened") as container:
        for options, rung in ((PROFILES["baseline"], "C"), (PROFILES["restricted, other uid"], "E")):
            term = Terminal("docker", "run", "-it", "--rm", "--label", f"limpet-test={RUN}",
                            *beside(container, *options), IMAGE)
            banner = term.expect(r"rung ([A-F]):.*?\$ ")
            equal(banner.group(1).decode(), rung)
            if rung == "E":
                check(b"runAsUser: 65532 and runAsGroup: 65532" in banner.group(0), banner.group(0))
                check(b"weaker:" in banner.group(0), banner.group(0))
            # One job: between two a Ctrl-C can meet a group whose only process has just ended.
            term.send("{ cat /proc/1/comm; sleep 100; } | cat\r")
            term.expect(r"app\r\n")
            term.send("\x03")
            term.send("exit 3\r")
            equal(term.wait(), 3)


def client_through(sidecar):
    """The client's agent is a docker exec into the container, as kubectl exec would be."""
    script = scratch(f"agent.{sidecar.name}")
    with open(script, "w") as file:
        file.write(f"#!/bin/sh\nexec docker exec -i {sidecar.id} /limpet-agent serve --listen stdio\n")
    os.chmod(script, 0o755)
    return environment(LIMPET_AGENT=script)


def agents_in(sidecar):
    return [line for line in must("docker", "top", sidecar.id, "-eo", "pid,stat,args").splitlines()
            if "limpet-agent" in line and " hold" not in line]


@case
def sessions():
    for kind, options in (("root", ROOT), ("hardened", BARE), ("hardened", ()),
                          ("nobody", PROFILES["sysadmin"])):
        with target(kind) as container, Sidecar(container, *options) as sidecar:
            env = client_through(sidecar)
            done = limpet_exec("pod", "ls", "/", env=env)
            equal((done.returncode, done.err), (0, b""))
            check(b"app" in done.out, done.out)
            equal(limpet_exec("pod", "sh", "-c", "exit 7", env=env).returncode, 7)
            wrong = limpet_exec("no-such", "true", env=env)
            equal(wrong.returncode, 125)
            check(b"no container 'no-such'" in wrong.err, wrong.err)
            # A client that dies leaves nothing behind, and no zombie for the target's first process.
            client = start(CLIENT, "exec", "pod", "--", "sh", "-c", "sleep 300 & sleep 301 | cat",
                           env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            until(lambda: len(agents_in(sidecar)) >= 5, what="the session")
            client.kill()
            until(lambda: not agents_in(sidecar), what="the end of the session")
            equal(container.ask("pids").split(), sorted(container.ask("pids").split(), key=int))
            zombies = [line for line in must("ps", "-eo", "stat,ppid,comm").splitlines()
                       if line.startswith("Z") and "limpet" in line
                       and line.split()[1] == str(container.pid)]
            equal(zombies, [], "zombies of ours in the target")


@case
def hold():
    with target() as container:
        with Sidecar(container) as sidecar:
            began = time.monotonic()
            must("docker", "stop", "-t", "20", sidecar.id)
            check(time.monotonic() - began < 5, "SIGTERM was not obeyed at once")
            equal(sidecar.inspect("{{.State.ExitCode}}"), "0")
            equal(run("docker", "logs", sidecar.id).out, b"", "what hold printed")
        with Sidecar(container, command=("hold", "--ttl", "3s")) as sidecar:
            session = start("docker", "exec", "-i", sidecar.id, "/limpet-agent", "cat",
                            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
            time.sleep(6)
            equal(sidecar.inspect("{{.State.Status}}"), "running", "with a session")
            session.stdin.close()
            until(lambda: sidecar.inspect("{{.State.Status}}") == "exited", 15, "the end when idle")
            equal(sidecar.inspect("{{.State.ExitCode}}"), "0")
        usage = run("docker", "run", "--rm", IMAGE, "hold", "--ttl", "soon")
        equal(usage.returncode, 2)


@case
def shared_pid_namespace():
    """shareProcessNamespace: the pod's first process is pause, and there may be several containers."""
    load_image()
    pause = scratch("pause.c")
    with open(pause, "w") as file:
        file.write("#include <unistd.h>\nint main(void) { for (;;) pause(); }\n")
    tree = scratch("pause-tree")
    os.makedirs(tree, exist_ok=True)
    must("gcc", "-static", "-O2", "-o", f"{tree}/pause", pause)
    image = f"limpet-test-pause:{RUN.lower()}"
    must("sh", "-c", f"tar -C {tree} -c . | docker import -c 'ENTRYPOINT [\"/pause\"]' - {image}")
    undo(lambda: run("docker", "rmi", image))
    with Container(image, "pause", name=f"limpet-{os.getpid()}-pause") as pod:
        share = ("--pid", f"container:{pod.id}", "--network", f"container:{pod.id}")
        with Container(APP, options=share) as app:
            with Sidecar(pod, *ROOT) as sidecar:
                told = json.loads(sidecar.command("rung", "-o", "json").out)
                equal((told["rung"], told["target"]), ("C", app.id[:12]))
                check(told["pid"] != 1, "pause is nobody's target")
                check(b"app" in sidecar.command("ls", "/").out, "it sees another container's files")
            with Container(APP, options=(*share[:2], "--user", NOBODY)) as other, \
                    Sidecar(pod, *ROOT) as sidecar:
                unclear = sidecar.command("ls", "/")
                equal(unclear.returncode, 125)
                check(app.id[:12].encode() in unclear.err and other.id[:12].encode() in unclear.err
                      and b"LIMPET_TARGET" in unclear.err, unclear.err)
                for one in (app, other):
                    told = json.loads(sidecar.command("--target", one.id[:12], "rung", "-o",
                                                      "json").out)
                    equal(told["target"], one.id[:12])
                chosen = run("docker", "exec", "-e", f"LIMPET_TARGET={other.id[:10]}", sidecar.id,
                             "/limpet-agent", "environ")
                equal(chosen.returncode, 0, chosen.err)


def beside_bundle(bundle, uid, capabilities, *argv):
    """The agent in the user, pid and network namespaces of a bundle, as a pod with hostUsers: false."""
    folder = scratch(f"beside.{len(os.listdir(os.path.dirname(scratch('x'))))}")
    os.makedirs(f"{folder}/rootfs/proc")
    os.makedirs(f"{folder}/rootfs/dev")
    must("cp", AGENT, f"{folder}/rootfs/limpet-agent")
    must("runc", "spec", cwd=folder)
    with open(f"{folder}/config.json") as file:
        config = json.load(file)
    sets = ("bounding", "permitted", "effective") if uid == 0 else ("bounding",)
    config["process"].update(
        terminal=False, args=["/limpet-agent", *argv], user={"uid": uid, "gid": uid},
        capabilities={name: [f"CAP_{one}" for one in capabilities] for name in sets})
    config["linux"]["namespaces"] = [
        *({"type": kind, "path": f"{bundle.procfs}/ns/{name}"}
          for kind, name in (("user", "user"), ("pid", "pid"), ("network", "net"))),
        {"type": "mount"}, {"type": "ipc"}, {"type": "uts"}]
    mapping = [{"containerID": 0, "hostID": bundle.base, "size": 65536}]
    config["linux"]["uidMappings"] = config["linux"]["gidMappings"] = mapping
    config["linux"].pop("resources", None)
    config["mounts"] = [mount for mount in config["mounts"] if mount["type"] in ("proc", "tmpfs")]
    with open(f"{folder}/config.json", "w") as file:
        json.dump(config, file)
    return run("runc", "--root", f"{folder}/state", "run", "--bundle", folder,
               f"limpet-beside-{os.getpid()}-{os.path.basename(folder)}")


@case
def user_namespace():
    usual = CRIO[3::2]
    for target_uid, uid, capabilities, rung in (
            (0, 0, usual, "E"), (0, 0, (*usual, "SYS_PTRACE"), "B"), (65532, 0, usual, "C"),
            (65532, 65532, (), "C"), (65532, 1234, (), "E"),
            (65532, 0, (*usual, "SYS_PTRACE", "SYS_ADMIN", "SYS_CHROOT"), "A")):
        with Bundle(images.tree("scratch"), ["/app"], uid=target_uid) as bundle:
            done = beside_bundle(bundle, uid, capabilities, "rung", "-o", "json")
            equal((done.returncode, done.err), (0, b""))
            told = json.loads(done.out)
            equal(told["rung"], rung, f"{uid} {capabilities} beside {target_uid}: {told}")
            done = beside_bundle(bundle, uid, capabilities, "sh", "-c", "ls /; environ")
            equal(b"app" in done.out, rung <= "C", f"files: {done.out} {done.err}")


@case
def nothing_shared():
    load_image()
    with Container(IMAGE, "hold") as alone:
        for argv, status in ((("rung",), 0), (("ss", "-ltn"), 0), (("ip", "addr"), 0), (("ps",), 126),
                             (("info",), 126), (("ls", "/"), 2), (("cat", "/etc/passwd"), 1)):
            done = run("docker", "exec", alone.id, "/limpet-agent", *argv)
            equal(done.returncode, status, f"{argv}: {done.err!r}")
            if status:
                check(b"--target=" in done.err, f"{argv}: {done.err!r}")


@case
def pod_of_the_node():
    """hostPID: the image debugs the node, and its first process is nobody's sidecar."""
    load_image()
    if os.stat("/proc/self/ns/pid").st_ino != 0xEFFFFFFC:
        raise Skip("this machine's pid namespace is not the first one")
    done = run("docker", "run", "--rm", "--pid", "host", IMAGE, "rung")
    equal(done.returncode, 1)
    check(b"only a container beside its target" in done.err, done.err)


@case
def network_of_others():
    with target() as container, Sidecar(container, *ROOT, network=False) as sidecar:
        done = sidecar.command("ss", "-ltn")
        equal(done.returncode, 126)
        check(b"--network=container:" in done.err, done.err)
        equal(sidecar.command("ls", "/").returncode, 0)
    with target() as container, Sidecar(container, *PROFILES["sysadmin, root"],
                                        network=False) as sidecar:
        works(sidecar, ("ss", "-ltn"), b"8080")


@case
def cgroup_is_the_targets():
    load_image()
    with Container(APP, options=("-m", "80m", "--pids-limit", "77")) as container, \
            Sidecar(container, *ROOT) as sidecar:
        cgroup = json.loads(sidecar.command("info", "-o", "json").out)["cgroup"]
        equal((cgroup["memory"]["limit"], cgroup["pids"]["limit"]), (80 << 20, 77))


@case
def memory():
    """The pod's memory limit is the target's as well."""
    with target() as container, Sidecar(container, "-m", "16m", "--memory-swap", "16m") as sidecar:
        env = client_through(sidecar)
        for _ in range(3):
            done = limpet_exec("pod", "sh", "-c", "find / | wc -l; ps; sha256sum /app; cat /app /app",
                               env=env)
            equal(done.returncode, 0, done.err)
        equal(sidecar.inspect("{{.State.Status}} {{.State.OOMKilled}}"), "running false")


@case
def image_is_reproducible():
    load_image()
    sums = []
    for number in range(2):
        archive = scratch(f"again.{number}.tar")
        must(sys.executable, BUILD, "-o", archive, "--version", "1.2.3", AGENT,
             env=environment(SOURCE_DATE_EPOCH="1700000000"))
        with open(archive, "rb") as file:
            sums.append(hashlib.sha256(file.read()).hexdigest())
        time.sleep(1.1)
    equal(sums[0], sums[1])
    with tarfile.open(scratch("again.0.tar")) as tar:
        def load(name):
            return json.load(tar.extractfile(name))
        index = load("index.json")["manifests"][0]
        manifest = load("blobs/sha256/" + index["digest"][7:])
        config = load("blobs/sha256/" + manifest["config"]["digest"][7:])
        equal((config["config"]["User"], config["created"]), (NOBODY, "2023-11-14T22:13:20Z"))
        equal(config["config"]["Labels"]["org.opencontainers.image.version"], "1.2.3")
        for blob in (name for name in tar.getnames() if name.startswith("blobs/sha256/")):
            equal(hashlib.sha256(tar.extractfile(blob).read()).hexdigest(), blob[13:], blob)
        with tarfile.open(fileobj=tar.extractfile("blobs/sha256/" +
                                                  manifest["layers"][0]["digest"][7:])) as layer:
            members = {member.name: member for member in layer}
            equal(members["tmp"].mode, 0o1777)
            equal((members["limpet-agent"].mode, members["limpet-agent"].uid), (0o2755, 0))


@case
def image_of_two_architectures():
    """One index of both; Docker before 25 gets its own. (The program for arm64 is one in name only.)"""
    load_image()
    with open(AGENT, "rb") as file:
        program = bytearray(file.read())
    program[18:20] = (183).to_bytes(2, "little")  # e_machine of elf(5)
    other, archive = scratch("arm64"), scratch("both.tar")
    with open(other, "wb") as file:
        file.write(program)
    image = f"limpet-test-both:{RUN.lower()}"
    said = must(sys.executable, BUILD, "-o", archive, "--name", image, AGENT, other)
    equal([line.split()[0] for line in said.splitlines()], ["amd64", "arm64", "image"])
    undo(lambda: run("docker", "rmi", image))
    must("docker", "load", "-q", "-i", archive)
    equal(must("docker", "image", "inspect", "-f", "{{.Architecture}}", image), "amd64")
    wrong = run(sys.executable, BUILD, "-o", archive, AGENT, AGENT)
    check(wrong.returncode != 0 and b"two programs for amd64" in wrong.err, wrong.err)


main()
