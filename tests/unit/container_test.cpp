// container_test.cpp - the cgroup in detail, over captured trees of each version; a covered /proc;
// what looks like a credential.
#include "commands/container/cgroup.h"
#include "commands/container/covered.h"
#include "parse/mountinfo.h"
#include "parse/secret.h"
#include "sys/file.h"
#include "target/target.h"

#include <catch2/catch.hpp>

#include <fcntl.h>

using namespace limpet;

namespace {

target::Directory directory(const std::string& name) {
    auto fd = sys::openat(BorrowedFd(AT_FDCWD), LIMPET_FIXTURES "/" + name, O_PATH | O_DIRECTORY);
    REQUIRE(fd);
    return {*std::move(fd), "/" + name};
}

commands::CgroupState details(const std::string& tree, std::string text) {
    target::Target target;
    target.cgroups = directory("cgroup/" + tree);
    target.procfs = directory("proc/web");
    target.cgroup = std::move(text);
    return commands::cgroup_details(target);
}

}  // namespace

TEST_CASE("v2 in detail: pressure, the working set, the limit above which it is slow", "[cgroup]") {
    const auto state = details("v2", "0::/kubepods.slice/pod1.slice/app.scope\n");
    CHECK(state.high.limit == 20971520);
    CHECK(state.high.where == "/kubepods.slice/pod1.slice");
    CHECK(state.working == 1048576 - 262144);
    CHECK(state.peak == 2097152);
    CHECK(state.cpu_used == 5);
    CHECK(state.throttled_for == 3);
    CHECK(state.cpu_pressure.some10 == 1234);
    CHECK(state.cpu_pressure.some60 == 500);
    CHECK(state.cpu_pressure.full10 == 105);
    CHECK_FALSE(state.cpu_pressure.machine);
    CHECK_FALSE(state.io_pressure.some10);
}

TEST_CASE("both versions mounted: numbers of the first, pressure of the second", "[cgroup]") {
    const auto state = details("hybrid",
                               "9:name=systemd:/docker/x\n8:pids:/docker/x\n4:memory:/docker/x\n"
                               "3:cpuset:/docker/x\n2:cpuacct:/docker/x\n1:cpu:/docker/x\n"
                               "0::/docker/x\n");
    CHECK(state.version == "hybrid");
    CHECK(state.path == "/docker/x");
    CHECK(state.memory.limit == 67108864);
    CHECK(state.memory.where == "/docker/x");
    CHECK(state.memory.used == 323584);
    CHECK(state.working == 323584);
    CHECK(state.peak == 3936256);
    CHECK(state.swap.limit == 134217728);
    CHECK(state.cpu.limit == 500);
    CHECK(state.cpu_used == 27672);
    CHECK(state.periods == 5);
    CHECK(state.throttled_periods == 0);
    CHECK(state.throttled_for == 0);
    CHECK(state.pids.limit == 50);
    CHECK(state.cpus == "0-1");
    CHECK(state.oom_kills == 0);
    CHECK(state.cpu_pressure.some10 == 0);
    CHECK_FALSE(state.cpu_pressure.machine);
}

TEST_CASE("what covers a target's own /proc is told, what runtimes put there is not", "[covered]") {
    const auto covered = [](const char* text) {
        return commands::covered_proc(parse::mountinfo(text));
    };
    CHECK(covered("5 1 0:5 / /proc rw - proc proc rw\n6 5 0:5 /sys /proc/sys ro - proc proc rw\n"
                  "7 5 0:6 / /proc/acpi ro - tmpfs tmpfs rw\n"
                  "8 5 0:7 /meminfo /proc/meminfo rw - fuse.lxcfs lxcfs rw\n")
              .empty());
    CHECK(covered("5 1 0:5 / /proc rw - tmpfs tmpfs rw\n") == "/proc is covered by tmpfs");
    CHECK(
        covered("5 1 0:5 / /proc rw - proc proc rw\n6 5 8:1 /x /proc/1/status rw - ext4 a rw\n") ==
        "/proc/1/status is covered by ext4");
    CHECK(covered("5 1 0:5 / /proc rw - tmpfs tmpfs rw\n6 5 0:6 / /proc rw - proc proc rw\n")
              .empty());
    CHECK_FALSE(covered("5 1 0:5 /1 /proc rw - proc proc rw\n").empty());
}

TEST_CASE("credentials by name and by form", "[secret]") {
    for (const auto* name : {"DB_PASSWORD", "api-key", "github.token", "--client-secret", "SSH_KEY",
                             "PGPASSWD", "STRIPE_PAT", "Cookie"}) {
        CHECK(parse::names_secret(name));
    }
    for (const auto* name : {"PATH", "KEYBOARD", "MONKEY", "HOSTNAME", "", "COMPASS"}) {
        CHECK_FALSE(parse::names_secret(name));
    }
    CHECK(parse::secret_form("postgres://u:p@h/d") == "password in a URL");
    CHECK(parse::secret_form("https://example.org/a:b@c").empty());
    CHECK(parse::secret_form("http://user@host/").empty());
    CHECK(parse::secret_form("AKIAIOSFODNN7EXAMPLE") == "AWS access key");
    CHECK(parse::secret_form("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln") == "JSON web token");
    CHECK(parse::secret_form("-----BEGIN RSA PRIVATE KEY-----\nx") == "private key");
    CHECK(parse::secret_form("/usr/bin:/bin").empty());
}
