// pidof.cpp - ids of the processes of a program.
#include "commands/process/process.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <algorithm>

namespace limpet::commands {
namespace {

std::string_view base(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// comm is cut to 15 bytes; the first word is the whole name. A login shell has a '-' before it.
bool is_program(const std::string& name, const parse::Stat& stat,
                const std::vector<std::string>& words, bool scripts) {
    if (stat.comm == name) return true;
    if (words.empty()) return false;
    std::string_view first = words[0];
    if (first.starts_with('-')) first.remove_prefix(1);
    if (first == name || base(first) == name) return true;
    return scripts && words.size() > 1 && (words[1] == name || base(words[1]) == name);
}

int run(Invocation& call) {
    if (call.operands.empty()) return call.misused("no name");
    std::vector<pid_t> omitted;
    for (const auto& [option, value] : call.options.all()) {
        if (option.letter != 'o') continue;
        for (std::string_view rest = value; !rest.empty();) {
            if (const auto pid = parse::number<pid_t>(parse::take(rest, ','))) {
                omitted.push_back(*pid);
            }
        }
    }
    std::vector<pid_t> pids;
    const auto done = each_process(call.target, [&](Process& process) {
        if (std::ranges::find(omitted, process.pid) != omitted.end()) return;
        // As pgrep: where we stand we are no process of anybody's.
        if (call.target.mode == target::Mode::here && process.pid == call.target.inner_pid) return;
        const auto stat = read_stat(process);
        if (!stat || stat->state == 'Z') return;
        const auto words = split_words(read_small(process, "cmdline").value_or(""));
        for (const auto& name : call.operands) {
            if (!is_program(name, *stat, words, call.options.has('x'))) continue;
            pids.push_back(process.pid);
            return;
        }
    });
    if (!done) {
        call.complain(done.error());
        return 1;
    }
    if (call.options.has('q')) return pids.empty() ? 1 : 0;
    const auto separator = call.options.value('S').value_or(" ");
    for (auto pid = pids.rbegin(); pid != pids.rend(); ++pid) {
        if (pid != pids.rbegin()) call.out.write(separator);
        call.out.print("%d", *pid);
        if (call.options.has('s')) break;
    }
    if (!pids.empty()) call.out.put('\n');
    return pids.empty() ? 1 : call.status;
}

constexpr Option options[]{
    {'s', "single", "", "only one"},
    {'o', "omit", "PIDS", "not these"},
    {'x', "scripts", "", "also shells that run a script of that name"},
    {'q', "quiet", "", "only the exit status"},
    {'S', "separator", "TEXT", "between the ids, instead of a blank"},
    {'c', "", "", "accepted"},
    {'z', "", "", "accepted"},
};

constexpr Command pidof{
    .name = "pidof",
    .usage = "[-sxq] [-o PIDS] [-S TEXT] NAME...",
    .summary = "print the ids of processes of a name",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Exits 1 when there is none.\n"
        "\nExample:\n  pidof nginx\n",
};
const Register registered{pidof};

}  // namespace
}  // namespace limpet::commands
