# elf.py - readelf and ldd against binutils' and the C library's on the same files.
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from limpet import AGENT, Skip, case, check, equal, main, must, undo  # noqa: E402

FILES = ["/bin/sh", "/usr/bin/env", "/bin/busybox", "/usr/bin/python3", "/lib/x86_64-linux-gnu/libc.so.6",
         "/usr/lib/x86_64-linux-gnu/crti.o", "/usr/bin/docker", "/usr/bin/gdb", AGENT]


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, timeout=60, errors="surrogateescape",
                          env={**os.environ, "LC_ALL": "C"})


def there():
    return [os.path.realpath(path) for path in FILES if os.path.exists(path)]


def folder():
    made = tempfile.TemporaryDirectory(prefix="limpet-elf-")
    undo(made.cleanup)
    return made.name


def need(program):
    if run("sh", "-c", f"command -v {program}").returncode:
        raise Skip(f"no {program} to compare with")


@case
def readelf_shows_what_binutils_shows():
    need("readelf")
    compared = 0
    for path in there():
        for option in ("-h", "-l", "-S", "-d", "-s", "--dyn-syms"):
            equal(run(AGENT, "readelf", option, path).stdout, run("readelf", "-W", option, path).stdout,
                  f"{option} of {path}")
            compared += 1
    check(compared >= 24, f"only {compared} were compared")


@case
def readelf_notes_are_the_same():
    need("readelf")
    for path in there():
        wanted = run("readelf", "-W", "-n", path).stdout
        lines = re.findall(r"^  (GNU) +(0x\w+)\t(NT_GNU_\w+)|(Build ID: \w+)", wanted, re.M)
        seen = re.findall(r"^  (GNU) +(0x\w+)\t(NT_GNU_\w+)|(Build ID: \w+)",
                          run(AGENT, "readelf", "-n", path).stdout, re.M)
        equal(seen, lines, path)


@case
def readelf_json_says_the_same():
    need("readelf")
    path = there()[0]
    lines = [json.loads(line) for line in must(AGENT, "readelf", "-a", "-o", "json", path).splitlines()]
    kinds = {}
    for line in lines:
        kinds.setdefault(line["kind"], []).append(line)
    text = run("readelf", "-W", "-h", "-l", "-S", path).stdout
    equal(len(kinds["section"]), int(re.search(r"Number of section headers: +(\d+)", text)[1]))
    equal(len(kinds["segment"]), int(re.search(r"Number of program headers: +(\d+)", text)[1]))
    equal(kinds["header"][0]["entry"], re.search(r"Entry point address: +(\w+)", text)[1])


def loaded(text):
    """name -> path, as ldd prints it; what the kernel itself maps is no file."""
    found = {}
    for line in text.splitlines():
        words = line.strip().split(" => ")
        if "linux-vdso" in line:
            continue
        if len(words) == 1:
            found[words[0].split(" (")[0]] = words[0].split(" (")[0]
        else:
            found[words[0]] = "not found" if words[1].startswith("not found") else words[1].split(" (")[0]
    return found


@case
def ldd_finds_what_the_loader_finds():
    compared = 0
    for path in there():
        theirs = run("ldd", path)
        if theirs.returncode or "=>" not in theirs.stdout:
            continue
        ours = run(AGENT, "ldd", path)
        equal((ours.returncode, loaded(ours.stdout)), (0, loaded(theirs.stdout)), path)
        compared += 1
    check(compared >= 3, f"only {compared} were compared")


def build(where, name, *words, source="int f(void) { return 0; }"):
    with open(f"{where}/source.c", "w") as file:
        file.write(source)
    must("gcc", "-o", f"{where}/{name}", f"{where}/source.c", *words)


def compare(path, environment=None):
    theirs = subprocess.run(["ldd", path], capture_output=True, text=True, env={**os.environ, **(environment or {})})
    more = [] if not environment else ["--library-path", environment["LD_LIBRARY_PATH"]]
    ours = run(AGENT, "ldd", *more, path)
    equal(loaded(ours.stdout), loaded(theirs.stdout), path)
    return ours


@case
def ldd_follows_rpath_runpath_and_origin():
    base = folder()
    os.mkdir(f"{base}/own")
    os.mkdir(f"{base}/other")
    build(f"{base}/own", "libinner.so", "-shared", "-fPIC")
    build(f"{base}/own", "libouter.so", "-shared", "-fPIC", f"-L{base}/own", "-Wl,--no-as-needed", "-linner")
    program = "int f(void); int main(void) { return f(); }"
    link = [f"-L{base}/own", "-Wl,--no-as-needed", "-louter", f"-Wl,-rpath-link,{base}/own"]
    # An rpath is handed on to what is loaded; a runpath is the program's own.
    for name, tags, inner in (("rpath", "--disable-new-dtags", True), ("runpath", "--enable-new-dtags", False)):
        build(base, name, *link, "-Wl,--allow-shlib-undefined", f"-Wl,{tags}", "-Wl,-rpath,$ORIGIN/own",
              source=program)
        done = compare(f"{base}/{name}")
        equal(done.returncode, 0 if inner else 1, name)
        check(inner or f"libinner.so => not found (needed by {base}/own/libouter.so" in done.stdout, done.stdout)
    done = compare(f"{base}/runpath", {"LD_LIBRARY_PATH": f"{base}/own"})
    equal(done.returncode, 0)
    lines = [json.loads(line) for line in run(AGENT, "ldd", "-o", "json", f"{base}/runpath").stdout.splitlines()]
    equal({line["name"]: line["how"] for line in lines if line["name"].startswith("libo")}, {"libouter.so": "runpath"})
    equal([line["path"] for line in lines if line["name"] == "libinner.so"], [None])


@case
def ldd_misses_versions():
    base = folder()
    with open(f"{base}/map", "w") as file:
        file.write("NEW_9 { f; };\n")
    build(base, "libv.so", "-shared", "-fPIC", "-Wl,-soname,libv.so", f"-Wl,--version-script={base}/map")
    build(base, "program", f"-L{base}", "-lv", f"-Wl,-rpath,{base}",
          source="int f(void); int main(void) { return f(); }")
    equal(run(AGENT, "ldd", f"{base}/program").returncode, 0)
    with open(f"{base}/map", "w") as file:
        file.write("OLD_1 { f; };\n")
    build(base, "libv.so", "-shared", "-fPIC", "-Wl,-soname,libv.so", f"-Wl,--version-script={base}/map")
    done = run(AGENT, "ldd", f"{base}/program")
    equal(done.returncode, 1)
    check(f"{base}/libv.so: version `NEW_9' not found (required by {base}/program)" in done.stdout, done.stdout)


@case
def ldd_of_a_process():
    process = subprocess.Popen(["/bin/sleep", "60"])
    undo(process.kill)
    equal(loaded(must(AGENT, "ldd", str(process.pid))), loaded(must("ldd", "/bin/sleep")))


@case
def damaged_files_are_told_of():
    base = folder()
    with open("/bin/sh", "rb") as file:
        whole = file.read()
    damages = {"cut": whole[:100], "empty": b"", "text": b"#!/bin/sh\n", "half": whole[:len(whole) // 2],
               "sections": whole[:40] + b"\xff" * 8 + whole[48:], "segments": whole[:32] + b"\xff" * 8 + whole[40:],
               "counts": whole[:54] + b"\xff" * 10 + whole[64:]}
    for name, content in damages.items():
        with open(f"{base}/{name}", "wb") as file:
            file.write(content)
        for words in (("readelf", "-a"), ("ldd",)):
            done = run(AGENT, *words, f"{base}/{name}")
            check(done.returncode in (0, 1), f"{words} of {name}: {done}")
            check(done.returncode == 0 or done.stderr.startswith(f"{words[0]}: "), f"{words} of {name}: {done}")


@case
def go_says_what_the_linker_wrote():
    if not os.path.exists("/usr/bin/docker"):
        raise Skip("no program of Go here")
    found = json.loads(must(AGENT, "go", "-o", "json", "/usr/bin/docker"))
    with open("/usr/bin/docker", "rb") as file:
        content = file.read()
    check(found["go"].encode() in content and re.fullmatch(r"go1\.\d+(\.\d+)?", found["go"]), found["go"])
    equal(found["path"], re.search(rb"path\t(github.com/docker/cli/cmd/docker)\n", content)[1].decode())
    equal(found["settings"]["GOOS"], "linux")
    done = run(AGENT, "go", "/bin/sh")
    check(done.returncode == 1 and "no program of Go" in done.stderr, done)


@case
def runtimes_names_python_and_its_script():
    script = f"{folder()}/serve.py"
    with open(script, "w") as file:
        file.write("import sys, time\nprint(sys.version.split()[0], flush=True)\ntime.sleep(60)\n")
    process = subprocess.Popen([sys.executable, "-X", "utf8", "-u", script, "--port", "1"], stdout=subprocess.PIPE)
    undo(process.kill)
    version = process.stdout.readline().decode().strip()
    found = json.loads(must(AGENT, "runtimes", "-o", "json", str(process.pid)))
    equal((found["runtime"], found["entry"], found["pid"]), ("python", script, process.pid))
    check(found["version"].split("-")[0].startswith(version) or version.startswith(found["version"]), found)


if __name__ == "__main__":
    main()
