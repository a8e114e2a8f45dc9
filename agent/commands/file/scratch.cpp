// scratch.cpp - what a session with --scratch has changed in its copy-on-write view.
#include "commands/command.h"
#include "commands/json.h"
#include "commands/table.h"
#include "limpet/limits.h"

#include <set>

namespace limpet::commands {
namespace {

using target::Directory;
using target::Follow;
using target::Listing;

// What was written lies in the overlays' upper layers; what that means is found by comparing the
// tree as the session shows it with the target's own, folder by folder, and only in folders that an
// upper layer has. So it does not matter how overlayfs marks what is gone.
class Changes {
public:
    Changes(Invocation& call, bool print) : call_(call), print_(print) {}

    void all() {
        const auto& changed = call_.target.changed;
        for (unsigned number = 0; number < limits::view_mounts; ++number) {
            const auto folder = std::to_string(number);
            auto point = changed.read(folder + "/point", limits::small_file);
            if (!point) break;
            auto upper = changed.open_directory(folder + "/upper");
            if (!upper) continue;
            if (*point == "/") point->clear();
            compare(*upper, *point, 0);
        }
    }
    [[nodiscard]] std::size_t count() const { return count_; }

private:
    static constexpr std::size_t depth_limit = 2000;

    void tell(char what, const std::string& path) {
        ++count_;
        if (!print_) return;
        if (call_.json()) {
            JsonObject line;
            line.text("change", std::string_view(&what, 1)).text("path", path);
            call_.out.write(line.take() + '\n');
            return;
        }
        call_.out.put(what);
        call_.out.put(' ');
        call_.out.write(call_.out.terminal() ? visible(path) : path);
        call_.out.put('\n');
    }

    static bool same(const struct statx& a, const struct statx& b) {
        return a.stx_mode == b.stx_mode && a.stx_uid == b.stx_uid && a.stx_gid == b.stx_gid &&
               S_ISDIR(a.stx_mode);
    }

    // Names of a folder of the target that the view has no more.
    void gone(const std::string& path) {
        auto before = call_.target.below.open_directory(path.empty() ? "/" : path);
        if (!before) return;
        Listing listing(before->fd, path);
        for (auto entry = listing.next(); entry && *entry; entry = listing.next()) {
            const auto whole = path + '/' + std::string((*entry)->name);
            if (!call_.target.root.stat(whole, Follow::no)) tell('D', whole);
        }
    }

    void compare(const Directory& upper, const std::string& path, std::size_t depth) {
        std::set<std::string> names;
        Listing listing(upper.fd, path);
        for (auto entry = listing.next(); entry && *entry; entry = listing.next()) {
            names.emplace((*entry)->name);
        }
        gone(path);
        for (const auto& name : names) {
            const auto whole = path + '/' + name;
            const auto now = call_.target.root.stat(whole, Follow::no);
            if (!now) continue;
            const auto before = call_.target.below.stat(whole, Follow::no);
            const bool both = before && S_ISDIR(before->stx_mode) && S_ISDIR(now->stx_mode);
            if (!both || !same(*before, *now)) tell(before ? 'C' : 'A', whole);
            if (!S_ISDIR(now->stx_mode) || depth == depth_limit) continue;
            if (auto next = upper.child(name)) compare(*next, whole, depth + 1);
        }
    }

    Invocation& call_;
    bool print_;
    std::size_t count_ = 0;
};

int run(Invocation& call) {
    const bool counts = call.operands.size() == 1 && call.operands[0] == "count";
    if (!counts && !call.operands.empty() &&
        (call.operands.size() > 1 || call.operands[0] != "diff")) {
        return call.misused("`scratch diff` is all that there is");
    }
    if (!call.target.changed.fd) {
        call.complain("this session has no copy-on-write view (limpet attach --scratch)");
        return 1;
    }
    Changes changes(call, !counts);
    changes.all();
    if (counts) {
        call.out.print("%zu path%s changed in the copy-on-write view; the target is as it was\n",
                       changes.count(), changes.count() == 1 ? "" : "s");
    }
    return call.status;
}

constexpr Option options[]{json_option};

constexpr Command scratch{
    .name = "scratch",
    .usage = "[diff | count] [-o json]",
    .summary = "list what this session has changed in its copy-on-write view",
    .theme = "files",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "In a session with --scratch, whose changes vanish with it: A was added, C changed, D\n"
        "deleted. count says how many there are.\n"
        "Fields of -o json: change, path.\n\n"
        "Example:\n  scratch diff\n",
};
const Register registered{scratch};

}  // namespace
}  // namespace limpet::commands
