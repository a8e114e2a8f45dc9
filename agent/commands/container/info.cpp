// info.cpp - one screen about the target: who it is, what it may, what limits it.
#include "commands/container/cgroup.h"
#include "commands/container/covered.h"
#include "commands/container/host.h"
#include "commands/container/spaces.h"
#include "commands/fields.h"
#include "commands/json.h"
#include "commands/process/names.h"
#include "commands/process/process.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/capability.h"
#include "parse/mountinfo.h"
#include "parse/net_addresses.h"
#include "parse/status.h"
#include "target/sidecar.h"

#include <algorithm>
#include <array>

namespace limpet::commands {
namespace {

struct Namespace {
    std::string name;
    std::string id;     // "net:[4026531840]"
    std::string whose;  // own, node, unknown
};

struct Info {
    parse::Status status;
    std::string comm, executable, directory;
    std::vector<std::string> arguments;
    std::vector<Namespace> namespaces;
    std::vector<parse::Mount> mounts;
    std::vector<std::string> addresses;
    CgroupState cgroup;
    std::optional<std::string> hostname;
};

std::vector<Namespace> read_namespaces(const target::Target& target, const Process& process) {
    std::vector<Namespace> list;
    for (const auto kind : space_kinds) {
        const auto link = space_link(process, kind);
        if (link.empty()) continue;
        list.push_back({std::string(kind), link, std::string(whose_space(target, kind, link))});
    }
    return list;
}

Result<Info> read_info(const target::Target& target) {
    Info info;
    const auto process = TRY(open_process(target, target.inner_pid));
    const auto text = TRY(process.at.read("status", limits::small_file));
    info.status = parse::status(text);
    if (const auto stat = parse::stat(TRY(process.at.read("stat", limits::small_file)))) {
        info.comm = stat->comm;
    }
    info.arguments = split_words(read_small(process, "cmdline").value_or(""));
    info.executable = process.at.readlink("exe").value_or("");
    info.directory = process.at.readlink("cwd").value_or("");
    info.namespaces = read_namespaces(target, process);
    if (const auto mounts = process.at.read("mountinfo", limits::large_procfs_file)) {
        info.mounts = parse::mountinfo(*mounts);
    }
    if (const auto trie = process.at.read("net/fib_trie", limits::large_procfs_file)) {
        info.addresses = parse::local_addresses(*trie);
    }
    if (const auto list = process.at.read("net/if_inet6", limits::small_file)) {
        for (auto& address : parse::local_addresses6(*list)) {
            info.addresses.push_back(std::move(address));
        }
    }
    info.cgroup = cgroup_state(target);
    info.hostname = host_name(target);
    return info;
}

// What the operator has put in, not what every container has: its volumes and files.
std::vector<const parse::Mount*> volumes(const Info& info) {
    constexpr std::array<std::string_view, 3> usual{"/proc", "/sys", "/dev"};
    std::vector<const parse::Mount*> list;
    for (const auto& mount : info.mounts) {
        const bool everyones = std::ranges::any_of(usual, [&](std::string_view place) {
            return mount.point == place ||
                   (mount.point.starts_with(place) && mount.point[place.size()] == '/');
        });
        if (mount.point != "/" && !everyones) list.push_back(&mount);
    }
    return list;
}

// What stands over everything else at "/" is the last one mounted there.
const parse::Mount* root_mount(const Info& info) {
    const parse::Mount* root = nullptr;
    for (const auto& mount : info.mounts) {
        if (mount.point == "/") root = &mount;
    }
    return root;
}

bool read_only(const parse::Mount& mount) {
    return mount.options == "ro" || mount.options.starts_with("ro,") ||
           mount.super_options == "ro" || mount.super_options.starts_with("ro,");
}

std::string id_text(std::uint32_t id, const std::string& name) {
    return name == std::to_string(id) ? name : name + " (" + std::to_string(id) + ")";
}

std::string seccomp_text(const parse::Status& status) {
    const auto mode = status.seccomp.value_or(0);
    return mode == 0 ? "off" : mode == 1 ? "strict" : "filter";
}

std::string limit_text(const CgroupLimit& limit, std::string (*text)(std::uint64_t),
                       const std::string& own) {
    std::string line = limit.used ? text(*limit.used) + " of " : "";
    if (!limit.limit) return line + "no limit";
    line += text(*limit.limit);
    // The tightest limit may be an ancestor's, as of a pod.
    if (limit.where != own) line += " (set by " + limit.where + ")";
    return line;
}

std::string cores(std::uint64_t thousandths) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f cores", static_cast<double>(thousandths) / 1000);
    return text;
}

std::string plain(std::uint64_t value) { return std::to_string(value); }

void print_identity(Invocation& call, const Info& info) {
    if (call.target.rung != 0) {
        field(call, "rung",
              std::string(1, call.target.rung) + ": " +
                  std::string(target::rung_gives(call.target.rung)));
    }
    for (const char* name : {"name", "runtime", "id", "image", "pod", "state", "started"}) {
        const auto value = fact(call.target, name);
        if (!value.empty()) field(call, name, value);
    }
    field(call, "hostname", info.hostname.value_or("unknown"));
    std::string pids = std::to_string(call.target.inner_pid);
    if (call.target.pid != call.target.inner_pid) {
        pids += " (" + std::to_string(call.target.pid) + " on the node)";
    }
    field(call, "main process", pids);
    std::string command;
    for (const auto& word : info.arguments) command += (command.empty() ? "" : " ") + word;
    field(call, "command", command.empty() ? "[" + info.comm + "]" : command);
    if (!info.executable.empty()) field(call, "executable", info.executable);
    if (!info.directory.empty()) field(call, "directory", info.directory);
}

void print_rights(Invocation& call, const Info& info) {
    ProcessNames names(call.target);
    if (info.status.uid && info.status.gid) {
        const auto uid = names.inner_uid(info.status.uid->effective);
        const auto gid = names.inner_gid(info.status.gid->effective);
        auto line = id_text(uid, names.user(uid)) + ", group " + id_text(gid, names.group(gid));
        if (uid != info.status.uid->effective) {
            line += "; " + std::to_string(info.status.uid->effective) + " on the node";
        }
        field(call, "user", line);
    }
    const std::pair<const char*, std::optional<std::uint64_t>> sets[]{
        {"effective", info.status.cap_effective},     {"permitted", info.status.cap_permitted},
        {"inheritable", info.status.cap_inheritable}, {"bounding", info.status.cap_bounding},
        {"ambient", info.status.cap_ambient},
    };
    for (const auto& [name, set] : sets) {
        if (set) {
            field(call, std::string("cap ") + name, words_or_none(parse::capability_names(*set)));
        }
    }
    field(call, "seccomp", seccomp_text(info.status));
    field(call, "no_new_privs", info.status.no_new_privs.value_or(0) ? "yes" : "no");
    std::vector<std::string> own, shared, unknown;
    for (const auto& [name, id, whose] : info.namespaces) {
        (whose == "own" ? own : whose == "node" ? shared : unknown).push_back(name);
    }
    field(call, "own namespaces", words_or_none(own));
    field(call, "the node's", words_or_none(shared));
    if (!unknown.empty()) field(call, "not known whose", words_or_none(unknown));
}

void print_limits(Invocation& call, const CgroupState& state) {
    if (state.version.empty()) {
        field(call, "cgroup", "cannot be read");
        return;
    }
    field(call, "cgroup", state.version + " " + state.path);
    field(call, "memory",
          limit_text(
              state.memory, [](std::uint64_t bytes) { return human_size(bytes); }, state.path) +
              (state.oom_kills.value_or(0) > 0 ? ", OOM kills " + std::to_string(*state.oom_kills)
                                               : ""));
    field(call, "tasks", limit_text(state.pids, plain, state.path));
    auto cpu = limit_text(state.cpu, cores, state.path);
    if (state.throttled_periods.value_or(0) > 0 && state.periods.value_or(0) > 0) {
        cpu += ", throttled in " + std::to_string(*state.throttled_periods * 100 / *state.periods) +
               "% of periods";
    }
    field(call, "cpu", cpu);
    if (!state.cpus.empty()) field(call, "cpus", state.cpus);
}

void print_places(Invocation& call, const Info& info) {
    if (const auto* root = root_mount(info)) {
        field(call, "root", root->type + (read_only(*root) ? ", read-only" : ", writable"));
    }
    constexpr std::size_t shown = 12;
    const auto list = volumes(info);
    for (std::size_t i = 0; i < std::min(shown, list.size()); ++i) {
        field(call, i == 0 ? "mounts" : "",
              list[i]->point + " (" + list[i]->type + (read_only(*list[i]) ? ", read-only)" : ")"));
    }
    if (list.size() > shown) {
        field(call, "", std::to_string(list.size() - shown) + " more: mounts lists them");
    }
    field(call, "addresses", words_or_none(info.addresses));
    if (const auto covered = covered_proc(info.mounts); !covered.empty()) {
        field(call, "its own /proc", covered + " (it fakes what it shows; ours is not that one)");
    }
}

std::string limit_json(const CgroupLimit& limit) {
    JsonObject object;
    limit.limit ? object.number("limit", *limit.limit) : object.null("limit");
    limit.used ? object.number("used", *limit.used) : object.null("used");
    limit.limit ? object.text("where", limit.where) : object.null("where");
    return object.take();
}

std::string cgroup_json(const CgroupState& state) {
    JsonObject object;
    object.text("version", state.version).text("path", state.path);
    object.raw("memory", limit_json(state.memory)).raw("pids", limit_json(state.pids));
    object.raw("cpu", limit_json(state.cpu)).text("cpus", state.cpus);
    object.number("oom_kills", state.oom_kills.value_or(0));
    object.number("periods", state.periods.value_or(0));
    object.number("throttled_periods", state.throttled_periods.value_or(0));
    return object.take();
}

void print_json(Invocation& call, const Info& info) {
    JsonObject object;
    for (const char* name : {"name", "runtime", "id", "image", "pod", "state", "started"}) {
        const auto value = fact(call.target, name);
        value.empty() ? object.null(name) : object.text(name, value);
    }
    call.target.rung ? object.text("rung", std::string(1, call.target.rung)) : object.null("rung");
    info.hostname ? object.text("hostname", *info.hostname) : object.null("hostname");
    object.number("pid", call.target.inner_pid).number("node_pid", call.target.pid);
    object.texts("argv", info.arguments).text("executable", info.executable);
    object.text("directory", info.directory);
    ProcessNames names(call.target);
    const auto& status = info.status;
    if (status.uid && status.gid) {
        const auto uid = names.inner_uid(status.uid->effective);
        const auto gid = names.inner_gid(status.gid->effective);
        object.number("uid", uid).text("user", names.user(uid));
        object.number("gid", gid).text("group", names.group(gid));
        object.number("node_uid", status.uid->effective);
    }
    object.texts("cap_effective", parse::capability_names(status.cap_effective.value_or(0)));
    object.texts("cap_permitted", parse::capability_names(status.cap_permitted.value_or(0)));
    object.texts("cap_inheritable", parse::capability_names(status.cap_inheritable.value_or(0)));
    object.texts("cap_bounding", parse::capability_names(status.cap_bounding.value_or(0)));
    object.texts("cap_ambient", parse::capability_names(status.cap_ambient.value_or(0)));
    object.text("seccomp", seccomp_text(status));
    object.boolean("no_new_privs", status.no_new_privs.value_or(0) != 0);
    std::string namespaces;
    for (const auto& [name, id, whose] : info.namespaces) {
        namespaces += namespaces.empty() ? "" : ",";
        namespaces += JsonObject().text("name", name).text("id", id).text("whose", whose).take();
    }
    object.raw("namespaces", "[" + namespaces + "]");
    object.raw("cgroup", cgroup_json(info.cgroup));
    if (const auto* root = root_mount(info)) {
        object.text("root_type", root->type).boolean("root_read_only", read_only(*root));
    }
    std::string mounts;
    for (const auto* mount : volumes(info)) {
        mounts += mounts.empty() ? "" : ",";
        mounts += JsonObject()
                      .text("point", mount->point)
                      .text("type", mount->type)
                      .boolean("read_only", read_only(*mount))
                      .take();
    }
    object.raw("mounts", "[" + mounts + "]").texts("addresses", info.addresses);
    const auto covered = covered_proc(info.mounts);
    covered.empty() ? object.null("covered_proc") : object.text("covered_proc", covered);
    object.line(call.out);
}

// All that is known of one that does not run.
int print_stopped(Invocation& call) {
    JsonObject object;
    for (const char* name : {"name", "runtime", "id", "image", "pod", "state", "started",
                             "entrypoint", "ended", "tree"}) {
        const auto value = fact(call.target, name);
        value.empty() ? object.null(name) : object.text(name, value);
        if (!value.empty() && !call.json()) field(call, name, value);
    }
    if (call.json()) object.line(call.out);
    return call.status;
}

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    if (call.target.mode == target::Mode::node && call.target.pid == 0) return print_stopped(call);
    const auto info = read_info(call.target);
    if (!info) {
        call.complain(info.error());
        return 1;
    }
    if (call.json()) {
        print_json(call, *info);
        return call.status;
    }
    print_identity(call, *info);
    print_rights(call, *info);
    print_limits(call, info->cgroup);
    print_places(call, *info);
    return call.status;
}

constexpr Option options[]{json_option};

constexpr Command info_command{
    .name = "info",
    .usage = "[-o json]",
    .summary = "show one screen about the target",
    .theme = "container",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Identity, main process, user, capabilities, seccomp, namespaces and whether they are the\n"
        "node's, the cgroup's use and tightest limits, mounts beside /proc, /sys and /dev, "
        "addresses.\n"
        "JSON fields: name, runtime, id, image, pod, state, started (null when no runtime says),\n"
        "rung (A to F, see rung; null from the node), hostname, pid, node_pid, argv, executable, "
        "directory, uid, user, gid, group, node_uid,\n"
        "cap_effective, cap_permitted, cap_inheritable, cap_bounding, cap_ambient, seccomp (off,\n"
        "strict, filter), no_new_privs, namespaces (name, id, whose: own, node, unknown), cgroup\n"
        "(version, path, memory in bytes, pids, cpu in thousandths of a core: each limit or null,\n"
        "used, where; cpus, oom_kills, periods, throttled_periods), root_type, root_read_only,\n"
        "mounts (point, type, read_only), addresses, covered_proc (what the target has mounted "
        "over "
        "its\nown /proc, or null). Of a container that does not run only name to started, and "
        "entrypoint (its command line), ended (how, where it is known), tree.\n"
        "\nExamples:\n  info\n  info -o json\n",
    .without_process = true,
};
const Register registered{info_command};

}  // namespace
}  // namespace limpet::commands
