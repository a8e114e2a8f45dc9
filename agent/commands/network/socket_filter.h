// network/socket_filter.h - which sockets ss(8) is asked for: its expressions.
#pragma once

#include "limpet/result.h"
#include "parse/socket.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace limpet::commands {

// "sport = :80 or ( dst 10.0.0.0/8 and not dport = :443 )", in postfix order.
struct SocketFilter {
    enum class Kind : std::uint8_t { all, any, none, port, address, device, path, mark };
    enum class Compare : std::uint8_t { equal, differs, below, above, at_most, at_least };
    struct Step {
        Kind kind = Kind::all;
        Compare compare = Compare::equal;
        bool local = false;         // of the local end, else of the remote one
        std::uint32_t number = 0;   // a port, an interface or a mark
        parse::Prefix prefix = {};  // AF_UNSPEC: any address
        std::string text = {};      // a pattern for the name of a unix socket
    };
    std::vector<Step> steps;

    // The port that all of them have at that end; 0: that cannot be told.
    [[nodiscard]] std::uint16_t port(bool local) const;
    [[nodiscard]] bool matches(const parse::Socket& socket) const;
};

// What names are turned into while a filter is read.
struct SocketNames {
    std::function<Result<std::uint16_t>(std::string_view)> port;
    std::function<Result<std::uint32_t>(std::string_view)> interface;
    std::function<Result<parse::Address>(const std::string&)> host;
};

// The words of the command line, behind "state STATE" and "exclude STATE".
Result<SocketFilter> socket_filter(std::span<const std::string> words, const SocketNames& names);

}  // namespace limpet::commands
