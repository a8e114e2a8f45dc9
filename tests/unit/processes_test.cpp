// processes_test.cpp - commands over a captured /proc: a container's view of four processes, one of
// them gone while it is read, one cut short, one with a name made to break tables and parsers.
#include "commands/container/cgroup.h"
#include "commands/process/tree.h"
#include "commands/run.h"
#include "parse/json.h"
#include "sys/file.h"
#include "target/target.h"

#include <catch2/catch.hpp>

#include <fcntl.h>

using namespace limpet;

namespace {

target::Directory directory(const std::string& name, const char* shown) {
    auto fd = sys::openat(BorrowedFd(AT_FDCWD), LIMPET_FIXTURES "/" + name, O_PATH | O_DIRECTORY);
    REQUIRE(fd);
    return {*std::move(fd), shown};
}

target::Target fixture() {
    target::Target target;
    target.mode = target::Mode::node;
    target.grants = default_grants;
    target.name = "web";
    target.pid = 4711;
    target.inner_pid = 1;
    target.root = directory("proc/root", "/");
    target.procfs = directory("proc/web", "/proc");
    target.facts = {{"name", "web"}, {"hostname", "shop-1"}, {"node-net", "net:[1]"}};
    return target;
}

struct Output {
    int status = 0;
    std::string out;
    std::string error;
};

Output run(const target::Target& target, const std::string& name,
           std::vector<std::string> arguments) {
    const auto out = sys::memfd_create("out");
    const auto error = sys::memfd_create("error");
    const auto* command = commands::find(name);
    REQUIRE(command);
    Output result;
    result.status = commands::run_builtin(
        {.command = *command, .arguments = std::move(arguments), .target = target}, BorrowedFd(0),
        *out, *error);
    ::lseek(out->get(), 0, SEEK_SET);
    ::lseek(error->get(), 0, SEEK_SET);
    result.out = *sys::read_all(*out, 1 << 20, "out");
    result.error = *sys::read_all(*error, 1 << 20, "error");
    return result;
}

}  // namespace

TEST_CASE("ps lists what is there and nothing of what is gone", "[ps]") {
    const auto target = fixture();
    CHECK(run(target, "ps", {"-o", "pid,ppid,stat,nlwp,nice,tty,time,comm", "--sort=pid"}).out ==
          "PID  PPID  STAT  NLWP  NI  TTY        TIME  COMMAND\n"
          "  1     0  Ss       1   0  ?      00:00:00  busybox\n"
          "  7     1  SNl      3   5  pts/0  00:00:01  a) R 1\\n\\x1b[2J\n"
          " 12     7  Z        1   0  ?      00:00:00  zombie <defunct>\n");
    CHECK(run(target, "ps", {"-o", "ruser=,rss=,args=", "-p", "7"}).out ==
          "shop  100  worker: one --x\n");
    CHECK(run(target, "ps", {"-p", "13"}).status == 1);
    CHECK(run(target, "ps", {"-o", "pid=", "--ppid", "1,7", "--sort=pid"}).out == " 7\n12\n");
    CHECK(run(target, "ps", {"-o", "pid=", "--sort=-pid"}).out == "12\n 7\n 1\n");
    CHECK(run(target, "ps", {"-T", "-o", "tid=,comm=", "-p", "7", "--sort=tid"}).out ==
          "7  worker-7\n8  worker-8\n9  worker-9\n");
    CHECK(run(target, "ps", {"-o", "what"}).status == 2);
}

TEST_CASE("ps draws the forest", "[ps]") {
    CHECK(run(fixture(), "ps", {"axo", "pid,args", "f"}).out ==
          "PID  COMMAND\n"
          "  1  /busybox nc -l -p 7777\n"
          "  7   \\_ worker: one --x\n"
          " 12       \\_ [zombie] <defunct>\n");
    CHECK(run(fixture(), "pstree", {"-p"}).out ==
          "busybox(1)\n`-- a) R 1\\n\\x1b[2J(7)\n    `-- zombie(12)\n");
    CHECK(run(fixture(), "pstree", {"-a", "7"}).out == "a) R 1\\n\\x1b[2J --x\n`-- zombie\n");
}

TEST_CASE("a tree of pids that were reused while it was taken has an end", "[ps]") {
    const std::vector<commands::TreeNode> cycle{{1, 2}, {2, 1}, {3, 3}, {4, 3}};
    CHECK(commands::tree_order(cycle).size() == 4);
    std::vector<commands::TreeNode> chain;
    for (pid_t pid = 1; pid <= 20'000; ++pid) chain.push_back({pid, pid - 1});
    const auto order = commands::tree_order(chain);
    CHECK(order.size() == chain.size());
    CHECK(order.back().index == chain.size() - 1);
}

TEST_CASE("json rows are whole and raw", "[ps]") {
    const auto row = parse::json(run(fixture(), "ps", {"-o", "json", "-p", "7"}).out);
    REQUIRE(row);
    CHECK((*row)["comm"].string() == "a) R 1\n\033[2J");
    CHECK((*row)["threads"].integer() == 3);
    CHECK((*row)["nice"].integer() == 5);
    CHECK((*row)["rss"].integer() == 100);
    CHECK((*row)["argv"].items.size() == 2);
}

TEST_CASE("fds names sockets by their addresses", "[fds]") {
    const auto result = run(fixture(), "fds", {});
    CHECK(result.status == 0);
    CHECK(result.out.find("tcp [::]:7777 LISTEN") != std::string::npos);
    CHECK(result.out.find("/dev/null") != std::string::npos);
    CHECK(run(fixture(), "fds", {"99"}).error == "fds: process 99: there is none in the target\n");
    CHECK(run(fixture(), "fds", {"x"}).status == 1);
}

TEST_CASE("status decodes ids, capabilities, signals and seccomp", "[status]") {
    const auto status = parse::json(run(fixture(), "status", {"-o", "json", "7"}).out);
    REQUIRE(status);
    CHECK((*status)["uid"]["real"].integer() == 65532);
    CHECK((*status)["uid"]["effective"].integer() == 0);
    CHECK((*status)["cap_effective"].items.size() == 2);
    CHECK((*status)["cap_effective"].items[0].string() == "net_bind_service");
    CHECK((*status)["signals_ignored"].items[0].string() == "PIPE");
    CHECK((*status)["seccomp"].string() == "filter");
    CHECK((*status)["no_new_privs"].is_true());
    const auto text = run(fixture(), "status", {"7"}).out;
    CHECK(text.find("user                root (0), real shop (65532)") != std::string::npos);
    CHECK(text.find("further groups      wheel (10) 20\n") != std::string::npos);
}

TEST_CASE("names need the grant to read files", "[ps]") {
    auto target = fixture();
    CHECK(run(target, "id", {}).out == "uid=65532(shop) gid=65532(shop) groups=65532(shop)\n");
    target.grants = Grant::processes;
    CHECK(run(target, "id", {}).out == "uid=65532 gid=65532 groups=65532\n");
}

TEST_CASE("limits, environ and maps of the main process", "[limits]") {
    CHECK(run(fixture(), "limits", {}).out.find("Max open files") != std::string::npos);
    CHECK(run(fixture(), "environ", {}).out.find("HOSTNAME=shop-1\n") != std::string::npos);
    CHECK(run(fixture(), "maps", {}).out.find(" /busybox\n") != std::string::npos);
    CHECK(run(fixture(), "pgrep", {"-f", "nc.*7777"}).out == "1\n");
    CHECK(run(fixture(), "pgrep", {"-c", "zombie"}).out == "1\n");
    CHECK(run(fixture(), "pidof", {"busybox"}).out == "1\n");
}

TEST_CASE("info tells who, what it may and where it stands", "[info]") {
    const auto info = parse::json(run(fixture(), "info", {"-o", "json"}).out);
    REQUIRE(info);
    CHECK((*info)["hostname"].string() == "shop-1");
    CHECK((*info)["pid"].integer() == 1);
    CHECK((*info)["node_pid"].integer() == 4711);
    CHECK((*info)["user"].string() == "shop");
    CHECK((*info)["cap_effective"].items.empty());
    CHECK((*info)["no_new_privs"].is_true());
    CHECK((*info)["root_read_only"].is_true());
    CHECK((*info)["addresses"].items.size() == 1);
    for (const auto& item : (*info)["namespaces"].items) {
        if (item["name"].string() == "user") CHECK(item["whose"].string() == "node");
        if (item["name"].string() == "net") CHECK(item["whose"].string() == "own");
        if (item["name"].string() == "mnt") CHECK(item["whose"].string() == "unknown");
    }
}

TEST_CASE("the host name falls back to the image's file", "[info]") {
    auto target = fixture();
    CHECK(run(target, "hostname", {}).out == "shop-1\n");
    target.facts.clear();
    CHECK(run(target, "hostname", {}).out == "from-file\n");
    CHECK(run(target, "uname", {"-sn"}).out == "Linux from-file\n");
}

TEST_CASE("the tightest limit on the way up counts, in v2", "[cgroup]") {
    auto target = fixture();
    target.cgroups = directory("cgroup/v2", "/sys/fs/cgroup");
    target.cgroup = "0::/kubepods.slice/pod1.slice/app.scope\n";
    const auto state = commands::cgroup_state(target);
    CHECK(state.version == "v2");
    CHECK(state.memory.limit == 33554432);
    CHECK(state.memory.where == "/kubepods.slice/pod1.slice");
    CHECK(state.memory.used == 1048576);
    CHECK(state.oom_kills == 1);
    CHECK(state.cpu.limit == 1500);
    CHECK(state.throttled_periods == 4);
    CHECK(state.pids.limit == 50);
    CHECK(state.pids.used == 7);
    CHECK(state.cpus == "0-3");
}

TEST_CASE("cgroups of v1, with controllers mounted together", "[cgroup]") {
    auto target = fixture();
    target.cgroups = directory("cgroup/v1", "/sys/fs/cgroup");
    target.cgroup = "4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n2:pids:/docker/x\n";
    const auto state = commands::cgroup_state(target);
    CHECK(state.version == "v1");
    CHECK_FALSE(state.memory.limit);
    CHECK(state.memory.used == 4096);
    CHECK(state.oom_kills == 5);
    CHECK(state.cpu.limit == 500);
    CHECK(state.cpu.where == "/docker");
    CHECK_FALSE(state.pids.limit);
}

TEST_CASE("a cgroup outside of what we see is not taken for another", "[cgroup]") {
    auto target = fixture();
    target.cgroups = directory("cgroup/v2", "/sys/fs/cgroup");
    target.cgroup = "0::/../kubepods.slice/pod1.slice/app.scope\n";
    CHECK(commands::cgroup_state(target).version.empty());
}

TEST_CASE("controllers of v1 apart, with the unified hierarchy beside them", "[cgroup]") {
    auto target = fixture();
    target.cgroups = directory("cgroup/hybrid", "/sys/fs/cgroup");
    target.cgroup = "4:memory:/app\n3:cpuacct:/app\n2:cpu:/app\n0::/app\n";
    const auto state = commands::cgroup_state(target);
    CHECK(state.version == "hybrid");
    CHECK(state.memory.limit == 8192);
    CHECK(state.cache == 2048);
    CHECK(state.cpu.limit == 500);
    CHECK(state.throttled_periods == 3);
    CHECK(state.cpu_time == 7000);
}

TEST_CASE("free, uptime and vmstat of a captured machine", "[machine]") {
    auto target = fixture();
    target.cgroups = directory("cgroup/v2", "/sys/fs/cgroup");
    target.cgroup = "0::/kubepods.slice/pod1.slice/app.scope\n";
    CHECK(run(target, "free", {"-w"}).out ==
          "               total        used        free      shared     buffers       cache   "
          "available\n"
          "Mem:         1000000      400000      200000        5000       10000      390000      "
          "600000\n"
          "Swap:              0           0           0\n"
          "Cgroup:        32768         512       31744           -           -         512       "
          "32256\n");
    CHECK(run(target, "free", {"-h"}).out.find("Mem:           976Mi       390Mi       195Mi") !=
          std::string::npos);
    CHECK(run(target, "uptime", {"-p"}).out == "up 16 minutes\n");
    const auto up = run(target, "uptime", {}).out;
    CHECK(up.ends_with(" up 16 min,  load average: 0.50, 0.25, 0.10\n"));
    const auto lines = run(target, "vmstat", {}).out;
    CHECK(lines.ends_with(
        "\n 2  1      0 200000  10000 390000    0    0     4     8    1    6 10  8 80  3  0\n"));
}

TEST_CASE("top of a captured machine has the cgroup beside it", "[machine]") {
    auto target = fixture();
    target.cgroups = directory("cgroup/v2", "/sys/fs/cgroup");
    target.cgroup = "0::/kubepods.slice/pod1.slice/app.scope\n";
    const auto text = run(target, "top", {"-b", "-n", "1"});
    CHECK(text.status == 0);
    CHECK(text.out.find("%Cpu(s): 10.0 us,  5.0 sy,  0.0 ni, 80.0 id,  2.5 wa") !=
          std::string::npos);
    CHECK(text.out.find("\nCgroup  : of 1.50 CPUs (throttled in ") != std::string::npos);
    CHECK(text.out.find(", 1.0 of 32.0 MiB, 7 of 50 pids, 1 OOM kills\n") != std::string::npos);
    // A name that is made to break tables stays one line.
    for (const auto& line : {std::string("\n      1 ")}) {
        CHECK(text.out.find(line) != std::string::npos);
    }
    CHECK(text.out.find('\033') == std::string::npos);
}

TEST_CASE("trees of Linux 6.1, with each kind of cgroups", "[machine]") {
    struct Machine {
        std::string tree, main, version;
    };
    for (const auto& [tree, main, version] :
         {Machine{"6.1-v1", "94", "v1"}, {"6.1-v2", "84", "v2"}, {"6.1-hybrid", "97", "hybrid"}}) {
        INFO(tree);
        auto target = fixture();
        target.procfs = directory("machines/" + tree + "/proc", "/proc");
        target.cgroups = directory("machines/" + tree + "/cgroup", "/sys/fs/cgroup");
        target.inner_pid = std::stoi(main);
        target.cgroup = *target.procfs.read(main + "/cgroup", 65536);
        const auto state = commands::cgroup_state(target);
        CHECK(state.version == version);
        CHECK(state.path == "/app/web");
        CHECK(state.memory.limit == 67108864);
        CHECK(state.memory.where == "/app");
        CHECK(state.memory.used);
        CHECK(state.pids.limit == 100);
        CHECK(state.cpu.limit == 500);
        CHECK(state.oom_kills == 0);
        const auto rows =
            run(target, "ps", {"-o", "json", "-o", "pid,ppid,args,rss,vsz,wchan", "-p", main});
        CHECK(rows.out.find("\"args\":\"/bin/busybox sleep 1000\"") != std::string::npos);
        CHECK(rows.out.find("\"ppid\":1,") != std::string::npos);
        for (const auto* command : {"status", "limits", "environ", "maps", "fds", "io", "threads",
                                    "namespaces", "info"}) {
            INFO(command);
            const auto done = run(target, command, {});
            CHECK(done.out.find('\n') != std::string::npos);
            CHECK(done.error.empty());
        }
        for (const auto* command : {"free", "uptime", "vmstat"}) {
            CHECK(run(target, command, {}).status == 0);
        }
    }
}
