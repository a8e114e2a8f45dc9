# endless_trees.py - a million files in a folder or in an archive, and links that lead in circles.
#
# Everything that goes through trees does so in bounded memory, and whole.
import os
import tarfile

import attack
from attack import Box, case, check, equal, goes_well, peak, run, scratch, seconds

MEMORY = attack.MEMORY
ENTRIES = 1_000_000
# What makes files may have as many as its file system has room for; a tmpfs here is not endless.
MADE = 200_000


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
        code = f"import os,resource; [(e.name, e.stat()) for e in os.scandir('/proc/{target.pid}/root/tmp/many')]; " \
               "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        most = int(attack.must("python3", "-c", code)) * 1024
        check(most > MEMORY, f"the attack has no effect: {most}")


@case
def a_million_files_are_read():
    with box("many", ENTRIES) as target:
        equal(goes_well(target, "find", "/tmp/many", "-type", "f")["count"], ENTRIES, "find")
        goes_well(target, "du", "-a", "/tmp/many")
        goes_well(target, "grep", "-r", "x", "/tmp/many", status=1)
        # Sorted, so there is a limit: it is named, and the status tells.
        kept = goes_well(target, "tree", "/tmp/many", status=1)
        check(b"more than 200000 entries" in kept["err"], f"{kept['err']!r}")
        kept = goes_well(target, "ls", "-R", "/tmp/many")
        equal(kept["count"], ENTRIES + 1, "ls -R")
        check(b"unsorted" in kept["err"], f"{kept['err']!r}")
        goes_well(target, "sh", "-c", "tar c /tmp/many 2>/dev/null | tar t | wc -l")


def header(name, size=0, kind=b"0"):
    info = tarfile.TarInfo(name)
    info.size, info.type, info.mode = size, kind, 0o644
    return info.tobuf(tarfile.GNU_FORMAT)


@case
def an_archive_of_a_million_entries():
    archive = scratch("million.tar")
    with open(archive, "wb") as file:
        block = bytearray(header("d/f00000000"))
        for number in range(ENTRIES):
            block[2:11] = b"f%08d" % number
            block[148:156] = b"        "
            block[148:156] = b"%06o\0 " % sum(block)
            file.write(block)
        file.write(bytes(1024))
    with box("wait") as target, open(archive, "rb") as data:
        equal(goes_well(target, "tar", "t", data=data)["count"], ENTRIES, "tar t")
        data.seek(0)
        goes_well(target, "tar", "x", "-C", "/tmp", data=data)
        equal(len(os.listdir(f"/proc/{target.pid}/root/tmp/d")), ENTRIES, "tar x")
    # Folders wait for the end with their modes and times, as far as memory is given for that.
    with open(archive, "wb") as file:
        for number in range(MADE):
            file.write(header(f"{'n' * 80}-{number}/", kind=b"5"))
        file.write(bytes(1024))
    with box("wait") as target, open(archive, "rb") as data:
        goes_well(target, "tar", "x", "-C", "/tmp", data=data)
        path = f"/proc/{target.pid}/root/tmp"
        equal(len(os.listdir(path)), MADE, "tar x of folders")
        equal(os.stat(f"{path}/{'n' * 80}-{MADE - 1}").st_mtime, 0, "the time of the last")


@case
def links_that_lead_in_circles():
    def prepare(root):
        os.makedirs(f"{root}/turn/around")
        os.symlink("/turn", f"{root}/turn/around/again")
        os.symlink("loop", f"{root}/turn/loop")
        os.makedirs(f"{root}/out")
    with Box("wait", prepare=prepare) as target:
        for argv in (("cp", "-rL", "/turn", "/out/copy"), ("tar", "ch", "-f", "/out/a.tar", "/turn"),
                     ("chmod", "-R", "u+x", "/turn"), ("chown", "-RL", "0:0", "/turn"), ("diff", "-r", "/turn", "/turn"),
                     ("find", "-L", "/turn"), ("ls", "-LR", "/turn"), ("du", "-L", "/turn"), ("tree", "-l", "/turn"),
                     ("grep", "-R", "x", "/turn")):
            took, (status, most, kept) = seconds(lambda: peak(target, *argv, timeout=30))
            check(status in (0, 1, 2) and most < MEMORY, f"{argv}: {status}, {most >> 20} MiB")
            check(kept["count"] < 100 and len(kept["err"]) < 1500, f"{argv} goes round: {kept}")
        goes_well(target, "cp", "-a", "/turn", "/out/same")
        equal(os.readlink(f"{target.root}/out/same/loop"), "loop", "a loop is copied as it is")
        goes_well(target, "rm", "-r", "/out/same")
        goes_well(target, "rm", "-r", "/turn")


attack.main()
