# fullscreen_commands.py - less, vi and watch in a session: keys from the session's own terminal, the
# promise kept, the operator's terminal given back. Targets are processes that this test starts.
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from fullscreen import *  # noqa: F403


def session(*words):
    if os.geteuid() != 0:
        raise Skip("entering a target needs root")
    target = f"pid:{start('sleep', '1000', env={'PATH': os.environ['PATH']}).pid}"
    split = words.index("--")
    return Full(CLIENT, "exec", "-t", *words[:split], target, *words[split:], rows=8, columns=100)


def file(name, content):
    path = scratch(name)
    with open(path, "w") as out:
        out.write(content)
    return path


def content(path):
    with open(path) as file:
        return file.read()


@case
def less_reads_a_pipe_and_keys_without_dev_tty():
    path = file("numbers", "".join(f"line {n}\n" for n in range(1, 1001)))
    screen = session("--", "sh", "-c", f"cat {path} | less")
    screen.sees(lambda: screen.screen.line(0) == "line 1", "the text")
    screen.keys("G")
    screen.sees(lambda: screen.screen.line(6) == "line 1000", "the end")
    screen.resize(5, 60)
    screen.keys("g")
    screen.sees(lambda: screen.screen.lines() == [*(f"line {n}" for n in range(1, 5)), ":"],
                "the smaller screen")
    screen.ends("q")


@case
def vi_writes_nothing_unless_it_may():
    path = file("kept", "text\n")
    screen = session("--", "vi", path)
    screen.sees(lambda: "read-only: :w needs" in screen.screen.line(7), "what is not allowed")
    screen.keys("x:w\r")
    screen.sees(lambda: "needs --allow modify or --scratch" in screen.screen.line(7), "a refusal")
    screen.keys(":w /.limpet/scratch/copy\r")
    screen.sees(lambda: "/.limpet/scratch/copy 1 line, 4 bytes written" in screen.screen.line(7),
                "a copy")
    screen.ends(":q!\r")
    equal(content(path), "text\n")


@case
def vi_writes_when_it_may():
    path = file("changed", "text\n")
    screen = session("--allow", "modify", "--", "vi", path)
    screen.sees(lambda: screen.screen.line(0) == "text", "the text")
    screen.keys("x")
    screen.ends(":wq\r")
    equal(content(path), "ext\n")


@case
def watch_runs_confined_commands():
    screen = session("--", "watch", "-n", "0.2", "date +%N")
    screen.sees(lambda: screen.screen.line(2).isdigit(), "a number")
    seen = screen.screen.line(2)
    screen.sees(lambda: screen.screen.line(2) not in ("", seen), "another number")
    screen.ends("q")


main()
