// relay.cpp - the bytes of the other end of a forward: violations are told, whatever passes is
// within what was granted, and the same however it is cut.
#include "limpet/relay.h"

#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace limpet;

struct Outcome {
    bool refused = false;
    std::string events, queued;
    std::size_t lines = 0;
    bool operator==(const Outcome&) const = default;
};

Outcome take(std::string_view bytes, std::size_t step) {
    Relay relay(Stream::in);
    Outcome outcome;
    Fd far[2];
    for (std::uint32_t id = 1; id <= 2; ++id) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0) std::abort();
        relay.begin(id, Fd(ends[0]), 100);
        far[id - 1].reset(ends[1]);
    }
    while (!bytes.empty() && !outcome.refused) {
        auto part = bytes.substr(0, step);
        bytes.remove_prefix(part.size());
        for (;;) {
            const auto event = relay.take(part);
            if (!event) outcome.refused = true;
            if (!event || !*event) break;
            const auto& [type, id, number, payload] = **event;
            outcome.events += std::to_string(static_cast<int>(type)) + ' ' + std::to_string(id) +
                              ' ' + std::to_string(number) + ' ' + payload + '\n';
        }
    }
    outcome.queued = relay.queued();
    // What is over is swept when there is time.
    outcome.lines = outcome.refused ? 0 : relay.lines();
    std::vector<pollfd> polled;
    relay.prepare(polled);
    if (polled.size() != relay.lines()) std::abort();
    ::poll(polled.data(), polled.size(), 0);
    relay.turn(polled.data());
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto whole = take(bytes, size + 1);
    if (whole != take(bytes, 1) || whole != take(bytes, 5)) std::abort();
    return 0;
}
