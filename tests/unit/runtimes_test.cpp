// runtimes_test.cpp - containers from captured state files; the traps are in tests/fixtures/docker.
#include "runtimes/container.h"

#include <catch2/catch.hpp>

using namespace limpet;

namespace {

const runtimes::Node node{LIMPET_FIXTURES "/docker"};

std::string found(std::string_view target) {
    const auto container = runtimes::find(target, node);
    return container ? container->name + " " + std::to_string(container->pid)
                     : text(container.error());
}

}  // namespace

TEST_CASE("docker's containers are read from their files", "[runtimes]") {
    const auto all = runtimes::list(node);
    std::string lines;
    for (const auto& c : all.containers) {
        lines += c.name + " " + c.image + " " + std::to_string(c.pid) + " " + c.state + "\n";
    }
    CHECK(lines ==
          "652c58 shop/652c58:1 4005 running\n"
          "db shop/db:1 4002 paused\n"
          "hidden shop/hidden:1 4004 running\n"
          "job shop/job:1 0 created\n"
          "stale shop/stale:1 0 exited\n"
          "web shop/web:1 4001 running\n");
    REQUIRE(all.warnings.size() == 1);
    CHECK(all.warnings[0] == "docker: dddddddddddd: json: a string without its end at byte 9");
}

TEST_CASE("a container is found by name, id and unique prefix", "[runtimes]") {
    CHECK(found("web") == "web 4001");
    CHECK(found("docker:web") == "web 4001");
    CHECK(found("44b740523adf") == "web 4001");
    CHECK(found("44b740523adfe6c6746c7a755acc2687ce8ac75ede07a751aa998c581455b676") == "web 4001");
    // db's id begins with 652c58, too: the name wins, a longer prefix is db again.
    CHECK(found("652c58") == "652c58 4005");
    CHECK(found("652c58d") == "db 4002");
    CHECK(runtimes::find("web", node)->start_time > 0);
}

TEST_CASE("what cannot be found says why", "[runtimes]") {
    CHECK(found("44b7").starts_with("find container: '44b7' is ambiguous: docker:stale ("));
    CHECK(found("stale") == "stale 0");
    CHECK(found("job") == "job 0");
    CHECK(found("nobody").starts_with("find container: there is no container 'nobody'"));
    CHECK(found("rkt:web").starts_with("find container: cannot look for 'rkt:' containers"));
    CHECK(found("docker:") == "find container: no name given");
    const runtimes::Node empty{LIMPET_FIXTURES "/docker/run"};
    CHECK(text(runtimes::find("web", empty).error())
              .starts_with("find container: no container runtime on this machine"));
}

TEST_CASE("pid:N is a process, not a thread", "[runtimes]") {
    CHECK(found("pid:4003") == "sh 4003");
    CHECK(runtimes::find("pid:4003", node)->start_time == 777777);
    CHECK(found("pid:4006") == "find container: pid:4006 is a thread of process 4003");
    CHECK(found("pid:4007") == "find container: pid:4007 is a thread of the kernel");
    CHECK(found("pid:4008") == "find container: pid:4008 has exited and only waits for its parent");
    CHECK(found("pid:5") == "find container: pid:5: there is no such process");
    CHECK(found("pid:x") == "find container: pid:x is not a process id");
    CHECK(found("pid:0") == "find container: pid:0 is not a process id");
}
