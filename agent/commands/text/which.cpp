// which.cpp - what a name runs.
#include "commands/command.h"
#include "commands/json.h"
#include "commands/spoken.h"

#include <sys/stat.h>

namespace limpet::commands {
namespace {

// Where the target would look, if it has no PATH of its own.
constexpr std::string_view usual_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool runnable(const Invocation& call, std::string_view path) {
    const auto status = target::stat(call.target, call.path(path), target::Follow::yes);
    return status && S_ISREG(status->stx_mode) && (status->stx_mode & 0111);
}

bool show(Invocation& call, std::string_view name, bool all) {
    bool found = false;
    const auto take = [&](std::string what) {
        found = true;
        if (call.json()) what = JsonObject().text("name", name).text("path", what).take();
        speak(call.out, what);
        call.out.put('\n');
        return !all;
    };
    if (name.empty()) return false;
    if (name.find('/') != name.npos) return runnable(call, name) && (take(std::string(name)), true);
    if (find(name) && take(std::string(name))) return true;
    auto rest = call.variable("PATH").value_or(usual_path);
    for (;;) {
        const auto colon = rest.find(':');
        auto path = std::string(rest.substr(0, colon));
        if (path.empty()) path = ".";
        if (!path.ends_with('/')) path += '/';
        path += name;
        if (runnable(call, path) && take(path)) return true;
        if (colon == rest.npos) return found;
        rest.remove_prefix(colon + 1);
    }
}

int run(Invocation& call) {
    int status = 0;
    for (const auto& name : call.operands) {
        if (!show(call, name, call.options.has('a'))) status = 1;
    }
    return call.operands.empty() ? 1 : status;
}

constexpr Option options[]{{'a', "all", "", "also what the first one hides"}, json_option};

constexpr Command which{
    .name = "which",
    .usage = "[-a] [-o json] NAME...",
    .summary = "print what a name runs",
    .theme = "session",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "A name alone is one of our own commands, which come first; a path is a program of the\n"
        "target, found in $PATH. Status 1 when a name is neither. `type` also knows the shell's "
        "own.\n"
        "JSON fields: name, path.\n\nExample:\n  which -a ls\n",
};
const Register registered{which};

}  // namespace
}  // namespace limpet::commands
