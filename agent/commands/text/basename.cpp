// basename.cpp - parts of paths: basename and dirname.
#include "commands/command.h"
#include "commands/spoken.h"

namespace limpet::commands {
namespace {

std::string_view last_part(std::string_view path, std::string_view suffix) {
    const auto end = path.find_last_not_of('/');
    if (end == path.npos) return path.substr(0, 1);
    path = path.substr(0, end + 1);
    if (const auto slash = path.rfind('/'); slash != path.npos) path.remove_prefix(slash + 1);
    // A name is never taken away whole.
    if (path.size() > suffix.size() && path.ends_with(suffix)) path.remove_suffix(suffix.size());
    return path;
}

std::string_view all_but_last(std::string_view path) {
    auto end = path.find_last_not_of('/');
    if (end == path.npos) return path.empty() ? "." : "/";
    const auto slash = path.substr(0, end + 1).rfind('/');
    if (slash == path.npos) return ".";
    end = path.substr(0, slash + 1).find_last_not_of('/');
    return end == path.npos ? "/" : path.substr(0, end + 1);
}

int run_basename(Invocation& call) {
    if (call.operands.empty()) return call.misused("of which path?");
    const char end = call.options.has('z') ? '\0' : '\n';
    auto suffix = std::string(call.options.value('s').value_or(std::string_view{}));
    if (!call.options.has('a') && !call.options.has('s')) {
        if (call.operands.size() > 2) return call.misused("more than a path and a suffix (-a?)");
        if (call.operands.size() == 2) {
            suffix = call.operands[1];
            call.operands.pop_back();
        }
    }
    for (const auto& path : call.operands) {
        speak(call.out, last_part(path, suffix));
        call.out.put(end);
    }
    return 0;
}

int run_dirname(Invocation& call) {
    if (call.operands.empty()) return call.misused("of which path?");
    for (const auto& path : call.operands) {
        speak(call.out, all_but_last(path));
        call.out.put(call.options.has('z') ? '\0' : '\n');
    }
    return 0;
}

constexpr Option basename_options[]{
    {'a', "multiple", "", "every operand is a path"},
    {'s', "suffix", "SUFFIX", "remove SUFFIX; implies -a"},
    {'z', "zero", "", "a zero byte after each"},
};
constexpr Command basename{
    .name = "basename",
    .usage = "PATH [SUFFIX] | -a PATH... | -s SUFFIX PATH...",
    .summary = "print the last part of paths",
    .theme = "text",
    .run = run_basename,
    .options = option_table<basename_options>,
    .help = "Example:\n  basename /usr/lib/libc.so.6 .6\n",
    .builtin = true,
};
const Register registered_basename{basename};

constexpr Option dirname_options[]{{'z', "zero", "", "a zero byte after each"}};
constexpr Command dirname{
    .name = "dirname",
    .usage = "PATH...",
    .summary = "print paths without their last part",
    .theme = "text",
    .run = run_dirname,
    .options = option_table<dirname_options>,
    .help = "Example:\n  dirname /usr/lib/libc.so.6\n",
    .builtin = true,
};
const Register registered_dirname{dirname};

}  // namespace
}  // namespace limpet::commands
