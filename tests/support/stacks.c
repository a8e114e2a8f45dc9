// stacks.c - threads that wait in places with stacks of many kinds, and a text in the heap.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int (*volatile into)(int);

__attribute__((noinline)) int deep(int left) {
    volatile char bytes[left * 16 + 16];
    bytes[0] = (char)left;
    if (left == 0) pause();
    return left == 0 ? 1 : into(left - 1) + bytes[0];
}

__attribute__((noinline)) void handler(int number) {
    volatile int before = number;
    deep(before ? 1 : 0);
    before = 0;
}

static void* worker(void* argument) { return (void*)((long)deep(5) + (long)argument); }

static int compare(const void* left, const void* right) {
    const int difference = *(const int*)left - *(const int*)right;
    return difference + deep(2);
}

static void* sorter(void* argument) {
    int values[] = {5, 3, 1};
    qsort(values, 3, sizeof *values, compare);
    return (char*)argument + values[0];
}

static void* signalled(void* argument) {
    raise(SIGUSR1);
    return argument;
}

int main(void) {
    into = deep;
    signal(SIGUSR1, handler);
    char* text = strdup("a needle in ");
    text = realloc(text, 64);
    strcat(text, "the heap");
    pthread_t thread;
    pthread_create(&thread, NULL, worker, NULL);
    pthread_create(&thread, NULL, sorter, NULL);
    pthread_create(&thread, NULL, signalled, NULL);
    usleep(100000);
    puts("ready");
    fflush(stdout);
    return deep(2) + text[0];
}
