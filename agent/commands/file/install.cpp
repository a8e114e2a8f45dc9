// install.cpp - copy files into their place, with the mode and owner that they are to have.
#include "commands/file/copy.h"
#include "commands/file/destination.h"
#include "commands/names.h"
#include "commands/spoken.h"
#include "parse/mode.h"

namespace limpet::commands {
namespace {

struct Wanted {
    std::uint32_t mode = 0755;
    std::uint32_t uid = static_cast<std::uint32_t>(-1);
    std::uint32_t gid = static_cast<std::uint32_t>(-1);
};

Result<Wanted> wanted(Invocation& call) {
    Wanted result;
    Names names(call.target);
    if (const auto text = call.options.value('m')) {
        const auto mode = parse::mode(*text, 0, false, 0);
        if (!mode) return refused("mode", "'" + std::string(*text) + "' is no mode");
        result.mode = *mode;
    }
    const auto outer = [](std::optional<std::uint32_t> id, const auto& map) {
        return !id || map.empty() ? id : parse::outside(map, *id);
    };
    if (const auto user = call.options.value('o')) {
        const auto uid = outer(names.uid(*user), call.target.uids);
        if (!uid) return refused("user", "there is no user '" + std::string(*user) + "'");
        result.uid = *uid;
    }
    if (const auto group = call.options.value('g')) {
        const auto gid = outer(names.gid(*group), call.target.gids);
        if (!gid) return refused("group", "there is no group '" + std::string(*group) + "'");
        result.gid = *gid;
    }
    return result;
}

Result<> dress(const Place& place, const Wanted& wanted) {
    constexpr auto unchanged = static_cast<std::uint32_t>(-1);
    if (wanted.uid != unchanged || wanted.gid != unchanged) {
        TRY(chown(place, wanted.uid, wanted.gid));
    }
    return chmod(place, wanted.mode);
}

// All of `path`, as mkdir -p.
Result<> make_directories(Invocation& call, const std::string& path) {
    for (std::size_t end = 1; end <= path.size(); ++end) {
        if (end != path.size() && path[end] != '/') continue;
        const auto part = path.substr(0, end);
        const auto there = target::stat(call.target, call.path(part), target::Follow::yes);
        if (there && S_ISDIR(there->stx_mode)) continue;
        auto made = make_directory(TRY(place_of(call, part)), 0755);
        if (!made && made.error().code != EEXIST) return made;
        if (made && call.options.has('v')) speak_line(call.out, "made directory '" + part + "'");
    }
    return {};
}

Result<> directory(Invocation& call, const std::string& path, const Wanted& how) {
    TRY(make_directories(call, path));
    return dress(TRY(place_behind(call, path)), how);
}

int run(Invocation& call) {
    const auto how = wanted(call);
    if (!how) return call.misused(text(how.error()));
    if (call.options.has('d')) {
        if (call.operands.empty()) return call.misused("DIRECTORY is missing");
        for (const auto& path : call.operands) {
            if (auto made = directory(call, path, *how); !made) call.complain(made.error());
        }
        return call.status;
    }
    if (call.options.has('D')) {
        auto above = std::string(call.options.value('t').value_or(
            call.operands.empty() ? std::string_view{} : std::string_view(call.operands.back())));
        if (!call.options.has('t')) {
            above.resize(above.rfind('/') == above.npos ? 0 : above.rfind('/'));
        }
        if (auto made = make_directories(call, above); !made) {
            call.complain(made.error());
            return 1;
        }
    }
    const auto where = destination(call);
    if (!where) return call.misused(text(where.error()));
    Copy copy(call);
    copy.replace = true;
    copy.keep_times = call.options.has('p');
    copy.verbose = call.options.has('v');
    for (const auto& source : where->sources) {
        const auto path = where->of(source);
        if (!copy.copy(source, path)) {
            call.status = 1;
            continue;
        }
        const auto place = place_of(call, path);
        const auto done = place ? dress(*place, *how) : std::unexpected(place.error());
        if (!done) call.complain(done.error());
    }
    return call.status;
}

constexpr Option options[]{
    {'d', "directory", "", "make directories, with all that lead there"},
    {'D', "", "", "make those that lead to DESTINATION"},
    {'m', "mode", "MODE", "instead of 755"},
    {'o', "owner", "USER", "who it belongs to"},
    {'g', "group", "GROUP", "and to which group"},
    {'p', "preserve-timestamps", "", "with the times of FILE"},
    {'v', "verbose", "", "say what was done"},
    {'t', "target-directory", "DIRECTORY", "into it"},
    {'T', "no-target-directory", "", "DESTINATION is the name of the copy"},
    {'c', "", "", "accepted"},
    {'s', "strip", "", "accepted: nothing is stripped"},
};

constexpr Command install{
    .name = "install",
    .usage = "[-Dpv] [-m MODE] [-o USER] [-g GROUP] FILE... DESTINATION | -d DIRECTORY...",
    .summary = "copy files into their place, with mode and owner",
    .theme = "files",
    .promise = Promise::files | Promise::modify,
    .run = run,
    .options = option_table<options>,
    .help =
        "What is there is replaced as a whole, at once.\n\n"
        "Example:\n  install -D -m 644 app.conf /etc/app/app.conf\n",
};
const Register registered{install};

}  // namespace
}  // namespace limpet::commands
