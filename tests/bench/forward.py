#!/usr/bin/env python3
"""forward.py AGENT CLIENT [--short] - limpet forward beside socat, in turn.

A server in a network namespace of its own echoes small requests, takes bytes or pours them out. Two others go to it: one
socat, which forks for each connection and reaches the server over a veth pair, as docker-proxy does; and what one does to
reach a loopback port without limpet, a socat here and one in the namespace, with a unix socket between them. Prints medians
for 1, 10 and 100 connections, and limpet's ratio to each. Needs root, socat, iproute2 and a C compiler.
"""
import json
import os
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time

CONNECTIONS = (1, 10, 100)

# The load must cost little beside what is measured: a server that forks, and a client that polls.
PROGRAM = r"""
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char block[262144];
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}
static void nodelay(int fd) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}
static void serve(int peer) {
    char what;
    nodelay(peer);
    if (read(peer, &what, 1) != 1) return;
    if (what == 'p') while (write(peer, block, sizeof block) > 0) {}
    if (what == 't') while (read(peer, block, sizeof block) > 0) {}
    for (ssize_t n; what == 'e' && (n = read(peer, block, 4096)) > 0;) if (write(peer, block, n) != n) break;
}
static int server(const char* address) {
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(7000)};
    inet_pton(AF_INET, address, &here.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (void*)&here, sizeof here) || listen(fd, 512)) return perror("listen"), 1;
    signal(SIGCHLD, SIG_IGN);
    puts("ready");
    fflush(stdout);
    for (;;) {
        int peer = accept(fd, 0, 0);
        if (fork() == 0) {
            close(fd);
            serve(peer);
            _exit(0);
        }
        close(peer);
    }
}
static int dial(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (void*)&to, sizeof to)) exit((perror("connect"), 1));
    nodelay(fd);
    return fd;
}
int main(int argc, char** argv) {
    if (argc == 2) return server(argv[1]);
    const int port = atoi(argv[1]), count = atoi(argv[3]);
    const char what = argv[2][0];
    const double seconds = atof(argv[4]);
    double done = 0;
    if (what == 'n') {  /* new connections, one request each, `count` at once in turn */
        const double end = now() + seconds;
        while (now() < end) {
            int fd = dial(port);
            char answer[4];
            if (write(fd, "exxx", 4) != 4 || read(fd, answer, 3) <= 0) return 1;
            close(fd);
            ++done;
        }
        printf("%f\n", done / seconds);
        return 0;
    }
    struct pollfd fds[1024];
    for (int i = 0; i < count; ++i) {
        fds[i] = (struct pollfd){dial(port), what == 't' ? POLLOUT : POLLIN, 0};
        if (write(fds[i].fd, &what, 1) != 1) return 1;
        if (what == 'e' && write(fds[i].fd, block, 64) != 64) return 1;
    }
    /* Not before all are there. */
    double begin = now() + 0.3, end = begin + seconds, t;
    while ((t = now()) < end) {
        if (poll(fds, count, 1000) <= 0) return 1;
        for (int i = 0; i < count; ++i) {
            if (!fds[i].revents) continue;
            ssize_t n = what == 't' ? send(fds[i].fd, block, sizeof block, MSG_DONTWAIT) : read(fds[i].fd, block, sizeof block);
            if (n == 0 || (n < 0 && errno != EAGAIN)) return fprintf(stderr, "ended\n"), 1;
            if (n > 0 && what == 'e' && write(fds[i].fd, block, n) != n) return 1;
            if (n > 0 && t >= begin) done += what == 'e' ? 1 : n / 1e6;
        }
    }
    printf("%f\n", done / seconds);
    return 0;
}
"""


class Processes:
    def __init__(self):
        self.all = []

    def start(self, *words, **options):
        # socat has a line for every connection that is broken off.
        self.all.append(subprocess.Popen([str(w) for w in words], start_new_session=True,
                                         stderr=subprocess.DEVNULL, **options))
        return self.all[-1]

    def stop(self):
        for process in reversed(self.all):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()


def make_ways(processes, client, agent, program, folder):
    """A port of ours for each way to the server."""
    space = processes.start("unshare", "-n", "sleep", "86400")
    time.sleep(0.3)

    def inside(*words, **options):
        return ("nsenter", "-t", str(space.pid), "-n", *words)
    for words in (inside("ip", "link", "set", "lo", "up"),
                  ("ip", "link", "add", f"lf{os.getpid()}", "type", "veth", "peer", "name", "up0",
                   "netns", str(space.pid)),
                  ("ip", "addr", "add", "10.213.77.1/30", "dev", f"lf{os.getpid()}"),
                  ("ip", "link", "set", f"lf{os.getpid()}", "up"),
                  inside("ip", "addr", "add", "10.213.77.2/30", "dev", "up0"),
                  inside("ip", "link", "set", "up0", "up")):
        subprocess.run(words, check=True)
    server = processes.start(*inside(program, "0.0.0.0"), stdout=subprocess.PIPE)
    if server.stdout.readline() != b"ready\n":
        sys.exit("there is no server")
    processes.start("socat", "TCP-LISTEN:7101,fork,reuseaddr,bind=127.0.0.1,nodelay,backlog=512",
                    "TCP:10.213.77.2:7000,nodelay")
    path = os.path.join(folder, "between.sock")
    processes.start(*inside("socat", f"UNIX-LISTEN:{path},fork,backlog=512", "TCP:127.0.0.1:7000,nodelay"))
    processes.start("socat", "TCP-LISTEN:7102,fork,reuseaddr,bind=127.0.0.1,nodelay,backlog=512", f"UNIX:{path}")
    ours = processes.start(client, "forward", "-o", "json", f"pid:{space.pid}", ":7000", stdout=subprocess.PIPE,
                           env={**os.environ, "LIMPET_AGENT": agent})
    if not select.select([ours.stdout], [], [], 20)[0]:
        sys.exit("limpet forward does not listen")
    port = json.loads(ours.stdout.readline())["port"]
    time.sleep(0.3)
    return {"limpet": port, "socat": 7101, "socat twice": 7102}


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    agent, client = map(os.path.abspath, sys.argv[1:3])
    rounds, seconds = (1, "0.3") if "--short" in sys.argv else (5, "1")
    processes = Processes()
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "load")
        subprocess.run(["cc", "-O2", "-o", program, "-x", "c", "-"], input=PROGRAM.encode(), check=True)
        try:
            ways = make_ways(processes, client, agent, program, folder)
            print(f"{'':30}" + "".join(f"{name:>14}" for name in ways) + "   ratios (aim: 0.8)")
            for letter, title in (("p", "MB/s from the target"), ("t", "MB/s to the target"),
                                  ("e", "round trips/s of 64 bytes"), ("n", "new connections/s")):
                for count in CONNECTIONS if letter != "n" else (1,):
                    seen = {name: [] for name in ways}
                    for _ in range(rounds):
                        for name, port in ways.items():
                            done = subprocess.run([program, str(port), letter, str(count), seconds],
                                                  capture_output=True, check=False, timeout=120)
                            if done.returncode != 0:
                                sys.exit(f"{name}: {title}: {done.stderr.decode()}")
                            seen[name].append(float(done.stdout))
                    medians = {name: statistics.median(values) for name, values in seen.items()}
                    ratios = [medians["limpet"] / medians[name] for name in list(ways)[1:]]
                    print(f"{title:26}{count:4}" + "".join(f"{m:14.0f}" for m in medians.values()) +
                          "   " + "  ".join(f"{r:.2f}" for r in ratios), flush=True)
        finally:
            processes.stop()


main()
