// runtimes_node_test.cpp - runtimes that no test runs for real, from tests/fixtures/node.
#include "parse/bolt.h"
#include "runtimes/container.h"
#include "runtimes/containerd.h"
#include "runtimes/containerd_metadata.h"
#include "runtimes/filesystem.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>

using namespace limpet;

namespace {

const runtimes::Node node{LIMPET_FIXTURES "/node"};

std::string id(const std::string& two) {
    std::string text;
    while (text.size() < 64) text += two;
    return text;
}

std::string found(std::string_view target) {
    const auto container = runtimes::find(target, node);
    if (!container) return text(container.error());
    return container->runtime + " " + container->name + " " + std::to_string(container->pid);
}

runtimes::Container get(std::string_view target) {
    const auto container = runtimes::find(target, node);
    INFO(target);
    REQUIRE(container);
    return *container;
}

}  // namespace

TEST_CASE("every runtime's containers are found", "[runtimes]") {
    std::vector<std::string> lines;
    const auto all = runtimes::list(node);
    for (const auto& c : all.containers) {
        lines.push_back(c.runtime + " " + (c.name.empty() ? "[" + c.command + "]" : c.name) + " " +
                        std::to_string(c.pid) + " " + c.state + (c.infra ? " infra" : ""));
    }
    std::ranges::sort(lines);
    CHECK(lines == std::vector<std::string>{
                       "containerd app 0 stopped",
                       "containerd app 212 running",
                       "containerd " + id("b1") + " 211 running infra",
                       "containerd plain 221 running",
                       "crio POD 300 running infra",
                       "crio api 0 exited",
                       "crio api 301 running",
                       "docker [redis-server] 710 running",
                       "lxc mail 501 running",
                       "lxc spare 0 stopped",
                       "nspawn attic 0 stopped",
                       "nspawn build 511 running",
                       "other [bare] 700 running",
                       "other [sandbox] 720 running infra",
                       "podman fake 0 exited",
                       "podman notes 400 running",
                       "runc lone 600 running",
                   });
    REQUIRE(all.warnings.size() == 1);
    CHECK(all.warnings[0].starts_with("containerd: k8s.io/c9c9c9c9c9c9: json: "));
}

namespace {

// What record.py noted of them, and what their files say.
std::array<std::vector<std::string>, 2> noted_and_found(const runtimes::Node& recorded) {
    std::array<std::vector<std::string>, 2> lines;
    std::ifstream file(recorded.prefix + "/expected");
    for (std::string line; std::getline(file, line);) lines[0].push_back(line);
    const auto all = runtimes::list(recorded);
    for (const auto& c : all.containers) {
        lines[1].push_back(c.runtime + " " + c.name + " " + std::to_string(c.pid) + " " + c.state +
                           (c.infra ? " infra" : "") + (c.pod.empty() ? "" : " " + c.pod));
    }
    std::ranges::sort(lines[1]);
    CHECK(all.warnings.empty());
    return lines;
}

}  // namespace

TEST_CASE("what the runtimes' own programs say is found in their files", "[runtimes]") {
    const runtimes::Node recorded{LIMPET_FIXTURES "/recorded"};
    const auto [noted, lines] = noted_and_found(recorded);
    CHECK(noted.size() == 10);
    CHECK(lines == noted);
    for (const auto& c : runtimes::list(recorded).containers) {
        const bool counted = c.name == "app";
        CHECK(c.restarts == (counted ? std::optional<std::uint32_t>(2) : std::nullopt));
    }
}

TEST_CASE("what a CRI-O says is found in its files", "[runtimes]") {
    const runtimes::Node recorded{LIMPET_FIXTURES "/crio"};
    const auto [noted, lines] = noted_and_found(recorded);
    CHECK(noted.size() == 5);
    CHECK(lines == noted);
    const auto api = runtimes::find("pod:shop/api-0/api", recorded);
    REQUIRE(api);
    CHECK(api->restarts == 3U);
    CHECK(api->image == "localhost/app:1");
    const auto gone = runtimes::find("crio:gone", recorded);
    REQUIRE(gone);
    CHECK(gone->restarts == 0U);
    CHECK(gone->pod == "shop/api-0");
    CHECK(gone->store == "/var/tmp/limpet-record/crio/root");
    // Two containers of it, whose infra container has no process.
    CHECK(!runtimes::find("pod:shop/api-0", recorded));
    CHECK(runtimes::find("pod:shop/shared-0", recorded)->name == "shared");
}

TEST_CASE("a pod's containers are found by their annotations", "[runtimes]") {
    CHECK(found("pod:web-1") == "containerd app 212");
    CHECK(found("pod:shop/web-1") == "containerd app 212");
    CHECK(found("pod:web-1/app") == "containerd app 212");
    CHECK(found("pod:shop/api-0/api") == "crio api 301");
    CHECK(found("pod:shop/api-0/POD").starts_with("find container: there is no container"));
    CHECK(found("pod:bank/web-1").starts_with("find container: there is no container"));
    CHECK(found("pod:").starts_with("find container: a pod is named"));
    CHECK(found("pod:a//b").starts_with("find container: a pod is named"));
}

TEST_CASE("what Kubernetes says of a container is shown", "[runtimes]") {
    const auto app = get("pod:web-1");
    CHECK(app.pod == "shop/web-1");
    CHECK(app.image == "docker.io/shop/web:7");
    CHECK(app.space == "k8s.io");
    CHECK(app.restarts == 2U);
    CHECK(app.start_time == 2100);
    const auto api = get("pod:api-0");
    CHECK(api.image == "quay.io/shop/api:3");
    CHECK(api.restarts == 3U);
}

TEST_CASE("runtimes are told apart, and each has its name", "[runtimes]") {
    CHECK(found("app").starts_with("containerd app 212"));
    CHECK(found("containerd:default/plain") == "containerd plain 221");
    CHECK(found("containerd:k8s.io/plain").starts_with("find container: there is no container"));
    CHECK(found("crio:" + id("d2")) == "crio api 301");
    CHECK(found("lxc:mail") == "lxc mail 501");
    CHECK(found("build") == "nspawn build 511");
    CHECK(found("runc:lone") == "runc lone 600");
    CHECK(found("docker:lone").starts_with("find container: there is no container"));
    CHECK(found("7777") == "docker  710");
    CHECK(found("podman:notes") == "podman notes 400");
    CHECK(get("notes").user == "1000");
    CHECK(get("notes").started == "2026-11-23T04:01:00Z");
    // Prefixes of the ids of two, and of three.
    CHECK(found("d").starts_with("find container: 'd' is ambiguous: "));
    CHECK(found("f").starts_with("find container: 'f' is ambiguous: podman:fake of user 1000 ("));
}

TEST_CASE("nobody's word is taken for another's process", "[runtimes]") {
    // A user's files name a process of root's; a user's program calls itself dockerd; a container
    // names a cgroup of its own like another container.
    CHECK(get("fake").pid == 0);
    CHECK(found("trap").starts_with("find container: there is no container"));
    CHECK(found("mail") == "lxc mail 501");
    CHECK(found("sandbox").starts_with("find container: there is no container"));
}

TEST_CASE("the files of a stopped container are its layers", "[runtimes]") {
    const auto attic = runtimes::filesystem(get("attic"), node);
    REQUIRE(attic);
    CHECK(attic->base == node.prefix + "/var/lib/machines/attic");
    CHECK(attic->layers == std::vector<std::string>{"."});
    const auto spare = runtimes::filesystem(get("spare"), node);
    REQUIRE(spare);
    CHECK(spare->base == node.prefix + "/srv/lxc/spare");
    const auto stored = runtimes::filesystem(get("fake"), node);
    REQUIRE(stored);
    CHECK(stored->user);
    CHECK(stored->base == node.prefix + "/home/ada/.local/share/containers/storage/overlay");
    CHECK(stored->layers == std::vector<std::string>{id("0b") + "/diff", "l/UPPER", "l/LOWER"});
    auto other = get("fake");
    other.driver = "btrfs";
    const auto unknown = runtimes::filesystem(other, node);
    REQUIRE(!unknown);
    CHECK(
        text(unknown.error()).starts_with("find files: container 'fake' is not running (exited)"));
    CHECK(!runtimes::filesystem(get("lone"), node));
}

TEST_CASE("containerd's databases are read without it", "[runtimes][bolt]") {
    const runtimes::Node recorded{LIMPET_FIXTURES};
    const auto records = runtimes::containerd::read_metadata(recorded, "/containerd");
    REQUIRE(records);
    std::map<std::string, std::string> images;
    for (const auto& record : *records) images[record.space + "/" + record.id] = record.image;
    CHECK(images == std::map<std::string, std::string>{{"shop/gone", "local/scratch:1"},
                                                       {"shop/web", "local/scratch:1"}});
    const auto web = std::ranges::find((*records), "web", &runtimes::containerd::Record::id);
    CHECK(parse::label(web->labels, "team") == "shop");

    runtimes::Container container;
    container.space = "shop";
    container.store = "/containerd";
    container.driver = web->snapshotter;
    container.layer = web->snapshot;
    const auto layers = runtimes::containerd::snapshot_layers(recorded, container);
    REQUIRE(layers);
    CHECK(*layers == std::vector<std::string>{"3/fs", "2/fs"});
    container.layer = "nobody";
    CHECK(!runtimes::containerd::snapshot_layers(recorded, container));
}

TEST_CASE("a damaged database is refused", "[bolt]") {
    std::ifstream file(LIMPET_FIXTURES "/containerd/io.containerd.metadata.v1.bolt/meta.db",
                       std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(file), {});
    const auto read = [&](std::uint64_t offset, std::size_t size) {
        return offset < bytes.size() ? bytes.substr(offset, size) : std::string();
    };
    REQUIRE(parse::Bolt::open(read));
    CHECK(parse::Bolt::open(read)->list({"v1", "shop"}));
    CHECK(!parse::Bolt::open(read)->list({"v1", "nowhere"}));
    // One of the two meta pages may be torn by a crash; not both.
    bytes[40] = static_cast<char>(bytes[40] ^ 1);
    CHECK(parse::Bolt::open(read));
    bytes[4096 + 40] = static_cast<char>(bytes[4096 + 40] ^ 1);
    CHECK(!parse::Bolt::open(read));
    bytes[40] = static_cast<char>(bytes[40] ^ 1);
    bytes.resize(3 * 4096);
    CHECK(!parse::Bolt::open(read)->list({"v1", "shop"}));
}
