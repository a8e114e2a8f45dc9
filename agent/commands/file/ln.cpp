// ln.cpp - make links; link(1) and unlink(1).
#include "commands/create.h"
#include "commands/file/destination.h"
#include "commands/spoken.h"

#include <functional>

namespace limpet::commands {
namespace {

// From the directory `from` to `to`, both absolute: "../lib/x".
std::string relative(std::string_view from, std::string_view to) {
    std::size_t common = 0;
    for (std::size_t i = 0; i <= from.size() && i <= to.size(); ++i) {
        const bool ends_from = i == from.size() || from[i] == '/';
        const bool ends_to = i == to.size() || to[i] == '/';
        if (ends_from && ends_to) common = i;
        if (i == from.size() || i == to.size() || from[i] != to[i]) break;
    }
    std::string path;
    for (auto rest = from.substr(common); !rest.empty();) {
        if (rest[0] == '/' && rest.size() > 1) path += "../";
        rest.remove_prefix(1);
    }
    auto down = to.substr(common);
    while (down.starts_with('/')) down.remove_prefix(1);
    path += down;
    while (path.ends_with('/')) path.pop_back();
    return path.empty() ? "." : path;
}

// A name beside the one to be replaced, so that this is there at every moment.
Result<> replace(const Place& place, const std::function<Result<>(const Place&)>& make) {
    auto made = make(place);
    if (made || made.error().code != EEXIST) return made;
    auto beside =
        place.entry(place.directory, ".limpet-" + std::to_string(::getpid()), place.spoken);
    beside.borrowed = place.at();
    TRY(make(beside));
    auto renamed = rename(beside, place);
    // What was the same file already stays under both names.
    (void)remove(beside, false);
    return renamed;
}

Result<> link_one(Invocation& call, const std::string& source, const std::string& path) {
    const auto& options = call.options;
    const bool symbolic = options.has('s');
    const auto place = TRY(place_of(call, path));
    const auto there = place.stat();
    if (there && S_ISDIR(there->stx_mode)) return refused("link " + path, "it is a directory");
    bool force = options.has('f');
    if (there && options.has('i')) {
        if (!asked(call, "replace '" + path + "'?")) return {};
        force = true;
    }
    std::string text = source;
    if (symbolic && options.has('r')) {
        auto folder = call.path(path);
        folder.resize(std::max<std::size_t>(folder.rfind('/'), 0));
        text = relative(folder, call.path(source));
    }
    const auto make = [&](const Place& to) -> Result<> {
        if (symbolic) return symlink(text, to);
        // -P, GNU's default: a link to the link itself.
        const auto from =
            TRY(options.has('L') ? place_behind(call, source) : place_of(call, source));
        return link(from, to);
    };
    TRY(force ? replace(place, make) : make(place));
    if (options.has('v')) {
        speak_line(call.out, "'" + path + "' " + (symbolic ? "->" : "=>") + " '" + text + "'");
    }
    return {};
}

int run_ln(Invocation& call) {
    if (call.operands.size() == 1 && !call.options.has('t')) {
        // Into the working directory, under its own name.
        call.operands.push_back(last_name(call.operands[0]) == call.operands[0] &&
                                        !call.options.has('s')
                                    ? call.operands[0]
                                    : "./" + last_name(call.operands[0]));
    }
    auto where = destination(call);
    if (!where) return call.misused(text(where.error()));
    if (call.options.has('n') && where->directory && where->sources.size() == 1) {
        const auto own = target::stat(call.target, call.path(where->path), target::Follow::no);
        if (own && S_ISLNK(own->stx_mode)) where->directory = false;
    }
    for (const auto& source : where->sources) {
        if (auto made = link_one(call, source, where->of(source)); !made) {
            call.complain(made.error());
        }
    }
    return call.status;
}

constexpr Option options[]{
    {'s', "symbolic", "", "symbolic links"},
    {'f', "force", "", "what is there is replaced"},
    {'i', "interactive", "", "ask before that"},
    {'n', "no-dereference", "", "a DESTINATION that is a link to a directory is replaced"},
    {'r', "relative", "", "with -s, as a path from where the link lies"},
    {'v', "verbose", "", "say what was made"},
    {'t', "target-directory", "DIRECTORY", "into it"},
    {'T', "no-target-directory", "", "DESTINATION is the name of the link"},
    {'L', "logical", "", "a hard link to what a link leads to"},
    {'P', "physical", "", "a hard link to a link itself (default)"},
};

constexpr Command ln{
    .name = "ln",
    .usage = "[-sfinrvLP] [-T] FILE LINK | FILE... DIRECTORY | -t DIRECTORY FILE...",
    .summary = "make links",
    .theme = "files",
    .promise = Promise::files | Promise::modify,
    .run = run_ln,
    .options = option_table<options>,
    .help =
        "With -f the new link takes the place of the old name at once.\n\n"
        "Example:\n  ln -sfn /srv/app-2 /srv/current\n",
};
const Register registered{ln};

}  // namespace
}  // namespace limpet::commands
