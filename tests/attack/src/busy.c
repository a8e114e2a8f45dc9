// busy.c - makes system calls all the time, and sleeps between them now and then.
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void) {
    puts("ready");
    fflush(stdout);
    for (unsigned long i = 0;; ++i) {
        struct timespec rest = {.tv_nsec = 100000};
        const int fd = open("/etc/passwd", O_RDONLY);
        if (fd >= 0) close(fd);
        if (i % 64 == 0) nanosleep(&rest, NULL);
    }
}
