# changed_trees.py - a million files in a folder, for what changes trees and what compares them.
import os

import attack
from attack import MEMORY, Box, case, check, equal, goes_well, run

ENTRIES = 1_000_000


def box(*arguments):
    target = Box("endless", *arguments, options=("--tmpfs", "/tmp", "--tmpfs", "/other"),
                 prepare=lambda root: os.mkdir(f"{root}/other"))
    equal(target.line(120), "ready")
    # The kernel lets a tmpfs have as many files as there is memory for, halved.
    run("nsenter", "-t", target.pid, "-m", "mount", "-o", "remount,nr_inodes=0", f"/proc/{target.pid}/root/tmp")
    return target


@case
def naive_helper_fills_its_memory():
    with box("many", ENTRIES) as target:
        code = "import pathlib, resource; [p.chmod(0o640) for p in list(pathlib.Path("\
               f"'/proc/{target.pid}/root/tmp/many').iterdir())]; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        most = int(attack.must("python3", "-c", code)) * 1024
        check(most > MEMORY, f"the attack has no effect: {most}")


@case
def a_million_files_are_changed():
    with box("many", ENTRIES) as target:
        tree = f"{target.root}/tmp/many" if os.path.exists(f"{target.root}/tmp/many") else \
            f"/proc/{target.pid}/root/tmp/many"
        for argv, look in ((("chmod", "-R", "640", "/tmp/many"), lambda s: s.st_mode & 0o777 == 0o640),
                           (("chown", "-R", "5:6", "/tmp/many"), lambda s: (s.st_uid, s.st_gid) == (5, 6))):
            goes_well(target, *argv)
            for number in (0, ENTRIES // 2, ENTRIES - 1):
                check(look(os.stat(f"{tree}/file-{number}")), f"{argv} left out file-{number}")
        goes_well(target, "cp", "-r", "/tmp/many", "/tmp/copy")
        # Names of two folders are sorted to be compared: a million of them are its limit.
        goes_well(target, "diff", "-rq", "/tmp/many", "/tmp/copy", memory=3 * MEMORY)
        goes_well(target, "rm", "-r", "/tmp/copy")
        goes_well(target, "rm", "-r", "/tmp/many")
        equal(os.listdir(f"/proc/{target.pid}/root/tmp"), [], "what rm left")


attack.main()
