# pager.py - less and more on a terminal, each case what somebody does there.
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from fullscreen import *  # noqa: F403
from prompt import DOWN, END, HOME, LEFT, RIGHT, UP, ctrl


def text(name, content):
    path = scratch(name)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    return path


def numbers(last):
    return text(f"numbers{last}", "".join(f"line {n}\n" for n in range(1, last + 1)))


def lines(first, last):
    return [f"line {n}" for n in range(first, last + 1)]


def less(*words, **options):
    return Full(AGENT, "less", *words, **options)


@case
def moves_by_lines_and_screens():
    screen = less(numbers(100))
    screen.sees(lambda: screen.screen.lines()[:7] == lines(1, 7), "the first screen")
    screen.after(" ", *lines(8, 14), ":")
    screen.after("b", *lines(1, 7), ":")
    screen.after("j" + DOWN + "\r", *lines(4, 10), ":")
    screen.after("k" + UP + "y", *lines(1, 7), ":")
    screen.after("d", *lines(4, 10), ":")
    screen.after("u", *lines(1, 7), ":")
    screen.after("G", *lines(94, 100), "(END)")
    screen.after(" j", *lines(94, 100), "(END)")
    screen.after(HOME, *lines(1, 7), ":")
    screen.after(END, *lines(94, 100), "(END)")
    screen.after("30g", *lines(30, 36), ":")
    screen.after("50%", *lines(51, 57), ":")
    screen.after("10j", *lines(61, 67), ":")
    screen.ends("q")


@case
def searches():
    screen = less("-i", numbers(100))
    screen.keys("/LINE 42\r")
    screen.says("Pattern not found: LINE 42")
    screen.after("/line [45]2\r", *lines(42, 48), ":")
    screen.after("n", *lines(52, 58), ":")
    screen.after("N", *lines(42, 48), ":")
    screen.after("?e (7|8)$\r", *lines(8, 14), ":")
    screen.after("n", *lines(7, 13), ":")
    screen.keys("/nothing\r")
    screen.says("Pattern not found: nothing")
    screen.keys("/(\r")
    screen.sees(lambda: "(" in screen.screen.line(7) and "not found" not in screen.screen.line(7), "why")
    screen.after("&7[05]\r", "line 70", "line 75", "~", "~", "~", "~", "~", "& filter (END)")
    screen.after("&\r", *lines(1, 7), ":")
    screen.ends("q")


@case
def hostile_bytes_are_shown():
    path = text("hostile", b"a\x1b[31mred\x1b[0m\n\x9b2J \xc2\x9b \xe2\x80\xae\x00\r\n\x1b]0;x\x07\n")
    screen = less(path, rows=5)
    screen.sees(lambda: screen.screen.lines()[:3] == [
        "a^[[31mred^[[0m", "<9B>2J <9B> <U+202E>^@^M", "^[]0;x^G"], "marks")
    screen.keys("-R")
    screen.sees(lambda: screen.screen.lines()[:3] == [
        "ared", "<9B>2J <9B> <U+202E>^@^M", "^[]0;x^G"], "colours alone")
    screen.ends("q")


@case
def wide_characters_and_wraps():
    path = text("wide", "中文中文中x\ne\u0301\tb\n" + "y" * 25 + "\n")
    screen = less(path, rows=8, columns=9)
    screen.sees(lambda: screen.screen.lines()[:6] == ["中文中文", "中x", "e\u0301       b",
                                                      "y" * 9, "y" * 9, "y" * 7], "rows")
    screen.resize(8, 20)
    screen.sees(lambda: screen.screen.lines()[:4] == ["中文中文中x", "e\u0301       b", "y" * 20,
                                                      "y" * 5], "rows of another width")
    screen.resize(3, 5)
    screen.sees(lambda: screen.screen.lines()[:2] == ["中文", "中文"], "a tiny screen")
    screen.resize(8, 10)
    screen.after("-S", "中文中文中", "e\u0301       b", "y" * 10, "~", "~", "~", "~", "long line")
    screen.after(RIGHT, " 文中x", "   b", "y" * 10, "~", "~", "~", "~", "(END)")
    screen.keys(LEFT)
    screen.sees(lambda: screen.screen.lines()[2] == "y" * 10, "back")
    screen.ends("q")


@case
def a_pipe_has_its_keys_from_the_terminal():
    screen = Full(AGENT, "sh", "-c", f"cat {numbers(5000)} | {AGENT} less")
    screen.shows(*lines(1, 7), ":")
    screen.after("G", *lines(4994, 5000), "(END)")
    screen.keys("=")
    screen.says("- lines 4994-5000/5000 byte 48893/48893"[:39])
    screen.ends("q")


@case
def follows_a_file_and_a_pipe():
    path = text("log", "one\n")
    screen = less("+F", path, rows=4)
    screen.says("Waiting for data... (Ctrl-C or q ends)")
    with open(path, "a") as file:
        file.write("two\nthree\nfour\n")
    screen.shows("two", "three", "four", "Waiting for data... (Ctrl-C or q ends)")
    screen.after(ctrl("c"), "two", "three", "four", "(END)")
    with open(path, "w") as file:
        file.write("new\n")
    screen.keys("F")
    screen.sees(lambda: screen.screen.lines()[0] == "new", "the truncated file")
    screen.ends(ctrl("c") + "q")


@case
def several_files():
    first, second = text("first", "a\n"), text("second", "b\n")
    screen = less(first, scratch("missing"), second)
    screen.sees(lambda: screen.screen.line(0) == "a", "the first")
    screen.keys(":n")
    screen.sees(lambda: screen.screen.line(0) == "b", "the next that is there")
    screen.keys(":n")
    screen.says("there is no next file")
    screen.keys(":p")
    screen.sees(lambda: screen.screen.line(0) == "a", "the first")
    screen.ends("q", status=1)


@case
def marks_numbers_and_help():
    screen = less("-N", numbers(100), columns=60)
    screen.sees(lambda: screen.screen.line(0) == "      1 line 1", "numbers")
    screen.keys("40gmaG")
    screen.sees(lambda: screen.screen.line(6) == "    100 line 100", "the end")
    screen.keys("'a")
    screen.sees(lambda: screen.screen.line(0) == "     40 line 40", "the mark")
    screen.keys("''")
    screen.sees(lambda: screen.screen.line(6) == "    100 line 100", "back")
    screen.keys("h")
    screen.sees(lambda: "KEYS OF less" in screen.screen.line(0), "help")
    screen.keys("q")
    screen.sees(lambda: screen.screen.line(6) == "    100 line 100", "the text again")
    screen.ends("q")


@case
def signals_give_the_terminal_back():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        screen = less(numbers(100))
        screen.sees(lambda: screen.screen.line(0) == "line 1", "the text")
        os.kill(screen.terminal.pid, number)
        screen.ends(status=128 + number)


@case
def what_fits_is_printed():
    path = text("short", "one\n\x1b[31mtwo\n")
    screen = less("-F", path)
    screen.ends()
    equal(screen.screen.lines(), ["one", "^[[31mtwo"])


@case
def more_ends_at_the_end():
    screen = Full(AGENT, "more", numbers(20))
    screen.sees(lambda: "--More--(" in screen.screen.line(7), "--More--")
    screen.keys("  ")
    screen.sees(lambda: screen.screen.lines()[:7] == lines(14, 20), "the end")
    screen.ends(" ")


@case
def the_end_of_a_large_file_is_near():
    path = text("large", b"")
    with open(path, "r+b") as file:
        file.truncate(10 << 30)  # sparse: reading it whole would take seconds
        file.seek(0, 2)
        file.write(b"\nlast\n")
    screen = less(path)
    screen.keys("G")
    screen.sees(lambda: screen.screen.line(6) == "last", "the end", timeout=3)
    screen.ends("q")


main()
