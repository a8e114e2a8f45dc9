// parse/jq_parser.h - a filter of jq by recursive descent, with a bound on its depth.
#pragma once

#include "parse/jq.h"
#include "parse/jq_words.h"

#include <string>
#include <vector>

namespace limpet::parse::jq {

struct Known {
    std::string name;
    std::size_t arity;
    Index definition = none;  // of the prelude
};

struct Operator;

class Parser {
public:
    Parser(Filter& filter, const Builtins& builtins, std::vector<std::string> variables)
        : filter_(filter), builtins_(builtins), variables_(std::move(variables)) {}

    Result<> prelude(std::string_view text);
    Result<Index> document(std::string_view text);

private:
    using Kind = Node::Kind;
    static constexpr int depth_limit = 256;
    Index add(Kind kind, std::string text = {}, std::vector<Index> parts = {});
    // `def f(a; $b): body;` - its rest is none, but the caller may set it.
    Result<Index> definition();
    Result<Index> pipe();
    Result<Index> pipe_of_any_depth();
    Result<Index> comma();
    const Operator* next_operator();
    Result<Index> expression(int level);
    Result<std::string> dollar();
    Result<Index> variable();
    // "a \(b) c", behind its opening quote.
    Result<Index> string(std::string format = {});
    // What follows a dot: a name or a string.
    Result<Index> field_name();
    // Behind [: an index, a slice, or all.
    Result<Index> bracket(Index term);
    Result<Index> postfix(bool binds);
    // $name, [pattern, ...], {name: pattern, $name, ...}
    Result<Index> pattern();
    Result<> pattern_member(std::vector<Index>& parts);
    Result<Index> member_name();
    // {a, "b", $c, (d): e, f: g | h}
    Result<Index> object();
    Result<Index> term();
    Result<Index> named();
    Result<Index> call(std::string name, std::vector<Index> arguments);
    Result<Index> choose();
    Result<Index> fold(bool reduce);

    Filter& filter_;
    const Builtins& builtins_;
    Words words_{""};
    std::vector<Known> functions_;
    std::vector<std::string> variables_, labels_;
    int depth_ = 0;
    bool prelude_ = false;
};

}  // namespace limpet::parse::jq
