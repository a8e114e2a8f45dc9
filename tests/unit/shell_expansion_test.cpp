// shell_expansion_test.cpp - patterns, arithmetic and words to fields.
#include "shell/arithmetic.h"
#include "shell/execute.h"
#include "shell/expand.h"
#include "shell/pattern.h"
#include "shell/shell.h"

#include <catch2/catch.hpp>

using namespace limpet;
using namespace limpet::shell;

TEST_CASE("patterns match as XCU 2.13 has it", "[shell]") {
    CHECK(matches("a*c", "abbc"));
    CHECK(matches("*", ""));
    CHECK(matches("?", "ä"));
    CHECK_FALSE(matches("?", "ab"));
    CHECK(matches("[a-c]", "b"));
    CHECK(matches("[!a-c]", "d"));
    CHECK(matches("[[:digit:]]*", "1x"));
    CHECK(matches("[]x]", "]"));
    CHECK(matches("[ab", "[ab"));
    CHECK(matches("\\*", "*"));
    CHECK_FALSE(matches("\\*", "x"));
    CHECK(matches("[a\\-z]", "-"));
    CHECK_FALSE(matches("[a\\-z]", "m"));
    CHECK_FALSE(has_magic("["));
    CHECK(has_magic("[a]"));
}

TEST_CASE("a pattern of many stars takes no exponential time", "[shell]") {
    std::string pattern;
    for (int i = 0; i < 200; ++i) pattern += "a*";
    CHECK_FALSE(matches(pattern + "b", std::string(5000, 'a')));
}

TEST_CASE("trimming cuts between characters", "[shell]") {
    CHECK(matching_prefix("?", "äb", false) == 2);
    CHECK(matching_suffix("?", "bä", false) == 2);
    CHECK(matching_suffix(".*", "a.b.c", false) == 2);
    CHECK(matching_suffix(".*", "a.b.c", true) == 4);
    CHECK(matching_prefix("*/", "a/b/c", true) == 4);
    CHECK(matching_prefix("x", "abc", true) == std::string_view::npos);
}

TEST_CASE("arithmetic is C's on 64 bits", "[shell]") {
    Variables variables({});
    const auto value = [&](std::string_view text) { return evaluate(text, variables, false); };
    CHECK(*value("1+2*3") == 7);
    CHECK(*value("2+3<<1") == 10);
    CHECK(*value("1?2:3,4") == 4);
    CHECK(*value("x=5") == 5);
    CHECK(*value("x++ + ++x") == 12);
    CHECK(*value("0 && (x=9)") == 0);
    CHECK(*value("x") == 7);
    CHECK(*value("0x10+010") == 24);
    CHECK(*value("-9223372036854775807-1") == INT64_MIN);
    CHECK(*value("(-9223372036854775807-1)/-1") == INT64_MIN);
    CHECK(*value("") == 0);
    CHECK(text(value("1/0").error()) == "arithmetic: division by zero");
    CHECK_FALSE(value("1 2"));
    CHECK_FALSE(value("1="));
    CHECK_FALSE(value(std::string(100000, '(')));
    variables.set(variables.symbols.intern("loop"), "loop");
    CHECK_FALSE(value("loop"));
}

namespace {

// What $() of a built-in gives: no process, no descriptor of the test is touched.
std::string output(Shell& shell, const std::string& script) {
    std::string text;
    shell.capture = &text;
    run_text(shell, script);
    shell.capture = nullptr;
    return text;
}

}  // namespace

TEST_CASE("scripts run in the shell's own process", "[shell]") {
    target::Target target;
    Shell shell(target, "/", {"HOME=/home"});
    shell.stack_base = __builtin_frame_address(0);
    CHECK(output(shell, "x='a  b'; printf '<%s>' $x \"$x\"") == "<a><b><a  b>");
    CHECK(output(shell, "IFS=:; x=:a::b:; printf '<%s>' $x") == "<><a><><b>");
    CHECK(output(shell, "unset IFS; set -- 1 2; printf '<%s>' \"x$@y\"") == "<x1><2y>");
    CHECK(output(shell, "f() { local i=$1; [ $i -eq 0 ] || f $((i-1)); echo $i; }; f 2") ==
          "0\n1\n2\n");
    CHECK(output(shell, "echo ~/x ${HOME#/} ${#HOME}") == "/home/x home 5\n");
    CHECK(output(shell, "for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done") == "1\n3\n");
    CHECK(output(shell, "case abc in [!a]*) echo no;; a?c) echo yes;; esac") == "yes\n");
}
