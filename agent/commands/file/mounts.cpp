// mounts.cpp - what is mounted in the target: mounts, and mount as people type it.
#include "commands/command.h"
#include "commands/file/mount_table.h"
#include "commands/table.h"

#include <algorithm>

namespace limpet::commands {
namespace {

std::string joined(const std::vector<std::string>& tags) {
    std::string text;
    for (const auto& tag : tags) {
        if (!text.empty()) text += ',';
        text += tag;
    }
    return text.empty() ? "private" : text;
}

std::string device(const parse::Mount& mount) {
    return std::to_string(mount.major) + ":" + std::to_string(mount.minor);
}

int run_mounts(Invocation& call) {
    const auto mounts = mount_table(call);
    if (!mounts) {
        call.complain(mounts.error());
        return 1;
    }
    const auto types = type_filter(call.options);
    Table table(call, {{"target"},
                       {"source"},
                       {"type"},
                       {"options"},
                       {"root"},
                       {"propagation"},
                       {"device"},
                       {"super_options"},
                       {"id", Align::right},
                       {"parent", Align::right}});
    for (const auto& mount : *mounts) {
        if (!types.takes(mount.type)) continue;
        if (!call.operands.empty() &&
            std::ranges::find(call.operands, mount.point) == call.operands.end()) {
            continue;
        }
        table.row({mount.point, mount.source, mount.type, mount.options, mount.root,
                   joined(mount.tags), device(mount), mount.super_options, std::uint64_t{mount.id},
                   std::uint64_t{mount.parent}});
    }
    table.finish();
    return call.status;
}

int run_mount(Invocation& call) {
    bool changes = !call.operands.empty();
    for (const auto& [option, value] : call.options.all()) {
        changes |= option.letter == 'o' && value != "json" && value != "table";
    }
    if (changes) {
        call.complain("nothing is mounted from here: it only lists what is");
        return 1;
    }
    if (call.json()) return run_mounts(call);
    const auto mounts = mount_table(call);
    if (!mounts) {
        call.complain(mounts.error());
        return 1;
    }
    const auto types = type_filter(call.options);
    for (const auto& mount : *mounts) {
        if (!types.takes(mount.type)) continue;
        call.out.write(visible(mount.source) + " on " + visible(mount.point) + " type " +
                       visible(mount.type) + " (" + visible(all_options(mount)) + ")\n");
    }
    return call.status;
}

constexpr Option options[]{
    {'t', "types", "LIST", "only these types: tmpfs,ext4; no… for all but those"},
    json_option,
};

constexpr Option mount_options[]{
    options[0],
    {'l', "show-labels", "", "makes no difference"},
    {'v', "verbose", "", "makes no difference"},
    json_option,
};

constexpr const char* help =
    "JSON fields: target (where), source, type, options, root (of the file system), propagation,\n"
    "device (\"major:minor\"), super_options, id, parent.\n\n"
    "Example:\n  mounts -t overlay,tmpfs\n";

constexpr Command mounts_command{
    .name = "mounts",
    .usage = "[-t LIST] [PATH...]",
    .summary = "list what is mounted in the target",
    .theme = "files",
    .promise = Promise::files | Promise::processes,
    .run = run_mounts,
    .options = option_table<options>,
    .help = help,
};
const Register registered_mounts{mounts_command};

constexpr Command mount_command{
    .name = "mount",
    .usage = "[-t LIST]",
    .summary = "list what is mounted in the target",
    .theme = "files",
    .promise = Promise::files | Promise::processes,
    .run = run_mount,
    .options = option_table<mount_options>,
    .help = help,
};
const Register registered_mount{mount_command};

}  // namespace
}  // namespace limpet::commands
