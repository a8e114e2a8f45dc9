// serve_test.cpp - sessions as a peer sees them: streams, credit, signals, the end.
#include "serve_peer.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

using namespace limpet;
using namespace limpet::testing;

namespace {

using Kind = Exit::Kind;

bool is(const std::optional<Exit>& exit, Kind kind, std::uint32_t value = 0) {
    return exit && exit->kind == kind && exit->value == value;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string data(std::uint32_t session, std::string_view bytes) {
    return frame(FrameType::data, session, bytes);
}

}  // namespace

TEST_CASE("a session's streams stay apart and its status comes last", "[serve]") {
    Peer peer;
    peer.open(1, {"say", "to out", "to error", "3"});
    CHECK(is(peer.exit(1), Kind::exited, 3));
    CHECK(peer.out(1) == "to out");
    CHECK(peer.out(1, Stream::error) == "to error");
    CHECK(peer.has_end(1, Stream::out));
    CHECK(peer.has_end(1, Stream::error));
    peer.open(2, {"signal", std::to_string(SIGKILL)});
    CHECK(is(peer.exit(2), Kind::signalled, SIGKILL));
    peer.hang_up();
    CHECK(peer.ended());
}

TEST_CASE("a session inherits its four descriptors and nothing else", "[serve]") {
    Peer peer;
    peer.open(1, {"inheritance"});
    CHECK(is(peer.exit(1), Kind::exited));
    CHECK(peer.out(1) == "0 1 2 3 4 ");  // 4 is where the test program's own report goes
}

TEST_CASE("input reaches the session and its end closes the pipe", "[serve]") {
    Peer peer;
    peer.open(1, {"copy"});
    peer.send(data(1, "one") + data(1, "") + data(1, " two") + frame(FrameType::end, 1));
    CHECK(is(peer.exit(1), Kind::exited));
    CHECK(peer.out(1) == "one two");
}

TEST_CASE("frames may come in pieces of any size", "[serve]") {
    Peer peer;
    Open open;
    open.arguments = {"copy"};
    const auto bytes = frame(FrameType::open, 1, encode(open)) + data(1, "piece by piece") +
                       frame(FrameType::end, 1);
    for (const char byte : bytes) {
        peer.send({&byte, 1});
        std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    CHECK(is(peer.exit(1), Kind::exited));
    CHECK(peer.out(1) == "piece by piece");
}

TEST_CASE("many sessions share a connection", "[serve]") {
    Peer peer;
    for (std::uint32_t id = 1; id <= 40; ++id) peer.open(id, {"copy"});
    for (std::uint32_t id = 40; id >= 1; --id) {
        peer.send(data(id, "input of " + std::to_string(id)) + frame(FrameType::end, id));
    }
    for (std::uint32_t id = 1; id <= 40; ++id) {
        CHECK(is(peer.exit(id), Kind::exited));
        CHECK(peer.out(id) == "input of " + std::to_string(id));
    }
}

TEST_CASE("an open of nearly a megabyte reaches the session", "[serve]") {
    Peer peer;
    std::vector<std::string> arguments{"count arguments"};
    for (int i = 0; i < 900; ++i) arguments.emplace_back(1000, 'x');
    peer.open(1, arguments);
    CHECK(is(peer.exit(1), Kind::exited));
    CHECK(peer.out(1) == "901");
}

TEST_CASE("output stops at the credit and goes on when more is granted", "[serve]") {
    Peer peer(true, 1000);
    peer.granting = false;
    peer.open(1, {"flood", "4"});
    std::string seen;
    while (seen.size() < 1000) seen += peer.receive_data();
    CHECK(seen == std::string(1000, 'f'));
    CHECK(peer.quiet(200));
    peer.send(frame(FrameType::credit, 1, number(24), Stream::out));
    CHECK(peer.receive_data() == std::string(24, 'f'));
    CHECK(peer.quiet(100));
    peer.granting = true;
    peer.send(frame(FrameType::credit, 1, number(500'000), Stream::out));
    CHECK(is(peer.exit(1), Kind::exited));
    CHECK(peer.out(1).size() == 4 * 1024 * 1024 - 1024);
}

TEST_CASE("one session without credit does not hold up another", "[serve]") {
    Peer peer;
    peer.granting = false;
    peer.open(1, {"flood", "8"});
    peer.open(2, {"say", "passing", "", "0"});
    CHECK(is(peer.exit(2), Kind::exited));
    CHECK(peer.out(2) == "passing");
}

TEST_CASE("input is granted as the session takes it, to the byte", "[serve]") {
    Peer peer;
    peer.open(1, {"copy"});
    peer.granting = false;
    // The initial credit, in frames; the copy goes nowhere beyond what we granted for out.
    const std::string block(limits::data_payload, 'i');
    for (std::size_t sent = 0; sent < limits::initial_credit; sent += block.size()) {
        peer.send(data(1, block));
    }
    std::size_t granted = 0;
    std::size_t copied = 0;
    while (granted < limits::initial_credit) {
        const auto received = peer.receive();
        REQUIRE(received);
        if (received->header.type == FrameType::credit) {
            CHECK(received->header.stream == Stream::in);
            granted += static_cast<unsigned char>(received->payload[2]) * 65536U +
                       static_cast<unsigned char>(received->payload[1]) * 256U +
                       static_cast<unsigned char>(received->payload[0]);
        } else {
            copied += received->payload.size();
        }
    }
    CHECK(granted == limits::initial_credit);
    CHECK(copied <= limits::initial_credit);
}

TEST_CASE("a session that closed its input ends all the same", "[serve]") {
    Peer peer;
    peer.open(1, {"ignore input"});
    for (int i = 0; i < 4; ++i) peer.send(data(1, std::string(limits::data_payload, 'x')));
    peer.send(frame(FrameType::end, 1));
    CHECK(is(peer.exit(1), Kind::exited));
}

TEST_CASE("a descendant that keeps the output open does not hold the exit", "[serve]") {
    Peer peer;
    const auto start = std::chrono::steady_clock::now();
    peer.open(1, {"leave behind", "3"});
    CHECK(is(peer.exit(1), Kind::exited));
    CHECK(peer.out(1) == "early");
    CHECK(seconds_since(start) < 2.5);
}

TEST_CASE("what was printed before the exit arrives however slow the peer is", "[serve]") {
    Peer peer(true, 4096);
    peer.open(1, {"flood", "1"});
    std::this_thread::sleep_for(std::chrono::milliseconds(600));  // beyond the lingering
    CHECK(is(peer.exit(1), Kind::exited));
    CHECK(peer.out(1).size() == 1024 * 1024);
}

TEST_CASE("signals, timeout and close end a session", "[serve]") {
    Peer peer;
    peer.open(1, {"sleep"});
    peer.send(frame(FrameType::signal, 1, number(SIGTERM)));
    CHECK(is(peer.exit(1), Kind::signalled, SIGTERM));

    peer.open(2, {"sleep"}, {.timeout = 100});
    CHECK(is(peer.exit(2), Kind::timed_out));

    auto start = std::chrono::steady_clock::now();
    peer.open(3, {"stubborn"}, {.timeout = 200});
    CHECK(is(peer.exit(3), Kind::timed_out));
    CHECK(peer.out(3) == "ready");
    CHECK(seconds_since(start) > 2.0);

    peer.open(4, {"sleep"});
    peer.send(frame(FrameType::close, 4));
    CHECK(is(peer.exit(4), Kind::signalled, SIGHUP));

    start = std::chrono::steady_clock::now();
    peer.open(5, {"stubborn"});
    REQUIRE(peer.receive_data() == "ready");
    peer.send(frame(FrameType::close, 5));
    CHECK(is(peer.exit(5), Kind::signalled, SIGKILL));
    CHECK(seconds_since(start) > 0.9);
    // Frames for sessions that have ended cross their exit: no violation.
    peer.send(frame(FrameType::close, 4) + data(2, "x") +
              frame(FrameType::credit, 1, number(5), Stream::out));
    peer.open(6, {"say", "on", "", "0"});
    CHECK(is(peer.exit(6), Kind::exited));
}

TEST_CASE("a terminal has its size from the start and follows a resize", "[serve]") {
    Peer peer;
    peer.open(1, {"terminal"}, {.tty = true, .rows = 31, .columns = 77});
    REQUIRE(peer.receive_data() == "31x77 utf8\r\n");
    PayloadWriter size;
    size.u16(40);
    size.u16(100);
    peer.send(frame(FrameType::resize, 1, size.take()) + data(1, "\n"));
    // The echo of the newline and the answer, in as many frames as they come.
    std::string seen;
    while (seen.find("utf8") == std::string::npos) seen += peer.receive_data();
    CHECK(seen == "\r\n40x100 utf8\r\n");
    // end closes nothing: the end-of-file character does.
    peer.send(frame(FrameType::end, 1));
    CHECK(peer.quiet(200));
    peer.open(2, {"terminal"}, {.tty = true});
    peer.send(data(2, "\x04"));
    CHECK(is(peer.exit(2), Kind::exited));
    CHECK(peer.out(2).starts_with("24x80 utf8\r\n"));
}

TEST_CASE("when the peer goes, its sessions and the server do", "[serve]") {
    for (const char* role : {"sleep", "stubborn", "flood"}) {
        CAPTURE(role);
        Peer peer;
        peer.granting = false;
        peer.open(1, {role, "64"});
        std::this_thread::sleep_for(std::chrono::milliseconds(150));
        peer.hang_up();
        CHECK(peer.ended());
    }
}

TEST_CASE("the server's memory does not grow with what it passes on", "[serve]") {
    const auto resident = [](pid_t pid) {
        const auto path = "/proc/" + std::to_string(pid) + "/statm";
        FILE* file = std::fopen(path.c_str(), "re");
        long pages = 0;
        REQUIRE(file);
        const int fields = std::fscanf(file, "%*d %ld", &pages);
        std::fclose(file);
        REQUIRE(fields == 1);
        return pages * ::sysconf(_SC_PAGESIZE);
    };
    Peer peer;
    peer.granting = false;
    const long idle = resident(peer.server());
    peer.open(1, {"flood", "256"});
    long highest = 0;
    std::size_t seen = 0;
    std::uint32_t owed = 0;
    while (seen < 256U * 1024 * 1024) {
        const auto bytes = peer.receive_data();
        REQUIRE_FALSE(bytes.empty());
        seen += bytes.size();
        owed += static_cast<std::uint32_t>(bytes.size());
        if (owed < limits::initial_credit / 2) continue;
        if (seen % 16 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        peer.send(frame(FrameType::credit, 1, number(std::exchange(owed, 0)), Stream::out));
        highest = std::max(highest, resident(peer.server()));
    }
    CHECK(seen == 256U * 1024 * 1024);
    CHECK(highest - idle < 8 * 1024 * 1024);
}
