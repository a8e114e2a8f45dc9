// parse/filter_parser.h - the parser of pcap-filter(7), for its two halves.
#pragma once

#include "parse/filter.h"
#include "parse/filter_code.h"
#include "parse/filter_words.h"

#include <array>
#include <string_view>
#include <vector>

namespace limpet::parse::filter {

enum class Direction : std::uint8_t { any, source, destination, both };
enum class Type : std::uint8_t { none, host, net, port, port_range, protocol };

// What stands before an id; what does not is taken from the id before.
struct Qualifiers {
    std::string_view protocol;
    Direction direction = Direction::any;
    Type type = Type::none;
};

class Parser {
public:
    Parser(std::string_view text, LinkLayer link);
    Result<int> run();
    Tree tree;

private:
    [[nodiscard]] std::string_view peek(std::size_t ahead = 0) const {
        return at_ + ahead < words_.size() ? words_[at_ + ahead] : std::string_view{};
    }
    bool take(std::string_view word);
    [[nodiscard]] std::unexpected<Error> wrong(std::string_view why) const;

    Result<int> expression(int depth);
    Result<int> term(int depth);
    Result<int> relation(int depth);
    static bool is_relation(std::string_view word);
    [[nodiscard]] bool begins_relation() const;
    [[nodiscard]] bool parenthesis_compares() const;
    Result<int> sum(int level, int depth);
    Result<int> operand(int depth);
    Result<int> field(int depth);

    Result<int> primitive(int depth);
    Result<int> alone(std::string_view word);
    Result<int> vlan();
    Result<int> broadcast(std::string_view protocol, bool multicast);
    void take_direction(Qualifiers& qualifiers);
    Result<int> ids(const Qualifiers& qualifiers, int depth);
    Result<int> id(const Qualifiers& qualifiers);
    Result<int> address(const Qualifiers& qualifiers);
    Result<int> hardware(const Qualifiers& qualifiers, std::string_view word);
    Result<int> port(const Qualifiers& qualifiers);
    Result<int> protocol_id(const Qualifiers& qualifiers);

    int either_end(Direction direction, int source, int destination);
    int packet(std::uint32_t offset, std::uint8_t size, std::uint32_t value,
               std::uint32_t mask = 0xffffffff, std::uint16_t jump = bpf::jeq);
    int network(std::uint32_t offset, std::uint8_t size, std::uint32_t value,
                std::uint32_t mask = 0xffffffff);
    int ether_type(std::uint16_t type);
    int ip_protocol(const Protocol& protocol, bool four, bool six);
    int first_fragment();
    int address_at(std::uint32_t offset, const std::array<std::uint8_t, 16>& address,
                   unsigned prefix);
    int ports(std::uint8_t protocol, Direction direction, std::uint16_t low, std::uint16_t high);
    int outgoing();

    std::vector<std::string_view> words_;
    std::size_t at_ = 0;
    LinkLayer link_;
    std::uint32_t shift_ = 0;  // of the network layer, by VLAN tags that were asked for
    Qualifiers last_;
    std::vector<int> guards_;
};

}  // namespace limpet::parse::filter
