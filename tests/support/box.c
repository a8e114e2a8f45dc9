// box.c - a container made of plain namespaces, for tests: fast, no daemon, any weakness wanted.
//
//   box [OPTION...] ROOT -- PROGRAM [ARG...]
//
// PROGRAM is a path in ROOT. "pid N" on stdout once it runs; box ends as it ends, and it dies with
// box. ROOT must have /proc, /dev and /tmp.
//   --user         in a user namespace: uid 0 in there is uid 100000 out here
//   --uid N        PROGRAM's uid and gid
//   --caps HEX     its capabilities (of a container's default root, if not given)
//   --chroot DIR   it is chrooted once more, into DIR
//   --readonly     its root is mounted read-only
//   --tmpfs DIR    one more file system; may be repeated
//   --bind SRC DST a directory of out here, as a volume; may be repeated
//   --fuse         it has /dev/fuse
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum { most = 16 };

static struct {
    int user, readonly, fuse, tmpfs_count, bind_count;
    unsigned uid;
    unsigned long long caps;
    const char* chroot;
    const char* tmpfs[most];
    const char* bind[most][2];
    const char* root;
    char** argv;
} box = {.caps = 0xa80425fbULL};

static void die(const char* what) {
    fprintf(stderr, "box: %s: %s\n", what, strerror(errno));
    exit(125);
}

static void must(int result, const char* what) {
    if (result < 0) die(what);
}

static void write_file(const char* path, const char* text) {
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    must(fd, path);
    if (write(fd, text, strlen(text)) < 0) die(path);
    close(fd);
}

static void map_users(int pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
    write_file(path, "0 100000 65536");
    snprintf(path, sizeof path, "/proc/%d/gid_map", pid);
    write_file(path, "0 100000 65536");
}

// A user namespace may make no device nodes: there they are bound from out here.
static void device(const char* name, mode_t mode, unsigned number, unsigned minor_number) {
    char inside[64], outside[64];
    snprintf(inside, sizeof inside, "dev/%s", name);
    snprintf(outside, sizeof outside, "/dev/%s", name);
    if (mknod(inside, mode, makedev(number, minor_number)) == 0) {
        must(chmod(inside, 0666), inside);
        return;
    }
    close(open(inside, O_CREAT | O_CLOEXEC, 0666));
    must(mount(outside, inside, NULL, MS_BIND, NULL), inside);
}

static void build_tree(void) {
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make mounts private");
    must(mount(box.root, box.root, NULL, MS_BIND | MS_REC, NULL), box.root);
    must(chdir(box.root), box.root);
    for (int i = 0; i < box.bind_count; ++i) {
        must(mount(box.bind[i][0], box.bind[i][1] + 1, NULL, MS_BIND, NULL), box.bind[i][1]);
    }
    for (int i = 0; i < box.tmpfs_count; ++i) {
        must(mount("tmpfs", box.tmpfs[i] + 1, "tmpfs", 0, "mode=1777"), box.tmpfs[i]);
    }
    must(mount("proc", "proc", "proc", 0, NULL), "proc");
    must(mount("tmpfs", "dev", "tmpfs", 0, "mode=755"), "dev");
    device("null", S_IFCHR | 0666, 1, 3);
    device("zero", S_IFCHR | 0666, 1, 5);
    if (box.fuse) device("fuse", S_IFCHR | 0666, 10, 229);
    must(mkdir("dev/shm", 01777), "dev/shm");
    must((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
    must(umount2(".", MNT_DETACH), "umount of the old root");
    must(chdir("/"), "/");
    if (box.readonly) {
        must(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "remount");
    }
}

static void take_identity(void) {
    for (int cap = 0; cap < 64; ++cap) {
        if (!(box.caps >> cap & 1) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0) break;
    }
    if (box.uid != 0) box.caps = 0;
    must(setgroups(0, NULL), "setgroups");
    must(setresgid(box.uid, box.uid, box.uid), "setresgid");
    must(setresuid(box.uid, box.uid, box.uid), "setresuid");
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    must((int)syscall(SYS_capget, &header, data), "capget");
    box.caps &= data[0].permitted | (unsigned long long)data[1].permitted << 32;
    for (int i = 0; i < 2; ++i) {
        data[i].effective = data[i].permitted = (unsigned)(box.caps >> (32 * i));
        data[i].inheritable = 0;
    }
    must((int)syscall(SYS_capset, &header, data), "capset");
}

static void inside(int go) {
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (read(go, &byte, 1) != 1) exit(125);
    if (box.user) {
        must(setresgid(0, 0, 0), "setresgid");
        must(setresuid(0, 0, 0), "setresuid");
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);  // a change of uid cleared it
    }
    setsid();
    must(sethostname("box", 3), "sethostname");
    build_tree();
    if (box.chroot) {
        must(chroot(box.chroot), box.chroot);
        must(chdir("/"), "/");
    }
    take_identity();
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    char* environment[] = {"PATH=/", "HOME=/", "BOX=1", NULL};
    execve(box.argv[0], box.argv, environment);
    die(box.argv[0]);
}

static void parse(int argc, char** argv) {
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; ++at) {
        const char* word = argv[at] + 2;
        if (strcmp(word, "user") == 0)
            box.user = 1;
        else if (strcmp(word, "readonly") == 0)
            box.readonly = 1;
        else if (strcmp(word, "fuse") == 0)
            box.fuse = 1;
        else if (strcmp(word, "uid") == 0)
            box.uid = (unsigned)strtoul(argv[++at], NULL, 10);
        else if (strcmp(word, "caps") == 0)
            box.caps = strtoull(argv[++at], NULL, 16);
        else if (strcmp(word, "chroot") == 0)
            box.chroot = argv[++at];
        else if (strcmp(word, "tmpfs") == 0 && box.tmpfs_count < most) {
            box.tmpfs[box.tmpfs_count++] = argv[++at];
        } else if (strcmp(word, "bind") == 0 && box.bind_count < most) {
            box.bind[box.bind_count][0] = argv[++at];
            box.bind[box.bind_count++][1] = argv[++at];
        } else {
            fprintf(stderr, "box: what is %s?\n", argv[at]);
            exit(125);
        }
    }
    if (at + 2 >= argc) {
        fprintf(stderr, "usage: box [OPTION...] ROOT -- PROGRAM [ARG...]\n");
        exit(125);
    }
    box.root = argv[at];
    box.argv = argv + at + 2;
}

int main(int argc, char** argv) {
    parse(argc, argv);
    int go[2], runs[2];
    must(pipe2(go, O_CLOEXEC), "pipe");
    must(pipe2(runs, O_CLOEXEC), "pipe");
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    unsigned long flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC;
    if (box.user) flags |= CLONE_NEWUSER;
    const int pid = (int)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
    must(pid, "clone");
    if (pid == 0) inside(go[0]);
    if (box.user) map_users(pid);
    close(runs[1]);
    if (write(go[1], "x", 1) != 1) die("go");
    // Its end closes when PROGRAM is executed, or when that failed.
    char byte;
    if (read(runs[0], &byte, 1) < 0) die("start");
    printf("pid %d\n", pid);
    fflush(stdout);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
