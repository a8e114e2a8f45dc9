// network/packet_owners.cpp - whose packets they are.
#include "commands/network/packet_owners.h"

#include "commands/network/sockets.h"
#include "parse/packet.h"

#include <ctime>

namespace limpet::commands {
namespace {

constexpr std::uint8_t tcp = 6, udp = 17;

struct Ends {
    std::uint8_t protocol = 0;
    std::uint16_t source = 0, destination = 0;
};

Ends ends_of(const parse::CapturedPacket& packet) {
    const parse::Bytes8 data(packet.data);
    std::size_t at = packet.link == parse::linktype::cooked2 ? 20 : 14;
    if (packet.link == parse::linktype::raw) at = 0;
    constexpr std::uint16_t tagged = 0x8100;
    if (packet.link == parse::linktype::ethernet && data.u16(12) == tagged) at += 4;
    const auto network = data.from(at);
    const bool six = network.u8(0) >> 4 == 6;
    const std::size_t header = six ? 40 : (network.u8(0) & 15U) * std::size_t{4};
    const auto transport = network.from(header);
    const auto protocol = network.u8(six ? 6 : 9);
    if ((protocol != tcp && protocol != udp) || !transport.has(4)) return {};
    return {protocol, transport.u16(0), transport.u16(2)};
}

std::uint32_t key(std::uint8_t protocol, std::uint16_t port) {
    return std::uint32_t{protocol} << 16 | port;
}

}  // namespace

void PacketOwners::look() {
    const auto now = std::time(nullptr);
    if (now == looked_) return;
    looked_ = now;
    const auto owners = socket_owners(target_);
    constexpr std::size_t most = 200'000;
    if (ports_.size() > most) ports_.clear();
    const SocketQuery query{.tcp = true, .udp = true};
    static_cast<void>(each_socket(target_, query, [&](parse::Socket&& socket) {
        if (socket.local.port == 0) return;
        const auto held = owners.of(socket.inode);
        if (held.empty()) return;
        auto& name =
            ports_[key(socket.protocol == parse::Protocol::tcp ? tcp : udp, socket.local.port)];
        name = owners.comms[held[0].comm];
        name += '[';
        name += std::to_string(held[0].pid);
        name += ']';
    }));
}

const std::string& PacketOwners::of(const parse::CapturedPacket& packet) {
    text_.clear();
    const auto ends = ends_of(packet);
    if (ends.protocol == 0) return text_;
    const auto find = [&](std::uint16_t port) -> const std::string* {
        const auto found = ports_.find(key(ends.protocol, port));
        return found == ports_.end() ? nullptr : &found->second;
    };
    if (!find(ends.source) && !find(ends.destination)) look();
    const auto* source = find(ends.source);
    const auto* destination = find(ends.destination);
    if (!source && !destination) return text_;
    text_ = source ? *source : "-";
    text_ += " > ";
    text_ += destination ? *destination : "-";
    return text_;
}

}  // namespace limpet::commands
