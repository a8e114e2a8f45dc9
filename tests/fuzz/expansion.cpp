// fuzz/expansion.cpp - the shell's expander, patterns and arithmetic on any words.
//
// The words come from the parser. Those with a command substitution are left out, because it would
// run; so are those that assign a text, because `${b=$a$a}${c=$b$b}...` doubles as often as it
// likes, in every shell.
#include "shell/expand.h"
#include "shell/parser.h"
#include "shell/shell.h"

#include <cstddef>
#include <cstdint>

using namespace limpet;
using namespace limpet::shell;

namespace {

bool is_harmless(const Word* word) {
    if (!word) return true;
    for (const auto& part : word->parts) {
        if (part.kind == PartKind::command || part.operation == Operator::assign) return false;
        if (!is_harmless(part.word) || !is_harmless(part.second)) return false;
    }
    return true;
}

void set(Shell& shell, std::string_view name, std::string_view value) {
    shell.variables.set(shell.variables.symbols.intern(name), value);
}

void expand(Shell& shell, const Word& word) {
    if (!is_harmless(&word)) return;
    for (const bool strict : {false, true}) {
        shell.options[opt_nounset] = strict;
        set(shell, "x", "a:b c*d\xc3\xa9[e]\\f");
        set(shell, "IFS", strict ? ":\xc3\xa9" : " \t\n");
        std::vector<std::string> fields;
        std::string text;
        (void)expand_fields(shell, word, fields);
        (void)expand_text(shell, word, text);
        text.clear();
        (void)expand_pattern(shell, word, text);
        shell.flow = Flow::none;
    }
}

void visit(Shell& shell, const Node* node) {
    if (!node) return;
    if (node->kind == NodeKind::simple) {
        for (const auto& word : static_cast<const Simple*>(node)->words) expand(shell, word);
        for (const auto& one : static_cast<const Simple*>(node)->assignments)
            expand(shell, one.value);
    } else if (node->kind == NodeKind::list) {
        for (const auto& item : static_cast<const List*>(node)->items) visit(shell, item.node);
    } else if (node->kind == NodeKind::choice) {
        for (const auto& branch : static_cast<const Choice*>(node)->branches) {
            for (const auto& pattern : branch.patterns) expand(shell, pattern);
        }
    }
    for (const auto& redirection : node->redirections) {
        if (redirection.document) expand(shell, redirection.document->body);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t most = 1 << 12;
    if (size > most) return 0;
    Source source(std::string(reinterpret_cast<const char*>(data), size));
    static const target::Target nowhere;
    Shell shell(nowhere, "/", {});
    shell.stack_base = __builtin_frame_address(0);
    shell.options[opt_noglob] = true;  // there are no files here
    shell.arguments = {"one two", "", "*", "\xff\xc3"};
    Parser parser(source, shell.variables.symbols);
    ProgramPointer program;
    while (parser.next(program) == Parser::Outcome::command) visit(shell, program->node);
    return 0;
}
