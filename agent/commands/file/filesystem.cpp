// filesystem.cpp - the kinds that are met in containers.
#include "commands/file/filesystem.h"

namespace limpet::commands {

FilesystemKind filesystem_kind(std::uint64_t magic) {
    constexpr FilesystemKind known[]{
        {0xEF53, "ext4", "ext2/ext3"},
        {0x01021994, "tmpfs", "tmpfs"},
        {0x794C7630, "overlay", "overlayfs"},
        {0x58465342, "xfs", "xfs"},
        {0x9123683E, "btrfs", "btrfs"},
        {0x9FA0, "proc", "proc"},
        {0x62656572, "sysfs", "sysfs"},
        {0x63677270, "cgroup2", "cgroup2fs"},
        {0x27E0EB, "cgroup", "cgroupfs"},
        {0x1CD1, "devpts", "devpts"},
        {0x6969, "nfs", "nfs"},
        {0x65735546, "fuse", "fuseblk"},
        {0x19800202, "mqueue", "mqueue"},
        {0x958458F6, "hugetlbfs", "hugetlbfs"},
        {0x73717368, "squashfs", "squashfs"},
        {0x2FC12FC1, "zfs", "zfs"},
        {0x4D44, "vfat", "msdos"},
        {0x6E736673, "nsfs", "nsfs"},
        {0xFF534D42, "cifs", "cifs"},
        {0x01021997, "9p", "v9fs"},
        {0xE0F5E1E2, "erofs", "erofs"},
        {0x64626720, "debugfs", "debugfs"},
        {0x50495045, "pipefs", "pipefs"},
        {0x858458F6, "ramfs", "ramfs"},
        {0x74726163, "tracefs", "tracefs"},
        {0xCAFE4A11, "bpf", "bpf_fs"},
        {0x73636673, "securityfs", "securityfs"},
        {0x6165676C, "pstore", "pstorefs"},
        {0xFE534D42, "smb3", "smb2"},
        {0xC36400, "ceph", "ceph"},
        {0xF2F52010, "f2fs", "f2fs"},
        {0x2011BAB0, "exfat", "exfat"},
    };
    for (const auto& kind : known) {
        if (kind.magic == magic) return kind;
    }
    return {magic, "unknown", "UNKNOWN"};
}

}  // namespace limpet::commands
