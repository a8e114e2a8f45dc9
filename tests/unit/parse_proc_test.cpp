// parse_proc_test.cpp - the small files of /proc/PID.
#include "parse/cgroup.h"
#include "parse/stat.h"

#include <catch2/catch.hpp>

using namespace limpet;

TEST_CASE("stat's comm ends at the last parenthesis", "[stat]") {
    const auto stat = parse::stat(
        "7 (a) R 1 (\n\033[2J) b) S 2 3 4 34816 5 4194304 6 0 7 0 8 9 0 0 20 -5 11 0 12 13 14 "
        "18446744073709551615 1 1 0 0 0 0 0 0 0 1 0 0 17 3 0 0\n");
    REQUIRE(stat);
    CHECK(stat->pid == 7);
    CHECK(stat->comm == "a) R 1 (\n\033[2J) b");
    CHECK(stat->state == 'S');
    CHECK(stat->ppid == 2);
    CHECK(stat->tty_nr == 34816);
    CHECK(stat->utime == 8);
    CHECK(stat->nice == -5);
    CHECK(stat->num_threads == 11);
    CHECK(stat->starttime == 12);
    CHECK(stat->vsize == 13);
    CHECK(stat->rss == 14);
    CHECK(stat->processor == 3);
}

TEST_CASE("a stat that is cut short is refused", "[stat]") {
    for (const std::string text : {"", "7", "7 (", "7 (a)", "(a) S 1", "x (a) S 1 2 3",
                                   "7 (a) S 1 2 3 4 5 6 7 8", ")7( S"}) {
        INFO(text);
        CHECK_FALSE(parse::stat(text));
    }
}

TEST_CASE("cgroup lines of both versions", "[cgroup]") {
    const auto lines =
        parse::cgroup("12:cpu,cpuacct:/docker/x\n1:name=systemd:/a:b\n0::/../c\nz\n");
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].controllers == std::vector<std::string>{"cpu", "cpuacct"});
    CHECK(lines[1].path == "/a:b");
    CHECK(lines[2].controllers.empty());
    CHECK(lines[2].path == "/../c");
}

TEST_CASE("the container's id is the last one in a cgroup's path", "[cgroup]") {
    const std::string outer(64, 'a');
    const std::string inner(64, '1');
    CHECK(parse::container_id("/docker/" + outer) == outer);
    CHECK(parse::container_id("/system.slice/docker-" + outer + ".scope/init.scope") == outer);
    CHECK(parse::container_id("/docker/" + outer + "/docker/" + inner) == inner);
    CHECK_FALSE(parse::container_id("/docker/" + outer + "0"));
    CHECK_FALSE(parse::container_id("/user.slice"));
}
