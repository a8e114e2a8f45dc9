// sanitiser_test.cpp - what reaches a terminal, byte by byte and split anywhere.
#include "attach/sanitiser.h"

#include <catch2/catch.hpp>

using namespace limpet::attach;

namespace {

std::string safe(std::string_view bytes) {
    Sanitiser sanitiser;
    std::string out;
    sanitiser.add(bytes, out);
    sanitiser.finish(out);
    return out;
}

std::string safe_split(std::string_view bytes, std::size_t at) {
    Sanitiser sanitiser;
    std::string out;
    sanitiser.add(bytes.substr(0, at), out);
    sanitiser.add(bytes.substr(at), out);
    sanitiser.finish(out);
    return out;
}

const std::vector<std::string> corpus{
    "plain text\twith tab\nand newline",
    "\x1b]0;title\a \x1b[31mred\x1b[0m",
    "\x1b]52;c;cm0gLXJm\x1b\\",
    "\x1bP$qm\x1b\\ \x9b"
    "31m \xc2\x9b"
    "31m",
    "overprinted\rline\b\b",
    "gr\xc3\xbc\xc3\x9f"
    "e \xe2\x82\xac \xf0\x9f\x98\x80",
    "\xe2\x80\xae"
    "gpj.exe \xe2\x81\xa6 \xd8\x9c \xe2\x80\xa8",
    "\xf3\xa0\x81\x81 tag",
    "\xc3( \xe2\x82( \xf0\x9f\x98( \xf8\x88\x80\x80\x80 \xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80",
    "\xe2\x82",
    std::string("nul\0byte", 8),
};

}  // namespace

TEST_CASE("every single byte is either plain or shown", "[sanitiser]") {
    for (int value = 0; value < 256; ++value) {
        const std::string byte(1, static_cast<char>(value));
        char shown[5];
        std::snprintf(shown, sizeof shown, "\\x%02x", static_cast<unsigned>(value));
        const bool plain = value == '\t' || value == '\n' || (value >= 0x20 && value < 0x7f);
        CHECK(safe(byte) == (plain ? byte : shown));
    }
}

TEST_CASE("known sequences become visible text", "[sanitiser]") {
    CHECK(safe("\x1b[31m") == "\\x1b[31m");
    CHECK(safe("a\r\nb") == "a\\x0d\nb");
    CHECK(safe("\xc2\x9b"
               "0m") == "\\u009b0m");
    CHECK(safe("\xe2\x80\xae") == "\\u202e");
    CHECK(safe("\xf3\xa0\x81\x81") == "\\U000e0041");
    CHECK(safe("\xed\xa0\x80") == "\\xed\\xa0\\x80");
    CHECK(safe("\xe2\x82") == "\\xe2\\x82");
    CHECK(safe("\xc3\x1b[0m") == "\\xc3\\x1b[0m");
    CHECK(safe("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80") ==
          "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
}

TEST_CASE("every character of two and three bytes is unchanged or shown by its number",
          "[sanitiser]") {
    for (unsigned code = 0x80; code < 0x10000; ++code) {
        std::string bytes;
        if (code < 0x800) {
            bytes = {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 63))};
        } else {
            bytes = {static_cast<char>(0xe0 | code >> 12),
                     static_cast<char>(0x80 | (code >> 6 & 63)),
                     static_cast<char>(0x80 | (code & 63))};
        }
        char shown[7];
        std::snprintf(shown, sizeof shown, "\\u%04x", code);
        const auto result = safe(bytes);
        const bool surrogate = code >= 0xd800 && code <= 0xdfff;
        if (surrogate) {
            if (result.size() != 12) FAIL(shown);
        } else if (result != bytes && result != shown) {
            FAIL(shown);
        }
        if (code < 0xa0 && result != shown) FAIL(shown);
    }
}

TEST_CASE("where the stream is split does not matter", "[sanitiser]") {
    for (const auto& text : corpus) {
        for (std::size_t at = 0; at <= text.size(); ++at) CHECK(safe_split(text, at) == safe(text));
        Sanitiser sanitiser;
        std::string out;
        for (const char byte : text) sanitiser.add({&byte, 1}, out);
        sanitiser.finish(out);
        CHECK(out == safe(text));
    }
}

TEST_CASE("what is safe stays as it is, and grows at most fourfold", "[sanitiser]") {
    for (const auto& text : corpus) {
        CHECK(safe(safe(text)) == safe(text));
        CHECK(safe(text).size() <= 4 * text.size());
        CHECK(safe(text).size() >= text.size());
    }
}

TEST_CASE("a message stays on one line", "[sanitiser]") {
    CHECK(one_line("no\nsuch\tthing\r\x1b[0m") == "no\\x0asuch\\x09thing\\x0d\\x1b[0m");
}
