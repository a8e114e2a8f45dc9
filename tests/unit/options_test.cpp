// options_test.cpp - options of a command as its table says.
#include "commands/command.h"

#include <catch2/catch.hpp>

using namespace limpet;
using namespace limpet::commands;

namespace {
constexpr Option table[]{{'l', "long", "", ""}, {'n', "lines", "N", ""}, {0, "newer", "FILE", ""}};
constexpr Command command{
    .name = "x", .usage = "", .summary = "", .theme = "", .options = option_table<table>};

std::pair<Result<>, Options> parsed(std::vector<std::string> words,
                                    std::vector<std::string>& operands) {
    Options options;
    auto result = parse_options(command, words, options, operands);
    return {std::move(result), std::move(options)};
}
}  // namespace

TEST_CASE("options are found in every form") {
    std::vector<std::string> operands;
    auto [result, options] = parsed({"-ln5", "a", "--newer=b", "-", "--", "-l"}, operands);
    REQUIRE(result);
    CHECK(options.has('l'));
    CHECK(options.value("lines") == "5");
    CHECK(options.value("newer") == "b");
    CHECK(operands == std::vector<std::string>{"a", "-", "-l"});
}

TEST_CASE("a wrong option is refused by name") {
    std::vector<std::string> operands;
    CHECK(text(parsed({"-lz"}, operands).first.error()) == "option: there is no option -z");
    CHECK(text(parsed({"-n"}, operands).first.error()) == "option: -n needs N");
    CHECK(text(parsed({"--ne"}, operands).first.error()) == "option: --newer needs FILE");
    CHECK(text(parsed({"--long=1"}, operands).first.error()) == "option: --long takes no value");
}

TEST_CASE("every command says what it is for, with an example") {
    REQUIRE(all().size() > 60);
    for (const auto* row : all()) {
        CAPTURE(row->name);
        CHECK(*row->summary);
        CHECK(*row->theme);
        CHECK(help_text(*row).find("Example") != std::string::npos);
    }
}
