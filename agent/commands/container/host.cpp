// container/host.cpp - the target's node name.
#include "commands/container/host.h"

#include <sys/utsname.h>

namespace limpet::commands {

std::optional<std::string> host_name(const target::Target& target) {
    const bool beside = target.mode == target::Mode::sidecar;
    utsname names{};
    if (target.mode != target::Mode::node && !beside && ::uname(&names) == 0) {
        return names.nodename;
    }
    for (const auto& [fact, value] : target.facts) {
        if (fact == "hostname" && !value.empty()) return value;
    }
    if (!any(target.grants & Grant::files)) return std::nullopt;
    auto text = target::read(target, "/etc/hostname", 4096);
    // The containers of a pod have one uts namespace.
    if (!text && beside && ::uname(&names) == 0) return names.nodename;
    if (!text) return std::nullopt;
    const auto end = text->find('\n');
    if (end != text->npos) text->resize(end);
    return text->empty() ? std::nullopt : std::optional(*std::move(text));
}

}  // namespace limpet::commands
