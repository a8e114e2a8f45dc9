// mktemp.cpp - make a file or directory with a name that nobody has.
#include "commands/create.h"

#include <sys/random.h>

namespace limpet::commands {
namespace {

std::string random_letters(std::size_t count) {
    constexpr std::string_view letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    std::string text(count, 'x');
    [[maybe_unused]] const auto got = ::getrandom(text.data(), text.size(), 0);
    for (auto& byte : text) byte = letters[static_cast<unsigned char>(byte) % letters.size()];
    return text;
}

// Where temporary files go: -p, TMPDIR, what the session may write to, /tmp.
std::string folder(const Invocation& call) {
    if (const auto given = call.options.value('p'); given && !given->empty()) {
        return std::string(*given);
    }
    if (const auto given = call.options.value("tmpdir"); given && !given->empty()) {
        return std::string(*given);
    }
    if (const auto given = call.variable("TMPDIR"); given && !given->empty()) {
        return std::string(*given);
    }
    const bool confined = call.target.mode != target::Mode::here;
    if (confined && call.target.scratch.fd && !target::may_write(call.target)) {
        return std::string(target::scratch_path);
    }
    return "/tmp";
}

Result<> make(const Invocation& call, const std::string& path) {
    const auto place = TRY(place_of(call, path));
    if (call.options.has('u')) {
        const auto there = place.stat();
        return there ? Result<>(failed("make", path, EEXIST)) : Result<>{};
    }
    if (call.options.has('d')) return make_directory(place, 0700);
    TRY(create(call, path, Writing::exclusive, 0600));
    return {};
}

int run(Invocation& call) {
    if (call.operands.size() > 1) return call.misused("one TEMPLATE");
    std::string name = call.operands.empty() ? "tmp.XXXXXXXXXX" : call.operands[0];
    const auto suffix = std::string(call.options.value("suffix").value_or(""));
    const auto end = suffix.empty() ? name.find_last_of('X') : name.size() - 1;
    if (end == name.npos || name.empty() || name[end] != 'X') {
        return call.misused("'" + name + "' has no XXX at its end");
    }
    const auto before = name.find_last_not_of('X', end);
    const auto begin = before == name.npos ? 0 : before + 1;
    if (end + 1 - begin < 3) return call.misused("'" + name + "' has less than XXX at its end");
    if (call.operands.empty() || call.options.has('t') || call.options.has('p') ||
        call.options.has("tmpdir")) {
        if (name.starts_with('/') && call.options.has('t')) {
            return call.misused("with -t a TEMPLATE is a name, no path");
        }
        if (!name.starts_with('/')) {
            const auto where = folder(call);
            name.insert(0, where + (where.ends_with('/') ? "" : "/"));
        }
    }
    const auto at = name.size() - (call.operands.empty() ? 14 : call.operands[0].size()) + begin;
    name += suffix;
    for (int attempt = 0; attempt < 100; ++attempt) {
        name.replace(at, end + 1 - begin, random_letters(end + 1 - begin));
        const auto made = make(call, name);
        if (made) {
            call.out.write(name + '\n');
            return 0;
        }
        if (made.error().code == EEXIST) continue;
        if (!call.options.has('q')) call.complain(made.error());
        return 1;
    }
    call.complain("a hundred names were taken");
    return 1;
}

constexpr Option options[]{
    {'d', "directory", "", "a directory"},
    {'u', "dry-run", "", "only print a name"},
    {'p', "", "DIRECTORY", "below DIRECTORY"},
    {0, "tmpdir", "[DIRECTORY]", "the same, or below $TMPDIR"},
    {'t', "", "", "TEMPLATE is a name below $TMPDIR, or /tmp"},
    {'q', "quiet", "", "no message when it fails"},
    {0, "suffix", "TEXT", "behind the name"},
};

constexpr Command mktemp{
    .name = "mktemp",
    .usage = "[-duqt] [-p DIRECTORY] [TEMPLATE]",
    .summary = "make a file or directory with a name that nobody has",
    .theme = "files",
    .promise = Promise::files | Promise::modify,
    .run = run,
    .options = option_table<options>,
    .help =
        "The X at the end of TEMPLATE (tmp.XXXXXXXXXX) become letters. In a session that may not\n"
        "write to the target, the default place is $LIMPET_SCRATCH.\n\n"
        "Example:\n  d=$(mktemp -d)\n",
    .writes = true,
};
const Register registered{mktemp};

}  // namespace
}  // namespace limpet::commands
