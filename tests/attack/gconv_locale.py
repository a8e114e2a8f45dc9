# gconv_locale.py - the container brings character sets, locales and time zones for libc to load.
#
# iconv_open in a static program loads gconv modules from where it stands; setlocale and localtime
# parse the container's locale archive and zone with libc's privileged eyes. The variables that
# choose them are set as well, in the operator's environment and in the target's.
import re

import attack
from attack import Box, build, case, check, must, run, scratch

# By whatever call for code; by libc's own calls (open, openat) for data.
CODE = re.compile(r'gconv|\.so\b')
DATA = re.compile(r'open(at)?\(.*(locale|localtime|zoneinfo|charset|LC_)')
COMMANDS = [("date",), ("ls", "-l", "/etc"), ("sort", "/etc/latin"), ("cat", "/etc/latin"),
            ("strings", "/etc/latin"), ("printf", "%s\\n", "\udce9"), ("wc", "/etc/latin"),
            ("grep", "-i", "\u00e9", "/etc/latin"), ("stat", "/etc/latin"), ("ps",),
            ("info",), ("sh", "-c", "TZ=:/etc/localtime LC_ALL=evil date; export LANG=evil; date")]
HOSTILE = {"LC_ALL": "evil.EVIL", "LANG": "evil.EVIL", "TZ": ":/etc/localtime",
           "GCONV_PATH": "/usr/lib/gconv", "LOCPATH": "/usr/lib/locale", "NLSPATH": "/%N",
           "OPENSSL_CONF": "/usr/lib/gconv/gconv-modules"}


def trap(root):
    library = build("evil", "-shared", "-fPIC", "-nostdlib")
    for folder in ("usr/lib/gconv", "usr/lib/x86_64-linux-gnu/gconv"):
        must("mkdir", "-p", f"{root}/{folder}")
        must("cp", library, f"{root}/{folder}/EVIL.so")
        with open(f"{root}/{folder}/gconv-modules", "w") as file:
            for name in ("EVIL//", "UTF-8//", "ISO-8859-1//"):
                file.write(f"module {name} INTERNAL EVIL 1\nmodule INTERNAL {name} EVIL 1\n")


def box():
    return Box("wait", prepare=trap, files={"/etc/localtime": b"TZif2" + b"\xff" * 200,
                                            "/usr/lib/locale/locale-archive": b"\xff" * 4096,
                                            "/etc/latin": b"caf\xe9\nEVIL\xff\n"})


def opened(*argv):
    log = scratch("strace")
    # -E: of what is traced alone, not of strace itself.
    hostile = [word for name, value in HOSTILE.items() for word in ("-E", f"{name}={value}")]
    done = run("strace", "-f", "-qq", "-s", "300", "-o", log, "-e", "trace=open,openat,openat2",
               *hostile, *argv)
    with open(log, errors="replace") as file:
        return done.out + done.err, file.read().splitlines()


@case
def naive_helper_is_taken():
    with box() as target:
        output, paths = opened(build("naive_names"), target.root, "iconv")
        check(b"EVIL-CODE-RAN" in output, f"the attack has no effect: {output!r}")
        check(any(CODE.search(path) for path in paths), f"strace missed it: {paths}")
        output, paths = opened(build("naive_names"), target.root, "locale")
        check(any(DATA.search(path) for path in paths), f"strace missed it: {paths}")


@case
def nothing_of_the_target_is_loaded():
    known = must(attack.AGENT, "--list").split()
    commands = [argv for argv in COMMANDS if argv[0] in known]
    check(len(commands) >= 4, f"too few commands to try: {commands}")
    with box() as target:
        for argv in commands:
            output, paths = opened(attack.CLIENT, "exec", target.target, "--", *argv)
            check(b"EVIL-CODE-RAN" not in output, f"{argv}: {output!r}")
            check(any("openat2" in path for path in paths), f"{argv}: strace saw nothing: {output!r}")
            bad = [path for path in paths if CODE.search(path) or DATA.search(path)]
            check(not bad, f"{argv} opened {bad[:3]}")
        check(not attack.os.path.exists(f"{target.root}/owned"), "evil code ran")


@case
def preloading_into_the_agent_does_nothing():
    # The dynamic loader reads LD_PRELOAD; static programs have none, and must stay so.
    evil = build("evil", "-shared", "-fPIC", "-nostdlib")
    hostile = attack.limpet.environment(LD_PRELOAD=evil, LD_AUDIT=evil)
    with box() as target:
        check(b"EVIL-CODE-RAN" in run("/bin/true", env=hostile).err, "the attack has no effect")
        done = run(attack.CLIENT, "exec", target.target, "--", "cat", "/etc/latin", env=hostile)
        check(b"EVIL-CODE" not in done.out + done.err, f"{done.err!r}")
        check(done.out.startswith(b"caf\xe9"), f"{done.err!r}")


attack.main()
