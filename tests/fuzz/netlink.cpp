// netlink.cpp - fuzzes the messages of rtnetlink and sock_diag.
#include "parse/rtnetlink.h"
#include "parse/sock_diag.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace limpet::parse;
    const auto bytes = std::as_bytes(std::span(data, size));
    link(bytes);
    interface_address(bytes);
    route(bytes);
    neighbour(bytes);
    rule(bytes);
    inet_diag(Protocol::tcp, bytes);
    unix_diag(bytes);
    return 0;
}
