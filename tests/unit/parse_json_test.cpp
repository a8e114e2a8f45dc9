// parse_json_test.cpp - RFC 8259, and our own spelling of bytes that are not UTF-8.
#include "parse/json.h"

#include <catch2/catch.hpp>

using namespace limpet;

TEST_CASE("json values are found by name", "[json]") {
    const auto value = parse::json(
        R"( {"a":{"b":[1,-2.5e+3,true,null]},"a2":"x","n":12,"big":9223372036854775808} )");
    REQUIRE(value);
    CHECK((*value)["a"]["b"].items.size() == 4);
    CHECK((*value)["a"]["b"].items[1].text == "-2.5e+3");
    CHECK((*value)["a"]["b"].items[2].is_true());
    CHECK((*value)["a2"].string() == "x");
    CHECK((*value)["n"].integer() == 12);
    CHECK_FALSE((*value)["big"].integer());
    CHECK((*value)["none"]["at"]["all"].string().empty());
}

TEST_CASE("json strings are decoded", "[json]") {
    CHECK(parse::json(R"("\"\\\/\b\f\n\r\t")")->text == "\"\\/\b\f\n\r\t");
    CHECK(parse::json(R"("\u00e9\u20AC\ud83d\ude00")")->text == "é€😀");
    CHECK(parse::json(R"("\udc80\udcff")")->text == "\x80\xff");
    CHECK(parse::json(R"("\ud83dx\ud83d\u0041")")->text == "\uFFFDx\uFFFDA");
}

TEST_CASE("what is not json is refused with its place", "[json]") {
    for (const std::string text :
         {"",           " ",   "{",    "[",       "[1,]",    "{\"a\"}",     "{\"a\":}", "{a:1}",
          "{\"a\":1,}", "tru", "nul",  "01",      "-",       "1.",          "1e",       ".5",
          "+1",         "\"",  "\"\\", "\"\\x\"", "\"\\u12", "\"\\u12g4\"", "\"\n\"",   "1 2",
          "[1]]",       "NaN", "'a'"}) {
        INFO(text);
        CHECK_FALSE(parse::json(text));
    }
    CHECK(parse::json("[1 2]").error().subject() == "neither , nor ] at byte 3");
    CHECK(parse::json(std::string(60, '[') + std::string(60, ']')));
    CHECK_FALSE(parse::json(std::string(100'000, '[')));
    std::string many = "[";
    for (int i = 0; i < 600'000; ++i) many += "1,";
    CHECK_FALSE(parse::json(many + "1]"));
}

TEST_CASE("a stream of json texts is cut where values end", "[json]") {
    const std::string text = R"( {"a}":[1,"]\""]}2 "x"[] nope}true )";
    const std::vector<std::string> expected{
        R"( {"a}":[1,"]\""]})", "2", R"( "x")", "[]", " nope", "}", "true"};
    std::vector<std::string> values(1);
    parse::JsonCutter cutter;
    for (std::size_t at = 0; at < text.size();) {
        const auto taken = cutter.take(std::string_view(text).substr(at, 1));
        values.back() += text.substr(at, taken);
        at += taken;
        if (!cutter.whole()) continue;
        values.emplace_back();
        cutter.next();
    }
    REQUIRE(values.back() == " ");
    values.pop_back();
    CHECK(values == expected);
}
