# leaked_fd_cve_2024_21626.py - what a process near the target holds that leads to the host.
#
# runc left a descriptor of /sys/fs/cgroup open and a working directory of the host: /proc/self/fd/7
# was the way out. Here every process of a session is held against a list of what it may have.
import os
import stat
import subprocess

import attack
from attack import AGENT, Box, add_case, case, check, children, equal, link, must, start, until

HARMLESS = ("pipe:", "anon_inode:[pidfd]", "anon_inode:[signalfd]", "anon_inode:[timerfd]",
            "anon_inode:[eventpoll]", "anon_inode:[eventfd]")


def host_mounts():
    with open("/proc/self/mountinfo") as file:
        return {int(line.split()[0]) for line in file}


def fdinfo(pid, number, field):
    with open(f"/proc/{pid}/fdinfo/{number}") as file:
        for line in file:
            if line.startswith(field):
                return line.split(":")[1].strip()
    return ""


def problems(pid, target, role):
    """What this process should not have: one line for each."""
    found = []
    mounts = host_mounts()
    for number in sorted(map(int, os.listdir(f"/proc/{pid}/fd"))):
        to = link(f"/proc/{pid}/fd/{number}")
        if to.startswith(HARMLESS) or to in ("", f"net:{link(f'/proc/{target}/ns/net')[4:]}"):
            continue
        if to.startswith("socket:") and (number <= 2 or role == "supervisor" and number == 3):
            continue
        status = os.stat(f"/proc/{pid}/fd/{number}")
        if stat.S_ISCHR(status.st_mode) and os.major(status.st_rdev) in (1, 5, 136) and \
                to.startswith(("/dev/null", "/dev/pts/", "/dev/tty")):
            continue
        # A mount that no namespace shows: the clone, our own procfs, the cgroups' clone.
        mount = int(fdinfo(pid, number, "mnt_id"))
        # O_WRONLY and O_RDWR in octal.
        if mount not in mounts and int(fdinfo(pid, number, "flags"), 8) & 3 == 0:
            continue
        found.append(f"fd {number} is {to} (mount {mount})")
    for name in ("cwd", "root"):
        place = f"/proc/{pid}/{name}"
        if os.path.samestat(os.stat(place), os.stat("/")) or os.listdir(place) or \
                not os.statvfs(place).f_flag & os.ST_RDONLY or link(place) != "/":
            found.append(f"its {name} is {link(place)} of somewhere, not an empty read-only one")
    return found


def rights(pid, role):
    """More privilege than that role needs."""
    found = []
    # What the shell may hold for its children alone: to join the network (21), and DAC_OVERRIDE (1),
    # which only `connect` has in effect, for the modes of unix sockets.
    kept = 1 << 1 | 1 << 21
    may = {"supervisor": 1 << 5, "shell": 1 << 2 | 1 << 13 | 1 << 19 | kept,
           "command": 1 << 2 | 1 << 13 | 1 << 19}[role]
    for field, most in (("CapPrm", may), ("CapEff", may & ~kept), ("CapInh", 0), ("CapAmb", 0)):
        value = int(attack.status(pid, field), 16)
        if value & ~most:
            found.append(f"{field} {value:x}")
    for field, wanted in (("NoNewPrivs", "1"), ("Seccomp", "2")):
        if attack.status(pid, field) != wanted:
            found.append(f"{field} {attack.status(pid, field)}")
    uid = int(attack.status(pid, "Uid").split()[0])
    if role != "supervisor" and (uid < 0x70000000 or attack.status(pid, "Groups")):
        found.append(f"uid {uid}, groups {attack.status(pid, 'Groups')}")
    for kind in ("pid", "mnt", "ipc", "user", "cgroup"):
        if link(f"/proc/{pid}/ns/{kind}") != link(f"/proc/self/ns/{kind}"):
            found.append(f"another {kind} namespace")
    return found


@case
def naive_helper_is_found_out():
    with Box("wait") as box:
        host = os.open("/sys/fs/cgroup", os.O_RDONLY)
        helper = start("nsenter", "-t", box.pid, "-p", "--", "sleep", "60", pass_fds=[host])
        pid = until(lambda: children(helper.pid), what="the helper's child")[0]
        found = problems(pid, box.pid, "command")
        for what in ("fd", "cwd", "root"):
            check(any(what in line for line in found), f"the check misses a leaked {what}: {found}")
        check(len(rights(pid, "command")) >= 4, f"the check misses rights: {rights(pid, 'command')}")
        os.close(host)


def tree_of(client):
    """The session's processes: (supervisor, [those below]); serve is between it and the client."""
    serve = until(lambda: children(client.pid), what="serve")[0]
    supervisor = until(lambda: children(serve), what="a session")[0]
    below = until(lambda: children(supervisor), what="its process")
    return supervisor, below


def held(argv, roles):
    known = must(AGENT, "--list").split()
    if argv[0] not in known:
        raise attack.Skip(f"this build has no command '{argv[0]}'")
    with Box("wait", files={"/etc/lines": "one\n"}) as box:
        host = os.open("/etc/shadow", os.O_RDONLY)
        client = start(attack.CLIENT, "exec", box.target, "--", *argv, pass_fds=[host],
                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/sys/fs/cgroup")
        # Until all that it starts is there and has given up what it will.
        until(lambda: len(tree_of(client)[1]) == len(roles) and all(
            attack.status(pid, "Seccomp") == "2" for pid in tree_of(client)[1]), what="the session")
        attack.time.sleep(0.3)
        supervisor, below = tree_of(client)
        bad = [f"{role}: {line}" for pid, role in [(supervisor, "supervisor"), *zip(below, roles)]
               for line in problems(pid, box.pid, role) + rights(pid, role)]
        os.close(host)
        equal(bad, [])
        client.terminate()
        client.wait(10)


add_case("cat_holds_nothing", held, ("cat",), ["command"])
add_case("sleep_holds_nothing", held, ("sleep", "60"), ["command"])
add_case("tail_holds_nothing", held, ("tail", "-f", "/etc/lines"), ["command"])
add_case("shell_holds_nothing", held, ("sh", "-c", "cat; true"), ["shell", "command"])
add_case("pipeline_holds_nothing", held, ("sh", "-c", "cat | cat | wc; true"),
         ["shell", "command", "command", "command"])
attack.main()
