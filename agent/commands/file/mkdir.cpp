// mkdir.cpp - make directories, and remove empty ones.
#include "commands/create.h"
#include "commands/spoken.h"
#include "parse/mode.h"

namespace limpet::commands {
namespace {

unsigned current_umask() {
    const auto mask = ::umask(0);
    ::umask(mask);
    return mask;
}

bool is_directory(const Invocation& call, const std::string& operand) {
    const auto there = target::stat(call.target, call.path(operand), target::Follow::yes);
    return there && S_ISDIR(there->stx_mode);
}

Result<> make(Invocation& call, const std::string& operand) {
    const bool above = call.options.has('p');
    if (above && is_directory(call, operand)) return {};
    if (above) {
        auto parent = operand.substr(0, operand.find_last_not_of('/') + 1);
        parent.resize(parent.rfind('/') == parent.npos ? 0 : parent.rfind('/'));
        while (parent.ends_with('/')) parent.pop_back();
        // From the top down, so that a path of any length needs no recursion.
        for (std::size_t end = 1; !parent.empty() && end <= parent.size(); ++end) {
            if (end < parent.size() && parent[end] != '/') continue;
            const auto part = parent.substr(0, end);
            if (part.ends_with('/') || is_directory(call, part)) continue;
            const auto place = TRY(place_of(call, part));
            auto made = make_directory(place, 0777);
            if (!made && made.error().code != EEXIST) return made;
            // POSIX: whatever the umask, what follows can be made in it.
            if (made && (current_umask() & 0300)) {
                TRY(chmod(place, (0777 & ~current_umask()) | 0300));
            }
            if (made && call.options.has('v'))
                speak_line(call.out, "made directory '" + part + "'");
        }
    }
    const auto place = TRY(place_of(call, operand));
    if (auto made = make_directory(place, 0777); !made) {
        return above && made.error().code == EEXIST && is_directory(call, operand) ? Result<>{}
                                                                                   : made;
    }
    if (call.options.has('v')) speak_line(call.out, "made directory '" + operand + "'");
    const auto text = call.options.value('m');
    return text ? chmod(place, *parse::mode(*text, 0777, true, current_umask())) : Result<>{};
}

int run_mkdir(Invocation& call) {
    if (call.operands.empty()) return call.misused("DIRECTORY is missing");
    const auto text = call.options.value('m');
    if (text && !parse::mode(*text, 0777, true, 0)) {
        return call.misused("'" + std::string(*text) + "' is no mode");
    }
    for (const auto& operand : call.operands) {
        if (auto made = make(call, operand); !made) call.complain(made.error());
    }
    return call.status;
}

int run_rmdir(Invocation& call) {
    if (call.operands.empty()) return call.misused("DIRECTORY is missing");
    for (auto operand : call.operands) {
        for (;;) {
            while (operand.size() > 1 && operand.ends_with('/')) operand.pop_back();
            const auto place = place_of(call, operand);
            const auto removed = place ? remove(*place, true) : std::unexpected(place.error());
            if (!removed) {
                const int code = removed.error().code;
                const bool full = code == ENOTEMPTY || code == EEXIST;
                if (!full || !call.options.has("ignore-fail-on-non-empty")) {
                    call.complain(removed.error());
                }
                break;
            }
            if (call.options.has('v')) speak_line(call.out, "removed directory '" + operand + "'");
            const auto slash = operand.rfind('/');
            if (!call.options.has('p') || slash == operand.npos || slash == 0) break;
            operand.resize(slash);
        }
    }
    return call.status;
}

constexpr Option mkdir_options[]{
    {'p', "parents", "", "those that lead there too; what is there already is no error"},
    {'m', "mode", "MODE", "as chmod takes it, instead of 777 less the umask"},
    {'v', "verbose", "", "say what was made"},
};

constexpr Command mkdir_command{
    .name = "mkdir",
    .usage = "[-pv] [-m MODE] DIRECTORY...",
    .summary = "make directories",
    .theme = "files",
    .promise = Promise::files | Promise::modify,
    .run = run_mkdir,
    .options = option_table<mkdir_options>,
    .help = "Example:\n  mkdir -p /var/lib/app/cache\n",
};
const Register registered_mkdir{mkdir_command};

constexpr Option rmdir_options[]{
    {'p', "parents", "", "those that lead there too"},
    {'v', "verbose", "", "say what was removed"},
    {0, "ignore-fail-on-non-empty", "", "one that is not empty is no error"},
};

constexpr Command rmdir_command{
    .name = "rmdir",
    .usage = "[-pv] DIRECTORY...",
    .summary = "remove empty directories",
    .theme = "files",
    .promise = Promise::files | Promise::modify,
    .run = run_rmdir,
    .options = option_table<rmdir_options>,
    .help = "Example:\n  rmdir -p /tmp/a/b\n",
};
const Register registered_rmdir{rmdir_command};

}  // namespace
}  // namespace limpet::commands
