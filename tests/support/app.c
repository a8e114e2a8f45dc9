// app.c - the application inside the test containers: serves, holds things open, and is a witness.
//
// It serves HTTP on 127.0.0.1:8080, keeps a log file, a FIFO and a unix socket in /dev/shm (which
// is writable in a read-only container too), and has a child, so that ps has two lines. On the
// unix socket it says what it sees of its own world, so that a test need not enter it:
//   pids        the numbers in its /proc
//   watch MS    every number that was in its /proc within MS milliseconds, polled at full speed
//   read PATH   a file as it sees it
//   child       a process more, which sleeps; its pid
//   quit        the main process ends, and the container with it
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { most_pids = 1 << 16 };
static unsigned char seen[most_pids];

static void note_pids(void) {
    DIR* proc = opendir("/proc");
    if (!proc) return;
    for (struct dirent* entry; (entry = readdir(proc));) {
        const long pid = strtol(entry->d_name, NULL, 10);
        if (pid > 0 && pid < most_pids) seen[pid] = 1;
    }
    closedir(proc);
}

static void print_pids(int to) {
    for (int pid = 1; pid < most_pids; ++pid) {
        if (seen[pid]) dprintf(to, "%d\n", pid);
    }
}

static long milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int fork_sleeper(const char* name) {
    const int pid = fork();
    if (pid != 0) return pid;
    prctl(PR_SET_NAME, name);
    for (;;) pause();
}

static void send_file(int to, const char* path) {
    char block[4096];
    const int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0) {
        dprintf(to, "%s: %s\n", path, strerror(errno));
        return;
    }
    for (ssize_t size; (size = read(from, block, sizeof block)) > 0;) {
        if (write(to, block, (size_t)size) < 0) break;
    }
    close(from);
}

static void witness(int peer) {
    char line[512];
    const ssize_t size = read(peer, line, sizeof line - 1);
    if (size <= 0) return;
    line[size] = 0;
    line[strcspn(line, "\n")] = 0;
    memset(seen, 0, sizeof seen);
    if (strcmp(line, "pids") == 0) {
        note_pids();
        print_pids(peer);
    } else if (strncmp(line, "watch ", 6) == 0) {
        const long end = milliseconds() + strtol(line + 6, NULL, 10);
        while (milliseconds() < end) note_pids();
        print_pids(peer);
    } else if (strncmp(line, "read ", 5) == 0) {
        send_file(peer, line + 5);
    } else if (strcmp(line, "child") == 0) {
        dprintf(peer, "%d\n", fork_sleeper("sleeper"));
    } else if (strcmp(line, "quit") == 0) {
        exit(0);
    }
}

static void serve_http(int peer) {
    static const char reply[] =
        "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n";
    char request[2048];
    if (read(peer, request, sizeof request) > 0) {
        if (write(peer, reply, sizeof reply - 1) < 0) return;
    }
}

static int listen_tcp(void) {
    const int one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(8080)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr*)&address, sizeof address) != 0 || listen(fd, 16) != 0) {
        perror("127.0.0.1:8080");
        return -1;  // --network none without a loopback that is up: the rest still works
    }
    return fd;
}

static int listen_unix(const char* path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    unlink(path);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr*)&address, sizeof address) != 0 || listen(fd, 16) != 0) {
        perror(path);
        return -1;
    }
    return fd;
}

static void stop(int signal) {
    (void)signal;
    _exit(0);
}

int main(void) {
    signal(SIGTERM, stop);  // a main process has no default action for it
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);

    const int log = open("/dev/shm/app.log", O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (log >= 0) dprintf(log, "started\n");
    mkfifo("/dev/shm/app.fifo", 0600);
    fork_sleeper("worker");

    struct pollfd listeners[] = {{listen_tcp(), POLLIN, 0},
                                 {listen_unix("/dev/shm/app.sock"), POLLIN, 0}};
    puts("ready");
    fflush(stdout);
    while (poll(listeners, 2, -1) > 0 || errno == EINTR) {
        for (int i = 0; i < 2; ++i) {
            if (!(listeners[i].revents & POLLIN)) continue;
            const int peer = accept(listeners[i].fd, NULL, NULL);
            if (peer < 0) continue;
            if (i == 0) serve_http(peer);
            if (i == 1) witness(peer);
            close(peer);
        }
    }
    return 1;
}
