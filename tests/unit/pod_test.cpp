// pod_test.cpp - which container of a shared pid namespace is meant.
#include "target/pod.h"

#include <catch2/catch.hpp>

using limpet::target::choose;
using limpet::target::Member;

namespace {

Member member(std::uint32_t root, pid_t pid, std::string comm, std::string name = {},
              std::string id = {}) {
    return {.root = root,
            .pid = pid,
            .comm = std::move(comm),
            .name = std::move(name),
            .id = std::move(id),
            .pod = {},
            .processes = {pid},
            .started = true};
}

const std::string first_id(64, 'a'), second_id(64, 'b');

}  // namespace

TEST_CASE("the container whose pid namespace it is comes first", "[pod]") {
    const std::vector<Member> all{member(1, 1, "app"), member(2, 40, "sh"),
                                  member(3, 50, "worker")};
    const auto found = choose(all, "");
    REQUIRE(found);
    CHECK((*found)->pid == 1);
}

TEST_CASE("pause is nobody's target while there is another", "[pod]") {
    std::vector<Member> all{member(1, 1, "pause"), member(2, 7, "app"),
                            member(3, 9, "limpet-agent")};
    auto found = choose(all, "");
    REQUIRE(found);
    CHECK((*found)->pid == 7);

    all.push_back(member(4, 20, "proxy", "sidecar"));
    found = choose(all, "");
    REQUIRE_FALSE(found);
    CHECK(found.error().subject() ==
          "several containers share this pid namespace: app (pid 7, app), sidecar (pid 20, proxy)");
    CHECK(found.error().hint() == "choose with --target NAME or LIMPET_TARGET=NAME");

    all.resize(1);
    found = choose(all, "");
    REQUIRE(found);
    CHECK((*found)->pid == 1);
}

TEST_CASE("a pause with processes of its own is an application", "[pod]") {
    auto busy = member(1, 1, "pause");
    busy.processes.push_back(2);
    const std::vector<Member> all{busy, member(2, 7, "app")};
    const auto found = choose(all, "");
    REQUIRE(found);
    CHECK((*found)->pid == 1);
}

TEST_CASE("a container is chosen by name, id, program or process", "[pod]") {
    const std::vector<Member> all{member(1, 1, "pause"), member(2, 7, "app", "web", first_id),
                                  member(3, 9, "app", "db", second_id)};
    for (const auto& [word, pid] : std::vector<std::pair<std::string, pid_t>>{
             {"web", 7}, {"db", 9}, {"bbbb", 9}, {second_id, 9}, {"pause", 1}, {"pid:7", 7}}) {
        const auto found = choose(all, word);
        REQUIRE(found);
        REQUIRE(*found);
        CHECK((*found)->pid == pid);
    }
    CHECK_FALSE(choose(all, "app"));  // two of them
    CHECK_FALSE(choose(all, "bbb"));  // too short to be an id
    CHECK_FALSE(choose(all, "pid:8"));
    const auto wrong = choose(all, "cache");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().subject().starts_with(
        "no container 'cache' in this pid namespace; there is "));
}

TEST_CASE("a container's own name is more than its neighbour's program", "[pod]") {
    std::vector<Member> all{member(2, 7, "app", "app", first_id),
                            member(3, 9, "app", "side", second_id)};
    const auto found = choose(all, "app");
    REQUIRE(found);
    REQUIRE(*found);
    CHECK((*found)->pid == 7);
    all[1].name = "app";
    CHECK_FALSE(choose(all, "app"));
}

TEST_CASE("alone there is no target", "[pod]") {
    const auto found = choose({}, "");
    REQUIRE(found);
    CHECK(*found == nullptr);
    CHECK_FALSE(choose({}, "web"));
}
