// exec_window.c - waits for a program of its own user to start, and takes hold of its memory.
//
//   exec_window N [--no-new-privs] PROGRAM [ARG...]
//
// A child starts PROGRAM N times; meanwhile we poll /proc for new processes and open their
// /proc/PID/mem for writing. It counts as a win when that memory is the program's, not that of the
// process which was about to execute it: the ELF header stands where /proc/PID/maps says that the
// program is. Prints "wins W of N, R ended well".
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char* program;

// Memory that was opened before the exec is that of the old program: then there is nothing there.
static int holds_program(int pid, int memory) {
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE* const maps = fopen(path, "re");
    if (!maps) return 0;
    unsigned long start = 0;
    while (fgets(line, sizeof line, maps)) {
        char* const end = strchr(line, '\n');
        if (end) *end = 0;
        const size_t length = strlen(line), wanted = strlen(program);
        if (length > wanted && strcmp(line + length - wanted, program) == 0) {
            start = strtoul(line, NULL, 16);
            break;
        }
    }
    fclose(maps);
    char magic[4];
    return start && pread(memory, magic, 4, (off_t)start) == 4 && memcmp(magic, "\177ELF", 4) == 0;
}

// Until the process has gone or been taken.
static int take(int pid, int* ran) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    for (;;) {
        const int memory = open(path, O_RDWR | O_CLOEXEC);
        const int won = memory >= 0 && holds_program(pid, memory);
        if (memory >= 0) close(memory);
        if (won) return 1;
        int status = 0;
        if (waitpid(pid, &status, WNOHANG) != 0) {
            *ran += status == 0;
            return 0;
        }
    }
}

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const int rounds = atoi(argv[1]);
    int at = 2;
    if (strcmp(argv[at], "--no-new-privs") == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        ++at;
    }
    program = argv[at];
    setvbuf(stdout, NULL, _IOLBF, 0);
    const int null = open("/tmp", O_RDWR | O_TMPFILE, 0600);
    int wins = 0, ran = 0;
    for (int i = 0; i < rounds; ++i) {
        const int pid = fork();
        if (pid == 0) {
            dup2(null, 1);
            dup2(null, 2);
            execv(program, argv + at);
            _exit(127);
        }
        wins += take(pid, &ran);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    printf("wins %d of %d, %d ended well\n", wins, rounds, ran);
    for (;;) pause();
}
