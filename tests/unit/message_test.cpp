// message_test.cpp - the payloads of hello, open and exit.
#include "limpet/message.h"

#include <catch2/catch.hpp>

#include <random>

using namespace limpet;

namespace {

const Open open{.tty = true,
                .rows = 1,
                .columns = 65535,
                .grants = all_grants,
                .timeout = 0xffffffff,
                .target = std::string("a\0b", 3),
                .arguments = {"", "x", std::string(70'000, 'y')},
                .environment = {"TERM=xterm"}};

template <typename Decode>
void refuses_every_cut(const std::string& payload, Decode decode) {
    REQUIRE(decode(payload));
    // Every byte near both ends, and some in the middle of long strings.
    for (std::size_t size = 0; size < payload.size();
         size += size > 200 && size + 300 < payload.size() ? 97 : 1) {
        CAPTURE(size);
        CHECK_FALSE(decode(std::string_view(payload).substr(0, size)));
    }
    CHECK_FALSE(decode(payload + '\0'));
}

}  // namespace

TEST_CASE("messages come out as they went in", "[message]") {
    const auto decoded = decode_open(encode(open)).value();
    CHECK(decoded.tty);
    CHECK(decoded.rows == 1);
    CHECK(decoded.columns == 65535);
    CHECK(decoded.grants == all_grants);
    CHECK(decoded.timeout == 0xffffffff);
    CHECK(decoded.target == open.target);
    CHECK(decoded.arguments == open.arguments);
    CHECK(decoded.environment == open.environment);
    const auto hello = decode_hello(encode(Hello{.protocol = 9, .credit = 8, .software = "s"}));
    CHECK(hello->protocol == 9);
    CHECK(hello->credit == 8);
    CHECK(hello->software == "s");
    const auto exit = decode_exit(encode(Exit{Exit::Kind::failed, 7, "why"}));
    CHECK(exit->kind == Exit::Kind::failed);
    CHECK(exit->value == 7);
    CHECK(exit->message == "why");
}

TEST_CASE("a message that is cut or continued is refused", "[message]") {
    refuses_every_cut(encode(Hello{.software = "limpet"}), decode_hello);
    refuses_every_cut(encode(open), decode_open);
    refuses_every_cut(encode(Exit{Exit::Kind::failed, 7, "why"}), decode_exit);
}

TEST_CASE("fields out of range are refused", "[message]") {
    auto bytes = encode(open);
    bytes[0] = 2;
    CHECK(text(decode_open(bytes).error()) == "open: tty is neither 0 nor 1");
    bytes = encode(open);
    bytes[1] = 2;
    CHECK(text(decode_open(bytes).error()) == "open: aside is neither 0 nor 1");
    bytes = encode(open);
    bytes[6] = static_cast<char>(0x80);
    CHECK(text(decode_open(bytes).error()) == "open: a grant that this agent does not know");
    bytes[6] = static_cast<char>(0x50);
    CHECK(text(decode_open(bytes).error()) == "open: scratch and modify exclude each other");
    bytes = encode(Exit{});
    bytes[0] = 4;
    CHECK_FALSE(decode_exit(bytes));
    bytes = encode(Hello{});
    bytes[0] = 'l';
    CHECK(text(decode_hello(bytes).error()) == "hello: this is not limpet's protocol");
}

TEST_CASE("a count or length that cannot be true costs no memory", "[message]") {
    PayloadWriter writer;
    writer.u8(0);
    writer.u8(0);
    writer.u16(24);
    writer.u16(80);
    writer.u32(7);
    writer.u32(0);
    writer.string("web");
    writer.u32(0xffffffff);
    CHECK(text(decode_open(writer.take()).error()) == "message: a list of 4294967295 strings");
    PayloadWriter hello;
    hello.u32(hello_magic);
    hello.u32(1);
    hello.u32(1);
    hello.u32(0xfffffff0);
    CHECK(text(decode_hello(hello.take()).error()) == "message: a string ends early");
    Open many;
    many.arguments.assign(limits::arguments, "");
    CHECK(decode_open(encode(many)));
    many.arguments.emplace_back();
    CHECK_FALSE(decode_open(encode(many)));
}

TEST_CASE("changed messages are refused or encode back", "[message]") {
    std::mt19937 random(11);
    const std::string original = encode(Open{.target = "web", .arguments = {"ls", "-l"}});
    int accepted = 0;
    for (int i = 0; i < 50'000; ++i) {
        auto bytes = original;
        for (unsigned changes = random() % 3 + 1; changes > 0; --changes) {
            bytes[random() % bytes.size()] = static_cast<char>(random());
        }
        if (const auto decoded = decode_open(bytes)) {
            ++accepted;
            CHECK(encode(*decoded) == bytes);
        }
    }
    CHECK(accepted > 100);
}
