// serve_violation_test.cpp - a peer that breaks the protocol is told how, and sent away.
#include "serve_peer.h"

#include <catch2/catch.hpp>

#include <functional>

using namespace limpet;
using namespace limpet::testing;

namespace {

struct Violation {
    const char* name;
    std::function<void(Peer&)> act;
    const char* reason;
};

std::string hello(std::uint32_t protocol) {
    return frame(FrameType::hello, 0, encode(Hello{.protocol = protocol, .software = "test"}));
}

const Violation violations[]{
    {"a second hello", [](Peer& peer) { peer.send(hello(1)); }, "hello: a second one"},
    {"an exit", [](Peer& peer) { peer.send(frame(FrameType::exit, 1)); },
     "exit: only the agent sends it"},
    {"a session that was never opened",
     [](Peer& peer) { peer.send(frame(FrameType::data, 1, "x")); }, "session: 1 was never opened"},
    {"a session number again",
     [](Peer& peer) {
         peer.open(3, {"sleep"});
         peer.open(3, {"sleep"});
     },
     "open: session 3 is not above the last, 3"},
    {"data on the agent's stream",
     [](Peer& peer) {
         peer.open(1, {"sleep"});
         peer.send(frame(FrameType::data, 1, "x", Stream::out));
     },
     "data: on a stream of the agent"},
    {"data beyond the credit",
     [](Peer& peer) {
         peer.open(1, {"sleep"});
         for (int i = 0; i < 9; ++i) {
             peer.send(frame(FrameType::data, 1, std::string(limits::data_payload, 'x')));
         }
     },
     "data: more than the credit that is left"},
    {"data after the end",
     [](Peer& peer) {
         peer.open(1, {"sleep"});
         peer.send(frame(FrameType::end, 1) + frame(FrameType::data, 1, "x"));
     },
     "data: after the end of the stream"},
    {"two ends",
     [](Peer& peer) {
         peer.open(1, {"sleep"});
         peer.send(frame(FrameType::end, 1) + frame(FrameType::end, 1));
     },
     "end: twice on one stream"},
    {"credit for the peer's own stream",
     [](Peer& peer) {
         peer.open(1, {"sleep"});
         peer.send(frame(FrameType::credit, 1, number(1)));
     },
     "credit: for a stream that the peer sends"},
    {"credit without end",
     [](Peer& peer) {
         peer.open(1, {"sleep"});
         peer.send(frame(FrameType::credit, 1, number(0x7fffffff), Stream::out));
     },
     "credit: beyond 2 GiB"},
    {"a signal that is none",
     [](Peer& peer) {
         peer.open(1, {"sleep"});
         peer.send(frame(FrameType::signal, 1, number(65)));
     },
     "signal: 65 is not a signal"},
    {"a resize without a terminal",
     [](Peer& peer) {
         peer.open(1, {"sleep"});
         peer.send(frame(FrameType::resize, 1, number(1)));
     },
     "resize: the session has no terminal"},
    {"an open that ends early", [](Peer& peer) { peer.send(frame(FrameType::open, 1, "\x01")); },
     "message: it ends early"},
    {"an oversized frame",
     [](Peer& peer) {
         peer.send(std::string("\xff\xff\xff\xff\x03\x00\x00\x00\x01\x00\x00\x00", 12));
     },
     "frame: payload of 4294967295 bytes in a frame of type 3 (at most 262144)"},
    {"an unknown type",
     [](Peer& peer) {
         peer.send(std::string("\x00\x00\x00\x00\x0d\x00\x00\x00\x01\x00\x00\x00", 12));
     },
     "frame: unknown type 13"},
};

}  // namespace

TEST_CASE("a violation ends the connection and its sessions, with the reason", "[serve]") {
    for (const auto& violation : violations) {
        CAPTURE(violation.name);
        Peer peer;
        violation.act(peer);
        CHECK(peer.closed() == violation.reason);
        CHECK(peer.ended());
    }
}

TEST_CASE("a peer of another version is told both", "[serve]") {
    Peer peer(false);
    peer.send(hello(7));
    CHECK(peer.closed() == "hello: limpet-agent 0.1.0 speaks protocol 2, the peer 7");
    CHECK(peer.ended());
}

TEST_CASE("a peer that does not begin with a hello is refused", "[serve]") {
    Peer first(false);
    first.send(frame(FrameType::open, 1, encode(Open{})));
    CHECK(first.closed() == "hello: another frame came first");
    Peer second(false);
    second.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(second.closed().starts_with("frame: "));
    Peer third(false);
    third.send(frame(FrameType::hello, 0, std::string(24, 'x')));
    CHECK(third.closed() == "hello: this is not limpet's protocol");
}

TEST_CASE("a peer that says nothing is given up", "[serve]") {
    Peer peer(false);
    REQUIRE(peer.receive()->header.type == FrameType::hello);
    CHECK(peer.closed() == "no hello came in 5 s");
    CHECK(peer.ended());
}

TEST_CASE("a truncated frame is the end, not a violation", "[serve]") {
    Peer peer;
    peer.open(1, {"sleep"});
    peer.send(std::string("\x05\x00\x00\x00\x03", 5));
    peer.hang_up();
    CHECK(peer.ended());
}

TEST_CASE("pings are answered, also those that nobody waits for", "[serve]") {
    Peer peer;
    peer.send(frame(FrameType::ping, 0, "12345678"));
    const auto pong = peer.receive();
    REQUIRE(pong);
    CHECK(pong->header.type == FrameType::pong);
    CHECK(pong->payload == "12345678");
    for (int i = 0; i < 20'000; ++i) peer.send(frame(FrameType::ping, 0, "floodin."));
    peer.open(1, {"say", "still here", "", "0"});
    CHECK(peer.exit(1));
    CHECK(peer.out(1) == "still here");
}
