// naive_mount.c - the helper without care: joins a mount namespace and mounts its tools there.
//
//   naive_mount PID PLACE
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/ns/mnt", argv[1]);
    if (setns(open(path, O_RDONLY | O_CLOEXEC), CLONE_NEWNS) != 0) return 1;
    return mount("tmpfs", argv[2], "tmpfs", 0, NULL) == 0 ? 0 : 1;
}
