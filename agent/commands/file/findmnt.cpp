// findmnt.cpp - the mounts of the target as a tree, or the one that a path lies on.
#include "commands/command.h"
#include "commands/file/mount_table.h"
#include "commands/file/resolved.h"
#include "commands/table.h"
#include "sys/file.h"
#include "target/deadline.h"

#include <algorithm>
#include <map>

#include <fcntl.h>

namespace limpet::commands {
namespace {

struct Shown {
    const parse::Mount* mount;
    std::string branch;  // what is drawn before its target
};

// Room on the file system behind a mount; zeros when it does not answer.
struct statfs room(const Invocation& call, const parse::Mount& mount) {
    struct statfs nothing{};
    const auto place = target::open(call.target, mount.point, O_PATH);
    if (!place) return nothing;
    target::deadline::enter();
    const auto status = sys::fstatfs(*place);
    return status ? *status : nothing;
}

std::string propagation(const parse::Mount& mount) {
    std::string words;
    for (const std::string_view tag : mount.tags) {
        const auto word = tag.starts_with("master:") ? "slave" : tag.substr(0, tag.find(':'));
        words += (words.empty() ? "" : ",") + std::string(word);
    }
    return words.empty() ? "private" : words;
}

std::string source(const parse::Mount& mount) {
    return mount.root == "/" ? mount.source : mount.source + "[" + mount.root + "]";
}

struct Field {
    std::string_view name;
    Align align;
    std::string (*text)(const Invocation&, const Shown&);
};

constexpr Field fields[]{
    {"target", Align::left,
     [](const Invocation&, const Shown& s) { return s.branch + s.mount->point; }},
    {"source", Align::left, [](const Invocation&, const Shown& s) { return source(*s.mount); }},
    {"fstype", Align::left, [](const Invocation&, const Shown& s) { return s.mount->type; }},
    {"options", Align::left,
     [](const Invocation&, const Shown& s) { return all_options(*s.mount); }},
    {"vfs-options", Align::left,
     [](const Invocation&, const Shown& s) { return s.mount->options; }},
    {"fs-options", Align::left,
     [](const Invocation&, const Shown& s) { return s.mount->super_options; }},
    {"fsroot", Align::left, [](const Invocation&, const Shown& s) { return s.mount->root; }},
    {"propagation", Align::left,
     [](const Invocation&, const Shown& s) { return propagation(*s.mount); }},
    {"maj:min", Align::left,
     [](const Invocation&, const Shown& s) {
         return std::to_string(s.mount->major) + ":" + std::to_string(s.mount->minor);
     }},
    {"id", Align::right,
     [](const Invocation&, const Shown& s) { return std::to_string(s.mount->id); }},
    {"parent", Align::right,
     [](const Invocation&, const Shown& s) { return std::to_string(s.mount->parent); }},
    {"size", Align::right,
     [](const Invocation& call, const Shown& s) {
         const auto status = room(call, *s.mount);
         return human_size(status.f_blocks * static_cast<std::uint64_t>(status.f_bsize));
     }},
    {"used", Align::right,
     [](const Invocation& call, const Shown& s) {
         const auto status = room(call, *s.mount);
         return human_size((status.f_blocks - status.f_bfree) *
                           static_cast<std::uint64_t>(status.f_bsize));
     }},
    {"avail", Align::right,
     [](const Invocation& call, const Shown& s) {
         const auto status = room(call, *s.mount);
         return human_size(status.f_bavail * static_cast<std::uint64_t>(status.f_bsize));
     }},
};

Result<std::vector<const Field*>> columns_of(const Options& options) {
    std::string_view list = "target,source,fstype,options";
    for (const auto& [option, value] : options.all()) {
        if (option.letter == 'o' && value != "json" && value != "table") list = value;
    }
    std::vector<const Field*> chosen;
    std::string known;
    for (const auto& field : fields) known += (known.empty() ? "" : ",") + std::string(field.name);
    while (!list.empty()) {
        const auto comma = list.find(',');
        std::string name(list.substr(0, comma));
        list = comma == list.npos ? std::string_view{} : list.substr(comma + 1);
        for (char& byte : name) byte |= byte >= 'A' && byte <= 'Z' ? 0x20 : 0;
        const auto field = std::ranges::find(fields, name, &Field::name);
        if (field == std::end(fields)) return refused("-o", "'" + name + "' is none of " + known);
        chosen.push_back(field);
    }
    return chosen;
}

// Parents before their children, each with the lines that lead to it. Not recursive: mounts may
// nest as deep as there are many.
std::vector<Shown> as_tree(const std::vector<parse::Mount>& mounts, bool drawn) {
    std::map<std::uint32_t, std::vector<const parse::Mount*>> below;
    std::map<std::uint32_t, const parse::Mount*> by_id;
    for (const auto& mount : mounts) by_id.emplace(mount.id, &mount);
    std::vector<std::pair<const parse::Mount*, std::string>> waiting;
    for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount) {
        const bool rooted = mount->parent != mount->id && by_id.contains(mount->parent);
        if (rooted)
            below[mount->parent].push_back(&*mount);
        else
            waiting.emplace_back(&*mount, "");
    }
    std::vector<Shown> shown;
    // The indentation of what follows is the branch with its last mark replaced.
    while (!waiting.empty()) {
        auto [mount, branch] = std::move(waiting.back());
        waiting.pop_back();
        shown.push_back({mount, drawn ? branch : std::string()});
        auto indent = branch;
        if (indent.ends_with("├─")) indent.replace(indent.size() - 6, 6, "│ ");
        if (indent.ends_with("└─")) indent.replace(indent.size() - 6, 6, "  ");
        if (indent.size() > 512) indent.resize(512);
        const auto children = below.find(mount->id);
        if (children == below.end()) continue;
        bool last = true;
        for (const auto* child : children->second) {
            waiting.emplace_back(child, indent + (std::exchange(last, false) ? "└─" : "├─"));
        }
        below.erase(children);
    }
    return shown;
}

Result<std::vector<Shown>> chosen(Invocation& call, const std::vector<parse::Mount>& mounts) {
    const auto types = type_filter(call.options);
    std::vector<Shown> shown;
    const auto path = call.options.value('T');
    const bool filtered = path || !types.types.empty() || call.options.has('S') ||
                          call.options.has('M') || !call.operands.empty();
    if (path) {
        const auto real = TRY(resolved(call, call.path(*path), Missing::refused));
        if (const auto* mount = mount_of(mounts, real)) shown.push_back({mount, {}});
        return shown;
    }
    const bool flat = filtered || call.options.has('l') || call.options.has('r');
    for (auto& one : as_tree(mounts, !flat && !call.json())) {
        const auto& mount = *one.mount;
        const auto is = [&](std::string_view word) {
            return mount.point == word || mount.source == word;
        };
        if (!types.takes(mount.type)) continue;
        if (call.options.has('S') && mount.source != *call.options.value('S')) continue;
        if (call.options.has('M') && mount.point != *call.options.value('M')) continue;
        if (!call.operands.empty() && std::ranges::none_of(call.operands, is)) {
            // -R: and what is mounted below.
            const bool under =
                call.options.has('R') && mount.point.starts_with(call.operands[0] + "/");
            if (!under) continue;
        }
        shown.push_back(std::move(one));
    }
    return shown;
}

int run(Invocation& call) {
    const auto columns = columns_of(call.options);
    if (!columns) return call.misused(text(columns.error()));
    const auto mounts = mount_table(call);
    if (!mounts) {
        call.complain(mounts.error());
        return 1;
    }
    const auto shown = chosen(call, *mounts);
    if (!shown) {
        call.complain(shown.error());
        return 1;
    }
    std::vector<Column> heads;
    for (const auto* field : *columns) heads.push_back({field->name, field->align});
    const bool raw = call.options.has('r');
    Table table(call, std::move(heads), !call.options.has('n') && !raw);
    for (const auto& one : *shown) {
        std::vector<Cell> cells;
        std::string line;
        for (const auto* field : *columns) {
            auto text = field->text(call, one);
            if (raw) line += (line.empty() ? "" : " ") + visible(text);
            cells.emplace_back(std::move(text));
        }
        raw ? call.out.write(line + '\n') : table.row(std::move(cells));
    }
    if (!raw) table.finish();
    return shown->empty() ? 1 : call.status;
}

constexpr Option options[]{
    {'T', "target", "PATH", "the mount that PATH lies on"},
    {'t', "types", "LIST", "only these types: tmpfs,ext4; no… for all but those"},
    {'S', "source", "SOURCE", "only those of SOURCE"},
    {'M', "mountpoint", "PATH", "only the one at PATH"},
    {'R', "submounts", "", "and all that is mounted below"},
    {'n', "noheadings", "", "without the headings"},
    {'l', "list", "", "as a list, not as a tree"},
    {'r', "raw", "", "single spaces between the columns, no headings"},
    {'o', "output", "LIST", "columns: target,source,fstype,options,size,…; json: JSON lines"},
};

constexpr Command findmnt{
    .name = "findmnt",
    .usage = "[-lnrR] [-o LIST] [-t LIST] [-T PATH | -S SOURCE | -M PATH | MOUNT...]",
    .summary = "show what is mounted in the target",
    .theme = "files",
    .promise = Promise::files | Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Columns: target, source, fstype, options, vfs-options, fs-options, fsroot, propagation,\n"
        "maj:min, id, parent, size, used, avail. Exits 1 when nothing is found.\n\n"
        "JSON fields (-o json): target, source, fstype, options.\n\n"
        "Examples:\n  findmnt -T /var/lib\n  findmnt -n -o source /\n",
};
const Register registered{findmnt};

}  // namespace
}  // namespace limpet::commands
