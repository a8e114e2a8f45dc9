// capsh.cpp - capsh --print and --decode, getpcaps: capabilities in libcap's words.
#include "commands/fields.h"
#include "commands/json.h"
#include "commands/process/names.h"
#include "commands/process/process.h"
#include "limpet/limits.h"
#include "parse/capability.h"
#include "parse/number.h"
#include "parse/status.h"

#include <sys/prctl.h>

#include <array>

namespace limpet::commands {
namespace {

// "cap_chown,cap_kill"; a bit without a name is its number.
std::string named(std::uint64_t set) {
    std::string text;
    for (const auto& name : parse::capability_names(set)) {
        if (!text.empty()) text += ',';
        if (name[0] > '9') text += "cap_";
        text += name;
    }
    return text;
}

constexpr std::uint64_t known = (std::uint64_t{1} << parse::capabilities.size()) - 1;

// cap_to_text(3): the combination of sets that most have comes first, the others as what they have
// more and less. Of the eight, effective is 1, permitted 2, inheritable 4.
std::string three_sets(const parse::Status& status) {
    const std::array<std::uint64_t, 3> sets{status.cap_effective.value_or(0),
                                            status.cap_permitted.value_or(0),
                                            status.cap_inheritable.value_or(0)};
    std::array<std::uint64_t, 8> members{};
    for (unsigned bit = 0; bit < parse::capabilities.size(); ++bit) {
        unsigned which = 0;
        for (unsigned set = 0; set < 3; ++set) {
            if ((sets[set] >> bit) & 1) which |= 1U << set;
        }
        members[which] |= std::uint64_t{1} << bit;
    }
    unsigned most = 7;
    for (unsigned which = 7; which-- > 0;) {
        if (__builtin_popcountll(members[which]) > __builtin_popcountll(members[most]))
            most = which;
    }
    std::string text;
    const auto flags = [&](char sign, unsigned which) {
        if (which == 0 && sign != '=') return;
        text += sign;
        if (which & 1) text += 'e';
        if (which & 4) text += 'i';
        if (which & 2) text += 'p';
    };
    // Where most have none, the others stand alone.
    if (most != 0 || members[0] == known) flags('=', most);
    for (unsigned which = 8; which-- > 0;) {
        if (which == most || members[which] == 0) continue;
        if (!text.empty()) text += ' ';
        text += named(members[which]);
        if (most == 0) {
            flags('=', which);
        } else {
            flags('+', which & ~most);
            flags('-', ~which & most & 7);
        }
    }
    return text;
}

// cap_iab_to_text(3): ! is not in the bounding set, ^ ambient, % inheritable in spite of !.
std::string inheritable_text(const parse::Status& status) {
    std::string text;
    for (unsigned bit = 0; bit < parse::capabilities.size(); ++bit) {
        const auto has = [&](const std::optional<std::uint64_t>& set) {
            return ((set.value_or(0) >> bit) & 1) != 0;
        };
        const bool barred = !has(status.cap_bounding);
        const bool ambient = has(status.cap_ambient);
        const bool inherited = has(status.cap_inheritable);
        if (!barred && !ambient && !inherited) continue;
        if (!text.empty()) text += ',';
        if (barred) text += '!';
        text += ambient ? "^" : barred && inherited ? "%" : "";
        text += named(std::uint64_t{1} << bit);
    }
    return text;
}

void line(Invocation& call, std::string_view label, std::string_view value) {
    call.out.write(label);
    call.out.write(value);
    call.out.put('\n');
}

// The kernel tells these to nobody but the process itself.
void print_securebits(Invocation& call, const parse::Status& status) {
    if (call.target.mode != target::Mode::here) return;
    const int bits = ::prctl(PR_GET_SECUREBITS);
    if (bits < 0) return;
    std::string binary;
    for (unsigned rest = static_cast<unsigned>(bits); rest != 0 || binary.empty(); rest >>= 1) {
        binary.insert(0, 1, rest & 1 ? '1' : '0');
    }
    call.out.print("Securebits: 0%o/0x%x/%zu'b%s (no-new-privs=%u)\n", static_cast<unsigned>(bits),
                   static_cast<unsigned>(bits), binary.size(), binary.c_str(),
                   status.no_new_privs.value_or(0));
    constexpr std::array<const char*, 4> names{"noroot", "no-suid-fixup", "keep-caps",
                                               "no-ambient-raise"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto pair = static_cast<unsigned>(bits) >> (2 * i);
        call.out.print(" secure-%s: %s (%s)\n", names[i], pair & 1 ? "yes" : "no",
                       pair & 2 ? "locked" : "unlocked");
    }
}

Result<parse::Status> read_status(const Process& process) {
    return parse::status(TRY(process.at.read("status", limits::small_file)));
}

int print(Invocation& call) {
    const auto process = open_process(call.target, call.target.inner_pid);
    const auto status = process ? read_status(*process) : std::unexpected(process.error());
    if (!status) {
        call.complain(status.error());
        return 1;
    }
    line(call, "Current: ", three_sets(*status));
    line(call, "Bounding set =", named(status->cap_bounding.value_or(0)));
    line(call, "Ambient set =", named(status->cap_ambient.value_or(0)));
    line(call, "Current IAB: ", inheritable_text(*status));
    print_securebits(call, *status);
    ProcessNames names(call.target);
    const auto uid = status->uid.value_or(parse::Ids{});
    const auto gid = status->gid.value_or(parse::Ids{});
    const auto user = [&](std::uint32_t id) {
        id = names.inner_uid(id);
        return std::to_string(id) + '(' + names.user(id) + ')';
    };
    const auto group = [&](std::uint32_t id) {
        id = names.inner_gid(id);
        return std::to_string(id) + '(' + names.group(id) + ')';
    };
    line(call, "uid=", user(uid.real) + " euid=" + user(uid.effective));
    line(call, "gid=", group(gid.real));
    std::string groups;
    for (const auto id : status->groups) {
        if (!groups.empty()) groups += ',';
        groups += group(id);
    }
    line(call, "groups=", groups);
    if (names.inner_uid(uid.real) != uid.real) {
        line(call, "on the node: ",
             "uid=" + std::to_string(uid.real) + " gid=" + std::to_string(gid.real));
    }
    return call.status;
}

int run_capsh(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    if (const auto word = call.options.value("decode")) {
        auto digits = *word;
        if (digits.starts_with("0x")) digits.remove_prefix(2);
        const auto set = parse::number<std::uint64_t>(digits, 16);
        if (!set) return call.misused("--decode takes a set in hexadecimal");
        call.out.print("0x%016llx=", static_cast<unsigned long long>(*set));
        line(call, "", named(*set));
        if (!call.options.has("print")) return 0;
    }
    return print(call);
}

int run_getpcaps(Invocation& call) {
    if (call.operands.empty()) return call.misused("it needs a process id");
    for (const auto& process : operand_processes(call)) {
        const auto status = read_status(process);
        if (!status) {
            call.complain(status.error());
            continue;
        }
        const auto sets = three_sets(*status);
        if (call.json()) {
            JsonObject object;
            object.number("pid", process.pid).text("sets", sets);
            line(call, object.take(), "");
            continue;
        }
        line(call, std::to_string(process.pid) + ": ", sets);
    }
    return call.status;
}

constexpr Option capsh_options[]{
    {0, "print", "", "the capabilities, ids and groups of the main process (the default)"},
    {0, "decode", "HEX", "the names of a set as /proc/PID/status has it"},
};

constexpr Command capsh{
    .name = "capsh",
    .usage = "[--print] [--decode=HEX]",
    .summary = "print capabilities as libcap does",
    .theme = "container",
    .promise = Promise::processes,
    .run = run_capsh,
    .options = option_table<capsh_options>,
    .help =
        "caps shows the same as a table, and beside what the runtime gives by default.\n"
        "\nExamples:\n  capsh --print\n  capsh --decode=00000000a80425fb\n",
};
const Register registered{capsh};

constexpr Option getpcaps_options[]{json_option};

constexpr Command getpcaps{
    .name = "getpcaps",
    .usage = "[-o json] PID...",
    .summary = "print capabilities of processes as libcap does",
    .theme = "container",
    .promise = Promise::processes,
    .run = run_getpcaps,
    .options = option_table<getpcaps_options>,
    .help = "JSON fields: pid, sets.\n\nExample:\n  getpcaps 1\n",
};
const Register registered_too{getpcaps};

}  // namespace
}  // namespace limpet::commands
