# shell.py - what the shell's own work costs, beside dash and busybox ash in the same run.
#
#   python3 shell.py AGENT CLIENT [--short] [WORD...]
#
# Medians, and their ratio to dash's, of the scripts whose names hold one of the words (all of them
# without one). The shells take turns. No container: the shell runs where it stands. It prints and
# judges nothing, but what a script prints is compared: a shell that skips the work is not fast.
import shutil

from run import *  # noqa: F403

ROUNDS = 2 if SHORT else 5
WANTED = [word for word in sys.argv[3:] if not word.startswith("-")]


def functions():
    """2,000 lines of functions, each of which calls another: a chain of eight calls at most."""
    count = 200
    lines = ["total=0", "last() { total=$((total + ${#1})); }"]
    for number in range(count):
        lines += [
            f"step_{number}() {{",
            "    local value=$1 name=${2#*:}",
            f"    if [ \"$value\" -gt {number} ]; then",
            f"        total=$((total + value % {number + 1}))",
            "    else",
            f"        case $name in *{number}) total=$((total + 1)) ;; esac",
            "    fi",
            f"    {f'step_{number // 2}' if number else 'last'} \"$((value + 1))\" \"$2\"",
            "    return 0",
            "}",
        ]
    lines += [f"step_{number} {number * 7 % 400} a:b$total" for number in range(count)]
    return "\n".join([*lines, "echo $total", ""])


def loop(count, body, before="", after=""):
    """A script that runs the body count times, i counting."""
    return (f"{before}\ni=0\nwhile [ $i -lt {count} ]; do\n{body}\ni=$((i + 1))\ndone\n"
            f"echo $i {after}\n")


CASE = """case $word$i in
    [0-9]*) a=1 ;;
    *.c | *.h) a=2 ;;
    -?*) a=3 ;;
    *le*5) n=$((n + 1)) ;;
    *) a=4 ;;
esac"""
TRIM = "a=${path##*/}; b=${a%.*}; c=${path%/*}; d=${c#/*/}"
ARGUMENTS = 'set -- a b c $i; shift; n=$((n + $#)); for w in "$@"; do :; done'


def scripts(folder):
    """Pairs of a name and a script. In short, loops go round a 20th as often, with forks an 8th."""
    share, forks = (20, 8) if SHORT else (1, 1)
    lines = os.path.join(folder, "lines")
    with open(lines, "w") as file:
        for number in range(100_000 // share):
            file.write(f"{number} some words of line {number}\n")
    many = os.path.join(folder, "many")
    os.mkdir(many)
    for number in range(20_000 // share):
        os.mknod(f"{many}/file-{number}.txt")
    often = 100_000 // share

    return {
        "10^6 arithmetic increments": loop(1_000_000 // share, ":"),
        "10^5 expansions, pattern removal":
            loop(often, TRIM, "path=/usr/share/doc/package/readme.txt", "$a $b $c $d"),
        "10^4 substitutions of a built-in":
            loop(10_000 // share, "a=$(echo value $i)", after="$a"),
        "2,000 lines of functions": functions(),
        "start-up": ":",
        "read of 10^5 lines": "n=0; while read -r first rest; do n=$((n + first)); done "
                              f"<{lines}; echo $n $rest",
        "10^5 case": loop(often, CASE, "word=example n=0", "$a $n"),
        "10^5 appends": loop(often, "text=${text}x", "text=", "${#text}"),
        "for over 20,000 files":
            f"n=0; for file in {many}/*.txt; do n=$((n + ${{#file}})); done; echo $n",
        "10^5 echo": loop(often, "echo line $i"),
        "10^5 printf": loop(often, "printf '%s: %05d\\n' line $i"),
        "10^5 set, shift, for": loop(often, ARGUMENTS, "n=0", "$n $w"),
        "10^4 redirections of a group": loop(10_000 // share, "{ echo $i; } >/dev/null 2>&1"),
        "10^3 subshells": loop(1_000 // forks, "(:)"),
        "10^3 echo | cut": loop(1_000 // forks, "echo x$i | cut -c1"),
    }


def measure_shell():
    folder = scratch("shell")
    os.makedirs(folder)
    shells = {"limpet-agent sh": [AGENT, "sh"]}
    for name, argv in (("dash", ["dash"]), ("busybox ash", [BUSYBOX, "ash"])):
        if shutil.which(argv[0]):
            shells[name] = argv
    print(f"{'median ms':34}" + "".join(f"{name:>17}" for name in shells) + "     of dash's")
    for number, (name, script) in enumerate(scripts(folder).items()):
        if WANTED and not any(word in name for word in WANTED):
            continue
        path = os.path.join(folder, f"script-{number}")
        with open(path, "w") as file:
            file.write(script)
        call = ["-c", script] if name == "start-up" else [path]
        rounds = ROUNDS
        if name == "start-up":
            rounds *= 20
        else:
            outputs = {shell: run(*argv, *call, env=MORE).out for shell, argv in shells.items()}
            for shell, output in outputs.items():
                equal(output, outputs["limpet-agent sh"], f"{name}: {shell}")
        medians = compare(rounds, {shell: [*argv, *call] for shell, argv in shells.items()})
        line = "".join(f"{seconds * 1e3:17.2f}" for seconds in medians.values())
        if "dash" in medians:
            line += f"{medians['limpet-agent sh'] / medians['dash']:16.2f}"
        print(f"{name:34}{line}", flush=True)


if __name__ == "__main__":
    measure_shell()
