// pack.cpp - files and trees as a stream of records: the far side of `limpet cp TARGET:PATH`.
#include "commands/command.h"
#include "commands/walk.h"
#include "limpet/digest.h"
#include "limpet/transfer.h"
#include "target/deadline.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace limpet::commands {
namespace {

using transfer::Entry;
using transfer::Kind;

// Bytes of a file up to `end`, hashed and sent in records; holes are passed over.
class Sender {
public:
    // `dense`: it has as many blocks as its size takes, so there are no holes to look for.
    Sender(Output& out, BorrowedFd file, bool dense)
        : out_(out), file_(file), dense_(dense), buffer_(new char[size]) {}

    // Hashes what the receiver has already. False when the file is shorter.
    Result<bool> skip(std::uint64_t count) {
        while (at_ < count) {
            const auto got = TRY(read(std::min<std::uint64_t>(count - at_, transfer::data_limit)));
            if (got == 0) return false;
            digest_.add({buffer_.get() + data_at, got});
            at_ += got;
        }
        return true;
    }
    Result<> send() {
        while (!out_.get().failure()) {
            const auto [from, to] = TRY(extent());
            if (from == to) return {};
            // A run of data that does not touch the one before: its place counts, too.
            if (from != at_) hash_number(from);
            at_ = from;
            while (at_ < to && !out_.get().failure()) {
                const auto got = TRY(read(std::min<std::uint64_t>(to - at_, transfer::data_limit)));
                if (got == 0) return {};
                const auto sent = header(got);
                digest_.add({buffer_.get() + data_at, got});
                out_.get().write({buffer_.get() + data_at - sent, sent + got});
                at_ += got;
            }
        }
        return {};
    }
    [[nodiscard]] std::uint64_t at() const { return at_; }
    [[nodiscard]] std::string so_far() const { return Digest(digest_).finish(); }
    // From the start of the same file.
    [[nodiscard]] Sender again() const { return {out_, file_, dense_}; }

private:
    // Room for a record's header and offset before its bytes, which then go out as one.
    static constexpr std::size_t data_at = transfer::record_header + sizeof(std::uint64_t);
    static constexpr std::size_t size = data_at + transfer::data_limit;

    Result<std::size_t> read(std::size_t count) {
        target::deadline::enter();
        const auto got =
            ::pread(file_.get(), buffer_.get() + data_at, count, static_cast<off_t>(at_));
        if (got < 0) return failed("read", "");
        target::deadline::leave();
        return static_cast<std::size_t>(got);
    }
    // The next run of data at or behind at_; nothing where there is none. A file system that knows
    // no holes has one run.
    Result<std::pair<std::uint64_t, std::uint64_t>> extent() {
        if (dense_) return std::pair{at_, UINT64_MAX};
        target::deadline::enter();
        const auto from = ::lseek(file_.get(), static_cast<off_t>(at_), SEEK_DATA);
        if (from < 0 && errno == ENXIO) return std::pair{at_, at_};
        if (from < 0) return std::pair{at_, UINT64_MAX};
        const auto to = ::lseek(file_.get(), from, SEEK_HOLE);
        if (to < 0) return failed("seek", "");
        return std::pair{static_cast<std::uint64_t>(from), static_cast<std::uint64_t>(to)};
    }
    std::size_t header(std::size_t count) {
        PayloadWriter offset;
        offset.u64(at_);
        const auto text = transfer::header(Kind::data, count + sizeof at_) + offset.take();
        std::copy(text.begin(), text.end(), buffer_.get());
        return text.size();
    }
    void hash_number(std::uint64_t number) {
        PayloadWriter bytes;
        bytes.u64(number);
        digest_.add(bytes.take());
    }

    std::reference_wrapper<Output> out_;
    BorrowedFd file_;
    bool dense_;
    std::unique_ptr<char[]> buffer_;
    Digest digest_{DigestKind::sha256};
    std::uint64_t at_ = 0;
};

// What an operand is called on the other side; empty for what has no name of its own.
std::string_view last_part(std::string_view operand) {
    while (operand.ends_with('/')) operand.remove_suffix(1);
    const auto part = operand.substr(operand.rfind('/') + 1);
    return part == "." || part == ".." ? std::string_view{} : part;
}

class Packing {
public:
    explicit Packing(Invocation& call) : call_(call), archive_(call.options.has("archive")) {}

    void tree(const std::string& operand) {
        const auto name = last_part(operand);
        if (name.empty()) return call_.complain(operand + ": what is it to be called?");
        name_ = name;
        operand_ = operand;
        Walk walk;
        walk.follow = call_.options.has('L');
        walk.follow_operand = true;
        walk.before = [&](Visit& visit) { return come_to(visit); };
        walk.after = [&](Visit& visit) {
            if (visit.type() == DT_DIR) call_.out.write(transfer::encode(Kind::complete, 0, ""));
        };
        walk.run(call_, operand);
    }
    [[nodiscard]] std::uint64_t count() const { return count_; }
    // Of the one file that is resumed.
    std::optional<transfer::Sum> prefix;

private:
    Next come_to(Visit& visit) {
        if (call_.out.failure()) return Next::stop;
        const auto status = visit.status();
        if (!status) {
            call_.complain(status.error());
            return Next::skip;
        }
        const auto mode = status->stx_mode;
        if (S_ISDIR(mode) && !call_.options.has('r')) {
            call_.complain(visit.path() + ": it is a directory (-r copies it)");
            return Next::skip;
        }
        if (!S_ISDIR(mode) && !S_ISREG(mode) && !S_ISLNK(mode)) {
            call_.complain(visit.path() + ": neither a file, a directory nor a link; left out");
            return Next::skip;
        }
        auto below = visit.path().substr(operand_.size());
        if (!below.empty() && below.front() != '/') below.insert(below.begin(), '/');
        Entry entry{.path = name_ + below,
                    .mode = mode,
                    .uid = status->stx_uid,
                    .gid = status->stx_gid,
                    .seconds = static_cast<std::uint64_t>(status->stx_mtime.tv_sec),
                    .nanoseconds = status->stx_mtime.tv_nsec,
                    .size = status->stx_size};
        dense_ = status->stx_blocks * 512 >= status->stx_size;
        if (S_ISLNK(mode)) return link(visit, std::move(entry));
        if (S_ISDIR(mode)) {
            ++count_;
            call_.out.write(transfer::encode(Kind::directory, entry));
            return Next::descend;
        }
        file(visit, std::move(entry));
        return Next::skip;
    }

    Next link(Visit& visit, Entry entry) {
        auto leads = visit.readlink();
        if (!leads) {
            call_.complain(leads.error());
            return Next::skip;
        }
        entry.link = *std::move(leads);
        ++count_;
        call_.out.write(transfer::encode(Kind::link, entry));
        return Next::skip;
    }

    void file(Visit& visit, Entry entry) {
        const auto file = visit.open();
        if (!file) return call_.complain(file.error());
        if (archive_) {
            target::deadline::enter();
            entry.attributes = transfer::attributes_of(*file);
        }
        ++count_;
        call_.out.write(transfer::encode(Kind::file, entry));
        Sender sender(call_.out, *file, dense_);
        const auto done = [&]() -> Result<> {
            if (prefix) sender = TRY(resumed(std::move(sender), *prefix, call_.out));
            return sender.send();
        }();
        if (!done) {
            auto problem = done.error();
            problem.subject() = visit.path();
            call_.complain(problem);
            PayloadWriter why;
            why.string(text(problem));
            return call_.out.write(transfer::record(Kind::abandoned, why.take()));
        }
        struct stat now{};
        // A hole at the end is not data; what was cut off meanwhile is not there.
        const auto size = ::fstat(file->get(), &now) == 0
                              ? std::max(sender.at(), static_cast<std::uint64_t>(now.st_size))
                              : sender.at();
        call_.out.write(transfer::encode(Kind::complete, size, sender.so_far()));
    }

    // Goes on behind what the receiver has, when that is how the file begins.
    static Result<Sender> resumed(Sender fresh, const transfer::Sum& has, Output& out) {
        auto sender = fresh.again();
        if (!TRY(sender.skip(has.size)) || sender.so_far() != has.digest) return fresh;
        out.write(transfer::encode(Kind::prefix, has.size, has.digest));
        return sender;
    }

    Invocation& call_;
    const bool archive_;
    std::string name_, operand_;
    bool dense_ = false;
    std::uint64_t count_ = 0;
};

// "SIZE:DIGEST".
std::optional<transfer::Sum> sum_of(std::string_view text) {
    transfer::Sum sum;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), sum.size);
    const auto rest = text.substr(static_cast<std::size_t>(end - text.data()));
    if (problem != std::errc{} || !rest.starts_with(':')) return {};
    sum.digest = rest.substr(1);
    return sum;
}

int run(Invocation& call) {
    if (call.operands.empty()) return call.misused("PATH is missing");
    if (call.out.terminal()) {
        return call.misused("what it prints is for limpet cp, and not for a terminal");
    }
    Packing packing(call);
    if (const auto given = call.options.value("resume")) {
        packing.prefix = sum_of(*given);
        if (!packing.prefix) return call.misused("--resume wants SIZE:DIGEST");
    }
    call.out.write(transfer::begin());
    for (const auto& operand : call.operands) packing.tree(operand);
    PayloadWriter count;
    count.u64(packing.count());
    call.out.write(transfer::record(Kind::end, count.take()));
    return call.status;
}

constexpr Option options[]{
    {'r', "recursive", "", "directories and all in them"},
    {'L', "dereference", "", "what links lead to, instead of the links"},
    {0, "archive", "", "extended attributes, too"},
    {0, "resume", "SIZE:DIGEST", "of one file: what comes after SIZE bytes with this SHA-256"},
};

constexpr Command pack{
    .name = "pack",
    .usage = "[-rL] [--archive] [--resume SIZE:DIGEST] PATH...",
    .summary = "files and trees as a stream of records, for limpet cp",
    .theme = "files",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "What `limpet cp` runs near the target: names, modes, times, owners and data without the\n"
        "holes, each file with its SHA-256 (docs/transfer.md). What cannot be read is said on\n"
        "standard error and left out, with status 1.\n"
        "\nExample:\n  pack -r /etc | unpack $LIMPET_SCRATCH\n",
};
const Register registered{pack};

}  // namespace
}  // namespace limpet::commands
