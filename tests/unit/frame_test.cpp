// frame_test.cpp - headers, their limits, and the examples of docs/protocol.md byte for byte.
#include "limpet/frame.h"
#include "limpet/message.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <random>
#include <set>
#include <sstream>

using namespace limpet;

namespace {

using Bytes = std::array<std::byte, frame_header_size>;

std::string read_protocol() {
    std::ifstream file(std::string(LIMPET_FIXTURES) + "/../../docs/protocol.md");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

// The bytes of every fenced block of this language.
std::vector<std::string> blocks(const std::string& language) {
    const std::string text = read_protocol();
    const std::string fence = "```" + language + "\n";
    std::vector<std::string> found;
    for (auto at = text.find(fence); at != std::string::npos; at = text.find(fence, at + 1)) {
        const auto begin = at + fence.size();
        std::istringstream words(text.substr(begin, text.find("```", begin) - begin));
        std::string bytes;
        for (std::string word; words >> word;) {
            bytes += static_cast<char>(std::stoi(word, nullptr, 16));
        }
        found.push_back(bytes);
    }
    return found;
}

Result<FrameHeader> header_of(const std::string& bytes) {
    return decode_header(std::as_bytes(std::span(bytes)).first<frame_header_size>());
}

std::string reencode(const FrameHeader& header, const std::string& payload) {
    const auto bytes = encode(header);
    std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (header.type == FrameType::hello) return text + encode(decode_hello(payload).value());
    if (header.type == FrameType::open) return text + encode(decode_open(payload).value());
    if (header.type == FrameType::exit) return text + encode(decode_exit(payload).value());
    return text + payload;
}

}  // namespace

TEST_CASE("the examples of the protocol decode, and encode to the same bytes", "[frame]") {
    const auto examples = blocks("hex");
    REQUIRE(examples.size() == 19);
    std::set<FrameType> seen;
    for (const auto& example : examples) {
        REQUIRE(example.size() >= frame_header_size);
        const auto header = header_of(example);
        REQUIRE(header);
        const auto payload = example.substr(frame_header_size);
        CHECK(header->length == payload.size());
        CHECK(reencode(*header, payload) == example);
        seen.insert(header->type);
    }
    CHECK(seen.size() == 12);  // every type has its example
}

TEST_CASE("the examples mean what the text beside them says", "[frame]") {
    const auto examples = blocks("hex");
    const auto open = decode_open(examples.at(2).substr(frame_header_size)).value();
    CHECK(open.target == "web");
    CHECK(open.arguments == std::vector<std::string>{"ls", "-l", "/"});
    CHECK(open.grants == default_grants);
    CHECK_FALSE(open.tty);
    const auto shell = decode_open(examples.at(9).substr(frame_header_size)).value();
    CHECK(shell.tty);
    CHECK(shell.rows == 50);
    CHECK(shell.columns == 132);
    CHECK(shell.timeout == 60'000);
    CHECK(shell.grants == (default_grants | Grant::trace));
    CHECK(shell.arguments.empty());
    CHECK(shell.aside);
    CHECK(shell.given == std::string("ls -l\0ps\0", 9));
    CHECK_FALSE(open.aside);
    const auto failure = decode_exit(examples.at(15).substr(frame_header_size)).value();
    CHECK(failure.kind == Exit::Kind::failed);
    CHECK(failure.message == "fork session: Resource temporarily unavailable");
}

TEST_CASE("the refused headers of the protocol are refused", "[frame]") {
    const auto examples = blocks("hex-refused");
    REQUIRE(examples.size() == 8);
    for (const auto& example : examples) CHECK_FALSE(header_of(example));
}

TEST_CASE("a header is accepted up to its type's limit and not beyond", "[frame]") {
    for (std::uint8_t type = 0; type <= 13; ++type) {
        const bool known = type >= 1 && type <= 12;
        const auto kind = static_cast<FrameType>(type);
        const auto limit = static_cast<std::uint32_t>(payload_limit(kind));
        const std::uint32_t session = known && is_own(kind) ? 0 : 1;
        CAPTURE(int{type});
        CHECK(decode_header(encode(FrameHeader{limit, kind, Stream::in, session})).has_value() ==
              known);
        CHECK_FALSE(decode_header(encode(FrameHeader{limit + 1, kind, Stream::in, session})));
        if (limit > 0) {
            const auto less =
                decode_header(encode(FrameHeader{limit - 1, kind, Stream::in, session}));
            CHECK(less.has_value() == (known && !has_fixed_size(kind)));
        }
    }
}

TEST_CASE("any twelve bytes are a header that encodes back, or a refusal", "[frame]") {
    std::mt19937 random(7);
    int accepted = 0;
    for (int i = 0; i < 200'000; ++i) {
        Bytes bytes;
        for (auto& byte : bytes) byte = static_cast<std::byte>(random());
        // Mostly small, or nothing would ever be accepted.
        if (i % 2 == 0) {
            bytes[2] = bytes[3] = bytes[6] = bytes[7] = std::byte{0};
            bytes[4] &= std::byte{15};
            bytes[5] &= std::byte{3};
        }
        const auto header = decode_header(bytes);
        if (!header) continue;
        ++accepted;
        CHECK(encode(*header) == bytes);
    }
    CHECK(accepted > 1000);
}
