// filter_compiler_test.cpp - classic BPF, and programs of packet filters.
#include "parse/bpf.h"
#include "parse/filter.h"

#include <catch2/catch.hpp>

#include <array>
#include <string>

using namespace limpet::parse;

namespace {

// TCP of 10.0.0.1 port 40000 to 10.0.0.2 port 80, a SYN.
constexpr std::array<std::uint8_t, 54> syn{
    2, 0x42, 0,    0, 0,  2, 2, 0x42, 0,  0, 0,    1, 8,  0, 0x45, 0, 0,    40,
    0, 7,    0x40, 0, 64, 6, 0, 0,    10, 0, 0,    1, 10, 0, 0,    2, 0x9c, 0x40,
    0, 80,   0,    0, 0,  1, 0, 0,    0,  0, 0x50, 2, 2,  0, 0,    0, 0,    0};

bool passes(const char* text, LinkLayer link = LinkLayer::ethernet) {
    const auto program = compile_filter(text, link, 96);
    INFO(text);
    REQUIRE(program);
    REQUIRE(bpf_valid(*program));
    const auto result = bpf_run(*program, syn, syn.size());
    CHECK((result == 0 || result == 96));
    return result != 0;
}

std::string refusal(const char* text, LinkLayer link = LinkLayer::ethernet) {
    const auto program = compile_filter(text, link, 96);
    return program ? "" : program.error().subject();
}

}  // namespace

TEST_CASE("filters choose by address, port and bytes", "[filter]") {
    CHECK(passes(""));
    CHECK(passes("tcp port 80 and src host 10.0.0.1"));
    CHECK(passes("tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn"));
    CHECK(passes("portrange 39999-40001 and not dst port 443"));
    CHECK(passes("ip[2:2] = 40 and len = 54 and net 10/8"));
    CHECK_FALSE(passes("udp or host 10.0.0.3"));
    CHECK_FALSE(passes("ip6"));
    CHECK_FALSE(passes("tcp and greater 55"));
}

TEST_CASE("and and or bind alike, to the left", "[filter]") {
    CHECK_FALSE(passes("tcp or udp and port 443"));
    CHECK(passes("tcp or (udp and port 443)"));
}

TEST_CASE("what cannot be a filter is refused with its place", "[filter]") {
    CHECK(refusal("tcp port").find("at the end") != std::string::npos);
    CHECK(refusal("host example.org").find("'example.org'") == std::string::npos);
    CHECK(refusal("tcp)").find("')'") != std::string::npos);
    CHECK_FALSE(refusal("ether host 1:2:3:4:5:6", LinkLayer::raw).empty());
    CHECK_FALSE(refusal("inbound").empty());
    CHECK(refusal("inbound", LinkLayer::ethernet_socket).empty());
    CHECK_FALSE(refusal(std::string(5000, '(').c_str()).empty());
    CHECK_FALSE(refusal(("ip[0] = " + std::string(3000, '-') + "1").c_str()).empty());
}

TEST_CASE("a program is checked before it runs, and stays in its data", "[bpf]") {
    namespace b = bpf;
    CHECK_FALSE(bpf_valid({}));
    const BpfProgram open{{b::ld | b::imm, 0, 0, 1}};
    CHECK_FALSE(bpf_valid(open));
    const BpfProgram out{{b::jmp | b::ja, 0, 0, 1}, {b::ret | b::k, 0, 0, 1}};
    CHECK_FALSE(bpf_valid(out));
    const BpfProgram memory{{b::st, 0, 0, 16}, {b::ret | b::k, 0, 0, 1}};
    CHECK_FALSE(bpf_valid(memory));
    const BpfProgram beyond{{b::ld | b::word | b::abs, 0, 0, 51}, {b::ret | b::k, 0, 0, 1}};
    REQUIRE(bpf_valid(beyond));
    CHECK(bpf_run(beyond, syn, syn.size()) == 0);
    const BpfProgram zero{
        {b::ld | b::imm, 0, 0, 7}, {b::alu | b::div | b::k, 0, 0, 0}, {b::ret | b::a, 0, 0, 0}};
    CHECK(bpf_run(zero, syn, syn.size()) == 0);
    const BpfProgram native{{b::ld | b::word | b::abs, 0, 0, 4}, {b::ret | b::a, 0, 0, 0}};
    const std::array<std::uint8_t, 8> data{0, 0, 0, 0, 1, 2, 3, 4};
    CHECK(bpf_run(native, data, 8) == 0x01020304);
    CHECK(bpf_run(native, data, 8, BpfInput::native) == 0x04030201);
}
