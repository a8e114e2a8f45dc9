// receive.cpp - a stream of records as files below one directory.
#include "attach/copy/receive.h"

#include "attach/copy/stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>

namespace limpet::attach::copy {

using transfer::Entry;
using transfer::Kind;

namespace {

constexpr int walking = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

timespec time_of(const Entry& entry) {
    timespec time{};
    time.tv_sec = static_cast<time_t>(entry.seconds);
    time.tv_nsec = static_cast<long>(entry.nanoseconds);
    return time;
}

// What sets ids is for --archive, which says that the other side is believed.
mode_t mode_of(const Entry& entry, bool archive) { return entry.mode & (archive ? 07777U : 0777U); }

Result<> write_at(BorrowedFd file, std::string_view bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const auto put =
            ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return failed("write", "");
        bytes.remove_prefix(static_cast<std::size_t>(put));
        offset += static_cast<std::uint64_t>(put);
    }
    return {};
}

}  // namespace

std::string Receiver::spoken(std::string_view path) const {
    return to_.path.ends_with('/') ? to_.path + std::string(path)
                                   : to_.path + '/' + std::string(path);
}

std::string Receiver::temporary_name() {
    return ".limpet-" + std::to_string(::getpid()) + '-' + std::to_string(++temporaries_);
}

void Receiver::report(const Error& problem) {
    ++failures_;
    progress_.fail(text(problem));
}

// Where a name of the other side goes: the first part may have another name here.
Result<std::string> Receiver::place(std::string_view path) {
    const auto parts = TRY(transfer::parts(path));
    if (!to_.name) return std::string(path);
    if (!top_) top_ = parts.front();
    if (*top_ != parts.front()) {
        return refused(to_.path + '/' + *to_.name, "several sources need a directory to go to");
    }
    return *to_.name + std::string(path.substr(parts.front().size()));
}

// The directory that holds a name; made when the other side forgot to speak of it. Each step is
// from one open directory to the next, never through a link.
Result<BorrowedFd> Receiver::parent_of(std::string_view path) {
    std::vector<std::string_view> wanted = TRY(transfer::parts(path));
    wanted.pop_back();
    std::size_t same = 0;
    while (same < wanted.size() && same < levels_.size() && levels_[same].name == wanted[same]) {
        ++same;
    }
    levels_.resize(same);
    while (levels_.size() < wanted.size()) {
        const BorrowedFd at =
            levels_.empty() ? BorrowedFd(to_.directory) : BorrowedFd(levels_.back().directory);
        std::string name(wanted[levels_.size()]);
        Fd next(::openat(at.get(), name.c_str(), walking));
        if (!next && errno == ENOENT && ::mkdirat(at.get(), name.c_str(), 0700) == 0) {
            next.reset(::openat(at.get(), name.c_str(), walking));
        }
        if (!next && (errno == ELOOP || errno == ENOTDIR)) {
            return refused(spoken(path), "on the way to it stands what is no directory: " + name);
        }
        if (!next) return failed("open", spoken(path));
        levels_.push_back({std::move(name), std::move(next)});
    }
    return levels_.empty() ? BorrowedFd(to_.directory) : BorrowedFd(levels_.back().directory);
}

Result<> Receiver::directory(Entry entry) {
    if (late_.size() > transfer::path_limit) return refused("stream", "directories without an end");
    late_.push_back({"", std::move(entry)});
    const auto path = TRY(place(late_.back().entry.path));
    late_.back().path = path;
    const auto name = path.substr(path.rfind('/') + 1);
    const auto parent = TRY(parent_of(path));
    if (::mkdirat(parent.get(), name.c_str(), 0700) == 0) return {};
    if (errno != EEXIST) return failed("create", spoken(path));
    // Whether it is a directory, what would stand in it finds out.
    TRY(parent_of(path + "/x"));
    return {};
}

Result<> Receiver::link(const Entry& entry) {
    const auto path = TRY(place(entry.path));
    const auto name = path.substr(path.rfind('/') + 1);
    const auto parent = TRY(parent_of(path));
    const auto temporary = temporary_name();
    if (::symlinkat(entry.link.c_str(), parent.get(), temporary.c_str()) != 0) {
        return failed("link", spoken(path));
    }
    timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, time_of(entry)};
    ::utimensat(parent.get(), temporary.c_str(), times, AT_SYMLINK_NOFOLLOW);
    if (to_.archive && ::geteuid() == 0) {
        [[maybe_unused]] const int owned =
            ::fchownat(parent.get(), temporary.c_str(), entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW);
    }
    if (::renameat(parent.get(), temporary.c_str(), parent.get(), name.c_str()) == 0) return {};
    auto problem = failed("link", spoken(path));
    ::unlinkat(parent.get(), temporary.c_str(), 0);
    return problem;
}

Result<> Receiver::open_file(Incoming& incoming, BorrowedFd parent) {
    if (to_.part) {
        incoming.temporary = *to_.part;
        constexpr int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
        incoming.file.reset(::openat(parent.get(), incoming.temporary.c_str(), flags, 0600));
        struct stat status{};
        if (incoming.file && ::fstat(incoming.file.get(), &status) == 0 &&
            !S_ISREG(status.st_mode)) {
            return refused(spoken(*to_.part), "it is no regular file");
        }
    } else {
        // Without a name until it is whole: nothing is left behind, however this ends.
        incoming.file.reset(::openat(parent.get(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
        if (!incoming.file) {
            incoming.temporary = temporary_name();
            constexpr int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
            incoming.file.reset(::openat(parent.get(), incoming.temporary.c_str(), flags, 0600));
        }
    }
    if (!incoming.file) return failed("create", spoken(incoming.path));
    return {};
}

Result<> Receiver::file(Entry entry) {
    Incoming incoming{.entry = std::move(entry)};
    const auto opened = [&]() -> Result<> {
        incoming.path = TRY(place(incoming.entry.path));
        incoming.name = incoming.path.substr(incoming.path.rfind('/') + 1);
        return open_file(incoming, TRY(parent_of(incoming.path)));
    }();
    if (!opened) {
        passing_ = true;
        return opened;
    }
    progress_.begin(incoming.path, incoming.entry.size);
    file_.emplace(std::move(incoming));
    // What a broken transfer left counts when the other side says so: see prefix().
    return {};
}

// The other side has seen that the file begins as ours does.
Result<> Receiver::prefix(const transfer::Sum& sum) {
    if (!file_ || !to_.part || file_->at > 0)
        return refused("stream", "a prefix that was not asked for");
    std::string buffer(transfer::data_limit, '\0');
    while (file_->at < sum.size) {
        const auto size = std::min<std::uint64_t>(buffer.size(), sum.size - file_->at);
        const auto got =
            ::pread(file_->file.get(), buffer.data(), size, static_cast<off_t>(file_->at));
        if (got <= 0) return refused(spoken(file_->path), "it has changed meanwhile");
        file_->digest.add({buffer.data(), static_cast<std::size_t>(got)});
        file_->at += static_cast<std::uint64_t>(got);
    }
    if (Digest(file_->digest).finish() != sum.digest) {
        return refused(spoken(file_->path), "it has changed meanwhile");
    }
    progress_.add(file_->at);
    return {};
}

Result<> Receiver::data(std::string_view payload) {
    if (passing_) return {};
    if (!file_) return refused("stream", "data of no file");
    auto& file = *file_;
    // Of an older part that did not fit, nothing stays.
    if (file.at == 0 && to_.part && ::ftruncate(file.file.get(), 0) != 0) {
        return failed("truncate", spoken(file.path));
    }
    const auto [offset, place, bytes] = TRY(transfer::decode_data(payload, file.at));
    file.digest.add(place);
    hasher_.add(file.digest, bytes);
    file.at = offset + bytes.size();
    const auto done = write_at(file.file, bytes, offset);
    hasher_.wait();
    if (!done) {
        // A full disk takes no other file either.
        return failed("write", spoken(file.path), done.error().code);
    }
    progress_.add(bytes.size());
    return {};
}

Result<> Receiver::dress(BorrowedFd file, const Entry& entry, const std::string& path) {
    if (to_.archive) {
        // The owner first: a change of it takes the bits that set ids.
        if (::geteuid() == 0 && ::fchown(file.get(), entry.uid, entry.gid) != 0) {
            return failed("chown", spoken(path));
        }
        for (std::size_t i = 0; i + 1 < entry.attributes.size(); i += 2) {
            const auto& name = entry.attributes[i];
            const auto& value = entry.attributes[i + 1];
            if (!transfer::is_kept(name)) continue;
            if (::fsetxattr(file.get(), name.c_str(), value.data(), value.size(), 0) != 0) {
                return failed("set " + name + " of", spoken(path));
            }
        }
    }
    if (::fchmod(file.get(), mode_of(entry, to_.archive)) != 0) {
        return failed("chmod", spoken(path));
    }
    const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, time_of(entry)};
    if (::futimens(file.get(), times) != 0) return failed("set the time of", spoken(path));
    return {};
}

Result<> Receiver::dress_directory(const Late& late) {
    // As if something stood in it: the directory itself is the last level.
    TRY(parent_of(late.path + "/x"));
    return dress(levels_.back().directory, late.entry, late.path);
}

Result<> Receiver::give_name(Incoming& incoming, BorrowedFd parent) {
    if (incoming.temporary.empty()) {
        const auto self = "/proc/self/fd/" + std::to_string(incoming.file.get());
        const auto link_as = [&](const std::string& name) {
            return ::linkat(AT_FDCWD, self.c_str(), parent.get(), name.c_str(),
                            AT_SYMLINK_FOLLOW) == 0;
        };
        if (link_as(incoming.name)) return {};
        if (errno != EEXIST) return failed("name", spoken(incoming.path));
        incoming.temporary = temporary_name();
        if (!link_as(incoming.temporary)) return failed("name", spoken(incoming.path));
    }
    if (::renameat(parent.get(), incoming.temporary.c_str(), parent.get(), incoming.name.c_str()) !=
        0) {
        return failed("name", spoken(incoming.path));
    }
    incoming.temporary.clear();
    return {};
}

Result<> Receiver::finish_file(Incoming& incoming, const transfer::Sum& sum) {
    if (sum.size < incoming.at || sum.size > INT64_MAX) {
        return refused(spoken(incoming.path), "it is shorter than its data");
    }
    const auto digest = incoming.digest.finish();
    if (digest != sum.digest) {
        return refused(spoken(incoming.path), "what came is not what was read: SHA-256 " + digest +
                                                  " instead of " + sum.digest);
    }
    if (::ftruncate(incoming.file.get(), static_cast<off_t>(sum.size)) != 0) {
        return failed("write", spoken(incoming.path));
    }
    TRY(dress(incoming.file, incoming.entry, incoming.path));
    TRY(give_name(incoming, TRY(parent_of(incoming.path))));
    progress_.end(incoming.path, sum.size, digest);
    return {};
}

void Receiver::drop(Incoming& incoming) {
    if (incoming.temporary.empty() || to_.part) return;
    if (const auto parent = parent_of(incoming.path)) {
        ::unlinkat(parent->get(), incoming.temporary.c_str(), 0);
    }
}

Result<> Receiver::complete(const transfer::Sum& sum) {
    if (std::exchange(passing_, false)) return {};
    if (file_) {
        auto incoming = std::move(*file_);
        file_.reset();
        const auto done = finish_file(incoming, sum);
        if (!done) {
            report(done.error());
            drop(incoming);
        }
        return {};
    }
    if (late_.empty()) return refused("stream", "the end of nothing");
    const auto late = std::move(late_.back());
    late_.pop_back();
    if (late.path.empty()) return {};  // it could not be made, which has been said
    if (const auto done = dress_directory(late); !done) report(done.error());
    return {};
}

Result<> Receiver::take(const transfer::Record& record) {
    const auto made = [&](Result<> done) -> Result<> {
        ++entries_;
        if (!done) report(done.error());
        return {};
    };
    const bool in_file = file_ || passing_;
    switch (record.kind) {
        case Kind::directory:
        case Kind::file:
        case Kind::link: {
            if (in_file) return refused("stream", "an entry within a file");
            auto entry = TRY(transfer::decode_entry(record.payload));
            if (record.kind == Kind::directory) return made(directory(std::move(entry)));
            if (record.kind == Kind::link) return made(link(entry));
            return made(file(std::move(entry)));
        }
        case Kind::data: return data(record.payload);
        case Kind::prefix: return prefix(TRY(transfer::decode_sum(record.payload)));
        case Kind::complete: return complete(TRY(transfer::decode_sum(record.payload)));
        case Kind::abandoned:
            // The other side has said why on standard error.
            if (!in_file) return refused("stream", "the end of nothing");
            passing_ = false;
            ++failures_;
            if (file_) drop(*file_);
            file_.reset();
            return {};
        case Kind::end: {
            PayloadReader in(record.payload);
            if (in_file || TRY(in.number(8)) != entries_) {
                return refused("stream", "it ends before all had come");
            }
            ended_ = true;
            return {};
        }
        case Kind::begin: break;
    }
    return refused("stream", "it begins twice");
}

Result<> Receiver::run(transfer::Reader& reader) {
    const auto done = [&]() -> Result<> {
        TRY(transfer::check_begin(TRY(reader.next())));
        while (!ended_) TRY(take(TRY(reader.next())));
        return {};
    }();
    if (!done && file_) drop(*file_);
    return done;
}

}  // namespace limpet::attach::copy
