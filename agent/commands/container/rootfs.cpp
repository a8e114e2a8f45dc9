// rootfs.cpp - what the target's "/" is made of, and how full it is.
#include "commands/file/mount_table.h"
#include "commands/table.h"
#include "commands/walk.h"
#include "parse/lines.h"
#include "sys/file.h"
#include "target/tree.h"

#include <sys/stat.h>

namespace limpet::commands {
namespace {

// Options of overlayfs have their colons and commas behind a backslash.
std::string_view take_path(std::string_view& list) {
    std::size_t end = 0;
    while (end < list.size() && list[end] != ':') end += list[end] == '\\' ? 2 : 1;
    end = std::min(end, list.size());
    const auto path = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    return path;
}

std::string_view option(std::string_view options, std::string_view name) {
    while (!options.empty()) {
        std::size_t end = 0;
        while (end < options.size() && options[end] != ',') end += options[end] == '\\' ? 2 : 1;
        end = std::min(end, options.size());
        const auto word = options.substr(0, end);
        options.remove_prefix(std::min(end + 1, options.size()));
        if (word.starts_with(name)) return word.substr(name.size());
    }
    return {};
}

struct Size {
    std::uint64_t bytes = 0, files = 0;
};

// Of the one file system, each file once for each of its names.
Size measure(Invocation& call) {
    Size size;
    Walk walk;
    walk.one_filesystem = true;
    walk.before = [&](Visit& visit) {
        if (const auto status = visit.status()) {
            size.bytes +=
                status->stx_blocks * 512 /
                std::max<std::uint64_t>(S_ISREG(status->stx_mode) ? status->stx_nlink : 1, 1);
            ++size.files;
        }
        return Next::descend;
    };
    walk.run(call, "/");
    return size;
}

class Layers {
public:
    explicit Layers(Invocation& call)
        : json_(call.json()),
          table_(call, {{"part"},
                        {"size", Align::right},
                        {"used", Align::right},
                        {"free", Align::right},
                        {"place"}}) {}
    using Number = std::optional<std::uint64_t>;
    void row(std::string part, Number size, Number used, Number free, std::string_view place) {
        const auto bytes = [&](const Number& value) -> Cell {
            if (!value) return {};
            if (json_) return *value;
            return human_size(*value);
        };
        table_.row({std::move(part), bytes(size), bytes(used), bytes(free), std::string(place)});
    }
    void finish() { table_.finish(); }

private:
    bool json_;
    Table table_;
};

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    const auto mounts = mount_table(call);
    if (!mounts) {
        call.complain(mounts.error());
        return 1;
    }
    const auto* root = mount_of(*mounts, "/");
    if (!root) {
        call.complain("nothing is mounted at /");
        return 1;
    }
    Layers layers(call);
    const auto place = target::open(call.target, "/", O_PATH);
    const auto size = place ? sys::fstatfs(*place) : std::unexpected(place.error());
    if (size) {
        const auto block = static_cast<std::uint64_t>(size->f_frsize);
        layers.row(root->type, size->f_blocks * block, (size->f_blocks - size->f_bfree) * block,
                   size->f_bavail * block,
                   all_options(*root).starts_with("ro") ? "read-only" : "writable");
    } else {
        call.complain(size.error());
    }
    const std::string_view options = root->super_options;
    if (root->type == "overlay") {
        for (const std::string_view name : {"upperdir", "workdir"}) {
            const auto path = option(options, std::string(name) + "=");
            const bool upper = name[0] == 'u';
            if (!path.empty()) layers.row(upper ? "upper" : "work", {}, {}, {}, path);
        }
        auto lower = option(options, "lowerdir=");
        for (int number = 1; !lower.empty(); ++number) {
            layers.row("lower " + std::to_string(number), {}, {}, {}, take_path(lower));
        }
        // Linux 6.8 names them one by one.
        std::string_view rest = options;
        int number = 1;
        while (!rest.empty()) {
            const auto word = parse::take(rest, ',');
            constexpr std::string_view each = "lowerdir+=";
            if (!word.starts_with(each)) continue;
            layers.row("lower " + std::to_string(number++), {}, {}, {}, word.substr(each.size()));
        }
    } else {
        layers.row("source", {}, {}, {}, root->source);
        if (root->root != "/") layers.row("root", {}, {}, {}, root->root);
    }
    if (call.options.has('s')) {
        const auto row = [&](const char* part) {
            const auto all = measure(call);
            layers.row(part, {}, all.bytes, {}, std::to_string(all.files) + " files");
        };
        row("tree");
        // Each takes the tree's place, and nothing else of this command looks at it any more.
        if (target::show_instead(call.target, call.target.image)) row("image");
        if (target::show_instead(call.target, call.target.written)) row("written");
    }
    layers.finish();
    return call.status;
}

constexpr Option options[]{
    {'s', "size", "", "also add up what the files take: of the tree, its image, what was written"},
    json_option,
};

constexpr Command rootfs{
    .name = "rootfs",
    .usage = "[-s] [-o json]",
    .summary = "show what the target's root file system is made of",
    .theme = "container",
    .promise = Promise::files | Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "The file system at /, its size, and for overlay its layers, uppermost first, as paths of "
        "the\nnode. changes lists what was written to it.\n"
        "JSON fields: part (the type of the file system, upper, work, lower N, source, root, "
        "tree, image,\nwritten), size, used, free (bytes, or null), place.\n"
        "\nExample:\n  rootfs -s\n",
    .apart = true,
};
const Register registered{rootfs};

}  // namespace
}  // namespace limpet::commands
