# doctor.py - limpet doctor: what it finds here, with less privilege, beside filters, and with targets.
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import images
from limpet import *  # noqa: F403

# What opening a target takes, whatever the kernel.
CALLS = ("open_tree", "mount_setattr", "fsopen", "openat2", "pidfd_open", "clone3", "mount namespace",
         "user namespace", "overlay", "seccomp", "Landlock")
TOLD = ("kernel", "our seccomp", "no_new_privs", "security modules", "Yama ptrace_scope", "hidepid", "cgroup version")


def findings(done):
    rows = [json.loads(line) for line in done.out.splitlines()]
    for row in rows:
        equal(sorted(row), ["check", "detail", "fix", "state"], "fields")
        check(row["state"] in ("works", "fails", "without", "is"), f"{row}")
        check(row["state"] != "fails" or row["fix"] or row["check"] == "target", f"no way out: {row}")
    equal(done.returncode, 1 if any(row["state"] == "fails" for row in rows) else 0, "status")
    return {row["check"]: row for row in rows}


def subject(*options):
    need_docker()
    name = f"limpet-test-scratch:{RUN.lower()}-doctor"
    images.load("scratch", name)
    undo(lambda: run("docker", "rmi", name))
    return Container(name, options=options)


@case
def this_machine():
    container = subject()
    found = findings(limpet("doctor", "-o", "json"))
    for name in CALLS + TOLD + ("client", "privilege"):
        check(name in found, f"{name} is missing in {sorted(found)}")
    equal(found["kernel"]["detail"], f"{os.uname().release} {os.uname().machine}", "the kernel")
    # Where the other tests run these work.
    for name in ("privilege", "open_tree", "fsopen", "openat2", "seccomp", "mount namespace"):
        equal(found[name]["state"], "works", f"{found[name]}")
    equal(found["docker"]["state"], "works", "the runtime")
    check(int(found["docker"]["detail"].split()[0]) >= 1, f"{found['docker']}")
    table = limpet("doctor").out.decode()
    check(table.startswith("CHECK") and "\nprivilege " in table, table)
    container.remove()


@case
def without_privilege():
    nobody = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", CLIENT)
    done = run(*nobody, "doctor", "-o", "json")
    if done.returncode == 125:
        raise Skip(f"the agent cannot be started as nobody: {done.err}")
    found = findings(done)
    equal((found["privilege"]["state"], found["privilege"]["fix"]), ("fails", "run it as root: sudo limpet"), "privilege")
    check("SYS_ADMIN" in found["privilege"]["detail"] and "uid 65534" in found["privilege"]["detail"], f"{found['privilege']}")
    equal(found["open_tree"]["state"], "fails", "open_tree")
    done = run(*nobody, "doctor", "-o", "json", f"pid:{os.getpid()}")
    found = findings(done)
    check(any(row["state"] == "fails" and "sudo" in (row["fix"] or "") for row in found.values()), f"{found}")


def in_a_container(*options, words=()):
    name = f"limpet-test-scratch:{RUN.lower()}-inside"
    images.load("scratch", name)
    undo(lambda: run("docker", "rmi", name))
    return findings(run("docker", "run", "--rm", "--label", f"limpet-test={RUN}", *options, "-v", f"{AGENT}:/agent:ro",
                        "--entrypoint", "/agent", name, "doctor", "-o", "json", *words))


@case
def within_containers():
    need_docker()
    found = in_a_container()
    equal(found["privilege"]["state"], "fails", "privilege")
    check("docker run --cap-add SYS_ADMIN" in found["privilege"]["fix"], f"{found['privilege']}")
    equal(found["our seccomp"]["detail"], "filter", "seccomp")
    check(found["open_tree"]["state"] == "fails" and "--cap-add" in found["open_tree"]["fix"], f"{found['open_tree']}")
    # With all capabilities it is the filter that is left.
    profile = scratch("profile.json")
    with open(profile, "w") as file:
        json.dump({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["openat2"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
            {"names": ["clone3", "pidfd_open"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}, file)
    needed = [word for name in ("SYS_ADMIN", "SYS_PTRACE", "DAC_READ_SEARCH") for word in ("--cap-add", name)]
    found = in_a_container(*needed, "--security-opt", f"seccomp={profile}", "--security-opt", "apparmor=unconfined")
    equal(found["privilege"]["state"], "works", "all capabilities")
    check(found["openat2"]["state"] == "fails" and "seccomp=unconfined" in found["openat2"]["fix"], f"{found['openat2']}")
    equal((found["clone3"]["state"], found["clone3"]["fix"]), ("without", "Linux 5.3"), "an older kernel")
    equal(found["open_tree"]["state"], "works", "what the filter lets through")
    found = in_a_container(*needed, "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined")
    equal({row["check"] for row in found.values() if row["state"] == "fails"}, set(), "with all it takes")


@case
def with_targets():
    container = subject()
    found = findings(limpet("doctor", "-o", "json", container.name))
    for name in ("files and processes", "network", "layers", "trace", "modify", "scratch"):
        equal(found[name]["state"], "works", f"{found.get(name)}")
    check("--allow trace" in found["trace"]["detail"] and "--scratch" in found["scratch"]["detail"], f"{found}")
    found = findings(limpet("doctor", "-o", "json", f"pid:{container.pid}"))
    equal(found["layers"]["state"], "without", "of a process alone")
    found = findings(limpet("doctor", "-o", "json", "no-such-container"))
    check(found["target"]["state"] == "fails" and "no-such-container" in found["target"]["detail"], f"{found}")
    must("docker", "kill", container.id)
    found = findings(limpet("doctor", "-o", "json", container.name))
    equal((found["files"]["state"], found["processes"]["state"]), ("works", "without"), "one that has ended")
    equal(limpet("doctor", "a", "b").returncode, 2, "two targets")
    # In a session there is nothing left to try with.
    container = subject()
    done = limpet("exec", container.name, "--", "sh", "-c", "doctor")
    check(done.returncode == 1 and b"limpet doctor" in done.err, f"{done}")


if __name__ == "__main__":
    main()
