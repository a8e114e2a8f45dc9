// tar_create.cpp - trees into an archive: tar c.
#include "commands/create.h"
#include "commands/file/shown.h"
#include "commands/file/tar.h"
#include "commands/names.h"
#include "commands/walk.h"

#include <dirent.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <map>

namespace limpet::commands::tar {
namespace {

using parse::tar::Entry;

// Files with several names that are remembered, to be links in the archive; others come twice.
constexpr std::size_t most_linked = 1'000'000;

// An archive as it is written: packed when it is asked for.
class Archive {
public:
    Archive(Output& out, bool gzip) : out_(out) {
        if (!gzip) return;
        packer_.emplace(6, "", 0);
        buffer_.reset(new char[packed_size]);
    }
    void write(std::string_view bytes) {
        written_ += bytes.size();
        if (!packer_) return out_.write(bytes);
        pack(bytes, false);
    }
    void pad(std::uint64_t count) {
        const std::string zeros(std::min<std::uint64_t>(count, 65536), '\0');
        while (count > 0 && !out_.failure()) {
            const auto part = std::min<std::uint64_t>(count, zeros.size());
            write(std::string_view(zeros).substr(0, part));
            count -= part;
        }
    }
    void finish() {
        // Two blocks of zeros, and whole records of 20 blocks, as tapes had them.
        pad(2 * parse::tar::block_size);
        constexpr std::uint64_t record = 20 * parse::tar::block_size;
        pad((record - written_ % record) % record);
        if (packer_) pack({}, true);
    }

private:
    static constexpr std::size_t packed_size = 65536;
    void pack(std::string_view bytes, bool last) {
        while (!out_.failure() && (last ? !packer_->done() : !bytes.empty())) {
            const auto step = packer_->step(bytes, {buffer_.get(), packed_size}, last);
            bytes.remove_prefix(step.used);
            out_.write({buffer_.get(), step.made});
        }
    }
    Output& out_;
    std::optional<parse::GzipPacker> packer_;
    std::unique_ptr<char[]> buffer_;
    std::uint64_t written_ = 0;
};

char type_of(std::uint32_t mode) {
    switch (mode & S_IFMT) {
        case S_IFDIR: return parse::tar::directory;
        case S_IFLNK: return parse::tar::symbolic_link;
        case S_IFCHR: return parse::tar::character;
        case S_IFBLK: return parse::tar::block;
        case S_IFIFO: return parse::tar::fifo;
        default: return parse::tar::file;
    }
}

class Creation {
public:
    Creation(Invocation& call, const Style& style, Output& out, bool own_file)
        : call_(call),
          style_(style),
          out_(out),
          archive_(out, style.gzip),
          names_(call.target),
          listing_(own_file ? call.out : call.error) {
        struct stat status{};
        if (own_file && ::fstat(out.fd().get(), &status) == 0) {
            own_ = {status.st_dev, status.st_ino};
        }
    }

    void tree(const std::string& operand) {
        Walk walk;
        walk.follow = walk.follow_operand = style_.dereference;
        walk.one_filesystem = style_.one_filesystem;
        walk.before = [&](Visit& visit) { return come_to(visit); };
        walk.run(call_, operand);
    }
    int finish() {
        archive_.finish();
        if (call_.status != 0) return 2;
        return changed_ ? 1 : 0;
    }

private:
    // Of what changed while it was read: status 1.
    void note(const std::string& problem) {
        const int before = call_.status;
        call_.complain(problem);
        call_.status = before;
        changed_ = true;
    }
    void say(const std::string& line) {
        call_.error.write("tar: " + line + '\n');
        call_.error.flush();
    }

    // As it stands in the archive: nothing that would lead out of where it is unpacked.
    std::string member(std::string_view path) {
        if (style_.absolute) return std::string(path);
        std::size_t from = 0;
        for (std::size_t at = 0; at < path.size();) {
            const auto end = std::min(path.find('/', at), path.size());
            if (path.substr(at, end - at) == "..") from = std::min(end + 1, path.size());
            at = end + 1;
        }
        from = std::min(path.find_first_not_of('/', from), path.size());
        if (from > 0 && !std::exchange(said_, true)) {
            say("leaving out the leading " + std::string(path.substr(0, from)) + " of names");
        }
        return std::string(from < path.size() ? path.substr(from) : ".");
    }

    Next come_to(Visit& visit) {
        if (out_.failure()) return Next::stop;
        if (excluded(style_, visit.path())) return Next::skip;
        const auto status = visit.status();
        if (!status) {
            call_.complain(status.error());
            return Next::skip;
        }
        const std::pair<std::uint64_t, std::uint64_t> id{device_number(*status), status->stx_ino};
        if (S_ISSOCK(status->stx_mode)) {
            say(visit.path() + ": a socket; left out");
            return Next::skip;
        }
        if (id == own_) {
            say(visit.path() + ": the archive itself; left out");
            return Next::skip;
        }
        Entry entry = entry_of(visit, *status);
        if (entry.type == parse::tar::symbolic_link) {
            auto link = visit.readlink();
            if (!link) {
                call_.complain(link.error());
                return Next::skip;
            }
            entry.link = *std::move(link);
        } else if (status->stx_nlink > 1 && entry.type != parse::tar::directory) {
            if (const auto known = linked_.find(id); known != linked_.end()) {
                entry.type = parse::tar::hard_link;
                entry.link = known->second;
            } else if (linked_.size() < most_linked) {
                linked_.emplace(id, entry.name);
            }
        }
        if (!add(visit, entry, *status)) return Next::skip;
        return style_.recursion ? Next::descend : Next::skip;
    }

    Entry entry_of(Visit& visit, const struct statx& status) {
        Entry entry{.name = member(visit.path()),
                    .type = type_of(status.stx_mode),
                    .mode = status.stx_mode & 07777U,
                    .uid = status.stx_uid,
                    .gid = status.stx_gid,
                    .modified = status.stx_mtime.tv_sec};
        if (entry.type == parse::tar::directory && !entry.name.ends_with('/')) entry.name += '/';
        if (!style_.numeric) {
            if (names_.has_user(entry.uid)) entry.user = names_.user(entry.uid);
            if (names_.has_group(entry.gid)) entry.group = names_.group(entry.gid);
        }
        if (entry.type == parse::tar::character || entry.type == parse::tar::block) {
            entry.major = status.stx_rdev_major;
            entry.minor = status.stx_rdev_minor;
        }
        return entry;
    }

    // The entry with its data; false when it could not be read.
    bool add(Visit& visit, Entry& entry, const struct statx& status) {
        const bool data = entry.type == parse::tar::file && status.stx_size > 0;
        std::optional<Input> input;
        if (data) {
            auto file = visit.open();
            if (!file) {
                call_.complain(file.error());
                return false;
            }
            entry.size = entry.real_size = status.stx_size;
            input.emplace(*std::move(file), visit.path());
        }
        if (style_.verbose > 0) {
            print(call_, listing_, style_, entry, width_);
            if (&listing_ == &call_.error) listing_.flush();
        }
        archive_.write(parse::tar::headers(entry));
        if (!data) return true;
        const auto missing = copy(*input, entry.size, visit.path());
        if (missing > 0) {
            note(visit.path() + ": it shrank by " + std::to_string(missing) +
                 " bytes while it was read; filled with zeros");
            archive_.pad(missing);
        }
        archive_.pad(parse::tar::padding(entry.size));
        return true;
    }

    // How many bytes were not there.
    std::uint64_t copy(Input& input, std::uint64_t size, const std::string& path) {
        for (;;) {
            const auto bytes = input.block();
            if (!bytes) {
                call_.complain(bytes.error());
                archive_.pad(size);
                return 0;
            }
            if (bytes->empty() || out_.failure()) return out_.failure() ? 0 : size;
            if (bytes->size() > size) {
                archive_.write(bytes->substr(0, size));
                note(path + ": it grew while it was read; cut off");
                return 0;
            }
            archive_.write(*bytes);
            size -= bytes->size();
        }
    }

    Invocation& call_;
    const Style& style_;
    Output& out_;
    Archive archive_;
    Names names_;
    Output& listing_;
    std::size_t width_ = first_width;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> linked_;
    std::pair<std::uint64_t, std::uint64_t> own_{};
    bool said_ = false, changed_ = false;
};

int fill(Invocation& call, const Style& style, Output& out, bool own_file) {
    Creation creation(call, style, out, own_file);
    const auto start = call.directory;
    for (const auto& [name, directory] : style.operands) {
        call.directory = directory.empty() ? start : target::join_path(start, directory);
        creation.tree(name);
        if (out.failure()) break;
    }
    return creation.finish();
}

}  // namespace

int create(Invocation& call, const Style& style) {
    if (style.archive.empty() || style.archive == "-") {
        if (!call.out.terminal()) return fill(call, style, call.out, false);
        complain(call, "an archive is not written to a terminal: -f says where to");
        return call.status;
    }
    const auto file = commands::create(call, style.archive, Writing::truncate);
    if (!file) {
        complain(call, file.error());
        return call.status;
    }
    Output out{BorrowedFd(*file)};
    const int status = fill(call, style, out, true);
    if (out.flush()) return status;
    complain(call, Error{out.failure()->code, "write", style.archive, {}});
    return call.status;
}

}  // namespace limpet::commands::tar
