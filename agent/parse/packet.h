// parse/packet.h - a packet as tcpdump prints it.
#pragma once

#include "parse/capture_file.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

struct PacketStyle {
    int verbose = 0;
    bool link = false;      // -e
    bool quiet = false;     // -q
    bool absolute = false;  // -S: sequence numbers as they are
    // -x and -X: the bytes, in hexadecimal, with their characters; `whole`: with the link header.
    bool hexadecimal = false, characters = false, whole = false;
    bool text = false;  // -A
};

struct InterfaceName {
    std::uint32_t index = 0;
    std::string name;
};

// Bytes of a packet, from the front. What is beyond the end reads as 0, and short() says so.
class Bytes8 {
public:
    explicit Bytes8(std::span<const std::uint8_t> data) : data_(data) {}
    [[nodiscard]] std::size_t size() const { return data_.size(); }
    [[nodiscard]] bool has(std::size_t count) const { return data_.size() >= count; }
    [[nodiscard]] std::uint8_t u8(std::size_t at) const { return at < size() ? data_[at] : 0; }
    [[nodiscard]] std::uint16_t u16(std::size_t at) const {
        return static_cast<std::uint16_t>(u8(at) << 8 | u8(at + 1));
    }
    [[nodiscard]] std::uint32_t u32(std::size_t at) const {
        return std::uint32_t{u16(at)} << 16 | u16(at + 2);
    }
    [[nodiscard]] Bytes8 from(std::size_t at) const {
        return Bytes8(data_.subspan(std::min(at, size())));
    }
    [[nodiscard]] Bytes8 front(std::size_t count) const {
        return Bytes8(data_.first(std::min(count, size())));
    }
    [[nodiscard]] std::string_view text() const {
        return {reinterpret_cast<const char*>(data_.data()), size()};
    }
    [[nodiscard]] std::span<const std::uint8_t> span() const { return data_; }

private:
    std::span<const std::uint8_t> data_;
};

class PacketPrinter {
public:
    PacketPrinter(PacketStyle style, std::vector<InterfaceName> interfaces)
        : style_(style), interfaces_(std::move(interfaces)) {}
    // Everything behind the time, with a newline at the end. Valid until the next call.
    std::string_view print(const CapturedPacket& packet);

private:
    // One direction of a TCP connection is the other's reverse: where its numbers began.
    struct Connection {
        std::array<std::uint8_t, 36> key{};
        std::uint32_t sequence = 0, acknowledged = 0;
        bool used = false;
    };
    void put(const char* format, ...) __attribute__((format(printf, 2, 3)));
    void add(std::string_view text) { out_ += text; }
    void printable(std::string_view text);

    void link_layer(const CapturedPacket& packet);
    void ethernet(Bytes8 data, std::uint32_t length);
    void cooked(Bytes8 data, std::uint32_t length, bool second);
    bool network(std::uint16_t type, Bytes8 data, std::uint32_t length);
    void arp(Bytes8 data, std::uint32_t length, bool reverse);
    void four(Bytes8 data, std::uint32_t length);
    void six(Bytes8 data, std::uint32_t length);
    void transport(int family, std::uint8_t protocol, Bytes8 header, Bytes8 data,
                   std::uint32_t length);
    void tcp(int family, Bytes8 header, Bytes8 data, std::uint32_t length);
    void tcp_options(Bytes8 options, std::uint32_t sequence_base);
    void udp(int family, Bytes8 header, Bytes8 data, std::uint32_t length);
    void icmp(Bytes8 data, std::uint32_t length);
    void icmp6(Bytes8 data, std::uint32_t length);
    void ends(int family, Bytes8 header, int source = -1, int destination = -1);
    void ethernet_header(Bytes8 data, std::uint32_t length);
    void dns(Bytes8 data, std::uint32_t length);
    std::size_t dns_name(Bytes8 message, std::size_t at);
    std::size_t dns_record(Bytes8 message, std::size_t at);
    void application(Bytes8 data, std::uint16_t source, std::uint16_t destination);
    void hex(Bytes8 data);
    void ascii(Bytes8 data);
    Connection& connection(int family, Bytes8 header, std::uint16_t source,
                           std::uint16_t destination, bool& reversed, bool& fresh);

    PacketStyle style_;
    std::vector<InterfaceName> interfaces_;
    std::string out_;
    std::size_t network_at_ = 0;  // where the hexadecimal begins, unless it is whole
    std::vector<Connection> connections_;
};

// The name that a client asks for in its hello (server_name, RFC 6066); empty without.
std::string_view tls_server_name(std::span<const std::uint8_t> record);

}  // namespace limpet::parse
