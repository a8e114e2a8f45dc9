// web.c - the demo's application: a web server in one static file, and nothing else in the image.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char page[] =
    "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n";

static void stop(int number) {
    (void)number;
    _exit(0);  // a main process has no default action for SIGTERM
}

static void serve(int listener) {
    for (;;) {
        const int peer = accept(listener, NULL, NULL);
        if (peer < 0) continue;
        char request[2048];
        if (read(peer, request, sizeof request) > 0 && write(peer, page, sizeof page - 1) < 0) {
            perror("write");
        }
        close(peer);
    }
}

int main(void) {
    signal(SIGTERM, stop);
    signal(SIGPIPE, SIG_IGN);
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    const int one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(8080)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0 ||
        listen(listener, 64) != 0) {
        perror("127.0.0.1:8080");
        return 1;
    }
    puts("listening on 127.0.0.1:8080");
    fflush(stdout);
    for (int worker = 0; worker < 2; ++worker) {
        if (fork() == 0) serve(listener);
    }
    while (wait(NULL) > 0) continue;
    return 1;
}
