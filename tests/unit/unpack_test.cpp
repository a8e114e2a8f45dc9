// unpack_test.cpp - gzip and zstd, piece by piece.
#include "parse/unpack.h"

#include <catch2/catch.hpp>

#include <array>

using namespace limpet;
using namespace limpet::parse;

namespace {

std::string packed(std::string_view text, int level = 6) {
    GzipPacker packer(level, "name", 7);
    std::array<char, 100> buffer;
    std::string all;
    while (!packer.done()) {
        const auto step = packer.step(text, buffer, true);
        text.remove_prefix(step.used);
        all.append(buffer.data(), step.made);
    }
    return all;
}

struct Outcome {
    std::string bytes, problem;
};

Outcome unpacked(Unpacker& unpacker, std::string_view in, std::size_t piece = SIZE_MAX) {
    std::array<char, 64> buffer;
    Outcome outcome;
    while (true) {
        const auto step = unpacker.step(in.substr(0, piece), buffer);
        if (!step) {
            outcome.problem = text(step.error());
            return outcome;
        }
        in.remove_prefix(step->used);
        outcome.bytes.append(buffer.data(), step->made);
        if (in.empty() && step->made < buffer.size()) break;
    }
    if (auto done = unpacker.finish(); !done) outcome.problem = text(done.error());
    return outcome;
}

// "hello\n" by zstd.
constexpr std::string_view hello("\x28\xb5\x2f\xfd\x04\x58\x31\0\0hello\n\x53\x88\xbd\x91", 19);

}  // namespace

TEST_CASE("gzip comes back, in whatever pieces", "[unpack]") {
    std::string text;
    for (int i = 0; i < 5000; ++i) text += std::to_string(i * 7919);
    const auto once = packed(text), twice = once + packed("more");
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, SIZE_MAX}) {
        Unpacker unpacker(Packing::gzip);
        const auto outcome = unpacked(unpacker, twice, piece);
        CHECK(outcome.problem.empty());
        CHECK(outcome.bytes == text + "more");
        CHECK(unpacker.members() == 2);
        CHECK(unpacker.name() == "name");
        CHECK(unpacker.modified() == 7);
        CHECK_FALSE(unpacker.garbage());
    }
}

TEST_CASE("what is damaged is said after what is right", "[unpack]") {
    const auto good = packed(std::string(1000, 'x') + "end");
    Unpacker cut(Packing::gzip);
    CHECK(unpacked(cut, good.substr(0, good.size() - 9)).problem == "gzip: unexpected end of file");
    auto wrong = good;
    wrong[wrong.size() - 6] = static_cast<char>(wrong[wrong.size() - 6] ^ 1);
    Unpacker check(Packing::gzip);
    const auto outcome = unpacked(check, wrong);
    CHECK(outcome.bytes.size() == 1003);
    CHECK(outcome.problem == "gzip: invalid compressed data: incorrect data check");
    Unpacker none(Packing::gzip);
    CHECK(unpacked(none, "text").problem == "gzip: not in gzip format");
}

TEST_CASE("behind the last member", "[unpack]") {
    const auto good = packed("x");
    Unpacker zeros(Packing::gzip);
    CHECK(unpacked(zeros, good + std::string(600, '\0')).problem.empty());
    CHECK_FALSE(zeros.garbage());
    Unpacker garbage(Packing::gzip);
    const auto outcome = unpacked(garbage, good + "garbage");
    CHECK(outcome.bytes == "x");
    CHECK(outcome.problem.empty());
    CHECK(garbage.garbage());
}

TEST_CASE("zstd comes back, old frames do not", "[unpack]") {
    Unpacker two(Packing::zstd);
    // A skippable frame between the two.
    const auto both = std::string(hello) + std::string("\x50\x2a\x4d\x18\x01\0\0\0!", 9);
    CHECK(unpacked(two, both + std::string(hello), 1).bytes == "hello\nhello\n");
    Unpacker cut(Packing::zstd);
    CHECK(unpacked(cut, hello.substr(0, 12)).problem == "zstd: unexpected end of file");
    for (const char version : {'\x22', '\x25', '\x26', '\x27'}) {
        Unpacker old(Packing::zstd);
        const auto frame = std::string(1, version) + "\xb5\x2f\xfd" + std::string(20, 'x');
        CHECK(unpacked(old, frame).problem ==
              "zstd: the format of a zstd before 0.8 is not supported");
    }
}

TEST_CASE("a stream is known by its first bytes", "[unpack]") {
    CHECK(packing(packed("")) == Packing::gzip);
    CHECK(packing(hello) == Packing::zstd);
    CHECK(packing("BZh91AY") == Packing::bzip2);
    CHECK(packing(std::string_view("\xfd"
                                   "7zXZ\0",
                                   6)) == Packing::xz);
    CHECK(packing("plain") == Packing::none);
    CHECK(packing("") == Packing::none);
}
