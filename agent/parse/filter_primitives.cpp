// parse/filter_primitives.cpp - pcap-filter(7): protocols, ports, directions and their like.
#include "parse/filter_parser.h"

namespace limpet::parse::filter {
namespace {

constexpr std::uint16_t ether_ip = 0x0800, ether_ip6 = 0x86dd;

bool is_ether(std::string_view word) { return word == "ether" || word == "link"; }

bool is_operator(std::string_view word) {
    return word.empty() || word == ")" || word == "and" || word == "or" || word == "&&" ||
           word == "||";
}

}  // namespace

int Parser::packet(std::uint32_t offset, std::uint8_t size, std::uint32_t value, std::uint32_t mask,
                   std::uint16_t jump) {
    return tree.test({.size = size, .offset = offset, .mask = mask}, value, jump);
}

int Parser::network(std::uint32_t offset, std::uint8_t size, std::uint32_t value,
                    std::uint32_t mask) {
    return packet(network_offset(link_) + shift_ + offset, size, value, mask);
}

int Parser::ether_type(std::uint16_t type) {
    switch (link_) {
        case LinkLayer::ethernet:
        case LinkLayer::ethernet_socket: return packet(12 + shift_, 2, type);
        case LinkLayer::cooked: return packet(14 + shift_, 2, type);
        case LinkLayer::cooked2: return packet(shift_ == 0 ? 0 : 18 + shift_, 2, type);
        case LinkLayer::cooked_socket:
            return tree.test({.from = From::kernel, .offset = bpf::ancillary_protocol}, type);
        case LinkLayer::raw:
        case LinkLayer::null: break;
    }
    // The version of IP says it.
    if (type == ether_ip) return network(0, 1, 0x40, 0xf0);
    if (type == ether_ip6) return network(0, 1, 0x60, 0xf0);
    return tree.add(Node{.kind = Node::Kind::no});
}

int Parser::ip_protocol(const Protocol& protocol, bool four, bool six) {
    const int in_four = four ? tree.both(ether_type(ether_ip), network(9, 1, protocol.ip)) : -1;
    if (!six) return in_four;
    // It may stand behind the header of a fragment.
    constexpr std::uint8_t fragment = 44;
    const int behind = tree.both(network(6, 1, fragment), network(40, 1, protocol.ip));
    const int in_six =
        tree.both(ether_type(ether_ip6), tree.either(network(6, 1, protocol.ip), behind));
    return four ? tree.either(in_four, in_six) : in_six;
}

int Parser::first_fragment() {
    return tree.negation(
        packet(network_offset(link_) + shift_ + 6, 2, 0x1fff, 0xffffffff, bpf::jset));
}

int Parser::either_end(Direction direction, int source, int destination) {
    switch (direction) {
        case Direction::source: return source;
        case Direction::destination: return destination;
        case Direction::both: return tree.both(source, destination);
        case Direction::any: break;
    }
    return tree.either(source, destination);
}

int Parser::outgoing() {
    constexpr std::uint32_t out = 4;  // PACKET_OUTGOING
    if (link_ == LinkLayer::cooked) return packet(0, 2, out);
    if (link_ == LinkLayer::cooked2) return packet(10, 1, out);
    if (link_ != LinkLayer::cooked_socket && link_ != LinkLayer::ethernet_socket) return -1;
    return tree.test({.from = From::kernel, .offset = bpf::ancillary_packet_type}, out);
}

Result<int> Parser::primitive(int depth) {
    const auto word = peek();
    if (word.empty() || is_operator(word)) return wrong("something to look for was expected");
    Qualifiers qualifiers;
    if (is_ether(word) || protocol(word)) {
        ++at_;
        qualifiers.protocol = is_ether(word) ? "ether" : word;
        if (take("broadcast")) return broadcast(qualifiers.protocol, false);
        if (take("multicast")) return broadcast(qualifiers.protocol, true);
    } else if (word == "broadcast" || word == "multicast") {
        ++at_;
        return broadcast("ether", word == "multicast");
    } else if (word == "vlan") {
        ++at_;
        return vlan();
    } else if (word == "less" || word == "greater") {
        ++at_;
        const auto length = integer(peek());
        if (!length) return wrong("a length was expected");
        ++at_;
        const Load whole{.from = From::length};
        return word == "less" ? tree.negation(tree.test(whole, *length, bpf::jgt))
                              : tree.test(whole, *length, bpf::jge);
    } else if (word == "inbound" || word == "outbound") {
        const int out = outgoing();
        if (out < 0) return wrong("what was captured does not tell directions");
        ++at_;
        return word == "outbound" ? out : tree.negation(out);
    }
    take_direction(qualifiers);
    const bool directed = at_ > 0 && (words_[at_ - 1] == "src" || words_[at_ - 1] == "dst");
    constexpr std::array<std::pair<std::string_view, Type>, 5> types{{
        {"host", Type::host},
        {"net", Type::net},
        {"port", Type::port},
        {"portrange", Type::port_range},
        {"proto", Type::protocol},
    }};
    for (const auto& [name, type] : types) {
        if (qualifiers.type == Type::none && take(name)) qualifiers.type = type;
    }
    if (directed || qualifiers.type != Type::none) return ids(qualifiers, depth);
    if (!qualifiers.protocol.empty()) {
        if (is_operator(peek())) return alone(qualifiers.protocol);
        return ids(qualifiers, depth);
    }
    // An id without a word before it goes on with those of the id before.
    return id(last_);
}

Result<int> Parser::alone(std::string_view word) {
    const auto* known = protocol(word);
    if (!known) return wrong("more was expected behind ether");
    if (known->ether != 0) return ether_type(known->ether);
    return ip_protocol(*known, known->four || !known->six, known->six);
}

Result<int> Parser::vlan() {
    if (network_offset(link_) < 14 && link_ != LinkLayer::cooked2) {
        return wrong("there are no VLAN tags on this link");
    }
    int tagged = tree.either(ether_type(0x8100), ether_type(0x88a8));
    tagged = tree.either(tagged, ether_type(0x9100));
    if (const auto tag = integer(peek())) {
        ++at_;
        tagged = tree.both(tagged, network(0, 2, *tag, 0x0fff));
    }
    shift_ += 4;
    return tagged;
}

Result<int> Parser::broadcast(std::string_view protocol, bool multicast) {
    if (protocol == "ether") {
        const bool cooked = link_ == LinkLayer::cooked || link_ == LinkLayer::cooked2;
        if (cooked) {
            const bool first = link_ == LinkLayer::cooked;
            return packet(first ? 0 : 10, first ? 2 : 1, multicast ? 2 : 1);
        }
        if (link_ == LinkLayer::cooked_socket) {
            return tree.test({.from = From::kernel, .offset = bpf::ancillary_packet_type},
                             multicast ? 2 : 1);
        }
        if (network_offset(link_) < 14) return wrong("this link has no such addresses");
        if (multicast) return packet(0, 1, 1, 0xffffffff, bpf::jset);
        return tree.both(packet(2, 4, 0xffffffff), packet(0, 2, 0xffff));
    }
    if (protocol == "ip" && multicast) {
        const auto at = network_offset(link_) + 16 + shift_;
        return tree.both(ether_type(ether_ip), packet(at, 1, 224, 0xffffffff, bpf::jge));
    }
    if (protocol == "ip6" && multicast) {
        return tree.both(ether_type(ether_ip6), network(24, 1, 255));
    }
    return wrong("the network's mask is not known");
}

void Parser::take_direction(Qualifiers& qualifiers) {
    const auto word = peek();
    if (word != "src" && word != "dst") return;
    ++at_;
    qualifiers.direction = word == "src" ? Direction::source : Direction::destination;
    const bool other = peek(1) == (word == "src" ? "dst" : "src");
    if (!other || (peek() != "or" && peek() != "and")) return;
    qualifiers.direction = peek() == "or" ? Direction::any : Direction::both;
    at_ += 2;
}

// One, or several in parentheses: port (80 or 443).
Result<int> Parser::ids(const Qualifiers& qualifiers, int depth) {
    last_ = qualifiers;
    if (peek() != "(") return id(qualifiers);
    if (depth > depth_limit) return wrong("it is nested too deeply");
    ++at_;
    const auto one = [&]() -> Result<int> {
        if (take("not") || take("!")) return tree.negation(TRY(ids(qualifiers, depth + 1)));
        return ids(qualifiers, depth + 1);
    };
    int left = TRY(one());
    while (!take(")")) {
        const bool both = peek() == "and" || peek() == "&&";
        if (!both && peek() != "or" && peek() != "||") return wrong("a ) is missing");
        ++at_;
        const int right = TRY(one());
        left = both ? tree.both(left, right) : tree.either(left, right);
    }
    return left;
}

Result<int> Parser::id(const Qualifiers& qualifiers) {
    if (is_operator(peek())) return wrong("a name or an address was expected");
    switch (qualifiers.type) {
        case Type::port:
        case Type::port_range: return port(qualifiers);
        case Type::protocol: return protocol_id(qualifiers);
        default: return address(qualifiers);
    }
}

int Parser::ports(std::uint8_t ip, Direction direction, std::uint16_t low, std::uint16_t high) {
    const auto end = [&](Load load) {
        if (low == high) return tree.test(load, low);
        return tree.both(tree.test(load, low, bpf::jge),
                         tree.negation(tree.test(load, high, bpf::jgt)));
    };
    const auto of = [&](std::uint32_t at) {
        if (ip != 0) return network(at, 1, ip);
        const int tcp = network(at, 1, 6);
        const int udp = network(at, 1, 17);
        return tree.either(tree.either(tcp, udp), network(at, 1, 132));
    };
    const auto base = network_offset(link_) + shift_;
    Load source{.from = From::transport, .size = 2, .offset = 0, .network = base};
    Load destination = source;
    destination.offset = 2;
    const int first = end(source);
    const int four_ends = either_end(direction, first, end(destination));
    const int four =
        tree.both(tree.both(ether_type(ether_ip), of(9)), tree.both(first_fragment(), four_ends));
    source = {.size = 2, .offset = base + 40};
    destination = {.size = 2, .offset = base + 42};
    const int second = end(source);
    const int six_ends = either_end(direction, second, end(destination));
    return tree.either(four, tree.both(tree.both(ether_type(ether_ip6), of(6)), six_ends));
}

Result<int> Parser::port(const Qualifiers& qualifiers) {
    const auto* known = qualifiers.protocol.empty() ? nullptr : protocol(qualifiers.protocol);
    const bool ported = known && (known->ip == 6 || known->ip == 17 || known->ip == 132);
    if (!qualifiers.protocol.empty() && !ported) return wrong("this protocol has no ports");
    const auto one = [&]() -> Result<std::uint16_t> {
        const auto word = peek();
        const auto value = integer(word);
        const auto port = value ? *value : service_port(word);
        if (port > 65535 || (port == 0 && !value)) return wrong("there is no such port");
        ++at_;
        return static_cast<std::uint16_t>(port);
    };
    const auto low = TRY(one());
    auto high = low;
    if (qualifiers.type == Type::port_range && take("-")) high = TRY(one());
    return ports(known ? known->ip : 0, qualifiers.direction, std::min(low, high),
                 std::max(low, high));
}

Result<int> Parser::protocol_id(const Qualifiers& qualifiers) {
    auto word = peek();
    if (word.starts_with('\\')) word.remove_prefix(1);
    const auto* known = protocol(word);
    const auto value = integer(word);
    const bool of_link = qualifiers.protocol == "ether";
    if (!value && (!known || (of_link ? known->ether : known->ip) == 0)) {
        return wrong("there is no such protocol");
    }
    ++at_;
    if (of_link) return ether_type(static_cast<std::uint16_t>(value ? *value : known->ether));
    const Protocol wanted{.name = word,
                          .ip = static_cast<std::uint8_t>(value ? *value : known->ip)};
    const bool four = qualifiers.protocol != "ip6";
    const bool six = qualifiers.protocol != "ip";
    return ip_protocol(wanted, four, six);
}

}  // namespace limpet::parse::filter
