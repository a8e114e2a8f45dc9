// fuse_hang.c - a file system that answers for its root and never again; /dev/fuse, no library.
//
//   fuse_hang PLACE deaf   requests are not even taken: SIGKILL ends who asks
//   fuse_hang PLACE mute   they are taken and not answered: nothing ends who asks
//
// PLACE has a file "f" and a folder "d" whose attributes are known to the kernel; whatever else is
// asked (open, read, readdir, lookups of other names) hangs.
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int result, const char* what) {
    if (result >= 0) return;
    fprintf(stderr, "fuse_hang: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct fuse_attr attributes(unsigned long node) {
    struct fuse_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.ino = node;
    attr.mode = node == 2 ? S_IFREG | 0644 : S_IFDIR | 0755;
    attr.nlink = 1;
    attr.size = node == 2 ? 4096 : 0;
    attr.blksize = 4096;
    return attr;
}

static void answer(int fuse, unsigned long unique, int error, const void* body, size_t size) {
    char reply[512];
    const struct fuse_out_header header = {(unsigned)(sizeof header + size), error, unique};
    memcpy(reply, &header, sizeof header);
    if (size > 0) memcpy(reply + sizeof header, body, size);
    if (write(fuse, reply, sizeof header + size) < 0 && errno != ENOENT) perror("answer");
}

static void serve(int fuse) {
    static char request[FUSE_MIN_READ_BUFFER + 135168];
    const ssize_t size = read(fuse, request, sizeof request);
    if (size < (ssize_t)sizeof(struct fuse_in_header)) {
        if (size < 0 && (errno == ENODEV || errno == EBADF)) exit(0);
        return;
    }
    const struct fuse_in_header* in = (const struct fuse_in_header*)request;
    const char* body = request + sizeof *in;
    if (in->opcode == FUSE_INIT) {
        const struct fuse_init_out out = {.major = 7, .minor = 31, .max_write = 4096};
        answer(fuse, in->unique, 0, &out, sizeof out);
    } else if (in->opcode == FUSE_GETATTR && in->nodeid <= 3) {
        struct fuse_attr_out out;
        memset(&out, 0, sizeof out);
        out.attr_valid = 3600;
        out.attr = attributes(in->nodeid);
        answer(fuse, in->unique, 0, &out, sizeof out);
    } else if (in->opcode == FUSE_LOOKUP && (strcmp(body, "f") == 0 || strcmp(body, "d") == 0)) {
        struct fuse_entry_out out;
        memset(&out, 0, sizeof out);
        out.nodeid = body[0] == 'f' ? 2 : 3;
        out.entry_valid = out.attr_valid = 3600;
        out.attr = attributes(out.nodeid);
        answer(fuse, in->unique, 0, &out, sizeof out);
    } else if (in->opcode == FUSE_STATFS) {
        struct fuse_statfs_out out;
        memset(&out, 0, sizeof out);
        out.st.bsize = 4096;
        answer(fuse, in->unique, 0, &out, sizeof out);
    }
    // Else: silence, which is the attack.
}

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    must(fuse, "/dev/fuse");
    char options[128];
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
             fuse);
    must(mount("evil", argv[1], "fuse.evil", MS_NOSUID | MS_NODEV, options), argv[1]);
    const int child = fork();
    must(child, "fork");
    if (child == 0) {
        char path[256];
        struct stat status;
        int known = stat(argv[1], &status);
        for (const char* name = "fd"; *name; ++name) {
            snprintf(path, sizeof path, "%s/%c", argv[1], *name);
            known |= stat(path, &status);
        }
        _exit(known == 0 ? 0 : 1);
    }
    // INIT and what the child asked for; then the child has ended. Only then is it said: a request
    // of the test's own that came earlier would be taken.
    struct pollfd request = {fuse, POLLIN, 0};
    int known = 0;
    while (waitpid(child, &known, WNOHANG) == 0) {
        if (poll(&request, 1, 10) > 0) serve(fuse);
    }
    puts(known == 0 ? "ready" : "broken");
    fflush(stdout);
    const int deaf = argc > 2 && strcmp(argv[2], "deaf") == 0;
    for (;;) deaf ? (void)pause() : serve(fuse);
}
