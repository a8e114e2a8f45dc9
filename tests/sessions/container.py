# container.py - commands about the container against util-linux and libcap, here and in containers.
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import AGENT, Skip, case, equal, check, main, undo  # noqa: E402


def out(*words, status=0, **options):
    done = subprocess.run(words, capture_output=True, timeout=60, **options)
    equal(done.returncode, status, f"{words}: {done.stderr!r}")
    return done.stdout.decode(errors="surrogateescape")


def rows(*words, **options):
    return [json.loads(line) for line in out(AGENT, *words, "-o", "json", **options).splitlines()]


def need(program):
    if subprocess.run(["sh", "-c", f"command -v {program}"], capture_output=True).returncode:
        raise Skip(f"no {program} to compare with")


def child(*words, **options):
    process = subprocess.Popen(words, **options)
    undo(lambda: (process.send_signal(signal.SIGKILL), process.wait()))
    return process.pid


@case
def capabilities_are_in_the_words_of_libcap():
    need("getpcaps")
    need("capsh")
    sets = ["--drop=cap_net_raw,cap_sys_admin", "--drop=all", "--caps=cap_kill=ep",
            "--caps=cap_chown,cap_kill=eip cap_net_raw=p",
            "--caps=cap_chown,cap_setuid=p cap_kill=ep",
            "--caps=cap_chown,cap_fowner,cap_kill=i"]
    for words in sets:
        pid = child("capsh", words, "--", "-c", "exec sleep 60")
        time.sleep(0.2)
        equal(out(AGENT, "getpcaps", str(pid)).strip(),
              subprocess.run(["getpcaps", str(pid)], capture_output=True, text=True).stdout.strip(),
              words)
        equal(out("capsh", words, "--", "-c", f"{AGENT} capsh --print"),
              re.sub(r"Guessed mode.*\n", "", out("capsh", words, "--", "-c", "capsh --print")), words)
    for word in ("00000000a80425fb", "0", "1ffffffffff", "0x4000"):
        equal(out(AGENT, "capsh", f"--decode={word}"), out("capsh", f"--decode={word}"))
    equal(out(AGENT, "capsh", "--decode=xyz", status=2), "")


@case
def sets_are_compared_with_the_default():
    pid = child("sleep", "60", preexec_fn=lambda: None)
    table = {row["capability"]: row for row in rows("caps", str(pid))}
    with open(f"/proc/{pid}/status") as file:
        effective = int(re.search(r"CapEff:\s*(\w+)", file.read()).group(1), 16)
    equal(table["sys_admin"]["effective"], bool(effective >> 21 & 1))
    equal(table["sys_admin"]["default"], False)
    equal(table["chown"]["default"], True)


@case
def namespaces_are_those_that_lsns_lists():
    need("lsns")
    pid = child("unshare", "-n", "-u", "-i", "sleep", "60")
    for attempt in range(20):
        time.sleep(0.1)
        if os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net"):
            break
    for words in (["-p", str(pid), "-t", "net", "-o", "TYPE,NS,COMMAND"], ["-p", str(pid), "-t", "uts"],
                  ["-p", str(pid), "-t", "ipc", "-o", "NS,TYPE,NPROCS,PID,PPID,UID,USER,COMMAND,PATH"]):
        theirs = [line.split() for line in out("lsns", "-l", *words).splitlines()]
        equal([line.split() for line in out(AGENT, "lsns", *words).splitlines()], theirs)
    net = os.readlink(f"/proc/{pid}/ns/net")
    inode = net[5:-1]
    equal([line.split()[0] for line in out(AGENT, "lsns", "-n", inode).splitlines()], [str(pid)])
    mine = {row["type"]: row for row in rows("namespaces", str(pid))}
    equal(mine["net"]["id"], net)
    equal(mine["net"]["processes"], 1)
    check(mine["net"]["elsewhere"] > 0, "nobody else has a network")
    equal(mine["user"]["whose"], "node")
    equal(out(AGENT, "lsns", "-o", "NONSENSE", status=2), "")


@case
def ids_of_a_user_namespace_are_shown_both_ways():
    pid = child("unshare", "-U", "-r", "sleep", "60")
    time.sleep(0.3)
    note = {row["type"]: row["note"] for row in rows("namespaces", str(pid))}["user"]
    if os.getuid() != 0:
        check(f"uid 0-0 = {os.getuid()}-{os.getuid()} outside" in note, note)
    with open(f"/proc/{pid}/uid_map") as file:
        inside, outside, _ = file.read().split()
    check(inside == outside or f"uid {inside}-" in note, note)


@case
def credentials_are_found_and_never_shown():
    secret = "correct-horse-battery"
    pid = child("sleep", "60", env={"DB_PASSWORD": secret, "PATH": "/bin:/usr/bin", "EMPTY_TOKEN": "",
                                    "URL": f"postgres://app:{secret}@db/x", "HARMLESS": "1",
                                    "TLS_KEY_FILE": "/etc/tls.key"})
    found = rows("secrets", str(pid))
    mine = {row["name"]: row["detail"] for row in found if row["place"] == f"process {pid}"}
    equal(set(mine), {"DB_PASSWORD", "URL"} | ({"TLS_KEY_FILE"} & set(mine)))
    equal(mine["DB_PASSWORD"], f"{len(secret)} characters")
    check(mine["URL"].startswith("password in a URL"), mine)
    argument = child("python3", "-c", "import time; time.sleep(60)", "--token", secret, f"--api-key={secret}")
    named = {row["name"] for row in rows("secrets", str(argument)) if row["kind"] == "argument"}
    equal(named, {"--token", "--api-key"})
    for words in (["secrets", str(pid)], ["secrets", "-a"], ["secrets", "-o", "json", str(argument)]):
        check(secret not in out(AGENT, *words), "a value came through")


@case
def health_is_what_the_kernel_counts():
    done = subprocess.run([AGENT, "health", "-o", "json"], capture_output=True, timeout=60)
    lights = {row["check"]: row for row in map(json.loads, done.stdout.decode().splitlines())}
    equal(done.returncode, 1 if lights["all"]["state"] == "bad" else 0)
    rank = ["ok", "warn", "bad"]
    known = [row["state"] for row in lights.values() if row["state"] in rank]
    equal(lights["all"]["state"], max(known, key=rank.index))
    zombie = subprocess.Popen(["true"])
    time.sleep(0.3)
    after = {row["check"]: row for row in map(json.loads, subprocess.run(
        [AGENT, "health", "-o", "json"], capture_output=True, timeout=60).stdout.decode().splitlines())}
    zombie.wait()
    check(after["zombies"]["used"] >= 1 and after["zombies"]["state"] == "warn", after["zombies"])
    space = os.statvfs("/")
    disks = rows("rootfs")
    equal(disks[0]["size"], space.f_blocks * space.f_frsize)


@case
def a_live_view_shows_the_interval():
    viewer = subprocess.Popen([AGENT, "cgroup", "-w", "0.2", "-o", "json"], stdout=subprocess.PIPE)
    undo(viewer.kill)
    cpu = []
    while len(cpu) < 2:
        row = json.loads(viewer.stdout.readline())
        if row["resource"] == "cpu":
            cpu.append(row["used"])
    viewer.kill()
    equal(cpu[0], None)
    check(cpu[1] is None or cpu[1] >= 0, cpu)
    equal(out(AGENT, "cgroup", "-w", "often", status=2), "")


@case
def changes_are_those_since_then():
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        os.utime(folder, (1, 1))
        with open(f"{folder}/new\n\x1b[31m", "w") as file:
            file.write("x")
        os.utime(f"{folder}/new\n\x1b[31m", (1, 1))
        found = rows("changes", "-A", "-m", "5", folder)
        by_path = {row["path"]: row for row in found}
        equal(by_path[f"{folder}/new\n\x1b[31m"]["change"], "metadata")
        equal(by_path[f"{folder}/new\n\x1b[31m"]["size"], 1)
        check("\x1b" not in out(AGENT, "changes", "-m", "5", folder), "an escape came through the table")


@case
def filters_of_system_calls_are_counted():
    pid = child("sleep", "60")
    with open(f"/proc/{pid}/status") as file:
        text = file.read()
    row, = rows("seccomp", str(pid))
    mode = int(re.search(r"Seccomp:\s*(\d)", text).group(1))
    equal(row["mode"], ["off", "strict", "filter"][mode])
    equal(row["filters"], int(re.search(r"Seccomp_filters:\s*(\d+)", text).group(1)))


@case
def what_a_filter_refuses_is_read_back():
    if os.getuid() != 0:
        raise Skip("only root is handed filters")
    # errno EPERM for uname(2), with a filter made by hand; all else is allowed.
    program = ("import ctypes, struct, time\n"
               "code = b''.join(struct.pack('=HBBI', *i) for i in [(0x20, 0, 0, 0), (0x15, 0, 1, 63),"
               " (6, 0, 0, 0x50001), (6, 0, 0, 0x7fff0000)])\n"
               "held = ctypes.create_string_buffer(code)\n"
               "whole = struct.pack('=HxxxxxxQ', 4, ctypes.addressof(held))\n"
               "libc = ctypes.CDLL(None, use_errno=True)\n"
               "libc.prctl(38, 1, 0, 0, 0)\n"
               "assert libc.prctl(22, 2, whole, 0, 0) == 0\n"
               "print('ready', flush=True)\ntime.sleep(60)\n")
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    undo(lambda: (process.kill(), process.wait()))
    equal(process.stdout.readline(), b"ready\n")
    found = rows("seccomp", "-d", str(process.pid))
    equal([(row["syscall"], row["action"]) for row in found], [("uname", "EPERM")])
    with open(f"/proc/{process.pid}/status") as file:
        text = file.read()
    check("TracerPid:\t0" in text and "State:\tS" in text, "it was not let go")


main()
