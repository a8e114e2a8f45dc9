// parse/regex.cpp - lines and places that match.
#include "parse/regex.h"

#include "parse/regex_backtrack.h"

#include <algorithm>
#include <cstring>

namespace limpet::parse {
namespace {

using regex::Assertion;
using regex::Node;

// How often a byte stands in common text, roughly: the rarest of a literal is looked for first.
int frequency(unsigned char byte) {
    constexpr std::string_view common = "etaoinsrhldcumfpgwybvkxjqz";
    if (byte == ' ' || byte == '\n' || byte == 0) return 250;
    if (const auto at = common.find(static_cast<char>(byte)); at != common.npos) {
        return 240 - static_cast<int>(at) * 7;
    }
    if (byte >= '0' && byte <= '9') return 120;
    if (byte >= 'A' && byte <= 'Z') return 60;
    if (std::string_view("-_./,:=\"()").find(static_cast<char>(byte)) != std::string_view::npos)
        return 110;
    return 40;
}

[[gnu::cold]] regex::Tree surrounded(regex::Tree tree, Assertion before, Assertion after) {
    const auto add = [&](Node node) {
        tree.nodes.push_back(std::move(node));
        return static_cast<std::uint32_t>(tree.nodes.size() - 1);
    };
    const auto first = add({.kind = Node::Kind::assertion, .assertion = before});
    const auto last = add({.kind = Node::Kind::assertion, .assertion = after});
    tree.root = add({.kind = Node::Kind::concat, .children = {first, tree.root, last}});
    return tree;
}

}  // namespace

Result<Regex> Regex::compile(std::span<const std::string> patterns, Flags flags) {
    std::vector<regex::Tree> trees;
    for (const auto& pattern : patterns) {
        trees.push_back(TRY(regex::parse(pattern, flags.syntax, flags.ignore_case)));
    }
    if (trees.empty()) return refused("regular expression", "there is none");
    auto tree = regex::alternatives(std::move(trees));
    if (flags.whole_word) {
        tree = surrounded(std::move(tree), Assertion::not_after_word, Assertion::not_before_word);
    }
    if (flags.whole_line) {
        tree = surrounded(std::move(tree), Assertion::line_begin, Assertion::line_end);
    }
    Regex made(std::move(tree), flags);
    TRY(made.prepare());
    return made;
}

Result<> Regex::prepare() {
    literal_ = regex::required(tree_);
    for (std::size_t i = 1; i < literal_.text.size(); ++i) {
        if (frequency(static_cast<unsigned char>(literal_.text[i])) <
            frequency(static_cast<unsigned char>(literal_.text[rare_]))) {
            rare_ = i;
        }
    }
    lines_ = std::make_unique<regex::Automaton>(
        TRY(regex::compile(tree_, {})),
        regex::Automaton::Way{.anywhere = true, .terminator = flags_.terminator});
    if (tree_.back_references) exact_ = TRY(regex::compile(tree_, {.captures = true}));
    return {};
}

// Many uses never ask where in a line: these two are made when somebody does.
Result<> Regex::prepare_spans() {
    if (ends_) return {};
    starts_ = std::make_unique<regex::Automaton>(
        TRY(regex::compile(tree_, {.reversed = true})),
        regex::Automaton::Way{.anywhere = true, .reversed = true});
    ends_ =
        std::make_unique<regex::Automaton>(TRY(regex::compile(tree_, {})), regex::Automaton::Way{});
    return {};
}

std::optional<std::size_t> Regex::find_literal(std::string_view text) const {
    const std::string_view word = literal_.text;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    if (text.size() < word.size()) return std::nullopt;
    const char* at = begin + rare_;
    const char* const last = end - word.size() + rare_ + 1;
    std::size_t misses = 0;
    while (at < last) {
        at = static_cast<const char*>(
            std::memchr(at, word[rare_], static_cast<std::size_t>(last - at)));
        if (!at) return std::nullopt;
        const char* const from = at - rare_;
        if (std::memcmp(from, word.data(), word.size()) == 0) {
            return static_cast<std::size_t>(from - begin);
        }
        ++at;
        // Not so rare here: then an algorithm that skips is better than one that looks.
        if (++misses > 16 && misses > static_cast<std::size_t>(at - begin) / 32) {
            const char* const rest = at - rare_;
            const auto* hit = static_cast<const char*>(
                ::memmem(rest, static_cast<std::size_t>(end - rest), word.data(), word.size()));
            return hit ? std::optional(static_cast<std::size_t>(hit - begin)) : std::nullopt;
        }
    }
    return std::nullopt;
}

// The first line that might match: surely so when there are no back references.
std::optional<std::size_t> Regex::candidate(std::string_view text) {
    if (literal_.text.empty()) return lines_->find_line(text);
    std::size_t from = 0;
    while (from < text.size()) {
        const auto hit = find_literal(text.substr(from));
        if (!hit) return std::nullopt;
        const auto at = from + *hit;
        if (literal_.whole) return at;
        const auto before = at == 0 ? text.npos : text.rfind(flags_.terminator, at - 1);
        const auto begin = before == text.npos ? 0 : before + 1;
        const auto after = text.find(flags_.terminator, at);
        const auto end = after == text.npos ? text.size() : after + 1;
        if (lines_->find_line(text.substr(begin, end - begin))) return at;
        from = end;
    }
    return std::nullopt;
}

Result<std::optional<std::size_t>> Regex::find_line(std::string_view text) {
    std::size_t from = 0;
    while (from < text.size()) {
        const auto hit = candidate(text.substr(from));
        if (!hit) return std::nullopt;
        if (!exact_) return from + *hit;
        const auto at = from + *hit;
        const auto before = at == 0 ? text.npos : text.rfind(flags_.terminator, at - 1);
        const auto begin = before == text.npos ? 0 : before + 1;
        const auto after = std::min(text.find(flags_.terminator, at), text.size());
        if (TRY(find(text.substr(begin, after - begin)))) return at;
        from = after + 1;
    }
    return std::nullopt;
}

Result<bool> Regex::matches(std::string_view line) {
    if (exact_ || literal_.whole) return TRY(find(line)).has_value();
    if (!literal_.text.empty() && !find_literal(line)) return false;
    if (!anywhere_) {
        anywhere_ = std::make_unique<regex::Automaton>(TRY(regex::compile(tree_, {})),
                                                       regex::Automaton::Way{.anywhere = true});
    }
    return anywhere_->any(line);
}

Result<std::optional<Regex::Span>> Regex::find(std::string_view line, std::size_t from) {
    if (literal_.whole) {
        const auto hit = find_literal(line.substr(from));
        if (!hit) return std::nullopt;
        return Span{from + *hit, from + *hit + literal_.text.size()};
    }
    if (exact_) {
        const auto found = TRY(groups(line, from));
        return found ? std::optional((*found)[0]) : std::nullopt;
    }
    TRY(prepare_spans());
    // A caller that goes on in a line has its marks already.
    if (from == 0 || marked_ != line.data() || marked_size_ != line.size()) {
        begins_.assign(line.size() + 1, false);
        starts_->starts(line, [&](std::size_t at) { begins_[at] = true; });
        marked_ = line.data();
        marked_size_ = line.size();
    }
    for (std::size_t begin = from; begin <= line.size(); ++begin) {
        if (!begins_[begin]) continue;
        if (const auto end = ends_->longest(line, begin)) return Span{begin, *end};
    }
    return std::nullopt;
}

Result<std::optional<std::vector<Regex::Span>>> Regex::groups(std::string_view line,
                                                              std::size_t from) {
    if (!exact_) exact_ = TRY(regex::compile(tree_, {.captures = true}));
    regex::Backtrack search(*exact_, tree_, flags_.ignore_case);
    if (!tree_.back_references) {
        // Where it is, is known in linear time; only its parts are to be told.
        auto exact = std::exchange(exact_, std::nullopt);
        const auto span = find(line, from);
        exact_ = std::move(exact);
        if (!span) return std::unexpected(span.error());
        if (!*span) return std::nullopt;
        auto found = TRY(search.run(line, (*span)->begin, (*span)->end));
        if (!found) return std::vector<Span>{**span};
        std::vector<Span> spans;
        for (const auto& [begin, end] : *found) spans.push_back({begin, end});
        return spans;
    }
    for (std::size_t begin = from; begin <= line.size(); ++begin) {
        const auto found = TRY(search.run(line, begin, std::nullopt));
        if (!found) continue;
        std::vector<Span> spans;
        for (const auto& [first, last] : *found) spans.push_back({first, last});
        return spans;
    }
    return std::nullopt;
}

}  // namespace limpet::parse
