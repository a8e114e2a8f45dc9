# prompt.py - the line editor through a pseudo-terminal, judged by the screen that a person sees.
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from prompt import *  # noqa: F403

case_of = {}


def keys_case(name, keys, text, cursor=None):
    """One row of the table: these keys make this line."""
    def run():
        shell = Prompt()
        shell.edits(keys, "0> " + text, None if cursor is None else cursor + 3)
        shell.close()
    add_case(name, run)


keys_case("types", "echo hello", "echo hello")
keys_case("home_and_left_right", "cd" + ctrl("a") + "ab" + RIGHT + LEFT + LEFT + "x", "axbcd", 2)
keys_case("end", "bc" + HOME + "a" + END + "d" + ctrl("b") + ctrl("e") + "e", "abcde")
keys_case("rxvt_and_linux_home_end", "b\x1b[1~a\x1b[4~c\x1b[7~_\x1b[8~d\x1bOH^\x1bOFe", "^_abcde")
keys_case("backspace_and_delete", "abcd\x7f" + ctrl("h") + HOME + DELETE, "b", 0)
keys_case("ctrl_d_deletes_in_a_line", "abc" + ctrl("a") + ctrl("d"), "bc", 0)
keys_case("word_motions", "one two-three" + alt("b") + alt("b") + "X" + alt("f") + "Y",
          "one XtwoY-three", 9)
keys_case("word_motions_with_control",
          "one two three\x1b[1;5D\x1b[1;5DX\x1b[1;5CY\x1b[1;3D\x1b[1;3DZ", "Zone XtwoY three", 1)
keys_case("word_deletions", "one two three" + alt("\x7f") + alt("b") + alt("d"), "one  ", 4)
keys_case("kill_a_word_by_blanks", "ls /etc/passwd" + ctrl("w"), "ls ")
keys_case("kill_to_both_ends", "one two" + alt("b") + ctrl("k") + "x" + LEFT + ctrl("u"), "x", 0)
keys_case("yank", "one two" + ctrl("w") + ctrl("a") + ctrl("y"), "twoone ", 3)
keys_case("kills_in_a_row_are_one", "one two three" + ctrl("w") * 2 + ctrl("y") * 2,
          "one two threetwo three")
keys_case("yank_an_older_one", "one two" + ctrl("w") + "x" + ctrl("w") + ctrl("y") + alt("y"),
          "one two")
keys_case("undo", "one" + ctrl("w") + "two" + "\x1f\x1f", "one")
keys_case("undo_the_other_way", "one " + ctrl("u") + ctrl("x") + ctrl("u"), "one ")
keys_case("transpose", "ab" + ctrl("t"), "ba")
keys_case("transpose_in_the_middle", "abcd" + LEFT + LEFT + ctrl("t"), "acbd", 3)
keys_case("transpose_words", "one two" + alt("t"), "two one")
keys_case("case_of_words", "one two THREE" + HOME + alt("u") + alt("c") + alt("l"), "ONE Two three")
keys_case("wide_characters", "日本語" + LEFT + "x", "日本x語", 3)
keys_case("combining_characters_go_with_theirs", "ae\u0301b" + LEFT + LEFT + "x", "axe\u0301b", 2)
keys_case("deleting_takes_the_accent_too", "e\u0301x" + LEFT + "\x7f", "x", 0)
keys_case("invalid_bytes_are_shown", b"a\xff\xfeb", "a??b")
keys_case("a_literal_control", "a" + ctrl("v") + ctrl("a") + "b", "a^Ab")
keys_case("unknown_sequences_do_nothing", "a\x1b[99;99~\x1b[?1;2c\x1b[15~b", "ab")
keys_case("a_paste_does_not_run", paste("echo one"), "echo one")


@case
def wide_characters_at_the_margin():
    shell = Prompt(columns=10)
    shell.edits("日本語", "0> 日本語")
    # Nine columns are full: the next one does not fit into the tenth.
    shell.keys("日本語語語語")
    shell.shows("0> 日本語", "日本語語語", "語")
    shell.keys(LEFT + "x")
    shell.sees(lambda: shell.screen.lines() == ["0> 日本語", "日本語語語", "x語"] and
               shell.screen.before_cursor() == "x", "an x before the last")
    shell.close()


@case
def typing_over_the_right_margin():
    for columns in 5, 11, 20:
        text = "abcdefghijklmnopqrstuvwxyz" * 2
        shell = Prompt(columns=columns)
        shell.keys(text)
        whole = "0> " + text
        rows = [whole[i:i + columns] for i in range(0, len(whole), columns)]
        at = divmod(len(whole), columns)
        shell.sees(lambda: shell.screen.lines() == rows and
                   (shell.screen.row, shell.screen.column) == at, f"{columns} columns")
        shell.keys(ctrl("a") + ctrl("d"))
        whole = "0> " + text[1:]
        rows = [whole[i:i + columns] for i in range(0, len(whole), columns)]
        shell.sees(lambda: shell.screen.lines() == rows and
                   (shell.screen.row, shell.screen.column) == (3 // columns, 3 % columns),
                   f"{columns} columns")
        shell.close()


@case
def a_line_longer_than_the_screen():
    shell = Prompt(rows=4, columns=10)
    text = "".join(f"word{i:02} " for i in range(12))
    whole = "0> " + text
    rows = [whole[i:i + 10] for i in range(0, len(whole), 10)]
    shell.keys(text)
    shell.shows(*rows[-4:])
    shell.keys(ctrl("a"))
    shell.sees(lambda: shell.screen.lines() == [row.rstrip() for row in rows[:4]] and
               (shell.screen.row, shell.screen.column) == (0, 3), "its beginning")
    shell.keys("echo " + ctrl("e"))
    rows = [("0> echo " + text)[i:i + 10] for i in range(0, len(whole) + 5, 10)]
    shell.shows(*rows[-4:])
    shell.keys("\r")
    shell.at_prompt()
    check("word11" in "".join(shell.screen.lines()), shell.picture())
    shell.still_works()
    shell.close()


@case
def resizing_while_a_line_is_edited():
    shell = Prompt(columns=40)
    shell.run("echo before", "before")
    text = "echo " + "abcdefghij" * 9
    shell.keys(text)
    shell.shows(*[("0> " + text)[i:i + 40] for i in range(0, len(text) + 3, 40)])
    for columns in 30, 17, 64, 100, 23:
        shell.resize(24, columns)
        whole = "0> " + text
        rows = [whole[i:i + columns] for i in range(0, len(whole), columns)]
        shell.sees(lambda: shell.screen.lines() == ["0> echo before", "before", *rows] and
                   shell.screen.before_cursor() == rows[-1], f"{columns} columns")
    shell.keys(ctrl("u") + "echo done\r")
    shell.sees(lambda: shell.screen.lines()[:2] == ["0> echo before", "before"], "what was above")
    shell.shows("0> echo done", "done", "0> ")
    shell.close()


@case
def the_size_is_right_before_the_first_prompt():
    shell = Prompt(rows=31, columns=97)
    shell.run("stty size", "31 97")
    shell.resize(24, 50)
    shell.run("stty size", "24 50")
    shell.close()


@case
def a_command_goes_on_in_further_lines():
    shell = Prompt()
    shell.edits("for i in 1 2\r", "+ ")
    shell.edits("do echo $i\r", "+ ")
    shell.run("done", "1", "2")
    # One entry, and all of it can be edited.
    shell.keys(UP)
    shell.shows("0> for i in 1 2", "+ do echo $i", "+ done")
    shell.keys(UP + UP + END + " 3")
    shell.sees(lambda: "0> for i in 1 2 3" in shell.screen.lines(), "a longer list")
    shell.keys("\r")
    shell.shows("1", "2", "3", "0> ")
    shell.close()


@case
def quotes_documents_and_backslashes_go_on():
    shell = Prompt()
    for begun, rest, output in [("echo 'one", "two'", ["one", "two"]), ("echo \\", "one", ["one"]),
                                ("cat <<E", "text\rE", ["text"]), ("true &&", "echo x", ["x"]),
                                ("echo $(", "echo y)", ["y"]), ("{ echo z", "}", ["z"])]:
        shell.edits(begun + "\r", "+ ")
        shell.run(rest, *output)
    shell.close()


@case
def a_pasted_script_runs_on_enter_alone():
    shell = Prompt()
    shell.keys(paste("echo one\recho two\r"))
    shell.shows("0> echo one", "+ echo two", "+ ")
    shell.run("", "one", "two")
    shell.keys(UP)
    shell.shows("0> echo one", "+ echo two")
    shell.close()


@case
def a_paste_is_text_and_no_keys():
    shell = Prompt()
    shell.keys(paste("echo 'a\tb\x03\x1b[A'"))
    shell.sees(lambda: "^C^[[A'" in shell.screen.lines()[-1], "the controls as text")
    shell.close()


@case
def a_paste_of_a_megabyte():
    shell = Prompt()
    line = "echo 0123456789abcdef0123456789abcdef0123456789abcdef0123456789 >/dev/null\n"
    text = ": <<'END'\n" + line * (1024 * 1024 // len(line)) + "END\n"
    data = paste(text).encode()
    began = time.monotonic()
    os.set_blocking(shell.terminal.fd, False)
    while data:
        with contextlib.suppress(BlockingIOError):
            data = data[os.write(shell.terminal.fd, data[:65536]):]
        with contextlib.suppress(BlockingIOError):
            shell.read(0.01)
    os.set_blocking(shell.terminal.fd, True)
    shell.sees(lambda: shell.screen.lines()[-2:] == ["+ END", "+"], "its last line", 60)
    shell.keys("\r")
    shell.sees(lambda: shell.screen.paste and shell.screen.before_cursor() == "0> ", "a prompt", 60)
    check(time.monotonic() - began < 60, "it took more than a minute")
    shell.still_works()
    shell.close()


@case
def clearing_the_screen_keeps_the_line():
    shell = Prompt()
    shell.run("echo one", "one")
    shell.keys("abc" + ctrl("l"))
    shell.sees(lambda: shell.screen.lines() == ["0> abc"], "only the line")
    shell.close()


@case
def the_last_argument_of_lines_before():
    shell = Prompt()
    shell.run("echo one two", "one two")
    shell.run("echo three", "three")
    shell.edits(": " + alt("."), "0> : three")
    shell.edits(alt("."), "0> : two")
    shell.close()


@case
def a_dumb_terminal_reads_plainly():
    terminal = Terminal(AGENT, "sh", env=environment(TERM="dumb", PS1="$?> "))
    terminal.expect("0> ")
    terminal.send("echo one; false\r")
    seen = terminal.expect("1> ")
    check(b"\x1b" not in seen.string, "an escape sequence")
    terminal.send("if true\r")
    terminal.expect("> ")
    terminal.send("then echo two; fi\r")
    terminal.expect("\r\ntwo\r\n0> ")
    terminal.send("history\r")
    terminal.expect("1  echo one; false\r\n +2  if true\r\nthen echo two; fi\r\n +3  history\r\n0> ")
    terminal.send("\x04")
    equal(terminal.wait(), 0, "status")


@case
def the_prompt_is_on_stderr_and_results_on_stdout():
    shell = Prompt("sh", "-c", f"{AGENT} sh | cat >{scratch('out')}")
    shell.keys("echo result; echo error >&2; exit 3\r")
    shell.ends()
    with open(scratch("out")) as file:
        equal(file.read(), "result\n")


@case
def the_prompt_says_where_one_is():
    shell = Prompt(PS1=None, first=" ")
    here = os.uname().nodename
    line = shell.screen.lines()[-1]
    check(line.endswith(f"{os.getcwd()} $") or line.endswith(f"{os.getcwd()} #"),
          f"{here}: {line!r}")
    shell.keys("cd /etc; false\r")
    shell.sees(lambda: "/etc [1] " in shell.screen.lines()[-1], "directory and status")
    check(shell.screen.grey, "no colours")
    shell.close()


@case
def no_color_means_none():
    shell = Prompt(PS1=None, NO_COLOR="1", first=" ")
    shell.keys("echo one\r")
    shell.sees(lambda: "one" in shell.screen.lines() and shell.screen.paste, "one")
    shell.keys("ec")
    shell.sees(lambda: shell.screen.lines()[-1].endswith(" ec"), "no suggestion")
    equal(shell.screen.grey, set(), "coloured places")
    shell.close()


@case
def prompts_that_the_user_sets():
    shell = Prompt()
    shell.keys("PS1='\\$x$(echo y):' PS2='more: ' PS4='trace '\r")
    shell.edits("", "$xy:")
    shell.edits("if true\r", "more: ")
    shell.keys("then :; fi; set -x; echo one; set +x\r")
    shell.shows("trace echo one", "one", "trace set +x", "$xy:")
    shell.keys("false & PS1='! $! !!'; x=!; PS1=${PS1%' !!'}' $x !!> '\r")
    shell.sees(lambda: shell.screen.before_cursor().endswith(" ! !> "), "a number, a pid and two marks")
    first, pid, _, _ = shell.screen.before_cursor().split()
    check(int(first) > 1 and int(pid) > 1, shell.picture())
    shell.keys("echo on\r")
    shell.sees(lambda: shell.screen.before_cursor() == f"{int(first) + 1} {pid} ! !> ", "the next number")
    shell.close()


main()
