// mount_table.h - the mounts of the target's main process.
#pragma once

#include "commands/command.h"
#include "parse/mountinfo.h"

#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands {

Result<std::vector<parse::Mount>> mount_table(const Invocation& call);

// -t LIST: "ext4,tmpfs", or "noproc,sysfs" for all but these.
struct TypeFilter {
    std::vector<std::string> types;
    bool negated = false;
    [[nodiscard]] bool takes(std::string_view type) const;
};
TypeFilter type_filter(const Options& options);

// The mount's own flags, then those of the file system that it does not repeat.
std::string all_options(const parse::Mount& mount);

// The mount that a path lies on: the longest that leads there, and of two the later one.
const parse::Mount* mount_of(const std::vector<parse::Mount>& mounts, std::string_view path);

}  // namespace limpet::commands
