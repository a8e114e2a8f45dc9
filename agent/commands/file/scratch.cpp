// scratch.cpp - what a session with --scratch has changed in its copy-on-write view.
#include "commands/compared.h"
#include "commands/file/tar.h"
#include "commands/json.h"
#include "commands/spoken.h"
#include "limpet/limits.h"

namespace limpet::commands {
namespace {

// The overlays' upper layers, each beside the target's own tree.
void compare(Invocation& call, const std::function<void(const Difference&)>& tell) {
    const auto& target = call.target;
    Comparison comparison(call, false, tell);
    for (unsigned number = 0; number < limits::view_mounts; ++number) {
        const auto folder = std::to_string(number);
        auto point = target.changed.read(folder + "/point", limits::small_file);
        if (!point) break;
        const auto upper = target.changed.open_directory(folder + "/upper");
        const auto before = target.below.open_directory(*point);
        const auto now = target.root.open_directory(*point);
        if (*point == "/") point->clear();
        if (upper && before && now) comparison.folder(*upper, *before, *now, *point);
    }
}

void print(Invocation& call, const Difference& one) {
    if (call.json()) {
        JsonObject line;
        line.text("change", std::string_view(&one.what, 1)).text("path", one.path);
        line.line(call.out);
        return;
    }
    call.out.put(one.what);
    call.out.put(' ');
    speak_line(call.out, one.path);
}

// As a layer of an image: what is gone is an empty file with ".wh." before its name.
int save(Invocation& call) {
    if (call.out.terminal()) return call.misused("an archive is not written to a terminal");
    tar::Style style{.action = tar::Action::create,
                     .numeric = true,
                     .recursion = false,
                     .sparse = true,
                     .exact = true};
    compare(call, [&](const Difference& one) {
        if (one.what == 'D') return style.whiteouts.push_back(one.path);
        style.operands.push_back({one.path, {}});
    });
    return tar::create(call, style);
}

int run(Invocation& call) {
    const std::string what = call.operands.empty() ? "diff" : call.operands[0];
    if (call.operands.size() > 1 || (what != "diff" && what != "count" && what != "save")) {
        return call.misused("one of diff, count and save");
    }
    if (!call.target.changed.fd) {
        call.complain("this session has no copy-on-write view (limpet attach --scratch)");
        return 1;
    }
    if (what == "save") return save(call);
    std::size_t count = 0;
    compare(call, [&](const Difference& one) {
        ++count;
        if (what == "diff") print(call, one);
    });
    if (what == "count") {
        call.out.print("%zu path%s changed in the copy-on-write view; the target is as it was\n",
                       count, count == 1 ? "" : "s");
    }
    return call.status;
}

constexpr Option options[]{json_option};

constexpr Command scratch{
    .name = "scratch",
    .usage = "[diff | count | save] [-o json]",
    .summary = "list or save what this session has changed in its copy-on-write view",
    .theme = "files",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "In a session with --scratch, whose changes vanish with it: A was added, C changed, D\n"
        "deleted. count says how many there are. save writes them to standard output as a tar "
        "archive,\nas layers of images are: for what was deleted an empty file .wh.NAME.\n"
        "Fields of -o json: change, path.\n\n"
        "Examples:\n  scratch diff\n  scratch save | tar -tv\n",
};
const Register registered{scratch};

}  // namespace
}  // namespace limpet::commands
