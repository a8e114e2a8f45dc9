// commands/text/awk_machine.h - runs a program of awk: a walk over its tree that asks each
// expression for what is wanted of it, a number, a text or a truth, so that most need no Value.
#pragma once

#include "commands/text/awk_array.h"
#include "commands/text/awk_record.h"
#include "commands/text/awk_streams.h"
#include "commands/text/awk_value.h"
#include "parse/awk.h"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace limpet::commands::awk {

using parse::awk::Builtin;
using parse::awk::Node;
using parse::awk::Op;
using parse::awk::Special;

class Machine {
public:
    // `wide`: at the shell's confinement, for other commands.
    [[gnu::cold]] Machine(Invocation& call, parse::awk::Program program, bool wide);

    // NAME=VALUE of -v and of operands; false when it is none.
    [[gnu::cold]] bool assign_operand(std::string_view word);
    void set_separator(std::string_view text);
    // Arguments of the program: files and assignments.
    int run(const std::vector<std::string>& operands);

private:
    enum class Flow : std::uint8_t {
        normal,
        break_loop,
        continue_loop,
        next,
        next_file,
        return_value,
        exit
    };
    // What a text is held in while it is looked at.
    struct Scratch {
        Value hold;
        std::string longer;
        char digits[32];
    };
    // One side of a comparison.
    struct Side {
        Value::Kind kind = Value::Kind::unset;
        double number = 0;
        std::string_view text;
    };
    // Of the C++ stack, which has 8 MiB.
    static constexpr std::size_t stack_limit = std::size_t{6} * 1024 * 1024;
    static constexpr std::size_t regexes_limit = 500;

    // awk_evaluate.cpp. A text is good until something that is not pure is evaluated.
    Value value(const Node& node);
    double number(const Node& node);
    bool truth(const Node& node);
    std::string_view text(const Node& node, Scratch& scratch);
    std::string_view text_of(Value& value, Scratch& scratch);
    Value concatenation(const Node& node);
    double arithmetic(Op operation, double left, double right);
    bool compare(const Node& node);
    Side side(const Node& node, Scratch& scratch, bool held);
    bool member(const Node& node);
    Value call(const Node& node);
    void push_arguments(const Node& node, std::vector<std::unique_ptr<Array>>& own);
    std::string_view key(const std::vector<Node*>& list, Scratch& scratch);
    Array& array(const Node& name);

    // awk_places.cpp
    Value& variable(const Node& node) {
        return node.op == Op::global ? globals_[node.slot] : stack_[base_ + node.slot];
    }
    std::size_t field_index(const Node& node);
    std::string_view field_text(std::size_t index, Scratch& scratch);
    Value field_value(std::size_t index);
    double field_number(std::size_t index);
    Value special(std::uint32_t slot);
    void set_special(std::uint32_t slot, Value value);
    void store(const Node& place, Value value);
    Value assign(const Node& node);
    double compound(const Node& node);
    double step(const Node& node);
    bool append(const Node& node);
    void set_record(std::string_view text) { record_.set_copy(text, separator_); }
    Separator separator_of(std::string_view text);
    void set_record_end(std::string_view text);

    // awk_input.cpp
    bool next_input();
    bool read_main(std::string_view& line);
    bool next_record();
    double get_line(const Node& node);
    void took_record(std::string_view line);

    // awk_execute.cpp
    void rules(parse::awk::Rule::Kind kind);
    void pattern_rules();
    bool chosen(std::size_t rule);
    void execute(const Node& node);
    void block(const Node& node);
    void loop(const Node& node);
    void for_in(const Node& node);
    bool goes_on();
    void print(const Node& node);
    void print_list(const Node& node, Output& out);
    void print_one(const Node& node, Output& out);
    bool format_to_buffer(std::string_view form, std::size_t first);
    void print_format(const Node& node, Output& out);
    Output* target(const Node& node);
    [[gnu::cold]] void fail(const Error& error);
    [[gnu::cold]] void fail(std::string_view what, std::string_view why);

    // awk_builtins.cpp
    Value builtin(const Node& node);
    double number_builtin(const Node& node);
    double bits(const Node& node);
    double length(const Node& node);
    Value substring(const Node& node);
    double index(const Node& node);
    Value formatted(const Node& node);
    Value cased(const Node& node, bool upper);
    Value time_text(const Node& node);
    double seed(const Node& node);
    double random();
    double flush(const Node& node);
    double system(const Node& node);

    // awk_substitute.cpp
    parse::Regex* regex(const Node& node);
    parse::Regex* regex(std::string_view text);
    parse::Regex* compiled(const std::string& expression);
    bool matches(const Node& node);
    bool matches(parse::Regex* regex, std::string_view text);
    double split(const Node& node);
    double match(const Node& node);
    double substitute(const Node& node, bool all);
    Value substituted(const Node& node);
    std::size_t replace(parse::Regex& regex, std::string_view text, std::string_view by,
                        std::size_t which, bool all, bool groups);
    bool put(parse::Regex& regex, std::string_view text, std::string_view by, std::size_t begin,
             std::size_t end, bool groups);

    Invocation& call_;
    parse::awk::Program program_;
    Streams streams_;
    std::vector<Value> globals_;
    std::vector<std::unique_ptr<Array>> arrays_;
    std::vector<Value> texts_;                // the constants
    std::vector<parse::Regex*> expressions_;  // those of Op::regex, once they are used
    std::unordered_map<std::string, std::unique_ptr<parse::Regex>> regexes_, literals_;
    std::string last_expression_;
    parse::Regex* last_regex_ = nullptr;
    std::vector<Value> stack_;
    std::size_t base_ = 0;
    const char* stack_top_ = nullptr;
    std::string buffer_;        // texts in the making; each user leaves it as it was
    std::string built_;         // what replace() makes
    Value result_;              // of return
    std::vector<bool> active_;  // ranges

    Record record_;
    Separator separator_;
    RecordEnd record_end_;
    std::string ofs_ = " ", ors_ = "\n", subsep_ = "\034", convfmt_ = "%.6g", ofmt_ = "%.6g";
    double nr_ = 0, fnr_ = 0;
    std::unique_ptr<Reader> main_;
    std::size_t argument_ = 1;
    bool any_file_ = false;
    bool input_ended_ = false;

    Flow flow_ = Flow::normal;
    int status_ = 0;
    bool failed_ = false;
    bool ending_ = false;
    bool terminal_ = false;
    std::uint64_t random_ = 1;
    double seed_ = 0;
};

}  // namespace limpet::commands::awk
