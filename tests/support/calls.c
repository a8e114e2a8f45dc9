// calls.c - waits for a line, then makes system calls of many kinds, the same every time.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void files(void) {
    char bytes[64];
    struct stat status;
    int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    read(fd, bytes, 5);
    pread(fd, bytes, 40, 2);
    lseek(fd, 3, SEEK_CUR);
    fstat(fd, &status);
    fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, O_RDONLY | O_NONBLOCK);
    fcntl(fd, F_GETFD);
    close(dup(fd));
    close(fd);
    open("/does/not/exist", O_RDWR | O_CREAT | O_TRUNC, 0644);
    stat("/dev/null", &status);
    lstat("/proc/self", &status);
    access("/etc/shadow", R_OK | X_OK);
    mkdir("/etc", 0755);
    unlink("/does/not/exist");
    rename("/does/not/exist", "/does/not/either");
    readlink("/does/not", bytes, sizeof bytes);
    chdir("/");
    getcwd(bytes, sizeof bytes);
    umask(umask(022));
    struct statx more;
    statx(AT_FDCWD, "/does/not", AT_SYMLINK_NOFOLLOW, STATX_SIZE, &more);
}

static void pipes(void) {
    int ends[2];
    pipe(ends);
    char bytes[128];
    write(ends[1], "text\n\t\"q\"\\\0\1\0019\377", 15);
    struct pollfd waiting = {ends[0], POLLIN | POLLPRI, 0};
    poll(&waiting, 1, 100);
    struct iovec parts[2] = {{bytes, 4}, {bytes + 4, 100}};
    readv(ends[0], parts, 2);
    memset(bytes, 'x', sizeof bytes);
    write(ends[1], bytes, 100);
    read(ends[0], bytes, sizeof bytes);
    poll(&waiting, 1, 1);
    int set = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = 7};
    epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event);
    write(ends[1], "y", 1);
    epoll_wait(set, &event, 4, 100);
    close(set);
    close(ends[0]);
    close(ends[1]);
}

static void sockets(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(9)};
    inet_pton(AF_INET, "127.0.0.1", &in.sin_addr);
    connect(fd, (void*)&in, sizeof in);
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    shutdown(fd, SHUT_RDWR);
    close(fd);
    fd = socket(AF_INET6, SOCK_DGRAM, 0);
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(53)};
    in6.sin6_addr.s6_addr[15] = 1;
    sendto(fd, "data", 4, MSG_DONTWAIT | MSG_NOSIGNAL, (void*)&in6, sizeof in6);
    close(fd);
    fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/does/not/exist"};
    connect(fd, (void*)&un, sizeof un);
    un.sun_path[0] = 0;
    connect(fd, (void*)&un, offsetof(struct sockaddr_un, sun_path) + 9);
    close(fd);
    int pair[2];
    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair);
    struct iovec part = {"message", 7};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    sendmsg(pair[0], &message, MSG_NOSIGNAL);
    char bytes[32];
    recvfrom(pair[1], bytes, sizeof bytes, 0, NULL, NULL);
    recvfrom(pair[1], bytes, sizeof bytes, MSG_PEEK, NULL, NULL);
    close(pair[0]);
    close(pair[1]);
}

static void handler(int number) { (void)number; }

static void processes(void) {
    void* page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(page, 4096, PROT_NONE);
    madvise(page, 8192, MADV_DONTNEED);
    munmap(page, 8192);
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(SIGUSR1, &action, NULL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), SIGUSR1);
    prctl(PR_SET_NAME, "named");
    struct timespec rest = {0, 1000000};
    nanosleep(&rest, NULL);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    getuid();
    getppid();
    pid_t child = fork();
    if (child == 0) _exit(3);
    int status;
    waitpid(child, &status, 0);
    child = fork();
    if (child == 0) {
        raise(SIGKILL);
        _exit(1);
    }
    waitpid(child, &status, WUNTRACED);
}

int main(void) {
    char line[16];
    puts("ready");
    fflush(stdout);
    if (read(0, line, sizeof line) <= 0) return 1;
    files();
    pipes();
    sockets();
    processes();
    exit(7);
}
