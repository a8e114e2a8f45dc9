// client_test.cpp - the client's command line, endpoints and connection.
#include "attach/client.h"
#include "attach/complete.h"
#include "attach/connection.h"
#include "attach/endpoint.h"
#include "attach/options.h"
#include "attach/verb.h"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace limpet;
using namespace limpet::attach;

namespace {

using Words = std::vector<std::string>;

constexpr Option table[]{{'t', "tty", "", ""}, {0, "timeout", "S", ""}};

Words operands(Words words, Reach reach) {
    Arguments arguments;
    REQUIRE(parse_options(table, words, reach, arguments));
    return arguments.operands;
}

std::string refusal(Words words) {
    Arguments arguments;
    const auto parsed = parse_options(table, words, Reach::second_word, arguments);
    return parsed ? "" : parsed.error().subject();
}

// The agent's end of a connection.
struct Peer {
    Fd end;
    Connection connection;

    static Peer make() {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        return {Fd(ends[1]), Connection(Fd(ends[0]), Fd(::dup(ends[0])))};
    }
    void say(const std::string& bytes) const {
        REQUIRE(::write(end.get(), bytes.data(), bytes.size()) ==
                static_cast<ssize_t>(bytes.size()));
    }
};

std::string frame(FrameType type, std::uint32_t session, std::string payload,
                  Stream stream = Stream::in) {
    const auto header =
        encode(FrameHeader{static_cast<std::uint32_t>(payload.size()), type, stream, session});
    return std::string(reinterpret_cast<const char*>(header.data()), header.size()) + payload;
}

std::string hello() { return frame(FrameType::hello, 0, encode(Hello{})); }

}  // namespace

TEST_CASE("a command keeps its own options", "[client]") {
    CHECK(operands({"-t", "web", "ls", "-t", "--bogus"}, Reach::second_word) ==
          Words{"web", "ls", "-t", "--bogus"});
    CHECK(operands({"web", "-t", "--", "ls", "--", "-l"}, Reach::second_word) ==
          Words{"web", "ls", "--", "-l"});
    CHECK(operands({"web", "--timeout", "5", "ls"}, Reach::second_word) == Words{"web", "ls"});
    CHECK(operands({"--host=unix:/x", "exec", "-t"}, Reach::first_word) == Words{"exec", "-t"});
    CHECK(operands({"web", "-t", "--", "-x"}, Reach::everywhere) == Words{"web", "-x"});
}

TEST_CASE("wrong options of the client are refused by name", "[client]") {
    CHECK(refusal({"-z", "web"}) == "there is no option -z");
    CHECK(refusal({"web", "--bogus", "ls"}) == "there is no option --bogus");
    CHECK(refusal({"--timeout"}) == "--timeout needs S");
    CHECK(refusal({"--tty=1"}) == "--tty takes no value");
    CHECK(refusal({"-vtz"}) == "there is no option -z");
}

TEST_CASE("verbs are found, and names of later ones are kept free", "[client]") {
    REQUIRE(find_verb("exec"));
    CHECK(find_verb("exec")->command_follows);
    CHECK_FALSE(find_verb("web"));
    CHECK(is_reserved("triage"));
    CHECK_FALSE(is_reserved("web"));
    for (const auto* verb : verbs()) CHECK_FALSE(is_reserved(verb->name));
}

TEST_CASE("the manual page names every verb and option", "[client]") {
    const Fd fd(::open(LIMPET_FIXTURES "/../../docs/limpet.1", O_RDONLY | O_CLOEXEC));
    REQUIRE(fd);
    std::string page(65536, 0);
    page.resize(static_cast<std::size_t>(::read(fd.get(), page.data(), page.size())));
    const auto named = [&](std::string_view name) {
        std::string escaped;
        for (const char c : name) escaped += c == '-' ? "\\-" : std::string(1, c);
        return page.find("Fl \\-" + escaped) != std::string::npos;
    };
    for (const auto* verb : verbs()) {
        INFO(verb->name);
        if (verb->hidden) continue;
        CHECK(page.find(".It Cm " + std::string(verb->name)) != std::string::npos);
        for (const auto& option : verb->options) CHECK(named(option.name));
    }
    for (const auto& option : global_options) CHECK(named(option.name));
    for (const auto& option : kube_options) CHECK(named(option.name));
}

TEST_CASE("the agent is looked for where it is installed", "[client]") {
    CHECK(agent_candidates("", "/usr/bin/limpet") ==
          Words{"/usr/bin/limpet-agent", "/usr/bin/../libexec/limpet/limpet-agent"});
    CHECK(agent_candidates("/opt/agent", "/usr/bin/limpet") == Words{"/opt/agent"});
    CHECK(agent_candidates("", "").empty());
}

TEST_CASE("hosts of later versions and unknown ones are refused", "[client]") {
    CHECK(text(connect("ssh:me@there").error()) ==
          "--host ssh:me@there: not in this version (local, unix:PATH and kube:[CONTEXT] are)");
    CHECK(text(connect("carrier-pigeon").error()) ==
          "--host carrier-pigeon: no such kind of host (local, unix:PATH and "
          "kube:[CONTEXT] are known)");
    CHECK(connect("unix:/nonexistent/socket").error().code == ENOENT);
    CHECK(connect("unix:" + std::string(200, 'x')).error().code == 0);
}

TEST_CASE("frames arrive whole, however they are cut", "[client]") {
    auto peer = Peer::make();
    const auto bytes = hello() + frame(FrameType::data, 1, "abc", Stream::out) +
                       frame(FrameType::end, 1, "", Stream::out);
    std::string seen;
    for (const char byte : bytes) {
        peer.say({byte});
        REQUIRE(peer.connection.receive());
        for (;;) {
            auto next = peer.connection.next();
            REQUIRE(next);
            if (!*next) break;
            seen += std::to_string(static_cast<int>((*next)->header.type)) + ":";
            seen += std::string((*next)->payload) + ";";
        }
    }
    CHECK(seen == "3:abc;4:;");
    CHECK(peer.connection.credit() == limits::initial_credit);
}

TEST_CASE("a hostile agent's frames are refused before they are kept", "[client]") {
    auto after = [](std::string bytes) {
        auto peer = Peer::make();
        peer.say(bytes);
        REQUIRE(peer.connection.receive());
        const auto next = peer.connection.next();
        return next ? std::string("accepted") : text(next.error());
    };
    CHECK(after(frame(FrameType::data, 1, "x", Stream::out)) ==
          "hello: the agent did not say hello first");
    CHECK(after(hello() + hello()) == "hello: the agent said it twice");
    CHECK(after(frame(FrameType::hello, 0, "GET / HTTP/1.1\r\n")) ==
          "hello: this is not limpet's protocol");
    CHECK(after("HTTP/1.1 400 Bad Request\r\n") == "frame: unknown type 47");
    CHECK(after(hello() + frame(FrameType::open, 1, "")) ==
          "frame: an agent does not send this type");
    CHECK(after(frame(FrameType::error, 0, "no\x1b[31m more")) == "agent: no\\x1b[31m more");
    const std::string huge("\xff\xff\xff\x7f\x03\x01\0\0\1\0\0\0", 12);
    CHECK(after(hello() + huge).starts_with("frame: payload of 2147483647 bytes"));
    CHECK(after(frame(FrameType::hello, 0, encode(Hello{.protocol = 99, .software = "agent 9"}))) ==
          "hello: the agent (agent 9) speaks protocol 99, this client 2: use the same version of "
          "both");
}

TEST_CASE("pings are answered, silence is noticed", "[client]") {
    auto peer = Peer::make();
    peer.say(hello() + frame(FrameType::ping, 0, "12345678"));
    REQUIRE(peer.connection.receive());
    REQUIRE(peer.connection.next());
    peer.connection.flush();
    char bytes[256];
    const auto size = ::read(peer.end.get(), bytes, sizeof bytes);
    CHECK(std::string(bytes, static_cast<std::size_t>(size))
              .ends_with(frame(FrameType::pong, 0, "12345678")));

    const auto now = Clock::now();
    CHECK_FALSE(peer.connection.has_backlog());
    REQUIRE(peer.connection.heartbeat(now));
    CHECK_FALSE(peer.connection.has_backlog());
    REQUIRE(peer.connection.heartbeat(now + std::chrono::seconds(16)));
    CHECK(peer.connection.has_backlog());
    CHECK_FALSE(peer.connection.heartbeat(now + std::chrono::seconds(61)));
}

TEST_CASE("completion knows what may stand where", "[client]") {
    CHECK(candidates({"vers"}) == Words{"version"});
    CHECK(candidates({"exec", "--allow-"}) == Words{"--allow-only"});
    CHECK(candidates({"exec", "--allow", "tr"}) == Words{"trace"});
    CHECK(candidates({"exec", "--allow", "trace,mo"}) == Words{"trace,modify"});
    CHECK(candidates({"-o", "js"}) == Words{"json"});
    CHECK(candidates({"help", "at"}) == Words{"attach"});
    CHECK(candidates({"exec", "w"}) == Words{"web"});
    CHECK(candidates({"completion", ""}) == Words{"bash", "fish", "zsh"});
    // What follows a command is the command's own.
    CHECK(candidates({"exec", "web", "ls", "--"}).empty());
    CHECK(candidates({"exec", "--bogus", ""}).empty());
    CHECK(candidates({}).empty());
}

TEST_CASE("completion takes only names that a shell sees as one word", "[client]") {
    CHECK(names_in("{\"id\":\"1\",\"name\":\"web-1.x\"}\n{\"name\":\"a b\"}\n{\"name\":\"$(id)\"}\n"
                   "{\"name\":\"q\\\"\"}\n{\"name\":\"db\"") == Words{"web-1.x", "db"});
}
