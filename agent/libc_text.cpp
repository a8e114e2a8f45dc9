// libc_text.cpp - string functions that the agent hardly calls, as short as they can be.
//
// A static glibc has each of them in five versions for as many kinds of processor, 100 KB in all.
// Those that run over the target's bytes (memchr, memcpy, memcmp and theirs) are libc's own.
// string(3); the names with two underscores are what libc itself calls.
#include <cstddef>

// Not <cstring>, whose C++ declarations of the names below are others.
extern "C" void* memmem(const void*, std::size_t, const void*, std::size_t);
extern "C" std::size_t strlen(const char*);

namespace {

unsigned char byte(char c) { return static_cast<unsigned char>(c); }
unsigned char lower(char c) { return byte(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c); }

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
extern "C" {

int strncmp(const char* a, const char* b, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        if (a[i] != b[i] || a[i] == 0) return byte(a[i]) - byte(b[i]);
    }
    return 0;
}

int strcmp(const char* a, const char* b) { return strncmp(a, b, static_cast<std::size_t>(-1)); }

int strncasecmp(const char* a, const char* b, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        if (lower(a[i]) != lower(b[i]) || a[i] == 0) return lower(a[i]) - lower(b[i]);
    }
    return 0;
}

int strcasecmp(const char* a, const char* b) {
    return strncasecmp(a, b, static_cast<std::size_t>(-1));
}

int __strncasecmp_l(const char* a, const char* b, std::size_t size, void*) {
    return strncasecmp(a, b, size);
}

char* __stpcpy(char* to, const char* from) {
    while ((*to = *from++) != 0) ++to;
    return to;
}

char* stpcpy(char* to, const char* from) { return __stpcpy(to, from); }

char* strcpy(char* to, const char* from) {
    __stpcpy(to, from);
    return to;
}

char* strncpy(char* to, const char* from, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        to[i] = *from;
        if (*from != 0) ++from;
    }
    return to;
}

char* __strchrnul(const char* text, int wanted) {
    while (*text != 0 && *text != static_cast<char>(wanted)) ++text;
    return const_cast<char*>(text);
}

char* strchr(const char* text, int wanted) {
    char* const found = __strchrnul(text, wanted);
    return *found == static_cast<char>(wanted) ? found : nullptr;
}

char* strrchr(const char* text, int wanted) {
    const char* last = nullptr;
    for (;; ++text) {
        if (*text == static_cast<char>(wanted)) last = text;
        if (*text == 0) return const_cast<char*>(last);
    }
}

char* strstr(const char* text, const char* wanted) {
    return static_cast<char*>(memmem(text, strlen(text), wanted, strlen(wanted)));
}

std::size_t __strnlen(const char* text, std::size_t size) {
    std::size_t length = 0;
    while (length < size && text[length] != 0) ++length;
    return length;
}

std::size_t strnlen(const char* text, std::size_t size) { return __strnlen(text, size); }

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
