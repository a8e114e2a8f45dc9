// connect.cpp - the target's end of limpet forward: connections that are opened near the target and
// carried in one stream, include/limpet/relay.h. No look-up of a name happens here: it would hold
// up the others.
#include "commands/command.h"
#include "commands/network/internet.h"
#include "commands/network/resolve.h"
#include "limpet/relay.h"
#include "parse/number.h"
#include "target/deadline.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

namespace limpet::commands {
namespace {

// For all addresses of one destination together.
constexpr std::int64_t patience = 10 * second;
// A unix socket whose backlog is full cannot be waited for with poll(2).
constexpr std::int64_t pause = second / 20;
constexpr std::size_t most_addresses = 16, most_listeners = 64;
constexpr std::size_t chunk = std::size_t{256} * 1024;

// One that is being connected.
struct Dial {
    std::uint32_t id;
    std::vector<std::string> words;  // tcp PORT ADDRESS…, unix PATH
    std::size_t next = 2;            // of the addresses
    std::int64_t deadline = 0;
    Fd socket = {};  // none: again at `deadline`
    std::int64_t end = 0;
    int code = 0;  // of the failure that says most
};
struct Held {
    std::uint32_t id;
    Fd socket;
};

class Mux {
public:
    explicit Mux(Invocation& call) : call_(call) {}
    int run();

private:
    Result<> take(std::string_view bytes);
    void open(std::uint32_t id, std::string_view payload);
    void listen(std::uint32_t id, const std::vector<std::string>& words);
    // Both: whether nothing is left to be waited for.
    bool dial_tcp(Dial& dial);
    bool dial_unix(Dial& dial);
    bool finish(Dial& dial);
    void accept(const Held& listener);
    [[nodiscard]] int wait() const;
    [[nodiscard]] bool full() const {
        return relay_.lines() + dials_.size() + accepted_.size() >= limits::relay_lines;
    }

    Invocation& call_;
    Relay relay_{Stream::out};
    std::vector<Dial> dials_;
    std::vector<Held> listeners_;
    std::vector<Held> accepted_;  // until the client has its end
    std::uint32_t last_ = 0;
    std::vector<pollfd> polled_;
};

Result<> Mux::take(std::string_view bytes) {
    while (const auto event = TRY(relay_.take(bytes))) {
        if (event->type == FrameType::open) open(event->id, event->payload);
        if (event->type == FrameType::exit) {
            std::erase_if(dials_, [&](const Dial& dial) { return dial.id == event->id; });
        }
        for (std::size_t i = 0; i < accepted_.size(); ++i) {
            auto& [id, socket] = accepted_[i];
            if (id != event->id) continue;
            if (event->type == FrameType::credit) {
                relay_.begin(id, std::move(socket), event->number);
            } else {
                Relay::reset(std::move(socket));
            }
            accepted_.erase(accepted_.begin() + static_cast<std::ptrdiff_t>(i));
            break;
        }
    }
    return {};
}

void Mux::open(std::uint32_t id, std::string_view payload) {
    const auto words = PayloadReader(payload).list();
    if (!words || words->size() < 2 || words->size() > 2 + most_addresses || id >= accepted_bit) {
        return relay_.refuse(id, EINVAL, "no such kind of connection");
    }
    const auto& kind = words->front();
    if (kind == "listen") return listen(id, *words);
    if (full()) return relay_.refuse(id, EMFILE, "too many connections at once");
    Dial dial{.id = id, .words = *words};
    dial.end = now() + patience;
    if (!(kind == "tcp" ? dial_tcp(dial) : dial_unix(dial))) {
        dials_.push_back(std::move(dial));
    }
}

// The first failure counts; but that a family is missing here says less than any other.
void note(Dial& dial, int code) {
    const bool absent =
        dial.code == EADDRNOTAVAIL || dial.code == EAFNOSUPPORT || dial.code == ENETUNREACH;
    if (dial.code == 0 || absent) dial.code = code;
}

bool Mux::dial_tcp(Dial& dial) {
    const auto port = parse::number<std::uint16_t>(dial.words[1]);
    for (; dial.next < dial.words.size(); ++dial.next) {
        auto address = parse::numeric_address(dial.words[dial.next]);
        if (!address || !port) continue;
        address->port = *port;
        const auto to = socket_address(*address);
        dial.socket.reset(::socket(address->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        const bool done = dial.socket && ::connect(dial.socket.get(), to.get(), to.size) == 0;
        if (done || (dial.socket && errno == EINPROGRESS)) {
            const auto left = static_cast<std::int64_t>(dial.words.size() - dial.next++);
            dial.deadline = now() + std::max((dial.end - now()) / left, pause);
            return done && finish(dial);
        }
        note(dial, errno);
    }
    relay_.refuse(dial.id, dial.code == 0 ? EADDRNOTAVAIL : dial.code, {});
    return true;
}

bool Mux::dial_unix(Dial& dial) {
    const auto& path = dial.words[1];
    auto socket = connect_unix(call_.target, path, SOCK_STREAM, now());
    target::deadline::leave();
    if (socket) {
        relay_.answer(dial.id, *std::move(socket));
        return true;
    }
    auto error = socket.error();
    if (error.code == EAGAIN && now() < dial.end) {
        dial.deadline = now() + pause;
        return false;
    }
    if (error.code == EAGAIN) error.code = ETIMEDOUT;
    // The client knows what it asked for; a folder on the way would not tell it.
    relay_.refuse(dial.id, error.code, error.code != 0 ? std::string() : text(error));
    return true;
}

// Connected, refused or late.
bool Mux::finish(Dial& dial) {
    if (!dial.socket) return dial_unix(dial);
    int problem = 0;
    socklen_t size = sizeof problem;
    ::getsockopt(dial.socket.get(), SOL_SOCKET, SO_ERROR, &problem, &size);
    SocketAddress peer;
    if (problem == 0 && ::getpeername(dial.socket.get(), peer.get(), &peer.size) == 0) {
        relay_.answer(dial.id, std::move(dial.socket));
        return true;
    }
    note(dial, problem == 0 ? ETIMEDOUT : problem);
    return dial_tcp(dial);
}

// The answer is credit that says the port; the first address decides it when it is 0.
void Mux::listen(std::uint32_t id, const std::vector<std::string>& words) {
    if (!any(call_.target.grants & Grant::modify)) {
        return relay_.refuse(id, EPERM, "a port of the target's needs --allow modify");
    }
    auto port = parse::number<std::uint16_t>(words[1]);
    int code = words.size() > 2 && listeners_.size() < most_listeners ? 0 : EINVAL;
    for (std::size_t i = 2; i < words.size() && code == 0; ++i) {
        auto address = parse::numeric_address(words[i]);
        if (!address || !port) return relay_.refuse(id, EINVAL, "no such address");
        address->port = *port;
        const auto here = socket_address(*address);
        Fd socket(::socket(address->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        const int on = 1;
        ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (address->family == AF_INET6) {
            ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        }
        if (!socket || ::bind(socket.get(), here.get(), here.size) != 0 ||
            ::listen(socket.get(), SOMAXCONN) != 0) {
            const bool absent = errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL;
            if (i == 2 || !absent) code = errno;
            continue;
        }
        SocketAddress bound;
        ::getsockname(socket.get(), bound.get(), &bound.size);
        port = address_of(bound).port;
        listeners_.push_back({id, std::move(socket)});
    }
    if (code != 0) {
        std::erase_if(listeners_, [id](const Held& one) { return one.id == id; });
        return relay_.refuse(id, code, {});
    }
    PayloadWriter answer;
    answer.u32(*port);
    relay_.send(FrameType::credit, id, answer.take());
}

void Mux::accept(const Held& listener) {
    Fd socket(::accept4(listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) return;
    const auto id = accepted_bit | ++last_;
    PayloadWriter from;
    from.u32(listener.id);
    relay_.send(FrameType::open, id, from.take());
    accepted_.push_back({id, std::move(socket)});
}

int Mux::wait() const {
    auto first = never;
    for (const auto& dial : dials_) first = std::min(first, dial.deadline);
    if (first == never) return -1;
    return static_cast<int>(std::max<std::int64_t>(first - now(), 0) / 1000 + 1);
}

int Mux::run() {
    target::deadline::leave();
    ::fcntl(1, F_SETFL, O_WRONLY | O_NONBLOCK);
    const auto buffer = std::make_unique_for_overwrite<char[]>(chunk);
    // Says that it runs: from now on the client takes connections.
    relay_.send(FrameType::ping, 0, std::string(8, '\0'));
    for (;;) {
        while (!relay_.queued().empty()) {
            const auto put = ::write(1, relay_.queued().data(), relay_.queued().size());
            if (put < 0) break;
            relay_.sent(static_cast<std::size_t>(put));
        }
        polled_.clear();
        // A client that asks for more and more and reads nothing is not listened to.
        const bool heard = relay_.queued().size() < 4 * limits::relay_queue;
        polled_.push_back({heard ? 0 : -1, POLLIN, 0});
        polled_.push_back({relay_.queued().empty() ? -1 : 1, POLLOUT, 0});
        const auto dials = dials_.size(), listeners = listeners_.size();
        for (const auto& dial : dials_) polled_.push_back({dial.socket.get(), POLLOUT, 0});
        for (const auto& one : listeners_) {
            polled_.push_back({full() ? -1 : one.socket.get(), POLLIN, 0});
        }
        relay_.prepare(polled_);
        if (::poll(polled_.data(), polled_.size(), wait()) < 0 && errno != EINTR) return 1;
        const auto* at = polled_.data() + 2;
        relay_.turn(at + dials + listeners);
        for (std::size_t i = 0; i < listeners; ++i) {
            if (at[dials + i].revents) accept(listeners_[i]);
        }
        for (std::size_t i = dials; i-- > 0;) {
            if (at[i].revents == 0 && now() < dials_[i].deadline) continue;
            if (finish(dials_[i])) dials_.erase(dials_.begin() + static_cast<std::ptrdiff_t>(i));
        }
        if (polled_[1].revents & POLLERR) return 1;
        if (polled_[0].revents == 0) continue;
        const auto got = ::read(0, buffer.get(), chunk);
        if (got == 0) return 0;
        if (got < 0) continue;
        if (auto done = take({buffer.get(), static_cast<std::size_t>(got)}); !done) {
            call_.complain(done.error());
            return 1;
        }
    }
}

int run_connect(Invocation& call) {
    if (call.operands.empty()) return Mux(call).run();
    const auto found = resolve(call.target, call.operands[0]);
    if (!found) {
        call.complain(found.error());
        return 1;
    }
    for (const auto& address : *found) call.out.write(parse::text(address) + '\n');
    return 0;
}

constexpr Command connect{
    .name = "connect",
    .usage = "[NAME]",
    .summary = "the target's end of limpet forward",
    .theme = "network",
    .promise = Promise::network | Promise::sockets,
    .run = run_connect,
    .help =
        "Opens connections from where the target stands and carries them, many in one stream, "
        "from\n"
        "and to a client that asks for each: docs/forward.md. With a NAME, prints its addresses "
        "as\n"
        "the target's programs find them, one a line, the best first.\n"
        "\nExample:\n  connect db\n",
    .ends_with_target = true,
};
const Register registered{connect};

}  // namespace
}  // namespace limpet::commands
