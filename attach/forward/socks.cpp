// forward/socks.cpp - the server's side of a SOCKS handshake, RFC 1928.
#include "attach/forward/socks.h"

#include <arpa/inet.h>

#include <cerrno>

namespace limpet::attach::forward {
namespace {

constexpr char version = 5, no_authentication = 0, none_acceptable = '\xff';
constexpr char command_connect = 1;
constexpr char address_four = 1, address_name = 3, address_six = 4;

enum Reply : unsigned char {
    general = 1,
    not_allowed = 2,
    no_network = 3,
    no_host = 4,
    refused_by_host = 5,
    no_command = 7,
    no_address = 8,
};

}  // namespace

std::string socks_reply(unsigned char code) {
    // The address that the connection has is the target's matter: 0.0.0.0:0.
    std::string reply{version, static_cast<char>(code), 0, address_four};
    reply.append(6, '\0');
    return reply;
}

unsigned char socks_code(int error) {
    switch (error) {
        case EPERM:
        case EACCES: return not_allowed;
        case ENETUNREACH:
        case ENETDOWN: return no_network;
        // RFC 1928 has none for silence but that of a hop limit, which would be another story.
        case 0:
        case ETIMEDOUT:
        case EHOSTDOWN:
        case EHOSTUNREACH: return no_host;
        case ECONNREFUSED: return refused_by_host;
        case EAFNOSUPPORT: return no_address;
        default: return general;
    }
}

Socks::State Socks::take(std::string_view bytes, std::string& reply) {
    if (state_ != State::reading) return state_;
    bytes_ += bytes.substr(0, wanted());
    if (bytes_.size() < wanted_) return state_;
    state_ = step(reply);
    bytes_.clear();
    return state_;
}

// `bytes_` holds all that the step wanted.
Socks::State Socks::step(std::string& reply) {
    const auto byte = [this](std::size_t at) { return static_cast<unsigned char>(bytes_[at]); };
    const auto next = [this](Step step, std::size_t size) {
        step_ = step;
        wanted_ = size;
        return State::reading;
    };
    const auto refuse = [&](unsigned char code) {
        reply += socks_reply(code);
        return State::refused;
    };
    switch (step_) {
        case Step::greeting:
            // Something else, perhaps HTTP: no answer that it could mistake for its own.
            if (bytes_[0] != version) return State::refused;
            if (byte(1) == 0) break;
            return next(Step::methods, byte(1));
        case Step::methods:
            if (bytes_.find(no_authentication) == bytes_.npos) break;
            reply += {version, no_authentication};
            return next(Step::request, 5);
        case Step::request:
            kind_ = bytes_[3];
            if (bytes_[0] != version) return refuse(general);
            if (bytes_[1] != command_connect) return refuse(no_command);
            // One byte of the address was read: of a name, its length.
            if (kind_ == address_name) {
                if (byte(4) == 0) return refuse(general);
                return next(Step::rest, std::size_t{byte(4)} + 2);
            }
            if (kind_ != address_four && kind_ != address_six) return refuse(no_address);
            host_ = bytes_[4];
            return next(Step::rest, (kind_ == address_four ? 3U : 15U) + 2U);
        case Step::rest: {
            const auto size = bytes_.size();
            port_ = static_cast<std::uint16_t>(byte(size - 2) << 8 | byte(size - 1));
            host_ += bytes_.substr(0, size - 2);
            if (kind_ == address_name) {
                for (const char c : host_) {
                    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '/') {
                        return refuse(general);
                    }
                }
                return host_[0] == '-' ? refuse(general) : State::asked;
            }
            char text[INET6_ADDRSTRLEN];
            ::inet_ntop(kind_ == address_four ? AF_INET : AF_INET6, host_.data(), text,
                        sizeof text);
            host_ = text;
            return State::asked;
        }
    }
    reply += {version, none_acceptable};
    return State::refused;
}

}  // namespace limpet::attach::forward
