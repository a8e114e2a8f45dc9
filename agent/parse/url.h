// parse/url.h - where something is (RFC 3986), of http and https.
#pragma once

#include "limpet/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace limpet::parse {

struct Url {
    std::string scheme = "http";
    std::string user;  // "name:password" as it stands there, decoded
    std::string host;  // without the brackets of an IPv6 address
    std::uint16_t port = 0;
    bool port_said = false;
    std::string path = "/";  // with its query; never the fragment

    [[nodiscard]] bool secure() const { return scheme == "https"; }
    // "example.com", "[::1]:8080": as the Host field has it.
    [[nodiscard]] std::string authority() const;
    [[nodiscard]] std::string text() const;
};

// "example.com" is "http://example.com/". Blanks, control characters, and schemes other than http
// and https (the error says which) are refused; "/../" is resolved unless `as_is`.
Result<Url> url(std::string_view text, bool as_is = false);
// What a Location field says, seen from there.
Result<Url> join_url(const Url& base, std::string_view location);

// "%41" to "A"; and back for what may stand in a query.
std::string percent_decoded(std::string_view text);
std::string percent_encoded(std::string_view text);

}  // namespace limpet::parse
