// parse/url.cpp - where something is (RFC 3986).
#include "parse/url.h"

#include "parse/number.h"

#include <algorithm>

namespace limpet::parse {
namespace {

constexpr std::size_t longest = 65536;
constexpr std::uint16_t http_port = 80, https_port = 443;

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char c) { return c >= '0' && c <= '9'; }

// RFC 3986, 5.2.4: "." and ".." of the path; what is behind a question mark stays.
std::string without_dots(std::string_view path) {
    const auto query = path.find('?');
    const auto tail = query == path.npos ? std::string_view() : path.substr(query);
    path = path.substr(0, query);
    std::string out;
    while (!path.empty()) {
        const auto end = std::min(path.find('/', 1), path.size());
        const auto part = path.substr(0, end);
        const bool last = end == path.size();
        path.remove_prefix(end);
        if (part == "/..") {
            out.resize(std::min(out.rfind('/'), out.size()));
            if (last) out += '/';
        } else if (part == "/.") {
            if (last) out += '/';
        } else {
            out += part;
        }
    }
    if (out.empty()) out = "/";
    return out.append(tail);
}

// An address of IPv6, or a name: without what would make another URL of it.
bool is_host(std::string_view host, bool bracketed) {
    if (host.empty() || (bracketed && host.find(':') == host.npos)) return false;
    constexpr std::string_view bad = "%[]<>{}|\\^`\"@:/?#";
    return std::ranges::none_of(host, [&](char c) {
        if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return true;
        return bad.find(c) != bad.npos && !(bracketed && (c == ':' || c == '%'));
    });
}

Result<> read_authority(std::string_view authority, Url& result) {
    if (const auto at = authority.rfind('@'); at != authority.npos) {
        result.user = percent_decoded(authority.substr(0, at));
        authority.remove_prefix(at + 1);
    }
    std::string_view port;
    const bool bracketed = authority.starts_with('[');
    if (bracketed) {
        const auto end = authority.find(']');
        if (end == authority.npos) return refused("url", "a bracket is not closed");
        result.host = authority.substr(1, end - 1);
        authority.remove_prefix(end + 1);
        if (!authority.empty() && authority[0] != ':') return refused("url", "no host");
        if (!authority.empty()) port = authority.substr(1);
    } else {
        const auto colon = authority.find(':');
        result.host = percent_decoded(authority.substr(0, colon));
        if (colon != authority.npos) port = authority.substr(colon + 1);
    }
    if (!is_host(result.host, bracketed)) return refused("url", "no host in it");
    result.port = result.secure() ? https_port : http_port;
    if (port.empty()) return {};
    const auto said = number<std::uint16_t>(port);
    if (!said) return refused("url", "the port is no number below 65536");
    result.port = *said;
    result.port_said = true;
    return {};
}

}  // namespace

std::string Url::authority() const {
    std::string result;
    const bool six = host.find(':') != host.npos;
    if (six) result += '[';
    result += host;
    if (six) result += ']';
    if (port != (secure() ? https_port : http_port)) {
        result += ':';
        result += std::to_string(port);
    }
    return result;
}

std::string Url::text() const {
    std::string result = scheme;
    return result.append("://").append(authority()).append(path);
}

Result<Url> url(std::string_view text, bool as_is) {
    if (text.size() > longest) return refused("url", "it has more than 64 KiB");
    for (const char c : text) {
        if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) {
            return refused("url", "a blank or a control character in it");
        }
    }
    Url result;
    if (const auto colon = text.find("://"); colon != text.npos && colon > 0) {
        const auto scheme = text.substr(0, colon);
        const bool word = std::ranges::all_of(scheme, [](char c) {
            return letter(c) || digit(c) || c == '+' || c == '-' || c == '.';
        });
        if (word) {
            result.scheme = scheme;
            std::ranges::transform(result.scheme, result.scheme.begin(), [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
            });
            text.remove_prefix(colon + 3);
            if (result.scheme != "http" && result.scheme != "https") {
                return refused("protocol", result.scheme);
            }
        }
    }
    text = text.substr(0, text.find('#'));
    const auto end = text.find_first_of("/?");
    TRY(read_authority(text.substr(0, end), result));
    if (end != text.npos) {
        result.path = text.substr(end);
        if (result.path[0] == '?') result.path.insert(0, 1, '/');
        if (!as_is) result.path = without_dots(result.path);
    }
    return result;
}

Result<Url> join_url(const Url& base, std::string_view location) {
    // Servers send blanks; browsers and curl take them.
    std::string clean;
    for (const char c : location) {
        if (c == ' ') {
            clean += "%20";
        } else {
            clean += c;
        }
    }
    location = clean;
    location = location.substr(0, location.find('#'));
    const auto colon = location.find(':');
    const auto slash = location.find_first_of("/?");
    if (colon != location.npos && colon < slash) {
        if (location.substr(colon, 3) != "://") {
            return refused("protocol", location.substr(0, colon));
        }
        return url(location);
    }
    std::string whole = base.scheme;
    if (location.starts_with("//")) return url(whole.append(":").append(location));
    whole.append("://").append(base.authority());
    const auto path = std::string_view(base.path).substr(0, base.path.find('?'));
    if (location.starts_with('/')) {
        whole += location;
    } else if (location.starts_with('?')) {
        whole.append(path).append(location);
    } else if (location.empty()) {
        whole += base.path;
    } else {
        whole.append(path.substr(0, path.rfind('/') + 1)).append(location);
    }
    return url(whole);
}

std::string percent_decoded(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = text[i] == '%' && i + 2 < text.size()
                              ? number<std::uint8_t>(text.substr(i + 1, 2), 16)
                              : std::nullopt;
        result += byte ? static_cast<char>(*byte) : text[i];
        if (byte) i += 2;
    }
    return result;
}

std::string percent_encoded(std::string_view text) {
    constexpr const char* digits = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        if (letter(c) || digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            result += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        result += '%';
        result += digits[byte >> 4];
        result += digits[byte & 15];
    }
    return result;
}

}  // namespace limpet::parse
