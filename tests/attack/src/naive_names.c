// naive_names.c - the helper without care: static, so it "cannot load anything"; enters and asks.
//
//   naive_names ROOT passwd|hosts|iconv|locale
#define _GNU_SOURCE
#include <iconv.h>
#include <locale.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (argc < 3 || chroot(argv[1]) != 0 || chdir("/") != 0) return 125;
    if (strcmp(argv[2], "passwd") == 0) getpwnam("somebody");
    if (strcmp(argv[2], "hosts") == 0) {
        struct addrinfo* found = NULL;
        getaddrinfo("somewhere", "80", NULL, &found);
    }
    if (strcmp(argv[2], "iconv") == 0) iconv_open("EVIL//", "UTF-8");
    if (strcmp(argv[2], "locale") == 0) {
        setlocale(LC_ALL, "");
        const time_t now = time(NULL);
        char text[64];
        strftime(text, sizeof text, "%c", localtime(&now));
        puts(text);
    }
    return 0;
}
