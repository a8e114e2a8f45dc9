# nss_cve_2019_14271.py - the container brings libraries that name lookups load (docker cp's bug).
#
# A static program that enters a container and calls getpwnam loads libnss_*.so of the container as
# root. Every command that prints names of users runs here against such a container.
import re

import attack
from attack import Box, build, case, check, must, run, scratch

SUSPECT = re.compile(r'nsswitch|libnss|\.so\b|gconv|/nscd|ld\.so')
USERS = [("ls", "-ln", "/"), ("ls", "-l", "/etc"), ("ps",), ("ps", "aux"), ("id",), ("whoami",),
         ("stat", "/etc"), ("find", "/etc", "-user", "somebody"), ("status", "1"), ("info",),
         ("hostname",), ("ss", "-a"), ("ss", "-r"), ("sh", "-c", "echo ~somebody; ls -l ~root /")]


def trap(root):
    library = build("evil", "-shared", "-fPIC", "-nostdlib")
    for folder in ("lib", "lib64", "usr/lib", "lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"):
        must("mkdir", "-p", f"{root}/{folder}")
        for name in ("libnss_evil.so.2", "libnss_files.so.2", "libnss_compat.so.2",
                     "libnss_dns.so.2"):
            must("cp", library, f"{root}/{folder}/{name}")


def box():
    return Box("wait", prepare=trap, files={
        "/etc/nsswitch.conf": "passwd: evil files\ngroup: evil files\nhosts: evil dns\n",
        "/etc/passwd": "somebody:x:0:0::/:/\n",
        "/etc/group": "somegroup:x:0:\n",
        "/etc/resolv.conf": "nameserver 127.0.0.1\n"})


def opened(*argv):
    """(what it printed, the paths that its processes asked for, its mappings of code)."""
    log = scratch("strace")
    done = run("strace", "-f", "-qq", "-s", "300", "-o", log, "-e",
               "trace=open,openat,openat2,creat,connect,mmap,mprotect", *argv,
               env=attack.limpet.environment(LD_LIBRARY_PATH="/lib", NSS_PATH="/lib"))
    with open(log, errors="replace") as file:
        lines = file.read().splitlines()
    code = [line for line in lines if "PROT_EXEC" in line]
    return done.out + done.err, [line for line in lines if "open" in line or "connect" in line], code


@case
def naive_helper_is_taken():
    with box() as target:
        for question in ("passwd", "hosts"):
            output, paths, code = opened(build("naive_names"), target.root, question)
            check(b"EVIL-CODE-RAN" in output, f"{question}: the attack has no effect: {output!r}")
            check(any(SUSPECT.search(path) for path in paths), f"strace missed it: {paths}")
            check(code, "strace missed the mapping of code")
        check(attack.os.path.exists(f"{target.root}/owned"), "no file was left")


@case
def names_of_users_load_nothing():
    known = must(attack.AGENT, "--list").split()
    commands = [argv for argv in USERS if argv[0] in known]
    check(len(commands) >= 5, f"too few commands to try: {commands}")
    with box() as target:
        for argv in commands:
            output, paths, code = opened(attack.CLIENT, "exec", target.target, "--", *argv)
            check(b"EVIL" not in output, f"{argv}: {output!r}")
            check(any("openat2" in path for path in paths), f"strace saw nothing: {output!r}")
            bad = [path for path in paths if SUSPECT.search(path)]
            check(not bad, f"{argv} opened {bad[:3]}")
            check(not code, f"{argv} mapped code: {code[:3]}")
        check(not attack.os.path.exists(f"{target.root}/owned"), "evil code ran")


attack.main()
