// parse/socket.cpp - lines of /proc/PID/net, proc_pid_net(5).
#include "parse/socket.h"

#include "parse/lines.h"
#include "parse/number.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace limpet::parse {
namespace {

// "0100007F:0050": 32-bit words as the machine stores them, the port in hexadecimal.
std::optional<Address> hexadecimal(std::string_view word) {
    const auto digits = take(word, ':');
    const auto port = number<std::uint16_t>(word, 16);
    if ((digits.size() != 8 && digits.size() != 32) || !port) return std::nullopt;
    Address result;
    result.family = digits.size() == 8 ? AF_INET : AF_INET6;
    result.port = *port;
    for (std::size_t i = 0; i < digits.size() / 8; ++i) {
        const auto value = number<std::uint32_t>(digits.substr(i * 8, 8), 16);
        if (!value) return std::nullopt;
        std::memcpy(&result.bytes[i * 4], &*value, 4);
    }
    return result;
}

}  // namespace

bool Address::any() const {
    return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

void append_text(std::string& to, const Address& address) {
    char buffer[INET6_ADDRSTRLEN];
    if (address.family != AF_INET) {
        const char* found = ::inet_ntop(AF_INET6, address.bytes.data(), buffer, sizeof buffer);
        to += found ? found : "?";
        return;
    }
    // inet_ntop(3) prints by snprintf(3), which is what a list of 10^5 sockets would wait for.
    char* end = buffer;
    for (std::size_t i = 0; i < 4; ++i) {
        const auto byte = address.bytes[i];
        if (byte >= 100) *end++ = static_cast<char>('0' + byte / 100);
        if (byte >= 10) *end++ = static_cast<char>('0' + byte / 10 % 10);
        *end++ = static_cast<char>('0' + byte % 10);
        *end++ = '.';
    }
    to.append(buffer, end - 1);
}

std::string text(const Address& address) {
    std::string result;
    append_text(result, address);
    return result;
}

std::optional<Address> numeric_address(const std::string& text) {
    Address result;
    result.family = text.contains(':') ? AF_INET6 : AF_INET;
    if (::inet_pton(result.family, text.c_str(), result.bytes.data()) != 1) return std::nullopt;
    return result;
}

std::optional<Prefix> prefix(std::string_view text) {
    const auto slash = std::min(text.find('/'), text.size());
    const auto address = numeric_address(std::string(text.substr(0, slash)));
    if (!address) return std::nullopt;
    const std::uint8_t whole = address->family == AF_INET ? 32 : 128;
    const auto length = slash == text.size() ? whole : number<std::uint8_t>(text.substr(slash + 1));
    if (!length || *length > whole) return std::nullopt;
    return Prefix{*address, *length};
}

bool within(const Address& address, const Prefix& prefix) {
    if (address.family != prefix.address.family) return false;
    const std::size_t whole = prefix.length / 8;
    const unsigned rest = prefix.length % 8;
    const auto& other = prefix.address.bytes;
    return std::memcmp(address.bytes.data(), other.data(), whole) == 0 &&
           (rest == 0 || ((address.bytes[whole] ^ other[whole]) >> (8 - rest)) == 0);
}

std::string text_with_port(const Address& address) {
    auto host = text(address);
    if (address.family == AF_INET6) host = "[" + host + "]";
    return host + ":" + (address.port ? std::to_string(address.port) : "*");
}

std::string_view state_name(std::uint8_t state) {
    constexpr std::array<std::string_view, 13> names{
        "UNKNOWN", "ESTAB",      "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2",  "TIME-WAIT",
        "UNCONN",  "CLOSE-WAIT", "LAST-ACK", "LISTEN",   "CLOSING",    "NEW-SYN-RECV"};
    return state < names.size() ? names[state] : names[0];
}

std::string_view protocol_name(Protocol protocol) {
    switch (protocol) {
        case Protocol::tcp: return "tcp";
        case Protocol::udp: return "udp";
        case Protocol::raw: return "raw";
        case Protocol::unix_: return "unix";
    }
    return "?";
}

// sl local rem st tx:rx tr:when retransmits uid timeout inode …
std::optional<Socket> inet_socket(Protocol protocol, std::string_view line, std::uint64_t ticks) {
    take_word(line);
    const auto local = hexadecimal(take_word(line));
    const auto remote = hexadecimal(take_word(line));
    const auto state = number<std::uint8_t>(take_word(line), 16);
    auto queues = take_word(line);
    auto timer = take_word(line);
    const auto retransmits = number<std::uint32_t>(take_word(line), 16);
    const auto uid = number<std::uint32_t>(take_word(line));
    take_word(line);
    const auto inode = number<std::uint64_t>(take_word(line));
    if (!local || !remote || !state || !inode || !uid || !retransmits) return std::nullopt;
    Socket socket;
    socket.protocol = protocol;
    socket.local = *local;
    socket.remote = *remote;
    socket.state = *state;
    socket.send_queue = number<std::uint64_t>(take(queues, ':'), 16).value_or(0);
    socket.receive_queue = number<std::uint64_t>(queues, 16).value_or(0);
    socket.timer = number<std::uint8_t>(take(timer, ':'), 16).value_or(0);
    const auto when = number<std::uint64_t>(timer, 16).value_or(0);
    socket.timer_expires = ticks && when < UINT64_MAX / 1000 ? when * 1000 / ticks : 0;
    socket.retransmits = *retransmits;
    socket.uid = *uid;
    socket.inode = *inode;
    return socket;
}

// Num RefCount Protocol Flags Type St Inode Path
std::optional<Socket> unix_socket(std::string_view line) {
    constexpr std::uint32_t accepts = 0x10000;  // __SO_ACCEPTCON
    take_word(line);
    const auto references = number<std::uint32_t>(take_word(line), 16);
    take_word(line);
    const auto flags = number<std::uint32_t>(take_word(line), 16);
    const auto type = number<std::uint16_t>(take_word(line), 16);
    const auto state = number<std::uint8_t>(take_word(line), 16);
    const auto inode = number<std::uint64_t>(take_word(line));
    if (!flags || !type || !state || !inode) return std::nullopt;
    Socket socket;
    socket.protocol = Protocol::unix_;
    socket.unix_type = *type;
    // SS_CONNECTED is 3; a listening socket is SS_UNCONNECTED with its flag.
    socket.state = *state == 3 ? 1 : (*flags & accepts) ? 10 : 7;
    socket.inode = *inode;
    socket.references = references.value_or(0);
    socket.accepts = *flags & accepts;
    if (line.starts_with(' ')) socket.path = line.substr(1);
    return socket;
}

}  // namespace limpet::parse
