// commands/walk.h - walks a tree of any depth with few descriptors and never by a path: what the
// target renames, replaces or links meanwhile cannot lead a walk out of it.
#pragma once

#include "commands/command.h"
#include "target/directory.h"
#include "target/target.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands {

// The chain of directories from where a walk began to where it stands. The deepest stay open, and
// some on the way as milestones; the others are closed, and opened again by name from the nearest
// one that is open. A directory that was exchanged meanwhile is noticed by its device and inode.
class Trail {
public:
    static constexpr std::size_t window = 64;

    explicit Trail(const target::Target& target) : target_(target) {}
    // By an absolute path, through links: the first step.
    Result<> start(std::string path, target::Follow follow = target::Follow::yes);
    // Into an entry of the directory where the trail stands.
    Result<> enter(std::string_view name);
    // Through a symbolic link, by the absolute path of it: for walks that follow links.
    Result<> enter_link(std::string path);
    void leave();
    [[nodiscard]] std::size_t depth() const { return levels_.size(); }
    // Where the trail stands, opened again if need be.
    Result<const target::Directory*> here();
    // True when that directory is already on the trail: a loop.
    [[nodiscard]] bool holds(const struct statx& status) const;

private:
    struct Level {
        std::string name;
        bool by_path = false;
        std::optional<target::Directory> directory;
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
    };
    Result<target::Directory> open(std::size_t level) const;
    Result<> push(Level level);
    void close_far();
    static bool identify(Level& level);
    [[nodiscard]] static bool milestone(std::size_t level);
    const target::Target& target_;
    std::vector<Level> levels_;
};

// One file that a walk has come to.
class Visit {
public:
    Visit(const Invocation& call, std::string& path, bool follow)
        : call_(call), path_(path), follow_(follow) {}

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string_view name() const { return std::string_view(path_).substr(name_at_); }
    [[nodiscard]] std::size_t depth() const { return depth_; }
    // DT_*, asked of the file itself when its directory did not tell.
    unsigned char type();
    Result<struct statx> status();
    [[nodiscard]] std::uint64_t inode() const { return inode_; }
    // Where it lies; null for an operand.
    [[nodiscard]] const target::Directory* parent() const { return parent_; }
    // For reading: a regular file, else a refusal.
    Result<Fd> open();
    Result<std::string> readlink();

private:
    friend class Walk;
    const Invocation& call_;
    std::string& path_;
    bool follow_;
    std::size_t name_at_ = 0;
    std::size_t depth_ = 0;
    unsigned char type_ = 0;
    std::uint64_t inode_ = 0;
    const target::Directory* parent_ = nullptr;
    std::optional<struct statx> status_;
};

enum class Next { descend, skip, stop };

class Walk {
public:
    bool follow = false;          // links below the operand
    bool follow_operand = false;  // the operand itself
    bool operand_itself = false;  // who changes things: never through a link that it became
    bool one_filesystem = false;
    // By name instead of as they come, but for directories of too many entries.
    bool sorted = false;
    std::size_t depth_limit = SIZE_MAX;
    // Before the entries of a directory; `descend` of anything else is `skip`.
    std::function<Next(Visit&)> before;
    // After them.
    std::function<void(Visit&)> after;

    // False when before() said stop. Problems are complained about, and the walk goes on.
    bool run(Invocation& call, const std::string& operand);

private:
    struct Frame {
        std::size_t path_length;
        std::size_t name_at;
        std::optional<target::Listing> listing;
        std::int64_t resume = 0;
        std::vector<std::string> names = {};  // of a sorted walk, the last first: DT_* and the name
        bool gathered = false;
    };
    Next come_to(Visit& visit);
    bool enter(Visit& visit);
    bool step();
    void gather(Frame& frame, const target::Directory& directory);
    Result<std::optional<target::Entry>> next(Frame& frame);
    void finish();
    Invocation* call_ = nullptr;
    std::optional<Trail> trail_;
    std::vector<Frame> frames_;
    std::size_t gathered_ = 0;  // names, in all frames
    std::string name_;
    std::string path_;
    std::uint64_t device_ = 0;
};

}  // namespace limpet::commands
