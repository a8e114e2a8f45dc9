// naive_copy.c - the helper without care: looks whether a path is harmless, then opens it.
//
//   naive_copy ROOT DIRECTORY NAME ROUNDS
//
// Prints what it read. As `docker cp` did: every component is checked, and used a moment later.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (argc < 5) return 2;
    char directory[4096], path[8192], text[256];
    snprintf(directory, sizeof directory, "%s/%s", argv[1], argv[2]);
    snprintf(path, sizeof path, "%s/%s", directory, argv[3]);
    for (long round = 0; round < atol(argv[4]); ++round) {
        struct stat status;
        if (lstat(directory, &status) != 0 || !S_ISDIR(status.st_mode)) continue;
        const int fd = open(path, O_RDONLY | O_NOFOLLOW);
        if (fd < 0) continue;
        const ssize_t size = read(fd, text, sizeof text);
        if (size > 0 && write(1, text, (size_t)size) < 0) return 1;
        close(fd);
    }
    return 0;
}
