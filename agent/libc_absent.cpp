// libc_absent.cpp - parts of a static glibc that must not be in the agent.
//
// A static glibc 2.36 can load shared objects and read message catalogues, character set modules
// and locales, and does so from wherever the process stands: in a target that is code execution
// (CVE-2019-14271). Here the doors to these parts are closed at the link: a name that is defined
// here is not taken out of libc.a, nor what only it needs (230 KB). The confinement of every
// process forbids the same at run time. Streams of wide characters, which the agent never makes,
// are the way in to the character sets.
// sysdeps and intl/dcigettext.c, iconv/gconv_db.c, libio/wfileops.c, elf/dl-libc.c of glibc.
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
extern "C" {

extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

// Messages as they are in the program.
char* __dcgettext(const char*, const char* text, int) { return const_cast<char*>(text); }
char* dcgettext(const char*, const char* text, int) { return const_cast<char*>(text); }

// dlopen(3) of libc's own.
void* __libc_dlopen_mode(const char*, int) { return nullptr; }
void* __libc_dlsym(void*, const char*) { return nullptr; }
int __libc_dlclose(void*) { return -1; }
void _dl_init_paths(const char*, const char*, const char*, const char*) {}

// Relocation of shared objects (elf/dl-reloc.c), and with it lazy binding and profiles. The program
// relocates itself without; what it needs of that file is to protect what is relocated.
void _dl_reloc_bad_type() { std::abort(); }
void _dl_allocate_static_tls() { std::abort(); }
int _dl_try_allocate_static_tls() { std::abort(); }
void _dl_protect_relro(void*) {
    const auto base = reinterpret_cast<std::uintptr_t>(&__ehdr_start);
    const auto* header = reinterpret_cast<const ElfW(Phdr)*>(base + __ehdr_start.e_phoff);
    const auto page = static_cast<std::uintptr_t>(::getauxval(AT_PAGESZ));
    for (unsigned i = 0; i < __ehdr_start.e_phnum; ++i) {
        if (header[i].p_type != PT_GNU_RELRO) continue;
        const auto begin = (base + header[i].p_vaddr) & ~(page - 1);
        const auto end = (base + header[i].p_vaddr + header[i].p_memsz) & ~(page - 1);
        if (::mprotect(reinterpret_cast<void*>(begin), end - begin, PROT_READ) != 0) std::abort();
    }
}

// Conversions between wide and other characters fail, as of a text that is none.
constexpr auto not_converted = static_cast<std::size_t>(-1);
std::size_t __wcrtomb(char*, wchar_t, void*) { return not_converted; }
std::size_t __wcsrtombs(char*, const wchar_t**, std::size_t, void*) { return not_converted; }
std::size_t __mbsrtowcs(wchar_t*, const char**, std::size_t, void*) { return not_converted; }
int __vfwprintf_internal(void*, const wchar_t*, void*, unsigned) { return -1; }

// What the code of narrow streams calls for wide ones alone.
void _IO_wsetb() { std::abort(); }
void _IO_wdo_write() { std::abort(); }
void _IO_free_wbackup_area() { std::abort(); }
void __woverflow() { std::abort(); }
void __wmemcpy() { std::abort(); }
void __wmemmove() { std::abort(); }
void __wctrans() { std::abort(); }
void __towctrans() { std::abort(); }
void __wcsmbs_named_conv() { std::abort(); }
void __gconv_release_step() { std::abort(); }
void* _IO_wfile_jumps[21];
void* _IO_wfile_jumps_mmap[21];
void* _IO_wfile_jumps_maybe_mmap[21];
void* __wcsmbs_gconv_fcts_c[4];
int __gconv_lock;

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
