// shell_parser_test.cpp - scripts to syntax trees.
#include "shell/parser.h"

#include <catch2/catch.hpp>

using namespace limpet::shell;

namespace {

struct Parsed {
    Parser::Outcome outcome;
    ProgramPointer program;
    std::string error;
};

Parsed parse(std::string text, const Aliases* aliases = nullptr) {
    Source source(std::move(text));
    Symbols symbols;
    Parser parser(source, symbols, aliases);
    ProgramPointer program;
    const auto outcome = parser.next(program);
    return {outcome, program, parser.error()};
}

const Simple& simple(const Parsed& parsed) {
    REQUIRE(parsed.outcome == Parser::Outcome::command);
    REQUIRE(parsed.program->node->kind == NodeKind::simple);
    return static_cast<const Simple&>(*parsed.program->node);
}

}  // namespace

TEST_CASE("words are cut at blanks and operators", "[shell]") {
    const auto parsed = parse("a=1 echo 'x y'\"z\" # comment\n");
    const auto& command = simple(parsed);
    CHECK(command.assignments.size() == 1);
    CHECK(command.assignments[0].name == "a");
    REQUIRE(command.words.size() == 2);
    CHECK(command.words[0].plain);
    REQUIRE(command.words[1].parts.size() == 2);
    CHECK(command.words[1].parts[0].text == "x y");
    CHECK(command.words[1].parts[1].quoted);
}

TEST_CASE("a number before a redirection is a descriptor", "[shell]") {
    const auto parsed = parse("cmd 2>file 3 <&4\n");
    const auto& command = simple(parsed);
    REQUIRE(command.redirections.size() == 2);
    CHECK(command.redirections[0].fd == 2);
    CHECK(command.redirections[0].kind == RedirectionKind::write);
    CHECK(command.redirections[1].fd == 0);
    CHECK(command.words.size() == 2);
}

TEST_CASE("here-documents are read after their line", "[shell]") {
    const auto parsed = parse("cat <<A <<-'B'\n$x\nA\n\t$y\n\tB\n");
    const auto& command = simple(parsed);
    REQUIRE(command.redirections.size() == 2);
    const auto& first = command.redirections[0].document->body;
    REQUIRE(first.parts.size() == 2);
    CHECK(first.parts[0].kind == PartKind::parameter);
    const auto& second = command.redirections[1].document->body;
    REQUIRE(second.parts.size() == 1);
    CHECK(second.parts[0].text == "$y\n");
}

TEST_CASE("expansions carry their operator", "[shell]") {
    const auto parsed = parse("echo ${x:-w} ${#y} ${z%%p*} $((1+2)) $(true) `false`\n");
    const auto& words = simple(parsed).words;
    REQUIRE(words.size() == 7);
    CHECK(words[1].parts[0].operation == Operator::fallback);
    CHECK(words[1].parts[0].colon);
    CHECK(words[2].parts[0].operation == Operator::length);
    CHECK(words[3].parts[0].operation == Operator::suffix_longest);
    CHECK(words[4].parts[0].kind == PartKind::arithmetic);
    CHECK(words[5].parts[0].kind == PartKind::command);
    CHECK(words[6].parts[0].kind == PartKind::command);
}

TEST_CASE("compound commands have their shape", "[shell]") {
    CHECK(parse("if a; then b; fi\n").program->node->kind == NodeKind::condition);
    CHECK(parse("while a; do b; done\n").program->node->kind == NodeKind::loop);
    CHECK(parse("for i in a b; do c; done >f\n").program->node->redirections.size() == 1);
    CHECK(parse("case x in a|b) c;; (d) e; esac\n").program->node->kind == NodeKind::choice);
    CHECK(parse("f() { a; }\n").program->node->kind == NodeKind::function);
    CHECK(parse("( (a) )\n").program->node->kind == NodeKind::subshell);
    CHECK(parse("a | b | c\n").program->node->kind == NodeKind::pipeline);
}

TEST_CASE("errors say where they are", "[shell]") {
    CHECK(parse("echo a\n").error.empty());
    CHECK(parse("echo )\n").error == "1:6: unexpected ')'");
    CHECK(parse("if true\n").error == "2:1: unexpected end of the script, 'then' is missing");
    CHECK(parse("a 'b\n").error == "1:3: a ' is not closed");
    CHECK(parse("\n\nfi\n").error == "3:1: unexpected 'fi'");
}

TEST_CASE("aliases are replaced where commands stand, once", "[shell]") {
    const Aliases aliases{{"ll", "ls -l"}, {"ls", "ls -F"}};
    const auto parsed = parse("ll ll\n", &aliases);
    const auto& words = simple(parsed).words;
    REQUIRE(words.size() == 4);
    CHECK(words[0].parts[0].text == "ls");
    CHECK(words[1].parts[0].text == "-F");
    CHECK(words[3].parts[0].text == "ll");
}

TEST_CASE("nesting has a bound", "[shell]") {
    CHECK(parse(std::string(5000, '(')).outcome == Parser::Outcome::error);
    std::string deep = "echo ";
    for (int i = 0; i < 5000; ++i) deep += "$(echo ";
    CHECK(parse(deep).outcome == Parser::Outcome::error);
}
