// socks.cpp - a SOCKS handshake by anybody on this machine: never more bytes than were wanted, one
// end, and the same however it arrives.
#include "attach/forward/socks.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using limpet::attach::forward::Socks;

struct Outcome {
    Socks::State state = Socks::State::reading;
    std::size_t taken = 0;
    std::string reply, host;
    std::uint16_t port = 0;
    bool operator==(const Outcome&) const = default;
};

Outcome shake(std::string_view bytes, std::size_t step) {
    Socks socks;
    Outcome outcome;
    while (outcome.state == Socks::State::reading && outcome.taken < bytes.size()) {
        const auto wanted = socks.wanted();
        if (wanted == 0 || wanted > 258) std::abort();
        const auto part = bytes.substr(outcome.taken, wanted < step ? wanted : step);
        outcome.taken += part.size();
        outcome.state = socks.take(part, outcome.reply);
    }
    outcome.host = socks.host();
    outcome.port = socks.port();
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto whole = shake(bytes, 1024);
    if (whole != shake(bytes, 1) || whole != shake(bytes, 3)) std::abort();
    if (whole.reply.size() > 12) std::abort();
    if (whole.state != Socks::State::asked) return 0;
    if (whole.reply != std::string_view("\x05\x00", 2)) std::abort();
    if (whole.host.empty() || whole.host.size() > 255 || whole.host[0] == '-') std::abort();
    for (const char c : whole.host) {
        if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) std::abort();
    }
    return 0;
}
