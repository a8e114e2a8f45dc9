// parse/toml.cpp - one setting out of a TOML file: storage.conf, containerd's config.toml.
#include "parse/toml.h"

#include "parse/lines.h"

namespace limpet::parse {
namespace {

// "…" with its escapes of one letter, or '…' without any; empty when it is neither.
std::string quoted(std::string_view text) {
    if (text.size() < 2 || (text[0] != '"' && text[0] != '\'')) return {};
    const char quote = text[0];
    std::string value;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == quote) return value;
        if (quote == '"' && text[i] == '\\' && i + 1 < text.size()) ++i;
        value += text[i];
    }
    return {};
}

}  // namespace

std::string toml_string(std::string_view text, std::string_view table, std::string_view key) {
    std::string_view here;
    std::string found;
    while (!text.empty()) {
        auto line = trimmed(take_line(text));
        if (line.ends_with('\r')) line = trimmed(line.substr(0, line.size() - 1));
        if (line.empty() || line[0] == '#') continue;
        if (line[0] == '[') {
            const auto end = line.find(']');
            here = trimmed(line.substr(1, end == line.npos ? end : end - 1));
            continue;
        }
        const auto equals = line.find('=');
        if (here != table || equals == line.npos) continue;
        if (trimmed(line.substr(0, equals)) != key) continue;
        found = quoted(trimmed(line.substr(equals + 1)));
    }
    return found;
}

}  // namespace limpet::parse
