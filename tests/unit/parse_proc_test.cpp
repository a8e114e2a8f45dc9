// parse_proc_test.cpp - the small files of /proc/PID.
#include "parse/capability.h"
#include "parse/cgroup.h"
#include "parse/counters.h"
#include "parse/fdinfo.h"
#include "parse/idmap.h"
#include "parse/kernel_log.h"
#include "parse/maps.h"
#include "parse/process_limits.h"
#include "parse/stat.h"
#include "parse/status.h"

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

TEST_CASE("status keeps what is there and leaves out what is not", "[status]") {
    const auto status = parse::status(
        "Name:\ta\\nb\nUmask:\t0022\nState:\tZ (zombie)\nTgid:\t5\nUid:\t1\t2\t3\t4\nGid:\t1\t2\n"
        "Groups:\t\nNSpid:\t500\t5\nVmRSS:\t   12 kB\nCapEff:\t000001ffffffffff\nSeccomp:\t9x\n"
        "voluntary_ctxt_switches:\t7\nno colon\n:\n");
    CHECK(status.name == "a\\nb");
    CHECK(status.umask == 022U);
    CHECK(status.tgid == 5);
    REQUIRE(status.uid);
    CHECK(status.uid->filesystem == 4);
    CHECK_FALSE(status.gid);
    CHECK(status.groups.empty());
    CHECK(status.ns_pid == std::vector<pid_t>{500, 5});
    CHECK(status.vm_rss == 12U);
    CHECK_FALSE(status.vm_size);
    CHECK_FALSE(status.seccomp);
    CHECK(status.voluntary_switches == 7U);
    CHECK(parse::capability_names(*status.cap_effective).size() == 41);
    CHECK(parse::capability_names(std::uint64_t{1} << 63 | 1) ==
          std::vector<std::string>{"chown", "63"});
}

TEST_CASE("mappings with any path", "[maps]") {
    const auto mapping = parse::mapping(
        "7f00b597f000-7f00b5981000 r-xp 00001000 fd:01 42                         /a b (deleted)");
    REQUIRE(mapping);
    CHECK(mapping->end - mapping->start == 8192);
    CHECK(mapping->offset == 4096);
    CHECK(mapping->inode == 42);
    CHECK(mapping->path == "/a b (deleted)");
    CHECK(parse::mapping("1000-2000 rw-p 00000000 00:00 0")->path.empty());
    for (const auto line : {"", "1000", "1000-2000", "1000-2000 rw-p 0", "x-y rw-p 0 0:0 0 /a"}) {
        CHECK_FALSE(parse::mapping(line));
    }
    parse::MemoryUse use;
    CHECK(parse::memory_use("Rss:                  12 kB", use));
    CHECK(parse::memory_use("VmFlags: rd ex", use));
    CHECK_FALSE(parse::memory_use("1000-2000 rw-p 00000000 fd:00 0", use));
    CHECK(use.rss == 12);
}

TEST_CASE("limits have names with blanks", "[limits]") {
    const auto limits = parse::process_limits(
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max open files            1024                 unlimited            files     \n"
        "Max nice priority         0                    0                    \n"
        "Max cut\n");
    REQUIRE(limits.size() == 2);
    CHECK(limits[0].name == "Max open files");
    CHECK(limits[0].soft == "1024");
    CHECK(limits[0].hard == "unlimited");
    CHECK(limits[0].units == "files");
    CHECK(limits[1].units.empty());
}

TEST_CASE("fdinfo's flags by name", "[fdinfo]") {
    const auto info = parse::fdinfo("pos:\t10\nflags:\t02106002\nmnt_id:\t7\nino:\t1\n");
    CHECK(info.position == 10U);
    CHECK(info.mount == 7U);
    REQUIRE(info.flags);
    CHECK(parse::access_mode(*info.flags) == "rw");
    CHECK(parse::flag_names(*info.flags) ==
          std::vector<std::string>{"append", "nonblock", "cloexec"});
    CHECK(parse::flag_names(04010000) == std::vector<std::string>{"sync"});
}

TEST_CASE("ids inside a user namespace", "[idmap]") {
    const auto map = parse::idmap("         0     100000      65536\n  65536 5 1\nbad\n");
    REQUIRE(map.size() == 2);
    CHECK(parse::inside(map, 100000) == 0U);
    CHECK(parse::inside(map, 165535) == 65535U);
    CHECK(parse::inside(map, 5) == 65536U);
    CHECK_FALSE(parse::inside(map, 0));
    CHECK_FALSE(parse::inside(map, 165536));
}

TEST_CASE("fdinfo's locks as lsof has them", "[fdinfo]") {
    const auto lock = [](const std::string& line) {
        return parse::fdinfo("pos:\t0\n" + line + "\n").lock;
    };
    CHECK(lock("lock:\t1: FLOCK  ADVISORY  WRITE 359 00:13:11691 0 EOF") == 'W');
    CHECK(lock("lock:\t1: POSIX  ADVISORY  READ  359 00:13:11691 0 EOF") == 'R');
    CHECK(lock("lock:\t1: POSIX  ADVISORY  WRITE 359 00:13:11691 4 9") == 'w');
    CHECK(lock("lock:\tnonsense") == 0);
    CHECK(lock("mnt_id:\t7") == 0);
}

TEST_CASE("counters are whole names at the start of a line", "[counters]") {
    const std::string text = "MemTotalX: 1\nMemTotal:       24684084 kB\nctxt 17\nempty:\n";
    CHECK(parse::counter(text, "MemTotal") == 24684084);
    CHECK(parse::counter(text, "ctxt") == 17);
    CHECK(!parse::counter(text, "Mem"));
    CHECK(!parse::counter(text, "empty"));
    CHECK(!parse::counter("", "x"));
    const auto pair = parse::named_value("se.exec_start   :      31901736.499631");
    CHECK(pair.name == "se.exec_start");
    CHECK(pair.value == "31901736.499631");
    CHECK(parse::named_value("-----").name.empty());
}

TEST_CASE("processors' times of old and new kernels", "[counters]") {
    const auto old = parse::cpu_times("cpu  1 2 3 4");
    REQUIRE(old);
    CHECK((*old)[parse::idle] == 4);
    CHECK((*old)[parse::steal] == 0);
    CHECK(!parse::cpu_times("intr 5 0 0"));
}

TEST_CASE("lines of the kernel's log", "[kernel_log]") {
    const auto line = parse::kernel_line("<30>[    1.234567] systemd[1]: <6>[x] up");
    CHECK(line.priority == 30);
    CHECK(line.time == 1'234'567);
    CHECK(line.text == "systemd[1]: <6>[x] up");
    CHECK(parse::facility_name(line.priority) == "daemon");
    CHECK(parse::level_name(line.priority) == "info");
    CHECK(parse::kernel_line("cut [  1.2] off").text == "cut [  1.2] off");
    CHECK(!parse::kernel_line("<6>[  1.2] short").time);
    CHECK(parse::kernel_line("<x>y").text == "<x>y");
    CHECK(parse::level_named("err") == 3);
    CHECK(!parse::level_named("8"));
}
