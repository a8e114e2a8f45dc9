#!/usr/bin/env python3
"""trace.py AGENT [SECONDS] - how much a loop of system calls is slowed by strace, theirs and ours.

Interleaved: alone, with strace, with ours, and again; medians of calls a second, and ratios."""
import os
import statistics
import subprocess
import sys
import tempfile
import time

AGENT = os.path.abspath(sys.argv[1])
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
LOOP = r"""
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
int main(void) {
    char bytes[64];
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct timespec begin, now;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        long count = 0;
        do {
            for (int i = 0; i < 50; ++i) {
                const int fd = open("/etc/passwd", O_RDONLY);
                if (read(fd, bytes, sizeof bytes) < 0) return 1;
                close(fd);
                getppid();
                count += 4;
            }
            clock_gettime(CLOCK_MONOTONIC, &now);
        } while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 < 100);
        printf("%.0f\n", count / ((now.tv_sec - begin.tv_sec) + (now.tv_nsec - begin.tv_nsec) / 1e9));
        fflush(stdout);
    }
}
"""


def rates(process, seconds):
    """Calls a second, in tenths of a second."""
    end = time.monotonic() + seconds
    found = []
    while time.monotonic() < end:
        found.append(float(process.stdout.readline()))
    return found[1:]


def main():
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/loop.c", "w") as file:
            file.write(LOOP)
        subprocess.run(["gcc", "-O1", "-o", f"{folder}/loop", f"{folder}/loop.c"], check=True)
        loop = subprocess.Popen([f"{folder}/loop"], stdout=subprocess.PIPE)
        loop.stdout.readline()
        pid = str(loop.pid)
        ways = {"alone": None}
        for name, options in (("all", []), ("-c", ["-c"]), ("-e connect", ["-e", "trace=connect"])):
            ways[f"strace {name}"] = ["strace", "-q", *options, "-p", pid]
            ways[f"ours {name}"] = [AGENT, "strace", "-q", *options, "-p", pid]
        seen = {name: [] for name in ways}
        for _ in range(3):
            for name, command in ways.items():
                tracer = command and subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                if tracer:
                    time.sleep(0.2)
                seen[name] += rates(loop, SECONDS)
                if tracer:
                    tracer.terminate()
                    tracer.wait()
        loop.kill()
        medians = {name: statistics.median(values) for name, values in seen.items()}
        for name, value in medians.items():
            line = f"{name:20} {value:12.0f} calls/s  {medians['alone'] / value:6.1f} times slower"
            if name.startswith("ours"):
                line += f"  {value / medians[name.replace('ours', 'strace')]:5.2f} of strace's rate"
            print(line)


main()
