// network/packet_ring.h - packets of an interface, by a ring that the kernel fills: packet(7).
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"
#include "parse/bpf.h"
#include "parse/capture_file.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace limpet::commands {

struct CaptureInterface {
    std::string name;
    std::uint32_t index = 0;  // 0: all of them
    std::uint16_t type = 0;   // ARPHRD_*
    std::uint32_t flags = 0;  // IFF_*
};
// Those of the namespace that we stand in, in the kernel's order.
Result<std::vector<CaptureInterface>> capture_interfaces();

// Whether what is captured there begins with a header of ours instead of the link's.
[[nodiscard]] bool is_cooked(const CaptureInterface& interface);
[[nodiscard]] std::uint16_t link_of(const CaptureInterface& interface);

class PacketRing {
public:
    // `filter` runs in the kernel from the first packet on; one copy of what a loopback interface
    // sends to itself is left out. `loopback` is its index, or 0.
    static Result<PacketRing> open(const CaptureInterface& interface,
                                   const parse::BpfProgram& filter, std::uint32_t loopback,
                                   std::size_t size);
    PacketRing(PacketRing&& other) noexcept;
    PacketRing& operator=(PacketRing&&) = delete;
    PacketRing(const PacketRing&) = delete;
    PacketRing& operator=(const PacketRing&) = delete;
    ~PacketRing();

    // Waits for the kernel to hand over a block of packets, or for that long. `visit` gets each of
    // them, as long as it returns true. EINTR when a signal came.
    Result<> wait(int milliseconds, const std::function<bool(const parse::CapturedPacket&)>& visit);

    struct Statistics {
        std::uint64_t received = 0, dropped = 0;
    };
    // Since it was opened.
    Statistics statistics();

private:
    PacketRing() = default;
    bool visit_block(std::uint8_t* block,
                     const std::function<bool(const parse::CapturedPacket&)>& visit);
    bool visit_packet(const std::uint8_t* at,
                      const std::function<bool(const parse::CapturedPacket&)>& visit);

    Fd socket_;
    std::uint8_t* ring_ = nullptr;
    std::size_t blocks_ = 0, next_ = 0;
    std::uint16_t link_ = 0;
    std::string rebuilt_;  // a packet with a header that the kernel keeps beside it
    Statistics statistics_;
};

}  // namespace limpet::commands
