// parse/awk.h - programs of awk as trees: POSIX awk with what gawk's is used for beyond it.
#pragma once

#include "limpet/result.h"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse::awk {

// Levels of a tree: it is walked by recursion.
inline constexpr int depth_limit = 2000;
inline constexpr std::size_t program_limit = 16U * 1024 * 1024;  // bytes of a program

enum class Op : std::uint8_t {
    // Values. `slot` is an index of constants, names or frames.
    number,
    text,
    regex,     // as a value: whether $0 matches
    global,    // a name outside functions, from special_count on
    local,     // a parameter
    special,   // a name below special_count
    field,     // $a
    element,   // a[list]
    grouping,  // (list): only before `in`, and in print
    // What has a as place and, the compound ones, `operation` as what is done.
    assign,
    compound,  // a operation= b
    before,    // ++a: number is what is added
    after,     // a++
    conditional,
    logical_or,
    logical_and,
    logical_not,
    member,  // (list) in a
    match,
    no_match,
    less,
    less_equal,
    equal,
    not_equal,
    greater,
    greater_equal,
    concat,  // of list
    add,
    subtract,
    multiply,
    divide,
    modulo,
    power,
    negate,
    plus,
    getline,          // a: the place, or null
    getline_file,     // < b
    getline_command,  // b |
    call,             // function `slot` with list
    builtin,          // `slot` is a Builtin
    // Statements.
    block,
    expression,
    if_else,
    while_loop,
    do_loop,
    for_loop,  // a; b; c) d
    for_in,    // a in b) d
    next,
    next_file,
    exit,
    return_value,
    break_loop,
    continue_loop,
    delete_element,
    delete_all,
    print,  // list, and `target` b
    print_format,
};

enum class Builtin : std::uint8_t {
    bit_and,
    atan2,
    close,
    complement,
    cos,
    exp,
    fflush,
    gensub,
    gsub,
    index,
    integer,
    length,
    log,
    shift_left,
    match,
    bit_or,
    rand,
    shift_right,
    sin,
    split,
    sprintf,
    sqrt,
    srand,
    strftime,
    sub,
    substr,
    system,
    systime,
    tolower,
    toupper,
    bit_xor,
};

// Where print and printf write.
enum class Target : std::uint8_t { standard, file, append, command };

struct Node {
    Op op;
    bool pure = true;  // evaluating it changes nothing: no place, no record, no stream
    Op operation = Op::add;
    Target target = Target::standard;
    std::uint16_t depth = 1;
    std::uint32_t slot = 0;
    double number = 0;
    Node *a = nullptr, *b = nullptr, *c = nullptr, *d = nullptr;
    std::vector<Node*> list = {};
};

// The variables that the interpreter has a part in, by their slots.
enum class Special : std::uint8_t {
    NF,
    NR,
    FNR,
    FS,
    OFS,
    ORS,
    RS,
    SUBSEP,
    CONVFMT,
    OFMT,
    RSTART,
    RLENGTH,
    FILENAME,
    ENVIRON,
    ARGC,
    ARGV,
};
inline constexpr std::size_t special_count = 16;

struct Name {
    std::string name;
    bool array = false;
};

struct Function {
    std::string name;
    std::vector<Name> parameters;
    Node* body = nullptr;
    std::uint32_t line = 0;
    bool defined = false;
};

struct Rule {
    enum class Kind : std::uint8_t { begin, end, pattern, range };
    Kind kind = Kind::pattern;
    Node *first = nullptr, *last = nullptr;  // null: always
    Node* body = nullptr;                    // null: print
};

struct Program {
    std::deque<Node> nodes;
    std::vector<std::string> texts;  // of Op::text, and of Op::regex: extended expressions
    std::vector<Name> globals;       // the first are the special ones
    std::vector<Function> functions;
    std::vector<Rule> rules;
    bool runs_commands = false;  // system, a pipe to or from one
    bool writes_files = false;   // print > "file"

    // The slot of a name outside functions, made when it is new: for -v.
    std::uint32_t global(std::string_view name);
};

// The error begins with "line N: ".
Result<Program> parse(std::string_view text);

// A name as awk has it.
bool is_name(std::string_view word);
// Text with \n, \", \052 and the like, as between quotes: for -v and operands.
std::string unescaped(std::string_view text);
// An expression of awk, /\/\t[\]]/, as the extended one that Regex takes.
std::string regex_text(std::string_view text);

}  // namespace limpet::parse::awk
