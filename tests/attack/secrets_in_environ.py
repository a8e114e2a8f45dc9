# secrets_in_environ.py - whoever may look at a process sees its environment and its arguments.
#
# What the operator types, and what is in the operator's environment, must not be repeated in the
# environment, arguments or log of any process of the agent.
import os
import subprocess

import attack
from attack import CLIENT, Box, case, check, children, equal, must, read, scratch, start, until

WORD = b"TYPED-SECRET-91c2"
TOKEN = b"TOKEN-SECRET-44d0"


def tell(pid):
    """Where the secrets stand, of all that /proc tells of a process's start."""
    found = []
    for name in ("cmdline", "environ", "comm", "mountinfo", "status"):
        try:
            text = read(f"/proc/{pid}/{name}")
        except OSError:
            continue
        found += [f"{name} of {attack.status(pid, 'Name')}" for secret in (WORD, TOKEN)
                  if secret in text]
    return found


@case
def naive_helper_tells():
    with Box("wait") as box:
        helper = start("nsenter", "-t", box.pid, "-p", "--", "sh", "-c", "sleep 60; : $1", "sh",
                       WORD.decode(), env={**os.environ, "TOKEN": TOKEN.decode()})
        pid = until(lambda: children(helper.pid), what="its child")[0]
        until(lambda: {"cmdline of sh", "environ of sh"} <= set(tell(pid)), what="the leak")


def untold(*argv):
    if argv[0] not in must(attack.AGENT, "--list").split():
        raise attack.Skip(f"this build has no command '{argv[0]}'")
    state = scratch(f"state.{argv[0]}")
    with Box("wait", files={"/etc/" + WORD.decode(): "file\n"}) as box:
        client = start(CLIENT, "exec", box.target, "--", *argv, stdin=subprocess.PIPE,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       env=attack.limpet.environment(TOKEN=TOKEN.decode(), XDG_STATE_HOME=state,
                                                     TMPDIR=state))
        until(lambda: tell(client.pid), what="what the client itself was given")
        pids = until(lambda: len(children(client.pid)) >= 3 and children(client.pid), what="it")
        attack.time.sleep(0.2)
        equal([line for pid in pids for line in tell(pid)], [], "told")
        equal(tell(box.pid), [], "the target was told")
        client.stdin.write(b"x\n")
        client.stdin.close()
        output = client.stdout.read()
        check(b"x\n" in output, f"the session did not run: {output!r}")
        client.wait(10)
    logs = [os.path.join(folder, name) for folder, _, names in os.walk(state) for name in names]
    equal([path for path in logs if WORD in read(path) or TOKEN in read(path)], [], "logs")


attack.add_case("arguments_and_environment_stay_untold", untold, "cat", "-", "/etc/" + WORD.decode())
attack.add_case("a_shell_does_not_tell_either", untold, "sh", "-c", f"x={WORD.decode()}; cat")
attack.main()
