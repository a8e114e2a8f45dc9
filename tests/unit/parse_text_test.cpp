// parse_text_test.cpp - expressions, patterns, dates, modes and digests.
#include "limpet/digest.h"
#include "parse/calendar.h"
#include "parse/date_text.h"
#include "parse/digest_blocks.h"
#include "parse/mode.h"
#include "parse/mountinfo.h"
#include "parse/passwd.h"
#include "parse/regex.h"
#include "parse/wildcard.h"
#include "parse/zone.h"

#include <catch2/catch.hpp>

using namespace limpet;
using namespace limpet::parse;

namespace {

std::string found(const std::string& pattern, std::string_view line,
                  regex::Syntax syntax = regex::Syntax::extended) {
    auto made = Regex::compile(std::span(&pattern, 1), {.syntax = syntax});
    REQUIRE(made);
    const auto span = made->find(line);
    REQUIRE(span);
    return *span ? std::string(line.substr((*span)->begin, (*span)->end - (*span)->begin)) : "-";
}

}  // namespace

TEST_CASE("the leftmost longest match is found", "[regex]") {
    CHECK(found("a|ab|abc", "xabcd") == "abc");
    CHECK(found("(a|ab)(c|bcd)(d*)", "abcd") == "abcd");
    CHECK(found("x*", "aaa").empty());
    CHECK(found("^b", "ab") == "-");
    CHECK(found("\\bfoo\\b", "a foo") == "foo");
    CHECK(found("[^a]é", "bé") == "bé");
    CHECK(found("\\(ab*\\)\\1", "xabbabb", regex::Syntax::basic) == "abbabb");
    CHECK(found("a\\{2,3\\}", "aaaa", regex::Syntax::basic) == "aaa");
}

TEST_CASE("groups are told apart", "[regex]") {
    const std::string pattern = "(a+)(b*)(c)?";
    auto made = Regex::compile(std::span(&pattern, 1), {.syntax = regex::Syntax::extended});
    const auto groups = made->groups("xaab");
    REQUIRE(groups);
    REQUIRE(*groups);
    REQUIRE((**groups).size() == 4);
    CHECK((**groups)[1].begin == 1);
    CHECK((**groups)[1].end == 3);
    CHECK((**groups)[2].end == 4);
    CHECK((**groups)[3].begin == std::string::npos);
}

TEST_CASE("what would blow up is refused", "[regex]") {
    for (const std::string pattern : {"((a{1000}){1000}){1000}", "(", "a[", "\\", "a{2,1}"}) {
        CHECK_FALSE(Regex::compile(std::span(&pattern, 1), {.syntax = regex::Syntax::extended}));
    }
    const std::string deep(1000, '(');
    CHECK_FALSE(Regex::compile(std::span(&deep, 1), {.syntax = regex::Syntax::extended}));
}

TEST_CASE("shell patterns", "[wildcard]") {
    CHECK(wildcard("*.c", "a.c"));
    CHECK_FALSE(wildcard("*.conf", "70debconf"));
    CHECK(wildcard("[!a-c]?", "dé"));
    CHECK(wildcard("\\*", "*"));
    CHECK(wildcard("A*", "abc", true));
    CHECK_FALSE(wildcard("a*b*c*d", std::string(5000, 'a')));
}

TEST_CASE("dates go there and back", "[calendar]") {
    for (std::int64_t day = -800'000; day < 800'000; day += 997) {
        const auto at = moment(day * 86400 + 86399);
        CHECK(days_from_date(at.year, at.month, at.day) == day);
        CHECK(at.second == 59);
    }
    CHECK(format_time("%F %a %j %V", moment(951'782'400)) == "2000-02-29 Tue 060 09");
    CHECK(date_text("2024-02-29T12:00:00+02:00", {}, {})->seconds == 1'709'200'800);
    CHECK_FALSE(date_text("2023-02-29", {}, {}));
}

TEST_CASE("zones by rule and by file", "[zone]") {
    const auto berlin = Zone::posix("CET-1CEST,M3.5.0,M10.5.0/3");
    REQUIRE(berlin);
    CHECK(format_time("%T %Z", berlin->at(1'720'000'000)) == "11:46:40 CEST");
    CHECK(format_time("%T %Z", berlin->at(1'700'000'000)) == "23:13:20 CET");
    // The hour that is left out in spring, and the one that comes twice in autumn.
    CHECK_FALSE(berlin->instant(days_from_date(2024, 3, 31) * 86400 + 9000));
    CHECK(berlin->instant(days_from_date(2024, 10, 27) * 86400 + 9000));
    CHECK(format_time("%::z", Zone::posix("<+0330>-3:30")->at(0)) == "+03:30:00");
    for (const auto* wrong : {"", "CE-1", "CET", "CET-1CEST,M13.1.1,M1.1.1", "CET-1CEST,M3.5.0"}) {
        CHECK_FALSE(Zone::posix(wrong));
    }
    CHECK_FALSE(Zone::file("TZif2"));
    CHECK_FALSE(Zone::file("TZif2" + std::string(39, '\xff')));
    CHECK(date_text("12 march 2020 3pm", {}, *berlin)->seconds == 1'584'021'600);
    CHECK(date_text("2024-03-31 +1 day", {}, *berlin)->seconds ==
          date_text("2024-03-30 2 days", {}, *berlin)->seconds);
    CHECK_FALSE(date_text("2024-13-01", {}, {}));
    CHECK_FALSE(date_text(std::string(2000, '('), {}, {}));
}

TEST_CASE("modes", "[mode]") {
    CHECK(mode("644", 0, false, 022) == 0644u);
    CHECK(mode("u+x,go-w", 0666, false, 022) == 0744u);
    CHECK(mode("a+X", 0644, true, 022) == 0755u);
    CHECK_FALSE(mode("8", 0, false, 0));
}

TEST_CASE("mountinfo and passwd of a target that lies", "[mountinfo]") {
    const auto mounts = mountinfo(
        "36 35 98:0 /r /a\\040b rw,noatime master:1 - ext3 /dev/root rw\nnonsense\n1 2 3:4 / /\n");
    REQUIRE(mounts.size() == 1);
    CHECK(mounts[0].point == "/a b");
    CHECK(mounts[0].type == "ext3");
    CHECK(passwd("root:x:0:0::/:/bin/sh\nbad\n:x:1:1:::\nx:x:99999999999:0:::\n").size() == 1);
    CHECK(group("g:x:5:a,b,\n").at(0).members == std::vector<std::string>{"a", "b"});
}

TEST_CASE("SHA-256 is the same with and without instructions", "[digest]") {
    std::string block(640, 'x');
    for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<char>(i * 7);
    std::uint32_t a[8]{1, 2, 3, 4, 5, 6, 7, 8}, b[8]{1, 2, 3, 4, 5, 6, 7, 8};
    const auto* bytes = reinterpret_cast<const unsigned char*>(block.data());
    digest::sha256(a, bytes, 10);
    digest::sha256_portable(b, bytes, 10);
    CHECK(std::equal(a, a + 8, b));
    Digest empty(DigestKind::sha256);
    CHECK(empty.finish().starts_with("e3b0c44298fc1c14"));
}
