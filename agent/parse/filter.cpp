// parse/filter.cpp - pcap-filter(7): the grammar.
#include "parse/filter_parser.h"

#include "parse/filter.h"

#include <array>

namespace limpet::parse {
namespace filter {

Parser::Parser(std::string_view text, LinkLayer link) : words_(tokens(text)), link_(link) {}

Result<int> Parser::run() {
    if (words_.empty()) return tree.add(Node{});
    const auto root = TRY(expression(0));
    if (at_ < words_.size()) return wrong("nothing more was expected");
    return root;
}

std::unexpected<Error> Parser::wrong(std::string_view why) const {
    std::string text(why);
    text += at_ < words_.size() ? ", at '" : ", at the end";
    if (at_ < words_.size()) {
        text += words_[at_];
        text += '\'';
    }
    return refused("filter", text);
}

bool Parser::take(std::string_view word) {
    if (peek() != word) return false;
    ++at_;
    return true;
}

// "and" and "or" bind alike, to the left.
Result<int> Parser::expression(int depth) {
    constexpr std::size_t most = 20'000;
    int left = TRY(term(depth));
    for (;;) {
        const bool both = peek() == "and" || peek() == "&&";
        if (!both && peek() != "or" && peek() != "||") return left;
        ++at_;
        const int right = TRY(term(depth));
        left = both ? tree.both(left, right) : tree.either(left, right);
        if (tree.nodes.size() > most) return wrong("it is too long");
    }
}

Result<int> Parser::term(int depth) {
    if (depth > depth_limit) return wrong("it is nested too deeply");
    if (take("not") || take("!")) return tree.negation(TRY(term(depth + 1)));
    if (begins_relation()) return relation(depth);
    if (peek() == "(") {
        // It may open arithmetic as well: (tcp[12] & 0xf0) > 80.
        const auto before = at_;
        if (parenthesis_compares()) return relation(depth);
        at_ = before + 1;
        const int inner = TRY(expression(depth + 1));
        if (!take(")")) return wrong("a ) is missing");
        return inner;
    }
    return primitive(depth);
}

bool Parser::is_relation(std::string_view word) {
    constexpr std::array<std::string_view, 7> relations{"=", "==", "!=", "<", ">", "<=", ">="};
    for (const auto one : relations) {
        if (one == word) return true;
    }
    return false;
}

bool Parser::begins_relation() const {
    const auto word = peek();
    const auto next = peek(1);
    if (word == "-") return true;
    if (next == "[") return protocol(word) || word == "ether" || word == "link";
    constexpr std::string_view operators = "+-*%&|^";
    const bool number = integer(word) || word == "len" || constant(word);
    return number && (is_relation(next) || next == "<<" || next == ">>" ||
                      (next.size() == 1 && operators.find(next[0]) != operators.npos));
}

// Whether behind the matching ) an operator stands.
bool Parser::parenthesis_compares() const {
    std::size_t open = 0;
    for (std::size_t at = at_; at < words_.size(); ++at) {
        if (words_[at] == "(") ++open;
        if (words_[at] == ")" && --open == 0) {
            if (at + 1 >= words_.size()) return false;
            const auto next = words_[at + 1];
            constexpr std::string_view operators = "+-*/%&|^";
            return is_relation(next) || next == "<<" || next == ">>" ||
                   (next.size() == 1 && operators.find(next[0]) != operators.npos);
        }
    }
    return false;
}

Result<int> Parser::relation(int depth) {
    guards_.clear();
    const int left = TRY(sum(0, depth));
    const auto word = peek();
    if (!is_relation(word)) return wrong("a comparison was expected");
    ++at_;
    const int right = TRY(sum(0, depth));
    const bool negated = word == "!=" || word == "<" || word == "<=";
    const std::uint16_t jump = word == ">" || word == "<="   ? bpf::jgt
                               : word == ">=" || word == "<" ? bpf::jge
                                                             : bpf::jeq;
    int result =
        tree.add(Node{.kind = Node::Kind::compare, .left = left, .right = right, .jump = jump});
    if (negated) result = tree.negation(result);
    // What is not of that protocol has no such field, and compares to nothing.
    for (auto guard = guards_.rbegin(); guard != guards_.rend(); ++guard) {
        result = tree.both(*guard, result);
    }
    return result;
}

namespace {

struct Operator {
    std::string_view word;
    int level;
    std::uint16_t code;
};
constexpr std::array operators{
    Operator{"|", 0, bpf::or_},  Operator{"^", 1, bpf::xor_}, Operator{"&", 2, bpf::and_},
    Operator{"<<", 3, bpf::lsh}, Operator{">>", 3, bpf::rsh}, Operator{"+", 4, bpf::add},
    Operator{"-", 4, bpf::sub},  Operator{"*", 5, bpf::mul},  Operator{"/", 5, bpf::div},
    Operator{"%", 5, bpf::mod},
};
constexpr int last_level = 5;

std::uint32_t fold(std::uint16_t code, std::uint32_t left, std::uint32_t right) {
    const BpfProgram program{{bpf::ld | bpf::imm, 0, 0, left},
                             {static_cast<std::uint16_t>(bpf::alu | code), 0, 0, right},
                             {bpf::ret | bpf::a, 0, 0, 0}};
    return bpf_run(program, {}, 0);
}

}  // namespace

Result<int> Parser::sum(int level, int depth) {
    if (depth > depth_limit) return wrong("it is nested too deeply");
    if (level > last_level) return operand(depth + 1);
    int left = TRY(sum(level + 1, depth));
    for (;;) {
        const Operator* found = nullptr;
        for (const auto& one : operators) {
            if (one.level == level && one.word == peek()) found = &one;
        }
        if (!found) return left;
        ++at_;
        const int right = TRY(sum(level + 1, depth));
        const auto& first = tree.sums[static_cast<std::size_t>(left)];
        const auto& second = tree.sums[static_cast<std::size_t>(right)];
        const bool divides = found->code == bpf::div || found->code == bpf::mod;
        if (second.kind == Sum::Kind::number && second.number == 0 && divides) {
            return wrong("division by zero");
        }
        if (first.kind == Sum::Kind::number && second.kind == Sum::Kind::number) {
            const auto value = fold(found->code, first.number, second.number);
            left = tree.add(Sum{.number = value});
            continue;
        }
        left = tree.add(Sum{
            .kind = Sum::Kind::operation, .operation = found->code, .left = left, .right = right});
    }
}

Result<int> Parser::operand(int depth) {
    if (take("-")) {
        const int zero = tree.add(Sum{});
        const int value = TRY(operand(depth + 1));
        return tree.add(
            Sum{.kind = Sum::Kind::operation, .operation = bpf::sub, .left = zero, .right = value});
    }
    if (take("(")) {
        const int inner = TRY(sum(0, depth + 1));
        if (!take(")")) return wrong("a ) is missing");
        return inner;
    }
    const auto word = peek();
    if (word == "len") {
        ++at_;
        return tree.add(Sum{.kind = Sum::Kind::load, .load = {.from = From::length}});
    }
    const auto value = integer(word) ? integer(word) : constant(word);
    if (value) {
        ++at_;
        return tree.add(Sum{.number = *value});
    }
    if (peek(1) != "[") return wrong("a number was expected");
    return field(depth);
}

// proto[offset:size]
Result<int> Parser::field(int depth) {
    const auto word = peek();
    Load load{.size = 1};
    if (word == "ether" || word == "link") {
        if (link_ == LinkLayer::cooked_socket) {
            return wrong("a socket of all interfaces has no link header");
        }
    } else {
        const auto* known = protocol(word);
        if (!known || (known->ip != 0 && !known->four && !known->six)) {
            return wrong("there is no such protocol");
        }
        load.network = network_offset(link_) + shift_;
        if (known->ether != 0) {
            guards_.push_back(ether_type(known->ether));
        } else if (known->four) {
            // As libpcap has it: of a transport protocol, in IPv4.
            guards_.push_back(tree.both(ip_protocol(*known, true, false), first_fragment()));
            load.from = From::transport;
        } else {
            guards_.push_back(ip_protocol(*known, false, true));
            load.network += 40;
        }
    }
    at_ += 2;
    const int offset = TRY(sum(0, depth + 1));
    if (take(":")) {
        const auto size = integer(peek());
        if (!size || (*size != 1 && *size != 2 && *size != 4)) {
            return wrong("a field has 1, 2 or 4 bytes");
        }
        load.size = static_cast<std::uint8_t>(*size);
        ++at_;
    }
    if (!take("]")) return wrong("a ] is missing");
    const auto& place = tree.sums[static_cast<std::size_t>(offset)];
    if (place.kind != Sum::Kind::number) {
        return tree.add(Sum{.kind = Sum::Kind::indexed, .load = load, .left = offset});
    }
    load.offset = place.number + (load.from == From::transport ? 0 : load.network);
    if (load.from != From::transport) load.network = 0;
    if (load.offset >= 0x80000000) return wrong("the offset is negative");
    return tree.add(Sum{.kind = Sum::Kind::load, .load = load});
}

}  // namespace filter

std::uint32_t network_offset(LinkLayer link) {
    switch (link) {
        case LinkLayer::ethernet:
        case LinkLayer::ethernet_socket: return 14;
        case LinkLayer::cooked: return 16;
        case LinkLayer::cooked2: return 20;
        case LinkLayer::null: return 4;
        default: return 0;
    }
}

Result<BpfProgram> compile_filter(std::string_view text, LinkLayer link, std::uint32_t snapshot) {
    constexpr std::size_t longest = 65536;
    if (text.size() > longest) return refused("filter", "it is longer than 65536 bytes");
    filter::Parser parser(text, link);
    const int root = TRY(parser.run());
    return filter::generate(parser.tree, root, snapshot);
}

}  // namespace limpet::parse
