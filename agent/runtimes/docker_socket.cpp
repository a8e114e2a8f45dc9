// runtimes/docker_socket.cpp - names from Docker's socket, where its files are out of reach.
#include "runtimes/docker_socket.h"

#include "parse/http.h"
#include "parse/json.h"
#include "sys/file.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <ctime>

namespace limpet::runtimes::docker {
namespace {

constexpr int deadline = 1000;  // milliseconds, for all of it
// HTTP/1.0: the answer comes whole, not in chunks, and ends with the connection.
constexpr std::string_view request = "GET /containers/json HTTP/1.0\r\nHost: docker\r\n\r\n";

std::int64_t now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

Result<Fd> connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return failed("connect", path, ENAMETOOLONG);
    std::memcpy(address.sun_path, path.c_str(), path.size());
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return failed("socket", path);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return failed("connect", path);
    }
    return socket;
}

Result<std::string> ask(const std::string& path) {
    const Fd socket = TRY(connect_to(path));
    TRY(sys::write_all(socket, request));
    const auto end = now() + deadline;
    std::string answer;
    for (;;) {
        pollfd wanted{.fd = socket.get(), .events = POLLIN, .revents = 0};
        const auto left = end - now();
        if (left <= 0 || ::poll(&wanted, 1, static_cast<int>(left)) <= 0) {
            return failed("read", path, ETIMEDOUT);
        }
        char block[16384];
        const auto got = TRY(sys::read(socket, block, sizeof block));
        if (got == 0) return answer;
        answer.append(block, got);
        if (answer.size() > state_limit) return failed("read", path, EFBIG);
    }
}

void describe(const parse::Json& item, Container& container) {
    if (!item["Names"].items.empty()) {
        auto name = item["Names"].items.front().string();
        if (name.starts_with('/')) name.remove_prefix(1);
        container.name = name;
    }
    container.image = item["Image"].string();
    const auto& labels = item["Labels"];
    for (std::size_t i = 0; i < labels.names.size(); ++i) {
        parse::add_label(container.labels, labels.names[i], labels.items[i].string());
    }
}

}  // namespace

void add_names(const Node& node, std::vector<Container>& containers) {
    const auto answer = ask(node.prefix + "/run/docker.sock");
    if (!answer) return;
    const auto http = parse::http_answer(*answer);
    if (!http || http->status != 200) return;
    const auto json = parse::json(http->body);
    if (!json) return;
    for (const auto& item : json->items) {
        for (auto& container : containers) {
            if (container.runtime == "docker" && container.name.empty() &&
                container.id == item["Id"].string()) {
                describe(item, container);
            }
        }
    }
}

}  // namespace limpet::runtimes::docker
