# layers.py - an illegal include does not compile: proved for every layer and every other one.
#
# For each forbidden pair a file that includes a header of that layer is compiled with the layer's
# own flags, which must fail for that include alone; the control is the same file without it.
import glob
import json
import os
import shlex
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ALLOWED = {
    "sys": {"sys"},
    "parse": {"parse"},
    "target": {"sys", "parse", "target"},
    "runtimes": {"sys", "parse", "runtimes"},
    "commands": {"sys", "parse", "target", "runtimes", "commands"},
    "shell": {"sys", "parse", "target", "commands", "shell"},
    "serve": {"sys", "serve"},
    "attach": {"attach"},
}


def folder(layer):
    return os.path.join(ROOT, "attach" if layer == "attach" else f"agent/{layer}")


def a_header(layer):
    found = sorted(glob.glob(f"{folder(layer)}/**/*.h", recursive=True))
    return f"{layer}/{os.path.relpath(found[0], folder(layer))}" if found else None


def flags_of(layer, commands):
    for command in commands:
        if command["file"].startswith(folder(layer) + os.sep) and not command["file"].endswith(
                ("attach/main.cpp", "agent/main.cpp")):
            return command["directory"], shlex.split(command["command"])
    raise SystemExit(f"no file of layer {layer} is compiled")


def compile_text(text, directory, words):
    # The precompiled header is left out: it would have to be built for the test.
    words = [word for word in words if word not in ("-Winvalid-pch", "-fpch-preprocess")]
    kept, skip = [], 0
    for index, word in enumerate(words):
        if skip:
            skip -= 1
        elif word in ("-o", "-c") or (word == "-include" and "cmake_pch" in words[index + 1]):
            skip = 1
        else:
            kept.append(word)
    with tempfile.NamedTemporaryFile("w", suffix=".cpp", dir=scratch) as file:
        file.write(text)
        file.flush()
        done = subprocess.run([*kept, "-fsyntax-only", "-H", file.name], cwd=directory,
                              capture_output=True, text=True, timeout=120, check=False,
                              env={**os.environ, "CCACHE_DISABLE": "1"})
    return done.returncode, done.stderr


def ours(listing, header):
    """Whether -H names our file; sys/file.h, say, is one of libc's too, and that may be included."""
    return any(line.startswith(". ") and line.endswith("/" + header) and
               not line.startswith(". /usr/include/") for line in listing.splitlines())


def main():
    build = sys.argv[1]
    with open(f"{build}/compile_commands.json") as file:
        commands = json.load(file)
    failed = 0

    def say(name, problem):
        nonlocal failed
        failed += bool(problem)
        print(f"FAIL {name}: {problem}" if problem else f"ok {name}")

    for layer, allowed in ALLOWED.items():
        directory, words = flags_of(layer, commands)
        status, errors = compile_text('#include "limpet/result.h"\nint nothing;\n', directory, words)
        say(f"{layer} without", status and errors[:300].replace("\n", " "))
        for other in ALLOWED:
            header = a_header(other)
            if other in allowed or not header:
                continue
            status, errors = compile_text(f'#include "{header}"\nint nothing;\n', directory, words)
            if status == 0 and not ours(errors, header):
                say(f"{layer} includes {other}", None)
            elif status == 0:
                say(f"{layer} includes {other}", f"{header} compiled in {layer}")
            elif f"{header}: No such file" not in errors:
                say(f"{layer} includes {other}", "failed for another reason: "
                    + errors[:300].replace("\n", " "))
            else:
                say(f"{layer} includes {other}", None)
    sys.exit(1 if failed else 0)


with tempfile.TemporaryDirectory(prefix="limpet-layers.") as scratch:
    main()
