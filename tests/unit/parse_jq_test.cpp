// parse_jq_test.cpp - filters of jq as trees: what binds to what, and what is refused.
#include "parse/jq.h"

#include <catch2/catch.hpp>

using namespace limpet;
using parse::jq::Filter;
using parse::jq::Index;

namespace {

Result<Filter> filter(std::string_view text) {
    const auto known = [](std::string_view name, std::size_t arity) {
        return name == "length" && arity == 0 ? Index{7} : parse::jq::none;
    };
    return parse::jq::filter("def twice(f): f | f;", text, known, {"given"});
}

// With brackets around everything that has two sides.
std::string shown(const Filter& filter, Index at) {
    using enum parse::jq::Node::Kind;
    const auto& node = filter.nodes[at];
    const auto part = [&](std::size_t i) { return shown(filter, node.parts[i]); };
    switch (node.kind) {
        case identity: return ".";
        case number: return node.text;
        case pipe: return '(' + part(0) + '|' + part(1) + ')';
        case comma: return '(' + part(0) + ',' + part(1) + ')';
        case field: return part(0) + '[' + filter.nodes[node.parts[1]].text + ']' + node.text;
        default: return '(' + part(0) + node.text + part(1) + ')';
    }
}
std::string shown(std::string_view text) {
    const auto tree = filter(text);
    return tree ? shown(*tree, tree->root) : "refused";
}

}  // namespace

TEST_CASE("jq: what binds to what", "[jq]") {
    CHECK(shown("1+2*3-4") == "((1+(2*3))-4)");
    CHECK(shown("1,2|3") == "((1,2)|3)");
    CHECK(shown("1//2//3") == "(1//(2//3))");
    CHECK(shown(".a = 1 or 2 and 3") == "(.[a]=(1or(2and3)))");
    CHECK(shown(".a.b?") == ".[a][b]?");
    CHECK(shown("1 == 2 == 3") == "refused");
    CHECK(shown(".a = .b = 1") == "refused");
}

TEST_CASE("jq: what a name stands for is known before anything runs", "[jq]") {
    CHECK(filter("length, twice(.)"));
    CHECK(filter("def f(g; $x): g, $x; f(1; 2)"));
    CHECK(filter(". as [$a, {b: $c}] | $a, $c, $given"));
    CHECK_FALSE(filter("twice"));
    CHECK_FALSE(filter("(def f: 1; f) | f"));
    CHECK_FALSE(filter("(. as $x | 1) | $x"));
    CHECK_FALSE(filter("break $out"));
    CHECK(filter("foo(1; 2)").error().subject() == "function 'foo/2' is not built in here");
}

TEST_CASE("jq: what has no end is refused", "[jq]") {
    CHECK_FALSE(filter(std::string(100'000, '[')));
    CHECK_FALSE(filter(std::string(100'000, '-') + "1"));
    std::string choices;
    for (int i = 0; i < 1000; ++i) choices += i == 0 ? "if 1 then 2 " : "elif 1 then 2 ";
    CHECK_FALSE(filter(choices + "end"));
    for (const auto* text :
         {"[", "{", "\"", "\"\\(1", ".[", "..a", ". as", "if 1", "{(1)}", "1 +"}) {
        INFO(text);
        CHECK_FALSE(filter(text));
    }
}
