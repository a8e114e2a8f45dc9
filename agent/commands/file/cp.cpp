// cp.cpp - copy files and trees.
#include "commands/file/copy.h"
#include "commands/file/destination.h"

namespace limpet::commands {
namespace {

// Each directory on the way to `path` that is not there, for --parents.
Result<> make_parents(const Invocation& call, const std::string& path) {
    for (auto slash = path.find('/', 1); slash != path.npos; slash = path.find('/', slash + 1)) {
        auto made = make_directory(TRY(place_of(call, path.substr(0, slash))), 0777);
        if (!made && made.error().code != EEXIST) return made;
    }
    return {};
}

void preserve(Copy& copy, std::string_view list, bool keep) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        const auto word = list.substr(0, comma);
        list = comma == list.npos ? std::string_view{} : list.substr(comma + 1);
        const bool all = word == "all";
        if (all || word == "mode") copy.keep_mode = keep;
        if (all || word == "ownership") copy.keep_owner = keep;
        if (all || word == "timestamps") copy.keep_times = keep;
        if (all || word == "links") copy.keep_links = keep;
        if (all || word == "xattr") copy.keep_attributes = keep;
    }
}

void apply(Copy& copy, const Options& options) {
    std::optional<Copy::Links> links;
    for (const auto& [option, value] : options.all()) {
        switch (option.letter) {
            case 'r':
            case 'R': copy.recursive = true; break;
            case 'a':
                copy.recursive = true;
                preserve(copy, "all", true);
                links = Copy::Links::keep;
                break;
            case 'd':
                copy.keep_links = true;
                links = Copy::Links::keep;
                break;
            case 'p': preserve(copy, "mode,ownership,timestamps", true); break;
            case 'P': links = Copy::Links::keep; break;
            case 'L': links = Copy::Links::follow; break;
            case 'H': links = Copy::Links::operand; break;
            case 'f': copy.force = true; break;
            case 'n': copy.no_clobber = true; break;
            case 'i': copy.ask = true, copy.no_clobber = false; break;
            case 'u': copy.update = true; break;
            case 'v': copy.verbose = true; break;
            case 'x': copy.one_filesystem = true; break;
            default: break;
        }
        if (option.name == "remove-destination") copy.replace = true;
        if (option.name == "preserve") {
            preserve(copy, value.empty() ? "mode,ownership,timestamps" : value, true);
        }
        if (option.name == "no-preserve") preserve(copy, value, false);
    }
    copy.links = links.value_or(copy.recursive ? Copy::Links::keep : Copy::Links::follow);
}

int run(Invocation& call) {
    const auto where = destination(call);
    if (!where) return call.misused(text(where.error()));
    Copy copy(call);
    apply(copy, call.options);
    const bool parents = call.options.has("parents");
    if (parents && !where->directory) return call.misused("--parents needs a directory");
    for (const auto& source : where->sources) {
        const auto path = parents ? where->path + '/' + source : where->of(source);
        if (parents) {
            if (auto made = make_parents(call, path); !made) {
                call.complain(made.error());
                continue;
            }
        }
        if (!copy.copy(source, path) && call.status == 0) call.status = 1;
    }
    return call.status;
}

constexpr Option options[]{
    {'r', "recursive", "", "directories with all that is in them; links stay links"},
    {'R', "", "", "the same"},
    {'a', "archive", "", "the same, with modes, owners, times, attributes and hard links"},
    {'p', "", "", "with mode, owner and times"},
    {0, "preserve", "[LIST]", "of mode,ownership,timestamps,links,xattr, or all"},
    {0, "no-preserve", "LIST", "not those"},
    {'d', "", "", "links as links, hard links as such"},
    {'P', "no-dereference", "", "links as links"},
    {'L', "dereference", "", "what links lead to"},
    {'H', "", "", "of operands alone"},
    {'f', "force", "", "remove what cannot be opened for writing"},
    {'i', "interactive", "", "ask before replacing"},
    {'n', "no-clobber", "", "replace nothing"},
    {'u', "update", "", "replace what is older"},
    {'v', "verbose", "", "say what was copied"},
    {'x', "one-file-system", "", "stay in the file system of each FILE"},
    {'t', "target-directory", "DIRECTORY", "into it"},
    {'T', "no-target-directory", "", "DESTINATION is the name of the copy"},
    {0, "parents", "", "with the whole path of FILE below DIRECTORY"},
    {0, "remove-destination", "", "replace what is there as a whole"},
    {0, "sparse", "WHEN", "makes no difference: holes stay holes"},
    {0, "reflink", "[WHEN]", "makes no difference"},
};

constexpr Command cp{
    .name = "cp",
    .usage = "[-rapdPLHfinuvx] FILE... DESTINATION | -t DIRECTORY FILE...",
    .summary = "copy files and trees",
    .theme = "files",
    .promise = Promise::files | Promise::modify,
    .run = run,
    .options = option_table<options>,
    .help =
        "A new file is whole before it has its name; one that is there is written over and stays\n"
        "what it is. In a tree no FIFO or device is opened, and no link followed unless -L says "
        "so.\n\n"
        "Examples:\n  cp -a /etc $LIMPET_SCRATCH/etc\n  cp app.conf app.conf.old\n",
};
const Register registered{cp};

}  // namespace
}  // namespace limpet::commands
