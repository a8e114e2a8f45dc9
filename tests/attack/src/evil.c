// evil.c - a shared library that proves by a line and a file that it was loaded; needs no libc.
//
// It is installed as every library that a careless program loads on its way: libnss_evil.so.2,
// a gconv module.
static long call(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

__attribute__((constructor)) static void loaded(void) {
    static const char line[] = "EVIL-CODE-RAN\n";
    call(1, 2, (long)line, sizeof line - 1);           // write(2)
    call(3, call(85, (long)"/owned", 0644, 0), 0, 0);  // close(creat("/owned"))
}

int gconv(void) { return 1; }
int gconv_init(void) { return 1; }
