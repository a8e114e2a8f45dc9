// hostile_names.c - a process whose names are commands to a terminal: its arguments hold them.
//
// Its name, threads' names, unix sockets, mapped files and open files are named so, too.
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void* thread(void* word) {
    prctl(PR_SET_NAME, word);
    for (;;) pause();
    return NULL;
}

static void use(const char* word) {
    char path[128] = "/tmp/";
    size_t at = strlen(path);
    for (const char* c = word; *c && at + 1 < sizeof path; ++c) path[at++] = *c == '/' ? '_' : *c;
    path[at] = 0;
    const int fd = open(path, O_RDWR | O_CREAT, 0644);
    if (fd >= 0 && ftruncate(fd, 4096) == 0) mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%.90s.sock", path);
    const int peer = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(peer, (struct sockaddr*)&address, sizeof address) == 0) listen(peer, 1);
    if (fork() == 0) {
        prctl(PR_SET_NAME, word);
        for (;;) pause();
    }
    pthread_t made;
    pthread_create(&made, NULL, thread, (void*)word);
}

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) use(argv[i]);
    prctl(PR_SET_NAME, argc > 1 ? argv[1] : "none");
    puts("ready");
    fflush(stdout);
    for (;;) pause();
}
