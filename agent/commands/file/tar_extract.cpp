// tar_extract.cpp - entries of an archive as files, or as bytes on standard output.
#include "commands/file/tar_extract.h"

#include "sys/file.h"
#include "target/deadline.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace limpet::commands::tar {
namespace {

using parse::tar::Entry;

// Of names of directories whose modes and times wait for the end; what is beyond gets them at once.
constexpr std::size_t most_late = std::size_t{64} * 1024 * 1024;

std::uint32_t current_mask() {
    const auto mask = ::umask(0);
    ::umask(mask);
    return mask;
}

}  // namespace

Extraction::Extraction(Invocation& call, const Style& style)
    : call_(call),
      style_(style),
      mask_(style.modes ? 0 : current_mask()),
      owners_(style.owners && may_give_away(call)) {}

Result<> Extraction::open_base() {
    const auto name = style_.directory.empty() ? std::string(".") : style_.directory;
    base_ = TRY(place_of(call_, name));
    trail_.emplace(call_.target);
    // Where the operator says, through links if need be.
    auto started = trail_->start(call_.path(name));
    if (!started) trail_.reset();
    return started;
}

// A name in the directory where the trail stands; it outlives that, as links need two places.
Result<Place> Extraction::here(std::string_view name) {
    const auto* directory = TRY(trail_->here());
    auto spoken = base_->spoken;
    const auto add = [&](std::string_view component) {
        if (!spoken.ends_with('/')) spoken += '/';
        spoken += component;
    };
    for (const auto& component : way_) add(component);
    add(name);
    auto place = base_->entry(*directory, name, std::move(spoken));
    place.directory = {.fd = TRY(sys::dup(directory->fd)), .name = directory->name};
    place.borrowed = -1;
    return place;
}

Result<Place> Extraction::place(std::string_view name, bool make) {
    if (!trail_) TRY(open_base());
    if (name.starts_with('/') && !std::exchange(absolute_said_, true)) {
        call_.error.write("tar: the leading / of names is left out\n");
        call_.error.flush();
    }
    std::vector<std::string_view> components;
    for (std::size_t at = 0; at < name.size();) {
        const auto end = std::min(name.find('/', at), name.size());
        const auto component = name.substr(at, end - at);
        if (component == "..") {
            return refused(std::string(name), "the name leads upwards (..); passed over");
        }
        if (!component.empty() && component != ".") components.push_back(component);
        at = end + 1;
    }
    std::string_view last = ".";
    if (!components.empty()) {
        last = components.back();
        components.pop_back();
    }
    std::size_t same = 0;
    while (same < std::min(way_.size(), components.size()) && way_[same] == components[same])
        ++same;
    for (; way_.size() > same; way_.pop_back()) trail_->leave();
    while (way_.size() < components.size()) {
        const auto component = components[way_.size()];
        auto entered = trail_->enter(component);
        if (!entered && entered.error().code == ENOENT && make) {
            TRY(make_directory(TRY(here(component)), 0777));
            entered = trail_->enter(component);
        }
        if (!entered) return std::unexpected(std::move(entered).error());
        way_.emplace_back(component);
    }
    return here(last);
}

Result<> Extraction::settle(const Late& what, const Place& place) {
    auto mode = what.mode & ~mask_;
    // The archive's ids are those of the target's user namespace.
    const auto outer = [](std::uint32_t id, const auto& map) {
        return map.empty() ? id : parse::outside(map, id).value_or(UINT32_MAX);
    };
    const auto uid = outer(what.uid, call_.target.uids), gid = outer(what.gid, call_.target.gids);
    if (owners_ && uid != UINT32_MAX && gid != UINT32_MAX) {
        TRY(chown(place, uid, gid));
    } else {
        // Whose it now is must not lend its rights to others.
        mode &= ~06000U;
    }
    if (!what.is_link) TRY(chmod(place, mode));
    if (style_.touch) return {};
    timespec times[2]{};
    times[0].tv_nsec = UTIME_NOW;
    times[1].tv_sec = what.modified;
    return set_times(place, times);
}

Result<> Extraction::make_directory_at(const Place& place, std::uint32_t mode) {
    if (place.name == ".") return {};
    const auto done = make_directory(place, mode | 0700);
    if (done || done.error().code != EEXIST) return done;
    const auto status = TRY(place.stat());
    if (S_ISDIR(status.stx_mode)) return {};
    if (style_.keep_old) return done;
    TRY(remove(place, false));
    return make_directory(place, mode | 0700);
}

Result<> Extraction::copy(BorrowedFd file, std::uint64_t size, Source& source) {
    while (size > 0) {
        auto bytes = source.run(size);
        if (!bytes) {
            broken_ = std::move(bytes).error();
            return {};
        }
        size -= bytes->size();
        left_ -= bytes->size();
        target::deadline::enter();
        TRY(sys::write_all(file, *bytes));
    }
    return {};
}

Result<> Extraction::make_file(const Entry& entry, const Place& place, Source& source) {
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    auto file = place.directory.create(place.name, flags, 0600);
    if (!file && file.error().code == EEXIST && !style_.keep_old) {
        const auto there =
            style_.overwrite ? place.stat() : Result<struct statx>(refused("stat", ""));
        if (there && S_ISREG(there->stx_mode)) {
            // Its other names see the new bytes, too. NONBLOCK: it may be exchanged for a FIFO.
            constexpr int again = O_WRONLY | O_TRUNC | O_NOFOLLOW | O_NONBLOCK;
            file = place.directory.create(place.name, again, 0);
        } else {
            TRY(remove(place, false));
            file = place.directory.create(place.name, flags, 0600);
        }
    }
    if (!file) {
        errno = file.error().code;
        return place.failed("write");
    }
    if (!entry.sparse) {
        if (auto done = copy(*file, entry.size, source); !done) {
            errno = done.error().code;
            return place.failed("write");
        }
        return {};
    }
    for (const auto& [offset, size] : entry.extents) {
        if (broken_) return {};
        const bool sought = ::lseek(file->get(), static_cast<off_t>(offset), SEEK_SET) >= 0;
        if (!sought || !copy(*file, size, source)) return place.failed("write");
    }
    if (::ftruncate(file->get(), static_cast<off_t>(entry.real_size)) != 0) {
        return place.failed("write");
    }
    return {};
}

Result<> Extraction::make(const Entry& entry, const Place& place) {
    using namespace parse::tar;
    const auto once = [&]() -> Result<> {
        if (entry.type == symbolic_link) return symlink(entry.link, place);
        if (entry.type == fifo) return make_node(place, S_IFIFO | (entry.mode & 0777));
        return link(TRY(this->place(entry.link, false)), place);
    };
    auto done = once();
    if (done || done.error().code != EEXIST || style_.keep_old) return done;
    TRY(remove(place, false));
    return once();
}

void Extraction::print_file(const Entry& entry, Source& source) {
    auto& out = call_.out;
    std::uint64_t at = 0;
    const auto run = [&](std::uint64_t size) {
        at += size;
        while (size > 0 && !broken_ && !out.failure()) {
            auto bytes = source.run(size);
            if (!bytes) {
                broken_ = std::move(bytes).error();
                return;
            }
            size -= bytes->size();
            left_ -= bytes->size();
            out.write(*bytes);
        }
    };
    if (!entry.sparse) return run(entry.size);
    const std::string zeros(65536, '\0');
    const auto hole = [&](std::uint64_t end) {
        for (; at < end && !out.failure(); at += std::min<std::uint64_t>(end - at, zeros.size())) {
            out.write(std::string_view(zeros).substr(0, end - at));
        }
    };
    for (const auto& [offset, size] : entry.extents) {
        hole(offset);
        run(size);
    }
    if (!broken_) hole(entry.real_size);
}

Result<> Extraction::one(const Entry& entry, Source& source) {
    using namespace parse::tar;
    left_ = entry.size + padding(entry.size);
    const bool special = entry.type == character || entry.type == block;
    const bool linked = entry.type == symbolic_link || entry.type == hard_link;
    const bool plain = !special && !linked && entry.type != directory && entry.type != fifo &&
                       entry.type != volume;
    if (style_.to_stdout) {
        if (plain) print_file(entry, source);
    } else if (special) {
        complain(call_, entry.name + ": a device; not made");
    } else if (entry.type != volume) {
        const auto done = [&]() -> Result<> {
            const Late what{entry.name, entry.mode,     entry.uid,
                            entry.gid,  entry.modified, entry.type == symbolic_link};
            const auto where = TRY(place(entry.name, true));
            if (entry.type == directory) {
                TRY(make_directory_at(where, entry.mode & ~mask_));
                late_size_ += sizeof what + what.path.size();
                if (late_size_ > most_late) return settle(what, where);
                late_.push_back(what);
                return {};
            }
            if (plain) {
                TRY(make_file(entry, where, source));
            } else {
                TRY(make(entry, where));
            }
            return entry.type == hard_link ? Result<>{} : settle(what, where);
        }();
        if (!done) complain(call_, done.error());
    }
    if (broken_) return std::unexpected(*broken_);
    return source.skip(left_);
}

void Extraction::finish() {
    // The deepest first: what stands in a directory would change its time.
    for (auto what = late_.rbegin(); what != late_.rend(); ++what) {
        const auto where = place(what->path, false);
        const auto done = where ? settle(*what, *where) : std::unexpected(where.error());
        if (!done) complain(call_, done.error());
    }
}

}  // namespace limpet::commands::tar
