// parse/regex_syntax.cpp - regular expressions as trees.
#include "parse/regex_syntax.h"

#include "parse/code_point.h"
#include "parse/number.h"
#include "parse/regex_sets.h"

#include <algorithm>
#include <optional>

namespace limpet::parse::regex {
namespace {

using Kind = Node::Kind;

std::unexpected<Error> wrong(std::string_view why) { return refused("regular expression", why); }

class Parser {
public:
    Parser(std::string_view pattern, Syntax syntax, bool ignore_case)
        : text_(pattern), extended_(syntax == Syntax::extended), ignore_case_(ignore_case) {}

    Result<Tree> whole() {
        tree_.root = TRY(alternation(0));
        if (at_ < text_.size()) return wrong(extended_ ? "unmatched )" : "unmatched \\)");
        return std::move(tree_);
    }
    Result<Tree> literal() {
        std::vector<std::uint32_t> items;
        while (at_ < text_.size()) items.push_back(literal_point());
        tree_.root = join(Kind::concat, std::move(items));
        return std::move(tree_);
    }

private:
    [[nodiscard]] bool looking_at(std::string_view word) const {
        return text_.substr(at_).starts_with(word);
    }
    bool take(std::string_view word) {
        if (!looking_at(word)) return false;
        at_ += word.size();
        return true;
    }
    std::uint32_t add(Node node) {
        tree_.nodes.push_back(std::move(node));
        return static_cast<std::uint32_t>(tree_.nodes.size() - 1);
    }
    std::uint32_t join(Kind kind, std::vector<std::uint32_t> items) {
        if (items.size() == 1) return items[0];
        if (items.empty()) return add({.kind = Kind::empty});
        return add({.kind = kind, .children = std::move(items)});
    }
    std::uint32_t set(std::vector<Range> ranges, bool negated) {
        if (ignore_case_) add_other_case(ranges);
        normalise(ranges);
        return add({.kind = Kind::set,
                    .ranges = negated ? complement(ranges) : std::move(ranges),
                    .lone_bytes = negated});
    }

    // One code point as its bytes, so that literals stay literals; a set of two with -i.
    std::uint32_t literal_point() {
        const auto length = std::max<std::size_t>(sequence_length(text_.substr(at_)), 1);
        const auto bytes = text_.substr(at_, length);
        at_ += length;
        if (ignore_case_ && sequence_length(bytes) > 0) {
            const auto point = code_point(bytes);
            if (other_case(point) != point) return set({{point, point}}, false);
        }
        std::vector<std::uint32_t> items;
        for (const char byte : bytes) {
            items.push_back(add({.kind = Kind::byte, .byte = static_cast<std::uint8_t>(byte)}));
        }
        return join(Kind::concat, std::move(items));
    }

    Result<std::uint32_t> alternation(int depth) {
        if (depth > depth_limit) return wrong("groups are nested too deeply");
        std::vector<std::uint32_t> items;
        do {
            items.push_back(TRY(sequence(depth)));
        } while (take(extended_ ? "|" : "\\|"));
        return join(Kind::alternate, std::move(items));
    }

    [[nodiscard]] bool sequence_ends(int depth) const {
        if (at_ >= text_.size()) return true;
        if (extended_) return text_[at_] == '|' || (text_[at_] == ')' && depth > 0);
        return looking_at("\\|") || looking_at("\\)");
    }

    Result<std::uint32_t> sequence(int depth) {
        std::vector<std::uint32_t> items;
        bool first = true;
        while (!sequence_ends(depth)) {
            std::uint32_t item = 0;
            // A quantifier with nothing before it: basic ones take * as itself, extended ones
            // repeat the empty text.
            if (extended_ && first && quantifier_next()) {
                item = add({.kind = Kind::empty});
            } else {
                item = TRY(atom(depth, first));
            }
            const bool anchor = tree_.nodes[item].kind == Kind::assertion;
            while (quantifier_next() && !(anchor && !extended_)) item = TRY(repeated(item));
            items.push_back(item);
            // \(^*a\): the star after an anchor at the front is itself.
            first = first && anchor && !extended_;
        }
        return join(Kind::concat, std::move(items));
    }

    [[nodiscard]] bool interval_at(std::size_t at) const {
        // "{" that begins no interval is itself (extended).
        const auto close = text_.find(extended_ ? "}" : "\\}", at);
        if (close == text_.npos) return false;
        const auto inside = text_.substr(at, close - at);
        return !inside.empty() && inside.find_first_not_of("0123456789,") == inside.npos &&
               std::ranges::count(inside, ',') <= 1;
    }
    [[nodiscard]] bool quantifier_next() const {
        if (at_ >= text_.size()) return false;
        if (text_[at_] == '*') return true;
        if (extended_) {
            return text_[at_] == '+' || text_[at_] == '?' ||
                   (text_[at_] == '{' && interval_at(at_ + 1));
        }
        return looking_at("\\+") || looking_at("\\?") || looking_at("\\{");
    }

    Result<std::uint32_t> repeated(std::uint32_t item) {
        int least = 0, most = unbounded;
        if (take("*")) {
        } else if (take(extended_ ? "+" : "\\+")) {
            least = 1;
        } else if (take(extended_ ? "?" : "\\?")) {
            most = 1;
        } else {
            at_ += extended_ ? 1 : 2;
            if (!interval_at(at_)) return wrong("invalid content of \\{\\}");
            const std::string_view close = extended_ ? "}" : "\\}";
            const auto end = text_.find(close, at_);
            const auto inside = text_.substr(at_, end - at_);
            const auto comma = inside.find(',');
            const auto bound = [](std::string_view digits, int missing) -> std::optional<int> {
                return digits.empty() ? missing : number<int>(digits);
            };
            const auto low = bound(inside.substr(0, comma), 0);
            const auto high =
                comma == inside.npos ? low : bound(inside.substr(comma + 1), unbounded);
            if (!low || !high || *low > repeat_limit || *high > repeat_limit ||
                (*high != unbounded && *high < *low)) {
                return wrong("invalid content of \\{\\}");
            }
            least = *low;
            most = *high;
            at_ = end + close.size();
        }
        return add({.kind = Kind::repeat, .least = least, .most = most, .children = {item}});
    }

    std::uint32_t assertion(Assertion kind) {
        return add({.kind = Kind::assertion, .assertion = kind});
    }

    Result<std::uint32_t> group(int depth) {
        const int number = ++tree_.groups;
        const auto inside = TRY(alternation(depth + 1));
        if (!take(extended_ ? ")" : "\\)"))
            return wrong(extended_ ? "unmatched (" : "unmatched \\(");
        closed_.push_back(number);
        return add({.kind = Kind::group, .number = number, .children = {inside}});
    }

    [[nodiscard]] bool end_anchor() const {
        if (extended_ || at_ + 1 == text_.size()) return true;
        const auto rest = text_.substr(at_ + 1);
        return rest.starts_with("\\)") || rest.starts_with("\\|");
    }

    Result<std::uint32_t> atom(int depth, bool first) {
        const char byte = text_[at_];
        if (byte == '\\') return escape(depth);
        if (byte == '[') return bracket();
        if (byte == '.') {
            ++at_;
            return add({.kind = Kind::set, .ranges = {{0, 0x10FFFF}}, .lone_bytes = true});
        }
        if (byte == '^' && (extended_ || first)) {
            ++at_;
            return assertion(Assertion::line_begin);
        }
        if (byte == '$' && end_anchor()) {
            ++at_;
            return assertion(Assertion::line_end);
        }
        if (extended_ && byte == '(') {
            ++at_;
            return group(depth);
        }
        return literal_point();
    }

    Result<std::uint32_t> escape(int depth) {
        ++at_;
        if (at_ == text_.size()) return wrong("trailing backslash");
        const char byte = text_[at_];
        if (!extended_ && byte == '(') {
            ++at_;
            return group(depth);
        }
        if (byte >= '1' && byte <= '9') {
            ++at_;
            const int number = byte - '0';
            if (std::ranges::find(closed_, number) == closed_.end())
                return wrong("invalid back reference");
            tree_.back_references = true;
            return add({.kind = Kind::back_reference, .number = number});
        }
        constexpr std::pair<char, Assertion> assertions[]{
            {'<', Assertion::word_begin},    {'>', Assertion::word_end},
            {'b', Assertion::word_boundary}, {'B', Assertion::no_word_boundary},
            {'`', Assertion::line_begin},    {'\'', Assertion::line_end},
        };
        for (const auto& [letter, kind] : assertions) {
            if (letter == byte) {
                ++at_;
                return assertion(kind);
            }
        }
        const std::vector<Range> word{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
        const std::vector<Range> space{{'\t', '\r'}, {' ', ' '}};
        switch (byte) {
            case 'w':
            case 'W': ++at_; return set(word, byte == 'W');
            case 's':
            case 'S': ++at_; return set(space, byte == 'S');
        }
        return literal_point();
    }

    // One end of a range, or a member: a code point, [.x.] or [=x=].
    Result<char32_t> member() {
        for (const char kind : {'.', '='}) {
            const std::string open{'[', kind};
            if (!take(open)) continue;
            const auto end = text_.find(std::string{kind, ']'}, at_);
            if (end == text_.npos) return wrong("unmatched [");
            const auto name = text_.substr(at_, end - at_);
            at_ = end + 2;
            const auto length = std::max<std::size_t>(sequence_length(name), 1);
            if (name.empty() || length != name.size()) return wrong("invalid collation character");
            return point_of(name);
        }
        const auto rest = text_.substr(at_);
        const auto length = std::max<std::size_t>(sequence_length(rest), 1);
        at_ += length;
        return point_of(rest.substr(0, length));
    }
    static char32_t point_of(std::string_view bytes) {
        return sequence_length(bytes) > 0 ? code_point(bytes)
                                          : static_cast<unsigned char>(bytes[0]);
    }

    Result<std::uint32_t> bracket() {
        ++at_;
        const bool negated = take("^");
        std::vector<Range> ranges;
        for (bool first = true;; first = false) {
            if (at_ >= text_.size()) return wrong("unmatched [");
            if (!first && take("]")) break;
            if (take("[:")) {
                const auto end = text_.find(":]", at_);
                if (end == text_.npos) return wrong("unmatched [");
                auto name = text_.substr(at_, end - at_);
                if (ignore_case_ && (name == "upper" || name == "lower")) name = "alpha";
                const auto known = named_class(name);
                if (!known) return wrong("invalid character class name");
                ranges.insert(ranges.end(), known->begin(), known->end());
                at_ = end + 2;
                continue;
            }
            const char32_t low = TRY(member());
            char32_t high = low;
            // A hyphen that is last in the brackets is itself.
            if (looking_at("-") && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
                ++at_;
                high = TRY(member());
                if (high < low) return wrong("invalid range end");
            }
            ranges.push_back({low, high});
        }
        return set(std::move(ranges), negated);
    }

    std::string_view text_;
    bool extended_;
    bool ignore_case_;
    std::size_t at_ = 0;
    Tree tree_;
    std::vector<int> closed_;  // groups that may be referred to
};

}  // namespace

Result<Tree> parse(std::string_view pattern, Syntax syntax, bool ignore_case) {
    Parser parser(pattern, syntax, ignore_case);
    return syntax == Syntax::fixed ? parser.literal() : parser.whole();
}

Tree alternatives(std::vector<Tree> trees) {
    if (trees.size() == 1) return std::move(trees[0]);
    Tree all;
    Node top{.kind = Kind::alternate};
    for (auto& tree : trees) {
        const auto base = static_cast<std::uint32_t>(all.nodes.size());
        for (auto& node : tree.nodes) {
            for (auto& child : node.children) child += base;
            if (node.number > 0) node.number += all.groups;
            all.nodes.push_back(std::move(node));
        }
        top.children.push_back(tree.root + base);
        all.groups += tree.groups;
        all.back_references |= tree.back_references;
    }
    all.nodes.push_back(std::move(top));
    all.root = static_cast<std::uint32_t>(all.nodes.size() - 1);
    return all;
}

}  // namespace limpet::parse::regex
