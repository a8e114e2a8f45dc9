// endless.c - a container full of files without end.
//
//   endless many N   N empty files in /many
//   endless deep N   a folder N levels deep below /deep
//   endless grow     a file /grow that is written to for ever
//   endless lease    write leases on the files /lease0 to /lease9
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(int result, const char* what) {
    if (result >= 0) return;
    fprintf(stderr, "endless: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void many(long count) {
    char name[32];
    must(mkdir("/tmp/many", 0755), "/tmp/many");
    must(chdir("/tmp/many"), "/tmp/many");
    for (long i = 0; i < count; ++i) {
        snprintf(name, sizeof name, "file-%ld", i);
        must(mknod(name, S_IFREG | 0644, 0), name);
    }
}

static void deep(long levels) {
    must(mkdir("/tmp/deep", 0755), "/tmp/deep");
    must(chdir("/tmp/deep"), "/tmp/deep");
    for (long i = 0; i < levels; ++i) {
        must(mkdir("d", 0755), "d");
        must(chdir("d"), "d");
    }
    must(close(open("bottom", O_CREAT | O_WRONLY, 0644)), "bottom");
}

static void grow(int ready) {
    static char block[65536];
    memset(block, 'x', sizeof block);
    const int fd = open("/tmp/grow", O_CREAT | O_WRONLY | O_APPEND, 0644);
    must(fd, "/tmp/grow");
    if (ready) {
        puts("ready");
        fflush(stdout);
    }
    // As fast as a reader can take it; its blocks go again behind, so that no disk is full.
    for (off_t size = 0;; size += (off_t)sizeof block) {
        if (write(fd, block, sizeof block) < 0) exit(1);
        if (size > 32 << 20) fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, size);
        usleep(50);
    }
}

static void lease(void) {
    signal(SIGIO, SIG_IGN);
    for (int i = 0; i < 10; ++i) {
        char name[32];
        snprintf(name, sizeof name, "/lease%d", i);
        const int fd = open(name, O_CREAT | O_RDWR, 0644);
        must(fd, name);
        if (write(fd, "leased\n", 7) < 0) exit(1);
        must(fcntl(fd, F_SETLEASE, F_WRLCK), "F_SETLEASE");
    }
}

int main(int argc, char** argv) {
    const char* what = argc > 1 ? argv[1] : "";
    const long count = argc > 2 ? atol(argv[2]) : 0;
    if (strcmp(what, "many") == 0) many(count);
    if (strcmp(what, "deep") == 0) deep(count);
    if (strcmp(what, "lease") == 0) lease();
    if (strcmp(what, "grow") == 0) grow(1);
    puts("ready");
    fflush(stdout);
    for (;;) pause();
}
