// target/tree.h - a private, read-only clone of a mount namespace's tree.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace limpet::target {

struct Directory;
struct Target;

struct Tree {
    Fd root;               // detached: no mount namespace shows it
    std::string hostname;  // of the uts namespace that was joined on the way
    bool locked = false;   // nobody, root included, can undo its flags
    std::vector<Fd> more;  // what else the child sent
};

enum class View { reading, writing };

// Clones the whole tree of `mount_namespace`, submounts included, read-only, nosuid, nodev, noexec,
// noatime and private. `cover`, a detached procfs of its processes, lies over whatever the target
// has at /proc. A child joins for it and is gone when this returns. View::writing leaves what is
// writable in the target writable, unless it is one of the kernel's own file systems.
Result<Tree> clone_namespace(BorrowedFd mount_namespace, BorrowedFd uts_namespace,
                             BorrowedFd own_procfs, BorrowedFd cover, View view = View::reading);

// The same tree with an overlay over each of its file systems: `root` shows it read-only, what is
// written through `writable` goes to `upper`, a tmpfs that is mounted nowhere. In there a folder
// for each overlay: N/upper, and N/point, a file that says where in the tree it lies. Bind-mounted
// files and file systems that overlayfs does not take stay read-only.
struct Scratch {
    Fd root;
    Fd writable;
    Fd upper;
};
Result<Scratch> overlay_namespace(BorrowedFd mount_namespace, BorrowedFd own_procfs,
                                  BorrowedFd cover);

// What overlayfs makes one tree of: folders, topmost first. One alone is taken as it is.
struct Layers {
    std::string base;                 // no layer may lead out of it
    std::vector<std::string> layers;  // below it; absolute: elsewhere, unless it is a user's
    bool user = false;                // overlay's marks are those of a user namespace
};
// All of them are lower layers: there is nothing that could be written.
Result<Tree> stack_layers(const Layers& layers);

// A container's root file system by itself, and what it is made of: all read-only, and mounted
// nowhere.
struct Apart {
    Fd plain;                 // without what is mounted in it; none without a mount namespace
    Fd image;                 // the layers below its own as one tree
    Fd written;               // its own, as overlayfs keeps it
    std::string reason = {};  // why the last two are not there
};
// Of a mount namespace, or (-1) of a container that does not run.
Result<Apart> take_apart(BorrowedFd mount_namespace, const Layers* layers);

// Whether a file system of this type is there to keep files, and is none of the kernel's own.
bool holds_files(std::string_view type);

// In this process the tree is one of Target::plain and the two that follow, where it can be had:
// true.
bool show_instead(const Target& target, const Directory& part);

// A read-only clone of one of our own directories (/sys/fs/cgroup, /proc).
Result<Fd> clone_own(const std::string& path);

}  // namespace limpet::target
