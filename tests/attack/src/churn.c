// churn.c - one number, again and again another process's: `aaaa` and `bbbb` in turn.
//
// Each has its name and its arguments from birth, because its parent had them: what is seen to
// have those of both was read from two processes.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
    const int last = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);
    if (last < 0 || argc < 2) {
        perror("ns_last_pid");
        return 1;
    }
    puts("ready");
    fflush(stdout);
    for (unsigned long turn = 0;; ++turn) {
        const char* name = turn % 2 ? "aaaa" : "bbbb";
        prctl(PR_SET_NAME, name);
        memcpy(argv[1], name, 4);
        if (pwrite(last, "499", 3, 0) != 3) return 1;
        const pid_t child = fork();
        if (child == 0) {
            for (;;) pause();
        }
        usleep(200);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
}
