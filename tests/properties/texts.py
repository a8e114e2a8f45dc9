"""texts.py - generated texts for sort, grep, sed, cut, tr, uniq, join, comm, head, tail and wc."""

WORDS = ["a", "b", "ab", "abc", "foo", "bar", "foobar", "Foo", "FOO", "x1", "x10", "x9", "1", "2", "10", "-3", "1.5", "007",
         "1e3", "2K", "1M", "JAN", "feb", "a.c", "a*c", "[x]", "(y)", "a|b", "$", "^", "\\", "", "_w", "é", ".", ",", "-"]


def text(chance, lines=12, blanks=" ", plain=False):
    """Lines of words; the last may have no newline. `plain`: ASCII only."""
    made = [chance.choice(blanks).join(chance.choice(WORDS) for _ in range(chance.randint(0, 5)))
            for _ in range(chance.randint(0, lines))]
    whole = "\n".join(made)
    if plain:
        # Classes like [:alpha:] are those of ASCII with us.
        whole = whole.replace("é", "e")
    return (whole + ("\n" if made and chance.random() < 0.8 else "")).encode()


def sort(chance, folder, case):
    flags = ["-n", "-r", "-u", "-f", "-b", "-d", "-i", "-h", "-g", "-V", "-M", "-s", "-c", "-C", "-z", "-m"]
    keys = ["-k2", "-k2,2", "-k1,1r", "-k2n", "-k1.2", "-k1.2,1.3", "-k2b,2", "-k3,3h", "-k2,3f", "-k1,1V"]
    kinds = {"-n", "-h", "-g", "-V", "-M", "-d", "-i"}
    for _ in range(12):
        chosen = chance.sample(flags, chance.randint(0, 3))
        # GNU refuses two kinds of order at once; of what is unsorted, -m makes anything.
        if len(kinds.intersection(chosen)) > 1 or "-m" in chosen or {"-c", "-C"} <= set(chosen):
            continue
        words = ["sort", *chosen, *chance.sample(keys, chance.randint(0, 2))]
        if chance.random() < 0.3:
            words += ["-t", chance.choice([",", ".", "a"])]
        yield case(words, text(chance, blanks=" ,\t"))


def pattern(chance, extended, depth=0):
    atoms = ["a", "b", "c", "o", "x", "1", ".", "[ab]", "[^a]", "[0-9]", "[[:alpha:]]", "\\.", "\\w", "foo", "\\$", "[]x]", "\\*"]
    made = ""
    for _ in range(chance.randint(1, 3)):
        kind = chance.random()
        if kind < 0.25 and depth < 2:
            inner = pattern(chance, extended, depth + 1)
            made += f"({inner})" if extended else f"\\({inner}\\)"
        else:
            made += chance.choice(atoms)
        if chance.random() < 0.35:
            counts = ["*", "+", "?", "{2}", "{1,2}", "{0,1}"] if extended else ["*", "\\{2\\}", "\\{1,2\\}", "\\+", "\\?"]
            made += chance.choice(counts)
    if chance.random() < 0.2:
        made += ("|" if extended else "\\|") + chance.choice(["b", "x1", "FOO"])
    if depth == 0 and chance.random() < 0.2:
        made = "^" + made
    if depth == 0 and chance.random() < 0.2:
        made += "$"
    return made


def grep(chance, folder, case):
    for name in ("one", "two"):
        (folder / name).write_bytes(text(chance, 20, plain=True))
    flags = ["-i", "-v", "-n", "-c", "-l", "-L", "-o", "-q", "-w", "-x", "-b", "-h", "-H", "-s", "-A1", "-B2", "-C1", "-m1",
             "-m2", "-z", "-r"]
    for _ in range(14):
        extended = chance.random() < 0.5
        fixed = chance.random() < 0.15
        wanted = chance.choice(WORDS) if fixed else pattern(chance, extended)
        chosen = chance.sample(flags, chance.randint(0, 3))
        # Empty matches and -o with context: GNU prints separators alone.
        if "-o" in chosen and {"-A1", "-B2", "-C1"}.intersection(chosen):
            continue
        words = ["grep", "-F" if fixed else "-E" if extended else "-G", *chosen, "-e", wanted]
        yield case(words + chance.choice([["one"], ["one", "two"], ["one", "two", "none"]]))


def sed(chance, folder, case):
    address = lambda: chance.choice(["", "", "1", "$", "2,3", "/a/", "/foo/,/b/", "2!", "1~2", "/x/,$", "0,/a/", "2,$"])  # noqa: E731
    for _ in range(14):
        extended = chance.random() < 0.5
        commands = []
        for _ in range(chance.randint(1, 3)):
            what = chance.random()
            if what < 0.05:
                commands.append(chance.choice(["3", "/o/"]) + "q")
            elif what < 0.5:
                new = chance.choice(["X", "[&]", "", "\\n", "&&", "a/b".replace("/", "\\/"), "\\U&\\E!", "\\l&"])
                flags = chance.choice(["", "g", "2", "p", "I", "gI", "2g"])
                commands.append(f"{address()}s/{pattern(chance, extended)}/{new}/{flags}")
            else:
                commands.append(address() + chance.choice(
                    ["p", "d", "=", "n", "N", "G", "h", "H", "x", "g", "P", "l", "y/abc/xyz/", "a\\\nadded",
                     "i\\\nbefore", "c\\\nchanged", "{p;p}", "b", "t"]))
        words = ["sed", *(["-n"] if chance.random() < 0.3 else []), *(["-E"] if extended else [])]
        for command in commands:
            words += ["-e", command]
        yield case(words, text(chance, plain=True))


def cut(chance, folder, case):
    for _ in range(10):
        ranges = chance.choice(["1", "2-", "-3", "1,3", "2-4,7", "5-,1", "3-3"])
        kind = chance.choice(["-b", "-c", "-f"])
        words = ["cut", kind, ranges]
        if kind == "-f":
            words += ["-d", chance.choice([" ", ",", "a"])]
            words += chance.choice([[], ["-s"]])
            words += chance.choice([[], ["--output-delimiter=:"]])
        words += chance.choice([[], [], ["--complement"]])
        yield case(words, text(chance, blanks=" ,").decode().encode("ascii", "ignore"))


def tr(chance, folder, case):
    sets = ["a-c", "abc", "[:lower:]", "[:upper:]", "[:digit:]", "[:space:]", "a-z0-9", "\\n", "xyz", "[=a=]", "\\141"]
    for _ in range(10):
        first = chance.choice(sets)
        words = chance.choice([["-d", first], ["-s", first], ["-cd", first + "\n"], ["-s", first, "xy"], [first, "XYZ"],
                               ["-c", first, "x"], ["-ds", first, "a-c"], [first, "[x*]"], ["-t", "abc", "x"],
                               ["[:lower:]", "[:upper:]"], ["-cs", "[:alnum:]", "[\\n*]"]])
        yield case(["tr", *words], text(chance))


def uniq(chance, folder, case):
    for _ in range(8):
        flags = chance.sample(["-c", "-d", "-u", "-i", "-f1", "-s1", "-w2", "-D"], chance.randint(0, 2))
        if "-D" in flags and len(flags) > 1:
            continue
        made = b"".join(sorted(text(chance, 20).splitlines(True)))
        yield case(["uniq", *flags], made if made.endswith(b"\n") else made + b"\n")


def join_and_comm(chance, folder, case):
    for name in ("one", "two"):
        lines = sorted({line for line in text(chance, 15).split(b"\n") if line})
        (folder / name).write_bytes(b"".join(line + b"\n" for line in lines))
        keyed = sorted((line for line in lines), key=lambda line: line.split(b" ")[0])
        (folder / (name + ".key")).write_bytes(b"".join(b"k" + line + b"\n" for line in keyed))
    for _ in range(4):
        yield case(["comm", *chance.sample(["-1", "-2", "-3"], chance.randint(0, 2)), "one", "two"])
        words = ["join", "-t", " ", *chance.choice([[], ["-a1"], ["-a2"], ["-v1"], ["-v2"], ["-a1", "-a2"]])]
        words += chance.choice([[], ["-o", "0,1.2,2.2"], ["-e", "E", "-o", "1.1,2.3"]])
        yield case([*words, "one.key", "two.key"])


def parts(chance, folder, case):
    (folder / "one").write_bytes(text(chance, 30))
    (folder / "two").write_bytes(text(chance, 3))
    for _ in range(8):
        number = chance.choice(["0", "1", "3", "-2", "+2", "+0", "100", "-100"])
        tool = chance.choice(["head", "tail"])
        if tool == "head" and number.startswith("+"):
            number = number[1:]
        # GNU's tail does not even open files of which it shows nothing.
        if tool == "tail" and number == "0":
            continue
        words = [tool, chance.choice(["-n", "-c"]), number, *chance.choice([[], ["-q"], ["-v"], ["-z"]])]
        if chance.random() < 0.3:
            yield case(words, (folder / "one").read_bytes())
        else:
            yield case(words + chance.choice([["one"], ["one", "two"], ["two", "none"]]))
    yield case(["wc", *chance.sample(["-l", "-w", "-c", "-m", "-L"], chance.randint(0, 2)), "one", "two"])
    yield case(["tac", "one", "two"])
    yield case(["cat", *chance.sample(["-n", "-b", "-s", "-A", "-T", "-v"], 2), "one", "two"])


PROPERTIES = {"sort": (sort, 10), "grep": (grep, 12), "sed": (sed, 10), "cut": (cut, 6), "tr": (tr, 6), "uniq": (uniq, 6),
              "join-comm": (join_and_comm, 6), "parts": (parts, 6)}
