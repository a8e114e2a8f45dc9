// parse/awk_parser.h - the parser of awk: statements in awk.cpp, expressions in awk_expression.cpp.
#pragma once

#include "parse/awk.h"
#include "parse/awk_lexer.h"

#include <initializer_list>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace limpet::parse::awk {

// What an expression may not hold here: > in print's list.
struct Without {
    bool greater = false;
};

class Parser {
public:
    explicit Parser(std::vector<Token> tokens);
    Result<Program> run();

private:
    using Kind = Token::Kind;
    struct Call {
        Node* node;
        std::size_t function;  // that it stands in; no_function outside of all
        std::uint32_t line;
    };
    // Parentheses and braces within one another.
    static constexpr int nesting_limit = 400;

    [[nodiscard]] const Token& peek(std::size_t ahead = 0) const;
    [[nodiscard]] bool at(std::string_view sign, std::size_t ahead = 0) const;
    [[nodiscard]] bool at_word(std::string_view keyword) const;
    bool take(std::string_view sign);
    bool take_word(std::string_view keyword);
    Result<> expect(std::string_view sign);
    void skip_newlines();
    void skip_terminators();
    [[nodiscard]] std::unexpected<Error> wrong() const;
    [[nodiscard]] std::unexpected<Error> wrong(std::string_view why) const;
    Node* make(Node node);
    std::uint32_t text(std::string text);

    Result<> item();
    Result<> function();
    Result<Node*> block();
    Result<Node*> body();
    Result<Node*> statement();
    Result<Node*> simple();
    Result<Node*> keyword_statement();
    Result<Node*> conditional_statement();
    Result<Node*> loop();
    Result<Node*> print();
    Result<Node*> removal();
    Result<> end_simple();

    Result<Node*> expression(Without without = {});
    Result<Node*> condition(Without without);
    Result<Node*> binary(int level, Without without);
    Result<Node*> piped(Without without);
    Result<Node*> concatenation(Without without);
    Result<Node*> additive(Without without);
    Result<Node*> unary(Without without);
    Result<Node*> power(Without without);
    Result<Node*> primary(Without without, bool assigns = true);
    Result<Node*> group();
    Result<Node*> regex();
    Result<Node*> assignment(Node* place, Without without);
    Result<Node*> place();
    Result<Node*> name();
    Result<Node*> simple_getline();
    Result<Node*> builtin();
    Result<Node*> call();
    Result<std::vector<Node*>> list(Without without);
    Node* variable(const std::string& name);
    [[nodiscard]] bool begins_operand() const;
    [[nodiscard]] bool begins_place() const;
    [[nodiscard]] std::size_t closing() const;
    void as_array(Node* name);

    Result<> resolve();
    Name* name_of(const Node* node, std::size_t function);
    bool spread_arrays(const Call& call, bool down);

    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    int nesting_ = 0;
    int loops_ = 0;
    bool deep_ = false;
    bool in_function_ = false;
    bool in_rule_ = false;  // not BEGIN nor END: next has a meaning
    Program program_;
    std::unordered_map<std::string, std::uint32_t> globals_, functions_, locals_;
    static constexpr std::size_t no_function = SIZE_MAX;
    std::vector<Call> calls_;
    std::size_t function_ = no_function;
};

}  // namespace limpet::parse::awk
