// parse_runtimes_test.cpp - the files that container runtimes write, good and bad.
#include "parse/cgroup.h"
#include "parse/http.h"
#include "parse/oci.h"
#include "parse/runtime_state.h"
#include "parse/storage.h"
#include "parse/toml.h"

#include <catch2/catch.hpp>

using namespace limpet;

TEST_CASE("runc's and crun's records", "[parse][runtimes]") {
    const auto runc = parse::runtime_state(
        R"({"id":"a","init_process_pid":15041,"init_process_start":246333,"created":"2026-11-23",)"
        R"("config":{"labels":["k=v=w","bundle=/b","odd"]}})");
    REQUIRE(runc);
    CHECK(runc->pid == 15041);
    CHECK(runc->start == 246333);
    CHECK(runc->bundle == "/b");
    CHECK(runc->annotations == parse::Labels{{"k", "v=w"}});
    const auto crun = parse::runtime_state(
        R"({"pid":29354,"process-start-time":133019,"bundle":"/c","created":"2026-11-23"})");
    REQUIRE(crun);
    CHECK(crun->pid == 29354);
    CHECK(crun->start == 133019);
    for (const auto* bad : {"", "{}", "[]", R"({"init_process_pid":0,"init_process_start":1})",
                            R"({"init_process_pid":99999999999,"init_process_start":1})",
                            R"({"pid":5,"process-start-time":-1})", R"({"init_process_pid":5})"}) {
        CHECK(!parse::runtime_state(bad));
    }
}

TEST_CASE("labels are bounded", "[parse][runtimes]") {
    std::string text = R"({"annotations":{)";
    for (int i = 0; i < 1000; ++i) {
        text += (i ? ",\"" : "\"") + std::to_string(i) + "\":\"" + std::string(9000, 'x') + "\"";
    }
    const auto bundle = parse::oci_bundle(text + R"(},"process":{"args":["/app","-v"]}})");
    REQUIRE(bundle);
    CHECK(bundle->annotations.size() == parse::labels_limit);
    CHECK(parse::label(bundle->annotations, "7").size() == parse::label_bytes);
    CHECK(bundle->command == "/app -v");
    CHECK(!parse::oci_bundle("[]"));
    CHECK(parse::oci_bundle("{}")->annotations.empty());
}

TEST_CASE("the list of containers/storage", "[parse][runtimes]") {
    const auto list = parse::stored_containers(
        R"([{"id":"a1","names":["web"],"layer":"l1","metadata":"{\"image-name\":\"shop/web:1\"}"},)"
        R"({"id":"../etc"},{"id":""},{"names":["x"]},{"id":"a2","metadata":"{"}])");
    REQUIRE(list);
    REQUIRE(list->size() == 2);
    CHECK((*list)[0].name == "web");
    CHECK((*list)[0].image == "shop/web:1");
    CHECK((*list)[0].layer == "l1");
    CHECK((*list)[1].id == "a2");
    CHECK(!parse::stored_containers("{}"));
}

TEST_CASE("a setting of a TOML file", "[parse][runtimes]") {
    constexpr auto text =
        "root = '/a\\b' # why\n[storage]\r\n  graphroot = \"/c\\\"d\"\r\n#runroot = \"/no\"\n"
        "[ other ]\ngraphroot = \"/e\"\n[plugins.\"x.y\"]\nroot=\"/f\"\nbare = 7\nopen = \"x\n";
    CHECK(parse::toml_string(text, "", "root") == "/a\\b");
    CHECK(parse::toml_string(text, "storage", "graphroot") == "/c\"d");
    CHECK(parse::toml_string(text, "storage", "runroot").empty());
    CHECK(parse::toml_string(text, "other", "graphroot") == "/e");
    CHECK(parse::toml_string(text, "plugins.\"x.y\"", "root") == "/f");
    CHECK(parse::toml_string(text, "plugins.\"x.y\"", "bare").empty());
    CHECK(parse::toml_string(text, "plugins.\"x.y\"", "open").empty());
}

TEST_CASE("an HTTP answer", "[parse][runtimes]") {
    const auto answer =
        parse::http_answer("HTTP/1.0 200 OK\r\ncontent-LENGTH: 2\r\nX: y\r\n\r\n[]trailing");
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->body == "[]");
    CHECK(parse::http_answer("HTTP/1.0 404 Not Found\r\n\r\nno")->status == 404);
    CHECK(!parse::http_answer("HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n[]"));
    CHECK(!parse::http_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n"));
    CHECK(!parse::http_answer("HTTP/1.0 200 OK\r\n"));
    CHECK(!parse::http_answer("SSH-2.0\r\n\r\n"));
}

TEST_CASE("whose container a cgroup is", "[parse][runtimes]") {
    const std::string id(64, 'a'), other(64, 'b');
    const auto whose = [](const std::string& path) {
        const auto who = parse::cgroup_container(path);
        return who ? std::string(who->runtime) + " " + std::string(who->id) : std::string("none");
    };
    CHECK(whose("/docker/" + id) == "docker " + id);
    CHECK(whose("/system.slice/docker-" + id + ".scope") == "docker " + id);
    CHECK(whose("/kubepods/burstable/pod1-2/" + id) == "containerd " + id);
    CHECK(whose("/kubepods.slice/x.slice/cri-containerd-" + id + ".scope") == "containerd " + id);
    CHECK(whose("/kubepods.slice/x.slice/crio-" + id + ".scope") == "crio " + id);
    CHECK(whose("/libpod_parent/libpod-" + id) == "podman " + id);
    CHECK(whose("/user.slice/libpod-" + id + ".scope/container") == "podman " + id);
    CHECK(whose("/lxc.payload.mail/init.scope") == "lxc mail");
    CHECK(whose("/lxc/mail/init.scope") == "lxc mail");
    CHECK(whose("/machine.slice/systemd-nspawn@build.service/payload") == "nspawn build");
    CHECK(whose("/some/" + id) == " " + id);
    CHECK(whose("/docker/" + id + "/docker/" + other) == "docker " + other);
    CHECK(whose("/kubepods.slice/crio-conmon-" + id + ".scope") == "none");
    CHECK(whose("/docker/short") == "none");
    CHECK(whose("/") == "none");
    CHECK(whose("") == "none");
}
