// tar_test.cpp - headers of archives, there and back, and what is refused.
#include "parse/tar_records.h"

#include <catch2/catch.hpp>

#include <cstring>

using namespace limpet;
using namespace limpet::parse::tar;

namespace {

Result<Entry> read_back(std::string_view blocks) {
    Reader reader;
    for (std::size_t at = 0; at < blocks.size(); at += block_size) {
        const auto got = reader.block(blocks.substr(at, block_size));
        if (!got) return std::unexpected(got.error());
        if (*got == Reader::Got::entry) return reader.entry();
    }
    return refused("read", "no entry");
}

std::string sealed(std::string block) {
    std::memset(block.data() + 148, ' ', 8);
    unsigned sum = 0;
    for (const char byte : block) sum += static_cast<unsigned char>(byte);
    std::snprintf(block.data() + 148, 8, "%06o", sum);
    return block;
}

// A header with something written over it.
std::string changed(Entry entry, std::size_t at, std::string_view bytes) {
    auto block = headers(entry);
    std::memcpy(block.data() + at, bytes.data(), bytes.size());
    return sealed(block);
}

std::string extended(char type, std::string text) {
    auto all = headers({.name = "extended", .type = type, .size = text.size()});
    return all + text + std::string(padding(text.size()), '\0');
}

}  // namespace

TEST_CASE("entries come back as they were written", "[tar]") {
    const std::string deep(90, 'd'), long_name(180, 'n');
    for (const auto& name :
         {std::string("a"), deep + '/' + deep, deep + '/' + deep + '/', long_name,
          long_name + '/' + long_name, std::string(100, 'x'), std::string("n\nl \xff")}) {
        const Entry entry{.name = name,
                          .link = name,
                          .user = "u",
                          .group = "g",
                          .type = symbolic_link,
                          .mode = 0644,
                          .uid = 3'000'000,
                          .gid = 4'000'000'000,
                          .modified = -5};
        const auto again = read_back(headers(entry));
        REQUIRE(again);
        CHECK(again->name == name);
        CHECK(again->link == name);
        CHECK(again->uid == 3'000'000);
        CHECK(again->gid == 4'000'000'000);
        CHECK(again->modified == -5);
        CHECK(again->user == "u");
    }
    const auto large = read_back(headers({.name = "l", .size = std::uint64_t{9} << 33}));
    REQUIRE(large);
    CHECK(large->size == std::uint64_t{9} << 33);
}

TEST_CASE("times with a fraction, and records of one's own", "[tar]") {
    Entry entry{.name = "f", .modified = 1'600'000'000, .nanoseconds = 5};
    CHECK(headers(entry).find("mtime=1600000000.000000005\n") != std::string::npos);
    // 1969: seconds count upwards, the fraction away from zero.
    entry.modified = -1, entry.nanoseconds = 750'000'000;
    CHECK(headers(entry).find("mtime=-0.250000000\n") != std::string::npos);
    entry.modified = -3;
    CHECK(headers(entry).find("mtime=-2.250000000\n") != std::string::npos);
    entry.extra = record("SCHILY.xattr.user.x", std::string_view("a\0b", 3));
    entry.nanoseconds = 0, entry.modified = 7;
    const auto blocks = headers(entry);
    CHECK(blocks.find(std::string("SCHILY.xattr.user.x=a\0b\n", 24)) != std::string::npos);
    const auto again = read_back(blocks);
    REQUIRE(again);
    CHECK(again->name == "f");
    CHECK(again->modified == 7);
}

TEST_CASE("sparse files come back with their map", "[tar]") {
    Entry entry{
        .name = std::string(300, 'n') + "/s", .size = 12, .real_size = std::uint64_t{9} << 33};
    entry.sparse = true;
    entry.extents = {{0, 5}, {std::uint64_t{1} << 33, 7}, {entry.real_size, 0}};
    const auto blocks = headers(entry);
    CHECK(blocks.size() % block_size == 0);
    const auto again = read_back(blocks);
    REQUIRE(again);
    CHECK(again->name == entry.name);
    CHECK(again->size == 12);
    CHECK(again->real_size == entry.real_size);
    REQUIRE(again->extents.size() == 2);
    CHECK(again->extents[1].offset == std::uint64_t{1} << 33);
    CHECK(again->extents[1].size == 7);
    // A map of more than one block, and one of nothing but a hole.
    entry.extents.clear();
    for (std::uint64_t i = 0; i < 500; ++i) entry.extents.push_back({i * 100'000'000, 1});
    entry.size = 500;
    const auto large = read_back(headers(entry));
    REQUIRE(large);
    CHECK(large->extents.size() == 500);
    entry.extents = {{100, 0}};
    entry.size = 0, entry.real_size = 100;
    const auto hole = read_back(headers(entry));
    REQUIRE(hole);
    CHECK(hole->size == 0);
    CHECK(hole->real_size == 100);
}

TEST_CASE("numbers beyond octal", "[tar]") {
    const Entry plain{.name = "n"};
    const auto size =
        read_back(changed(plain, 124, std::string_view("\x80\0\0\0\0\0\0\2\0\0\0\0", 12)));
    REQUIRE(size);
    CHECK(size->size == std::uint64_t{2} << 32);
    const auto time = read_back(changed(plain, 136, std::string(11, '\xff') + '\xfe'));
    REQUIRE(time);
    CHECK(time->modified == -2);
    CHECK(text(read_back(changed(plain, 124, std::string(12, '\xff'))).error()) ==
          "header: its size is negative");
    CHECK_FALSE(read_back(changed(plain, 124, "\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")));
    CHECK_FALSE(read_back(changed(plain, 124, "12x")));
    CHECK(read_back(changed(plain, 100, "  644 ")).value().mode == 0644);
}

TEST_CASE("a wrong checksum is no header", "[tar]") {
    auto block = headers({.name = "n"});
    block[0] = 'm';
    CHECK(text(read_back(block).error()) == "header: its checksum is wrong");
    Reader reader;
    CHECK(*reader.block(std::string(512, '\0')) == Reader::Got::zeros);
}

TEST_CASE("extended headers have bounds", "[tar]") {
    const auto plain = headers({.name = "n", .size = 5});
    const auto pax = read_back(extended('x', "10 path=p\n14 linkpath=l\n10 size=7\n") + plain);
    REQUIRE(pax);
    CHECK(pax->name == "p");
    CHECK(pax->link == "l");
    CHECK(pax->size == 7);
    CHECK(read_back(extended('L', std::string(300, 'q')) + plain).value().name ==
          std::string(300, 'q'));
    for (const auto* bad : {"10 path=p", "8 path=p\n", "99 path=p\n", "x path=p\n", "5 =p\n",
                            "11 size=-7\n", "999999999999999999999 a=b\n"}) {
        CHECK_FALSE(read_back(extended('x', bad) + plain));
    }
    std::string endless;
    for (int i = 0; i < 20; ++i) endless += extended('x', "10 path=p\n");
    CHECK(text(read_back(endless + plain).error()) == "header: too many extended headers in a row");
    CHECK_FALSE(read_back(headers({.name = "x", .type = 'x', .size = 1 << 30}) + plain));
}

TEST_CASE("maps of sparse files", "[tar]") {
    const auto data = headers({.name = "n", .size = 3});
    const auto good = read_back(extended('x',
                                         "22 GNU.sparse.major=0\n24 GNU.sparse.size=1000\n"
                                         "27 GNU.sparse.map=9,1,50,2\n") +
                                data);
    REQUIRE(good);
    CHECK(good->sparse);
    CHECK(good->real_size == 1000);
    REQUIRE(good->extents.size() == 2);
    CHECK(good->extents[1].offset == 50);
    // Overlapping, beyond the end, of another sum.
    CHECK_FALSE(
        read_back(extended('x', "24 GNU.sparse.size=1000\n26 GNU.sparse.map=9,2,9,1\n") + data));
    CHECK_FALSE(read_back(extended('x', "21 GNU.sparse.size=4\n22 GNU.sparse.map=9,3\n") + data));
    CHECK_FALSE(
        read_back(extended('x', "24 GNU.sparse.size=1000\n22 GNU.sparse.map=9,4\n") + data));
    // pax 1.0: the map stands before the data, and may have no end.
    const auto one = extended('x', "22 GNU.sparse.major=1\n28 GNU.sparse.realsize=9000\n");
    auto map = std::string("1\n4096\n3\n");
    map.resize(block_size, '\0');
    const auto in_data = read_back(one + headers({.name = "n", .size = 515}) + map);
    REQUIRE(in_data);
    CHECK(in_data->size == 3);
    CHECK(in_data->extents[0].offset == 4096);
    CHECK_FALSE(read_back(one + headers({.name = "n", .size = 5150}) + std::string(512, '1')));
    CHECK_FALSE(read_back(one + headers({.name = "n", .size = 5}) + map));
}
