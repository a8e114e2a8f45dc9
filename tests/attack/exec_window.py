# exec_window.py - between exec(2) and its first instruction a program cannot protect itself yet.
#
# Beside its target the agent may have the user of a process that it must not trust. The image's
# set-group-id bit makes the kernel start it as not dumpable; no_new_privs switches that bit off.
import os
import shutil

from attack import AGENT, Box, case, check, equal, main

USER, GROUP = 65532, 65533
STARTS = 300


def wins(mode, *options, program="/agent/limpet-agent"):
    def install(root):
        os.mkdir(f"{root}/agent")
        os.chmod(f"{root}/agent", 0o755)
        shutil.copy(AGENT, f"{root}{program}")
        os.chown(f"{root}{program}", 0, GROUP)
        os.chmod(f"{root}{program}", mode)

    with Box("exec_window", STARTS, *options, program, "sh", "-c", "true",
             options=("--uid", USER), prepare=install) as box:
        line = box.line(timeout=120).replace(",", "").split()
        won, ran = int(line[1]), int(line[4])
        # Who was taken is killed before its end.
        equal(won + ran, STARTS, f"starts that ended well: {line}")
        return won


@case
def plain_program_is_taken():
    check(wins(0o755) > 0, "the attack never wins, so it proves nothing")


@case
def images_layout_is_not():
    equal(wins(0o2755), 0, f"memory of the agent, of {STARTS} starts")


@case
def no_new_privs_undoes_the_layout():
    """This is what the warning speaks of (container/sidecar.py looks for it)."""
    check(wins(0o2755, "--no-new-privs") > 0, "it did not matter: the warning is wrong")


main()
