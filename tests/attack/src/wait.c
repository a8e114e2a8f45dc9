// wait.c - a process that only waits, with whatever arguments make it look like something.
#include <unistd.h>

int main(void) {
    for (;;) pause();
}
