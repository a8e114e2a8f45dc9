// parse/net_addresses.cpp - a namespace's own addresses from /proc/PID/net.
#include "parse/net_addresses.h"

#include "parse/lines.h"
#include "parse/number.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace limpet::parse {

std::vector<std::string> local_addresses(std::string_view fib_trie) {
    // "|-- 10.0.0.2" and, on the next line, "/32 host LOCAL" make an address of our own.
    std::vector<std::string> addresses;
    std::string_view last;
    while (!fib_trie.empty()) {
        const auto line = trimmed(take_line(fib_trie));
        if (line.starts_with("|-- ")) {
            last = line.substr(4);
        } else if (line.starts_with("/32 host LOCAL") && !last.starts_with("127.")) {
            if (std::ranges::find(addresses, last) == addresses.end()) {
                addresses.emplace_back(last);
            }
        }
    }
    return addresses;
}

std::vector<std::string> local_addresses6(std::string_view if_inet6) {
    // ADDRESS INDEX PREFIX SCOPE FLAGS NAME, all but the name in hexadecimal.
    constexpr std::string_view link_scope = "20";
    std::vector<std::string> addresses;
    while (!if_inet6.empty()) {
        auto line = take_line(if_inet6);
        const auto digits = take_word(line);
        take_word(line);
        take_word(line);
        const auto scope = take_word(line);
        take_word(line);
        const auto name = take_word(line);
        if (digits.size() != 32 || name == "lo") continue;
        std::array<unsigned char, 16> bytes{};
        bool good = true;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            const auto value = number<unsigned char>(digits.substr(i * 2, 2), 16);
            good = good && value;
            bytes[i] = value.value_or(0);
        }
        char text[INET6_ADDRSTRLEN];
        if (!good || !::inet_ntop(AF_INET6, bytes.data(), text, sizeof text)) continue;
        addresses.emplace_back(text);
        if (scope == link_scope) addresses.back() += "%" + std::string(name);
    }
    return addresses;
}

}  // namespace limpet::parse
