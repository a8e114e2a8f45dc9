// parse/mountinfo.cpp - /proc/PID/mountinfo.
#include "parse/mountinfo.h"

#include "parse/number.h"

namespace limpet::parse {
namespace {

std::string_view word(std::string_view& rest) {
    const auto space = rest.find(' ');
    const auto part = rest.substr(0, space);
    rest = space == rest.npos ? std::string_view{} : rest.substr(space + 1);
    return part;
}

}  // namespace

std::string unescape_octal(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size()) {
            if (const auto byte = number<unsigned>(text.substr(i + 1, 3), 8); byte && *byte < 256) {
                plain += static_cast<char>(*byte);
                i += 3;
                continue;
            }
        }
        plain += text[i];
    }
    return plain;
}

std::optional<Mount> mount_line(std::string_view line) {
    Mount mount;
    const auto id = number<std::uint32_t>(word(line));
    const auto parent = number<std::uint32_t>(word(line));
    auto device = word(line);
    const auto colon = device.find(':');
    if (!id || !parent || colon == device.npos) return std::nullopt;
    const auto major = number<std::uint32_t>(device.substr(0, colon));
    const auto minor = number<std::uint32_t>(device.substr(colon + 1));
    if (!major || !minor) return std::nullopt;
    mount.id = *id;
    mount.parent = *parent;
    mount.major = *major;
    mount.minor = *minor;
    mount.root = unescape_octal(word(line));
    mount.point = unescape_octal(word(line));
    mount.options = word(line);
    for (;;) {
        if (line.empty()) return std::nullopt;
        const auto tag = word(line);
        if (tag == "-") break;
        mount.tags.emplace_back(tag);
    }
    mount.type = unescape_octal(word(line));
    mount.source = unescape_octal(word(line));
    mount.super_options = line;
    return mount;
}

std::vector<Mount> mountinfo(std::string_view text) {
    std::vector<Mount> mounts;
    while (!text.empty() && mounts.size() < mounts_limit) {
        const auto newline = text.find('\n');
        if (auto mount = mount_line(text.substr(0, newline))) mounts.push_back(*std::move(mount));
        if (newline == text.npos) break;
        text.remove_prefix(newline + 1);
    }
    return mounts;
}

}  // namespace limpet::parse
