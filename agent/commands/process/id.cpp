// id.cpp - user and groups of the target's main process, or of ourselves where we stand.
#include "commands/json.h"
#include "commands/process/names.h"
#include "commands/process/process.h"
#include "limpet/limits.h"
#include "parse/number.h"
#include "parse/passwd.h"
#include "parse/status.h"

#include <algorithm>

namespace limpet::commands {
namespace {

struct Identity {
    std::uint32_t user = 0;
    std::uint32_t group = 0;
    std::vector<std::uint32_t> groups;  // with the primary one first
};

Result<Identity> identity(Invocation& call, ProcessNames& names) {
    const auto process = TRY(open_process(call.target, call.target.inner_pid));
    const auto status = parse::status(TRY(process.at.read("status", limits::small_file)));
    if (!status.uid || !status.gid) return refused("status", "it names no ids");
    Identity result;
    const bool real = call.options.has('r');
    result.user = names.inner_uid(real ? status.uid->real : status.uid->effective);
    result.group = names.inner_gid(real ? status.gid->real : status.gid->effective);
    result.groups.push_back(result.group);
    for (const auto id : status.groups) {
        const auto inner = names.inner_gid(id);
        if (std::ranges::find(result.groups, inner) == result.groups.end()) {
            result.groups.push_back(inner);
        }
    }
    return result;
}

// A user of the target's passwd, with the groups that list it.
Result<Identity> identity_of(const Invocation& call, const std::string& name) {
    constexpr std::size_t file_limit = std::size_t{16} * 1024 * 1024;
    const auto unknown = [&] { return refused(name, "no such user"); };
    Identity result;
    std::string user;
    const auto number = parse::number<std::uint32_t>(name);
    const auto passwd = TRY(target::read(call.target, "/etc/passwd", file_limit));
    for (const auto& entry : parse::passwd(passwd)) {
        if (entry.name != name && entry.uid != number) continue;
        user = entry.name;
        result.user = entry.uid;
        result.group = entry.gid;
        break;
    }
    if (user.empty()) return unknown();
    result.groups.push_back(result.group);
    const auto groups = target::read(call.target, "/etc/group", file_limit);
    for (const auto& entry : parse::group(groups ? *groups : std::string())) {
        const bool member = std::ranges::find(entry.members, user) != entry.members.end();
        if (member && entry.gid != result.group) result.groups.push_back(entry.gid);
    }
    return result;
}

// "0(root)", or the number alone when the target has no name for it.
std::string with_name(std::uint32_t id, const std::string& name) {
    const auto number = std::to_string(id);
    return name == number ? number : number + "(" + name + ")";
}

int print_one(Invocation& call, ProcessNames& names, const Identity& who) {
    const bool zero = call.options.has('z');
    const char end = zero ? '\0' : '\n';
    const bool names_wanted = call.options.has('n');
    const auto group = [&](std::uint32_t id) {
        return names_wanted ? names.group(id) : std::to_string(id);
    };
    if (call.options.has('u')) {
        call.out.write((names_wanted ? names.user(who.user) : std::to_string(who.user)) + end);
    } else if (call.options.has('g')) {
        call.out.write(group(who.group) + end);
    } else {
        std::string line;
        for (const auto id : who.groups) {
            if (!line.empty()) line += zero ? '\0' : ' ';
            line += group(id);
        }
        call.out.write(line + end);
    }
    return call.status;
}

void print_json(Invocation& call, ProcessNames& names, const Identity& who) {
    JsonObject object;
    object.number("uid", who.user).text("user", names.user(who.user));
    if (call.command.name == "whoami") return object.line(call.out);
    if (call.command.name == "id") {
        object.number("gid", who.group).text("group", names.group(who.group));
    }
    std::string ids;
    std::vector<std::string> group_names;
    for (const auto id : who.groups) {
        ids += (ids.empty() ? "" : ",") + std::to_string(id);
        group_names.push_back(names.group(id));
    }
    object.raw("gids", "[" + ids + "]").texts("groups", group_names).line(call.out);
}

int run(Invocation& call) {
    if (call.operands.size() > 1) return call.misused("one user at most");
    ProcessNames names(call.target);
    const auto who =
        call.operands.empty() ? identity(call, names) : identity_of(call, call.operands[0]);
    if (!who) {
        call.complain(who.error());
        return 1;
    }
    const int chosen = call.options.has('u') + call.options.has('g') + call.options.has('G');
    if (chosen > 1) return call.misused("one of -u, -g and -G");
    if (chosen == 1) return print_one(call, names, *who);
    if (call.options.has('n')) return call.misused("-n goes with -u, -g or -G");
    if (call.json()) {
        print_json(call, names, *who);
        return call.status;
    }
    std::string line = "uid=" + with_name(who->user, names.user(who->user)) +
                       " gid=" + with_name(who->group, names.group(who->group)) + " groups=";
    for (std::size_t i = 0; i < who->groups.size(); ++i) {
        line += (i ? "," : "") + with_name(who->groups[i], names.group(who->groups[i]));
    }
    call.out.write(line + '\n');
    return call.status;
}

int run_groups(Invocation& call) {
    ProcessNames names(call.target);
    const auto print = [&](const Result<Identity>& who, std::string line) {
        if (!who) return call.complain(who.error());
        if (call.json()) return print_json(call, names, *who);
        for (const auto id : who->groups) line += (line.empty() ? "" : " ") + names.group(id);
        call.out.write(line + '\n');
    };
    if (call.operands.empty()) print(identity(call, names), {});
    for (const auto& user : call.operands) print(identity_of(call, user), user + " :");
    return call.status;
}

constexpr Option options[]{
    {'u', "user", "", "only the effective user id"},
    {'g', "group", "", "only the effective group id"},
    {'G', "groups", "", "only all group ids"},
    {'n', "name", "", "names instead of numbers"},
    {'z', "zero", "", "a zero byte after each, with -u, -g or -G"},
    {'a', "", "", "makes no difference"},
    {'r', "real", "", "the real ids instead of the effective ones"},
    json_option,
};

constexpr Command id{
    .name = "id",
    .usage = "[-u|-g|-G] [-nrz] [-o json] [USER]",
    .summary = "show user and groups of the target's main process",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Names are the target's own. Where there is no target but the place we stand in, it is\n"
        "the session itself. USER is one of the target's /etc/passwd.\n"
        "JSON fields: uid, user, gid, group, gids (a list), groups (their names).\n"
        "\nExamples:\n  id\n  id -Gn\n  id nobody\n",
};
const Register registered_id{id};

int run_whoami(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    ProcessNames names(call.target);
    const auto who = identity(call, names);
    if (!who) {
        call.complain(who.error());
        return 1;
    }
    if (call.json()) {
        print_json(call, names, *who);
    } else {
        call.out.write(names.user(who->user) + '\n');
    }
    return call.status;
}

constexpr Option only_json[]{json_option};

constexpr Command whoami{
    .name = "whoami",
    .usage = "[-o json]",
    .summary = "print the user of the target's main process",
    .theme = "process",
    .promise = Promise::processes,
    .run = run_whoami,
    .options = option_table<only_json>,
    .help = "JSON fields: uid, user.\n\nExample:\n  whoami\n",
};
const Register registered_whoami{whoami};

constexpr Command groups_command{
    .name = "groups",
    .usage = "[-o json] [USER...]",
    .summary = "print the groups of the target's main process, or of users",
    .theme = "process",
    .promise = Promise::files | Promise::processes,
    .run = run_groups,
    .options = option_table<only_json>,
    .help =
        "Users and groups are those of the target's files.\n"
        "JSON fields: uid, user, gids (a list), groups (their names).\n"
        "\nExample:\n  groups\n",
};
const Register registered_groups{groups_command};

}  // namespace
}  // namespace limpet::commands
