// exitkill.c - traces a process so that it dies with the tracer.
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>

int main(int count, char** words) {
    if (count < 2) return 2;
    if (ptrace(PTRACE_SEIZE, atoi(words[1]), 0, PTRACE_O_EXITKILL) != 0) {
        perror("ptrace");
        return 1;
    }
    puts("traced");
    fflush(stdout);
    pause();
    return 0;
}
