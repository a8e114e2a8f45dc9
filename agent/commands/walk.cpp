// commands/walk.cpp - walks of trees.
#include "commands/walk.h"

#include "limpet/limits.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

#include <algorithm>

namespace limpet::commands {
namespace {

std::uint64_t device_of(const struct statx& status) {
    return makedev(status.stx_dev_major, status.stx_dev_minor);
}

// Every directory carries its path for messages. At a depth of thousands that alone would be
// hundreds of megabytes, so a long one keeps its end.
void shorten(std::string& name) {
    constexpr std::size_t longest = 4096;
    if (name.size() > longest) name = "..." + name.substr(name.size() - longest / 2);
}

}  // namespace

// A milestone every 256 levels, 64 of them: 10,000 levels are 40 descriptors, and coming back from
// there opens at most 256 directories for 64 levels.
bool Trail::milestone(std::size_t level) { return level % 256 == 0 && level / 256 < 64; }

bool Trail::identify(Level& level) {
    const auto status = level.directory->stat("", target::Follow::no);
    if (!status) return false;
    level.device = device_of(*status);
    level.inode = status->stx_ino;
    return true;
}

Result<> Trail::push(Level level) {
    shorten(level.directory->name);
    // Its identity is needed when it is closed, or when a link leads back to it.
    if (level.by_path && !identify(level)) {
        return failed("stat", level.directory->name);
    }
    levels_.push_back(std::move(level));
    close_far();
    return {};
}

void Trail::close_far() {
    if (levels_.size() <= window) return;
    const auto far = levels_.size() - 1 - window;
    auto& level = levels_[far];
    if (milestone(far) || !level.directory) return;
    if (identify(level)) level.directory.reset();
}

Result<> Trail::start(std::string path, target::Follow follow) {
    levels_.clear();
    const auto slash = path.rfind('/');
    if (follow == target::Follow::no && slash != path.npos && slash + 1 < path.size()) {
        const auto above = path.substr(0, std::max<std::size_t>(slash, 1));
        const target::Directory parent{TRY(target::open(target_, above, O_PATH | O_DIRECTORY)),
                                       above};
        auto directory = TRY(parent.child(path.substr(slash + 1)));
        return push({.name = std::move(path), .by_path = true, .directory = std::move(directory)});
    }
    auto directory = TRY(target::open_directory(target_, path));
    return push({.name = std::move(path), .by_path = true, .directory = std::move(directory)});
}

Result<> Trail::enter(std::string_view name) {
    // From outside, /proc is our own procfs, never what the target has mounted there.
    if (levels_.size() == 1 && levels_[0].name == "/" && name == "proc" &&
        (target_.mode == target::Mode::node || target_.mode == target::Mode::sidecar)) {
        return enter_link("/proc");
    }
    const auto* parent = TRY(here());
    std::string child(name);
    auto directory = TRY(parent->child(child));
    return push({.name = std::move(child), .directory = std::move(directory)});
}

Result<> Trail::enter_link(std::string path) {
    auto directory = TRY(target::open_directory(target_, path));
    return push({.name = std::move(path), .by_path = true, .directory = std::move(directory)});
}

void Trail::leave() { levels_.pop_back(); }

Result<target::Directory> Trail::open(std::size_t index) const {
    const auto& level = levels_[index];
    auto directory = level.by_path ? TRY(target::open_directory(target_, level.name))
                                   : TRY(levels_[index - 1].directory->child(level.name));
    const auto status = TRY(directory.stat("", target::Follow::no));
    if (device_of(status) != level.device || status.stx_ino != level.inode) {
        return refused("walk", directory.name + " was exchanged meanwhile");
    }
    shorten(directory.name);
    return directory;
}

Result<const target::Directory*> Trail::here() {
    const auto top = levels_.size() - 1;
    auto from = top;
    while (!levels_[from].directory) --from;
    while (from < top) {
        ++from;
        levels_[from].directory = TRY(open(from));
        // What only led here is closed again.
        if (from >= window + 1) {
            const auto far = from - window;
            if (far < top && top - far > window && !milestone(far)) levels_[far].directory.reset();
        }
    }
    return &*levels_[top].directory;
}

bool Trail::holds(const struct statx& status) const {
    for (const auto& level : levels_) {
        if (level.inode == status.stx_ino && level.device == device_of(status)) return true;
        if (level.inode != 0 || !level.directory) continue;
        const auto own = level.directory->stat("", target::Follow::no);
        if (own && own->stx_ino == status.stx_ino && device_of(*own) == device_of(status)) {
            return true;
        }
    }
    return false;
}

unsigned char Visit::type() {
    if (type_ == DT_UNKNOWN || (follow_ && type_ == DT_LNK)) {
        if (const auto known = status()) type_ = IFTODT(known->stx_mode);
    }
    return type_;
}

Result<struct statx> Visit::status() {
    if (status_) return *status_;
    const auto absolute = [&] { return call_.path(path_); };
    if (follow_ || !parent_) {
        // A link that leads nowhere is shown as the link.
        if (follow_) {
            if (auto known = target::stat(call_.target, absolute(), target::Follow::yes)) {
                status_ = *known;
                return *status_;
            }
        }
        if (!parent_) {
            status_ = TRY(target::stat(call_.target, absolute(), target::Follow::no));
            return *status_;
        }
    }
    status_ = TRY(parent_->stat(std::string(name()), target::Follow::no));
    return *status_;
}

Result<Fd> Visit::open() {
    if (!parent_ || follow_) {
        const auto [directory, rest] = target::place(call_.target, call_.path(path_));
        return directory->open_regular(rest);
    }
    return parent_->open_regular(std::string(name()));
}

Result<std::string> Visit::readlink() {
    if (!parent_) return target::readlink(call_.target, call_.path(path_));
    return parent_->readlink(std::string(name()));
}

bool Walk::enter(Visit& visit) {
    Result<> entered;
    if (!visit.parent_) {
        entered = trail_->start(call_->path(path_),
                                operand_itself ? target::Follow::no : target::Follow::yes);
    } else if (follow) {
        const auto status = visit.status();
        if (status && trail_->holds(*status)) {
            call_->complain(path_ + ": a loop of symbolic links; not entered");
            return false;
        }
        entered = trail_->enter_link(call_->path(path_));
    } else {
        entered = trail_->enter(visit.name());
    }
    if (!entered) {
        call_->complain(entered.error());
        return false;
    }
    frames_.push_back({.path_length = path_.size(), .name_at = visit.name_at_, .listing = {}});
    if (frames_.size() > Trail::window) {
        frames_[frames_.size() - 1 - Trail::window].listing.reset();
    }
    return true;
}

// Visits, and enters when it is a directory to descend into.
Next Walk::come_to(Visit& visit) {
    const Next next = before(visit);
    if (next == Next::stop) return next;
    const bool directory = next == Next::descend && visit.type() == DT_DIR;
    bool entered = false;
    if (directory && visit.depth_ < depth_limit) {
        bool here = true;
        if (one_filesystem) {
            const auto status = visit.status();
            here = status && (visit.depth_ == 0 || device_of(*status) == device_);
            if (status && visit.depth_ == 0) device_ = device_of(*status);
        }
        entered = here && enter(visit);
    }
    if (directory && !entered && after) after(visit);
    return entered ? Next::descend : Next::skip;
}

void Walk::finish() {
    const auto length = frames_.back().path_length;
    const auto name_at = frames_.back().name_at;
    gathered_ -= frames_.back().names.size();
    frames_.pop_back();
    trail_->leave();
    path_.resize(length);
    if (!after) return;
    Visit visit(*call_, path_, follow || (frames_.empty() && follow_operand));
    visit.name_at_ = name_at;
    visit.depth_ = frames_.size();
    visit.type_ = DT_DIR;
    if (!frames_.empty()) {
        const auto parent = trail_->here();
        if (!parent) {
            call_->complain(parent.error());
            return;
        }
        visit.parent_ = *parent;
    }
    after(visit);
}

// The names of a directory, when that are not too many.
void Walk::gather(Frame& frame, const target::Directory& directory) {
    frame.gathered = true;
    target::Listing listing(directory.fd, directory.name);
    for (;;) {
        const auto entry = listing.next();
        if (!entry || gathered_ + frame.names.size() > limits::sorted_entries) {
            frame.names.clear();
            (void)target::Listing(directory.fd).seek(0);
            return;
        }
        if (!*entry) break;
        frame.names.push_back(static_cast<char>((*entry)->type) + std::string((*entry)->name));
    }
    std::ranges::sort(frame.names, [](const std::string& a, const std::string& b) {
        return a.compare(1, a.npos, b, 1, b.npos) > 0;
    });
    gathered_ += frame.names.size();
}

Result<std::optional<target::Entry>> Walk::next(Frame& frame) {
    if (frame.listing) return frame.listing->next();
    if (frame.names.empty()) return std::nullopt;
    name_ = std::move(frame.names.back());
    frame.names.pop_back();
    --gathered_;
    return target::Entry{std::string_view(name_).substr(1), static_cast<unsigned char>(name_[0])};
}

// One entry of the directory where the walk stands; false to stop.
bool Walk::step() {
    const auto directory = trail_->here();
    if (!directory) {
        call_->complain(directory.error());
        finish();
        return true;
    }
    auto& frame = frames_.back();
    path_.resize(frame.path_length);
    if (sorted && !frame.gathered) {
        gather(frame, **directory);
        // Either as gathered, or as they come.
        frame.resume = frame.names.empty() ? 0 : -1;
    }
    if (!frame.listing && frame.resume >= 0) {
        frame.listing.emplace((*directory)->fd, (*directory)->name);
        if (frame.resume != 0) {
            if (auto sought = frame.listing->seek(frame.resume); !sought) {
                call_->complain(sought.error());
                finish();
                return true;
            }
        }
    }
    for (;;) {
        const auto entry = next(frame);
        if (!entry) call_->complain(entry.error());
        if (!entry || !*entry) {
            finish();
            return true;
        }
        if (frame.listing) frame.resume = (*entry)->next;
        path_.resize(frame.path_length);
        if (!path_.ends_with('/')) path_ += '/';
        Visit visit(*call_, path_, follow);
        visit.name_at_ = path_.size();
        path_ += (*entry)->name;
        visit.depth_ = frames_.size();
        visit.type_ = (*entry)->type;
        visit.inode_ = (*entry)->inode;
        visit.parent_ = *directory;
        const auto next = come_to(visit);
        if (next == Next::stop) return false;
        if (next == Next::descend) return true;
    }
}

bool Walk::run(Invocation& call, const std::string& operand) {
    call_ = &call;
    trail_.emplace(call.target);
    frames_.clear();
    path_ = operand;
    Visit visit(call, path_, follow || follow_operand);
    const auto trimmed = operand.find_last_not_of('/');
    const auto slash = trimmed == operand.npos ? operand.npos : operand.rfind('/', trimmed);
    visit.name_at_ = slash == operand.npos ? 0 : slash + 1;
    visit.type_ = DT_UNKNOWN;
    if (const auto status = visit.status(); !status) {
        call.complain(status.error());
        return true;
    }
    if (come_to(visit) == Next::stop) return false;
    while (!frames_.empty()) {
        if (!step()) return false;
        if (call.out.failure()) return false;
    }
    return true;
}

}  // namespace limpet::commands
