// target/own_scratch.cpp - what $LIMPET_SCRATCH is.
#include "target/own_scratch.h"

#include "limpet/limits.h"
#include "sys/mount.h"

#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

namespace limpet::target {
namespace {

constexpr std::string_view prefix = "limpet-session.";
constexpr int depth_limit = 256;
constexpr time_t settling = 60;  // seconds
constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK;

bool on_device(BorrowedFd folder, dev_t device) {
    struct stat status{};
    return ::fstat(folder.get(), &status) == 0 && status.st_dev == device;
}

void empty(BorrowedFd folder, dev_t device, int depth) {
    Listing listing(folder);
    while (true) {
        const auto entry = listing.next();
        if (!entry || !*entry) return;
        const std::string name((*entry)->name);
        if (::unlinkat(folder.get(), name.c_str(), 0) == 0 || depth == depth_limit) continue;
        const auto inner = sys::openat(folder, name, flags);
        if (!inner || !on_device(*inner, device)) continue;
        empty(*inner, device, depth + 1);
        ::unlinkat(folder.get(), name.c_str(), AT_REMOVEDIR);
    }
}

bool lock(BorrowedFd folder) { return ::flock(folder.get(), LOCK_EX | LOCK_NB) == 0; }

void remove_left_over(const Fd& parent) {
    const auto listed = sys::openat(parent, ".", flags);
    if (!listed) return;
    Listing listing(*listed);
    while (true) {
        const auto entry = listing.next();
        if (!entry || !*entry) return;
        if (!(*entry)->name.starts_with(prefix)) continue;
        OwnScratch found{
            .parent = Fd(::dup(parent.get())), .name = std::string((*entry)->name), .folder = {}};
        auto folder = sys::openat(parent, found.name, flags);
        if (!folder) continue;
        found.folder = *std::move(folder);
        struct stat status{};
        if (::fstat(found.folder.get(), &status) != 0) continue;
        const bool ours = status.st_uid == ::geteuid();
        // A new one may not have been locked yet.
        const bool settled = status.st_mtim.tv_sec + settling < ::time(nullptr);
        if (ours && settled && lock(found.folder)) remove_own_scratch(found);
    }
}

}  // namespace

Result<Fd> memory_scratch() {
    return sys::new_filesystem(
        "tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
        {{.name = "size", .value = std::to_string(limits::scratch_size)},
         {.name = "nr_inodes", .value = std::to_string(limits::scratch_files)}});
}

Result<OwnScratch> make_own_scratch() {
    OwnScratch made;
    made.parent = TRY(sys::openat(BorrowedFd(AT_FDCWD), "/tmp", flags));
    remove_left_over(made.parent);
    std::string path = "/tmp/" + std::string(prefix) + "XXXXXX";
    if (!::mkdtemp(path.data())) return failed("mkdtemp", path);
    made.name = path.substr(path.rfind('/') + 1);
    made.folder = TRY(sys::openat(made.parent, made.name, flags));
    if (!lock(made.folder)) return failed("flock", path);
    return made;
}

void empty(BorrowedFd folder) {
    struct stat status{};
    if (::fstat(folder.get(), &status) == 0) empty(folder, status.st_dev, 0);
}

void remove_own_scratch(const OwnScratch& scratch) {
    empty(scratch.folder);
    ::unlinkat(scratch.parent.get(), scratch.name.c_str(), AT_REMOVEDIR);
}

}  // namespace limpet::target
