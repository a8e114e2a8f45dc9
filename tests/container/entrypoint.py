# entrypoint.py - what a container starts and why it does not: images with one thing wrong each.
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import (add_case, case, check, equal, limpet, limpet_exec, main, must, need_docker,  # noqa: E402
                    run, RUN, scratch, undo)

PASSWD = "root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n"


def image(files=()):
    """An image of busybox with more files, path -> (text or source file, mode); its id."""
    need_docker()
    tree = scratch("tree")
    os.makedirs(f"{tree}/bin")
    os.makedirs(f"{tree}/etc")
    must("cp", "/bin/busybox", f"{tree}/bin/busybox")
    for name in ("sh", "sleep"):
        os.symlink("busybox", f"{tree}/bin/{name}")
    for path, (content, mode) in {"etc/passwd": (PASSWD.encode(), 0o644), **dict(files)}.items():
        os.makedirs(os.path.dirname(f"{tree}/{path}"), exist_ok=True)
        if isinstance(content, bytes):
            with open(f"{tree}/{path}", "wb") as file:
                file.write(content)
        else:
            must("cp", content, f"{tree}/{path}")
        os.chmod(f"{tree}/{path}", mode)
    archive = scratch("image.tar")
    must("tar", "-C", tree, "-cf", archive, ".")
    made = must("docker", "import", archive).strip()
    undo(lambda: run("docker", "rmi", "-f", made))
    must("rm", "-rf", tree, archive)
    return made


def container(made, *command, options=()):
    """Created, and started if it can be."""
    name = f"limpet-entry-{os.getpid()}-{container.count}"
    container.count += 1
    undo(lambda: run("docker", "rm", "-f", "-v", name))
    must("docker", "create", "--label", f"limpet-test={RUN}", "--name", name, *options, made, *command)
    started = run("docker", "start", name)
    return name, started


container.count = 0


def told(name):
    done = limpet_exec(name, "entrypoint", "-o", "json")
    lines = done.out.decode(errors="surrogateescape").splitlines()
    check(len(lines) == 1, f"{name}: {done.out!r} {done.err!r}")
    return done.returncode, json.loads(lines[0])


def wrong(files, command, check_name, part, options=()):
    """Docker cannot start it, and the reason is the one check that fails."""
    name, started = container(image(files), *command, options=options)
    status, found = told(name)
    ended = must("docker", "inspect", "-f", "{{.State.ExitCode}}", name).strip()
    check(started.returncode != 0 or ended != "0", f"it starts: {found}")
    equal(status, 1, found)
    failed = [entry for entry in found["checks"] if not entry["ok"]]
    equal([entry["check"] for entry in failed], [check_name], found)
    check(part in failed[0]["detail"], f"{part!r} is not in {failed}")


def foreign():
    """A program of another machine: the header says so."""
    with open("/bin/busybox", "rb") as file:
        content = bytearray(file.read())
    content[18:20] = (0xf3).to_bytes(2, "little")
    return bytes(content)


add_case("no_such_program", wrong, {}, ["/app"], "program", "/app is not there")
add_case("not_in_path", wrong, {}, ["app"], "program", "there is no 'app' in PATH=")
add_case("not_executable", wrong, {"app": ("/bin/busybox", 0o644)}, ["/app"], "program", "may not execute")
add_case("a_directory", wrong, {}, ["/bin"], "program", "is a directory")
add_case("another_machine", wrong, {"app": (foreign(), 0o755)}, ["/app"], "machine", "RISC-V")
add_case("neither_program_nor_script", wrong, {"app": (b"echo text\n", 0o755)}, ["/app"], "program",
         "exec format error")
add_case("empty_program", wrong, {"app": (b"", 0o755)}, ["/app"], "program", "is empty")
add_case("script_with_carriage_return", wrong, {"app": (b"#!/bin/sh\r\necho\r\n", 0o755)}, ["/app"],
         "interpreter", "carriage return")
add_case("script_without_interpreter", wrong, {"app": (b"#!/usr/bin/python3\n", 0o755)}, ["/app"],
         "interpreter", "/usr/bin/python3 is not there")
add_case("no_dynamic_linker", wrong, {"app": ("/bin/true", 0o755)}, ["/app"], "interpreter",
         "ld-linux")
add_case("a_missing_library", wrong,
         {"app": ("/bin/true", 0o755), "lib64/ld-linux-x86-64.so.2": ("/lib64/ld-linux-x86-64.so.2", 0o755)},
         ["/app"], "libraries", "libc.so.6 is not there")
add_case("not_its_users", wrong, {"app": ("/bin/busybox", 0o700)}, ["/app"], "program",
         "user 1000 may not execute", ["--user", "app"])
add_case("no_such_user", wrong, {}, ["/bin/sh"], "user", "there is no user 'nobody-here'",
         ["--user", "nobody-here"])


@case
def what_runs_is_fine():
    name, started = container(image(), "sleep", "600", options=["-w", "/etc", "-e", "A=b c", "--user", "app"])
    equal(started.returncode, 0, started.err)
    status, found = told(name)
    equal((status, found["ok"]), (0, True), found)
    equal((found["arguments"], found["directory"], found["user"]), (["sleep", "600"], "/etc", "app"))
    check("A=b c" in found["environment"], found)
    text = limpet_exec(name, "entrypoint").out.decode()
    check("starts              sleep 600\n" in text and "FAIL" not in text, text)


@case
def a_process_without_a_runtime():
    name, _ = container(image(), "sleep", "600")
    pid = must("docker", "inspect", "-f", "{{.State.Pid}}", name).strip()
    done = limpet("exec", f"pid:{pid}", "--", "entrypoint", "-o", "json")
    found = json.loads(done.out)
    equal((found["from"], found["arguments"], found["ok"]), ("process 1", ["sleep", "600"], True), found)


if __name__ == "__main__":
    main()
