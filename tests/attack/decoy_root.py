# decoy_root.py - the main process sits in a chroot where all looks well.
import attack
from attack import Box, case, check, debug, equal, must, read


def decoy():
    def prepare(root):
        for folder in ("decoy/proc", "decoy/dev"):
            attack.os.mkdir(f"{root}/{folder}")
        must("cp", attack.build("wait"), f"{root}/decoy/wait")
    return Box("wait", options=("--chroot", "/decoy"), prepare=prepare,
               files={"/etc/secret": "REAL\n", "/decoy/etc/secret": "DECOY\n",
                      "/implant": "hidden\n"})


@case
def naive_helper_is_deceived():
    with decoy() as box:
        equal(read(f"/proc/{box.pid}/root/etc/secret"), b"DECOY\n", "the attack has no effect")


@case
def the_real_root_is_shown():
    with decoy() as box:
        equal(debug(box.target, "cat", "/etc/secret").out, b"REAL\n")
        equal(debug(box.target, "cat", "/implant").out, b"hidden\n")
        check(b"implant" in debug(box.target, "ls", "/").out, "ls hides it")
        # And what the process sees is there to be looked at, and said to be elsewhere.
        equal(debug(box.target, "cat", "/decoy/etc/secret").out, b"DECOY\n")


@case
def the_decoy_is_named():
    attack.have("readlink")
    with decoy() as box:
        equal(debug(box.target, "readlink", "/proc/1/root").out, b"/decoy\n")


attack.main()
