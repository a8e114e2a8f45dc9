// entrypoint_check.cpp - whether what a container starts can start.
#include "commands/container/entrypoint.h"

#include "commands/elf_file.h"
#include "commands/libraries.h"
#include "limpet/limits.h"
#include "parse/lines.h"
#include "parse/number.h"
#include "parse/passwd.h"

#include <elf.h>
#include <sys/stat.h>

#include <algorithm>

namespace limpet::commands::entrypoint {
namespace {

constexpr int scripts_limit = 5;  // of one another, as the kernel has it
#if defined(__x86_64__)
constexpr int own_machines[]{EM_X86_64, EM_386};
#elif defined(__aarch64__)
constexpr int own_machines[]{EM_AARCH64, EM_ARM};
#endif

struct Identity {
    std::uint32_t uid = 0;
    std::vector<std::uint32_t> groups;
};

class Checker {
public:
    Checker(const target::Target& target, Start& start) : target_(target), start_(start) {}
    std::vector<Check> run();

private:
    void add(std::string_view what, bool ok, std::string detail) {
        checks_.push_back({what, ok, std::move(detail)});
    }
    std::string_view variable(std::string_view name) const;
    bool user();
    void directory();
    bool find(const std::string& name, std::string& path, std::string_view what);
    std::string denied(const std::string& path, unsigned wanted);
    bool file(const std::string& path, std::string_view what);
    void content(const std::string& path, int depth);
    void script(const std::string& path, std::string_view line, int depth);
    void elf(const std::string& path);

    const target::Target& target_;
    Start& start_;
    Identity who_;
    std::vector<Check> checks_;
};

std::string_view Checker::variable(std::string_view name) const {
    for (const auto& entry : start_.environment) {
        if (entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=') {
            return std::string_view(entry).substr(name.size() + 1);
        }
    }
    return {};
}

// "app", "1000", "app:staff", "1000:1000": names by the target's files.
bool Checker::user() {
    std::string_view group = start_.user;
    const std::string name(parse::take(group, ':'));
    const auto passwd = target::read(target_, "/etc/passwd", limits::small_file);
    const auto accounts = parse::passwd(passwd ? std::string_view(*passwd) : "");
    const auto groups_text = target::read(target_, "/etc/group", limits::small_file);
    const auto groups = parse::group(groups_text ? std::string_view(*groups_text) : "");
    const auto number = parse::number<std::uint32_t>(name);
    const auto account = std::ranges::find_if(accounts, [&](const parse::Account& each) {
        return number ? each.uid == *number : each.name == name;
    });
    std::string account_name = name;
    std::uint32_t gid = 0;
    if (account != accounts.end()) {
        who_.uid = account->uid;
        gid = account->gid;
        account_name = account->name;
    } else if (number) {
        who_.uid = *number;
    } else if (!name.empty()) {
        add("user", false, "there is no user '" + name + "' in /etc/passwd");
        return false;
    }
    if (!group.empty()) {
        const std::string wanted(group);
        const auto id = parse::number<std::uint32_t>(wanted);
        const auto found = std::ranges::find(groups, wanted, &parse::Group::name);
        if (!id && found == groups.end()) {
            add("user", false, "there is no group '" + wanted + "' in /etc/group");
            return false;
        }
        gid = id ? *id : found->gid;
    }
    who_.groups.push_back(gid);
    for (const auto& each : groups) {
        if (std::ranges::find(each.members, account_name) != each.members.end()) {
            who_.groups.push_back(each.gid);
        }
    }
    for (std::string_view list = start_.groups; !list.empty();) {
        if (const auto id = parse::number<std::uint32_t>(parse::take(list, ','))) {
            who_.groups.push_back(*id);
        }
    }
    std::string told = std::to_string(who_.uid) + ":" + std::to_string(gid);
    if (account != accounts.end()) told += " (" + account->name + ")";
    add("user", true, std::move(told));
    return true;
}

void Checker::directory() {
    const auto path = start_.directory.empty() ? std::string("/") : start_.directory;
    const auto status = target::stat(target_, path, target::Follow::yes);
    if (!status) {
        // runc makes it when it starts the container, if the root can be written.
        const bool missing = status.error().code == ENOENT;
        add("directory", missing,
            missing ? path + ": is made at the start" : path + ": " + text(status.error()));
    } else if (!S_ISDIR(status->stx_mode)) {
        add("directory", false, path + " is no directory");
    } else {
        const auto reason = denied(path + "/.", 1);
        add("directory", reason.empty(), reason.empty() ? path : reason);
    }
}

// Why this user may not do `wanted` (4 read, 1 execute or search) with the file and pass the
// folders before it; empty when it may. Root passes everywhere, but executes only what somebody
// may.
std::string Checker::denied(const std::string& path, unsigned wanted) {
    const auto lacks = [&](const struct statx& status, unsigned bits) {
        if (who_.uid == 0) {
            return (bits & 1) != 0 && !S_ISDIR(status.stx_mode) && (status.stx_mode & 0111) == 0;
        }
        unsigned shift = 0;
        if (status.stx_uid == who_.uid) {
            shift = 6;
        } else if (std::ranges::find(who_.groups, status.stx_gid) != who_.groups.end()) {
            shift = 3;
        }
        return ((status.stx_mode >> shift) & bits) != bits;
    };
    const auto told = [&](const std::string& what, const struct statx& status) {
        char mode[8];
        std::snprintf(mode, sizeof mode, "%04o", status.stx_mode & 07777U);
        return "user " + std::to_string(who_.uid) + " may not " +
               ((wanted & 1) && what == path ? "execute "
                : what == path               ? "read "
                                             : "pass ") +
               what + " (mode " + mode + ", owner " + std::to_string(status.stx_uid) + ":" +
               std::to_string(status.stx_gid) + ")";
    };
    for (auto slash = path.find('/', 1); slash != path.npos; slash = path.find('/', slash + 1)) {
        const auto folder = path.substr(0, slash);
        const auto status = target::stat(target_, folder, target::Follow::yes);
        if (status && lacks(*status, 1)) return told(folder, *status);
    }
    const auto status = target::stat(target_, path, target::Follow::yes);
    if (status && lacks(*status, wanted)) return told(path, *status);
    return {};
}

// By PATH, as the runtime or env(1) looks.
bool Checker::find(const std::string& name, std::string& path, std::string_view what) {
    if (name.find('/') != name.npos) {
        path = target::join_path(start_.directory, name);
        return true;
    }
    auto list = variable("PATH");
    if (list.empty()) list = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    const std::string whole(list);
    while (!list.empty()) {
        const auto candidate =
            target::join_path(target::join_path(start_.directory, parse::take(list, ':')), name);
        const auto status = target::stat(target_, candidate, target::Follow::yes);
        if (status && S_ISREG(status->stx_mode) && (status->stx_mode & 0111) != 0) {
            path = candidate;
            return true;
        }
    }
    add(what, false, "there is no '" + name + "' in PATH=" + whole);
    return false;
}

bool Checker::file(const std::string& path, std::string_view what) {
    const auto status = target::stat(target_, path, target::Follow::yes);
    if (!status) {
        const auto link = target::readlink(target_, path);
        add(what, false,
            status.error().code != ENOENT ? text(status.error())
            : link                        ? path + " is a link to " + *link + ", which is not there"
                                          : path + " is not there");
        return false;
    }
    if (!S_ISREG(status->stx_mode)) {
        add(what, false, path + (S_ISDIR(status->stx_mode) ? " is a directory" : " is no file"));
        return false;
    }
    const auto reason = denied(path, 1);
    if (!reason.empty()) {
        add(what, false, reason);
        return false;
    }
    add(what, true, path);
    return true;
}

void Checker::script(const std::string& path, std::string_view line, int depth) {
    if (depth >= scripts_limit) {
        return add("interpreter", false, path + ": scripts that run scripts without an end");
    }
    auto rest = parse::trimmed(line.substr(2));
    if (rest.ends_with('\r')) {
        return add("interpreter", false,
                   path + ": its first line ends in a carriage return, so that '" +
                       std::string(parse::take_word(rest)) + "\\r' is looked for");
    }
    const std::string name(parse::take_word(rest));
    if (name.empty()) return add("interpreter", false, path + ": no interpreter behind #!");
    const auto interpreter = target::join_path(start_.directory, name);
    if (!file(interpreter, "interpreter")) return;
    if (const auto reason = denied(path, 4); !reason.empty()) add("readable", false, reason);
    content(interpreter, depth + 1);
    if (!name.ends_with("/env")) return;
    auto word = parse::take_word(rest);
    if (word == "-S") word = parse::take_word(rest);
    std::string found;
    if (word.empty() || word.starts_with('-')) return;
    if (find(std::string(word), found, "interpreter") && file(found, "interpreter")) {
        content(found, depth + 1);
    }
}

void Checker::elf(const std::string& path) {
    const auto opened = open_elf(target_, path);
    if (!opened) return add("program", false, path + ": " + text(opened.error()));
    const auto& header = opened->file.header();
    const bool ours = std::ranges::find(own_machines, static_cast<int>(header.machine)) !=
                          std::end(own_machines) &&
                      !header.big;
    auto name = std::string(parse::elf::machine_name(header.machine));
    if (name.empty()) name = "machine " + std::to_string(header.machine);
    add("machine", ours, ours ? name : path + " is for " + name + ": exec format error");
    if (header.type != ET_EXEC && header.type != ET_DYN) {
        return add("machine", false, path + " is an ELF file, but no program");
    }
    if (!ours) return;
    const auto found = linkage(target_, path, variable("LD_LIBRARY_PATH"));
    if (!found) return add("libraries", false, path + ": " + text(found.error()));
    if (!found->dynamic) return add("libraries", true, "none: a static program");
    // The kernel's "no such file or directory" for a program that is there.
    if (!found->interpreter.empty() && !file(found->interpreter, "interpreter")) return;
    for (const auto& library : found->libraries) {
        if (library.path.empty()) {
            add("libraries", false,
                library.name + " is not there (needed by " + library.needed_by +
                    (library.problem.empty() ? "" : "; " + library.problem) + ")");
        } else if (const auto reason = denied(library.path, 4); !reason.empty()) {
            add("libraries", false, reason);
        }
    }
    for (const auto& problem : found->problems) add("libraries", false, problem);
    if (found->complete()) {
        add("libraries", true, "all " + std::to_string(found->libraries.size()) + " found");
    }
}

void Checker::content(const std::string& path, int depth) {
    const auto file = target::open_for_reading(target_, path);
    if (!file) return add("program", false, text(file.error()));
    char bytes[256];
    const auto got = sys::read(*file, bytes, sizeof bytes);
    if (!got) return add("program", false, path + ": " + text(got.error()));
    std::string_view head(bytes, *got);
    if (head.starts_with(ELFMAG)) return elf(path);
    if (head.starts_with("#!")) return script(path, parse::take_line(head), depth);
    add("program", false,
        path + (head.empty() ? " is empty" : " is neither a program nor begins with #!") +
            ": exec format error");
}

std::vector<Check> Checker::run() {
    if (!user()) return std::move(checks_);
    directory();
    std::string path = start_.program;
    if (start_.arguments.empty()) {
        add("program", false, "nothing is to be started");
        return std::move(checks_);
    }
    if (path.empty() && !find(start_.arguments[0], path, "program")) return std::move(checks_);
    start_.program = path;
    if (file(path, "program")) content(path, 0);
    return std::move(checks_);
}

}  // namespace

std::vector<Check> check(const target::Target& target, Start& start) {
    return Checker(target, start).run();
}

}  // namespace limpet::commands::entrypoint
