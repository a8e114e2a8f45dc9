// sysctl.cpp - sysctl(8), read-only: /proc/sys as the target's network namespace has it.
#include "commands/container/host.h"
#include "commands/json.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/lines.h"
#include "parse/regex.h"
#include "sys/file.h"

#include <algorithm>
#include <array>

namespace limpet::commands {
namespace {

constexpr std::size_t deepest = 32;

// What procps has: a name is a path, with dots for slashes; and where a slash comes first, the
// other way round: net.ipv4.conf.eth0/1.mtu is the same as net/ipv4/conf/eth0.1/mtu.
std::string exchanged(std::string_view name) {
    std::string text(name);
    for (char& letter : text) letter = letter == '.' ? '/' : letter == '/' ? '.' : letter;
    return text;
}

std::string path_of(std::string_view name) {
    const auto first = name.find_first_of("./");
    return first != name.npos && name[first] == '/' ? std::string(name) : exchanged(name);
}

// What the kernel tells of our own uts and IPC namespaces, which are not the target's.
bool not_joined(const target::Target& target, std::string_view path) {
    if (target.mode != target::Mode::node) return false;
    constexpr std::array<std::string_view, 5> beginnings{"kernel/shm", "kernel/msg", "kernel/sem",
                                                         "fs/mqueue/", "kernel/domainname"};
    return path.starts_with("kernel/sem") ? path == "kernel/sem" || path == "kernel/sem_next_id"
                                          : std::ranges::any_of(beginnings, [&](auto beginning) {
                                                return path.starts_with(beginning);
                                            });
}

class Printer {
public:
    explicit Printer(Invocation& call) : call_(call) {}

    Result<> set_pattern(std::string_view pattern) {
        const std::string patterns[]{std::string(pattern)};
        pattern_ = TRY(parse::Regex::compile(patterns, {.syntax = parse::regex::Syntax::extended}));
        return {};
    }

    // `path` below /proc/sys, "" for all of it. `asked`: by its name, so that a refusal is said.
    Result<> show(const std::string& path, bool asked) {
        const auto& procfs = call_.target.procfs;
        const auto full = path.empty() ? std::string("sys") : "sys/" + path;
        const auto status = TRY(procfs.stat(full, target::Follow::no));
        if (!S_ISDIR(status.stx_mode)) return value(path, full, status.stx_mode, asked);
        std::vector<std::string> names;
        const auto directory = TRY(procfs.open_directory(full));
        target::Listing listing(directory.fd, directory.name);
        for (;;) {
            const auto entry = TRY(listing.next());
            if (!entry) break;
            names.emplace_back(entry->name);
        }
        if (std::ranges::count(path, '/') >= static_cast<std::ptrdiff_t>(deepest))
            return refused("sysctl", path + ": too deep");
        for (const auto& name : names) {
            // An interface that goes away meanwhile is no failure of the others.
            if (const auto done = show(path.empty() ? name : path + "/" + name, false);
                !done && done.error().code != ENOENT)
                call_.complain(done.error());
        }
        return {};
    }

private:
    Result<> value(const std::string& path, const std::string& full, unsigned mode, bool asked) {
        const auto name = exchanged(path);
        if (pattern_ && !TRY(pattern_->matches(name))) return {};
        if (call_.options.has('N')) {
            call_.out.write(visible(name));
            call_.out.put('\n');
            return {};
        }
        // What can only be written, as net.ipv4.route.flush; and what has been replaced long ago.
        const bool old =
            path.starts_with("net/") && path.contains("/neigh/") &&
            (path.ends_with("/base_reachable_time") || path.ends_with("/retrans_time"));
        // Whoever reads it sets counters anew.
        if (path == "vm/stat_refresh" && !asked) return {};
        if (((mode & 0444) == 0 || old) && !asked) return {};
        std::string text;
        if (not_joined(call_.target, path)) {
            if (!asked) return {};
            return refused(name,
                           "belongs to the target's own IPC or uts namespace, which is not joined");
        }
        if (path == "kernel/hostname") {
            text = host_name(call_.target).value_or("");
        } else {
            auto read = call_.target.procfs.read(full, limits::small_file);
            // Some have no value yet, or none for us: net.ipv6.conf.*.stable_secret.
            if (!read && !asked) return {};
            text = TRY(std::move(read));
        }
        print(name, text);
        return {};
    }

    void print(std::string_view name, std::string_view text) {
        auto& out = call_.out;
        while (text.ends_with('\n')) text.remove_suffix(1);
        if (call_.json()) {
            JsonObject().text("name", name).text("value", text).line(out);
            return;
        }
        do {
            const auto line = parse::take_line(text);
            if (!call_.options.has('n') && !call_.options.has('b')) {
                out.write(visible(name));
                out.write(" = ");
            }
            out.write(line);
            if (!call_.options.has('b')) out.put('\n');
        } while (!text.empty());
    }

    Invocation& call_;
    std::optional<parse::Regex> pattern_;
};

int run(Invocation& call) {
    const auto& given = call.options;
    const bool all = given.has('a') || given.has('A') || given.has('X');
    if (given.has('w') || given.has('p'))
        return call.misused("it only shows: nothing of the target is changed");
    if (!all && call.operands.empty() && !given.has('r')) return call.misused("no name");
    Printer printer(call);
    if (const auto pattern = given.value('r')) {
        if (const auto done = printer.set_pattern(*pattern); !done)
            return call.misused(text(done.error()));
    }
    for (const auto& name : call.operands) {
        if (name.contains('='))
            return call.misused("'" + name + "': it only shows: nothing of the target is changed");
    }
    auto names = call.operands;
    if (names.empty()) names.emplace_back();
    for (const auto& name : names) {
        const auto path = path_of(name);
        if (("/" + path + "/").contains("/../")) return call.misused("'" + name + "' is no name");
        const auto done = printer.show(path, true);
        if (!done && !(given.has('e') && done.error().code == ENOENT)) call.complain(done.error());
    }
    return call.status;
}

constexpr Option options[]{
    {'a', "all", "", "every value"},
    {'A', "", "", "the same"},
    {'X', "", "", "the same"},
    {'n', "values", "", "values without their names"},
    {'N', "names", "", "names without values"},
    {'b', "binary", "", "values without names and newlines"},
    {'e', "ignore", "", "names that there are not are no error"},
    {'r', "pattern", "EXPRESSION", "only names that match"},
    {'q', "quiet", "", "the same as without"},
    {'w', "write", "", "refused, as -p: nothing is changed"},
    {'p', "load", "[FILE]", "refused"},
    json_option,
};

constexpr Command sysctl{
    .name = "sysctl",
    .usage = "[-nNbe] [-r EXPRESSION] [-o json] -a | NAME...",
    .summary = "show kernel parameters as the target sees them",
    .theme = "network",
    .promise = Promise::network,
    .run = run,
    .options = option_table<options>,
    .help =
        "A name may be a group: 'sysctl net.ipv4.conf'. net.* is of the target's network "
        "namespace,\n"
        "kernel.hostname the target's; what belongs to its IPC namespace (kernel.shm*, msg*, sem,\n"
        "fs.mqueue) cannot be told without joining that, and is left out.\n"
        "JSON fields: name, value.\n"
        "\nExamples:\n  sysctl net.core.somaxconn\n  sysctl -a -r 'tcp_.*mem'\n",
};
const Register registered{sysctl};

}  // namespace
}  // namespace limpet::commands
