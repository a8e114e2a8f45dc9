// vi_buffer_test.cpp - the text that vi edits, its undo, and where its motions lead.
#include "commands/screen/vi_buffer.h"
#include "commands/screen/glyph.h"
#include "commands/screen/vi_motion.h"

#include <catch2/catch.hpp>

using namespace limpet::commands;
using vi::Buffer;
using vi::Position;

namespace {

Buffer loaded(std::string_view text) {
    Buffer buffer;
    buffer.load(text);
    return buffer;
}

std::string all(const Buffer& buffer) { return buffer.text(0, buffer.size()); }

}  // namespace

TEST_CASE("vi keeps the bytes of a file that it does not change", "[vi]") {
    using namespace std::string_view_literals;
    for (const auto text : {""sv, "\n"sv, "a"sv, "a\n"sv, "\n\n"sv, "\xff\0\r\nb"sv}) {
        CHECK(all(loaded(text)) == text);
    }
}

TEST_CASE("vi undoes and redoes whole changes", "[vi]") {
    auto buffer = loaded("one\ntwo\nthree\n");
    buffer.insert({0, 3}, "x\ny");
    buffer.erase({0, 0}, {1, 0});
    buffer.close_change();
    CHECK(all(buffer) == "y\ntwo\nthree\n");
    CHECK(buffer.modified());
    buffer.replace(0, 3, {});
    buffer.close_change();
    CHECK(all(buffer).empty());
    REQUIRE(buffer.undo());
    CHECK(all(buffer) == "y\ntwo\nthree\n");
    REQUIRE(buffer.undo());
    CHECK(all(buffer) == "one\ntwo\nthree\n");
    CHECK_FALSE(buffer.modified());
    CHECK_FALSE(buffer.undo());
    REQUIRE(buffer.redo());
    REQUIRE(buffer.redo());
    CHECK_FALSE(buffer.redo());
    CHECK(all(buffer).empty());
    buffer.undo();
    buffer.saved();
    buffer.undo();
    CHECK(buffer.modified());
    buffer.redo();
    CHECK_FALSE(buffer.modified());
}

TEST_CASE("a line that is typed is one record of undo", "[vi]") {
    auto buffer = loaded("a\nb\n");
    Position at{0, 1};
    for (int i = 0; i < 1000; ++i) at = buffer.insert(at, i % 10 == 9 ? "\n" : "x");
    CHECK(buffer.size() == 102);
    buffer.undo();
    CHECK(all(buffer) == "a\nb\n");
    buffer.redo();
    CHECK(buffer.size() == 102);
}

TEST_CASE("words of vi", "[vi]") {
    const auto text = loaded("foo(bar) baz\n\n  qux\n");
    CHECK(vi::word_on(text, {0, 0}, false) == Position{0, 3});
    CHECK(vi::word_on(text, {0, 0}, true) == Position{0, 9});
    CHECK(vi::word_on(text, {0, 9}, false) == Position{1, 0});
    CHECK(vi::word_on(text, {1, 0}, false) == Position{2, 2});
    CHECK(vi::word_on(text, {2, 2}, false) == Position{2, 5});
    CHECK(vi::word_back(text, {2, 2}, false) == Position{1, 0});
    CHECK(vi::word_back(text, {1, 0}, false) == Position{0, 9});
    CHECK(vi::word_back(text, {0, 9}, true) == Position{0, 0});
    CHECK(vi::word_end(text, {0, 0}, false) == Position{0, 2});
    CHECK(vi::word_end(text, {0, 11}, false) == Position{2, 4});
    CHECK(vi::bracket(text, {0, 0}) == Position{0, 7});
    CHECK(vi::bracket(text, {0, 7}) == Position{0, 3});
    CHECK_FALSE(vi::bracket(text, {2, 0}));
    CHECK(vi::paragraph(text, {0, 4}, true) == Position{1, 0});
    CHECK(vi::object(text, {0, 5}, false, '(') == std::pair(Position{0, 4}, Position{0, 7}));
    CHECK(vi::object(text, {0, 10}, true, 'w') == std::pair(Position{0, 8}, Position{0, 12}));
}

TEST_CASE("characters of vi are what stands in a cell", "[vi]") {
    const std::string_view line = "e\xCC\x81\xE4\xB8\xAD\xFFx";
    CHECK(vi::after(line, 0) == 3);
    CHECK(vi::after(line, 3) == 6);
    CHECK(vi::after(line, 6) == 7);
    CHECK(vi::before(line, 3) == 0);
    CHECK(vi::before(line, 7) == 6);
    CHECK(vi::find_in_line(line, 0, {'f', "x"}, 1, false) == 7);
    CHECK(vi::find_in_line(line, 0, {'t', "x"}, 1, false) == 6);
    CHECK_FALSE(vi::find_in_line(line, 0, {'f', "e"}, 1, false));
}

TEST_CASE("no byte of a file steers a terminal", "[screen]") {
    std::string every;
    for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
    every += "\xC2\x9B\xE2\x80\xAE\033]0;x\a\033[2J\033[31m";
    for (const bool colours : {false, true}) {
        for (const std::size_t width : {4U, 7U, 80U}) {
            for (const auto& row : rows_of(every, {.width = width, .colours = colours})) {
                CHECK(row.columns <= width);
                std::string_view shown = row.shown;
                while (!shown.empty()) {
                    const auto colour = colour_length(shown);
                    if (colour == 0) {
                        const auto next = glyph(shown, 1);
                        REQUIRE_FALSE(next.marked);
                        REQUIRE(shown[0] != '\t');
                        shown.remove_prefix(next.bytes);
                    }
                    shown.remove_prefix(colour);
                }
            }
        }
    }
}
