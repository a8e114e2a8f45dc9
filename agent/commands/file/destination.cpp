// destination.cpp - where cp, mv, ln and install put what they are given.
#include "commands/file/destination.h"

namespace limpet::commands {

std::string last_name(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    const auto slash = path.rfind('/');
    return slash == path.npos || path.size() == 1 ? path : path.substr(slash + 1);
}

std::string Destination::of(const std::string& source) const {
    if (!directory) return path;
    return path + (path.ends_with('/') ? "" : "/") + last_name(source);
}

Result<Destination> destination(const Invocation& call) {
    Destination where{.sources = call.operands, .path = {}};
    if (where.sources.empty()) return refused("operands", "FILE is missing");
    if (const auto folder = call.options.value('t')) {
        where.path = *folder;
        where.directory = true;
        return where;
    }
    if (where.sources.size() == 1) return refused("operands", "DESTINATION is missing");
    where.path = std::move(where.sources.back());
    where.sources.pop_back();
    if (call.options.has('T')) {
        if (where.sources.size() > 1) return refused("-T", "there is more than one FILE");
        return where;
    }
    const auto status = target::stat(call.target, call.path(where.path), target::Follow::yes);
    where.directory = status && S_ISDIR(status->stx_mode);
    if (where.sources.size() > 1 && !where.directory) {
        return refused("operands", "'" + where.path + "' is no directory");
    }
    return where;
}

}  // namespace limpet::commands
