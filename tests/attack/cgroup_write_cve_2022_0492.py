# cgroup_write_cve_2022_0492.py - whoever writes to cgroup or proc files can be led to the wrong one.
#
# release_agent, core_pattern, cgroup.procs, oom_score_adj of another: the whole session is traced,
# and every file that it opens for writing has to be on a short list.
import os
import re

import attack
from attack import AGENT, CLIENT, Box, case, check, debug, equal, must, read, run, scratch, start

# Its own score, so that it dies before the application; its own output and terminal.
ALLOWED = re.compile(r'^(/proc/self/oom_score_adj|/proc/self/fd/[12]|/dev/null|/dev/ptmx|/dev/pts/\d+|/dev/tty)$')
CALL = re.compile(r'(open|openat|openat2|creat)\((?:[^,"]*, )?"([^"]*)", (.*)')
WRITES = re.compile(r'O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|creat\(')
CHANGES = "mkdir,mkdirat,unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,symlinkat," \
          "chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,utimensat,truncate,setxattr," \
          "fsetxattr,mknod,mknodat"


def traced(*argv):
    """(paths that were opened for writing, calls that change files)."""
    log = scratch("strace")
    done = run("strace", "-f", "-y", "-qq", "-s", "300", "-o", log, "-e",
               f"trace=open,openat,openat2,creat,{CHANGES}", *argv,
               env=attack.limpet.environment(XDG_STATE_HOME=scratch("state")))
    opened, changes, calls = [], [], 0
    with open(log, errors="replace") as file:
        for line in file:
            calls += 1
            match = CALL.search(line)
            if match and WRITES.search(match[0]) and " = -1 " not in line:
                opened.append(match[2])
            # The agent's own sealed copy of itself.
            if not match and "</memfd:" not in line and any(f" {name}(" in line for name in CHANGES.split(",")):
                changes.append(line.strip())
    return done, opened, changes, calls


def own(path):
    """The operator's own log and history."""
    return path.startswith(scratch("")) and not path.startswith(scratch("root."))


@case
def naive_helper_is_noticed():
    with Box("wait") as box:
        score = f"/proc/{box.pid}/oom_score_adj"
        _, opened, changes, _ = traced("sh", "-c", f"echo 7 >{score}; mkdir {box.root}/tools")
        check(score in opened, f"the trace misses a write: {opened}")
        check(changes, "the trace misses a change of files")


@case
def nothing_is_opened_for_writing():
    known = must(AGENT, "--list").split()
    with Box("wait", files={"/etc/passwd": "root:x:0:0::/:/\n"}) as box:
        for argv in (("ls", "-lR", "/"), ("cat", "/etc/passwd"), ("ps", "aux"), ("info",),
                     ("mounts",), ("ss", "-a"), ("env", "1"), ("maps", "1"), ("fds", "1"),
                     ("limits", "1"), ("find", "/", "-type", "f"), ("du", "/"), ("df",),
                     ("grep", "-r", "root", "/etc"), ("sort", "/etc/passwd"), ("ip", "addr"),
                     ("hostname",), ("uname",), ("sh", "-c", "ls / | cat >/dev/null; ps | wc")):
            if argv[0] not in known:
                continue
            done, opened, changes, calls = traced(CLIENT, "exec", box.target, "--", *argv)
            check(done.returncode in (0, 1), f"{argv}: {done.returncode} {done.err!r}")
            check(calls > 10 and "/proc/self/oom_score_adj" in opened,
                  f"{argv}: the trace is empty: {opened}")
            bad = [path for path in opened if not ALLOWED.match(path) and not own(path)]
            equal(bad, [], f"{argv} opened for writing")
            equal([line for line in changes if scratch("state") not in line], [], f"{argv}")


@case
def no_cgroup_is_joined():
    with Box("wait") as box:
        cgroup = read(f"/proc/{box.pid}/cgroup")
        groups = [line.split(b":", 2)[2] for line in cgroup.splitlines()]
        client = start(CLIENT, "exec", box.target, "--", "cat", stdin=attack.subprocess.PIPE)
        ours = read(f"/proc/{client.pid}/cgroup")
        found = attack.until(lambda: len(attack.children(client.pid)) >= 3 and
                             attack.children(client.pid), what="the session")
        for pid in found:
            equal(read(f"/proc/{pid}/cgroup"), ours, "a process of the session moved")
        equal(read(f"/proc/{box.pid}/cgroup"), cgroup, "the target moved")
        check(groups, "no cgroups here")
        client.kill()


@case
def no_docker_cgroup_is_joined():
    attack.need_docker()
    tree = scratch("image")
    os.makedirs(tree)
    for name in ("proc", "dev", "sys", "etc"):
        os.makedirs(f"{tree}/{name}")
    must("cp", attack.build("wait"), f"{tree}/wait")
    must("sh", "-c", f"tar -C {tree} -c . | docker import - limpet-attack-wait")
    attack.undo(lambda: run("docker", "rmi", "-f", "limpet-attack-wait"))
    with attack.limpet.Container("limpet-attack-wait", "/wait", options=("--network", "none"),
                                 name=f"attack-cgroup-{os.getpid()}") as box:
        def members():
            """Every cgroup of the container's, in each hierarchy, with its processes."""
            found = {}
            for line in read(f"/proc/{box.pid}/cgroup").decode().splitlines():
                path = line.split(":", 2)[2].lstrip("/")
                for hierarchy in os.listdir("/sys/fs/cgroup") + ["."]:
                    file = f"/sys/fs/cgroup/{hierarchy}/{path}/cgroup.procs"
                    if path and os.path.exists(file):
                        found[file] = read(file)
            return found
        before = members()
        check(before, "the container is in no cgroup that can be seen")
        joined = start("sh", "-c", f"echo $$ >{next(iter(before))}; exec sleep 60")
        attack.until(lambda: members() != before, what="the naive helper's move")
        joined.kill()
        attack.until(lambda: members() == before, what="the naive helper's end")
        client = start(CLIENT, "exec", f"docker:{box.name}", "--", "cat",
                       stdin=attack.subprocess.PIPE)
        attack.until(lambda: len(attack.children(client.pid)) >= 3, what="the session")
        equal(members(), before, "the container's cgroups during a session")
        client.kill()
        equal(debug(box.name, "ls", "/").returncode, 0)
        equal(members(), before, "after it")


attack.main()
