// tar_create.cpp - trees into an archive: tar c.
#include "commands/create.h"
#include "commands/file/filesystem.h"
#include "commands/file/shown.h"
#include "commands/file/tar.h"
#include "commands/file/tar_archive.h"
#include "commands/names.h"
#include "commands/walk.h"
#include "limpet/transfer.h"
#include "parse/tar_records.h"
#include "target/deadline.h"
#include "target/tree.h"

#include <dirent.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <map>

namespace limpet::commands::tar {
namespace {

using parse::tar::Entry;

// Of names of files with several, which are remembered to be links in the archive; what is beyond
// comes twice.
constexpr std::size_t most_linked = std::size_t{64} * 1024 * 1024;
// Of a sparse file; one in more pieces is stored whole.
constexpr std::size_t most_extents = 100'000;

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

// As the target's user namespace has it.
std::uint32_t inner(std::uint32_t id, const std::vector<parse::IdRange>& map) {
    constexpr std::uint32_t nobody = 65534;
    return map.empty() ? id : parse::inside(map, id).value_or(nobody);
}

// A name in a record ends at the first equals sign: as GNU's tar writes it.
std::string key_of(std::string_view name) {
    std::string key;
    for (const char c : name) {
        if (c == '%') {
            key += "%25";
        } else if (c == '=') {
            key += "%3D";
        } else {
            key += c;
        }
    }
    return key;
}

class Creation {
public:
    Creation(Invocation& call, const Style& style, Output& out, bool own_file)
        : call_(call),
          style_(style),
          out_(out),
          archive_(out, style.gzip),
          names_(call.target),
          listing_(own_file ? call.out : call.error),
          said_(style.exact) {
        struct stat status{};
        if (own_file && ::fstat(out.fd().get(), &status) == 0) {
            own_ = {status.st_dev, status.st_ino};
        }
    }

    void tree(const std::string& operand) {
        Walk walk;
        walk.follow = walk.follow_operand = style_.dereference;
        walk.one_filesystem = style_.one_filesystem;
        walk.sorted = style_.exact;
        walk.before = [&](Visit& visit) { return come_to(visit); };
        walk.run(call_, operand);
    }
    void whiteout(const std::string& path) {
        auto name = member(path);
        name.insert(name.rfind('/') + 1, ".wh.");
        archive_.write(parse::tar::headers({.name = std::move(name)}));
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
        if (style_.exact && !belongs(visit, *status)) {
            if (S_ISDIR(status->stx_mode)) {
                Entry entry = entry_of(visit, *status);
                (void)add(visit, entry, *status);
            }
            return Next::skip;
        }
        if (S_ISSOCK(status->stx_mode) && !style_.exact) {
            say(visit.path() + ": a socket; left out");
            return Next::skip;
        }
        if (id == own_) {
            say(visit.path() + ": the archive itself; left out");
            return Next::skip;
        }
        Entry entry = entry_of(visit, *status);
        // The tree's root has no name.
        if (style_.exact && entry.name == "./") return Next::descend;
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
            } else if (linked_size_ < most_linked) {
                linked_size_ += 100 + entry.name.size();
                linked_.emplace(id, entry.name);
            }
        }
        if (!add(visit, entry, *status)) {
            // What is not there cannot be linked to.
            if (entry.type != parse::tar::hard_link) linked_.erase(id);
            return Next::skip;
        }
        return style_.recursion ? Next::descend : Next::skip;
    }

    // Whether it is one of the files that are to be kept, and not of something that is mounted
    // there.
    bool belongs(Visit& visit, const struct statx& status) {
        const auto device = device_number(status);
        if (visit.depth() == 0) device_ = device;
        // What is at /proc from outside is ours.
        if (visit.path() == "/proc") return false;
        if (device == device_) return true;
        if (!style_.volumes) return false;
        if (const auto known = kept_.find(device); known != kept_.end()) return known->second;
        auto place =
            Result<Fd>(visit.parent()->open(std::string(visit.name()), O_PATH | O_NOFOLLOW));
        const auto what = place ? sys::fstatfs(*place) : std::unexpected(place.error());
        const auto type = what ? filesystem_kind(static_cast<std::uint64_t>(what->f_type)).type
                               : std::string_view("unknown");
        return kept_[device] = visit.path() != "/dev" && target::holds_files(type);
    }

    // Extended attributes, and what else has no place in a header.
    void add_records(BorrowedFd file, Entry& entry) {
        target::deadline::enter();
        const auto found = transfer::attributes_of(file);
        for (std::size_t i = 0; i + 1 < found.size(); i += 2) {
            entry.extra += parse::tar::record("SCHILY.xattr." + key_of(found[i]), found[i + 1]);
        }
    }

    Entry entry_of(Visit& visit, const struct statx& status) {
        Entry entry{.name = member(visit.path()),
                    .type = type_of(status.stx_mode),
                    .mode = status.stx_mode & 07777U,
                    .uid = inner(status.stx_uid, call_.target.uids),
                    .gid = inner(status.stx_gid, call_.target.gids),
                    .modified = status.stx_mtime.tv_sec};
        if (entry.type == parse::tar::directory && !entry.name.ends_with('/')) entry.name += '/';
        if (!style_.numeric) {
            if (names_.has_user(entry.uid)) entry.user = names_.user(entry.uid);
            if (names_.has_group(entry.gid)) entry.group = names_.group(entry.gid);
        }
        if (style_.exact) {
            entry.nanoseconds = status.stx_mtime.tv_nsec;
            if (S_ISSOCK(status.stx_mode)) {
                entry.extra = parse::tar::record("SCHILY.filetype", "socket");
            }
        }
        if (entry.type == parse::tar::character || entry.type == parse::tar::block) {
            entry.major = status.stx_rdev_major;
            entry.minor = status.stx_rdev_minor;
        }
        return entry;
    }

    Result<target::Directory> open_directory(Visit& visit) {
        if (!visit.parent()) return target::open_directory(call_.target, call_.path(visit.path()));
        return visit.parent()->child(std::string(visit.name()));
    }

    // The entry with its data; false when it could not be read.
    bool add(Visit& visit, Entry& entry, const struct statx& status) {
        const bool regular = entry.type == parse::tar::file && S_ISREG(status.stx_mode);
        const bool data = regular && status.stx_size > 0;
        std::optional<Input> input;
        if (style_.exact && entry.type == parse::tar::directory) {
            if (const auto folder = open_directory(visit)) add_records(folder->fd, entry);
        }
        if (data || (regular && style_.exact)) {
            auto file = visit.open();
            if (!file) {
                call_.complain(file.error());
                return false;
            }
            if (style_.exact) add_records(*file, entry);
            entry.size = entry.real_size = status.stx_size;
            if (style_.sparse && data) find_extents(*file, entry);
            input.emplace(*std::move(file), visit.path());
        }
        if (style_.verbose > 0) {
            print(call_, listing_, style_, entry, width_);
            if (&listing_ == &call_.error) listing_.flush();
        }
        archive_.write(parse::tar::headers(entry));
        if (!data) return true;
        std::uint64_t missing = 0;
        if (!entry.sparse) missing = copy(*input, entry.size);
        for (const auto& [offset, size] : entry.extents) {
            ::lseek(input->fd().get(), static_cast<off_t>(offset), SEEK_SET);
            missing += copy(*input, size);
        }
        struct stat now{};
        if (missing > 0) {
            note(visit.path() + ": it shrank by " + std::to_string(missing) +
                 " bytes while it was read; filled with zeros");
        } else if (::fstat(input->fd().get(), &now) == 0 &&
                   static_cast<std::uint64_t>(now.st_size) > entry.real_size) {
            note(visit.path() + ": it grew while it was read; cut off");
        }
        archive_.pad(parse::tar::padding(entry.size));
        return true;
    }

    // So many bytes of a file; zeros for those that are not there, which are counted.
    std::uint64_t copy(Input& input, std::uint64_t size) {
        bool whole = true;
        while (size > 0 && !out_.failure()) {
            const auto bytes = input.block();
            if (!bytes) call_.complain(bytes.error());
            whole = bytes.has_value();
            if (!whole || bytes->empty()) break;
            const auto part = bytes->substr(0, size);
            archive_.write(part);
            size -= part.size();
        }
        archive_.pad(size);
        return whole ? size : 0;
    }

    // Where its bytes lie, when there are holes and they are worth it.
    static void find_extents(BorrowedFd file, Entry& entry) {
        const auto size = static_cast<off_t>(entry.real_size);
        std::vector<parse::tar::Extent> found;
        std::uint64_t sum = 0;
        for (off_t at = 0; at < size;) {
            target::deadline::enter();
            const off_t data = ::lseek(file.get(), at, SEEK_DATA);
            if ((data < 0 && errno == ENXIO) || data >= size) break;
            const off_t hole = data < 0 ? -1 : ::lseek(file.get(), data, SEEK_HOLE);
            if (hole < 0 || found.size() == most_extents) {
                sum = entry.size;
                break;
            }
            at = std::min(hole, size);
            found.push_back(
                {static_cast<std::uint64_t>(data), static_cast<std::uint64_t>(at - data)});
            sum += found.back().size;
        }
        ::lseek(file.get(), 0, SEEK_SET);
        if (sum == entry.size) return;
        // GNU's takes the length of what ends with a hole from an extent without bytes.
        if (found.empty() || found.back().offset + found.back().size < entry.real_size) {
            found.push_back({entry.real_size, 0});
        }
        entry.sparse = true;
        entry.size = sum;
        entry.extents = std::move(found);
    }

    Invocation& call_;
    const Style& style_;
    Output& out_;
    Archive archive_;
    Names names_;
    Output& listing_;
    std::size_t width_ = first_width;
    std::uint64_t device_ = 0;
    std::map<std::uint64_t, bool> kept_;  // by device
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> linked_;
    std::size_t linked_size_ = 0;
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
    for (const auto& path : style.whiteouts) creation.whiteout(path);
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
