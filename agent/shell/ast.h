// shell/ast.h - what the parser makes of a script: words, redirections and commands.
//
// Everything lies in the Arena of its Program and refers to it by views, so nodes are small and
// are never copied.
#pragma once

#include "shell/arena.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace limpet::shell {

// A variable's name as an index of the shell's table of variables.
using Symbol = std::uint32_t;

struct Node;
struct Word;

enum class PartKind : std::uint8_t { literal, parameter, command, arithmetic, tilde };

// What stands between the name and the } of a parameter expansion.
enum class Operator : std::uint8_t {
    none,
    length,       // ${#x}
    fallback,     // ${x-w}
    assign,       // ${x=w}
    complain,     // ${x?w}
    alternative,  // ${x+w}
    suffix,       // ${x%w}
    suffix_longest,
    prefix,  // ${x#w}
    prefix_longest,
    replace,        // ${x/p/r}
    replace_all,    // ${x//p/r}
    replace_front,  // ${x/#p/r}
    replace_back,   // ${x/%p/r}
    slice,          // ${x:o:l}
    bad,            // is an error when it is expanded, not before
};

struct Part {
    PartKind kind = PartKind::literal;
    bool quoted = false;
    Operator operation = Operator::none;
    bool colon = false;  // ${x:-w}: null counts as unset
    // Of a parameter: 0 a variable, '1' a positional one, else the special parameter's own letter.
    char special = 0;
    union {
        std::uint32_t number = 0;  // which positional one
        Symbol symbol;
    };
    std::string_view text;  // the literal, the name, the login name, the bad text
    union {
        const Word* word = nullptr;
        const Node* body;  // of a command substitution
    };
    const Word* second = nullptr;  // replacement, or length of a slice
};

struct Word {
    std::span<const Part> parts;
    bool plain = false;       // one literal that expands to itself
    bool assignment = false;  // one field, whatever is in it: export NAME=value, words of [[ ]]
    bool pattern = false;     // [[ text == pattern ]]
};

struct Assignment {
    Symbol symbol = 0;
    std::string_view name;
    Word value;
};

// The body is read after the line that names it.
struct HereDocument {
    std::string_view delimiter;
    bool quoted = false;
    bool strip_tabs = false;
    Word body;
};

enum class RedirectionKind : std::uint8_t {
    read,           // <
    write,          // >
    clobber,        // >|
    append,         // >>
    read_write,     // <>
    duplicate_in,   // <&
    duplicate_out,  // >&
    document,       // << and <<-
};

struct Redirection {
    RedirectionKind kind = RedirectionKind::read;
    int fd = 0;
    Word target;
    const HereDocument* document = nullptr;
};

enum class NodeKind : std::uint8_t {
    simple,
    pipeline,
    list,
    subshell,
    group,
    condition,  // if
    loop,       // while, until
    each,       // for
    choice,     // case
    function,
};

struct Node {
    NodeKind kind = NodeKind::simple;
    int line = 0;
    int column = 0;
    std::span<const Redirection> redirections;
    std::string_view text;  // as it was written, for jobs
};

struct Simple : Node {
    std::span<const Assignment> assignments;
    std::span<const Word> words;
};

struct Pipeline : Node {
    bool negated = false;
    bool timed = false;
    std::span<const Node* const> stages;
};

// How an item of a list follows the one before it.
enum class Joint : std::uint8_t { always, if_true, if_false };

struct Item {
    const Node* node = nullptr;
    Joint joint = Joint::always;
    bool background = false;
};

struct List : Node {
    std::span<const Item> items;
};

struct Body : Node {  // subshell, group
    const Node* body = nullptr;
};

struct Condition : Node {
    const Node* test = nullptr;
    const Node* yes = nullptr;
    const Node* no = nullptr;
};

struct Loop : Node {
    bool until = false;
    const Node* test = nullptr;
    const Node* body = nullptr;
};

struct Each : Node {
    Symbol symbol = 0;
    bool all_arguments = false;  // no `in`
    std::span<const Word> words;
    const Node* body = nullptr;
};

struct Branch {
    std::span<const Word> patterns;
    const Node* body = nullptr;
    bool falls_through = false;  // ;&
};

struct Choice : Node {
    Word subject;
    std::span<const Branch> branches;
};

struct Function : Node {
    std::string_view name;
    const Node* body = nullptr;
};

struct Program {
    Arena arena;
    const Node* node = nullptr;
};

// Shared: a function's body outlives the command that defined it, and may redefine itself while
// it runs.
using ProgramPointer = std::shared_ptr<Program>;

}  // namespace limpet::shell
