// network/packet_sink.h - where captured packets go.
#pragma once

#include "commands/command.h"
#include "commands/network/packet_owners.h"
#include "commands/network/packet_ring.h"
#include "parse/packet.h"

#include <optional>

namespace limpet::commands {

// What tcpdump was asked for.
struct CaptureRequest {
    std::string filter;
    std::uint64_t count = UINT64_MAX;
    std::uint32_t snapshot = 262'144;
    std::size_t ring = std::size_t{16} * 1024 * 1024;
    int stamp = 0;  // how many -t
    parse::PacketStyle style;
};

// To people, or to a file.
class PacketSink {
public:
    PacketSink(Invocation& call, const CaptureRequest& request,
               std::vector<parse::InterfaceName> names)
        : call_(call), request_(request), printer_(request.style, std::move(names)) {}

    // Before the first packet: the file that -w names, and what it begins with.
    Result<> open(std::uint16_t link, std::string_view interface, bool live);
    // False when it was the last one that is wanted.
    bool take(const parse::CapturedPacket& packet);
    // What is to be seen at once.
    void flush();
    void finish(const PacketRing::Statistics* statistics);
    [[nodiscard]] bool failure() const {
        return (output_ ? *output_ : call_.out).failure().has_value();
    }
    [[nodiscard]] std::uint64_t taken() const { return taken_; }

private:
    void keep(const parse::CapturedPacket& packet);
    void clock(std::int64_t seconds, std::uint32_t nanoseconds);
    void stamp(const parse::CapturedPacket& packet);

    Invocation& call_;
    const CaptureRequest& request_;
    parse::PacketPrinter printer_;
    Fd file_;
    std::optional<Output> to_file_;
    Output* output_ = nullptr;
    bool classic_ = false;
    std::uint16_t link_ = 0;
    std::optional<PacketOwners> owners_;
    std::string record_;
    std::uint64_t taken_ = 0;
    std::int64_t before_ = 0;
};

}  // namespace limpet::commands
