// network/packet_owners.h - whose packets they are: the processes that hold the sockets.
#pragma once

#include "parse/capture_file.h"
#include "target/target.h"

#include <cstdint>
#include <string>
#include <unordered_map>

namespace limpet::commands {

// Looks for sockets and their processes again when a port is not known, but at most once a second:
// what lives shorter may stay without a name.
class PacketOwners {
public:
    explicit PacketOwners(const target::Target& target) : target_(target) {}
    // "curl[71] > nginx[1]", an end that is not known (another machine's) as "-"; empty when
    // neither is.
    const std::string& of(const parse::CapturedPacket& packet);

private:
    using Ports = std::unordered_map<std::uint32_t, std::string>;  // protocol and port
    void look();
    const target::Target& target_;
    Ports ports_;
    std::string text_;
    std::int64_t looked_ = -1;
};

}  // namespace limpet::commands
