// sys/mount.cpp - the descriptor-based mount calls.
#include "sys/mount.h"

#include <fcntl.h>
#include <sys/mount.h>

namespace limpet::sys {

Result<Fd> clone_tree(BorrowedFd directory, const std::string& path) {
    const int fd = ::open_tree(
        directory.get(), path.c_str(),
        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | (path.empty() ? AT_EMPTY_PATH : 0));
    if (fd < 0) return failed("open_tree", path);
    return Fd(fd);
}

Result<Fd> clone_mount(BorrowedFd mount) {
    const int fd =
        ::open_tree(mount.get(), "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    if (fd < 0) return failed("open_tree", "");
    return Fd(fd);
}

Result<> mount_setattr(BorrowedFd directory, const std::string& path, std::uint64_t set,
                       std::uint64_t propagation) {
    struct mount_attr attributes{};
    attributes.attr_set = set;
    // mount_setattr(2): the atime modes are an enumeration, to be cleared before one is set.
    if (set & MOUNT_ATTR_NOATIME) attributes.attr_clr = MOUNT_ATTR__ATIME;
    attributes.propagation = propagation;
    const unsigned flags = AT_RECURSIVE | (path.empty() ? AT_EMPTY_PATH : 0);
    if (::mount_setattr(directory.get(), path.c_str(), flags, &attributes, sizeof attributes) !=
        0) {
        return failed("mount_setattr", path);
    }
    return {};
}

Result<> move_mount(BorrowedFd tree, BorrowedFd place) {
    if (::move_mount(tree.get(), "", place.get(), "",
                     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0) {
        return failed("move_mount", "");
    }
    return {};
}

Result<> mount(const std::string& source, const std::string& place, const std::string& type,
               unsigned long flags, const std::string& data) {
    const auto text = [](const std::string& word) { return word.empty() ? nullptr : word.c_str(); };
    if (::mount(text(source), place.c_str(), text(type), flags, text(data)) != 0) {
        return failed("mount", place);
    }
    return {};
}

Result<Fd> new_filesystem(const std::string& type, unsigned attributes,
                          std::initializer_list<FsOption> options) {
    const int context = ::fsopen(type.c_str(), FSOPEN_CLOEXEC);
    if (context < 0) return failed("fsopen", type);
    const Fd owned(context);
    for (const auto& option : options) {
        const bool by_descriptor = option.fd >= 0;
        if (::fsconfig(context, by_descriptor ? FSCONFIG_SET_FD : FSCONFIG_SET_STRING,
                       option.name.c_str(), by_descriptor ? nullptr : option.value.c_str(),
                       by_descriptor ? option.fd : 0) != 0) {
            return failed("fsconfig", type + " " + option.name);
        }
    }
    if (::fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
        return failed("fsconfig", type);
    }
    const int fd = ::fsmount(context, FSMOUNT_CLOEXEC, attributes);
    if (fd < 0) return failed("fsmount", type);
    return Fd(fd);
}

}  // namespace limpet::sys
