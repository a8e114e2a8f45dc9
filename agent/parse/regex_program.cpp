// parse/regex_program.cpp - trees to programs.
#include "parse/regex_program.h"

#include <algorithm>
#include <map>

namespace limpet::parse::regex {
namespace {

using Kind = Node::Kind;
using Code = Instruction::Kind;

// A run of byte ranges that together are the UTF-8 of a range of code points.
struct Sequence {
    std::size_t length = 0;
    std::array<std::pair<std::uint8_t, std::uint8_t>, 4> bytes{};
};

std::size_t encode(char32_t point, std::array<std::uint8_t, 4>& bytes) {
    if (point < 0x80) {
        bytes[0] = static_cast<std::uint8_t>(point);
        return 1;
    }
    const std::size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (std::size_t i = length; i-- > 1;) {
        bytes[i] = static_cast<std::uint8_t>(0x80 | (point & 0x3F));
        point >>= 6;
    }
    bytes[0] = static_cast<std::uint8_t>((0xF00u >> length & 0xF0u) | point);
    return length;
}

// Splits until first and last differ only in trailing continuation bytes that run over all values.
void split_range(char32_t first, char32_t last, std::vector<Sequence>& out) {
    for (const char32_t end : {char32_t{0x7F}, char32_t{0x7FF}, char32_t{0xFFFF}}) {
        if (first <= end && end < last) {
            split_range(first, end, out);
            split_range(end + 1, last, out);
            return;
        }
    }
    for (unsigned shift = 6; last >= 0x80 && shift <= 18; shift += 6) {
        const char32_t mask = (char32_t{1} << shift) - 1;
        if ((first & ~mask) == (last & ~mask)) continue;
        if ((first & mask) != 0) {
            split_range(first, first | mask, out);
            split_range((first | mask) + 1, last, out);
            return;
        }
        if ((last & mask) != mask) {
            split_range(first, (last & ~mask) - 1, out);
            split_range(last & ~mask, last, out);
            return;
        }
    }
    std::array<std::uint8_t, 4> low{}, high{};
    Sequence sequence;
    sequence.length = encode(first, low);
    encode(last, high);
    for (std::size_t i = 0; i < sequence.length; ++i) sequence.bytes[i] = {low[i], high[i]};
    out.push_back(sequence);
}

class Compiler {
public:
    Compiler(const Tree& tree, Purpose purpose) : tree_(tree), purpose_(purpose) {
        for (const auto& node : tree_.nodes) {
            if (node.kind != Kind::group) continue;
            if (groups_.size() <= static_cast<std::size_t>(node.number)) {
                groups_.resize(static_cast<std::size_t>(node.number) + 1, 0);
            }
            groups_[static_cast<std::size_t>(node.number)] =
                static_cast<std::uint32_t>(&node - tree_.nodes.data());
        }
    }

    Result<Program> whole() {
        const auto end = TRY(add({.kind = Code::match}));
        program_.start = TRY(node(tree_.root, end));
        return std::move(program_);
    }

private:
    Result<std::uint32_t> add(Instruction instruction) {
        if (program_.code.size() >= program_limit) {
            return refused("regular expression", "too large");
        }
        program_.code.push_back(instruction);
        return static_cast<std::uint32_t>(program_.code.size() - 1);
    }
    Result<std::uint32_t> bytes(const ByteSet& set, std::uint32_t next) {
        const auto [place, fresh] =
            known_.try_emplace(set, static_cast<std::uint32_t>(program_.sets.size()));
        if (fresh) program_.sets.push_back(set);
        return add({.kind = Code::bytes, .argument = place->second, .next = next});
    }
    Result<std::uint32_t> range(std::uint8_t low, std::uint8_t high, std::uint32_t next) {
        ByteSet set{};
        for (unsigned byte = low; byte <= high; ++byte) set[byte >> 6] |= 1ull << (byte & 63);
        return bytes(set, next);
    }

    // What begins at the returned instruction matches the node and goes on at `next`.
    Result<std::uint32_t> node(std::uint32_t index, std::uint32_t next) {
        const auto& what = tree_.nodes[index];
        switch (what.kind) {
            case Kind::empty: return next;
            case Kind::byte: return range(what.byte, what.byte, next);
            case Kind::set: return set(what, next);
            case Kind::concat: return concat(what, next);
            case Kind::alternate: return alternate(what, next);
            case Kind::repeat: return repeat(what, next);
            case Kind::group: return group(what, next);
            case Kind::assertion:
                program_.assertions = true;
                program_.words |= what.assertion != Assertion::line_begin &&
                                  what.assertion != Assertion::line_end;
                return add({.kind = Code::assertion, .assertion = what.assertion, .next = next});
            case Kind::back_reference:
                if (purpose_.captures) {
                    return add({.kind = Code::back_reference,
                                .argument = static_cast<std::uint32_t>(what.number),
                                .next = next});
                }
                return node(groups_[static_cast<std::size_t>(what.number)], next);
        }
        return next;
    }
    Result<std::uint32_t> concat(const Node& what, std::uint32_t next) {
        const auto count = what.children.size();
        for (std::size_t i = 0; i < count; ++i) {
            next = TRY(node(what.children[purpose_.reversed ? i : count - 1 - i], next));
        }
        return next;
    }
    Result<std::uint32_t> alternate(const Node& what, std::uint32_t next) {
        auto rest = TRY(node(what.children.back(), next));
        for (std::size_t i = what.children.size() - 1; i-- > 0;) {
            const auto one = TRY(node(what.children[i], next));
            rest = TRY(add({.kind = Code::split, .next = one, .other = rest}));
        }
        return rest;
    }
    Result<std::uint32_t> repeat(const Node& what, std::uint32_t next) {
        const auto child = what.children[0];
        const auto end = next;
        if (what.most == unbounded) {
            const auto loop = TRY(add({.kind = Code::split, .other = end}));
            const auto body = TRY(node(child, loop));
            program_.code[loop].next = body;
            next = loop;
        } else {
            for (int i = what.least; i < what.most; ++i) {
                const auto body = TRY(node(child, next));
                // Nothing, however often: (){32767}{32767} is not worth the counting.
                if (body == next) return next;
                next = TRY(add({.kind = Code::split, .next = body, .other = end}));
            }
        }
        for (int i = 0; i < what.least; ++i) {
            const auto body = TRY(node(child, next));
            if (body == next) break;
            next = body;
        }
        return next;
    }
    Result<std::uint32_t> group(const Node& what, std::uint32_t next) {
        if (!purpose_.captures) return node(what.children[0], next);
        const auto slot = static_cast<std::uint32_t>(what.number) * 2;
        const auto end = TRY(add({.kind = Code::save, .argument = slot + 1, .next = next}));
        const auto body = TRY(node(what.children[0], end));
        return add({.kind = Code::save, .argument = slot, .next = body});
    }
    Result<std::uint32_t> set(const Node& what, std::uint32_t next) {
        ByteSet single{};
        const auto put = [&](unsigned byte) { single[byte >> 6] |= 1ull << (byte & 63); };
        std::vector<Sequence> sequences;
        for (const auto& [first, last] : what.ranges) {
            for (char32_t point = first; point <= std::min<char32_t>(last, 0x7F); ++point)
                put(point);
            if (last >= 0x80) split_range(std::max<char32_t>(first, 0x80), last, sequences);
        }
        // Text that is not UTF-8 is text, too: a byte of it is one character.
        if (what.lone_bytes) {
            for (unsigned byte = 0x80; byte < 0x100; ++byte) put(byte);
        }
        auto rest = TRY(bytes(single, next));
        for (const auto& sequence : sequences) {
            auto one = next;
            for (std::size_t i = 0; i < sequence.length; ++i) {
                const auto& [low, high] =
                    sequence.bytes[purpose_.reversed ? i : sequence.length - 1 - i];
                one = TRY(range(low, high, one));
            }
            rest = TRY(add({.kind = Code::split, .next = one, .other = rest}));
        }
        return rest;
    }

    const Tree& tree_;
    Purpose purpose_;
    Program program_;
    std::map<ByteSet, std::uint32_t> known_;
    std::vector<std::uint32_t> groups_;
};

class LiteralFinder {
public:
    explicit LiteralFinder(const Tree& tree) : tree_(tree) {}
    Literal whole() {
        walk(tree_.root);
        const bool all = !broken_ && !run_.empty();
        end_run();
        return {std::move(best_), all};
    }

private:
    void end_run() {
        if (run_.size() > best_.size()) best_ = run_;
        run_.clear();
    }
    void walk(std::uint32_t index) {
        const auto& node = tree_.nodes[index];
        switch (node.kind) {
            case Kind::empty: return;
            case Kind::byte: run_ += static_cast<char>(node.byte); return;
            case Kind::concat:
                for (const auto child : node.children) walk(child);
                return;
            case Kind::group: walk(node.children[0]); return;
            // Zero bytes wide: what stands around it stands together.
            case Kind::assertion: broken_ = true; return;
            case Kind::repeat:
                broken_ = true;
                end_run();
                if (node.least > 0) {
                    walk(node.children[0]);
                    end_run();
                }
                return;
            default:
                broken_ = true;
                end_run();
                return;
        }
    }
    const Tree& tree_;
    std::string run_, best_;
    bool broken_ = false;
};

}  // namespace

Result<Program> compile(const Tree& tree, Purpose purpose) {
    return Compiler(tree, purpose).whole();
}

Literal required(const Tree& tree) { return LiteralFinder(tree).whole(); }

}  // namespace limpet::parse::regex
