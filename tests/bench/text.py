# text.py - commands for files and text, beside busybox and Debian's own tools in the same run.
#
#   python3 text.py AGENT CLIENT [--short] [WORD...]
#
# Medians, and their ratios to busybox's and to the fastest other tool's, of the rows whose names
# hold one of the words (all of them without one). The tools take turns on the same files, their
# output goes to a file that is compared: a tool that skips the work is not fast. Whole, it needs 4 GB
# in $LIMPET_BENCH (or the scratch folder) and some minutes; in short, a hundredth. No container.
import gzip
import hashlib
import random
import shutil

from run import *  # noqa: F403

SHARE = 100 if SHORT else 1
ROUNDS = 2 if SHORT else 5
WANTED = [word for word in sys.argv[3:] if not word.startswith("-")]
WORDS = ("the of a to in is it you that he was for on are with as I his they be at one have this from or had by "
         "error warning timeout connection refused abc axc").split()


def text_of(size, dice):
    """Lines of words and numbers, about `size` bytes; a block of them over and over, each time with
    its own number, because a generator is slower than anything that reads what it makes."""
    block = []
    while len(block) < 2000:
        block.append(" ".join(dice.choice(WORDS) for _ in range(dice.randrange(4, 14))))
    made = 0
    while made < size:
        dice.shuffle(block)
        lines = "".join(f"{made + number} {line}\n" for number, line in enumerate(block))
        made += len(lines)
        yield lines


def fill(folder, dice):
    """The files of the rows; those that are there from an earlier run stay."""
    big = os.path.join(folder, "big")
    with open(big, "w") as file:
        file.writelines(text_of((1 << 30) // SHARE, dice))
    with open(big, "rb") as source, gzip.open(big + ".gz", "wb", compresslevel=6) as packed:
        shutil.copyfileobj(source, packed, 1 << 20)
    if shutil.which("zstd"):
        subprocess.run(["zstd", "-q", "-f", "-3", big, "-o", big + ".zst"], check=True)
    with open(os.path.join(folder, "numbers"), "w") as file:
        for _ in range(10_000_000 // SHARE // 1000):
            file.write("".join(f"{dice.randrange(1 << 30)}\n" for _ in range(1000)))
    with open(os.path.join(folder, "columns"), "w") as file:
        for _ in range(10_000_000 // SHARE // 1000):
            file.write("".join(f"row{number} x {dice.randrange(1000)} y\n" for number in range(1000)))
    texts = os.path.join(folder, "texts")
    os.mkdir(texts)
    for number, lines in enumerate(text_of((1 << 30) // SHARE, dice)):
        place = os.path.join(texts, str(number % 100))
        os.makedirs(place, exist_ok=True)
        with open(os.path.join(place, str(number)), "w") as file:
            file.write(lines)
    many = os.path.join(folder, "many")
    for number in range(1_000_000 // SHARE // 1000):
        place = os.path.join(many, str(number % 10), str(number))
        os.makedirs(place)
        for name in range(1000):
            os.mknod(os.path.join(place, f"file-{name}"))


def rows(folder):
    """Name, arguments after the tool's name; the tools beside busybox, by name."""
    big, numbers, columns, texts, many = (os.path.join(folder, name) for name in
                                          ("big", "numbers", "columns", "texts", "many"))
    return [
        ("find of 10^6 files", ["find", many], ["find"]),
        ("find -name", ["find", many, "-name", "*99"], ["find"]),
        ("du of 10^6 files", ["du", "-s", many], ["du"]),
        ("grep -r fixed, 1 GB", ["grep", "-rF", "connection refused abc", texts], ["grep"]),
        ("grep -r class, 1 GB", ["grep", "-rE", "t[aeiou]m[a-z]out 7[0-9]x", texts], ["grep"]),
        ("grep -r alternation", ["grep", "-rE", "refused error abc|axc axc abc", texts], ["grep"]),
        ("grep -c in 1 GB", ["grep", "-c", "timeout", big], ["grep"]),
        ("sort of 10^7 lines", ["sort", numbers], ["sort"]),
        ("sort -n of 10^7 lines", ["sort", "-n", numbers], ["sort"]),
        ("wc -l", ["wc", "-l", big], ["wc"]),
        ("wc", ["wc", big], ["wc"]),
        ("sha256sum of 1 GB", ["sha256sum", big], ["sha256sum"]),
        ("awk sum of 10^7 lines", ["awk", "{s+=$3} END{print s}", columns], ["mawk", "gawk"]),
        ("sed s/a.c/x/g of 1 GB", ["sed", "s/a.c/x/g", big], ["sed"]),
        ("gzip -dc to 1 GB", ["gzip", "-dc", big + ".gz"], ["gzip"]),
        ("zstd -dc to 1 GB", ["zstd", "-dc", big + ".zst"], ["zstd"]),
        ("cat of 1 GB", ["cat", big], ["cat"]),
    ]


def digest(path):
    whole = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            whole.update(block)
    return whole.hexdigest()


def same_lines(path):
    """For what a directory's order decides."""
    with open(path, "rb") as file:
        return sorted(file.read().splitlines())


def measure_row(name, arguments, others, out):
    tools = {"limpet-agent": [AGENT, *arguments]}
    if arguments[0] in APPLETS:
        tools["busybox"] = [BUSYBOX, *arguments]
    for other in others:
        if shutil.which(other):
            tools[other] = [other, *arguments[1:]]
    look = same_lines if arguments[0] == "find" or "-r" in arguments[1] else digest
    seen = {}
    times = {tool: [] for tool in tools}
    for turn in range(ROUNDS + 1):
        for tool, argv in tools.items():
            with open(out, "wb") as file:
                start = time.perf_counter()
                status = subprocess.run(argv, stdout=file, stderr=subprocess.DEVNULL, env=MORE).returncode
                spent = time.perf_counter() - start
            if turn > 0:
                times[tool].append(spent)
            else:  # the first round warms the page cache, and is looked at
                seen[tool] = (status, look(out))
    for tool, what in seen.items():
        if what != seen["limpet-agent"]:
            print(f"  {name}: {tool} prints something else")
    medians = {tool: statistics.median(spent) for tool, spent in times.items()}
    ours = medians.pop("limpet-agent")
    busybox = medians.get("busybox")
    best = min(medians, key=medians.get) if medians else None
    line = f"{name:24}{ours * 1e3:12.1f}"
    line += f"{busybox * 1e3:12.1f}{ours / busybox:8.2f}" if busybox else f"{'-':>12}{'-':>8}"
    if best:
        line += f"{medians[best] * 1e3:12.1f}{ours / medians[best]:8.2f}  {best}"
    print(line, flush=True)


def measure_text():
    folder = os.path.join(os.environ.get("LIMPET_BENCH") or scratch("text"), "limpet-bench-text")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    try:
        fill(folder, random.Random(1))
        print(f"{'median ms':24}{'limpet-agent':>12}{'busybox':>12}{'ratio':>8}{'best':>12}{'ratio':>8}")
        for name, arguments, others in rows(folder):
            if not WANTED or any(word in name for word in WANTED):
                measure_row(name, arguments, others, os.path.join(folder, "out"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    APPLETS = set(must(BUSYBOX, "--list").split())
    measure_text()
