// frame.h - one frame of the connection between client and agent; docs/protocol.md is normative.
//
//   offset  size  field     little-endian
//   0       4     length    bytes of payload that follow this header
//   4       1     type      FrameType
//   5       1     stream    Stream, for data, end and credit; else 0
//   6       2     reserved  0
//   8       4     session   chosen by the client in open, each above the one before it, so that
//                           a frame for one that has just exited is told from a wrong number;
//                           0 for the connection's own frames (hello, ping, pong, error)
#pragma once

#include "limpet/limits.h"
#include "limpet/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace limpet {

enum class FrameType : std::uint8_t {
    hello = 1,   // both, first, once: Hello
    open = 2,    // client: Open
    data = 3,    // both: bytes of a stream, at most the credit that is left
    end = 4,     // both: no more bytes on this stream; a stream without one was cut short
    credit = 5,  // both: u32, bytes that the peer may send in addition on this stream
    signal = 6,  // client: u32, signal(7) number for the session's foreground
    resize = 7,  // client: u16 rows, u16 columns
    exit = 8,    // agent, last of a session, after its ends: Exit
    close = 9,   // client: kill the session and forget it (an exit still follows)
    ping = 10,   // both: u64, any value
    pong = 11,   // both: the ping's value
    error = 12,  // both, then the connection closes: text
};

enum class Stream : std::uint8_t { in = 0, out = 1, error = 2, aside = 3 };

struct FrameHeader {
    std::uint32_t length = 0;
    FrameType type = FrameType::hello;
    Stream stream = Stream::in;
    std::uint32_t session = 0;
};

inline constexpr std::size_t frame_header_size = 12;

// The largest payload that a frame of this type may announce.
constexpr std::size_t payload_limit(FrameType type) {
    switch (type) {
        case FrameType::data: return limits::data_payload;
        case FrameType::open: return limits::open_payload;
        case FrameType::hello:
        case FrameType::exit:
        case FrameType::error: return limits::control_payload;
        case FrameType::credit:
        case FrameType::signal:
        case FrameType::resize: return 4;
        case FrameType::ping:
        case FrameType::pong: return 8;
        case FrameType::end:
        case FrameType::close: return 0;
    }
    return 0;
}

// Frames of these types have exactly the size of payload_limit.
constexpr bool has_fixed_size(FrameType type) { return payload_limit(type) <= 8; }

// Frames of the connection itself, which name no session.
constexpr bool is_own(FrameType type) {
    return type == FrameType::hello || type == FrameType::ping || type == FrameType::pong ||
           type == FrameType::error;
}

constexpr bool has_stream(FrameType type) {
    return type == FrameType::data || type == FrameType::end || type == FrameType::credit;
}

inline std::array<std::byte, frame_header_size> encode(const FrameHeader& header) {
    std::array<std::byte, frame_header_size> bytes{};
    for (std::size_t i = 0; i < 4; ++i) {
        bytes[i] = static_cast<std::byte>(header.length >> (8 * i));
        bytes[8 + i] = static_cast<std::byte>(header.session >> (8 * i));
    }
    bytes[4] = static_cast<std::byte>(header.type);
    bytes[5] = static_cast<std::byte>(header.stream);
    return bytes;
}

// Refuses unknown types and streams, reserved bits, wrong lengths and fields that the type does not
// have: nothing is allocated for a frame before this has passed.
inline Result<FrameHeader> decode_header(std::span<const std::byte, frame_header_size> bytes) {
    const auto number = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            value |= std::to_integer<std::uint32_t>(bytes[at + i]) << (8 * i);
        }
        return value;
    };
    FrameHeader header;
    header.length = number(0);
    header.session = number(8);
    const auto type = std::to_integer<std::uint8_t>(bytes[4]);
    const auto stream = std::to_integer<std::uint8_t>(bytes[5]);
    if (type < 1 || type > 12) return refused("frame", "unknown type " + std::to_string(type));
    if (stream > 3) return refused("frame", "unknown stream " + std::to_string(stream));
    if (bytes[6] != std::byte{0} || bytes[7] != std::byte{0}) {
        return refused("frame", "reserved bits are set");
    }
    header.type = static_cast<FrameType>(type);
    header.stream = static_cast<Stream>(stream);
    const auto limit = payload_limit(header.type);
    if (header.length > limit || (has_fixed_size(header.type) && header.length != limit)) {
        return refused("frame", "payload of " + std::to_string(header.length) +
                                    " bytes in a frame of type " + std::to_string(type) + " (" +
                                    (has_fixed_size(header.type) ? "it has " : "at most ") +
                                    std::to_string(limit) + ")");
    }
    if (!has_stream(header.type) && stream != 0) {
        return refused("frame", "a stream in a frame of type " + std::to_string(type));
    }
    if (is_own(header.type) != (header.session == 0)) {
        return refused("frame", "session " + std::to_string(header.session) +
                                    " in a frame of type " + std::to_string(type));
    }
    return header;
}

}  // namespace limpet
