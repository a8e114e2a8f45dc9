# transfer.py - limpet cp beside docker cp and a pipe of two tars through nsenter: a large file, a tree of small ones,
# out and in, in turns. Medians of seconds, and of the processor time of the programs themselves (docker's daemon works
# beside that). It prints and judges nothing: the aims stand beside the numbers.
#
#   python3 transfer.py AGENT CLIENT [--short]
import os
import resource
import shutil
import statistics
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import images
from limpet import *  # noqa: F403

SHORT = "--short" in sys.argv
SIZE = 64 << 20 if SHORT else 512 << 20
FILES, FOLDERS = (2_000, 20) if SHORT else (50_000, 500)
ROUNDS = 1 if SHORT else 5


def furnish(place):
    with open(f"{place}/large", "wb") as file:
        for _ in range(SIZE >> 20):
            file.write(os.urandom(1 << 20))
    for folder in range(FOLDERS):
        os.makedirs(f"{place}/tree/{folder}")
        for number in range(FILES // FOLDERS):
            with open(f"{place}/tree/{folder}/{number}", "w") as file:
                file.write(f"{folder} {number}\n" * (1 + number * 7 % 90))


def timed(line):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = run("bash", "-o", "pipefail", "-c", line, timeout=600)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    check(done.returncode == 0, f"{line}: {done.returncode}: {done.err.decode(errors='replace')[-300:]}")
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(what, ways, clear):
    taken = {name: [] for name in ways}
    for number in range(ROUNDS + 1):
        for name, line in ways.items():
            clear()
            result = timed(line)
            if number > 0 or SHORT:
                taken[name].append(result)
    median = {name: [statistics.median(part) for part in zip(*results)] for name, results in taken.items()}
    wall, work = median["limpet cp"]
    print(f"{what}: " + ", ".join(f"{name} {m[0]:.2f} s ({m[1]:.2f} s of work)" for name, m in median.items()))
    print(f"{what}: {wall / median['docker cp'][0]:.2f} of docker cp (aim 0.50), "
          f"{wall / median['tar | tar'][0]:.2f} of tar | tar (aim 1.30), work {work / median['tar | tar'][1]:.2f}", flush=True)


def main():
    if not docker_works() or os.geteuid() != 0:
        print("skip: needs Docker and root")
        sys.exit(77)
    name = f"limpet-test-slim:{RUN.lower()}-transfer"
    images.load("slim", name)
    undo(lambda: run("docker", "rmi", name))
    container = Container(name)
    root = f"/proc/{container.pid}/root"
    os.mkdir(f"{root}/data")
    furnish(f"{root}/data")
    here = tempfile.mkdtemp(prefix="out.", dir=os.path.dirname(scratch("x")))
    ours = f"{CLIENT} cp -q -r"
    enter = f"nsenter -t {container.pid} -m tar"

    def clear():
        shutil.rmtree(f"{here}/out", ignore_errors=True)
        shutil.rmtree(f"{root}/in", ignore_errors=True)
        os.mkdir(f"{here}/out")
        os.mkdir(f"{root}/in")

    clear()
    for what, path in (("large file", "large"), ("tree", "tree")):
        compare(f"{what}, out", {
            "limpet cp": f"{ours} {container.name}:/data/{path} {here}/out",
            "docker cp": f"docker cp {container.id}:/data/{path} {here}/out > /dev/null",
            "tar | tar": f"{enter} -C /data -cf - {path} | tar -C {here}/out -xf -"}, clear)
        shutil.copytree(f"{root}/data/tree", f"{here}/tree") if path == "tree" else \
            shutil.copyfile(f"{root}/data/large", f"{here}/large")
        compare(f"{what}, in", {
            "limpet cp": f"{ours} --allow modify {here}/{path} {container.name}:/in",
            "docker cp": f"docker cp {here}/{path} {container.id}:/in > /dev/null",
            "tar | tar": f"tar -C {here} -cf - {path} | {enter} -C /in -xf -"}, clear)


if __name__ == "__main__":
    main()
