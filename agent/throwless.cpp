// throwless.cpp - what the library would throw ends the program here, with a line that says why.
//
// The agent is compiled without exceptions: what libstdc++ can report no other way (a length, a
// place out of range, memory) is an error of ours or the end of memory. Closed at the link, like
// the parts of libc in libc_absent.cpp: to throw, to catch and to unwind, with its tables 90 KB.
// libstdc++-v3/src/c++11/functexcept.cc, libsupc++, libgcc/unwind.inc of GCC.
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <new>

namespace {

[[noreturn]] void give_up(const char* why) {
    constexpr char who[] = "limpet-agent: ";
    for (const char* words : {who, why, "\n"}) {
        [[maybe_unused]] const auto said = ::write(2, words, std::strlen(words));
    }
    std::abort();
}

}  // namespace

void* operator new(std::size_t size) {
    for (;;) {
        if (void* made = std::malloc(size ? size : 1)) return made;
        const auto handler = std::get_new_handler();
        if (!handler) give_up("out of memory");
        handler();
    }
}
void* operator new[](std::size_t size) { return ::operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size); }
void operator delete(void* made) noexcept { std::free(made); }
void operator delete[](void* made) noexcept { std::free(made); }
void operator delete(void* made, std::size_t) noexcept { std::free(made); }
void operator delete[](void* made, std::size_t) noexcept { std::free(made); }

// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,cert-dcl58-cpp)
namespace std {

void terminate() noexcept { give_up("the program cannot go on"); }
void __throw_bad_alloc() { give_up("out of memory"); }
void __throw_bad_array_new_length() { give_up("out of memory"); }
void __throw_bad_function_call() { give_up("a function that is none was called"); }
void __throw_length_error(const char* where) { give_up(where); }
void __throw_logic_error(const char* where) { give_up(where); }
void __throw_out_of_range(const char* where) { give_up(where); }
void __throw_out_of_range_fmt(const char* where, ...) { give_up(where); }
void __throw_runtime_error(const char* where) { give_up(where); }
void __throw_invalid_argument(const char* where) { give_up(where); }
void __throw_system_error(int) { give_up("the system refused"); }

// An exception that is kept for later: there is none.
namespace __exception_ptr {
void exception_ptr::_M_addref() noexcept {}
void exception_ptr::_M_release() noexcept {}
}  // namespace __exception_ptr
exception_ptr current_exception() noexcept { return nullptr; }
void rethrow_exception(exception_ptr) { terminate(); }

}  // namespace std

extern "C" {

void __cxa_pure_virtual() { give_up("a function that is not there yet was called"); }
// A variable within a function, made at its first use: there is one thread, and none waits.
int __cxa_guard_acquire(const char* made) { return *made == 0; }
void __cxa_guard_release(char* made) { *made = 1; }

void __cxa_deleted_virtual() { give_up("a function that is not there was called"); }

// What the library's own code that throws and catches calls.
void* __cxa_allocate_exception(std::size_t) noexcept { give_up("an exception"); }
void __cxa_free_exception(void*) noexcept {}
void __cxa_throw() { give_up("an exception"); }
void __cxa_rethrow() { give_up("an exception"); }
void __cxa_begin_catch() {}
void __cxa_end_catch() {}

// What tables of the libraries name, which nobody reads.
void __gxx_personality_v0() { std::abort(); }
void __gcc_personality_v0() { std::abort(); }
void _Unwind_Resume() { std::abort(); }

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,cert-dcl58-cpp)
