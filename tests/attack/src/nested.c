// nested.c - a process that starts another one in a pid namespace below its own.
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    if (unshare(CLONE_NEWPID) != 0) {
        perror("unshare");
        return 1;
    }
    const pid_t child = fork();
    printf(child ? "child %d\n" : "", child);
    fflush(stdout);
    for (;;) pause();
}
