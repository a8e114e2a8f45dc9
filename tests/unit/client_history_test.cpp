// client_history_test.cpp - what a hostile agent may have kept, and what comes back of it.
#include "attach/history.h"
#include "limpet/limits.h"

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace limpet;
using namespace limpet::attach;

namespace {

// A state folder of its own for as long as it lives.
struct State {
    State() {
        char name[] = "/tmp/limpet-history.XXXXXX";
        REQUIRE(::mkdtemp(name));
        path = name;
        REQUIRE(::setenv("XDG_STATE_HOME", name, 1) == 0);
    }
    ~State() {
        ::unsetenv("XDG_STATE_HOME");
        std::filesystem::remove_all(path);
    }
    std::filesystem::path path;
};

std::string kept(std::string_view sent) {
    History history("local", "web");
    history.take(sent);
    history.save();
    return History("local", "web").load();
}

std::string with_end(std::string text) { return text += '\0'; }

}  // namespace

TEST_CASE("history comes back as it was typed", "[client][history]") {
    const State state;
    const auto entries = with_end("ls -l") + with_end("for i in a\ndo echo 'x\\n\\\\'\ndone") +
                         with_end("echo grüße\t日本") + with_end("\\");
    CHECK(kept(entries) == entries);
    CHECK(History("local", "other").load().empty());
    CHECK(History("ssh:root@node", "web").load().empty());
}

TEST_CASE("an entry that would do something to a terminal is not kept", "[client][history]") {
    const State state;
    for (const std::string_view bad : {"a\033[2J", "a\rb", "a\bb", "\x7f", "a\xff",
                                       "a\xc2\x9b"
                                       "1m",
                                       "a\xe2\x80\xae"
                                       "b",
                                       "\a"}) {
        CHECK(kept(with_end(std::string(bad))).empty());
    }
    CHECK(kept(with_end("good")) == with_end("good"));
}

TEST_CASE("what an agent has kept is bounded", "[client][history]") {
    const State state;
    const auto longest = std::string(limits::history_entry, 'x');
    CHECK(kept(with_end(longest)) == with_end(longest));
    CHECK(kept(with_end(longest + "y")) == with_end(longest));
    CHECK(kept(with_end("after it")).ends_with(with_end("after it")));
    std::string flood;
    for (int i = 0; i < 100'000; ++i) flood += with_end("flood " + std::to_string(i));
    CHECK(kept(flood).find("flood") == std::string::npos);

    History history("local", "endless");
    for (int i = 0; i < 100; ++i) history.take(longest);
    history.take(std::string_view("\0end\0", 5));
    history.save();
    CHECK(history.load().empty());
}

TEST_CASE("the names of targets lead nowhere else", "[client][history]") {
    const State state;
    for (const std::string_view name :
         {"../../etc/passwd", "..", ".", "/", "a/b", ".new", "x\ny"}) {
        History history("local", name);
        history.take(std::string_view("entry\0", 6));
        history.save();
        CHECK(History("local", name).load() == std::string("entry\0", 6));
    }
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(state.path)) {
        if (!entry.is_regular_file()) continue;
        ++files;
        CHECK(entry.path().parent_path() == state.path / "limpet/history");
    }
    CHECK(files == 7);
}

TEST_CASE("a link in the place of the file is not followed", "[client][history]") {
    const State state;
    (void)kept(with_end("one"));
    const auto file = state.path / "limpet/history/web";
    const auto secret = state.path / "secret";
    std::ofstream(secret) << "secret\n";
    std::filesystem::remove(file);
    std::filesystem::create_symlink(secret, file);
    CHECK(kept(with_end("two")) == with_end("two"));
    CHECK(std::filesystem::file_size(secret) == 7);
    CHECK_FALSE(std::filesystem::is_symlink(file));
}
