"""trees.py - generated trees for find, ls, du and stat."""
import os
import stat

NAMES = ["a", "b", "c.txt", "d e", "-x", ".hidden", "f.tar.gz", "UP", "new\nline", "tab\t", "é", "z~",
         "file10", "file9", "file09", "quo'te", 'dou"ble', "star*", "[set]", "back\\slash", "#h", "~"]
BYTES = [b"bad\xff", b"\x01ctl"]
SIZES = [0, 0, 1, 511, 512, 513, 1024, 4097, 70000]
NOW = 1_700_000_000


def grow(chance, folder, depth=0, odd=True):
    """Entries of every kind below `folder`; times and modes of all of them are set."""
    made = []
    for name in chance.sample(NAMES, chance.randint(1, 7)):
        made.append(os.path.join(os.fsencode(folder), os.fsencode(name)))
    if odd and chance.random() < 0.3:
        made.append(os.path.join(os.fsencode(folder), chance.choice(BYTES)))
    for path in made:
        kind = chance.random()
        if kind < 0.3 and depth < 3:
            os.mkdir(path)
            grow(chance, os.fsdecode(path), depth + 1, odd)
        elif kind < 0.4:
            os.symlink(chance.choice([".", "nowhere", "a", "../b", "/etc/passwd"]), path)
        elif kind < 0.45:
            os.mkfifo(path)
        elif kind < 0.5 and list(files(folder)):
            os.link(next(files(folder)), path)
        else:
            with open(path, "wb") as file:
                file.write(b"x" * chance.choice(SIZES))
    for path in made:
        if not os.path.islink(path):
            os.chmod(path, chance.choice([0o644, 0o755, 0o600, 0o4755, 0o2750, 0o1777, 0o400]))
        # No two of the same time: what is equal may come in either order.
        times = NOW - chance.randint(0, 40_000_000), NOW - chance.randint(0, 40_000_000)
        os.utime(path, times, follow_symlinks=False)


def files(folder):
    for entry in os.scandir(os.fsencode(folder)):
        if stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
            yield entry.path


def tests_of_find(chance, depth=0):
    """An expression, as words."""
    simple = [
        ["-name", chance.choice(["*", "*.txt", "[a-f]*", "?", ".*", "*e*", "\\**", "[!a]*", "*\n*"])],
        ["-iname", chance.choice(["up", "*E*"])], ["-path", chance.choice(["./*/*", "*/a/*", "*b*"])],
        ["-type", chance.choice(["f", "d", "l", "p", "f,d"])],
        ["-size", chance.choice(["0", "1", "+1", "-2", "512c", "+1k", "-3k", "1b"])],
        ["-perm", chance.choice(["644", "-600", "/111", "-u+s", "u=rw", "/g+w,o+w", "-111"])],
        ["-mtime", chance.choice(["+1000", "-900", "+900"])],
        ["-links", chance.choice(["1", "2", "+1"])], ["-empty"], ["-newer", "marker"],
        ["-regex", chance.choice([".*/[a-c]", ".*\\(a\\|b\\).*", ".*e+.*", ".*\\.txt"])],
        ["-lname", "*"], ["-true"], ["-false"], ["-user", "root"], ["-uid", "0"], ["-nouser"],
        ["-newermt", "2023-06-01"], ["-readable"], ["-executable"], ["-samefile", "marker"],
    ]
    if depth > 2 or chance.random() < 0.5:
        return chance.choice(simple)
    kind = chance.randint(0, 3)
    left = tests_of_find(chance, depth + 1)
    if kind == 0:
        return ["!", *left]
    right = tests_of_find(chance, depth + 1)
    if kind == 1:
        return ["(", *left, "-o", *right, ")"]
    return [*left, *(["-a"] if kind == 2 else []), *right]


FIELDS = ["%p", "%f", "%h", "%P", "%d", "%s", "%m", "%M", "%n", "%y", "%l", "%u", "%g", "%U", "%b", "%k",
          "%TY-%Tm-%Td", "%T@", "%i", "%5s", "%-9f|", "%#m", "%Y"]


def find(chance, folder, case):
    (folder / "marker").write_text("")
    # GNU's patterns do not match bytes that are no UTF-8; ours take each for a character.
    grow(chance, folder, odd=False)
    os.utime(folder / "marker", (NOW - 9_000_000, NOW - 9_000_000))
    for _ in range(12):
        words = ["find", *chance.choice([["-P"], [], [], []]), "."]
        if chance.random() < 0.3:
            words += [chance.choice(["-maxdepth", "-mindepth"]), str(chance.randint(0, 3))]
        if chance.random() < 0.2:
            words += ["-depth"]
        words += tests_of_find(chance)
        action = chance.random()
        if action < 0.3:
            words += ["-printf", " ".join(chance.sample(FIELDS, 3)) + "\\n"]
        elif action < 0.4:
            words += ["-prune"]
        elif action < 0.5:
            words += ["-print0"]
        yield case(words, ordered=False)


def ls(chance, folder, case):
    grow(chance, folder)
    flags = ["-a", "-A", "-R", "-1", "-i", "-n", "-d", "-F", "-p", "-l", "-s", "-g", "-o", "-G", "-Q", "-b",
             "-q", "-m", "-h", "-t", "-S", "-r", "-v", "-X", "-U", "-B", "-N",
             "--full-time", "--group-directories-first", "--file-type", "--time-style=long-iso",
             "--time-style=+%s", "--si", "--block-size=1K", "-I*.txt", "--zero"]
    for _ in range(12):
        chosen = chance.sample(flags, chance.randint(0, 4))
        if {"-m", "--zero"} <= set(chosen):
            continue
        # GNU escapes the marks in a name that is quoted and marked.
        if {"-Q", "-b"}.intersection(chosen) and {"-F", "--file-type", "-p"}.intersection(chosen):
            continue
        words = ["ls", *chosen]
        if chance.random() < 0.5:
            words += ["--", *sorted(os.listdir(folder))[:4]]
        yield case(words, ordered="-U" not in chosen,
                   # GNU makes room for operands that it then lists as directories.
                   blanks="--" not in words)


def du(chance, folder, case):
    grow(chance, folder)
    flags = ["-a", "-b", "-h", "-k", "-c", "-d1", "-d0", "-S", "-l", "-x", "--apparent-size", "--inodes",
             "-0", "-B1", "-BK", "--exclude=*.txt", "-t1K"]
    for _ in range(8):
        yield case(["du", *chance.sample(flags, chance.randint(0, 3))], ordered=False)


DIRECTIVES = ["%a", "%A", "%b", "%B", "%d", "%D", "%f", "%F", "%g", "%G", "%h", "%i", "%n", "%o", "%s", "%t", "%T",
              "%u", "%U", "%Y", "%y", "%.3Y", "%8s", "%-8s|", "%08s", "%#a", "%X", "%N", "%m"]


def stat_of(chance, folder, case):
    grow(chance, folder)
    names = sorted(os.listdir(folder))
    for _ in range(6):
        follow = ["-L"] if chance.random() < 0.3 else []
        wanted = chance.sample(DIRECTIVES, 4)
        # Names are quoted in a way of their own when a quote or worse is in them.
        given = [name for name in names if "%N" not in wanted or name.replace(".", "").isalnum()]
        given = [name for name in given if name.isascii()]
        if given:
            yield case(["stat", *follow, "-c", " ".join(wanted), "--", *given[:5]])


PROPERTIES = {"find": (find, 12), "ls": (ls, 12), "du": (du, 8), "stat": (stat_of, 8)}
