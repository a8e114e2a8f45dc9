# client_streams.py - limpet exec as a member of a pipeline: bytes, ends, lost peers, full disks.
import hashlib
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import *  # noqa: F403

_target = None


def target():
    global _target
    if os.geteuid() != 0:
        raise Skip("entering a target needs root")
    if not _target:
        _target = f"pid:{start('sleep', '1000', env={'PATH': os.environ['PATH']}).pid}"
    return _target


def noise(name, size):
    with open(scratch(name), "wb") as file:
        file.write(os.urandom(size))
    return scratch(name)


def shell(script, *words, **options):
    """bash with CLIENT and the target as $1 and $2; PIPESTATUS is what counts."""
    return run("bash", "-c", script, "bash", CLIENT, target(), *words, **options)


def one_line(done, *words):
    lines = done.err.decode(errors="replace").splitlines()
    equal(len(lines), 1, f"lines of {done.err!r}")
    for word in words:
        check(word in lines[0], f"no {word!r} in {lines[0]!r}")


@case
def bytes_pass_unchanged_in_both_directions():
    path = noise("noise", 20_000_001)
    with open(path, "rb") as file:
        wanted = hashlib.sha256(file.read()).digest()
    done = shell('"$1" exec "$2" -- cat <"$3" | "$1" exec "$2" -- cat; exit "${PIPESTATUS[1]}"', path)
    equal((done.returncode, done.err), (0, b""))
    equal(hashlib.sha256(done.out).digest(), wanted, "sha256")


@case
def output_and_error_stay_apart():
    done = limpet_exec(target(), "cat", "/proc/self/nothing", "/etc/passwd")
    with open("/etc/passwd", "rb") as file:
        equal(done.out, file.read())
    check(b"nothing" in done.err and done.returncode == 1, f"{done.returncode} {done.err!r}")


@case
def an_end_without_reading_the_input_does_not_wait_for_it():
    begin = time.monotonic()
    reader, writer = os.pipe()
    done = subprocess.run([CLIENT, "exec", target(), "--", "id"], stdin=reader, capture_output=True,
                          timeout=20, env=environment(), check=False)
    os.close(reader)
    os.close(writer)
    equal(done.returncode, 0, "status")
    check(time.monotonic() - begin < 10, "it waited")


@case
def a_closed_input_is_an_empty_one():
    done = shell('"$1" exec "$2" -- cat <&-')
    equal((done.returncode, done.out, done.err), (0, b"", b""))


@case
def a_reader_that_goes_away_is_met_quietly():
    done = shell('"$1" exec "$2" -- cat "$3" | head -c 1 >/dev/null; echo "${PIPESTATUS[0]}"',
                 noise("large", 8_000_000))
    equal((done.out, done.err), (b"141\n", b""))


@case
def a_full_disk_is_one_line():
    done = shell('"$1" exec "$2" -- cat /etc/passwd >/dev/full')
    equal(done.returncode, 125, "status")
    one_line(done, "standard output", "No space left")


@case
def an_agent_that_dies_makes_no_short_stream_look_whole():
    client = subprocess.Popen([CLIENT, "exec", target(), "--", "tail", "-f", "-n", "+1", "/etc/passwd"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=environment())
    client.stdout.read(10)
    with open(f"/proc/{client.pid}/task/{client.pid}/children") as file:
        agent = int(file.read().split()[0])
    os.kill(agent, signal.SIGKILL)
    _, err = client.communicate(timeout=20)
    equal(client.returncode, 125, "status")
    check(err.startswith(b"limpet: exec ") and b"connection to the agent lost" in err, f"{err!r}")


@case
def a_slow_reader_costs_no_memory():
    client = subprocess.Popen([CLIENT, "exec", target(), "--", "cat", noise("large", 64_000_000)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment())
    client.stdout.read(10)
    time.sleep(1)
    with open(f"/proc/{client.pid}/status") as file:
        peak = int(re.search(r"VmHWM:\s*(\d+)", file.read())[1])
    client.kill()
    client.communicate()
    check(peak < 8192, f"{peak} KiB at peak")


@case
def an_interrupt_ends_the_command_with_its_status():
    for number in (signal.SIGINT, signal.SIGTERM):
        client = subprocess.Popen([CLIENT, "exec", target(), "--", "tail", "-f", "/etc/passwd"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  env=environment())
        client.stdout.read(1)
        client.send_signal(number)
        client.communicate(timeout=20)
        equal(client.returncode, 128 + number, "status")


@case
def a_timeout_is_status_124():
    begin = time.monotonic()
    done = limpet("exec", "--timeout", "0.3", target(), "--", "tail", "-f", "/etc/hostname")
    equal(done.returncode, 124, "status")
    one_line(done, "timed out", "0.3 s")
    check(time.monotonic() - begin < 5, "it took long")


@case
def a_program_that_is_no_agent_is_refused():
    with open(scratch("echoes"), "w") as file:
        file.write("#!/bin/sh\nexec cat\n")
    os.chmod(scratch("echoes"), 0o755)
    for program, word in (("/bin/true", "lost"), (scratch("echoes"), "frame"),
                          ("/nonexistent", "find")):
        done = limpet("exec", "pid:1", "--", "ls", env=environment(LIMPET_AGENT=program))
        equal(done.returncode, 125, f"status with {program}")
        check(word in done.err.decode(errors="replace").splitlines()[-1], f"{program}: {done.err!r}")


@case
def an_agent_that_says_nothing_is_given_up():
    with open(scratch("silent"), "w") as file:
        file.write("#!/bin/sh\nexec sleep 100\n")
    os.chmod(scratch("silent"), 0o755)
    done = limpet("exec", "pid:1", "--", "ls", env=environment(LIMPET_AGENT=scratch("silent")))
    equal(done.returncode, 125, "status")
    one_line(done, "silent for 5 s")


@case
def a_listening_agent_serves_over_its_socket():
    os.chmod(os.path.dirname(scratch("x")), 0o700)
    path = scratch("socket")
    start(AGENT, "serve", "--listen", f"unix:{path}", stderr=subprocess.DEVNULL)
    until(lambda: os.path.exists(path), what="the socket")
    done = limpet("--host", f"unix:{path}", "exec", target(), "--", "cat", input=b"over there")
    equal((done.out, done.err, done.returncode), (b"over there", b"", 0))
    done = limpet("exec", target(), "--", "id", env=environment(LIMPET_HOST=f"unix:{path}"))
    equal(done.returncode, 0, "status by $LIMPET_HOST")
    done = limpet("--host", f"unix:{path}.none", "exec", target(), "--", "id")
    equal(done.returncode, 125, "status")
    one_line(done, "No such file", "limpet-agent serve --listen")


@case
def wrong_command_lines_are_status_2_with_the_usage():
    for words in ((), ("exec",), ("exec", "web"), ("exec", "--bogus", "web", "ls"), ("ps", "web"),
                  ("exec", "--timeout", "soon", "web", "ls"), ("attach", "web", "ls"),
                  ("exec", "--allow", "everything", "web", "ls"), ("completion", "tcsh")):
        done = limpet(*words)
        equal(done.returncode, 2, f"status of {words}")
        lines = done.err.decode().splitlines()
        check(len(lines) == 2 and lines[0].startswith("limpet: ") and lines[1].startswith("usage: "),
              f"{words}: {done.err!r}")


@case
def verbs_of_other_versions_are_no_targets():
    done = limpet("triage", "web")
    equal(done.returncode, 125, "status")
    one_line(done, "limpet: triage: not in this version")


main()
