// copy.cpp - copies files and trees.
//
// A file that was not there is written under a name of its own and renamed when it is whole; one
// that was there is written over, because POSIX keeps its identity: links to it, owner and mode.
// Below an operand no link is followed, on neither side, whatever is exchanged meanwhile.
#include "commands/file/copy.h"
#include "commands/spoken.h"

#include "sys/file.h"
#include "target/deadline.h"
#include "target/resolve.h"

#include <dirent.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <memory>
#include <vector>

namespace limpet::commands {
namespace {

using target::Follow;

// Of names of files with several links, which are remembered; what is beyond is copied twice.
constexpr std::size_t links_limit = std::size_t{64} * 1024 * 1024;

std::pair<std::uint64_t, std::uint64_t> identity(const struct statx& status) {
    return {makedev(status.stx_dev_major, status.stx_dev_minor), status.stx_ino};
}

Result<Fd> open_at(const Place& place, int flags, unsigned mode = 0) {
    target::deadline::enter();
    auto file =
        target::resolve(BorrowedFd(place.at()), place.name, flags | O_NOFOLLOW | O_NOCTTY,
                        RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS, mode);
    if (!file) {
        errno = file.error().code;
        return place.failed((flags & O_ACCMODE) == O_RDONLY ? "open" : "write");
    }
    return file;
}

// From `at` to `end` of one file into the other; false at the end of the source.
Result<bool> copy_range(const Fd& in, const Fd& out, off_t at, off_t end, char* buffer,
                        std::size_t size) {
    while (at < end) {
        target::deadline::enter();
        const auto want =
            static_cast<std::size_t>(std::min<off_t>(end - at, static_cast<off_t>(size)));
        const auto got = ::pread(in.get(), buffer, want, at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed("read", "");
        if (got == 0) return false;
        for (ssize_t done = 0; done < got;) {
            const auto put =
                ::pwrite(out.get(), buffer + done, static_cast<std::size_t>(got - done), at + done);
            if (put < 0 && errno != EINTR) return failed("write", "");
            if (put > 0) done += put;
        }
        at += got;
    }
    return true;
}

// Holes stay holes. What has no length or no positions is read to its end.
Result<> copy_bytes(const Fd& in, const Fd& out, bool regular, off_t size) {
    constexpr std::size_t block = 131072;
    const std::unique_ptr<char[]> buffer(new char[block]);
    if (!regular || size == 0) {
        for (;;) {
            const auto got = TRY(sys::read(in, buffer.get(), block));
            if (got == 0) return {};
            TRY(sys::write_all(out, {buffer.get(), got}));
        }
    }
    off_t at = 0;
    while (at < size) {
        off_t data = ::lseek(in.get(), at, SEEK_DATA);
        if (data < 0 && errno == ENXIO) break;
        off_t hole = data < 0 ? -1 : ::lseek(in.get(), data, SEEK_HOLE);
        if (data < 0 || hole < 0) data = at, hole = size;
        if (!TRY(copy_range(in, out, data, hole, buffer.get(), block))) break;
        at = hole;
    }
    // It may have grown meanwhile: what was there when it was opened is what is copied.
    struct stat now{};
    if (::fstat(in.get(), &now) == 0) size = std::min(size, now.st_size);
    if (::ftruncate(out.get(), size) != 0) return failed("truncate", "");
    return {};
}

}  // namespace

bool Copy::report(const Result<>& done) {
    if (!done) call_.complain(done.error());
    return done.has_value();
}

void Copy::say(const Item& item) {
    if (verbose) speak_line(call_.out, "'" + item.from.spoken + "' -> '" + item.to.spoken + "'");
}

Result<bool> Copy::wanted(const Item& item, const Result<struct statx>& there) {
    if (!there) return true;
    if (identity(*there) == identity(item.status)) {
        return refused("copy",
                       "'" + item.from.spoken + "' and '" + item.to.spoken + "' are the same file");
    }
    if (S_ISDIR(there->stx_mode) && !S_ISDIR(item.status.stx_mode)) {
        return failed("copy to", item.to.spoken, EISDIR);
    }
    if (no_clobber) return false;
    const auto time = [](const struct statx& status) {
        return std::pair(status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec);
    };
    if (update && time(*there) >= time(item.status)) return false;
    return !ask || asked(call_, "replace '" + item.to.spoken + "'?");
}

Result<Fd> Copy::open_source(const Item& item) {
    if (item.operand && item.from.name.empty()) {
        return target::open_for_reading(call_.target, item.from.path);
    }
    Fd file = TRY(open_at(item.from, O_RDONLY | O_NONBLOCK));
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) return item.from.failed("open");
    if (!S_ISREG(status.st_mode)) {
        return refused("open", item.from.spoken + " was exchanged while it was opened");
    }
    return file;
}

// What the file system or our rights do not take is left out without a word, as cp -a has it.
void Copy::attributes(int from, int to) const {
    constexpr std::size_t most = 65536;  // of the kernel, for the names and for each value
    const std::unique_ptr<char[]> buffer(new char[2 * most]);
    target::deadline::enter();
    const auto listed = ::flistxattr(from, buffer.get(), most);
    for (ssize_t at = 0; at < listed;) {
        const char* name = buffer.get() + at;
        const std::string_view word(name);
        at += static_cast<ssize_t>(word.size()) + 1;
        const bool access = word.starts_with("system.posix_acl_");
        // trusted.* is how overlays keep what they know of their layers.
        if (!access && (!keep_attributes || word.starts_with("trusted."))) continue;
        char* value = buffer.get() + most;
        const auto size = ::fgetxattr(from, name, value, most);
        if (size >= 0) ::fsetxattr(to, name, value, static_cast<std::size_t>(size), 0);
    }
}

// `from`, `opened`: both as they are open, for what has no name to be set by.
Result<> Copy::dress(const Place& to, const struct statx& status, int from, int opened) {
    std::uint32_t mode = status.stx_mode & 07777;
    if (keep_owner && !chown(to, status.stx_uid, status.stx_gid)) {
        // Whose it now is must not lend its rights to others.
        mode &= ~06000U;
        (void)chown(to, static_cast<uid_t>(-1), status.stx_gid);
    }
    // After the owner, who takes a file's capabilities away.
    if (from >= 0 && opened >= 0 && (keep_mode || keep_attributes)) attributes(from, opened);
    if (keep_mode && !S_ISLNK(status.stx_mode)) TRY(chmod(to, mode));
    if (!keep_times) return {};
    return set_times(to, {{status.stx_atime.tv_sec, status.stx_atime.tv_nsec},
                          {status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec}});
}

Result<> Copy::fill(const Item& item, const Place& to, const Fd& out) {
    const Fd in = TRY(open_source(item));
    struct stat status{};
    if (::fstat(in.get(), &status) != 0) return item.from.failed("stat");
    auto done = copy_bytes(in, out, S_ISREG(status.st_mode), status.st_size);
    if (!done) {
        done.error().subject() = item.to.spoken;
        return done;
    }
    return dress(to, item.status, in.get(), out.get());
}

Result<> Copy::file(const Item& item, const Result<struct statx>& there) {
    const unsigned mode = item.status.stx_mode & 0777;
    if (there && !replace && (S_ISREG(there->stx_mode) || item.operand)) {
        // POSIX writes through a link that is an operand.
        auto out = item.operand ? create(call_, item.to.spoken, Writing::truncate, mode)
                                : open_at(item.to, O_WRONLY | O_TRUNC);
        if (out) {
            if (!item.operand) return fill(item, item.to, *out);
            return fill(item, TRY(place_behind(call_, item.to.spoken)), *out);
        }
        if (!force) return std::unexpected(out.error());
    }
    if (there && !replace) TRY(remove(item.to, false));
    auto half = item.to.entry({}, ".limpet-" + std::to_string(::getpid()), item.to.spoken);
    half.borrowed = item.to.at();
    auto out = open_at(half, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (!out) return std::unexpected(out.error());
    auto done = fill(item, half, *out);
    if (done) done = rename(half, item.to);
    if (!done) (void)remove(half, false);
    return done;
}

// Links, FIFOs and sockets are made anew; devices where one stands, never in a target.
Result<> Copy::special(const Item& item, const Result<struct statx>& there) {
    if (there) TRY(remove(item.to, false));
    if (S_ISLNK(item.status.stx_mode)) {
        auto text = sys::readlinkat(BorrowedFd(item.from.at()), item.from.name);
        if (!text) return std::unexpected(text.error());
        TRY(symlink(*text, item.to));
    } else {
        const auto device = makedev(item.status.stx_rdev_major, item.status.stx_rdev_minor);
        TRY(make_node(item.to, item.status.stx_mode & (S_IFMT | 0777), device));
    }
    return dress(item.to, item.status);
}

Result<> Copy::one(const Item& item) {
    const bool follows = item.operand && !S_ISLNK(item.status.stx_mode) && !replace;
    auto there = item.to.stat();
    if (there && S_ISLNK(there->stx_mode) && follows) {
        auto behind = target::stat(call_.target, call_.path(item.to.spoken), Follow::yes);
        if (!behind && !force) {
            return refused("copy", "'" + item.to.spoken + "' is a link that leads nowhere");
        }
        if (behind) there = behind;
    }
    if (!TRY(wanted(item, there))) return {};
    if (keep_links && item.status.stx_nlink > 1) {
        const auto known = seen_.find(identity(item.status));
        if (known != seen_.end()) {
            if (there) TRY(remove(item.to, false));
            TRY(link(TRY(place_of(call_, known->second)), item.to));
            say(item);
            return {};
        }
        if (seen_size_ < links_limit) {
            seen_size_ += 100 + item.to.spoken.size();
            seen_.emplace(identity(item.status), item.to.spoken);
        }
    }
    const bool plain = S_ISREG(item.status.stx_mode) ||
                       (!recursive && item.operand && !S_ISLNK(item.status.stx_mode));
    TRY(plain ? file(item, there) : special(item, there));
    say(item);
    return {};
}

Result<> Copy::leave_directory(Visit& visit, const Place& to, int opened, bool made) {
    const auto status = TRY(visit.status());
    if (keep_mode || keep_attributes) {
        const auto from = visit.parent()
                              ? visit.parent()->child(std::string(visit.name()))
                              : target::open_directory(call_.target, call_.path(visit.path()));
        if (from) return dress(to, status, from->fd.get(), opened);
    }
    if (keep_mode || keep_owner || keep_times) return dress(to, status);
    return made ? chmod(to, status.stx_mode & 0777 & ~mask_) : Result<>{};
}

// The directory of the destination, or one on the way to it, is the source.
bool Copy::into_itself(const struct statx& source, const std::string& path) {
    const auto whole = call_.path(path);
    for (std::size_t end = 1; end <= whole.size(); ++end) {
        if (end != whole.size() && whole[end] != '/' && end != 1) continue;
        const auto part = target::stat(call_.target, whole.substr(0, end), Follow::yes);
        if (part && identity(*part) == identity(source)) return true;
    }
    return false;
}

bool Copy::tree(const std::string& source, const std::string& path) {
    bool whole = true;
    const auto note = [&](const Result<>& done) { whole = report(done) && whole; };
    Trail trail(call_.target);
    std::vector<bool> made;
    std::optional<Place> top;
    const auto destination = [&](Visit& visit) -> Result<Place> {
        if (!visit.parent()) return place_of(call_, path);
        const auto* here = TRY(trail.here());
        return top->entry(*here, visit.name(), path + visit.path().substr(source.size()));
    };
    Walk walk;
    walk.follow = links == Links::follow;
    walk.follow_operand = links != Links::keep;
    walk.operand_itself = links == Links::keep;
    walk.one_filesystem = one_filesystem;
    walk.before = [&](Visit& visit) {
        auto to = destination(visit);
        const auto status = to ? visit.status() : std::unexpected(to.error());
        if (!status) {
            note(std::unexpected(status.error()));
            return Next::skip;
        }
        if (!visit.parent()) top = place_of(call_, path).value_or(Place{});
        auto from =
            visit.parent() ? top->entry(*visit.parent(), visit.name(), visit.path()) : Place{};
        if (!S_ISDIR(status->stx_mode)) {
            if (visit.parent() && walk.follow) {
                auto behind = place_behind(call_, visit.path());
                if (!behind) {
                    note(std::unexpected(behind.error()));
                    return Next::skip;
                }
                from = std::move(*behind);
            }
            note(one({std::move(from), std::move(*to), *status, walk.follow}));
            return Next::skip;
        }
        if (made_top_ && identity(*status) == *made_top_) {
            note(refused("copy", "'" + visit.path() + "' into itself"));
            return Next::skip;
        }
        const auto there = to->stat();
        if (there && !S_ISDIR(there->stx_mode) && !(S_ISLNK(there->stx_mode) && !visit.parent())) {
            note(failed("make directory", to->spoken, EEXIST));
            return Next::skip;
        }
        if (!there) {
            if (auto done = make_directory(*to, (status->stx_mode & 0777) | 0700); !done) {
                note(done);
                return Next::skip;
            }
            if (verbose) speak_line(call_.out, "'" + visit.path() + "' -> '" + to->spoken + "'");
        }
        const auto entered = visit.parent()
                                 ? trail.enter(visit.name())
                                 : trail.start(call_.path(path), Follow(there.has_value()));
        if (!entered) {
            note(entered);
            return Next::skip;
        }
        if (!visit.parent()) {
            if (const auto own = target::stat(call_.target, call_.path(path), Follow::yes)) {
                made_top_ = identity(*own);
            }
        }
        made.push_back(!there);
        return Next::descend;
    };
    walk.after = [&](Visit& visit) {
        const bool own = made.back();
        made.pop_back();
        const auto here = trail.here();
        const Fd opened((keep_mode || keep_attributes) && here
                            ? ::fcntl((*here)->fd.get(), F_DUPFD_CLOEXEC, 3)
                            : -1);
        trail.leave();
        const auto to = destination(visit);
        note(to ? leave_directory(visit, *to, opened.get(), own) : std::unexpected(to.error()));
    };
    walk.run(call_, source);
    return whole;
}

bool Copy::copy(const std::string& source, const std::string& path) {
    mask_ = ::umask(0);
    ::umask(mask_);
    const bool keeps = links == Links::keep;
    auto from = keeps ? place_of(call_, source) : place_behind(call_, source);
    const auto status = from ? from->stat() : std::unexpected(from.error());
    if (!status) return report(std::unexpected(status.error()));
    if (S_ISDIR(status->stx_mode)) {
        if (!recursive)
            return report(refused("copy", "'" + source + "' is a directory (needs -r)"));
        auto trimmed = source;
        while (trimmed.size() > 1 && trimmed.ends_with('/')) trimmed.pop_back();
        if (into_itself(*status, path)) {
            return report(refused("copy", "'" + source + "' into itself, '" + path + "'"));
        }
        made_top_.reset();
        const int before = std::exchange(call_.status, 0);
        const bool whole = tree(trimmed, path) && call_.status == 0;
        call_.status = std::max(before, call_.status);
        return whole;
    }
    auto to = place_of(call_, path);
    if (!to) return report(std::unexpected(to.error()));
    if (path.ends_with('/')) return report(failed("copy to", path, ENOTDIR));
    return report(one({std::move(*from), std::move(*to), *status, true}));
}

}  // namespace limpet::commands
