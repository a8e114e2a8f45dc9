// parse_go_test.cpp - modules of Go programs, names packed into texts, the linker's cache, calls.
#include "parse/go_build.h"
#include "parse/linker_cache.h"
#include "parse/name_table.h"
#include "parse/syscalls.h"

#include <catch2/catch.hpp>

#include <sys/syscall.h>

#include <cstring>

using namespace limpet;

TEST_CASE("modules of a Go program", "[go]") {
    const std::string mark(16, '\x77');
    parse::GoBuild build;
    parse::go_modules(mark +
                          "path\texample.com/app\nmod\texample.com/app\tv1.2.3\th1:abc=\n"
                          "dep\tgolang.org/x/sys\tv0.1.0\th1:def=\ndep\told.example/m\tv0.2.0\n"
                          "=>\t../local\t(devel)\nbuild\t-ldflags=-X a=b\nbuild\tGOOS=linux\n" +
                          mark,
                      build);
    CHECK(build.path == "example.com/app");
    CHECK(build.main.version == "v1.2.3");
    REQUIRE(build.modules.size() == 2);
    CHECK(build.modules[0].sum == "h1:def=");
    CHECK(build.modules[1].replaced_by == "../local (devel)");
    REQUIRE(build.settings.size() == 2);
    CHECK(build.settings[0] == std::pair<std::string, std::string>("-ldflags", "-X a=b"));
    parse::GoBuild none;
    parse::go_modules("path\tx\n", none);
    CHECK(none.path.empty());
}

TEST_CASE("names of numbers in one text", "[names]") {
    constexpr std::string_view table = "ZERO ONE 10=SIXTEEN - EIGHTEEN";
    CHECK(parse::name_of(table, 0) == "ZERO");
    CHECK(parse::name_of(table, 16) == "SIXTEEN");
    CHECK(parse::name_of(table, 17).empty());
    CHECK(parse::name_of(table, 18) == "EIGHTEEN");
    CHECK(parse::name_or_hex(table, 255) == "0xff");
    CHECK(parse::flag_names("3=BOTH 1=A 2=B 8=C", 11) == "BOTH|C");
    CHECK(parse::flag_names("3=BOTH 1=A 2=B 8=C", 0x42) == "B|0x40");
    CHECK(parse::flag_names("1=A", 0) == "0");
}

TEST_CASE("the linker's cache", "[elf]") {
    // Two builds of one library, the special one first, and another name.
    const std::string strings = std::string("liba.so.1") + '\0' + "/special/liba.so.1" + '\0' +
                                "/lib/liba.so.1" + '\0' + "libb.so" + '\0';
    std::string cache = "glibc-ld.so.cache1.1";
    const auto word = [&](std::uint32_t value) {
        cache.append(reinterpret_cast<const char*>(&value), sizeof value);
    };
    word(3);
    word(static_cast<std::uint32_t>(strings.size()));
    for (int i = 0; i < 5; ++i) word(0);
    const std::uint32_t base = 48 + 3 * 24;
    const auto entry = [&](std::uint32_t name, std::uint32_t path, std::uint32_t special) {
        for (const auto value : {std::uint32_t{0x303}, base + name, base + path, 0U, special, 0U}) {
            word(value);
        }
    };
    entry(0, 10, 2);
    entry(0, 29, 0);
    entry(44, 0xffffff, 0);
    cache += strings;
    CHECK(parse::linker_cache(cache, "liba.so.1") ==
          std::vector<std::string>{"/lib/liba.so.1", "/special/liba.so.1"});
    CHECK(parse::linker_cache(cache, "libb.so") == std::vector<std::string>{""});
    CHECK(parse::linker_cache(cache.substr(0, 60), "liba.so.1").empty());
    CHECK(parse::linker_cache("ld.so-1.7.0", "liba.so.1").empty());
}

TEST_CASE("sets of system calls", "[strace]") {
    const auto has = [](const parse::SyscallSet& set, std::string_view name) {
        const auto& calls = parse::syscalls();
        for (std::size_t i = 0; i < calls.size(); ++i) {
            if (calls[i].name == name) return static_cast<bool>(set.numbers[i]);
        }
        return false;
    };
    const auto some = parse::syscall_set("read,%network");
    CHECK(has(some, "read"));
    CHECK(has(some, "connect"));
    CHECK(!has(some, "openat"));
    const auto others = parse::syscall_set("!%file,read");
    CHECK(!has(others, "openat"));
    CHECK(!has(others, "read"));
    CHECK(has(others, "write"));
    CHECK(has(parse::syscall_set("file"), "openat"));
    CHECK(has(parse::syscall_set("all"), "mmap"));
    CHECK(!has(parse::syscall_set("none"), "mmap"));
    CHECK(parse::syscall_set("read,nothing").unknown == "nothing");
    CHECK(parse::syscall_set("?nothing").unknown.empty());
    // The numbers of the table are the kernel's.
    CHECK(parse::syscalls()[SYS_read].name == "read");
    CHECK(parse::syscalls()[SYS_openat2].name == "openat2");
    CHECK(parse::syscalls()[SYS_futex_waitv].name == "futex_waitv");
}
