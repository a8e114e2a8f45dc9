// forward/opening.cpp - from an accepted connection to one that the agent carries, and back.
#include "attach/forward/forwarder.h"
#include "attach/report.h"
#include "attach/sanitiser.h"

#include <arpa/inet.h>
#include <unistd.h>

namespace limpet::attach::forward {
namespace {

using namespace std::chrono_literals;

constexpr auto handshake_patience = 30s;
constexpr auto dial_patience = 10s;
// Without descriptors there is nothing to do but wait for some.
constexpr auto accept_pause = 1s;
constexpr std::size_t most_lookups = 64, most_addresses = 16;
constexpr std::size_t lookup_size = std::size_t{64} * 1024;
constexpr std::uint32_t lookup_timeout = 30'000;  // milliseconds

bool is_address(const std::string& text) {
    in6_addr address{};
    return ::inet_pton(AF_INET, text.c_str(), &address) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

// What an untrusted agent says that a name is: addresses, and no more than so many.
std::vector<std::string> addresses_in(std::string_view text) {
    std::vector<std::string> addresses;
    while (!text.empty() && addresses.size() < most_addresses) {
        const auto newline = std::min(text.find('\n'), text.size());
        std::string line(text.substr(0, newline));
        if (is_address(line)) addresses.push_back(std::move(line));
        text.remove_prefix(std::min(newline + 1, text.size()));
    }
    return addresses;
}

// Of a default listener, the address that everybody tries first.
std::string shown(const Place& place) {
    if (!place.host.empty() || place.is_unix()) return text_of(place);
    return text_of({.host = "127.0.0.1", .port = place.port});
}

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : one_line(text)) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + '"';
}

}  // namespace

Result<Forwarder> Forwarder::prepare(const Work& work) {
    Forwarder forwarder(work);
    for (const auto& spec : work.specs) {
        forwarder.locals_.push_back({TRY(Listener::open(spec.listen)), spec.to, false});
    }
    for (const auto& place : work.socks) {
        forwarder.locals_.push_back({TRY(Listener::open(place)), {}, true});
    }
    forwarder.reverse_ports_.resize(work.reverse.size());
    return forwarder;
}

// The agent's end runs.
Result<> Forwarder::ready() {
    if (std::exchange(running_, true)) return {};
    for (std::size_t i = 0; i < work_.reverse.size(); ++i) {
        const auto& place = work_.reverse[i].listen;
        std::vector<std::string> words{"listen", std::to_string(place.port)};
        for (const auto& address : addresses_of(place)) words.push_back(address);
        PayloadWriter payload;
        payload.list(words);
        listening_[++last_id_] = i;
        relay_.send(FrameType::open, last_id_, payload.take());
    }
    return announce();
}

// One line for each, once all are there.
Result<> Forwarder::announce() {
    if (std::ranges::find(reverse_ports_, 0) != reverse_ports_.end()) return {};
    std::string lines;
    const auto& target = work_.open.target;
    const auto add = [&](std::string_view kind, const Place& listen, const std::string& to) {
        const bool back = kind == "reverse";
        if (work_.json) {
            lines += "{\"kind\":\"" + std::string(kind) + "\",\"target\":" + quoted(target) +
                     ",\"listen\":" + quoted(shown(listen));
            if (!listen.is_unix()) lines += ",\"port\":" + std::to_string(listen.port);
            lines += ",\"to\":" + quoted(to) + "}\n";
        } else {
            lines += one_line(shown(listen) + (back ? " of " + target : "") + " -> " + to +
                              (back ? "" : " of " + target)) +
                     '\n';
        }
    };
    for (const auto& local : locals_) {
        add(local.socks ? "socks" : "forward", local.listener.place(),
            local.socks ? "any port" : text_of(local.to));
    }
    for (std::size_t i = 0; i < work_.reverse.size(); ++i) {
        auto listen = work_.reverse[i].listen;
        listen.port = reverse_ports_[i];
        add("reverse", listen, text_of(work_.reverse[i].to));
    }
    // Whoever only wanted the first line has it: that it reads no more ends nothing.
    (void)print(1, lines);
    return {};
}

void Forwarder::accept(std::size_t index, BorrowedFd socket) {
    while (count() < limits::relay_lines) {
        Fd accepted(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!accepted) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                note(text(failed("accept", "a connection").error()));
                accept_at_ = Clock::now() + accept_pause;
            }
            return;
        }
        if (locals_[index].socks) {
            shaking_.push_back({std::move(accepted), {}, Clock::now() + handshake_patience});
        } else {
            begin(std::move(accepted), locals_[index].to, false);
        }
    }
}

// True when it needs no more looking after.
bool Forwarder::shake(Shaking& one) {
    for (;;) {
        char bytes[512];
        const auto wanted = std::min(one.socks.wanted(), sizeof bytes);
        const auto got = ::recv(one.socket.get(), bytes, wanted, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
        if (got <= 0) return true;
        std::string reply;
        const auto state = one.socks.take({bytes, static_cast<std::size_t>(got)}, reply);
        // It has room for these few bytes, or its owner wants none.
        if (!reply.empty() &&
            ::send(one.socket.get(), reply.data(), reply.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
            return true;
        }
        if (state == Socks::State::reading) continue;
        if (state == Socks::State::asked) {
            begin(std::move(one.socket), {.host = one.socks.host(), .port = one.socks.port()},
                  true);
        }
        return true;
    }
}

void Forwarder::begin(Fd socket, const Place& to, bool socks) {
    if (to.is_unix()) return open(std::move(socket), {"unix", to.path}, to.path, socks);
    const auto port = std::to_string(to.port);
    // "localhost" of a SOCKS client is a name like others.
    const auto addresses =
        socks && !is_address(to.host) ? std::vector<std::string>() : addresses_of(to);
    if (addresses.empty()) return look_up(to.host, {std::move(socket), to.port, socks});
    std::vector<std::string> words{"tcp", port};
    words.insert(words.end(), addresses.begin(), addresses.end());
    open(std::move(socket), words, text_of(to), socks);
}

void Forwarder::open(Fd socket, const std::vector<std::string>& words, std::string where,
                     bool socks) {
    if (last_id_ + 1 >= accepted_bit) {
        return turn_down(std::move(socket), "no numbers are left for connections", EMFILE, socks);
    }
    PayloadWriter payload;
    payload.list(words);
    relay_.send(FrameType::open, ++last_id_, payload.take());
    asked_.emplace(last_id_, Asked{std::move(socket), std::move(where), socks});
}

void Forwarder::turn_down(Fd socket, const std::string& why, int code, bool socks) {
    note(why);
    if (!socks) return Relay::reset(std::move(socket));
    const auto reply = socks_reply(socks_code(code));
    (void)!::send(socket.get(), reply.data(), reply.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Forwarder::look_up(const std::string& name, Lookup::Waiting waiting) {
    for (auto& [session, lookup] : lookups_) {
        if (lookup.name != name) continue;
        lookup.waiting.push_back(std::move(waiting));
        ++waiting_;
        return;
    }
    if (lookups_.size() >= most_lookups) {
        return turn_down(std::move(waiting.socket), "too many names are being looked up", EAGAIN,
                         waiting.socks);
    }
    auto question = work_.open;
    question.grants = Grant::network;
    question.timeout = lookup_timeout;
    question.arguments = {"connect", "--", name};
    connection_->send(FrameType::open, ++last_session_, encode(question));
    connection_->send(FrameType::end, last_session_, {}, Stream::in);
    auto& lookup = lookups_[last_session_];
    lookup.name = name;
    lookup.waiting.push_back(std::move(waiting));
    ++waiting_;
}

Result<> Forwarder::take_lookup(std::uint32_t session, const Frame& frame) {
    const auto at = lookups_.find(session);
    if (at == lookups_.end()) {
        return refused("frame", "the agent speaks of a session that was not opened");
    }
    auto& lookup = at->second;
    if (frame.header.type == FrameType::data) {
        auto& to = frame.header.stream == Stream::out ? lookup.output : lookup.errors;
        if (to.size() + frame.payload.size() > lookup_size) {
            return refused("frame", "the agent has too much to say about one name");
        }
        to += frame.payload;
    }
    if (frame.header.type != FrameType::exit) return {};
    const auto exit = TRY(decode_exit(frame.payload));
    found(lookup, exit.kind == Exit::Kind::exited && exit.value == 0);
    lookups_.erase(at);
    return {};
}

void Forwarder::found(Lookup& lookup, bool well) {
    const auto addresses = well ? addresses_in(lookup.output) : std::vector<std::string>();
    std::string why = lookup.errors.substr(0, lookup.errors.find('\n'));
    if (why.starts_with("connect: ")) why.erase(0, 9);
    if (why.empty()) why = lookup.name + ": no address was found";
    for (auto& [socket, port, socks] : lookup.waiting) {
        --waiting_;
        if (addresses.empty()) {
            turn_down(std::move(socket), why, 0, socks);
            continue;
        }
        std::vector<std::string> words{"tcp", std::to_string(port)};
        words.insert(words.end(), addresses.begin(), addresses.end());
        open(std::move(socket), words, text_of({.host = lookup.name, .port = port}), socks);
    }
}

// A connection to a port in the target, on its way to a place of ours.
void Forwarder::dial(std::uint32_t id, std::size_t reverse) {
    const auto& to = work_.reverse[reverse].to;
    if (count() >= limits::relay_lines) return relay_.refuse(id, EMFILE, {});
    if (to.is_unix()) {
        auto socket = begin_connect_unix(to.path);
        if (socket) return relay_.answer(id, *std::move(socket));
        note(text(socket.error()));
        return relay_.refuse(id, socket.error().code, {});
    }
    Dial dial{.id = id, .reverse = reverse, .next = 0, .socket = {}, .end = {}};
    if (!dialled(dial, EADDRNOTAVAIL)) dials_.push_back(std::move(dial));
}

bool Forwarder::dialled(Dial& dial, int code) {
    if (dial.socket && code == 0) {
        relay_.answer(dial.id, std::move(dial.socket));
        return true;
    }
    const auto& to = work_.reverse[dial.reverse].to;
    for (const auto addresses = addresses_of(to); dial.next < addresses.size();) {
        auto socket = begin_connect(addresses[dial.next++], to.port);
        if (socket) {
            dial.socket = *std::move(socket);
            dial.end = Clock::now() + dial_patience;
            return false;
        }
        // Where there is no IPv6, that says less than what 127.0.0.1 answered.
        if (code == EADDRNOTAVAIL) code = socket.error().code;
    }
    note(text(failed("connect to", text_of(to), code).error()));
    relay_.refuse(dial.id, code, {});
    return true;
}

}  // namespace limpet::attach::forward
