// filesystem.h - kinds of file systems by the magic number that statfs(2) gives.
#pragma once

#include <cstdint>
#include <string_view>

namespace limpet::commands {

struct FilesystemKind {
    std::uint64_t magic;
    std::string_view type;   // as mount tables name it: "ext4"
    std::string_view words;  // as stat -f does: "ext2/ext3"
};

FilesystemKind filesystem_kind(std::uint64_t magic);

}  // namespace limpet::commands
