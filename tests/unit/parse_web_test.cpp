// parse_web_test.cpp - the files of the resolver, messages of DNS, URLs, chunks of HTTP.
#include "parse/dns.h"
#include "parse/http.h"
#include "parse/resolver.h"
#include "parse/url.h"

#include <catch2/catch.hpp>

using namespace limpet;

TEST_CASE("resolv.conf: the last search line, three servers, options with their most", "[web]") {
    const auto settings = parse::resolver_settings(
        "# nameserver 1.1.1.1\n; search no\nnameserver 10.0.0.1\r\nnameserver fe80::1%eth0\n"
        "nameserver nonsense\nnameserver 10.0.0.3\nnameserver 10.0.0.4\nsearch one two\n"
        "domain here\nsearch\ta.test b.test\noptions ndots:99 timeout:0 attempts:3 rotate odd:1\n");
    REQUIRE(settings.servers.size() == 3);
    CHECK(parse::text(settings.servers[1]) == "fe80::1");
    CHECK(settings.search == std::vector<std::string>{"a.test", "b.test"});
    CHECK(settings.ndots == 15);
    CHECK(settings.timeout == 1);
    CHECK(settings.attempts == 3);
    CHECK(settings.rotate);
    CHECK(settings.unknown == std::vector<std::string>{"nameserver nonsense", "odd:1"});
}

TEST_CASE("hosts: every name of a line, either way", "[web]") {
    constexpr std::string_view hosts =
        "127.0.0.1 localhost # web\n10.0.0.7\tweb.test web\n::1 localhost\nbad web\n10.0.0.8 WEB\n";
    CHECK(parse::hosts_addresses(hosts, "web").size() == 2);
    CHECK(parse::hosts_addresses(hosts, "localhost.").size() == 2);
    CHECK(parse::hosts_addresses(hosts, "we").empty());
    CHECK(parse::hosts_name(hosts, *parse::address("10.0.0.7")) == "web.test");
    CHECK_FALSE(parse::hosts_name(hosts, *parse::address("10.0.0.9")));
}

TEST_CASE("nsswitch.conf: services in their order, and which end the search", "[web]") {
    const auto services = parse::name_services(
        "passwd: files\nhosts: files mdns4_minimal [NOTFOUND=return] dns [ !UNAVAIL = return ] "
        "last\n");
    REQUIRE(services.size() == 4);
    CHECK(services[1].name == "mdns4_minimal");
    CHECK(services[1].ends);
    CHECK(services[2].ends);
    CHECK_FALSE(services[3].ends);
    CHECK(parse::name_services("").size() == 2);
}

TEST_CASE("a query is read back as it was asked", "[web]") {
    const auto bytes = parse::dns_query({.name = "a\\.b.\\001x.test.", .type = 28}, {.id = 7});
    REQUIRE(bytes);
    const auto message = parse::dns_message(*bytes);
    REQUIRE(message);
    CHECK(message->id == 7);
    CHECK(message->questions.at(0).name == "a\\.b.\\001x.test.");
    CHECK(message->questions[0].type == 28);
    CHECK(message->edns->size == 1232);
    CHECK_FALSE(parse::dns_query({.name = "a..b"}, {}));
    CHECK_FALSE(parse::dns_query({.name = std::string(64, 'a')}, {}));
    CHECK_FALSE(parse::dns_query({.name = std::string(300, '.')}, {}));
}

TEST_CASE("a name that points to itself, ahead, or without end is refused", "[web]") {
    const std::string head("\0\1\x81\x80\0\1\0\0\0\0\0\0", 12);
    const std::string rest("\0\1\0\1", 4);
    CHECK(parse::dns_message(head + std::string("\1a\0", 3) + rest));
    for (const char* name : {"\xc0\x0c", "\xc0\x0d", "\xc0\xff", "\1a\xc0\x0c", "\x40", "\x3fz"}) {
        CHECK_FALSE(parse::dns_message(head + name + rest));
    }
}

TEST_CASE("types by name and by number", "[web]") {
    CHECK(parse::dns_type("aaaa") == 28);
    CHECK(parse::dns_type("TYPE65280") == 65280);
    CHECK(parse::dns_type_name(65280) == "TYPE65280");
    CHECK_FALSE(parse::dns_type("TYPE"));
    CHECK_FALSE(parse::dns_type("example.com"));
}

TEST_CASE("URLs, and where a Location leads from one", "[web]") {
    const auto one = parse::url("HTTP://me:p%40ss@[::1]:8080/a/../b/./c?d/../e#f");
    REQUIRE(one);
    CHECK(one->text() == "http://[::1]:8080/b/c?d/../e");
    CHECK(one->user == "me:p@ss");
    CHECK(parse::url("host?x")->path == "/?x");
    CHECK(parse::url("https://host")->port == 443);
    for (const char* bad : {"http://", "http://a b/", "http://h:99999/", "http://[::1/", "ftp://x/",
                            "http://h/\r\n"}) {
        CHECK_FALSE(parse::url(bad));
    }
    const auto base = *parse::url("http://h:81/a/b?c");
    for (const auto& [location, there] : std::initializer_list<std::pair<const char*, const char*>>{
             {"/x", "http://h:81/x"},
             {"x", "http://h:81/a/x"},
             {"?x", "http://h:81/a/b?x"},
             {"//o/x", "http://o/x"},
             {"../x", "http://h:81/x"},
             {"https://o", "https://o/"},
             {"x y", "http://h:81/a/x%20y"}}) {
        CHECK(parse::join_url(base, location)->text() == there);
    }
    CHECK_FALSE(parse::join_url(base, "javascript:x"));
}

TEST_CASE("chunks however they are cut", "[web]") {
    const std::string_view whole = "3;x=y\r\nabc\r\n0A\n0123456789\n0\r\nTrailer: x\r\n\r\nrest";
    for (std::size_t piece = 1; piece <= whole.size(); ++piece) {
        parse::HttpChunks chunks;
        std::string out;
        auto left = whole;
        while (!chunks.done()) {
            const auto step = chunks.step(left.substr(0, piece));
            REQUIRE(step);
            out += step->data;
            left.remove_prefix(step->used);
        }
        CHECK(out == "abc0123456789");
        CHECK(left == "rest");
    }
    CHECK_FALSE(parse::HttpChunks().step("x\n"));
    parse::HttpChunks longer;
    const auto data = longer.step("1\nab\n");
    REQUIRE(data);
    CHECK(data->data == "a");
    CHECK_FALSE(longer.step("b\n"));
}
