# client_terminal.py - the operator's terminal: its size, its signals, what reaches it, and that it is
# as it was on every way out. Targets are processes that this test starts; no runtime is needed.
import os
import re
import signal
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import *  # noqa: F403

LOCAL_MODES = 3  # of what tcgetattr returns


def target():
    if os.geteuid() != 0:
        raise Skip("entering a target needs root")
    return f"pid:{start('sleep', '1000', env={'PATH': os.environ['PATH']}).pid}"


def greeting():
    """A file to follow: once it is printed, the command that follows it has begun."""
    with open(scratch("greeting"), "w") as file:
        file.write("it runs\n")
    return scratch("greeting")


def children(pid):
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    return []


def descendants(pid):
    found = children(pid)
    for child in list(found):
        found += descendants(child)
    return found


def is_raw(terminal):
    return not termios.tcgetattr(terminal.fd)[LOCAL_MODES] & (termios.ICANON | termios.ECHO)


class Session:
    """limpet below a shell that does not repair the terminal after it; .client is its pid."""

    def __init__(self, *words, rows=24, columns=80, interactive=True, brief=False):
        self.terminal = Terminal("sh", "-c", '"$@"; echo "status=$?."; exec sleep 1000', "sh", CLIENT,
                                 *words, rows=rows, columns=columns)
        if brief:
            return  # it may be over before anybody looks
        # The shell's own children are the client alone until it ends.
        self.client = until(lambda: children(self.terminal.pid), what="a client")[0]
        if interactive:
            until(lambda: is_raw(self.terminal), what="raw mode")

    def remote_size(self):
        """The size of the session's pty, asked of the kernel: rows, columns."""
        for pid in descendants(self.client):
            with contextlib.suppress(OSError):
                name = os.readlink(f"/proc/{pid}/fd/0")
                if re.fullmatch(r"/dev/pts/\d+", name):
                    fd = os.open(f"/proc/{pid}/fd/0", os.O_RDWR | os.O_NOCTTY)
                    size = fcntl.ioctl(fd, termios.TIOCGWINSZ, b"\0" * 8)
                    os.close(fd)
                    return struct.unpack("HHHH", size)[:2]
        return None

    def ended(self):
        """The status that the shell saw."""
        return int(self.terminal.expect(r"status=(\d+)\.")[1])

    def restored(self):
        until(lambda: termios.tcgetattr(self.terminal.fd) == self.terminal.settings, what="repair")


@case
def size_is_right_from_the_start_and_follows():
    session = Session("exec", "-t", target(), "--", "tail", "-f", greeting(), rows=33, columns=101)
    equal(until(session.remote_size, what="a pty"), (33, 101), "size")
    session.terminal.resize(50, 170)
    until(lambda: session.remote_size() == (50, 170), what="the resize")


@case
def interrupt_ends_the_command_and_restores_the_terminal():
    session = Session("exec", "-t", target(), "--", "tail", "-f", greeting())
    session.terminal.expect("it runs")
    session.terminal.send("\x03")
    equal(session.ended(), 130, "status")
    session.restored()


@case
def end_of_input_reaches_the_command():
    session = Session("exec", "-t", target(), "--", "cat")
    session.terminal.send("some text\r")
    session.terminal.expect("some text.*some text")
    session.terminal.send("\x04")
    equal(session.ended(), 0, "status")
    session.restored()


def dies(number):
    session = Session("exec", "-t", target(), "--", "tail", "-f", greeting())
    session.terminal.expect("it runs")
    below = descendants(session.client)
    os.kill(session.client, number)
    equal(session.ended(), 128 + number, "status")
    session.restored()
    until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in below), what="the agent's end")


for one in ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGSEGV", "SIGABRT", "SIGBUS", "SIGKILL"):
    add_case(f"terminal_is_restored_after_{one}", dies, getattr(signal, one))


@case
def terminal_is_restored_when_the_whole_process_group_is_killed():
    session = Session("exec", "-t", target(), "--", "tail", "-f", greeting())
    # Until then the agent may still be the client's own program, between fork(2) and execve(2).
    session.terminal.expect("it runs")
    # Not the shell, which leads the group: kill(2) with the client's relatives one by one.
    watcher = [pid for pid in children(session.client)
               if os.readlink(f"/proc/{pid}/exe") == CLIENT]
    equal(len(watcher), 1, "watchers")
    check(os.getpgid(watcher[0]) != os.getpgid(session.client), "the watcher is in the group")
    os.kill(session.client, signal.SIGKILL)
    session.restored()
    until(lambda: not os.path.exists(f"/proc/{watcher[0]}"), what="the watcher's end")


@case
def terminal_is_restored_when_the_agent_dies():
    session = Session("exec", "-t", target(), "--", "tail", "-f", greeting())
    session.terminal.expect("it runs")
    agent = [pid for pid in children(session.client)
             if os.readlink(f"/proc/{pid}/exe") != CLIENT]
    os.kill(agent[0], signal.SIGKILL)
    session.terminal.expect("limpet: exec pid:[0-9]+: connection to the agent lost")
    equal(session.ended(), 125, "status")
    session.restored()


@case
def terminal_is_restored_when_the_target_is_not_there():
    session = Session("exec", "-t", "pid:4194303", "--", "ls", brief=True)
    equal(session.ended(), 125, "status")
    session.restored()


@case
def a_stopped_client_gives_the_terminal_back_for_the_time():
    session = Session("exec", "-t", target(), "--", "cat")
    os.kill(session.client, signal.SIGTSTP)
    session.restored()
    os.kill(session.client, signal.SIGCONT)
    until(lambda: is_raw(session.terminal), what="raw mode again")
    session.terminal.send("\x04")
    equal(session.ended(), 0, "status")
    session.restored()


@case
def hostile_bytes_are_shown_on_a_terminal_and_raw_in_a_pipe():
    evil = (b"\x1b]0;owned\x07\x1b[2J \xc2\x9b31m \x9b0m one\rtwo\b "
            b"\xe2\x80\xaegpj.exe \xe2\x81\xa6 \xf3\xa0\x81\x81 fine: gr\xc3\xbc\xc3\x9fe\n")
    with open(scratch("evil"), "wb") as file:
        file.write(evil)
    where = target()
    equal(limpet_exec(where, "cat", scratch("evil")).out, evil, "in a pipe")
    session = Session("exec", where, "--", "cat", scratch("evil"), brief=True)
    seen = session.terminal.expect(r"(.*)\r\nstatus=0\.")[1]
    equal(seen.decode(), "\\x1b]0;owned\\x07\\x1b[2J \\u009b31m \\x9b0m one\\x0dtwo\\x08 "
          "\\u202egpj.exe \\u2066 \\U000e0041 fine: grüße", "on a terminal")


@case
def interrupt_without_a_pty_is_passed_on():
    session = Session("exec", target(), "--", "tail", "-f", greeting(), interactive=False)
    session.terminal.expect("it runs")
    os.kill(session.client, signal.SIGINT)  # Ctrl-C would also end the shell around the client
    equal(session.ended(), 130, "status")


@case
def attach_gives_a_prompt_and_ends_with_its_input():
    session = Session("attach", target())
    session.terminal.expect(r"[$#] ")
    session.terminal.send(f"tail -f {greeting()}\r")
    session.terminal.expect("it runs")
    session.terminal.send("\x03")
    session.terminal.send("echo still $((40 + 2)) here\r")
    session.terminal.expect("still 42 here.*[$#] ")
    session.terminal.send("\x04")
    session.ended()
    session.restored()


@case
def attach_without_a_terminal_runs_the_script():
    done = limpet("attach", target(), input=b"echo one\nexit 7\n")
    equal((done.out, done.err, done.returncode), (b"one\n", b"", 7))


def demo_process(session):
    """The container's only program: a child of the client that runs /app."""
    for pid in children(session.client):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if file.read().startswith(b"/app\0"):
                    return pid
    return None


@case
def demo_gives_a_prompt_in_a_container_that_ends_with_it():
    if os.geteuid() != 0:
        raise Skip("namespaces need root")
    session = Session("demo")
    application = until(lambda: demo_process(session), what="the container")
    session.terminal.expect(r"[$#] ")
    session.terminal.send("cat /etc/os-release\r")
    session.terminal.expect("No shell in here.*[$#] ")
    session.terminal.send("\x04")
    session.ended()
    session.restored()
    check(not os.path.exists(f"/proc/{application}"), "the container outlived the session")


@case
def demo_dies_with_a_killed_client():
    if os.geteuid() != 0:
        raise Skip("namespaces need root")
    session = Session("demo")
    application = until(lambda: demo_process(session), what="the container")
    os.kill(session.client, signal.SIGKILL)
    until(lambda: not os.path.exists(f"/proc/{application}"), what="the container's end")
    session.restored()


main()
