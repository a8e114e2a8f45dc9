// parse/capture_file.cpp - files of captured packets: pcap and pcapng.
#include "parse/capture_file.h"

#include <bit>
#include <cstring>

namespace limpet::parse {
namespace {

constexpr std::uint32_t pcap_microseconds = 0xa1b2c3d4, pcap_nanoseconds = 0xa1b23c4d;
constexpr std::uint32_t section_block = 0x0a0d0d0a, byte_order = 0x1a2b3c4d;
constexpr std::uint32_t interface_type = 1, simple_type = 3, statistics_type = 5, packet_type = 6;
// Larger than any packet and its options; what says more is no such file.
constexpr std::size_t longest = std::size_t{16} * 1024 * 1024;

template <typename Number>
void put(std::string& out, Number value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

void option(std::string& out, std::uint16_t code, std::string_view value) {
    if (value.size() > UINT16_MAX - 4) value = value.substr(0, UINT16_MAX - 4);
    put(out, code);
    put(out, static_cast<std::uint16_t>(value.size()));
    out += value;
    out.append(padded(value.size()) - value.size(), '\0');
}

// The length of a block stands before and behind its body.
void close_block(std::string& out, std::size_t begin) {
    const auto size = static_cast<std::uint32_t>(out.size() - begin + 4);
    put(out, size);
    std::memcpy(out.data() + begin + 4, &size, sizeof size);
}

void open_block(std::string& out, std::uint32_t type) {
    put(out, type);
    put(out, std::uint32_t{0});
}

}  // namespace

std::uint16_t CaptureReader::u16(std::string_view bytes, std::size_t at) const {
    std::uint16_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return swapped_ ? std::byteswap(value) : value;
}

std::uint32_t CaptureReader::u32(std::string_view bytes, std::size_t at) const {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return swapped_ ? std::byteswap(value) : value;
}

std::optional<std::uint16_t> CaptureReader::link() const {
    return interfaces_.empty() ? std::nullopt : std::optional(interfaces_[0].link);
}

void CaptureReader::next(Step step, std::size_t wants, bool boundary) {
    step_ = step;
    wants_ = wants;
    boundary_ = boundary;
}

CaptureReader::Taken CaptureReader::take(std::string_view bytes) {
    switch (step_) {
        case Step::magic: {
            const auto magic = u32(bytes, 0);
            if (magic == section_block) {
                next(Step::section, 8);
                return std::nullopt;
            }
            const bool micro =
                magic == pcap_microseconds || std::byteswap(magic) == pcap_microseconds;
            const bool nano = magic == pcap_nanoseconds || std::byteswap(magic) == pcap_nanoseconds;
            if (!micro && !nano) return refused("read", "that is no file of packets");
            swapped_ = magic != pcap_microseconds && magic != pcap_nanoseconds;
            interfaces_.push_back({0, micro ? std::uint64_t{1'000'000} : 1'000'000'000});
            next(Step::header, 20);
            return std::nullopt;
        }
        case Step::header: return header(bytes);
        case Step::record: {
            const auto& interface = interfaces_[0];
            packet_ = {.length = u32(bytes, 12), .seconds = u32(bytes, 0), .link = interface.link};
            const auto fraction = u32(bytes, 4);
            packet_.nanoseconds = interface.ticks == 1'000'000 ? fraction % 1'000'000 * 1000
                                                               : fraction % 1'000'000'000;
            const auto captured = u32(bytes, 8);
            if (captured > longest) return refused("read", "a packet is longer than 16 MiB");
            next(Step::data, captured);
            return std::nullopt;
        }
        case Step::data:
            packet_.data = {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
            next(Step::record, 16, true);
            return packet_;
        case Step::block: return block(bytes);
        case Step::section: return section(bytes);
        case Step::body: return body(bytes);
    }
    return std::nullopt;
}

CaptureReader::Taken CaptureReader::header(std::string_view bytes) {
    if (u16(bytes, 0) != 2) return refused("read", "a version of pcap that nobody knows");
    // The upper half says how checksums at the end of frames are kept.
    interfaces_[0].link = static_cast<std::uint16_t>(u32(bytes, 16));
    next(Step::record, 16, true);
    return std::nullopt;
}

CaptureReader::Taken CaptureReader::block(std::string_view bytes) {
    type_ = u32(bytes, 0);
    if (type_ == section_block) {
        // Its length comes in a byte order that is told behind it.
        swapped_ = false;
        next(Step::section, 4);
        type_ = u32(bytes, 4);
        return std::nullopt;
    }
    const auto size = u32(bytes, 4);
    if (size < 12 || size > longest || size % 4 != 0) {
        return refused("read", "a block has an impossible length");
    }
    next(Step::body, size - 8);
    return std::nullopt;
}

CaptureReader::Taken CaptureReader::section(std::string_view bytes) {
    // The first one's length has not been read yet.
    const bool first = bytes.size() == 8;
    const auto order = u32(bytes, first ? 4 : 0);
    swapped_ = order != byte_order;
    if (swapped_ && std::byteswap(order) != byte_order) {
        return refused("read", "a section without its byte order");
    }
    const auto size = first ? u32(bytes, 0) : swapped_ ? std::byteswap(type_) : type_;
    if (size < 28 || size > longest || size % 4 != 0) {
        return refused("read", "a section has an impossible length");
    }
    interfaces_.clear();
    type_ = section_block;
    next(Step::body, size - 12);
    return std::nullopt;
}

CaptureReader::Taken CaptureReader::body(std::string_view bytes) {
    next(Step::block, 8, true);
    bytes.remove_suffix(4);
    if (type_ == interface_type) return interface_block(bytes);
    if (type_ == packet_type || type_ == simple_type) return packet_block(bytes);
    return std::nullopt;
}

CaptureReader::Taken CaptureReader::interface_block(std::string_view bytes) {
    constexpr std::size_t most = 4096;
    if (bytes.size() < 8 || interfaces_.size() >= most) {
        return refused("read", "an interface that makes no sense");
    }
    Interface interface{u16(bytes, 0)};
    bytes.remove_prefix(8);
    while (bytes.size() >= 4) {
        const auto code = u16(bytes, 0);
        const std::size_t size = u16(bytes, 2);
        if (code == 0 || padded(size) > bytes.size() - 4) break;
        constexpr std::uint16_t resolution = 9;
        if (code == resolution && size >= 1) {
            const auto value = static_cast<unsigned char>(bytes[4]);
            interface.ticks = 1;
            const unsigned power = value & 0x7fU;
            if (value & 0x80U) {
                interface.ticks <<= std::min(power, 40U);
            } else {
                for (unsigned i = 0; i < std::min(power, 15U); ++i) interface.ticks *= 10;
            }
        }
        bytes.remove_prefix(4 + padded(size));
    }
    interfaces_.push_back(interface);
    return std::nullopt;
}

CaptureReader::Taken CaptureReader::packet_block(std::string_view bytes) {
    const bool simple = type_ == simple_type;
    const std::size_t front = simple ? 4 : 20;
    if (bytes.size() < front) return refused("read", "a packet without its header");
    packet_ = {};
    packet_.interface = simple ? 0 : u32(bytes, 0);
    if (packet_.interface >= interfaces_.size()) {
        return refused("read", "a packet of an interface that is not there");
    }
    const auto& interface = interfaces_[packet_.interface];
    packet_.link = interface.link;
    packet_.length = u32(bytes, simple ? 0 : 16);
    std::size_t captured =
        simple ? std::min<std::size_t>(packet_.length, bytes.size() - front) : u32(bytes, 12);
    if (!simple) {
        const auto time = std::uint64_t{u32(bytes, 4)} << 32 | u32(bytes, 8);
        packet_.seconds = static_cast<std::int64_t>(time / interface.ticks);
        const auto rest = time % interface.ticks;
        packet_.nanoseconds = static_cast<std::uint32_t>(
            interface.ticks <= 1'000'000'000 ? rest * 1'000'000'000 / interface.ticks
                                             : rest / (interface.ticks / 1'000'000'000));
    }
    bytes.remove_prefix(front);
    if (captured > bytes.size()) return refused("read", "a packet longer than its block");
    packet_.data = {reinterpret_cast<const std::uint8_t*>(bytes.data()), captured};
    bytes.remove_prefix(std::min(padded(captured), bytes.size()));
    while (!simple && bytes.size() >= 4) {
        const auto code = u16(bytes, 0);
        const std::size_t size = u16(bytes, 2);
        if (code == 0 || padded(size) > bytes.size() - 4) break;
        if (code == 1 && packet_.comment.empty()) packet_.comment = bytes.substr(4, size);
        bytes.remove_prefix(4 + padded(size));
    }
    return packet_;
}

std::string pcap_header(std::uint16_t link, std::uint32_t snapshot) {
    std::string out;
    put(out, pcap_microseconds);
    put(out, std::uint16_t{2});
    put(out, std::uint16_t{4});
    put(out, std::uint64_t{0});
    put(out, snapshot);
    put(out, std::uint32_t{link});
    return out;
}

void pcap_packet(std::string& out, const CapturedPacket& packet) {
    put(out, static_cast<std::uint32_t>(packet.seconds));
    put(out, packet.nanoseconds / 1000);
    put(out, static_cast<std::uint32_t>(packet.data.size()));
    put(out, packet.length);
    out.append(reinterpret_cast<const char*>(packet.data.data()), packet.data.size());
}

std::string pcapng_header(std::uint16_t link, std::uint32_t snapshot, std::string_view interface) {
    std::string out;
    open_block(out, section_block);
    put(out, byte_order);
    put(out, std::uint16_t{1});
    put(out, std::uint16_t{0});
    put(out, UINT64_MAX);
    option(out, 4, "limpet");
    put(out, std::uint32_t{0});
    close_block(out, 0);
    const auto begin = out.size();
    open_block(out, interface_type);
    put(out, link);
    put(out, std::uint16_t{0});
    put(out, snapshot);
    option(out, 2, interface);
    option(out, 9, "\x09");
    put(out, std::uint32_t{0});
    close_block(out, begin);
    return out;
}

void pcapng_packet(std::string& out, const CapturedPacket& packet) {
    const auto begin = out.size();
    open_block(out, packet_type);
    put(out, std::uint32_t{0});
    const auto time =
        static_cast<std::uint64_t>(packet.seconds) * 1'000'000'000 + packet.nanoseconds;
    put(out, static_cast<std::uint32_t>(time >> 32));
    put(out, static_cast<std::uint32_t>(time));
    put(out, static_cast<std::uint32_t>(packet.data.size()));
    put(out, packet.length);
    out.append(reinterpret_cast<const char*>(packet.data.data()), packet.data.size());
    out.append(padded(packet.data.size()) - packet.data.size(), '\0');
    if (!packet.comment.empty()) {
        option(out, 1, packet.comment);
        put(out, std::uint32_t{0});
    }
    close_block(out, begin);
}

void pcapng_statistics(std::string& out, std::uint64_t received, std::uint64_t dropped) {
    const auto begin = out.size();
    open_block(out, statistics_type);
    put(out, std::uint32_t{0});
    put(out, std::uint64_t{0});
    const auto counter = [&](std::uint16_t code, const std::uint64_t& value) {
        option(out, code, {reinterpret_cast<const char*>(&value), sizeof value});
    };
    counter(4, received);
    counter(5, dropped);
    put(out, std::uint32_t{0});
    close_block(out, begin);
}

}  // namespace limpet::parse
