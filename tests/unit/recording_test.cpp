// recording_test.cpp - asciicasts written and read, and what of one reaches a terminal.
#include "attach/cast_file.h"
#include "attach/screen_filter.h"
#include "limpet/cast.h"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace limpet;
using namespace limpet::attach;

namespace {

std::string encoded(std::initializer_list<std::string_view> pieces, bool returns = false) {
    cast::Text text;
    std::string json;
    for (const auto piece : pieces) text.add(piece, json, returns);
    text.finish(json);
    return json;
}

struct Folder {
    Folder() {
        char name[] = "/tmp/limpet-recording.XXXXXX";
        REQUIRE(::mkdtemp(name));
        path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string path;
};

std::string contents(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, std::string_view text) { std::ofstream(path) << text; }

cast::Writer writer(const std::string& path) {
    return {Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), path};
}

std::string shown(std::initializer_list<std::string_view> pieces) {
    ScreenFilter filter;
    std::string out;
    for (const auto piece : pieces) filter.add(piece, out);
    return out;
}

}  // namespace

TEST_CASE("bytes become JSON text, whatever the pieces", "[recording]") {
    CHECK(encoded({"plain"}) == "plain");
    CHECK(encoded({"a\"b\\c\x1b\x7f\n\r\t"}) == "a\\\"b\\\\c\\u001b\\u007f\\n\\r\\u0009");
    CHECK(encoded({"one\ntwo"}, true) == "one\\r\\ntwo");
    CHECK(encoded({"gr\xc3", "\xbc\xc3",
                   "\x9f"
                   "e"}) == "grüße");
    CHECK(encoded({"\xf0", "\x9f", "\x90", "\x9a"}) == "\xf0\x9f\x90\x9a");
    CHECK(encoded({"a\xff"
                   "b"}) ==
          "a\xef\xbf\xbd"
          "b");
    // Cut short, overlong, a surrogate: one character for what could not go on.
    CHECK(encoded({"a\xe2\x82", "b"}) ==
          "a\xef\xbf\xbd"
          "b");
    CHECK(encoded({"\xc0\xaf"}) == "\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(encoded({"end\xf0\x9f"}) == "end\xef\xbf\xbd");
}

TEST_CASE("a recording is read as it was written", "[recording]") {
    const Folder folder;
    const auto path = folder.path + "/r";
    auto cast = writer(path);
    cast.hash();
    REQUIRE(cast.begin({.columns = 132,
                        .rows = 50,
                        .command = "ls",
                        .title = "a \"t\"",
                        .term = "x",
                        .more = "\"limpet\":{}"}));
    REQUIRE(cast.marker("ls"));
    REQUIRE(cast.output(false, "gr\xc3"));
    REQUIRE(cast.output(true, "error"));
    REQUIRE(cast.output(false, "\xbcn"));
    REQUIRE(cast.resize(20, 40));
    REQUIRE(cast.input("q"));
    SECTION("whole") {
        REQUIRE(cast.end(3));
        const auto hash = cast.close();
        REQUIRE(hash);
        Digest digest(DigestKind::sha256);
        digest.add(contents(path));
        CHECK(*hash == digest.finish());
        auto file = CastFile::open(path);
        REQUIRE(file);
        CHECK(file->columns() == 132);
        CHECK(file->rows() == 50);
        std::string seen;
        while (const auto event = file->next().value()) {
            ((seen += event->code) += event->data) += '|';
        }
        CHECK(seen == "mls|ogr|oerror|oün|r40x20|iq|x3|");
        CHECK_FALSE(file->cut());
    }
    SECTION("cut short") {
        REQUIRE(cast.close());
        auto file = CastFile::open(path);
        REQUIRE(file);
        while (file->next().value()) {
        }
        CHECK(file->cut());
    }
}

TEST_CASE("a disk that fills leaves whole events, and no more of them", "[recording]") {
    const Folder folder;
    const auto path = folder.path + "/r";
    auto cast = writer(path);
    REQUIRE(cast.begin({.command = {}, .title = {}, .term = {}}));
    REQUIRE(cast.output(false, "before"));
    const auto whole = contents(path);
    const rlimit before = [] {
        rlimit limit{};
        ::getrlimit(RLIMIT_FSIZE, &limit);
        return limit;
    }();
    const rlimit small{whole.size() + 10, before.rlim_max};
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &small);
    const auto full = cast.output(false, "this does not fit any more");
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, SIG_DFL);
    REQUIRE_FALSE(full);
    CHECK(full.error().subject() == path);
    CHECK(contents(path) == whole);
    // There is room again, but what was lost is lost.
    CHECK_FALSE(cast.output(false, "x"));
    CHECK_FALSE(cast.end(0));
    CHECK(contents(path) == whole);
}

TEST_CASE("what is no asciicast is refused by name", "[recording]") {
    const Folder folder;
    const auto path = folder.path + "/r";
    const auto problem = [&](std::string_view text) -> std::string {
        write(path, text);
        auto file = CastFile::open(path);
        if (!file) return file.error().subject();
        while (true) {
            const auto event = file->next();
            if (!event) return event.error().subject();
            if (!*event) return file->cut() ? "cut" : "";
        }
    };
    const std::string header = "{\"version\":2,\"width\":80,\"height\":24}\n";
    CHECK(problem("") == "it is no asciicast: its first line is no header");
    CHECK(problem("[1,2]\n") == "it is no asciicast: its first line is no header");
    CHECK(problem("{\"version\":3}\n") == "it is an asciicast of version 3, and only 2 is known");
    CHECK(problem(header).empty());
    CHECK(problem(header + "[0,\"o\",\"x\"]\n\n[1.5,\"?\",\"\"]\n").empty());
    for (const std::string_view line :
         {"x", "[0,\"o\"]", "[\"0\",\"o\",\"x\"]", "[-1,\"o\",\"x\"]", "[1e300,\"o\",\"x\"]",
          "[0,\"oo\",\"x\"]", "[0,\"o\",7]", "[[[[[[[[[[0]]]]]]]]]]", "[0,\"o\",\"\xff\"]"}) {
        INFO(line);
        CHECK(problem(header + std::string(line) + "\n") == "line 2 is no event");
    }
    CHECK(problem(header + "[0,\"o\",\"x\"]\n[1,\"o\",") == "cut");
    CHECK(problem(header + std::string(5 << 20, ' ')) == "line 2 is longer than 4194304 bytes");
}

TEST_CASE("a recording draws on a terminal and does nothing else to it", "[recording]") {
    // Drawing passes as it is, also in pieces.
    for (const std::string_view drawing :
         {"text\r\n", "\x1b[31;1mred\x1b[0m", "\x1b[2J\x1b[H", "\x1b[10;20Hx\x1b[K",
          "\x1b[?25l\x1b[?25h", "\x1b[?1049h\x1b[2;5r\x1b[5S",
          "\x1b"
          "7\x1b"
          "8\x1bM",
          "\x1b(0qqq\x1b(B", "\x1b[38:2:1:2:3mx",
          "gr\xc3\xbc\xc3\x9f"
          "e \a\b",
          "\x1b[2 q", "\x1b[4h\x1b[4l"}) {
        INFO(drawing);
        CHECK(shown({drawing}) == drawing);
        ScreenFilter filter;
        std::string out;
        for (const char byte : drawing) filter.add({&byte, 1}, out);
        CHECK(out == drawing);
        CHECK(filter.left_out() == 0);
    }
    // Whatever talks to it, or makes it talk, does not.
    for (const std::string_view hostile :
         {"\x1b]0;title\a", "\x1b]52;c;cm0gLXJm\x1b\\", "\x1b]8;;http://x\x1b\\", "\x1bP$qm\x1b\\",
          "\x1b_Gx\x1b\\", "\x1b^x\x1b\\", "\x1bXx\x1b\\", "\x1b[6n", "\x1b[c", "\x1b[>c",
          "\x1b[21t", "\x1b[5i", "\x1b[1;1;1;1;1T", "\x1bZ",
          "\x1b"
          "c",
          "\x1b[99999b", "\x1b[?6n", "\x1b[20h"}) {
        INFO(hostile);
        ScreenFilter filter;
        std::string out;
        filter.add("a", out);
        filter.add(hostile, out);
        filter.add("b", out);
        CHECK(out == "ab");
        CHECK(filter.left_out() == 1);
    }
    // A prompt's housekeeping is left out without a word; C1 and what reorders text is shown.
    CHECK(shown({"\x1b[?2004h\x1b[?1;25;1000h\x1b=$ "}) == "\x1b[?25h$ ");
    CHECK(shown({"\xc2\x9b"
                 "31m \xe2\x80\xae"}) == "\\u009b31m \\u202e");
    // A string that never ends takes the rest, and CAN ends it.
    CHECK(shown({"a\x1b]0;", "title", "more"}) == "a");
    CHECK(shown({"a\x1b]0;x\x18"
                 "b\x1b[3\x18"
                 "c"}) == "abc");
    // Escape within a sequence begins a new one.
    CHECK(shown({"\x1b[3\x1b[1mx"}) == "\x1b[1mx");
}
