#!/usr/bin/env python3
"""process.py AGENT [CLIENT] [--short] - commands about processes beside procps, busybox and lsof.

10^4 processes that wait, and one with 10^5 mappings; in short a tenth. The tools take turns; medians
of the processor time that each takes with its output thrown away, which others on the machine
change less than the time of day, and ratios to ours. It judges nothing."""
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

AGENT = os.path.abspath(sys.argv[1])
SHORT = "--short" in sys.argv
PROCESSES = 1_000 if SHORT else 10_000
MAPPINGS = 10_000 if SHORT else 100_000
ROUNDS = 3 if SHORT else 7
CROWD = r"""
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
int main(int count, char** words) {
    const int processes = atoi(words[1]), mappings = atoi(words[2]);
    for (int i = 0; i < 5; ++i) open("/etc/passwd", O_RDONLY);
    for (int i = 0; i < processes; ++i) {
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, 9);
            for (;;) pause();
        }
    }
    /* Neighbours with other rights are mappings of their own. */
    for (int i = 0; i < mappings; ++i) {
        if (mmap(0, 4096, i % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) break;
    }
    puts("ready");
    fflush(stdout);
    for (;;) pause();
    return count;
}
"""


def start(folder):
    with open(f"{folder}/crowd.c", "w") as file:
        file.write(CROWD)
    subprocess.run(["gcc", "-O1", "-o", f"{folder}/crowd", f"{folder}/crowd.c"], check=True)
    with open("/proc/sys/vm/max_map_count") as file:
        mappings = min(MAPPINGS, int(file.read()) - 100)
    crowd = subprocess.Popen([f"{folder}/crowd", str(PROCESSES), str(mappings)], stdout=subprocess.PIPE)
    crowd.stdout.readline()
    return crowd, mappings


def spent():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(name, tools):
    times = {tool: [] for tool in tools}
    for turn in range(ROUNDS + 1):
        for tool, argv in tools.items():
            begin = spent()
            done = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
            if turn > 0:  # the first one warms up
                times[tool].append(spent() - begin)
            elif done.returncode != 0:
                print(f"  {name}: {tool} fails")  # then it is not fast
    medians = {tool: statistics.median(seconds) for tool, seconds in times.items()}
    ours = medians.pop("ours")
    line = f"{name:34}{ours * 1e3:9.1f} ms"
    for tool, seconds in medians.items():
        line += f"   {tool} {seconds * 1e3:9.1f} ms ({ours / max(seconds, 1e-6):.2f})"
    print(line, flush=True)


def main():
    with tempfile.TemporaryDirectory() as folder:
        crowd, mappings = start(folder)
        try:
            pid = str(crowd.pid)
            rows = (
                (f"ps of {PROCESSES} processes", ["ps", "-e", "-o", "pid,ppid,user,vsz,stat,args"],
                 {"procps": ["ps", "-e", "-o", "pid,ppid,user,vsz,stat,args"],
                  "busybox": ["busybox", "ps", "-o", "pid,ppid,user,vsz,stat,args"]}),
                ("ps aux", ["ps", "aux"], {"procps": ["ps", "aux"]}),
                ("ps -ef", ["ps", "-ef"], {"procps": ["ps", "-ef"]}),
                ("fds of all", ["fds", "-a"], {"lsof": ["lsof", "-nP"]}),
                ("lsof of all", ["lsof", "-nP"], {"lsof": ["lsof", "-nP"]}),
                ("top -b -n 2", ["top", "-b", "-n", "2", "-d", "0"],
                 {"procps": ["top", "-b", "-n", "2", "-d", "0"]}),
                ("pgrep -fo", ["pgrep", "-fo", "/crowd "], {"procps": ["pgrep", "-fo", "/crowd "]}),
                (f"maps of {mappings} mappings", ["maps", pid], {"pmap": ["pmap", pid]}),
                (f"smaps of {mappings} mappings", ["smaps", pid], {"pmap": ["pmap", "-x", pid]}),
            )
            for name, arguments, others in rows:
                tools = {"ours": [AGENT, *arguments]}
                tools |= {tool: argv for tool, argv in others.items() if shutil.which(argv[0])}
                measure(name, tools)
        finally:
            crowd.send_signal(signal.SIGKILL)
            crowd.wait()


main()
