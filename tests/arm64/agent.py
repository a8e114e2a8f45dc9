# agent.py - the agent for arm64 at work under qemu-user: commands, sessions' files, TLS, filters.
#
# qemu-user translates system calls one by one and has no seccomp(2), ptrace(2), nor new mount calls:
# so commands run where they stand, and what the filters decide is asked of the compiled programs.
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from hardening import Program, weaknesses  # noqa: E402
from limpet import AGENT, CLIENT, Skip, add_case, case, check, equal, main, run, scratch  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SESSIONS = os.path.join(HERE, "../sessions")
BUILD = os.path.abspath(os.path.join(HERE, "../../build-arm64"))
FOREIGN = os.path.join(BUILD, "bin/limpet-agent")
QEMU = shutil.which("qemu-aarch64-static")
if not QEMU or not os.path.exists(FOREIGN):
    print("skip arm64: no qemu-user, or no build-arm64")
    sys.exit(77)


def wrapper():
    """A program that is the agent, for tests that start one."""
    path = scratch("limpet-agent")
    with open(path, "w") as file:
        file.write(f'#!/bin/sh\nexec {QEMU} {FOREIGN} "$@"\n')
    os.chmod(path, 0o755)
    return path


UNDER_QEMU = wrapper()


def foreign(*argv, **options):
    return run(QEMU, FOREIGN, *argv, **options)


@case
def a_static_program_for_arm64_that_starts():
    program = Program(FOREIGN)
    equal(program.machine, 183)
    equal(weaknesses(FOREIGN), [])
    equal(foreign("--version").out, run(AGENT, "--version").out)
    equal(foreign("--list").out, run(AGENT, "--list").out)


# What both architectures must print alike, by theme.
ALIKE = {
    "text": ["seq 2000 | grep 7 | sort -rn | head -3", "printf 'b 2\\na 1\\n' | awk '{s+=$2} END{print s, exp(1), sin(1)}'",
             "seq 9 | sed -n '/3/,/5/{s/./<&>/;p}'", "printf 'a\\tb\\n' | cut -f2 | tr a-z A-Z | od -c",
             "echo '{\"a\":[1,2.5,{\"b\":null}]}' | jq -c '.a[2]'", "seq 40 | column | cat -A", "printf '%08.3f|%x|%q\\n' 3.14159 255 'a b'",
             "echo limpet | tee /dev/stderr | sha512sum", "seq 3 | paste -sd+ | sed 's/$/\\n/' | wc", "expr 7 '*' 6; echo $((2**62 % 1000007))"],
    "files": ["ls -ln /etc/passwd", "find /usr/share/zoneinfo/Europe -name 'B*' | sort", "stat -c '%s %a %u %F' /etc/passwd",
              "head -c 300000 /usr/bin/qemu-aarch64-static | sha256sum", "file /bin/busybox", "readelf -h /bin/busybox",
              "tar cf - -C /usr/share/zoneinfo Europe/Rome | tar tf -", "head -c 99999 /bin/busybox | gzip | gzip -d | md5sum",
              "head -c 99999 /bin/busybox | zstd | zstd -d | b2sum", "head -c 4000 /bin/busybox | base64 | base64 -d | cksum",
              "realpath /proc/self/../../etc", "diff /etc/passwd /etc/group | tail -1", "xxd -l 64 /bin/busybox", "du -s /usr/share/zoneinfo/Europe"],
    "session": ["TZ=Europe/Rome date -d @1700000000 +%c", "x=abc; echo ${x#a} ${#x} ${x/b/B}", "for i in 1 2 3; do echo $i; done | while read n; do echo $((n * n)); done",
                "trap 'echo bye' EXIT; (exit 3); echo $?", "f() { local y=$1; echo $y; }; f 5; cat <<E\n$(f 6)\nE", "kill -l TERM; ulimit -c 0; umask 027; umask",
                "sleep 0.01 & wait $!; echo $?", "test -d /etc && [[ abc == a* ]] && echo yes", "timeout 0.1 sleep 5; echo $?"],
    "process": ["id -u", "kill -0 $$; echo $?", "ulimit -n"],
    "network": ["ip -o link show lo | cut -d: -f2", "ipcalc 10.1.2.3/20 2>/dev/null; echo $?", "nc -z -w 1 127.0.0.1 1; echo $?"],
    "container": ["hostname", "uname -s"],
}


def alike(theme):
    for script in ALIKE[theme]:
        ours, native = (run(*words, "sh", "-c", script) for words in ((QEMU, FOREIGN), (AGENT,)))
        equal((ours.returncode, ours.out, ours.err), (native.returncode, native.out, native.err), script)


for theme in ALIKE:
    add_case(f"{theme}_commands_as_on_amd64", alike, theme)

# It compares two files of 6 GB, which takes minutes here; the rest of -S is in tar_sparse below.
TOO_LONG = "-S stores holes"


@case
def session_files():
    done = run(sys.executable, f"{SESSIONS}/run.py", UNDER_QEMU, "-x", TOO_LONG, timeout=550)
    said = done.out.decode(errors="replace")
    found = re.search(r"(\d+) passed, (\d+) failed", said)
    check(found and int(found.group(2)) == 0, said[-3000:])
    check(int(found.group(1)) > 250, said[-200:])


@case
def tar_sparse():
    holes = scratch("holes")
    with open(holes, "wb") as file:
        file.truncate(1 << 24)
    script = f"cd {os.path.dirname(holes)}; tar cSf s.tar holes; stat -c %s s.tar; tar xOf s.tar holes | md5sum"
    equal(foreign("sh", "-c", script).out, run(AGENT, "sh", "-c", script).out)


@case
def handshakes_with_the_crypto_of_arm64():
    done = run(sys.executable, f"{SESSIONS}/tls.py", UNDER_QEMU, CLIENT, timeout=300)
    said = done.out.decode(errors="replace")
    check(said.count("\nok ") > 3 and "\nFAIL" not in "\n" + said, said[-2000:])


@case
def filters_decide_as_libseccomp_has_them_for_arm64():
    done = run(QEMU, os.path.join(BUILD, "bin/architecture"), timeout=300)
    check(done.returncode == 0 and b"All tests passed" in done.out, done.out[-2000:].decode())


main()
