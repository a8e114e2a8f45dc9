// forward/spec.h - what is forwarded, as it is typed: [[BIND:]LOCAL:][HOST:]PORT or a path.
#pragma once

#include "limpet/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::attach::forward {

// One end: a port of a host, or a unix socket. An empty host is the loopback interface of both
// families; to listen, "*" is every interface.
struct Place {
    std::string host;
    std::uint16_t port = 0;
    std::string path;  // of a unix socket

    [[nodiscard]] bool is_unix() const { return !path.empty(); }
};

struct Spec {
    Place listen, to;
};

// "8080", "8080:80", ":80", "8080:db:5432", "127.0.0.1:8080:80", "[::1]:8080:[fd00::1]:80",
// "8080:/run/app.sock", "./app.sock:80", "./app.sock:/run/app.sock".
Result<Spec> parse_spec(std::string_view text);
// Where --socks listens: "1080", "*:1080", "./proxy.sock".
Result<Place> parse_listen(std::string_view text);

// "127.0.0.1:80", "[::1]:80", "/run/app.sock"; of the loopback interface, "localhost:80".
std::string text_of(const Place& place);
// The addresses to try or to bind, where no name needs to be looked up; else empty.
std::vector<std::string> addresses_of(const Place& place);

}  // namespace limpet::attach::forward
