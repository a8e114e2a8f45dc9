// readlink.cpp - where symbolic links lead: readlink and realpath.
#include "commands/command.h"
#include "commands/file/resolved.h"
#include "commands/json.h"

namespace limpet::commands {
namespace {

void print(Invocation& call, const std::string& operand, const std::string& path, bool newline) {
    if (call.json()) {
        call.out.write(JsonObject().text("path", operand).text("target", path).take());
        call.out.put('\n');
        return;
    }
    call.out.write(path);
    if (call.options.has('z')) {
        call.out.put('\0');
    } else if (newline) {
        call.out.put('\n');
    }
}

int run_readlink(Invocation& call) {
    if (call.operands.empty()) return call.misused("which link?");
    const bool canonical = call.options.has('f') || call.options.has('e') || call.options.has('m');
    const auto missing = call.options.has('e')   ? Missing::refused
                         : call.options.has('m') ? Missing::anywhere
                                                 : Missing::last;
    const bool newline = !call.options.has('n') || call.operands.size() > 1;
    for (const auto& operand : call.operands) {
        const auto path = canonical ? resolved(call, call.path(operand), missing)
                                    : target::readlink(call.target, call.path(operand));
        if (path) {
            print(call, operand, *path, newline);
            continue;
        }
        // Scripts ask with it whether something is a link: it says nothing, as everywhere.
        call.status = 1;
        if (call.options.has('v')) call.complain(path.error());
    }
    return call.status;
}

int run_realpath(Invocation& call) {
    if (call.operands.empty()) return call.misused("which file?");
    const auto missing = call.options.has('e')   ? Missing::refused
                         : call.options.has('m') ? Missing::anywhere
                                                 : Missing::last;
    for (const auto& operand : call.operands) {
        const auto path = resolved(call, call.path(operand), missing);
        if (path) {
            print(call, operand, *path, true);
        } else if (call.options.has('q')) {
            call.status = 1;
        } else {
            call.complain(path.error());
        }
    }
    return call.status;
}

constexpr Option readlink_options[]{
    {'f', "canonicalize", "", "through every link; the last part may be missing"},
    {'e', "canonicalize-existing", "", "through every link; all must be there"},
    {'m', "canonicalize-missing", "", "through every link; anything may be missing"},
    {'n', "no-newline", "", "no newline after one path"},
    {'v', "verbose", "", "say why not"},
    {'q', "quiet", "", "do not (default)"},
    {'s', "silent", "", "the same"},
    {'z', "zero", "", "a zero byte after each"},
    json_option,
};

constexpr Command readlink{
    .name = "readlink",
    .usage = "[-femnvz] FILE...",
    .summary = "print where symbolic links lead",
    .theme = "files",
    .promise = Promise::files,
    .run = run_readlink,
    .options = readlink_options,
    .help = "JSON fields: path, target.\n\nExample:\n  readlink -f /proc/1/exe\n",
};
const Register registered_readlink{readlink};

constexpr Option realpath_options[]{
    {'e', "canonicalize-existing", "", "all parts must be there"},
    {'m', "canonicalize-missing", "", "anything may be missing"},
    {'q', "quiet", "", "say nothing of what is missing"},
    {'z', "zero", "", "a zero byte after each"},
    json_option,
};

constexpr Command realpath{
    .name = "realpath",
    .usage = "[-emqz] FILE...",
    .summary = "print absolute paths without links",
    .theme = "files",
    .promise = Promise::files,
    .run = run_realpath,
    .options = realpath_options,
    .help =
        "JSON fields: path, target.\n"
        "\nExample:\n  realpath /etc/resolv.conf\n",
};
const Register registered_realpath{realpath};

}  // namespace
}  // namespace limpet::commands
