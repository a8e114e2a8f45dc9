# deep_trees.py - ten thousand folders in one another: paths longer than any that the kernel takes.
#
# For everything that goes through trees, what changes and packs them included. (Landlock looks at
# every folder above for each call, so what changes them takes longer the deeper it is.)
import os

import attack
from attack import Box, case, check, equal, goes_well, run

DEPTH = 10_000


def box(*arguments):
    target = Box("endless", *arguments, options=("--tmpfs", "/tmp", "--tmpfs", "/other"),
                 prepare=lambda root: os.mkdir(f"{root}/other"))
    equal(target.line(120), "ready")
    # The kernel lets a tmpfs have as many files as there is memory for, halved.
    run("nsenter", "-t", target.pid, "-m", "mount", "-o", "remount,nr_inodes=0", f"/proc/{target.pid}/root/tmp")
    return target


@case
def naive_helper_does_not_get_down():
    with box("deep", DEPTH) as target:
        done = run("sh", "-c", f"cd /proc/{target.pid}/root/tmp && cat $(printf 'deep%s' ''){'/d' * DEPTH}/bottom")
        check(done.returncode != 0, "the attack has no effect")


@case
def ten_thousand_folders_deep():
    with box("deep", DEPTH) as target:
        long = "/d" * DEPTH + "/bottom\n"
        for argv in (("find", "/tmp/deep", "-name", "bottom"), ("tree", "-f", "/tmp/deep"), ("ls", "-R", "/tmp/deep"),
                     ("du", "-a", "/tmp/deep"), ("grep", "-rc", "x", "/tmp/deep")):
            kept = goes_well(target, *argv, status=1 if argv[0] == "grep" else 0)
            if argv[0] == "find":
                check(kept["out"].endswith(long.encode()), "find missed the bottom")
        goes_well(target, "cp", "-a", "/tmp/deep", "/tmp/copy")
        goes_well(target, "diff", "-r", "/tmp/deep", "/tmp/copy")
        goes_well(target, "chmod", "-R", "u=rwx,go=", "/tmp/copy")
        goes_well(target, "chown", "-R", "5:6", "/tmp/copy")
        equal(goes_well(target, "find", "/tmp/copy", "-user", "5", "-group", "6", "-perm", "700")["count"],
              DEPTH + 2, "changed")
        goes_well(target, "sh", "-c", "mkdir /tmp/out && tar c -C /tmp copy | tar x -C /tmp/out")
        goes_well(target, "diff", "-r", "/tmp/deep", "/tmp/out/copy")
        equal(goes_well(target, "find", "/tmp/out/copy", "-perm", "700")["count"], DEPTH + 2, "unpacked")
        # To another file system, which is a copy and a removal.
        goes_well(target, "mv", "/tmp/copy", "/other/moved")
        equal(goes_well(target, "find", "/other/moved", "-user", "5")["count"], DEPTH + 2, "moved")
        goes_well(target, "rm", "-r", "/tmp/out", "/tmp/deep", "/other/moved")
        equal(os.listdir(f"/proc/{target.pid}/root/tmp"), [], "what rm left")
        equal(os.listdir(f"/proc/{target.pid}/root/other"), [], "what mv and rm left")


attack.main()
