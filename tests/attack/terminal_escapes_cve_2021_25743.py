# terminal_escapes_cve_2021_25743.py - names, arguments and contents that are commands to a terminal.
#
# The client runs on a pseudo-terminal; every byte that reaches it is looked at.
import os
import re

import attack
from attack import CLIENT, Box, add_case, case, check, debug, equal, must

CORPUS = {
    "color": b"\x1b[31mred", "title": b"\x1b]0;title\x07", "clipboard": b"\x1b]52;c;ZXZpbA==\x07",
    "hyperlink": b"\x1b]8;;http://x\x1b\\x", "device-control": b"\x1bP$q\"p\x1b\\",
    "report-title": b"\x1b[21t", "device-attributes": b"\x1b[c", "status-report": b"\x1b[6n",
    "clear": b"\x1b[2J\x1b[H", "reset": b"\x1bc", "c1-csi": b"\x9b31m", "c1-osc": b"\x9d0;t\x9c",
    "c1-utf8": "\x9b31m\x85".encode(), "carriage": b"good\rEVIL", "backspace": b"good\b\b\b\bEVIL",
    "newline": b"one\nls: two", "tab": b"a\tb", "bell": b"\x07" * 50, "delete": b"a\x7fb",
    "shift-out": b"\x0e\x0f", "bidi": "a\u202eb\u2066c".encode(), "zero-width": "a\u200bb\ufeff".encode(),
    "separator": "a\u2028b\u2029c".encode(), "invalid": b"\xff\xfe\xc0\xaf", "surrogate": b"\xed\xa0\x80",
    "overlong-escape": b"\xc0\x9b\xe0\x80\x9b", "null-ish": b"\x01\x02\x03\x04", "tags": "\U000e0041".encode(),
}
# No control byte but the newlines and tabs of the output itself, no C1, nothing that reorders.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029"
                       "\u2066-\u2069\U000e0000-\U000e007f]")
# Colours that limpet gives its own output, and nothing else that begins with ESC.
OWN = re.compile(rb"\x1b\[[0-9;]*m")


def hostile():
    def prepare(root):
        os.mkdir(f"{root}/names")
        for name, text in CORPUS.items():
            with open(f"{root}/names".encode() + b"/" + text.replace(b"/", b"_"), "wb") as file:
                file.write(text * 3 + b"\n")
        with open(f"{root}/all", "wb") as file:
            # Split across whatever blocks: the state of a sequence has to survive.
            for size in (0, 1, 4095, 65535, 262143):
                file.write(b"x" * size + b"\n".join(CORPUS.values()) + b"\n")
        for number, text in enumerate(CORPUS.values()):
            os.symlink(text, f"{root}/names/link{number}".encode())
    return Box("hostile_names", *map(os.fsdecode, CORPUS.values()),
               prepare=prepare, options=("--tmpfs", "/tmp"))


def on_terminal(*argv):
    terminal = attack.limpet.Terminal(*argv)
    status = terminal.wait(60)
    return status, terminal.seen


def evil(seen, colours=True):
    """What must not reach a terminal, of what did."""
    if colours:
        seen = OWN.sub(b"", seen)
    # The terminal driver makes \\r\\n of a newline; a \\r elsewhere is not its.
    text = seen.replace(b"\r\n", b"\n").decode(errors="surrogateescape")
    found = FORBIDDEN.findall(text) + (["\r"] if "\r" in text else [])
    return sorted({f"U+{ord(character):04X}" for character in found} |
                  {"invalid UTF-8" for character in text if 0xdc80 <= ord(character) <= 0xdcff})


COMMANDS = [("ls", "/names"), ("ls", "-l", "/names"), ("ls", "-1R", "/names"), ("find", "/names"),
            ("cat", "/all"), ("head", "-c", "5000", "/all"), ("grep", "-r", "", "/names"),
            ("stat", "/names/link0"), ("readlink", "/names/link0"), ("du", "-a", "/names"),
            ("ps",), ("ps", "aux"), ("tree",), ("pstree",), ("status", "1"), ("maps", "1"),
            ("fds", "1"), ("env", "1"), ("threads", "1"), ("mounts",), ("ss", "-x"), ("ss", "-xa"),
            ("netstat", "-x"), ("info",), ("strings", "/all"), ("wc", "/all"),
            ("cat", "/names/\x1b[31mnone"), ("ls", "/\x9b31m\r\u202e"),
            ("cat", "/proc/1/cmdline"), ("cat", "/proc/1/comm"), ("cat", "/proc/1/environ"),
            ("sh", "-c", "echo /names/*; cd /names; for f in *; do echo \"$f\"; done"),
            ("sh", "-c", "printf '\\033[31m\\233'; echo \"$(cat /all)\" >&2"),
            ("diff", "-r", "/names", "/none"), ("diff", "-rq", "/names", "/etc"), ("diff", "-u", "/all", "/etc/hostname"),
            ("sh", "-c", "tar c /names 2>/dev/null | tar t"), ("sh", "-c", "tar c /names 2>/dev/null | tar tv"),
            ("tar", "cvf", "/.limpet/scratch/a.tar", "/names"),
            ("sh", "-c", "file /names/*; file /all"), ("xxd", "/all"), ("hexdump", "-C", "/all"), ("od", "-c", "/all"),
            ("sh", "-c", "cp -rv /names /.limpet/scratch/n; cd /.limpet/scratch; mv -v n m; rm -rv m"),
            ("sh", "-c", "cp -r /names /.limpet/scratch/n; cd /.limpet/scratch/n; yes n | rm -i *; yes n | cp -i * ..; "
                         "for f in *; do mv -v \"$f\" \"$f.x\"; chmod -v 600 \"$f.x\"; chown -v 5 \"$f.x\"; done"),
            ("find", "/names", "-ls"), ("find", "/names", "-printf", "%p %l\\n"), ("sh", "-c", "sha256sum /names/*"),
            ("sh", "-c", "wc /names/*; head -n1 /names/*; tail -n1 /names/*; cksum /names/*"),
            ("awk", "{print FILENAME \"\" $0}", "/all"), ("sed", "l", "/all"), ("jq", "-R", ".", "/all"), ("jq", ".", "/all"),
            ("sort", "/all"), ("cut", "-c1-5", "/all"), ("column", "/all"), ("nl", "/all"), ("less", "/all"),
            ("xargs", "-a", "/all", "-t", "echo"), ("readlink", "-f", "/names/link0"),
            ("tree", "/names"), ("cmp", "/all", "/names/\x9b31m"), ("du", "-ah", "/names"), ("df", "/names"),
            ("sh", "-c", "realpath /names/*; basename -a /names/*; dirname /names/*"),
            ("\x1b[31mnothing",), ("ls", "-o", "json", "/names"), ("ps", "-o", "json")]


@case
def naive_helper_lets_them_through():
    with hostile() as box:
        equal(box.line(), "ready")
        _, seen = on_terminal("cat", f"{box.root}/all")
        found = evil(seen, colours=False)
        for wanted in ("U+001B", "U+202E", "U+000D", "invalid UTF-8", "U+0007"):
            check(wanted in found, f"the attack has no effect: {wanted} is not in {found}")
        _, seen = on_terminal("sh", "-c", f"tr '\\0' ' ' </proc/{box.pid}/cmdline")
        check("U+001B" in evil(seen, colours=False), "the attack by arguments has no effect")


@case
def nothing_reaches_the_terminal():
    known = must(attack.AGENT, "--list").split()
    tried = 0
    with hostile() as box:
        equal(box.line(), "ready")
        for argv in COMMANDS:
            if argv[0] not in known and argv[0].isascii() and argv[0].isalpha():
                continue
            tried += 1
            _, seen = on_terminal(CLIENT, "exec", box.target, "--", *argv)
            check(seen, f"{argv} printed nothing")
            equal(evil(seen), [], f"{argv} in {seen[:60]!r}")
            # Of colours there are limpet's own, never the target's.
            if argv[:2] in (("cat", "/all"), ("cat", "/proc/1/cmdline")):
                equal(evil(seen, colours=False), [], f"{argv}: colours of the target")
    check(tried > 10, f"only {tried} commands were tried")


@case
def the_clients_own_lines_are_clean():
    for argv in (("exec", "no\x1b[31msuch\r\u202e", "--", "ls"), ("exec", "pid:1\x9b", "--", "ls"),
                 ("--host", "unix:/tmp/\x1b[31m", "ps")):
        _, seen = on_terminal(CLIENT, *argv)
        check(seen, f"{argv!r} said nothing")
        equal(evil(seen, colours=False), [], f"{argv!r}: {seen!r:.200}")


@case
def a_pipe_gets_the_bytes_as_they_are():
    with hostile() as box:
        equal(box.line(), "ready")
        equal(debug(box.target, "cat", "/all").out, attack.read(f"{box.root}/all"), "through a pipe")


@case
def standard_error_alone_on_a_terminal_is_clean():
    with hostile() as box:
        equal(box.line(), "ready")
        words = f"{CLIENT} exec {box.target} -- cat /names/\x1b[31m\r\u202e >/dev/null"
        _, seen = on_terminal("sh", "-c", words)
        check(seen, "it said nothing")
        equal(evil(seen), [], f"{seen!r:.200}")


attack.main()
