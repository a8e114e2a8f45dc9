// send.cpp - files and trees of this machine as a stream of records.
#include "attach/copy/send.h"

#include "attach/copy/hasher.h"
#include "attach/report.h"
#include "limpet/digest.h"
#include "limpet/transfer.h"

#include <fcntl.h>
#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <memory>

namespace limpet::attach::copy {

using transfer::Entry;
using transfer::Kind;

namespace {

class Sending {
public:
    Sending(const Source& source, BorrowedFd out, Progress& progress)
        : source_(source), out_(out), progress_(progress), buffer_(transfer::data_limit, '\0') {}

    Result<std::uint64_t> run() {
        TRY(put(transfer::begin()));
        if (source_.path == "-") {
            Entry entry{.path = "standard-input", .mode = S_IFREG | 0644};
            entry.seconds = static_cast<std::uint64_t>(::time(nullptr));
            TRY(file(BorrowedFd(0), entry, "standard input"));
        } else {
            TRY(tree());
        }
        PayloadWriter count;
        count.u64(count_);
        TRY(put(transfer::record(Kind::end, count.take())));
        return failures_;
    }

private:
    Result<> put(std::string_view bytes) { return print(out_.get(), bytes); }

    void fail(const Error& problem) {
        ++failures_;
        progress_.fail(text(problem));
    }

    Result<> tree() {
        std::string path = source_.path;
        while (path.size() > 1 && path.ends_with('/')) path.pop_back();
        char* roots[] = {path.data(), nullptr};
        // NOCHDIR: where we stand is where the operator's other paths count from.
        const int how = FTS_NOCHDIR | FTS_COMFOLLOW | (source_.follow ? FTS_LOGICAL : FTS_PHYSICAL);
        const std::unique_ptr<FTS, int (*)(FTS*)> walk(::fts_open(roots, how, nullptr),
                                                       ::fts_close);
        if (!walk) return failed("open", path);
        char absolute[PATH_MAX];
        // "." and ".." are called what they are.
        const std::string name = ::realpath(path.c_str(), absolute) && last(path).starts_with('.')
                                     ? last(absolute)
                                     : last(path);
        while (const FTSENT* found = ::fts_read(walk.get())) {
            const std::string spoken(found->fts_path, found->fts_pathlen);
            TRY(one(*found, name + spoken.substr(path.size()), spoken, walk.get()));
        }
        return {};
    }

    static std::string last(const std::string& path) { return path.substr(path.rfind('/') + 1); }

    Result<> one(const FTSENT& found, std::string path, const std::string& spoken, FTS* walk) {
        switch (found.fts_info) {
            case FTS_DNR:
            case FTS_ERR:
            case FTS_NS: fail(Error{found.fts_errno, "read", spoken, {}}); return {};
            case FTS_DC: fail(Error{ELOOP, "read", spoken, {}}); return {};
            case FTS_DP: return put(transfer::encode(Kind::complete, 0, ""));
            default: break;
        }
        const auto& status = *found.fts_statp;
        Entry entry{.path = std::move(path),
                    .mode = status.st_mode,
                    .uid = status.st_uid,
                    .gid = status.st_gid,
                    .seconds = static_cast<std::uint64_t>(status.st_mtim.tv_sec),
                    .nanoseconds = static_cast<std::uint32_t>(status.st_mtim.tv_nsec),
                    .size = static_cast<std::uint64_t>(status.st_size)};
        if (S_ISDIR(status.st_mode)) {
            if (!source_.recursive) {
                fail(refused(spoken, "it is a directory (-r copies it)").error());
                ::fts_set(walk, const_cast<FTSENT*>(&found), FTS_SKIP);
                return {};
            }
            ++count_;
            return put(transfer::encode(Kind::directory, entry));
        }
        if (S_ISLNK(status.st_mode)) {
            std::string leads(PATH_MAX, '\0');
            const auto length = ::readlink(found.fts_accpath, leads.data(), leads.size());
            if (length < 0) {
                fail(failed("read", spoken).error());
                return {};
            }
            leads.resize(static_cast<std::size_t>(length));
            entry.link = std::move(leads);
            ++count_;
            return put(transfer::encode(Kind::link, entry));
        }
        if (!S_ISREG(status.st_mode)) {
            fail(refused(spoken, "neither a file, a directory nor a link; left out").error());
            return {};
        }
        const Fd opened(::open(found.fts_accpath, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
        if (!opened) {
            fail(failed("open", spoken).error());
            return {};
        }
        if (source_.archive) entry.attributes = transfer::attributes_of(opened);
        return file(opened, entry, spoken);
    }

    // The data between holes, hashed with its place where that does not follow from what came
    // before; a stream has no holes.
    Result<> file(BorrowedFd file, const Entry& entry, const std::string& spoken) {
        ++count_;
        TRY(put(transfer::encode(Kind::file, entry)));
        progress_.begin(spoken, entry.size);
        Digest digest(DigestKind::sha256);
        std::uint64_t at = 0;
        const bool seekable = ::lseek(file.get(), 0, SEEK_CUR) >= 0;
        for (;;) {
            const auto got = read(file, seekable, digest, at);
            if (!got) {
                auto problem = got.error();
                problem.subject() = spoken;
                fail(problem);
                PayloadWriter why;
                why.string(text(problem));
                return put(transfer::record(Kind::abandoned, why.take()));
            }
            if (got->empty()) break;
            PayloadWriter offset;
            offset.u64(at);
            hasher_.add(digest, *got);
            const auto header = transfer::header(Kind::data, sizeof at + got->size());
            auto sent = put(header + offset.take());
            if (sent) sent = put(*got);
            hasher_.wait();
            TRY(sent);
            at += got->size();
            progress_.add(got->size());
        }
        struct stat status{};
        auto size = at;
        if (seekable && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode)) {
            size = std::max(at, static_cast<std::uint64_t>(status.st_size));
        }
        const auto sum = digest.finish();
        TRY(put(transfer::encode(Kind::complete, size, sum)));
        progress_.end(spoken, size, sum);
        return {};
    }

    // The next data at or behind `at`, which becomes its offset; empty at the end.
    Result<std::string_view> read(BorrowedFd file, bool seekable, Digest& digest,
                                  std::uint64_t& at) {
        if (seekable) {
            const auto from = ::lseek(file.get(), static_cast<off_t>(at), SEEK_DATA);
            if (from < 0 && errno == ENXIO) return std::string_view{};
            if (from > static_cast<off_t>(at)) {
                at = static_cast<std::uint64_t>(from);
                PayloadWriter place;
                place.u64(at);
                digest.add(place.take());
            }
        }
        for (;;) {
            const auto got = seekable ? ::pread(file.get(), buffer_.data(), buffer_.size(),
                                                static_cast<off_t>(at))
                                      : ::read(file.get(), buffer_.data(), buffer_.size());
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return failed("read", "");
            return std::string_view(buffer_).substr(0, static_cast<std::size_t>(got));
        }
    }

    const Source& source_;
    BorrowedFd out_;
    Progress& progress_;
    std::string buffer_;
    Hasher hasher_;
    std::uint64_t count_ = 0, failures_ = 0;
};

}  // namespace

Result<std::uint64_t> send(const Source& source, BorrowedFd out, Progress& progress) {
    return Sending(source, out, progress).run();
}

}  // namespace limpet::attach::copy
