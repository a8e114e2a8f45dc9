// enter_test.cpp - a container is opened from outside, read-only, and never entered.
#include "target/enter.h"
#include "kernel/box.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/process.h"

#include <catch2/catch.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

using namespace limpet;
using limpet::testing::Box;
using limpet::testing::in_child;

namespace {

std::string file(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

#define SAY_UNLESS(condition)                             \
    do {                                                  \
        if (!(condition)) return std::string(#condition); \
    } while (false)

// Everything that a session reads, for every combination of system calls that an old kernel lacks.
std::string look_around(pid_t pid) {
    auto opened = target::open_node({.pid = pid, .name = "box"});
    if (!opened) return text(opened.error());
    auto& box = *opened;
    SAY_UNLESS(target::read(box, "/etc/hostname", 100) == "box\n");
    SAY_UNLESS(target::read(box, "/link", 100) == "box\n");
    SAY_UNLESS(target::read(box, "/escape", 100) == "box\n");
    SAY_UNLESS(target::read(box, "/etc/../etc/./hostname", 100) == "box\n");
    SAY_UNLESS(target::read(box, "/secret", 100) == "secret\n");
    SAY_UNLESS(target::read(box, "/sub/below", 100) == "below\n");
    SAY_UNLESS(!target::open(box, "/etc/hostname/", O_RDONLY));
    SAY_UNLESS(target::open(box, "/nothing", O_RDONLY).error().code == ENOENT);
    SAY_UNLESS(target::readlink(box, "/link") == "/etc/hostname");
    SAY_UNLESS(S_ISLNK(target::stat(box, "/link", target::Follow::no)->stx_mode));
    SAY_UNLESS(S_ISREG(target::stat(box, "/link", target::Follow::yes)->stx_mode));
    SAY_UNLESS(!target::open_for_reading(box, "/fifo"));
    SAY_UNLESS(!target::open_for_reading(box, "/socket"));
    SAY_UNLESS(box.inner_pid == 1);
    SAY_UNLESS(target::read(box, "/proc/1/stat", 4096)->starts_with("1 ("));
    SAY_UNLESS(target::read(box, "/proc/self/stat", 4096)->starts_with("1 ("));
    // Magic links: of the tree's own procfs, and of ours.
    SAY_UNLESS(!box.root.open("proc/1/root/etc/hostname", O_RDONLY));
    SAY_UNLESS(!target::open(box, "/proc/1/root/etc/hostname", O_RDONLY));
    SAY_UNLESS(!target::open(box, "/proc/1/mem", O_RDONLY));
    SAY_UNLESS(box.root.open("new", O_CREAT | O_WRONLY).error().code == EROFS);
    SAY_UNLESS(::fchmodat(box.root.fd.get(), "etc/hostname", 0600, 0) != 0 && errno == EROFS);
    const auto children = target::open_directory(box, "/sub");
    SAY_UNLESS(children && children->open("below", O_RDONLY));
    SAY_UNLESS(!children->child(".."));
    return {};
}

}  // namespace

TEST_CASE("a container is read from outside") {
    Box box;
    CHECK(in_child([&] { return look_around(box.pid()); }) == "");
}

TEST_CASE("an older kernel is looked at by other calls, with the same results") {
    Box box;
    const auto without = [&](const std::initializer_list<const char*>& calls) {
        return in_child([&] { return look_around(box.pid()); }, calls);
    };
    CHECK(without({"openat2"}) == "");
    CHECK(without({"pidns="}) == "");
    CHECK(without({"PIDFD_GET_NAMESPACE"}) == "");
    CHECK(without({"mount_setattr"}) == "");
    CHECK(without({"pidfd_open"}) == "");
    CHECK(without({"pidfd_send_signal", "pidfd_open"}) == "");
    CHECK(without({"close_range", "landlock_create_ruleset"}) == "");
    CHECK(without({"openat2", "mount_setattr", "pidfd_open", "close_range",
                   "pidns=", "landlock_create_ruleset"}) == "");
}

TEST_CASE("a kernel without detached trees is refused by name") {
    Box box;
    const auto reason = in_child([&] { return look_around(box.pid()); }, {"open_tree"});
    CHECK(reason.find("open_tree in the target's mount namespace: Function not implemented") !=
          std::string::npos);
}

TEST_CASE("nobody makes the clone writable again") {
    Box box;
    CHECK(in_child([&]() -> std::string {
              auto opened = target::open_node({.pid = box.pid(), .name = "box"});
              if (!opened) return text(opened.error());
              struct mount_attr writable{};
              writable.attr_clr = MOUNT_ATTR_RDONLY;
              SAY_UNLESS(::mount_setattr(opened->root.fd.get(), "", AT_EMPTY_PATH | AT_RECURSIVE,
                                         &writable, sizeof writable) != 0);
              SAY_UNLESS(errno == EPERM);
              return {};
          }) == "");
    // The control: the same call on a clone that was not locked makes it writable.
    CHECK(in_child([&]() -> std::string {
              const auto place = "/proc/" + std::to_string(box.pid()) + "/ns/mnt";
              const Fd mounts(::open(place.c_str(), O_RDONLY));
              if (!sys::setns(mounts, CLONE_NEWNS)) return "setns";
              auto clone = sys::clone_tree(BorrowedFd(AT_FDCWD), "/");
              if (!clone) return text(clone.error());
              struct mount_attr set{};
              set.attr_set = MOUNT_ATTR_RDONLY;
              SAY_UNLESS(::mount_setattr(clone->get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &set,
                                         sizeof set) == 0);
              set.attr_clr = std::exchange(set.attr_set, 0);
              SAY_UNLESS(::mount_setattr(clone->get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &set,
                                         sizeof set) == 0);
              return {};
          }) == "");
}

TEST_CASE("nothing of the target changes while it is looked at") {
    Box box;
    const auto proc = "/proc/" + std::to_string(box.pid());
    const auto times = [&] {
        struct stat status{};
        REQUIRE(::stat((proc + "/root/etc/hostname").c_str(), &status) == 0);
        return std::pair(status.st_atim.tv_sec * 1000000000 + status.st_atim.tv_nsec,
                         status.st_ctim.tv_sec * 1000000000 + status.st_ctim.tv_nsec);
    };
    const auto mounts = file(proc + "/mountinfo");
    const auto before = times();
    CHECK(in_child([&] { return look_around(box.pid()); }) == "");
    CHECK(file(proc + "/mountinfo") == mounts);
    CHECK(times() == before);
    // The control: a read through /proc/PID/root is noticed.
    struct timespec old[2]{{1, 0}, {1, 0}};
    const auto path = proc + "/root/etc/hostname";
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), old, 0) == 0);
    CHECK(in_child([&] { return look_around(box.pid()); }) == "");
    CHECK(times().first == 1000000000);
    CHECK(file(path) == "box\n");
    CHECK(times().first != 1000000000);
}

TEST_CASE("a pid that came to mean another process is refused") {
    Box box;
    const auto opened = target::open_node({.pid = box.pid(), .start_time = 1, .name = "box"});
    REQUIRE_FALSE(opened);
    CHECK(text(opened.error()).find("is another process now") != std::string::npos);
    const auto pid = box.pid();
    box.kill();
    const auto gone = target::open_node({.pid = pid, .name = "box"});
    REQUIRE_FALSE(gone);
    CHECK(text(gone.error()).find("there is no process") != std::string::npos);
}

TEST_CASE("the tree of a dead container is still read") {
    Box box;
    auto opened = target::open_node({.pid = box.pid(), .name = "box"});
    REQUIRE(opened);
    box.kill();
    CHECK(target::read(*opened, "/secret", 100) == "secret\n");
    CHECK_FALSE(target::read(*opened, "/proc/1/stat", 100));
}
