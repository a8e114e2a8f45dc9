// sidecar_test.cpp - beside the target there is no read-only clone: the filter alone must hold.
#include "target/sidecar.h"
#include "kernel/box.h"
#include "sys/file.h"
#include "target/confine.h"
#include "target/procfs.h"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace limpet;
using limpet::testing::Box;
using limpet::testing::in_child;

namespace {

#define SAY_UNLESS(condition)                             \
    do {                                                  \
        if (!(condition)) return std::string(#condition); \
    } while (false)

// What open_sidecar() makes on rung B; its own ways to find the target need a shared pid namespace.
Result<target::Target> beside(const Box& box) {
    target::Target made;
    made.mode = target::Mode::sidecar;
    made.rung = 'B';
    made.grants = default_grants;
    made.name = "box";
    made.pid = made.inner_pid = box.pid();
    made.procfs = {TRY(target::own_procfs()), "/proc"};
    const auto root = std::to_string(box.pid()) + "/root";
    made.root = {TRY(sys::openat(made.procfs.fd, root, O_PATH | O_DIRECTORY)), "/"};
    return made;
}

std::string confined(const Box& box, Grant promise, bool forks,
                     std::string (*body)(const target::Target& box)) {
    return in_child([&]() -> std::string {
        auto opened = beside(box);
        if (!opened) return text(opened.error());
        if (auto done = target::confine_session(*opened, forks); !done) return text(done.error());
        if (forks) return body(*opened);
        if (auto done = target::confine(promise, *opened); !done) return text(done.error());
        return body(*opened);
    });
}

// Each of these changes a file or makes one where nothing stops it; the control below shows that.
std::string write_battery(int root, bool allowed) {
    open_how how{};
    how.flags = O_RDWR;
    const auto answer = [&](long result) {
        if (result >= 0) ::close(static_cast<int>(result));
        return (result >= 0) == allowed;
    };
    SAY_UNLESS(answer(::syscall(SYS_openat2, root, "etc/hostname", &how, sizeof how)));
    SAY_UNLESS(answer(::openat(root, "etc/hostname", O_WRONLY)));
    SAY_UNLESS(answer(::openat(root, "etc/hostname", O_RDWR)));
    SAY_UNLESS(answer(::openat(root, "etc/hostname", O_WRONLY | O_APPEND)));
    SAY_UNLESS(answer(::openat(root, "new", O_RDONLY | O_CREAT, 0600)));
    SAY_UNLESS(answer(::openat(root, ".", O_TMPFILE | O_RDWR, 0600)));
    SAY_UNLESS(answer(::openat(root, "sub/below", O_RDONLY | O_TRUNC)));
    SAY_UNLESS(answer(::fchmodat(root, "etc", 0755, 0)));
    SAY_UNLESS(answer(::utimensat(root, "etc", nullptr, 0)));
    SAY_UNLESS(answer(::mkdirat(root, "folder", 0755)));
    SAY_UNLESS(answer(::renameat(root, "link", root, "renamed")));
    return {};
}

std::string refused_battery(const target::Target& box) {
    return write_battery(box.root.fd.get(), false);
}

}  // namespace

TEST_CASE("beside the target no command and no shell can write") {
    Box box;
    for (const auto promise : {Grant::files, Grant::processes, Grant::network,
                               Grant::files | Grant::processes, Grant::files | Grant::network}) {
        CAPTURE(grant_list(promise));
        CHECK(confined(box, promise, false, refused_battery) == "");
    }
    CHECK(confined(box, Grant::none, true, refused_battery) == "");
}

TEST_CASE("beside the target files and processes can be read") {
    Box box;
    CHECK(confined(box, Grant::files, false, [](const target::Target& target) -> std::string {
              SAY_UNLESS(target::read(target, "/secret", 100) == "secret\n");
              SAY_UNLESS(target::read(target, "/link", 100) == "box\n");
              SAY_UNLESS(target::read(target, "/escape", 100) == "box\n");
              return {};
          }) == "");
    CHECK(confined(box, Grant::processes, false, [](const target::Target& target) -> std::string {
              const auto pid = std::to_string(target.pid);
              SAY_UNLESS(target.procfs.read(pid + "/maps", 1 << 20).has_value());
              SAY_UNLESS(target.procfs.read(pid + "/environ", 1 << 20).has_value());
              return {};
          }) == "");
}

TEST_CASE("the battery works on a process that is not confined") {
    Box box;
    CHECK(in_child([&]() -> std::string {
              auto opened = beside(box);
              if (!opened) return text(opened.error());
              return write_battery(opened->root.fd.get(), true);
          }) == "");
}
