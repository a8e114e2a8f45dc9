// parse/filter_code.h - a filter as a tree of tests, and its program.
#pragma once

#include "limpet/result.h"
#include "parse/bpf.h"

#include <cstdint>
#include <vector>

namespace limpet::parse::filter {

enum class From : std::uint8_t {
    packet,     // at a fixed offset
    transport,  // behind the IPv4 header that begins at `network`
    kernel,     // bpf::ancillary
    length,
};

// Something to load, and where it goes from there.
struct Load {
    From from = From::packet;
    std::uint8_t size = 4;  // 1, 2 or 4 bytes
    std::uint32_t offset = 0;
    std::uint32_t network = 0;
    std::uint32_t mask = 0xffffffff;
    bool operator==(const Load&) const = default;
};

// Arithmetic: pcap-filter(7)'s expr.
struct Sum {
    enum class Kind : std::uint8_t { number, load, indexed, operation } kind = Kind::number;
    std::uint32_t number = 0;     // of Kind::number
    Load load = {};               // of load; of indexed with its offset from `left`
    std::uint16_t operation = 0;  // bpf::add …
    int left = -1, right = -1;
};

struct Node {
    enum class Kind : std::uint8_t {
        yes,
        no,
        both,
        either,
        negation,
        test,
        compare
    } kind = Kind::yes;
    int left = -1, right = -1;  // nodes; of compare: sums
    Load load = {};             // of test
    std::uint16_t jump = bpf::jeq;
    std::uint32_t value = 0;
};

struct Tree {
    std::vector<Node> nodes;
    std::vector<Sum> sums;

    int add(const Node& node);
    int add(const Sum& sum);
    int both(int left, int right);
    int either(int left, int right);
    int negation(int node);
    int test(const Load& load, std::uint32_t value, std::uint16_t jump = bpf::jeq);
};

// Deeper than this nothing is nested.
inline constexpr int depth_limit = 200;

Result<BpfProgram> generate(const Tree& tree, int root, std::uint32_t snapshot);

}  // namespace limpet::parse::filter
