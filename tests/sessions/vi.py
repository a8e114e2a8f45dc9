# vi.py - vi on a terminal: keys typed, and the file that they leave.
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from fullscreen import *  # noqa: F403
from prompt import ctrl

ESCAPE = "\x1b"

# name: the file, the keys, the file afterwards.
EDITS = {
    "words": ("one two three\n", "dw", "two three\n"),
    "counts": ("a b c d\n", "wd2w", "a d\n"),
    "count_before": ("a b c d\n", "2dwx", " d\n"),
    "change_word": ("ab cd\n", "cwxy" + ESCAPE + "w.", "xy xy\n"),
    "to_the_end": ("one two\nfour\n", "wD", "one \nfour\n"),
    "lines": ("1\n2\n3\n4\n", "2ddGp", "3\n4\n1\n2\n"),
    "repeat": ("1\n2\n3\n4\n", "jdd.", "1\n4\n"),
    "yank": ("1\n2\n", "yyjP", "1\n1\n2\n"),
    "undo": ("abc\n", "xxx2u" + ctrl("r"), "c\n"),
    "undo_insert": ("a\n", "ihello\rthere" + ESCAPE + "u", "a\n"),
    "insert_in_an_empty_file": ("", "ihi\rthere" + ESCAPE, "hi\nthere\n"),
    "insert_times": ("x\n", "3ia" + ESCAPE, "aaax\n"),
    "append": ("abc\n", "A!" + ESCAPE + "I>" + ESCAPE, ">abc!\n"),
    "open": ("b\n", "Oa" + ESCAPE + "joc" + ESCAPE, "a\nb\nc\n"),
    "replace": ("abc\n", "3rx", "xxx\n"),
    "replace_mode": ("abc\n", "RXY" + ESCAPE, "XYc\n"),
    "join": ("a\n  b\nc\n", "JJ", "a b c\n"),
    "case": ("abc def\n", "3~", "ABC def\n"),
    "shift": ("a\n\nb\n", "3>>", "        a\n\n        b\n"),
    "find": ("a,b,c\n", "f,x;x", "ab" + "c\n"),
    "brackets": ("if (a) { b }\n", "f{d%", "if (a) \n"),
    "inside": ("foo(bar, baz)\n", "f,ci(x" + ESCAPE, "foo(x)\n"),
    "quotes": ('say "hi there"\n', 'ci"yo' + ESCAPE, 'say "yo"\n'),
    "paragraph": ("a\nb\n\nc\n", "d}", "\nc\n"),
    "registers": ("1\n2\n3\n", '"ayyj"byyG"ap"bp', "1\n2\n3\n1\n2\n"),
    "marks": ("1\n2\n3\n4\n", "majjd'a", "4\n"),
    "visual": ("abc def\n", "wvld", "abc f\n"),
    "visual_lines": ("1\n2\n3\n", "Vjd", "3\n"),
    "search": ("the cat\nthe dog\n", "/dog\rcwcow" + ESCAPE, "the cat\nthe cow\n"),
    "search_again": ("a1\na2\na3\n", "/a\rnx", "a1\na2\n3\n"),
    "search_back": ("a1\na2\na3\n", "G?a\rx", "a1\n2\na3\n"),
    "star": ("word wording word\n", "*x", "word wording ord\n"),
    "substitute": ("a1\na2\n", ":%s/a\\([0-9]\\)/<\\1&>/\r", "<1a1>\n<2a2>\n"),
    "substitute_flags": ("aAa\n", ":s/A/x/gi\r", "xxx\n"),
    "substitute_empty": ("abc\n", ":s/x*/-/g\r", "-a-b-c-\n"),
    "substitute_range": ("a\na\na\n", ":2,$s/a/b/\r", "a\nb\nb\n"),
    "global": ("1\n2\n3\n", ":g/2/d\r", "1\n3\n"),
    "global_substitute": ("a\nb\na\n", ":g/a/s/a/xx/\r", "xx\nb\nxx\n"),
    "move": ("1\n2\n3\n", ":1m$\r:1t.\r", "2\n3\n1\n2\n"),
    "wide": ("中文 e\u0301x\n", "x$hx", "文 x\n"),
    "backspace": ("abc\n", "$i\x7f\x7fZ" + ESCAPE, "Zc\n"),
    "not_utf8": (b"\xff\x00a\r\n\x80", "x", b"\x00a\r\n\x80"),
    "no_last_newline": ("x", "oy" + ESCAPE, "x\ny"),
    "everything_deleted": ("1\n2\n", "dG", ""),
}


def file(content, name="edited"):
    path = scratch(name)
    with open(path, "wb") as out:
        out.write(content if isinstance(content, bytes) else content.encode())
    return path


def contents(path):
    with open(path, "rb") as file:
        return file.read()


def edit(content, keys, wanted):
    path = file(content)
    screen = Full(AGENT, "vi", path)
    screen.sees(lambda: "edited" in screen.screen.line(7), "the file")
    screen.keys(keys)
    # A lone Escape is one when nothing follows it for a while.
    time.sleep(0.08)
    screen.ends(":wq\r")
    equal(contents(path), wanted if isinstance(wanted, bytes) else wanted.encode())


for name, words in EDITS.items():
    add_case(name, edit, *words)


@case
def shows_text_and_cursor():
    screen = Full(AGENT, "vi", file("a\tb\n" + "x" * 45 + "\n\x1b[31m\n"), rows=8, columns=40)
    screen.sees(lambda: screen.screen.lines()[:6] ==
                ["a       b", "x" * 40, "x" * 5, "^[[31m", "~", "~"], "the text")
    screen.keys("$")
    screen.sees(lambda: (screen.screen.row, screen.screen.column) == (0, 8), "the cursor on b")
    screen.keys("j$")
    screen.sees(lambda: (screen.screen.row, screen.screen.column) == (2, 4), "the cursor on the last x")
    screen.resize(8, 60)
    screen.sees(lambda: (screen.screen.row, screen.screen.column) == (1, 44), "on the wider screen")
    screen.keys(":set nu\r")
    screen.sees(lambda: screen.screen.line(0) == "      1 a       b", "numbers")
    screen.resize(2, 4)
    screen.resize(8, 40)
    screen.ends(":q\r")


@case
def does_not_lose_changes():
    path = file("a\n")
    screen = Full(AGENT, "vi", path, columns=70)
    screen.keys("x:q\r")
    screen.says("there are changes that are not written (:q! drops them, :wq writes th")
    screen.keys(":w /nothing/there\r")
    screen.says("write /nothing/there: No such file or directory")
    other = file("other\n", "other")
    screen.keys(f":w {other}\r")
    screen.sees(lambda: "(:w! writes over it)" in screen.screen.line(7) or
                "is there already" in screen.screen.line(7), "a warning")
    screen.ends(":q!\r")
    equal(contents(path), b"a\n")
    equal(contents(other), b"other\n")


@case
def the_new_text_takes_the_place_of_the_old():
    path = file("a\n")
    os.chmod(path, 0o640)
    os.chown(path, 12, 34)
    held = open(path)
    screen = Full(AGENT, "vi", path, columns=100)
    screen.keys("x:w\r")
    screen.sees(lambda: "1 line, 1 byte written" == screen.screen.line(7)[-22:], "what was written")
    status = os.stat(path)
    equal((status.st_mode & 0o777, status.st_uid, status.st_gid), (0o640, 12, 34))
    # Who reads the old one reads all of it.
    equal(held.read(), "a\n")
    equal(os.listdir(os.path.dirname(path)).count(os.path.basename(path)), 1)
    os.link(path, path + ".other")
    screen.keys("ib\x1b:w\r")
    screen.sees(lambda: "written in place" in screen.screen.line(7), "that it has two names")
    equal(contents(path + ".other"), b"b\n")
    os.symlink(path, path + ".link")
    os.unlink(path + ".other")
    screen.ends(":q\r")
    screen = Full(AGENT, "vi", path + ".link", columns=100)
    screen.keys("x:wq\r")
    screen.ends()
    check(os.path.islink(path + ".link"), "a link became a file")
    equal(contents(path), b"\n")


@case
def stops_and_goes_on():
    path = file("text\n")
    screen = Full(AGENT, "sh", rows=40, columns=60, PS1="$ ")
    at_prompt = lambda: not screen.screen.kept and screen.screen.before_cursor() == "$ "  # noqa: E731
    for command, ends in ((f"vi {path}", ":q\r"), (f"less {path}", "q"), (f"cat {path} | less", "q")):
        screen.sees(at_prompt, "the prompt")
        screen.keys(command + "\r")
        screen.sees(lambda: screen.screen.line(0) == "text" and screen.screen.kept, "the text")
        screen.keys(ctrl("Z"))
        screen.sees(at_prompt, "the shell")
        screen.keys("jobs; echo $((40 + 2)) ${#PS1}\r")
        screen.sees(lambda: "42 2" in screen.screen.lines() and "topped" in "".join(screen.screen.lines()), "a job")
        screen.keys("fg\r")
        screen.sees(lambda: screen.screen.line(0) == "text" and screen.screen.kept, "the text again")
        screen.keys(ends)
    screen.sees(at_prompt, "the prompt")
    screen.ends("exit\r")


@case
def several_files():
    first, second = file("1\n", "first"), file("2\n", "second")
    screen = Full(AGENT, "vi", first, second)
    screen.sees(lambda: screen.screen.line(0) == "1", "the first")
    screen.keys(":n\r")
    screen.sees(lambda: screen.screen.line(0) == "2", "the second")
    screen.keys("x:n\r")
    screen.says("there is no next file")
    screen.ends(":wq\r")
    equal(contents(second), b"\n")


@case
def view_writes_nothing_by_itself():
    path = file("a\n")
    screen = Full(AGENT, "view", path, columns=100)
    screen.keys("x:w\r")
    screen.sees(lambda: "is opened read-only" in screen.screen.line(7), "a refusal")
    screen.ends(":q!\r")
    equal(contents(path), b"a\n")


@case
def signals_give_the_terminal_back():
    screen = Full(AGENT, "vi", file("a\n"))
    screen.sees(lambda: screen.screen.line(0) == "a", "the text")
    os.kill(screen.terminal.pid, signal.SIGTERM)
    screen.ends(status=143)


@case
def without_a_terminal_it_says_so():
    done = run(AGENT, "vi", file("a\n"))
    equal(done.returncode, 1)
    check(b"needs a terminal" in done.err, done.err)


main()
