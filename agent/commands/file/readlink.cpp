// readlink.cpp - where symbolic links lead: readlink and realpath.
#include "commands/command.h"
#include "commands/file/resolved.h"
#include "commands/json.h"
#include "commands/spoken.h"

namespace limpet::commands {
namespace {

void print(Invocation& call, const std::string& operand, const std::string& path, bool newline) {
    if (call.json()) {
        JsonObject().text("path", operand).text("target", path).line(call.out);
        return;
    }
    speak(call.out, path);
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

// From one absolute path to another: "../b/c".
std::string relative(const std::string& path, const std::string& base) {
    std::size_t same = 0, slash = 0;
    while (same < path.size() && same < base.size() && path[same] == base[same]) {
        if (path[same] == '/') slash = same;
        ++same;
    }
    const auto whole = [same](const std::string& text) {
        return same == text.size() || text[same] == '/';
    };
    if (whole(path) && whole(base)) slash = same;
    std::string way;
    for (auto at = slash; at < base.size();) {
        if (base[at] == '/') ++at;
        if (at < base.size()) way += way.empty() ? ".." : "/..";
        at = std::min(base.find('/', at), base.size());
    }
    const auto rest = path.substr(std::min(path.find_first_not_of('/', slash), path.size()));
    if (way.empty()) return rest.empty() ? "." : rest;
    return rest.empty() ? way : way + '/' + rest;
}

bool below(std::string_view path, std::string_view base) {
    return base == "/" || path == base || (path.starts_with(base) && path[base.size()] == '/');
}

class Realpath {
public:
    explicit Realpath(Invocation& call)
        : call_(call),
          missing_(call.options.has('e')   ? Missing::refused
                   : call.options.has('m') ? Missing::anywhere
                                           : Missing::last) {}
    // False when a base cannot be resolved.
    bool prepare() {
        for (const auto* name : {"relative-to", "relative-base"}) {
            const auto value = call_.options.value(name);
            if (!value) continue;
            auto path = real(std::string(*value));
            if (!path) {
                complain(std::string(*value), path.error());
                return false;
            }
            (name == std::string_view("relative-to") ? to_ : base_) = *std::move(path);
        }
        if (!base_.empty() && to_.empty()) to_ = base_;
        return true;
    }
    void show(const std::string& operand) {
        const auto path = operand.empty() ? failed("open", operand, ENOENT) : real(operand);
        if (!path) {
            call_.status = 1;
            if (!call_.options.has('q')) complain(operand, path.error());
            return;
        }
        const bool shorten =
            !to_.empty() && (base_.empty() || (below(*path, base_) && below(to_, base_)));
        print(call_, operand, shorten ? relative(*path, to_) : *path, true);
    }

private:
    Result<std::string> real(const std::string& operand) {
        const auto path = call_.path(operand);
        // -s: links stay as they are.
        return resolved(call_, path, missing_, !call_.options.has('s'));
    }
    // By the name that was given, as the other realpaths say it.
    void complain(const std::string& operand, const Error& error) {
        if (error.code == 0) return call_.complain(error);
        const char* reason = ::strerrordesc_np(error.code);
        call_.complain((operand.empty() ? "''" : operand) + ": " + (reason ? reason : "error"));
    }
    Invocation& call_;
    Missing missing_;
    std::string to_, base_;
};

int run_realpath(Invocation& call) {
    if (call.operands.empty()) return call.misused("which file?");
    Realpath realpath(call);
    if (!realpath.prepare()) return 1;
    for (const auto& operand : call.operands) realpath.show(operand);
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
    .options = option_table<readlink_options>,
    .help = "JSON fields: path, target.\n\nExample:\n  readlink -f /proc/1/exe\n",
};
const Register registered_readlink{readlink};

constexpr Option realpath_options[]{
    {'e', "canonicalize-existing", "", "all parts must be there"},
    {'m', "canonicalize-missing", "", "anything may be missing"},
    {'s', "strip", "", "links are left as they are"},
    {'s', "no-symlinks", "", "the same"},
    {'L', "logical", "", "makes no difference"},
    {'P', "physical", "", "makes no difference"},
    {0, "relative-to", "PATH", "as seen from PATH"},
    {0, "relative-base", "PATH", "as seen from PATH, what lies below it"},
    {'q', "quiet", "", "say nothing of what is missing"},
    {'z', "zero", "", "a zero byte after each"},
    json_option,
};

constexpr Command realpath{
    .name = "realpath",
    .usage = "[-emqsz] [--relative-to PATH] FILE...",
    .summary = "print absolute paths without links",
    .theme = "files",
    .promise = Promise::files,
    .run = run_realpath,
    .options = option_table<realpath_options>,
    .help =
        "JSON fields: path, target.\n"
        "\nExamples:\n  realpath /etc/resolv.conf\n  realpath --relative-to /etc /usr/lib\n",
};
const Register registered_realpath{realpath};

}  // namespace
}  // namespace limpet::commands
