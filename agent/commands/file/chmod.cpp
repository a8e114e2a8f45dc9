// chmod.cpp - change modes and owners: chmod, chown, chgrp.
#include "commands/create.h"
#include "commands/names.h"
#include "commands/spoken.h"
#include "commands/walk.h"
#include "parse/mode.h"

#include <dirent.h>

namespace limpet::commands {
namespace {

using Change = std::function<Result<>(const Place&, const struct statx&)>;

void report(Invocation& call, const Result<>& done) {
    if (done) return;
    if (call.options.has('f')) {
        call.status = 1;
    } else {
        call.complain(done.error());
    }
}

// An operand, and with -R what lies below. A link stands for itself where `links` says so, else
// for what it leads to; below an operand nothing goes through a link.
void change_all(Invocation& call, const std::string& operand, bool links, const Change& change) {
    const auto top = links ? place_of(call, operand) : place_behind(call, operand);
    const auto status = top ? top->stat() : std::unexpected(top.error());
    if (!status) return report(call, std::unexpected(status.error()));
    if (!call.options.has('R') || !S_ISDIR(status->stx_mode)) {
        return report(call, change(*top, *status));
    }
    const auto own = target::stat(call.target, call.path(operand), target::Follow::no);
    Walk walk;
    walk.operand_itself = own && !S_ISLNK(own->stx_mode);
    walk.follow_operand = !walk.operand_itself;
    walk.before = [&](Visit& visit) {
        if (!visit.parent()) {
            report(call, change(*top, *status));
            return Next::descend;
        }
        if (visit.type() == DT_LNK && !links) return Next::skip;
        const auto place = top->entry(*visit.parent(), visit.name(), visit.path());
        const auto known = place.stat();
        report(call, known ? change(place, *known) : std::unexpected(known.error()));
        return Next::descend;
    };
    walk.run(call, operand);
}

void change_operands(Invocation& call, std::size_t first, bool links, const Change& change) {
    for (auto i = first; i < call.operands.size(); ++i) {
        change_all(call, call.operands[i], links, change);
    }
}

// Of --reference.
std::optional<struct statx> model(Invocation& call, std::string_view path) {
    auto status = target::stat(call.target, call.path(path), target::Follow::yes);
    if (status) return *status;
    call.complain(status.error());
    return std::nullopt;
}

// A MODE that takes away looks like options: it goes where MODE stands.
void find_mode(Invocation& call) {
    std::string mode;
    for (const auto& given : call.options.all()) {
        const char letter = given.option.letter;
        if (std::string_view("rwxXst").contains(letter) && letter != 0) mode += letter;
    }
    if (!mode.empty()) call.operands.insert(call.operands.begin(), "-" + mode);
}

int run_chmod(Invocation& call) {
    find_mode(call);
    const auto reference = call.options.value("reference");
    if (call.operands.size() < (reference ? 1U : 2U))
        return call.misused("MODE FILE... is missing");
    const auto mask = ::umask(0);
    ::umask(mask);
    std::uint32_t like = 0;
    if (reference) {
        const auto status = model(call, *reference);
        if (!status) return 1;
        like = status->stx_mode & 07777;
    } else if (!parse::mode(call.operands[0], 0, false, mask)) {
        return call.misused("'" + call.operands[0] + "' is no mode");
    }
    const auto change = [&](const Place& place, const struct statx& status) -> Result<> {
        const std::uint32_t before = status.stx_mode & 07777;
        const bool directory = S_ISDIR(status.stx_mode);
        const auto mode =
            reference ? like : *parse::mode(call.operands[0], before, directory, mask);
        TRY(chmod(place, mode));
        if (!call.options.has('v') && (!call.options.has('c') || mode == before)) return {};
        speak(call.out, "mode of '" + place.spoken);
        call.out.print("' %s %04o", mode == before ? "stays" : "changed from", before);
        if (mode != before) call.out.print(" to %04o", mode);
        call.out.put('\n');
        return {};
    };
    change_operands(call, reference ? 0 : 1, false, change);
    return call.status;
}

constexpr auto unchanged = static_cast<std::uint32_t>(-1);

struct Owner {
    std::uint32_t uid = unchanged;
    std::uint32_t gid = unchanged;
};

// Ids are said as the target's own user namespace has them, and asked of the kernel as ours has.
Result<std::uint32_t> outer(std::string_view what, std::string_view word,
                            std::optional<std::uint32_t> id,
                            const std::vector<parse::IdRange>& map) {
    if (!id) {
        return refused(what, "there is no " + std::string(what) + " '" + std::string(word) + "'");
    }
    const auto ours = map.empty() ? id : parse::outside(map, *id);
    if (!ours) return refused(what, std::string(word) + " is not in the target's user namespace");
    return *ours;
}

Result<Owner> owner_of(Invocation& call, std::string_view text, bool group_only) {
    Names names(call.target);
    Owner owner;
    auto colon = group_only ? text.npos : text.find(':');
    if (!group_only && colon == text.npos && !names.uid(text)) colon = text.find('.');
    const auto user = group_only ? std::string_view{} : text.substr(0, colon);
    const auto rest = colon == text.npos ? std::string_view{} : text.substr(colon + 1);
    const auto group = group_only ? text : rest;
    if (!user.empty()) {
        owner.uid = TRY(outer("user", user, names.uid(user), call.target.uids));
    }
    if (!group.empty()) {
        owner.gid = TRY(outer("group", group, names.gid(group), call.target.gids));
    }
    return owner;
}

int run_chown(Invocation& call) {
    const bool group_only = call.command.name == "chgrp";
    const auto reference = call.options.value("reference");
    if (call.operands.size() < (reference ? 1U : 2U)) {
        return call.misused(group_only ? "GROUP FILE... is missing" : "OWNER FILE... is missing");
    }
    Owner owner;
    if (reference) {
        const auto like = model(call, *reference);
        if (!like) return 1;
        owner = {group_only ? unchanged : like->stx_uid, like->stx_gid};
    } else {
        const auto said = owner_of(call, call.operands[0], group_only);
        if (!said) {
            call.complain(said.error());
            return 1;
        }
        owner = *said;
    }
    const auto change = [&](const Place& place, const struct statx& status) -> Result<> {
        const bool same = (owner.uid == unchanged || owner.uid == status.stx_uid) &&
                          (owner.gid == unchanged || owner.gid == status.stx_gid);
        TRY(chown(place, owner.uid, owner.gid));
        if (call.options.has('v') || (call.options.has('c') && !same)) {
            speak_line(call.out, "owner of '" + place.spoken + (same ? "' stays" : "' changed"));
        }
        return {};
    };
    // POSIX: -R changes a link in the tree itself.
    const bool links = call.options.has('h') || (call.options.has('R') && !call.options.has('H'));
    change_operands(call, reference ? 0 : 1, links, change);
    return call.status;
}

constexpr Option chmod_options[]{
    {'R', "recursive", "", "and all below"},
    {'v', "verbose", "", "say what was done"},
    {'c', "changes", "", "say what was changed"},
    {'f', "silent", "", "no messages"},
    {0, "reference", "FILE", "the mode that FILE has"},
    {'r', "", "", "as MODE: takes away reading, -w writing, -x running, and so on"},
    {'w', "", "", "the same"},
    {'x', "", "", "the same"},
    {'X', "", "", "the same"},
    {'s', "", "", "the same"},
    {'t', "", "", "the same"},
};

constexpr Command chmod_command{
    .name = "chmod",
    .usage = "[-Rvcf] MODE FILE... | --reference FILE FILE...",
    .summary = "change file modes",
    .theme = "files",
    .promise = Promise::files | Promise::modify,
    .run = run_chmod,
    .options = option_table<chmod_options>,
    .help =
        "MODE is octal, or of u g o a, + - =, r w x X s t and u g o to copy from, with commas;\n"
        "`chmod -- -x,u+w FILE` where a list begins with a minus sign. Links below -R stay "
        "alone.\n\n"
        "Example:\n  chmod -R u=rwX,go=rX /srv\n",
};
const Register registered_chmod{chmod_command};

constexpr Option chown_options[]{
    {'R', "recursive", "", "and all below, links themselves"},
    {'h', "no-dereference", "", "a link itself, not what it leads to"},
    {'H', "", "", "with -R, an operand that is a link is followed"},
    {'P', "", "", "with -R, no link is followed (default)"},
    {'v', "verbose", "", "say what was done"},
    {'c', "changes", "", "say what was changed"},
    {'f', "silent", "", "no messages"},
    {0, "reference", "FILE", "the owner that FILE has"},
};

constexpr Command chown_command{
    .name = "chown",
    .usage = "[-RhHPvcf] [USER][:[GROUP]] FILE... | --reference FILE FILE...",
    .summary = "change the owner of files",
    .theme = "files",
    .promise = Promise::files | Promise::modify,
    .run = run_chown,
    .options = option_table<chown_options>,
    .help =
        "Names are those of the target's passwd and group, numbers those of its user namespace.\n\n"
        "Example:\n  chown -R app:app /var/lib/app\n",
};
const Register registered_chown{chown_command};

constexpr Command chgrp_command{
    .name = "chgrp",
    .usage = "[-RhHPvcf] GROUP FILE... | --reference FILE FILE...",
    .summary = "change the group of files",
    .theme = "files",
    .promise = Promise::files | Promise::modify,
    .run = run_chown,
    .options = option_table<chown_options>,
    .help = "Example:\n  chgrp -R app /var/lib/app\n",
};
const Register registered_chgrp{chgrp_command};

}  // namespace
}  // namespace limpet::commands
