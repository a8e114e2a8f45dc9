// fake_proc.c - a container whose /proc tells lies about its main process.
//
//   fake_proc tmpfs   another file system over /proc
//   fake_proc bind    a file over /proc/1/status, and others
//   fake_proc link    /proc is a link to a folder
//   fake_proc self    a folder over what /proc/self leads to
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(int result, const char* what) {
    if (result >= 0) return;
    fprintf(stderr, "fake_proc: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void lie(const char* folder, const char* name, const char* text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    must(fd, path);
    if (write(fd, text, strlen(text)) < 0) perror(path);
    close(fd);
}

static void lies(const char* proc) {
    char one[256];
    snprintf(one, sizeof one, "%s/1", proc);
    must(mkdir(proc, 0755) && errno != EEXIST ? -1 : 0, proc);
    must(mkdir(one, 0755), one);
    lie(one, "status", "Name:\tFAKE\nState:\tS (sleeping)\nPid:\t1\nPPid:\t0\nUid:\t7\t7\t7\t7\n");
    lie(one, "stat", "1 (FAKE) S 0 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 1 1 1 1 1 1 1 1 1 1");
    for (const char* const* name = (const char* const[]){"comm", "cmdline", "environ", "maps",
                                                         "limits", "mountinfo", NULL};
         *name; ++name) {
        lie(one, *name, "FAKE=FAKE\n");
    }
    lie(proc, "mounts", "FAKE / FAKE rw 0 0\n");
    lie(proc, "FAKE", "");
    char self[256];
    snprintf(self, sizeof self, "%s/self", proc);
    must(symlink("1", self), self);
}

int main(int argc, char** argv) {
    const char* how = argc > 1 ? argv[1] : "";
    lies("/tmp/lies");
    if (strcmp(how, "tmpfs") == 0) {
        must(mount("tmpfs", "/proc", "tmpfs", 0, NULL), "mount");
        lies("/proc");
    } else if (strcmp(how, "bind") == 0) {
        char from[64], to[64];
        for (const char* const* name = (const char* const[]){"status", "stat", "comm", "cmdline",
                                                             "environ", "maps", NULL};
             *name; ++name) {
            snprintf(from, sizeof from, "/tmp/lies/1/%s", *name);
            snprintf(to, sizeof to, "/proc/1/%s", *name);
            must(mount(from, to, NULL, MS_BIND, NULL), to);
        }
    } else if (strcmp(how, "link") == 0) {
        must(umount2("/proc", MNT_DETACH), "umount");
        must(rmdir("/proc"), "rmdir");
        must(symlink("/tmp/lies", "/proc"), "symlink");
    } else if (strcmp(how, "self") == 0) {
        must(mount("/tmp/lies/1", "/proc/1", NULL, MS_BIND, NULL), "/proc/1");
    }
    puts("ready");
    fflush(stdout);
    for (;;) pause();
}
