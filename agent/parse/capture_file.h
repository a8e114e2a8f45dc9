// parse/capture_file.h - files of captured packets: pcap and pcapng, read and written.
#pragma once

#include "limpet/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

// https://www.tcpdump.org/linktypes.html
namespace linktype {
inline constexpr std::uint16_t null = 0, ethernet = 1, raw_bsd = 12, raw = 101, loop = 108,
                               cooked = 113, four = 228, six = 229, cooked2 = 276;
}

struct CapturedPacket {
    std::span<const std::uint8_t> data = {};
    std::uint32_t length = 0;  // of the whole, of which data may be the beginning
    std::int64_t seconds = 0;  // since 1970
    std::uint32_t nanoseconds = 0;
    std::uint32_t interface = 0;  // of a pcapng file, or the kernel's number of a live one
    std::uint16_t link = linktype::ethernet;
    std::string_view comment = {};
};

// What is fed in pieces of exactly wants() bytes gives packets. An end of file is in order only
// where at_boundary().
class CaptureReader {
public:
    [[nodiscard]] std::size_t wants() const { return wants_; }
    [[nodiscard]] bool at_boundary() const { return boundary_; }
    // The packet lies in `bytes`. nullopt: more is needed first.
    Result<std::optional<CapturedPacket>> take(std::string_view bytes);
    // Of the first interface; what a filter is compiled for.
    [[nodiscard]] std::optional<std::uint16_t> link() const;

private:
    struct Interface {
        std::uint16_t link = 0;
        std::uint64_t ticks = 1'000'000;  // a second
    };
    enum class Step : std::uint8_t { magic, header, record, data, block, section, body };
    using Taken = Result<std::optional<CapturedPacket>>;
    Taken header(std::string_view bytes);
    Taken block(std::string_view bytes);
    Taken section(std::string_view bytes);
    Taken body(std::string_view bytes);
    Taken packet_block(std::string_view bytes);
    Taken interface_block(std::string_view bytes);
    void next(Step step, std::size_t wants, bool boundary = false);
    [[nodiscard]] std::uint16_t u16(std::string_view bytes, std::size_t at) const;
    [[nodiscard]] std::uint32_t u32(std::string_view bytes, std::size_t at) const;

    Step step_ = Step::magic;
    std::size_t wants_ = 4;
    bool boundary_ = true;
    bool swapped_ = false;
    std::uint32_t type_ = 0;  // of the block
    std::vector<Interface> interfaces_;
    CapturedPacket packet_;
};

// What such files begin with, and the bytes before each packet's own. `snapshot` is the most that
// is kept of a packet.
std::string pcap_header(std::uint16_t link, std::uint32_t snapshot);
void pcap_packet(std::string& out, const CapturedPacket& packet);

std::string pcapng_header(std::uint16_t link, std::uint32_t snapshot, std::string_view interface);
void pcapng_packet(std::string& out, const CapturedPacket& packet);
// Of the one interface, at the end: how many were captured, how many the kernel dropped.
void pcapng_statistics(std::string& out, std::uint64_t received, std::uint64_t dropped);

}  // namespace limpet::parse
