// shell/scratch.cpp - $LIMPET_SCRATCH of a shell that runs in place.
#include "shell/scratch.h"

#include "shell/shell.h"
#include "sys/file.h"
#include "target/own_scratch.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>

namespace limpet::shell {
namespace {

constexpr std::string_view mark = "/limpet-scratch.";
constexpr std::size_t digits = 16;

// Memory where there is some, as beside a target.
std::string folder(Shell& shell) {
    if (::access("/dev/shm", W_OK | X_OK) == 0) return "/dev/shm";
    static const Symbol temporary = shell.variables.symbols.intern("TMPDIR");
    const std::string given(shell.variables.text(temporary));
    return given.starts_with('/') ? given : "/tmp";
}

// Not to be guessed: whoever made it first would own what is written there.
std::string new_name() {
    std::uint64_t words[2]{};
    std::memcpy(words, reinterpret_cast<const void*>(::getauxval(AT_RANDOM)), sizeof words);
    const auto mixed = words[0] ^ (words[1] + static_cast<std::uint64_t>(::getpid()));
    char text[digits + 1];
    std::snprintf(text, sizeof text, "%016" PRIx64, mixed);
    return text;
}

}  // namespace

Scratch::Scratch(Shell& shell) : owner_(::getpid()) {
    if (!shell.here() || shell.variables.entry(sym_LIMPET_SCRATCH).set) return;
    shell.owns_scratch = true;
    path_ = folder(shell) + std::string(mark) + new_name();
    shell.variables.put(sym_LIMPET_SCRATCH, {.value = path_, .set = true, .exported = true});
}

Scratch::~Scratch() {
    if (path_.empty() || owner_ != ::getpid()) return;
    if (::rmdir(path_.c_str()) == 0 || errno == ENOENT) return;
    const auto opened =
        sys::openat(BorrowedFd(AT_FDCWD), path_, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!opened) return;
    target::empty(*opened);
    ::rmdir(path_.c_str());
}

void make_scratch(const std::string& path) {
    const auto at = path.rfind(mark);
    if (at == path.npos || path.size() != at + mark.size() + digits) return;
    ::mkdir(path.c_str(), S_IRWXU);
}

}  // namespace limpet::shell
