// sed_in_place.cpp - sed -i: each file by itself, replaced when its edit is whole.
#include "commands/text/sed_in_place.h"

#include "commands/create.h"

#include <unistd.h>

#include <algorithm>

namespace limpet::commands::sed {
namespace {

// "bak" behind the name, or where a * in it stands for the name.
std::string backup_name(std::string_view name, std::string_view suffix) {
    if (suffix.find('*') == suffix.npos) return std::string(name).append(suffix);
    std::string made;
    for (const char byte : suffix) {
        if (byte == '*') {
            made += name;
        } else {
            made += byte;
        }
    }
    return made;
}

Result<int> edit_one(Invocation& call, const std::string& operand,
                     const std::function<int(Invocation&)>& edit) {
    const auto place = TRY(place_of(call, operand));
    const auto status = TRY(place.stat());
    if (!S_ISREG(status.stx_mode) && !S_ISLNK(status.stx_mode)) {
        return refused("edit", operand + " is no regular file");
    }
    const auto model = TRY(target::stat(call.target, call.path(operand), target::Follow::yes));
    Place half;
    const auto opened = TRY(create_beside(place, half));
    Invocation one{.command = call.command,
                   .target = call.target,
                   .options = call.options,
                   .operands = {operand},
                   .directory = call.directory,
                   .environment = call.environment,
                   .out = Output(BorrowedFd(opened))};
    const int result = edit(one);
    one.out.flush();
    Result<> done;
    if (const auto& failure = one.out.failure()) {
        done = std::unexpected(Error{failure->code, "write", operand, {}});
    }
    // 4 and 1 are sed's own failures; 2 says that the file could not be read.
    if (done && one.status == 0) {
        (void)chown(half, model.stx_uid, model.stx_gid);
        done = chmod(half, model.stx_mode & 07777);
        const auto suffix = call.options.value('i').value_or("");
        if (done && !suffix.empty()) {
            auto backup = place.entry({}, backup_name(place.name, suffix), operand + " aside");
            backup.borrowed = place.at();
            done = rename(place, backup);
        }
        if (done) done = rename(half, place);
    }
    if (!done || one.status != 0) (void)remove(half, false);
    if (!done) return std::unexpected(done.error());
    return std::max(result, one.status);
}

}  // namespace

int in_place(Invocation& call, const std::function<int(Invocation&, bool)>& edit) {
    int status = 0;
    bool first = true;
    for (const auto& operand : std::vector<std::string>(call.operands)) {
        const auto one = edit_one(call, operand, [&](Invocation& inner) {
            const int result = edit(inner, first);
            first = false;
            return result;
        });
        if (!one) call.complain(one.error());
        status = std::max(status, one ? *one : 4);
        // The script is wrong: it was said once, and no file was touched.
        if (status == 1) break;
    }
    return status;
}

}  // namespace limpet::commands::sed
