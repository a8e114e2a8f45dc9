// unpack.cpp - a stream of records as files: the far side of `limpet cp SRC TARGET:PATH`.
#include "commands/command.h"
#include "commands/file/below.h"
#include "limpet/digest.h"
#include "limpet/transfer.h"
#include "sys/file.h"
#include "target/deadline.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace limpet::commands {
namespace {

using transfer::Entry;
using transfer::Kind;

// A file as it comes: under a name of its own until it is whole and right.
struct Incoming {
    Entry entry;
    Place place;
    Place temporary;
    Fd file;
    Digest digest{DigestKind::sha256};
    std::uint64_t at = 0;
};

class Unpacking {
public:
    Unpacking(Invocation& call, Below below, std::string name)
        : call_(call),
          below_(std::move(below)),
          name_(std::move(name)),
          archive_(call.options.has("archive")) {}

    Result<> run() {
        transfer::Reader reader(
            [this](char* place, std::size_t size) { return read(place, size); });
        const auto done = [&]() -> Result<> {
            TRY(transfer::check_begin(TRY(reader.next())));
            while (!ended_) TRY(take(TRY(reader.next())));
            return {};
        }();
        if (file_) (void)remove(file_->temporary, false);
        return done;
    }

private:
    Result<std::size_t> read(char* place, std::size_t size) {
        target::deadline::leave();
        for (;;) {
            const auto got = ::read(call_.in.fd().get(), place, size);
            if (got >= 0) return static_cast<std::size_t>(got);
            if (errno != EINTR) return failed("read", "standard input");
        }
    }
    Result<> take(const transfer::Record& record) {
        const bool in_file = file_ || passing_;
        switch (record.kind) {
            case Kind::directory:
            case Kind::file:
            case Kind::link:
                if (in_file) break;
                return entry(record.kind, TRY(transfer::decode_entry(record.payload)));
            case Kind::data:
                if (!in_file) break;
                return passing_ ? Result<>{} : data(record.payload);
            case Kind::complete: return complete(TRY(transfer::decode_sum(record.payload)));
            case Kind::abandoned:
                if (!in_file) break;
                abandon();
                return {};
            case Kind::end: {
                PayloadReader in(record.payload);
                if (in_file || TRY(in.number(8)) != entries_) break;
                ended_ = true;
                return {};
            }
            case Kind::begin:
            case Kind::prefix: break;
        }
        return refused("stream", "records out of their order");
    }

    Result<> entry(Kind kind, Entry entry) {
        ++entries_;
        if (kind == Kind::directory && late_.size() > transfer::path_limit) {
            return refused("stream", "directories without an end");
        }
        const auto done = [&]() -> Result<> {
            if (kind == Kind::directory) {
                late_.emplace_back();
                return directory(std::move(entry));
            }
            if (kind == Kind::file) passing_ = true;
            auto place = TRY(place_for(entry));
            if (kind == Kind::link) return link(entry, place);
            return file(std::move(entry), std::move(place));
        }();
        if (!done) call_.complain(done.error());
        return {};
    }

    Result<Place> place_for(const Entry& entry) {
        auto parts = TRY(transfer::parts(entry.path));
        if (!name_.empty()) parts.front() = name_;
        return below_.place(parts, true);
    }

    // Beside it, so that it can be renamed to it.
    Result<Place> temporary_for(const Place& place) {
        Place temporary{
            .directory = {.fd = TRY(sys::dup(place.directory.fd)), .name = place.directory.name},
            .name = ".limpet-" + std::to_string(::getpid()) + '-' + std::to_string(++temporaries_),
            .spoken = place.spoken,
            .target = place.target,
            .hint = place.hint};
        return temporary;
    }

    Result<> directory(Entry entry) {
        auto place = TRY(place_for(entry));
        auto made = make_directory(place, 0700);
        if (!made && made.error().code == EEXIST) {
            if (S_ISDIR(TRY(place.stat()).stx_mode)) made = {};
        }
        TRY(std::move(made));
        late_.back().emplace(std::move(entry));
        return {};
    }

    Result<> link(const Entry& entry, const Place& place) {
        const auto temporary = TRY(temporary_for(place));
        TRY(symlink(entry.link, temporary));
        auto done = dress(entry, temporary, true);
        if (done) done = rename(temporary, place);
        if (!done) (void)remove(temporary, false);
        return done;
    }

    Result<> file(Entry entry, Place place) {
        auto temporary = TRY(temporary_for(place));
        constexpr int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
        auto made = place.directory.create(temporary.name, flags, 0600);
        if (!made) {
            errno = made.error().code;
            return place.failed("create");
        }
        file_.emplace(Incoming{.entry = std::move(entry),
                               .place = std::move(place),
                               .temporary = std::move(temporary),
                               .file = *std::move(made)});
        passing_ = false;
        return {};
    }

    Result<> data(std::string_view payload) {
        auto& file = *file_;
        auto [offset, place, bytes] = TRY(transfer::decode_data(payload, file.at));
        file.digest.add(place);
        file.digest.add(bytes);
        file.at = offset;
        while (!bytes.empty()) {
            target::deadline::enter();
            const auto put =
                ::pwrite(file.file.get(), bytes.data(), bytes.size(), static_cast<off_t>(file.at));
            if (put < 0 && errno == EINTR) continue;
            if (put < 0) return file.place.failed("write");
            bytes.remove_prefix(static_cast<std::size_t>(put));
            file.at += static_cast<std::uint64_t>(put);
        }
        return {};
    }

    Result<> complete(const transfer::Sum& sum) {
        if (std::exchange(passing_, false)) return {};
        if (file_) {
            const auto done = finish(*file_, sum);
            if (!done) {
                call_.complain(done.error());
                (void)remove(file_->temporary, false);
            }
            file_.reset();
            return {};
        }
        if (late_.empty()) return refused("stream", "records out of their order");
        const auto late = std::move(late_.back());
        late_.pop_back();
        if (!late) return {};  // it could not be made, which has been said
        const auto place = place_for(*late);
        const auto done = place ? dress(*late, *place, false) : std::unexpected(place.error());
        if (!done) call_.complain(done.error());
        return {};
    }

    Result<> finish(Incoming& file, const transfer::Sum& sum) {
        const auto digest = file.digest.finish();
        if (digest != sum.digest || sum.size < file.at || sum.size > INT64_MAX) {
            return refused(file.place.spoken, "what came is not what was read: SHA-256 " + digest +
                                                  " instead of " + sum.digest);
        }
        if (::ftruncate(file.file.get(), static_cast<off_t>(sum.size)) != 0) {
            return file.place.failed("write");
        }
        TRY(dress(file.entry, file.temporary, false));
        if (archive_) TRY(attributes(file));
        return rename(file.temporary, file.place);
    }

    static Result<> attributes(const Incoming& file) {
        for (std::size_t i = 0; i + 1 < file.entry.attributes.size(); i += 2) {
            const auto& name = file.entry.attributes[i];
            const auto& value = file.entry.attributes[i + 1];
            if (!transfer::is_kept(name)) continue;
            if (::fsetxattr(file.file.get(), name.c_str(), value.data(), value.size(), 0) != 0) {
                return file.place.failed("set " + name + " of");
            }
        }
        return {};
    }

    Result<> dress(const Entry& entry, const Place& place, bool is_link) const {
        // Who may not give files away keeps them, as cp -a does, but then without the bits that set
        // ids.
        const bool owned = archive_ && chown(place, entry.uid, entry.gid);
        if (!is_link) TRY(chmod(place, entry.mode & (owned ? 07777U : 0777U)));
        timespec times[2]{};
        times[0].tv_nsec = UTIME_OMIT;
        times[1].tv_sec = static_cast<time_t>(entry.seconds);
        times[1].tv_nsec = static_cast<long>(entry.nanoseconds);
        return set_times(place, times);
    }

    void abandon() {
        passing_ = false;
        if (file_) (void)remove(file_->temporary, false);
        file_.reset();
        call_.status = 1;
    }

    Invocation& call_;
    Below below_;
    const std::string name_;  // of the one operand; empty: as it was on the other side
    const bool archive_;
    std::optional<Incoming> file_;
    std::vector<std::optional<Entry>> late_;  // directories on the way, and what they are to be
    bool passing_ = false;                    // the data of a file that could not be made
    bool ended_ = false;
    std::uint64_t entries_ = 0, temporaries_ = 0;
};

int run(Invocation& call) {
    if (call.operands.size() != 1) return call.misused("it takes one DESTINATION");
    const auto& operand = call.operands.front();
    // Who sends is gone then, and the end of the stream is what removes a file that is not whole.
    for (const int number : {SIGHUP, SIGINT, SIGTERM}) ::signal(number, SIG_IGN);
    const auto done = [&]() -> Result<> {
        auto below = Below::in(call, operand);
        std::string name;
        if (!below) {
            const bool absent = below.error().code == ENOENT || below.error().code == ENOTDIR;
            if (!absent || operand.ends_with('/')) return std::unexpected(below.error());
            auto place = TRY(place_of(call, operand));
            name = place.name;
            below = Below(std::move(place));
        }
        return Unpacking(call, *std::move(below), std::move(name)).run();
    }();
    if (!done) call.complain(done.error());
    return call.status;
}

constexpr Option options[]{
    {0, "archive", "", "owners, all bits of modes and extended attributes, too"},
};

constexpr Command unpack{
    .name = "unpack",
    .usage = "[--archive] DESTINATION",
    .summary = "write the files of a stream that pack or limpet cp made",
    .theme = "files",
    .promise = Promise::files | Promise::modify,
    .run = run,
    .options = option_table<options>,
    .help =
        "What `limpet cp` runs near the target to write there. Into DESTINATION when it is a\n"
        "directory, else under that name. A file has its name only once it is whole and its\n"
        "SHA-256 is that of the file that was read; no link is followed below DESTINATION.\n"
        "\nExample:\n  pack -r /etc | unpack $LIMPET_SCRATCH\n",
};
const Register registered{unpack};

}  // namespace
}  // namespace limpet::commands
