// socket.cpp - fuzzes the lines of /proc/net and the files of addresses.
#include "parse/socket.h"
#include "parse/net_addresses.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace limpet::parse;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto socket = inet_socket(Protocol::tcp, text, 100)) text_with_port(socket->local);
    unix_socket(text);
    local_addresses(text);
    local_addresses6(text);
    return 0;
}
