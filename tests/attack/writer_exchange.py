# writer_exchange.py - a directory becomes a link to the host's, or to another of the target's, while it is changed.
#
# CVE-2018-15664 turned round: `docker cp` into a container could be led to write to the host.
import os
import time

import attack
from attack import Box, case, check, equal, scratch

SECONDS = 12


def race(link):
    """/race/dir is exchanged with a link, and back; /keep is what no recursion may reach."""
    host = scratch("host-of-writers")
    os.makedirs(host, exist_ok=True)
    with open(f"{host}/marker", "w") as file:
        file.write("host\n")
    os.chmod(host, 0o755)
    os.chmod(f"{host}/marker", 0o644)

    def prepare(root):
        os.makedirs(f"{root}/race/dir")
        os.makedirs(f"{root}/keep")
        for path in ("race/dir/marker", "keep/marker"):
            with open(f"{root}/{path}", "w") as file:
                file.write("inside\n")
            os.chmod(f"{root}/{path}", 0o644)
        os.symlink(link(host), f"{root}/race/link")
    return host, Box("exchange", "/race/dir", "/race/link", prepare=prepare)


def kept(folder):
    look = []
    for path in (folder, f"{folder}/marker"):
        status = os.stat(path)
        look.append((path, status.st_mode, status.st_uid, status.st_gid))
    with open(f"{folder}/marker", encoding="utf-8") as file:
        look.append(file.read())
    return look, os.listdir(folder)


def attempt(link):
    host, box = race(link)
    with box as target:
        before = kept(host), kept(f"{target.root}/keep")
        end = time.monotonic() + SECONDS
        changed = 0
        many = ["/race"] * 200
        while time.monotonic() < end:
            for argv in (("chmod", "-cR", "go=", *many), ("chmod", "-cR", "go=r", *many),
                         ("chown", "-cR", "5:6", *many), ("chown", "-cR", "0:0", *many),
                         ("sh", "-c", "for i in $(seq 40); do mkdir -p /race/x/y; cp -a /race /c$i; "
                                      "rm -rf /race/x /c$i; done")):
                done = attack.limpet.limpet("exec", "--allow", "modify", target.target, "--", *argv)
                changed += done.out.count(b"marker")
        equal((kept(host), kept(f"{target.root}/keep")), before, "what lies outside")
        check(changed > 20, f"nothing was changed inside: {changed}")


@case
def naive_writer_is_led_out():
    host, box = race(lambda where: where)
    with box as target:
        path = f"{target.root}/race/dir"
        for _ in range(200000):
            try:
                if not os.path.islink(path):
                    os.chmod(f"{path}/marker", 0o600)
            except OSError:
                pass
            if os.stat(f"{host}/marker").st_mode & 0o777 == 0o600:
                return
        check(False, "the attack has no effect")


attack.add_case("link_to_the_host", attempt, lambda host: host)
attack.add_case("link_inside", attempt, lambda host: "/keep")
attack.main()
