// client_forward_test.cpp - what is forwarded as it is typed, the SOCKS handshake, the relay.
#include "attach/forward/socks.h"
#include "attach/forward/spec.h"
#include "limpet/relay.h"

#include <catch2/catch.hpp>

#include <fcntl.h>

using namespace limpet;
using namespace limpet::attach::forward;

namespace {

std::string spec_text(std::string_view word) {
    const auto spec = parse_spec(word);
    return spec ? text_of(spec->listen) + " " + text_of(spec->to) : text(spec.error());
}

// What one end of a relay has to say, taken by the other: its events.
std::vector<Relay::Event> pass(Relay& from, Relay& to, std::size_t step = 1 << 20) {
    std::vector<Relay::Event> events;
    while (!from.queued().empty()) {
        const std::string part(from.queued().substr(0, step));
        from.sent(part.size());
        std::string_view bytes(part);
        for (;;) {
            auto event = to.take(bytes);
            REQUIRE(event);
            if (!*event) break;
            events.push_back(**event);
        }
    }
    return events;
}

void turn(Relay& relay) {
    std::vector<pollfd> polled;
    relay.prepare(polled);
    ::poll(polled.data(), polled.size(), 0);
    relay.turn(polled.data());
}

struct Pair {
    Fd ours, theirs;
    Pair() {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
        ours.reset(ends[0]);
        theirs.reset(ends[1]);
    }
};

std::string read_all(const Fd& fd) {
    std::string text;
    char bytes[65536];
    for (ssize_t got; (got = ::read(fd.get(), bytes, sizeof bytes)) > 0;) {
        text.append(bytes, static_cast<std::size_t>(got));
    }
    return text;
}

std::string refusal(std::string_view bytes) {
    Relay relay(Stream::in);
    for (;;) {
        const auto event = relay.take(bytes);
        if (!event) return text(event.error());
        if (!*event) return "taken";
    }
}

std::string frame(FrameType type, std::uint32_t id, std::string_view payload, Stream stream) {
    const auto head =
        encode(FrameHeader{static_cast<std::uint32_t>(payload.size()), type, stream, id});
    return std::string(reinterpret_cast<const char*>(head.data()), head.size()) +
           std::string(payload);
}

}  // namespace

TEST_CASE("what is forwarded is understood as ssh and kubectl have it", "[forward]") {
    CHECK(spec_text("8080") == "localhost:8080 localhost:8080");
    CHECK(spec_text("9000:8080") == "localhost:9000 localhost:8080");
    CHECK(spec_text(":80") == "localhost:0 localhost:80");
    CHECK(spec_text("0:80") == "localhost:0 localhost:80");
    CHECK(spec_text("5432:db:5433") == "localhost:5432 db:5433");
    CHECK(spec_text(":db:5433") == "localhost:0 db:5433");
    CHECK(spec_text("127.0.0.2:9000:80") == "127.0.0.2:9000 localhost:80");
    CHECK(spec_text("*:9000:80") == "*:9000 localhost:80");
    CHECK(spec_text("[::1]:9000:[fd00::2]:80") == "[::1]:9000 [fd00::2]:80");
    CHECK(spec_text("9000:/run/a.sock") == "localhost:9000 /run/a.sock");
    CHECK(spec_text("9000:@name") == "localhost:9000 @name");
    CHECK(spec_text("./a.sock:80") == "./a.sock localhost:80");
    CHECK(spec_text("./a.sock:db:80") == "./a.sock db:80");
    CHECK(spec_text("/tmp/a:/run/b") == "/tmp/a /run/b");
}

TEST_CASE("what cannot be forwarded is refused by name", "[forward]") {
    for (const auto* word : {"", "0", "65536", "80x", "a:80", "80:", "80:0", "1:2:3:4", "[::1:80",
                             "/run/a.sock", "@a:80", "name:9000:80", "9000:-x:80", "9000:a b:80"}) {
        INFO(word);
        const auto spec = parse_spec(word);
        REQUIRE_FALSE(spec);
        CHECK(text(spec.error()).starts_with("'" + std::string(word) + "': "));
    }
    CHECK(text_of(*parse_listen("1080")) == "localhost:1080");
    CHECK(text_of(*parse_listen("*:1080")) == "*:1080");
    CHECK(text_of(*parse_listen("[::1]:0")) == "[::1]:0");
    CHECK(text_of(*parse_listen("./proxy")) == "./proxy");
    CHECK_FALSE(parse_listen("1080:80:90"));
    CHECK_FALSE(parse_listen("db"));
}

TEST_CASE("a SOCKS handshake takes no byte too many", "[forward]") {
    using namespace std::string_literals;
    const auto shake = [](const std::string& bytes, std::string& reply, Socks& socks) {
        std::size_t taken = 0;
        auto state = Socks::State::reading;
        while (state == Socks::State::reading && taken < bytes.size()) {
            const auto part = bytes.substr(taken, socks.wanted());
            taken += part.size();
            state = socks.take(part, reply);
        }
        return std::pair(state, taken);
    };
    struct {
        std::string bytes, host, reply;
        int port;
    } const good[]{
        {"\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01\x1f\x90GET"s, "127.0.0.1", "\x05\x00"s,
         8080},
        {"\x05\x02\x02\x00\x05\x01\x00\x03\x02"s + "db\x15\x38GET", "db", "\x05\x00"s, 5432},
        {"\x05\x01\x00\x05\x01\x00\x04"s + std::string(15, 0) + "\x01\x00\x50GET"s, "::1",
         "\x05\x00"s, 80},
    };
    for (const auto& one : good) {
        Socks socks;
        std::string reply;
        const auto [state, taken] = shake(one.bytes, reply, socks);
        CHECK(state == Socks::State::asked);
        CHECK(one.bytes.substr(taken) == "GET");
        CHECK(socks.host() == one.host);
        CHECK(socks.port() == one.port);
        CHECK(reply == one.reply);
    }
    const std::pair<std::string, std::string> bad[]{
        {"GET / HTTP/1.1\r\n", ""},
        {"\x04\x01\x00\x50\x7f\x00\x00\x01\x00"s, ""},
        {"\x05\x00"s, "\x05\xff"},
        {"\x05\x01\x02"s, "\x05\xff"},
        {"\x05\x01\x00\x05\x02\x00\x01\x7f\x00\x00\x01\x1f\x90"s, "\x05\x00"s + socks_reply(7)},
        {"\x05\x01\x00\x05\x01\x00\x02\x7f\x00\x00\x01\x1f\x90"s, "\x05\x00"s + socks_reply(8)},
        {"\x05\x01\x00\x05\x01\x00\x03\x00\x00\x50"s, "\x05\x00"s + socks_reply(1)},
        {"\x05\x01\x00\x05\x01\x00\x03\x02-a\x00\x50"s, "\x05\x00"s + socks_reply(1)},
    };
    for (const auto& [bytes, wanted] : bad) {
        Socks socks;
        std::string reply;
        CHECK(shake(bytes, reply, socks).first == Socks::State::refused);
        CHECK(reply == wanted);
    }
}

TEST_CASE("a relay carries both directions, each to its own end", "[forward]") {
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
        Relay client(Stream::in), agent(Stream::out);
        Pair local, far;
        client.send(FrameType::open, 1, "words");
        auto events = pass(client, agent, step);
        REQUIRE(events.size() == 1);
        CHECK(events[0].payload == "words");
        agent.answer(1, std::move(far.ours));
        events = pass(agent, client, step);
        REQUIRE(events.size() == 1);
        REQUIRE(events[0].type == FrameType::credit);
        client.begin(1, std::move(local.ours), events[0].number);
        REQUIRE(::write(local.theirs.get(), "question", 8) == 8);
        ::shutdown(local.theirs.get(), SHUT_WR);
        for (int i = 0; i < 3; ++i) {
            turn(client);
            CHECK(pass(client, agent, step).empty());
            turn(agent);
        }
        CHECK(read_all(far.theirs) == "question");
        REQUIRE(::write(far.theirs.get(), "answer", 6) == 6);
        far.theirs.reset();
        for (int i = 0; i < 3; ++i) {
            turn(agent);
            CHECK(pass(agent, client, step).empty());
            turn(client);
        }
        CHECK(read_all(local.theirs) == "answer");
        CHECK(client.lines() == 0);
        CHECK(agent.lines() == 0);
    }
}

TEST_CASE("a socket that nobody reads from holds its window and no more", "[forward]") {
    Relay client(Stream::in), agent(Stream::out);
    Pair stalled, far;
    agent.answer(1, std::move(far.ours));
    client.begin(1, std::move(stalled.ours), pass(agent, client).at(0).number);
    const std::string block(65536, 'x');
    std::size_t put = 0;
    for (int i = 0; i < 200; ++i) {
        const auto count = ::write(stalled.theirs.get(), block.data(), block.size());
        if (count > 0) put += static_cast<std::size_t>(count);
        turn(client);
        pass(client, agent);
        turn(agent);
        pass(agent, client);
    }
    // Its window, and the buffers of two pairs of sockets.
    CHECK(put >= limits::relay_window);
    CHECK(put < limits::relay_window + (std::size_t{2} << 20));
    const auto first = read_all(far.theirs);
    CHECK_FALSE(first.empty());
    std::size_t rest = first.size();
    for (int i = 0; i < 200; ++i) {
        turn(agent);
        pass(agent, client);
        turn(client);
        pass(client, agent);
        rest += read_all(far.theirs).size();
    }
    CHECK(rest == put);
}

TEST_CASE("the other end of a relay is held to what it was allowed", "[forward]") {
    CHECK(refusal(frame(FrameType::data, 9, "x", Stream::out)) == "taken");
    CHECK(refusal(frame(FrameType::data, 9, "x", Stream::in)).find("receiver") !=
          std::string::npos);
    CHECK(refusal(frame(FrameType::open, 9, std::string(100'000, 'x'), Stream::in))
              .find("too long") != std::string::npos);
    CHECK(refusal(frame(FrameType::signal, 9, "1234", Stream::in)).find("no place") !=
          std::string::npos);
    Relay client(Stream::in);
    Pair local;
    client.begin(1, std::move(local.ours), 0);
    const auto flood =
        frame(FrameType::data, 1, std::string(limits::data_payload, 'x'), Stream::out);
    std::string problem;
    for (int i = 0; i < 4 && problem.empty(); ++i) {
        std::string_view bytes(flood);
        const auto event = client.take(bytes);
        if (!event) problem = text(event.error());
    }
    CHECK(problem == "frame: more data than was allowed");
}
