# names_with_newlines.py - a name with a newline in it looks like a line of its own on a terminal.
#
# On a terminal every command quotes it, so that the operator sees one name; into a pipe it goes as
# it is, whatever its bytes.
import os

import attack
from attack import CLIENT, Box, case, check, debug, equal

NAME = b"one\nFAKE-LINE of a name"
ODD = [NAME, b"\xff\xfe invalid", b"tab\there", b"\x1b[31mred", "bidi \u202e".encode(), b" blank ", b"-dash", b"new\n", b"quote'\"$x"]


def box():
    def prepare(root):
        root = root.encode()
        for folder in (b"here", b"there"):
            os.makedirs(root + b"/" + folder + b"/d" + NAME)
            for number, name in enumerate(ODD):
                with open(root + b"/" + folder + b"/" + name, "wb") as file:
                    file.write(b"text\n" if folder == b"here" else b"other %d\n" % number)
        os.symlink(NAME, root + b"/here/link")
    return Box("wait", prepare=prepare)


PATH = os.fsdecode(b"/here/" + NAME)
NONE = os.fsdecode(b"/none/" + NAME)
COPY = "cp -r /here /.limpet/scratch/x; cd /.limpet/scratch/x; n='" + os.fsdecode(NAME) + "'; "
# (command, does it print names into a pipe as they are?)
COMMANDS = [
    (("ls", "/here"), True), (("ls", "-l", "/here"), True), (("ls", "-R", "/here"), True), (("find", "/here"), True),
    (("find", "/here", "-ls"), True), (("du", "-a", "/here"), True), (("tree", "/here"), None), (("stat", PATH), True),
    (("file", PATH), True), (("diff", "-r", "/here", "/there"), None), (("diff", "-rq", "/here", "/there"), None),
    (("sh", "-c", "tar c /here 2>/dev/null | tar t"), True), (("sh", "-c", "tar c /here 2>/dev/null | tar tv"), True),
    (("sh", "-c", "cd /here; tar cvf /.limpet/scratch/a.tar ./*"), True), (("wc", PATH), True), (("sha256sum", PATH), None),
    (("grep", "-r", "text", "/here"), True), (("grep", "-rl", "text", "/here"), True), (("head", "-v", PATH), True),
    (("cmp", PATH, PATH.replace("here", "there")), None), (("readlink", "/here/link"), True), (("realpath", PATH), True),
    (("basename", PATH), True), (("cksum", PATH), True),
    (("sh", "-c", COPY + "cp -v \"$n\" y; mv -v \"$n\" z; mv -v z \"$n\"; rm -v \"$n\""), None),
    (("sh", "-c", COPY + "chmod -v 600 \"$n\"; chown -v 5 \"$n\"; ln -v \"$n\" h; mkdir -v \"m$n\"; rmdir -v \"m$n\"; touch \"$n\""), None),
    (("sh", "-c", COPY + "yes n | rm -i \"$n\"; yes n | cp -i y \"$n\"; echo > y; yes n | mv -i y \"$n\"; yes n | rm -ri \"d$n\""), None),
    (("sh", "-c", COPY + "install -v \"$n\" \"i$n\"; gzip -v \"$n\"; gzip -lv \"$n.gz\"; truncate -s 1 \"$n.gz\"; zcat \"$n.gz\""), None),
    *((argv, None) for argv in (
        ("cat", NONE), ("ls", NONE), ("find", NONE), ("du", NONE), ("diff", NONE, PATH), ("cmp", NONE, PATH),
        ("xxd", NONE), ("file", NONE), ("sort", NONE), ("tail", NONE), ("awk", "1", NONE), ("sed", "", NONE), ("jq", ".", NONE),
        ("cp", NONE, "/.limpet/scratch/x"), ("less", NONE), ("sh", "-c", f"cd '{NONE}'; . '{NONE}'; cat <'{NONE}'"))),
]


def on_terminal(target, argv):
    terminal = attack.limpet.Terminal(CLIENT, "exec", "-t", target.target, "--", *argv, columns=200)
    terminal.wait(60)
    return terminal.seen.replace(b"\r\n", b"\n")


@case
def naive_helper_prints_two_lines():
    with box() as target:
        terminal = attack.limpet.Terminal("python3", "-c", f"import os; [print(n) for n in os.listdir('{target.root}/here') if n.isprintable() or 'FAKE' in n]")
        terminal.wait(20)
        check(b"\nFAKE-LINE" in terminal.seen, f"the attack has no effect: {terminal.seen!r:.300}")


@case
def a_name_is_one_line_on_a_terminal():
    wrong = []
    with box() as target:
        for argv, _ in COMMANDS:
            seen = on_terminal(target, argv)
            if any(line.startswith(b"FAKE-LINE") for line in seen.split(b"\n")):
                wrong.append((argv, seen[:200]))
            if b"FAKE-LINE" not in seen:
                wrong.append((argv, b"no name: " + seen[:200]))
    equal([" ".join(argv)[:60] for argv, _ in wrong], [], f"{wrong!r:.600}")


@case
def into_a_pipe_it_goes_as_it_is():
    with box() as target:
        for argv, raw in COMMANDS:
            done = debug(target.target, *argv)
            if raw:
                check(b"one\nFAKE-LINE" in done.out, f"{argv}: {done.out[:300]!r} {done.err[:200]!r}")
        for argv in (("ls", "/here"), ("find", "/here", "-print0"), ("du", "-a0", "/here"), ("grep", "-rlZ", "text", "/here")):
            out = debug(target.target, *argv).out
            for name in ODD:
                check(name in out, f"{argv} changed {name!r}: {out!r:.400}")


attack.main()
