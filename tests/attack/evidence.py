# evidence.py - whoever looks leaves traces: times of access, files, processes, mounts, locks.
#
# Every command of the agent runs against one box with all kinds of files; what can be known of the
# box is compared before and after each.
import hashlib
import os
import socket
import stat

import attack
from attack import Box, case, check, debug, equal, link, must, read, until

OLD = 1_000_000_000


def furnished():
    def prepare(root):
        for folder in ("many/kinds", "volume", "scratch"):
            os.makedirs(f"{root}/{folder}")
        for number in range(20):
            with open(f"{root}/many/kinds/file{number}", "w") as file:
                file.write("text\n" * number)
            os.setxattr(f"{root}/many/kinds/file{number}", "user.note", b"kept")
        os.symlink("file1", f"{root}/many/kinds/link")
        os.mkfifo(f"{root}/many/kinds/fifo")
        os.mknod(f"{root}/many/kinds/null", 0o20666, os.makedev(1, 3))
        peer = socket.socket(socket.AF_UNIX)
        peer.bind(f"{root}/many/kinds/socket")
        peer.close()
        for folder, names, files in os.walk(root):
            for name in [".", *names, *files]:
                os.utime(os.path.join(folder, name), (OLD, OLD + 1), follow_symlinks=False)
    volume = attack.scratch("volume")
    os.makedirs(volume, exist_ok=True)
    with open(f"{volume}/shared", "w") as file:
        file.write("shared\n")
    os.utime(f"{volume}/shared", (OLD, OLD))
    box = Box("wait", options=("--bind", volume, "/volume", "--tmpfs", "/scratch"), prepare=prepare,
             files={"/etc/passwd": "root:x:0:0::/:/\n"})
    # Until it waits, its own start changes what is compared.
    until(lambda: read(f"/proc/{box.pid}/syscall").startswith(b"34 "), what="its pause(2)")
    return box


def contents(path):
    # O_NOATIME: the look itself must leave no trace.
    fd = os.open(path, os.O_RDONLY | os.O_NOATIME)
    with open(fd, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def snapshot(box):
    """All metadata below its root by stat alone, which leaves no trace; and its kernel objects."""
    found = {}
    base = f"/proc/{box.pid}/root"
    # Names from the folder out here: reading the box's own folders would touch their times.
    for folder in ("many/kinds", "many", "etc", "volume", "scratch", "dev", "tmp", "."):
        names = NAMES.get(folder, [])
        for name in [".", *names]:
            path = f"{base}/{folder}/{name}"
            status = os.lstat(path)
            content = contents(path) if stat.S_ISREG(status.st_mode) else b""
            found[f"{folder}/{name}"] = (
                content, status.st_ino, status.st_mode, status.st_uid, status.st_gid, status.st_nlink,
                status.st_size, status.st_atime_ns, status.st_mtime_ns, status.st_ctime_ns,
                tuple(os.listxattr(path, follow_symlinks=False)))
    for name in ("mountinfo", "cgroup", "cmdline", "environ", "maps", "net/unix", "net/tcp"):
        found[name] = hashlib.sha256(read(f"/proc/{box.pid}/{name}")).hexdigest()
    found["descriptors"] = [link(f"/proc/{box.pid}/fd/{n}")
                            for n in sorted(os.listdir(f"/proc/{box.pid}/fd"))]
    found["ipc"] = must("nsenter", "-t", box.pid, "-i", "cat", "/proc/sysvipc/shm",
                        "/proc/sysvipc/msg", "/proc/sysvipc/sem")
    found["started"] = read(f"/proc/{box.pid}/stat").split()[21]
    found["children"] = attack.children(box.pid)
    found["TracerPid"] = attack.status(box.pid, "TracerPid")
    return found


NAMES = {"many/kinds": [*(f"file{n}" for n in range(20)), "link", "fifo", "null", "socket"],
         "many": ["kinds"], "etc": ["passwd"], "volume": ["shared"], "dev": ["null", "zero", "shm"],
         ".": ["many", "etc", "volume", "wait"]}

ARGUMENTS = {
    **{name: ["/many/kinds/file9", "/many/kinds/fifo", "/volume/shared"]
       for name in ("less", "more", "vi", "view")},
    "connect": ["localhost"],
    "watch": ["-n", "0.1", "-g", "date", "+%N"], "time": ["cat", "/many/kinds/file3"],
    **{name: [] for name in ("reset", "nproc", "groups")},
    "ls": ["-laR", "/"], "find": ["/", "-type", "f"], "findmnt": [], "grep": ["-r", "text", "/many"],
    "stat": ["/many/kinds/link", "/volume/shared"], "du": ["-a", "/many"], "tree": ["/many"],
    **{name: ["/many/kinds/file3", "/many/kinds/new"] for name in
       ("cp", "mv", "rm", "rmdir", "mkdir", "ln", "touch", "truncate", "sync", "dd", "install",
        "mktemp", "chmod", "chown", "chgrp")},
    "scratch": ["diff"], "test": ["-f", "/many/kinds/file1"], "[": ["-s", "/many/kinds/file1", "]"],
    "xargs": ["-a", "/many/kinds/file3", "cat", "/volume/shared"],
    **{name: ["/many/kinds/link"] for name in ("readlink", "realpath")},
    **{name: ["/many/kinds/file9", "/many/kinds/fifo", "/many/kinds/null", "/volume/shared"]
       for name in ("cat", "head", "tail", "wc", "strings", "hexdump", "hd", "md5sum", "sha1sum",
                    "sha256sum", "sha512sum", "b2sum", "cksum", "base64", "sort", "uniq", "tac", "rev", "nl", "paste",
                    "fold", "expand", "unexpand")},
    "awk": ["/text/ { print > \"/many/kinds/new\" }", "/many/kinds/file9", "/many/kinds/fifo"],
    "sed": ["s/text/x/w /many/kinds/new", "/many/kinds/file9", "/many/kinds/fifo"],
    **{name: ["/many/kinds/file3", "/many/kinds/file9"] for name in ("comm", "join", "cmp", "diff")},
    **{name: ["/many/kinds/file9", "/many/kinds/fifo", "/many/kinds/null"]
       for name in ("gzip", "gunzip", "zcat", "zstd", "unzstd", "zstdcat")},
    **{name: ["/many/kinds/file9"] for name in ("od", "xxd", "file")},
    "strace": ["-p", "1"], "memory": ["1"], "go": ["/wait"], "runtimes": [], "jvm": [], "ustack": ["1"], "ldd": ["/wait"], "entrypoint": [], "readelf": ["-a", "/wait"],
    "tar": ["c", "/many", "/volume", "/etc"], "pack": ["-r", "/many", "/volume"],
    "snapshot": ["--volumes"], "doctor": [],
    "unpack": ["/many/kinds/new"],
    "jq": ["-R", ".", "/many/kinds/file3", "/many/kinds/fifo"],
    "split": ["/many/kinds/file3", "/many/new."], "which": ["-a", "ls"],
    **{name: ["/many/kinds/file3", "/many/kinds/fifo"] for name in ("column", "fmt")},
    "expr": ["1"], "timeout": ["5", "cat", "/many/kinds/file3"], "tty": [], "clear": [],
    "yes": ["--help"],
    **{name: ["text", "/many/kinds/file9", "/many/kinds/fifo"] for name in ("egrep", "fgrep")},
    "cut": ["-c", "1", "/many/kinds/file3"], "tr": ["a-z", "A-Z"], "tee": ["/many/kinds/new"],
    **{name: ["1"] for name in ("env", "environ", "fds", "limits", "maps", "status", "threads",
                               "wchan", "stack", "io", "sched", "smaps")},
    "sample": ["-n", "3", "1"],
    **{name: [] for name in ("containers", "df", "hostname", "id", "info", "mount", "mounts", "ps",
                             "pstree", "ss", "netstat", "uname", "whoami", "date", "printenv",
                             "true", "false", "rung")},
    "dig": ["--explain", "wait"], "nslookup": ["--help"], "host": ["--help"],
    "tls": ["-w", "1", "127.0.0.1:1"], "openssl": ["x509", "-noout", "-in", "/many/kinds/file9"],
    "nc": ["-zv", "127.0.0.1", "1"], "telnet": ["127.0.0.1", "1"],
    "curl": ["-m", "1", "-o", "/many/kinds/new", "http://127.0.0.1:1/"],
    "wget": ["-O", "/many/kinds/new", "http://127.0.0.1:1/"],
    **{name: ["-c", "1", "127.0.0.1"] for name in ("ping", "mtr")},
    "nft": ["list", "ruleset"], **{name: ["-S"] for name in ("iptables", "ip6tables")}, "traceroute": ["127.0.0.1"], "sysctl": ["-a"], "conntrack": ["-C"],
    "ifconfig": ["-a"], **{name: [] for name in ("arp", "route")},
    **{name: ["1"] for name in ("caps", "getpcaps", "namespaces", "seccomp")},
    **{name: [] for name in ("capsh", "cgroup", "health", "lsns")},
    "rootfs": ["-s"], "changes": ["-A"], "secrets": ["-a"], "tcpdump": ["-D"],
    **{name: [] for name in ("uptime", "free", "vmstat", "lsof", "deleted", "dmesg")},
    "top": ["-b", "-n", "1"], "fuser": ["-v", "/many/kinds/file9"], "pkill": ["nobody-has-this-name"],
    "kill": ["-0", "1"], "renice": ["0", "1"], "nice": ["-n", "1", "ls", "/"],
    "ip": ["addr"], "pgrep": ["wait"], "pidof": ["wait"], "seq": ["3"], "sleep": ["0"],
    "stty": ["size"], "basename": ["/a/b"], "dirname": ["/a/b"], "echo": ["text"],
    "printf": ["text"],
    "sh": ["-c", "cat /many/kinds/*; cd /many; ls; ls | sort | wc; for f in */*; do cat <$f; done; "
                 "echo x >/many/new; >/many/kinds/file1; rm() { :; }; kill 1"],
}
# The last four have nothing to say of a network that nobody has used.
SILENT = {"true", "false", "test", "[", "sleep", "tr", "arp", "nft", "iptables", "ip6tables"}


@case
def naive_helper_leaves_traces():
    with furnished() as box:
        before = snapshot(box)
        read(f"/proc/{box.pid}/root/many/kinds/file9")
        check(snapshot(box) != before, "the attack has no effect: no time of access changed")


@case
def no_command_leaves_a_trace():
    known = must(attack.AGENT, "--list").split()
    equal(sorted(set(known) - set(ARGUMENTS)), [], "commands that this test does not know")
    with furnished() as box:
        must("nsenter", "-t", box.pid, "-i", "ipcmk", "-Q")
        before = snapshot(box)
        check("ipc" in before and before["ipc"].count("\n") == 3, "no message queue to look after")
        silent = []
        for name in known:
            argv = [name, *ARGUMENTS[name]]
            done = debug(box.target, *argv)
            check(done.returncode != 125, f"{argv}: {done.err!r}")
            if not (done.out or done.err or name in SILENT):
                silent.append(argv)
            after = snapshot(box)
            equal([what for what in before if before[what] != after[what]], [], f"{argv} changed")
        check(not os.path.exists(f"{box.root}/many/new"), "a file was made")
        equal(silent, [], "looked at nothing")


attack.main()
