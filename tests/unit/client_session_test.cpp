// client_session_test.cpp - one session of the client against an agent that the test plays.
#include "attach/report.h"
#include "attach/session.h"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace limpet;
using namespace limpet::attach;

namespace {

std::pair<Fd, Fd> make_pipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    return {Fd(ends[0]), Fd(ends[1])};
}

std::string read_some(const Fd& fd, std::size_t size) {
    std::string bytes;
    pollfd entry{fd.get(), POLLIN, 0};
    while (bytes.size() < size && ::poll(&entry, 1, 5000) > 0) {
        char block[65536];
        const auto count = ::read(fd.get(), block, std::min(sizeof block, size - bytes.size()));
        if (count <= 0) break;
        bytes.append(block, static_cast<std::size_t>(count));
    }
    return bytes;
}

// A forked process that runs run_session with pipes as its standard streams.
struct Client {
    Fd agent;  // our end of the connection
    Fd in, out, error;
    pid_t process = -1;

    explicit Client(const char* stdout_path = nullptr) {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        agent = Fd(ends[0]);
        Fd theirs(ends[1]);
        auto [in_read, in_write] = make_pipe();
        auto [out_read, out_write] = make_pipe();
        auto [error_read, error_write] = make_pipe();
        if (stdout_path) out_write = Fd(::open(stdout_path, O_WRONLY | O_CLOEXEC));
        process = ::fork();
        REQUIRE(process >= 0);
        if (process == 0) {
            ::dup2(in_read.get(), 0);
            ::dup2(out_write.get(), 1);
            ::dup2(error_write.get(), 2);
            Link link;
            link.out = Fd(::dup(theirs.get()));
            link.in = std::move(theirs);
            agent.reset();
            for (Fd* fd : {&in_read, &in_write, &out_read, &out_write, &error_read, &error_write}) {
                fd->reset();
            }
            Task task;
            task.open.target = "web";
            task.open.arguments = {"cat"};
            ::_exit(conclude("exec web", run_session(std::move(link), task), 5000));
        }
        in = std::move(in_write);
        out = std::move(out_read);
        error = std::move(error_read);
    }
    ~Client() {
        if (process > 0) ::kill(process, SIGKILL);
        if (process > 0) ::waitpid(process, nullptr, 0);
    }
    void say(FrameType type, std::string payload, Stream stream = Stream::in,
             std::uint32_t session = 1) const {
        const auto header =
            encode(FrameHeader{static_cast<std::uint32_t>(payload.size()), type, stream, session});
        auto bytes = std::string(reinterpret_cast<const char*>(header.data()), header.size());
        bytes += payload;
        REQUIRE(::send(agent.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
    }
    std::pair<FrameHeader, std::string> hear() const {
        const auto bytes = read_some(agent, frame_header_size);
        REQUIRE(bytes.size() == frame_header_size);
        const auto header = decode_header(std::span<const std::byte, frame_header_size>(
            reinterpret_cast<const std::byte*>(bytes.data()), frame_header_size));
        REQUIRE(header);
        return {*header, read_some(agent, header->length)};
    }
    // Both hellos and the open frame.
    Open begin(std::uint32_t credit = limits::initial_credit) const {
        say(FrameType::hello, encode(Hello{.credit = credit}), Stream::in, 0);
        REQUIRE(hear().first.type == FrameType::hello);
        const auto [header, payload] = hear();
        REQUIRE(header.type == FrameType::open);
        return decode_open(payload).value();
    }
    void finish(Exit exit) const {
        say(FrameType::end, "", Stream::out);
        say(FrameType::end, "", Stream::error);
        say(FrameType::exit, encode(exit));
    }
    int status() {
        int status = 0;
        REQUIRE(::waitpid(std::exchange(process, -1), &status, 0) > 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
};

}  // namespace

TEST_CASE("output, error and status are the command's", "[client]") {
    Client client;
    const auto open = client.begin();
    CHECK(open.target == "web");
    CHECK(open.arguments == std::vector<std::string>{"cat"});
    client.say(FrameType::data, "to \x1b out", Stream::out);
    client.say(FrameType::data, "to error", Stream::error);
    client.finish({Exit::Kind::exited, 7, {}});
    CHECK(client.status() == 7);
    CHECK(read_some(client.out, 100) == "to \x1b out");
    CHECK(read_some(client.error, 100) == "to error");
}

TEST_CASE("every kind of end has its status", "[client]") {
    auto after = [](const Exit& exit) {
        Client client;
        client.begin();
        client.finish(exit);
        const int status = client.status();
        return std::to_string(status) + ' ' + read_some(client.error, 200);
    };
    CHECK(after({Exit::Kind::signalled, 9, {}}) == "137 ");
    CHECK(after({Exit::Kind::timed_out, 0, {}}) ==
          "124 limpet: exec web: timed out: it did not end within 5 s\n");
    CHECK(after({Exit::Kind::failed, 0, "fork: \x1b[2JNo"}) ==
          "125 limpet: exec web: agent: fork: \\x1b[2JNo\n");
}

TEST_CASE("a short stream never looks whole", "[client]") {
    Client client;
    client.begin();
    client.say(FrameType::data, "half", Stream::out);
    SECTION("the connection breaks") { client.agent.reset(); }
    SECTION("the end is missing") { client.say(FrameType::exit, encode(Exit{})); }
    SECTION("an end follows data that was not allowed") {
        for (int i = 0; i < 40; ++i) {
            // More than the credit and what fits into a pipe that nobody reads.
            std::string bytes(limits::data_payload, 'x');
            const auto header = encode(FrameHeader{static_cast<std::uint32_t>(bytes.size()),
                                                   FrameType::data, Stream::out, 1});
            bytes.insert(0, reinterpret_cast<const char*>(header.data()), header.size());
            while (!bytes.empty()) {
                const auto sent =
                    ::send(client.agent.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
                if (sent < 0) break;
                bytes.erase(0, static_cast<std::size_t>(sent));
            }
        }
    }
    CHECK(client.status() == 125);
    CHECK(read_some(client.out, 4) == "half");
    CHECK(read_some(client.error, 200).starts_with("limpet: exec web: "));
}

TEST_CASE("input is sent within the credit, and its end is told", "[client]") {
    Client client;
    client.begin(4);
    REQUIRE(::write(client.in.get(), "abcdefgh", 8) == 8);
    auto heard = client.hear();
    CHECK(heard.first.type == FrameType::data);
    CHECK(heard.second == "abcd");
    pollfd quiet{client.agent.get(), POLLIN, 0};
    CHECK(::poll(&quiet, 1, 100) == 0);
    PayloadWriter more;
    more.u32(100);
    client.say(FrameType::credit, more.take());
    CHECK(client.hear().second == "efgh");
    client.in.reset();
    CHECK(client.hear().first.type == FrameType::end);
    client.finish({});
    CHECK(client.status() == 0);
}

TEST_CASE("the end of a session does not wait for input", "[client]") {
    Client client;
    client.begin();
    client.finish({Exit::Kind::exited, 3, {}});
    CHECK(client.status() == 3);
}

TEST_CASE("credit is granted as the output is read, not before", "[client]") {
    Client client;
    client.begin();
    const std::string block(limits::data_payload, 'x');
    std::size_t credit = limits::initial_credit, sent = 0;
    pollfd heard{client.agent.get(), POLLIN, 0};
    // Nobody reads: the pipe fills, and then the client has what one credit allows, not more.
    for (;;) {
        while (credit >= block.size()) {
            client.say(FrameType::data, block, Stream::out);
            credit -= block.size();
            sent += block.size();
        }
        if (::poll(&heard, 1, 1500) == 0) break;
        const auto [header, payload] = client.hear();
        REQUIRE(header.type == FrameType::credit);
        REQUIRE(header.stream == Stream::out);
        credit += PayloadReader(payload).number(4).value();
    }
    CHECK(sent >= limits::initial_credit);
    // 64 buffers of at most 32 KiB each in the pipe, and the credit.
    CHECK(sent <= 2 * 1024 * 1024 + 2 * limits::initial_credit);
    CHECK(read_some(client.out, sent) == std::string(sent, 'x'));
    REQUIRE(::poll(&heard, 1, 5000) == 1);
    CHECK(client.hear().first.type == FrameType::credit);
    client.finish({});
    CHECK(client.status() == 0);
}

TEST_CASE("large frames arrive as they are, between small ones and cut anywhere", "[client]") {
    Client client;
    client.begin();
    std::string wanted;
    for (unsigned i = 0; i < 40; ++i) {
        std::string block((i % 7) * 37 * 1024 + i, 0);
        for (std::size_t at = 0; at < block.size(); ++at)
            block[at] = static_cast<char>(at * 31 + i);
        const auto header = encode(
            FrameHeader{static_cast<std::uint32_t>(block.size()), FrameType::data, Stream::out, 1});
        const auto bytes = std::string(reinterpret_cast<const char*>(header.data()), 12) + block;
        const auto cut = bytes.size() * (i % 5) / 5;
        REQUIRE(::send(client.agent.get(), bytes.data(), cut, MSG_NOSIGNAL) ==
                static_cast<ssize_t>(cut));
        if (i % 3 == 0) ::usleep(2000);
        REQUIRE(::send(client.agent.get(), bytes.data() + cut, bytes.size() - cut, MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size() - cut));
        if (i % 4 == 0) client.say(FrameType::data, "note", Stream::error);
        // With every block read, the credit is never used up.
        REQUIRE(read_some(client.out, block.size()) == block);
    }
    client.say(FrameType::ping, "12345678", Stream::in, 0);
    client.finish({Exit::Kind::exited, 5, {}});
    CHECK(client.status() == 5);
    CHECK(read_some(client.error, 40) == "notenotenotenotenotenotenotenotenotenote");
}

TEST_CASE("output that cannot be written ends the session", "[client]") {
    SECTION("a full disk: one line") {
        Client client("/dev/full");
        client.begin();
        client.say(FrameType::data, "x", Stream::out);
        CHECK(client.hear().first.type == FrameType::close);
        CHECK(client.status() == 125);
        CHECK(read_some(client.error, 200) ==
              "limpet: exec web: write standard output: No space left on device\n");
    }
    SECTION("a reader that went away: quiet") {
        Client client;
        client.out.reset();
        client.begin();
        client.say(FrameType::data, "x", Stream::out);
        CHECK(client.hear().first.type == FrameType::close);
        CHECK(client.status() == 141);
        CHECK(read_some(client.error, 200).empty());
    }
}

TEST_CASE("signals are passed on, and a second interrupt gives up", "[client]") {
    Client client;
    client.begin();
    client.say(FrameType::data, "x", Stream::out);
    CHECK(read_some(client.out, 1) == "x");  // it runs
    for (const int signal : {SIGTERM, SIGINT}) {
        ::kill(client.process, signal);
        const auto [header, payload] = client.hear();
        CHECK(header.type == FrameType::signal);
        CHECK(PayloadReader(payload).number(4).value() == static_cast<std::uint64_t>(signal));
    }
    ::kill(client.process, SIGINT);
    CHECK(client.hear().first.type == FrameType::close);
    CHECK(client.status() == -SIGINT);
}

TEST_CASE("what the agent sends aside unasked is refused", "[client]") {
    Client client;
    const auto open = client.begin();
    CHECK_FALSE(open.aside);
    client.say(FrameType::data, "rm -rf /\n", Stream::aside);
    CHECK(client.status() == 125);
    CHECK(read_some(client.error, 1000).find("sends aside what it was not asked for") !=
          std::string::npos);
}
