// resolved.cpp - links resolved part by part.
#include "commands/file/resolved.h"

namespace limpet::commands {
namespace {

// MAXSYMLINKS of the kernel.
constexpr int links_limit = 40;
// A link of 4095 bytes may lead to forty others: this is where it ends.
constexpr std::size_t path_limit = 262'144;

}  // namespace

Result<std::string> resolved(const Invocation& call, const std::string& path, Missing missing,
                             bool links_too) {
    std::string done;  // resolved so far, without a slash at its end
    std::string rest = path;
    int links = 0;
    bool absent = false;
    while (!rest.empty()) {
        const auto slash = rest.find('/');
        const std::string part = rest.substr(0, slash);
        const bool last = slash == rest.npos || rest.find_first_not_of('/', slash) == rest.npos;
        const bool slash_follows = slash != rest.npos;
        rest = slash == rest.npos ? std::string() : rest.substr(slash + 1);
        if (part.empty() || part == ".") continue;
        if (part == "..") {
            done.resize(done.empty() ? 0 : done.rfind('/'));
            continue;
        }
        done += '/' + part;
        if (absent) continue;
        const auto status = target::stat(call.target, done, target::Follow::no);
        if (!status) {
            const bool gone = status.error().code == ENOENT;
            if (missing == Missing::anywhere && (gone || status.error().code == ENOTDIR)) {
                absent = true;
                continue;
            }
            if (missing == Missing::last && gone && last) continue;
            return std::unexpected(status.error());
        }
        if (!links_too || !S_ISLNK(status->stx_mode)) {
            const bool must_be_directory = !last || (slash_follows && missing != Missing::anywhere);
            if (must_be_directory && !S_ISDIR(status->stx_mode) && !S_ISLNK(status->stx_mode) &&
                missing != Missing::anywhere) {
                return failed("open", done, ENOTDIR);
            }
            continue;
        }
        if (++links > links_limit) return failed("open", path, ELOOP);
        const auto link = TRY(target::readlink(call.target, done));
        rest = rest.empty() ? link : link + '/' + rest;
        if (rest.size() > path_limit) return failed("open", path, ENAMETOOLONG);
        done.resize(link.starts_with('/') ? 0 : done.rfind('/'));
    }
    return done.empty() ? "/" : done;
}

}  // namespace limpet::commands
