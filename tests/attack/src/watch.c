// watch.c - sees every process that comes into its pid namespace, and takes from it what it can.
//
//   watch          polls /proc; a line on stdin ends a round: "end ROUNDS-OF-POLLING"
//   watch kill     and kills all that it sees, and all that it may not see
//
// Prints "seen PID NAME", then one line for each thing that it could do to that process:
// signal, environ, memory, exe, root, fd, ptrace.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static const char secret[] = "HOST-SECRET";

// Opens /proc/PID/NAME; says so when it may, or when only the file's being in use forbids it.
static int try_open(int pid, const char* name, int flags) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    const int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 || errno == ETXTBSY) printf("%s %d\n", name, pid);
    return fd;
}

static void look_for_secret(int pid, int fd, const char* where) {
    char text[65536];
    const ssize_t size = pread(fd, text, sizeof text, 0);
    if (size > 0 && memmem(text, (size_t)size, secret, sizeof secret - 1)) {
        printf("secret %d in %s\n", pid, where);
    }
}

static void assault(int pid, const char* name) {
    static const char* const fds[] = {"fd/3", "fd/4", "fd/5", "fd/10", "cwd", "map_files"};
    printf("seen %d %s\n", pid, name);
    if (kill(pid, SIGCONT) == 0) printf("signal %d\n", pid);
    int fd = try_open(pid, "environ", O_RDONLY);
    if (fd >= 0) look_for_secret(pid, fd, "environ");
    close(fd);
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; ++i) {
        fd = try_open(pid, fds[i], O_RDONLY);
        if (fd >= 0) look_for_secret(pid, fd, fds[i]);
        close(fd);
    }
    close(try_open(pid, "mem", O_RDWR));
    close(try_open(pid, "exe", O_WRONLY));
    close(try_open(pid, "root", O_RDONLY | O_DIRECTORY));
    if (ptrace(PTRACE_SEIZE, pid, 0, 0) == 0) {
        printf("ptrace %d\n", pid);
        ptrace(PTRACE_DETACH, pid, 0, 0);
    }
    fflush(stdout);
}

static unsigned char known[1 << 22];

static void look(int murderous) {
    DIR* proc = opendir("/proc");
    for (struct dirent* entry; proc && (entry = readdir(proc));) {
        const long pid = strtol(entry->d_name, NULL, 10);
        if (pid <= 0 || pid == getpid() || pid >= (long)sizeof known || known[pid]) continue;
        known[pid] = 1;
        char path[64], name[64] = "?";
        snprintf(path, sizeof path, "/proc/%ld/comm", pid);
        const int fd = open(path, O_RDONLY | O_CLOEXEC);
        const ssize_t size = fd >= 0 ? read(fd, name, sizeof name - 1) : 0;
        if (size > 0) name[size - 1] = 0;
        close(fd);
        assault((int)pid, name);
    }
    closedir(proc);
    if (murderous) kill(-1, SIGKILL);
}

int main(int argc, char** argv) {
    const int murderous = argc > 1 && strcmp(argv[1], "kill") == 0;
    puts("ready");
    fflush(stdout);
    for (long rounds = 1;; ++rounds) {
        look(murderous);
        while (waitpid(-1, NULL, WNOHANG) > 0) continue;
        struct pollfd input = {0, POLLIN, 0};
        if (poll(&input, 1, 0) <= 0) continue;
        char line[64];
        if (read(0, line, sizeof line) <= 0) return 0;
        printf("end %ld\n", rounds);
        fflush(stdout);
    }
}
