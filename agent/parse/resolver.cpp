// parse/resolver.cpp - resolv.conf(5), hosts(5) and nsswitch.conf(5).
#include "parse/resolver.h"

#include "parse/dns.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <arpa/inet.h>

#include <algorithm>

namespace limpet::parse {
namespace {

constexpr std::size_t most_servers = 3;
constexpr std::size_t most_search = 32;
constexpr std::size_t most_addresses = 256;

void read_option(std::string_view option, ResolverSettings& settings) {
    struct Number {
        std::string_view name;
        int ResolverSettings::* member;
        int most;
    };
    struct Switch {
        std::string_view name;
        bool ResolverSettings::* member;
    };
    constexpr Number numbers[]{{"ndots:", &ResolverSettings::ndots, 15},
                               {"timeout:", &ResolverSettings::timeout, 30},
                               {"attempts:", &ResolverSettings::attempts, 5}};
    constexpr Switch switches[]{{"rotate", &ResolverSettings::rotate},
                                {"use-vc", &ResolverSettings::tcp},
                                {"edns0", &ResolverSettings::edns},
                                {"no-aaaa", &ResolverSettings::no_aaaa}};
    constexpr std::string_view other[]{
        "debug",     "single-request", "single-request-reopen", "trust-ad",       "no-tld-query",
        "no-reload", "inet6",          "no_tld_query",          "ip6-bytestring", "no-check-names"};
    for (const auto& [name, member, most] : numbers) {
        if (!option.starts_with(name)) continue;
        if (const auto value = number<unsigned>(option.substr(name.size()))) {
            settings.*member = static_cast<int>(std::min(*value, static_cast<unsigned>(most)));
            return;
        }
    }
    for (const auto& [name, member] : switches) {
        if (option == name) {
            settings.*member = true;
            return;
        }
    }
    if (std::ranges::find(other, option) == std::end(other)) {
        settings.unknown.emplace_back(option);
    }
}

// Carriage returns of an editor, and what follows a comment's mark.
std::string_view without_comment(std::string_view line) {
    line = line.substr(0, line.find_first_of("#\r"));
    return trimmed(line);
}

std::string_view blanks_only(std::string_view line, std::string& copy) {
    copy = line;
    std::ranges::replace_if(copy, [](char c) { return c == '\r' || c == '\v' || c == '\f'; }, ' ');
    return copy;
}

}  // namespace

ResolverSettings resolver_settings(std::string_view text) {
    ResolverSettings settings;
    std::string copy;
    while (!text.empty()) {
        auto line = blanks_only(take_line(text), copy);
        if (line.starts_with('#') || line.starts_with(';')) continue;
        const auto word = take_word(line);
        if (word.empty()) continue;
        if (word == "nameserver") {
            auto server = take_word(line);
            const auto scope = server.find('%');
            const auto found = address(server.substr(0, scope), true);
            if (found && settings.servers.size() < most_servers) {
                settings.servers.push_back(*found);
            } else if (!found) {
                settings.unknown.emplace_back("nameserver ").append(server);
            }
        } else if (word == "search" || word == "domain") {
            settings.search.clear();
            const std::size_t most = word == "domain" ? 1 : most_search;
            while (settings.search.size() < most) {
                const auto domain = take_word(line);
                if (domain.empty()) break;
                settings.search.emplace_back(domain);
            }
        } else if (word == "options") {
            while (true) {
                const auto option = take_word(line);
                if (option.empty()) break;
                read_option(option, settings);
            }
        } else if (word != "sortlist") {
            settings.unknown.emplace_back(word);
        }
    }
    settings.timeout = std::max(settings.timeout, 1);
    settings.attempts = std::max(settings.attempts, 1);
    return settings;
}

std::vector<Address> hosts_addresses(std::string_view hosts, std::string_view name) {
    std::vector<Address> found;
    while (!hosts.empty() && found.size() < most_addresses) {
        auto line = without_comment(take_line(hosts));
        const auto one = address(take_word(line));
        if (!one) continue;
        for (auto word = take_word(line); !word.empty(); word = take_word(line)) {
            if (!same_dns_name(word, name)) continue;
            found.push_back(*one);
            break;
        }
    }
    return found;
}

std::optional<std::string> hosts_name(std::string_view hosts, const Address& wanted) {
    while (!hosts.empty()) {
        auto line = without_comment(take_line(hosts));
        const auto one = address(take_word(line));
        if (!one || one->family != wanted.family || one->bytes != wanted.bytes) continue;
        const auto word = take_word(line);
        if (!word.empty()) return std::string(word);
    }
    return std::nullopt;
}

std::vector<NameService> name_services(std::string_view text) {
    std::vector<NameService> services;
    while (!text.empty()) {
        auto line = without_comment(take_line(text));
        if (take(line, ':') != "hosts") continue;
        services.clear();
        while (services.size() < most_search) {
            auto word = take_word(line);
            if (word.empty()) break;
            if (!word.starts_with('[')) {
                services.push_back({std::string(word)});
                continue;
            }
            // "[NOTFOUND=return]" or "[ !UNAVAIL = return ]", however it is spaced.
            std::string action(word);
            while (action.find(']') == action.npos && !line.empty()) action += take_word(line);
            std::ranges::transform(action, action.begin(), [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
            });
            const bool returns = action.find("return") != action.npos;
            const bool no =
                action.find("notfound=") != action.npos || action.find("!unavail=") != action.npos;
            if (!services.empty() && returns && no) services.back().ends = true;
        }
        return services;
    }
    services.push_back({"files"});
    services.push_back({"dns"});
    return services;
}

std::optional<Address> address(std::string_view text, bool legacy) {
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    if (text.empty() || text.size() > 45) return std::nullopt;
    const std::string copy(text);
    Address result;
    if (::inet_pton(AF_INET, copy.c_str(), result.bytes.data()) == 1) return result;
    in_addr old{};
    if (legacy && text.find_first_of(" \t\n") == text.npos &&
        ::inet_aton(copy.c_str(), &old) == 1) {
        std::copy_n(reinterpret_cast<const std::uint8_t*>(&old), 4, result.bytes.begin());
        return result;
    }
    result.family = AF_INET6;
    if (::inet_pton(AF_INET6, copy.c_str(), result.bytes.data()) == 1) return result;
    return std::nullopt;
}

}  // namespace limpet::parse
