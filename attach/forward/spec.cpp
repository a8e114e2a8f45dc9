// forward/spec.cpp - what is forwarded, as it is typed.
#include "attach/forward/spec.h"

#include <arpa/inet.h>

#include <charconv>
#include <optional>

namespace limpet::attach::forward {
namespace {

std::unexpected<Error> wrong(std::string_view text, std::string_view why) {
    return refused("'" + std::string(text) + "'", why);
}

bool is_path(std::string_view word) {
    return word.starts_with('/') || word.starts_with("./") || word.starts_with("../") ||
           word.starts_with('@');
}

// Parts between colons; those inside of brackets belong to an address.
std::optional<std::vector<std::string>> parts_of(std::string_view text) {
    std::vector<std::string> parts(1);
    bool bracketed = false;
    for (const char c : text) {
        if (c == '[' && parts.back().empty() && !bracketed) {
            bracketed = true;
        } else if (c == ']' && bracketed) {
            bracketed = false;
        } else if (c == ':' && !bracketed) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    if (bracketed) return std::nullopt;
    return parts;
}

std::optional<std::uint16_t> port_of(std::string_view word) {
    std::uint16_t port = 0;
    const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), port);
    if (problem != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    return port;
}

// A name or an address; what no resolver would take is told at once.
bool is_host(std::string_view word) {
    if (word.empty() || word.size() > 255 || word.starts_with('-')) return false;
    for (const char c : word) {
        if (static_cast<unsigned char>(c) <= ' ' || c == '/' || c == 0x7f) return false;
    }
    return true;
}

}  // namespace

Result<Spec> parse_spec(std::string_view text) {
    const auto split = parts_of(text);
    if (!split) return wrong(text, "a bracket is not closed");
    auto parts = *split;
    Spec spec;
    // From the right: where to.
    if (is_path(parts.back())) {
        spec.to.path = parts.back();
        parts.pop_back();
        if (parts.empty()) return wrong(text, "where to listen is missing: LOCAL:PATH");
    } else {
        const auto port = port_of(parts.back());
        if (!port || *port == 0) return wrong(text, "it does not end in a port or a path");
        spec.to.port = *port;
        parts.pop_back();
        if (parts.empty()) {
            spec.listen.port = *port;
            return spec;
        }
        // What is no number is a host; so is the second of three, and the third of four.
        const bool host =
            parts.size() == 3 ||
            (parts.size() == 2 && (port_of(parts[0]) || parts[0].empty() || is_path(parts[0])));
        if (host) {
            spec.to.host = parts.back();
            if (!is_host(spec.to.host)) return wrong(text, "a host is none");
            parts.pop_back();
        }
    }
    if (parts.size() == 1 && is_path(parts[0])) {
        if (parts[0].starts_with('@')) return wrong(text, "an abstract name cannot be listened on");
        spec.listen.path = parts[0];
        return spec;
    }
    if (parts.size() > 2) return wrong(text, "it has too many parts");
    const auto local =
        parts.back().empty() ? std::optional<std::uint16_t>(0) : port_of(parts.back());
    if (!local) return wrong(text, "the port to listen on is none");
    spec.listen.port = *local;
    if (parts.size() == 2) {
        spec.listen.host = parts[0].empty() ? "*" : parts[0];
        if (addresses_of(spec.listen).empty()) {
            return wrong(text, "what to listen on is no address: a number, localhost or *");
        }
    }
    return spec;
}

Result<Place> parse_listen(std::string_view text) {
    // The same, with somewhere to go.
    if (is_path(text)) {
        auto spec = TRY(parse_spec(std::string(text) + ":1"));
        return std::move(spec.listen);
    }
    const auto parts = parts_of(text);
    if (!parts || parts->size() > 2 || !port_of(parts->back())) {
        return wrong(text, "it is no port to listen on: PORT, ADDRESS:PORT or a path");
    }
    auto spec = TRY(parse_spec(std::string(text) + ":1"));
    return std::move(spec.listen);
}

std::string text_of(const Place& place) {
    if (place.is_unix()) return place.path;
    const auto& host = place.host.empty() ? "localhost" : place.host;
    const bool six = host.find(':') != host.npos;
    return (six ? "[" + host + "]" : host) + ':' + std::to_string(place.port);
}

std::vector<std::string> addresses_of(const Place& place) {
    if (place.host.empty() || place.host == "localhost") return {"127.0.0.1", "::1"};
    if (place.host == "*") return {"0.0.0.0", "::"};
    in6_addr address{};
    if (::inet_pton(AF_INET, place.host.c_str(), &address) == 1 ||
        ::inet_pton(AF_INET6, place.host.c_str(), &address) == 1) {
        return {place.host};
    }
    return {};
}

}  // namespace limpet::attach::forward
