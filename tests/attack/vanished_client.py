# vanished_client.py - the client dies in the middle; nothing of the session may stay behind.
#
# Counted before and after: the agent's processes, zombies, mounts, sockets and files in /tmp; and a
# volume of the target can be unmounted at once, because nothing pins it.
import os
import signal
import subprocess

import attack
from attack import CLIENT, Box, add_case, build, case, check, equal, must, run, scratch, start, until


def state():
    """What a leak would add to."""
    with open("/proc/net/unix") as file:
        ours = sorted(line.split()[7] for line in file if len(line.split()) > 7 and
                      "limpet" in line.split()[7] and "/limpet-t" not in line)
    return {"processes": attack.agents(), "sockets": ours,
            "mounts": [line for line in attack.read("/proc/self/mountinfo").split(b"\n")
                       if b"limpet" in line],
            "files": sorted(name for folder in ("/tmp", "/run", "/dev/shm")
                            for name in os.listdir(folder) if name.startswith("limpet") and
                            not name.startswith(("limpet-test", "limpet-docker")))}


def left(before):
    """What is there now and was not before; what has gone since is somebody else's leftover."""
    now = state()
    return {kind: found for kind in now
            if (found := [thing for thing in now[kind] if thing not in before[kind]])}


def same_state(before, what):
    try:
        until(lambda: not left(before), timeout=5, what="it")
    except AssertionError:
        equal(left(before), {}, f"left behind after {what}")


def busy(box, *argv):
    """A session in the middle of something."""
    client = start(CLIENT, "exec", box.target, "--", *argv, stdin=subprocess.PIPE,
                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    until(lambda: len(attack.children(client.pid)) >= 3, what="the session")
    return client


def wait(process):
    process.stdin.close()
    process.stdout.close()
    process.wait(10)


@case
def naive_helper_stays_behind():
    with Box("wait") as box:
        # As a script does it: a helper in the background of a shell that is killed.
        shell = start("sh", "-c", f"nsenter -t {box.pid} -p -- sleep 5 & wait")
        helper = until(lambda: len(attack.children(shell.pid)) >= 2 and
                       attack.children(shell.pid), what="the helper")
        shell.kill()
        shell.wait()
        attack.time.sleep(1)
        check(all(os.path.exists(f"/proc/{pid}") for pid in helper), "the attack has no effect")


def killed(number, *argv):
    known = must(attack.AGENT, "--list").split()
    if argv[0] not in known:
        raise attack.Skip(f"this build has no command '{argv[0]}'")
    before = state()
    with Box("wait", files={"/etc/lines": "one\n" * 1000}) as box:
        names = os.listdir(f"/proc/{box.pid}/task")
        for _ in range(5):
            client = busy(box, *argv)
            attack.time.sleep(0.05)
            client.send_signal(number)
            wait(client)
            same_state(before, f"signal {number} to the client of {argv[0]}")
        equal(os.listdir(f"/proc/{box.pid}/task"), names, "the target's threads")
        equal(attack.children(box.pid), [], "the target's children")


for signal_name in ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT"):
    add_case(f"{signal_name}_to_a_client_that_waits", killed, getattr(signal, signal_name), "cat")
add_case("SIGKILL_to_a_client_that_follows", killed, signal.SIGKILL, "tail", "-f", "/etc/lines")
add_case("SIGKILL_to_the_client_of_a_shell", killed, signal.SIGKILL, "sh", "-c",
         "trap '' HUP TERM INT; while :; do cat /etc/lines; done")
add_case("SIGKILL_to_the_client_of_a_pipeline", killed, signal.SIGKILL, "sh", "-c", "cat | cat | cat")


@case
def any_process_of_ours_may_die():
    before = state()
    with Box("wait") as box:
        for victim in range(3):  # serve, the session, its command
            client = busy(box, "cat")
            # An answer comes from the command itself: until then the third may be the joiner.
            client.stdin.write(b"here\n")
            client.stdin.flush()
            equal(client.stdout.readline(), b"here\n", "the command's answer")
            os.kill(attack.children(client.pid)[victim], signal.SIGKILL)
            wait(client)
            check(client.returncode != 0, f"the death of process {victim} is no success")
            if victim == 2:
                equal(client.returncode, 137)
            else:
                equal(client.returncode, 125 if victim == 0 else client.returncode)
            same_state(before, f"the death of process {victim}")


def loop_volume():
    """A file system of its own on a loop device: (folder, device)."""
    image, folder = scratch("volume.img"), scratch("volume")
    os.makedirs(folder, exist_ok=True)
    with open(image, "wb") as file:
        file.truncate(8 << 20)
    must("mkfs.ext4", "-q", image)
    done = run("losetup", "-f", "--show", image)
    if done.returncode != 0:
        raise attack.Skip(f"no loop devices here: {done.err.decode().strip()}")
    device = done.out.decode().strip()
    attack.undo(lambda: run("losetup", "-d", device))
    must("mount", device, folder)
    attack.undo(lambda: run("umount", "-l", folder))
    return folder, device


def free(folder, device):
    """Whether the device is free once it was unmounted: the file system is pinned otherwise."""
    run("umount", folder)
    name = os.path.basename(device)
    return not os.path.exists(f"/proc/fs/ext4/{name}")


@case
def no_mount_is_pinned():
    folder, device = loop_volume()
    box = Box("wait", options=("--bind", folder, "/data"),
              prepare=lambda root: os.mkdir(f"{root}/data"))
    client = busy(box, "cat")
    box.stop()
    # While the session lives, it holds the clone: the control that this test sees a pin at all.
    check(not free(folder, device), "the attack has no effect: nothing pins the volume")
    client.kill()
    wait(client)
    until(lambda: free(folder, device), timeout=2, what="the end of the pin")


@case
def sockets_of_a_listening_agent_go():
    before = state()
    folder = scratch("listen")
    server = start(attack.AGENT, "serve", "--listen", f"unix:{folder}/agent.sock",
                   stderr=subprocess.DEVNULL)
    until(lambda: os.path.exists(f"{folder}/agent.sock"), what="its socket")
    with Box("wait") as box:
        client = start(CLIENT, "--host", f"unix:{folder}/agent.sock", "exec", box.target, "--",
                       "cat", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        until(lambda: len(attack.children(server.pid)) >= 2, what="the session")
        client.kill()
        wait(client)
        until(lambda: not attack.children(server.pid), timeout=5, what="the end of its session")
        check(server.poll() is None, "the server died with a client")
    server.terminate()
    server.wait(10)
    check(not os.path.exists(f"{folder}/agent.sock"), "its socket file stayed")
    same_state(before, "the server's end")


attack.main()
