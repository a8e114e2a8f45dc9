// target/resolve.cpp - openat2(2), or the same walk by hand where the kernel has none.
#include "target/resolve.h"

#include "sys/file.h"

#include <linux/magic.h>

#include <string_view>
#include <vector>

namespace limpet::target {
namespace {

constexpr int links_at_most = 40;  // as the kernel's MAXSYMLINKS

// The words of a path, last first, so that the next one is taken from the back.
void push_words(std::vector<std::string>& words, std::string_view path) {
    const auto bottom = static_cast<std::ptrdiff_t>(words.size());
    std::vector<std::string> added;
    while (!path.empty()) {
        const auto slash = std::min(path.find('/'), path.size());
        if (slash > 0) added.emplace_back(path.substr(0, slash));
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    words.insert(words.begin() + bottom, added.rbegin(), added.rend());
}

// Links of procfs that are text; all others there are magic and lead to the object itself.
bool magic(BorrowedFd link, std::string_view name) {
    const auto status = sys::fstatfs(link);
    if (status && status->f_type != PROC_SUPER_MAGIC) return false;
    return name != "self" && name != "thread-self" && name != "mounts" && name != "net";
}

struct Walk {
    BorrowedFd root;
    std::uint64_t resolve;
    std::vector<Fd> below;           // the directories from the root down to where we stand
    std::vector<std::string> words;  // still to go
    int links = 0;

    [[nodiscard]] BorrowedFd place() const {
        return below.empty() ? root : BorrowedFd(below.back());
    }

    Result<> follow(BorrowedFd link, const std::string& name) {
        if ((resolve & RESOLVE_NO_SYMLINKS) || ++links > links_at_most || magic(link, name)) {
            return failed("open", name, ELOOP);
        }
        const auto text = TRY(sys::readlinkat(link, ""));
        if (text.starts_with('/')) {
            if (resolve & RESOLVE_BENEATH) return failed("open", name, EXDEV);
            below.clear();
        }
        push_words(words, text);
        return {};
    }
    Result<> up(const std::string& name) {
        if (!below.empty()) {
            below.pop_back();
        } else if (resolve & RESOLVE_BENEATH) {
            return failed("open", name, EXDEV);
        }
        return {};
    }
};

Result<Fd> walk_by_hand(BorrowedFd root, const std::string& path, int flags, std::uint64_t resolve,
                        unsigned mode) {
    if (resolve == 0) return sys::openat(root, path, flags, mode);
    if (path.starts_with('/') && (resolve & RESOLVE_BENEATH)) return failed("open", path, EXDEV);
    // One name that may be no link cannot lead away: the kernel's own open of it will do.
    if ((flags & O_NOFOLLOW) && path.find('/') == path.npos && path != "..") {
        return sys::openat(root, path, flags, mode);
    }
    Walk walk{root, resolve, {}, {}};
    push_words(walk.words, path);
    if (path.ends_with('/')) flags |= O_DIRECTORY;
    while (!walk.words.empty()) {
        const std::string word = std::move(walk.words.back());
        walk.words.pop_back();
        if (word == ".") continue;
        if (word == "..") {
            TRY(walk.up(path));
            continue;
        }
        const bool last = walk.words.empty();
        auto found = sys::openat(walk.place(), word, O_PATH | O_NOFOLLOW);
        if (!found && found.error().code == ENOENT && last && (flags & O_CREAT)) {
            return sys::openat(walk.place(), word, flags | O_NOFOLLOW, mode);
        }
        Fd next = TRY(std::move(found));
        const auto status = TRY(sys::statx(next, "", 0));
        if (S_ISLNK(status.stx_mode)) {
            const bool wanted = last && (flags & O_NOFOLLOW) && !(flags & O_DIRECTORY);
            if (wanted && (flags & O_PATH)) return next;
            if (wanted || (last && (flags & O_NOFOLLOW))) return failed("open", path, ELOOP);
            TRY(walk.follow(next, word));
            continue;
        }
        if (last && !S_ISDIR(status.stx_mode)) {
            if (flags & O_DIRECTORY) return failed("open", path, ENOTDIR);
            if (flags & O_PATH) return next;
            // O_NOFOLLOW: what was looked at may be a link by now; then ELOOP says so.
            return sys::openat(walk.place(), word, flags | O_NOFOLLOW);
        }
        if (!S_ISDIR(status.stx_mode)) return failed("open", path, ENOTDIR);
        walk.below.push_back(std::move(next));
    }
    return sys::openat(walk.place(), ".", flags & ~O_NOFOLLOW);
}

}  // namespace

Result<Fd> resolve(BorrowedFd root, const std::string& path, int flags, std::uint64_t resolve,
                   unsigned mode) {
    for (int attempt = 0;; ++attempt) {
        auto opened = sys::openat2(root, path, flags, resolve, mode);
        if (!opened && opened.error().code == ENOSYS) {
            return walk_by_hand(root, path, flags, resolve, mode);
        }
        // A raced ".." gives EAGAIN; with O_NONBLOCK a lease does too, and that one stays.
        if (opened || opened.error().code != EAGAIN || attempt == 64) return opened;
    }
}

}  // namespace limpet::target
