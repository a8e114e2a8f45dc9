// network/resolve.cpp - names to addresses as the target's own libc would find them.
#include "commands/network/resolve.h"

#include "limpet/limits.h"

#include <algorithm>
#include <array>

namespace limpet::commands {
namespace {

constexpr std::size_t most_addresses = 64;
constexpr std::size_t most_aliases = 16;  // RFC 1034 says "finite"
// A hosts file of an ad blocker has 5 MB.
constexpr std::size_t hosts_limit = std::size_t{16} << 20;

bool wanted(int family, const parse::Address& address) {
    return family == AF_UNSPEC || family == address.family;
}

// Asking the kernel for a route costs no packet.
bool reachable(parse::Address address) {
    address.port = 9;
    return connect_to(address, SOCK_DGRAM, never).has_value();
}

// Of RFC 6724 what matters here: rule 1 (avoid what cannot be reached), and 6, IPv6 before IPv4.
void put_best_first(std::vector<parse::Address>& addresses) {
    if (addresses.size() < 2) return;
    if (addresses.size() > most_addresses) addresses.resize(most_addresses);
    std::vector<parse::Address> ranks[4];
    for (const auto& address : addresses) {
        ranks[(reachable(address) ? 0 : 2) + (address.family == AF_INET6 ? 0 : 1)].push_back(
            address);
    }
    addresses.clear();
    for (const auto& rank : ranks) addresses.insert(addresses.end(), rank.begin(), rank.end());
}

void add_records(const DnsAsk& ask, std::vector<parse::Address>& found, std::string& canonical) {
    if (!ask.answer) return;
    const auto& message = ask.answer->message;
    for (const auto* record :
         chain_end(message, ask.question.name, ask.question.type, &canonical)) {
        const std::size_t size = record->type == parse::dns::a ? 4 : 16;
        if (record->raw.size() != size || found.size() >= most_addresses) continue;
        parse::Address address;
        address.family = size == 4 ? AF_INET : AF_INET6;
        std::copy_n(record->raw.begin(), size, address.bytes.begin());
        found.push_back(address);
    }
}

bool is_localhost(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    return parse::same_dns_name(name, "localhost") || name.ends_with(".localhost");
}

std::string read_or_empty(const target::Target& target, const char* path, std::size_t limit) {
    return target::read(target, path, limit).value_or(std::string());
}

void append_list(std::string& text, std::string_view separator, std::string_view item) {
    if (!text.empty()) text += separator;
    text += item;
}

}  // namespace

std::vector<const parse::DnsRecord*> chain_end(const parse::DnsMessage& message,
                                               std::string_view name, std::uint16_t type,
                                               std::string* canonical) {
    std::vector<const parse::DnsRecord*> found;
    for (std::size_t aliases = 0; aliases <= most_aliases; ++aliases) {
        const parse::DnsRecord* alias = nullptr;
        for (const auto& record : message.answer) {
            if (!parse::same_dns_name(record.name, name)) continue;
            if (record.type == type || type == 255) found.push_back(&record);
            if (record.type == parse::dns::cname) alias = &record;
        }
        if (!found.empty() || !alias) break;
        name = alias->text;
    }
    if (canonical) *canonical = name;
    return found;
}

Resolver::Resolver(const target::Target& target) : target_(target) {
    settings =
        parse::resolver_settings(read_or_empty(target, "/etc/resolv.conf", limits::small_file));
    if (settings.servers.empty()) {
        // resolv.conf(5): without a server, the one on this machine.
        settings.servers.push_back(*parse::address("127.0.0.1"));
    }
    // By the loaders that are there; a target with both is glibc's, as Debian with musl-tools.
    const auto any_of = [&](std::initializer_list<const char*> loaders) {
        return std::ranges::any_of(loaders, [&](const char* path) {
            return target::stat(target, path, target::Follow::no).has_value();
        });
    };
    musl_ = any_of({"/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-aarch64.so.1"}) &&
            !any_of({"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"});
}

void Resolver::step(std::string_view source, std::string_view text) {
    if (keep_steps) steps.push_back({std::string(source), std::string(text)});
}

void Resolver::describe() {
    if (!keep_steps) return;
    std::string line = "nameserver";
    for (const auto& server : settings.servers) line.append(" ").append(parse::text(server));
    line += "; search";
    for (const auto& domain : settings.search) line.append(" ").append(domain);
    if (settings.search.empty()) line += " nothing";
    char numbers[80];
    std::snprintf(numbers, sizeof numbers, "; ndots %d, timeout %d s, attempts %d", settings.ndots,
                  settings.timeout, settings.attempts);
    line += numbers;
    step("/etc/resolv.conf", line);
    for (const auto& word : settings.unknown) {
        step("/etc/resolv.conf", "not understood, and ignored by a libc: " + word);
    }
}

Result<> Resolver::ask(std::span<DnsAsk> asks) {
    static unsigned turn = 0;
    const auto count = settings.servers.size();
    const auto first = settings.rotate ? turn++ : 0;
    // At most A and AAAA are asked at once; what a server refused is kept, in case all do.
    std::array<std::optional<DnsAnswer>, 2> refusals;
    for (int attempt = 0; attempt < settings.attempts; ++attempt) {
        for (std::size_t i = 0; i < count; ++i) {
            for (auto& one : asks) one.tcp = one.tcp || settings.tcp;
            const auto deadline = now() + settings.timeout * second;
            const auto& server = settings.servers[(first + i) % count];
            const auto asked = ask_server(server, asks, deadline);
            if (!asked) {
                last_ = asked.error();
                step("dns", text(last_));
                continue;
            }
            const bool refused = std::ranges::any_of(asks, [](const DnsAsk& one) {
                const auto code = one.answer->message.code;
                return code == parse::dns::server_failure || code == 4 || code == 5;
            });
            if (!refused) return {};
            for (std::size_t k = 0; k < asks.size(); ++k) {
                refusals[k] = std::exchange(asks[k].answer, std::nullopt);
            }
        }
        if (refusals[0]) break;
    }
    if (!refusals[0]) return std::unexpected(last_);
    for (std::size_t k = 0; k < asks.size(); ++k) asks[k].answer = std::move(refusals[k]);
    return {};
}

Resolver::Outcome Resolver::by_dns(std::string_view name, std::span<DnsAsk> asks) {
    for (auto& one : asks) {
        one.question.name = name;
        one.answer.reset();
        one.tcp = false;
        one.query.size = settings.edns ? 1232 : 0;
    }
    if (!ask(asks)) {
        last_.hint() = "asked for ";
        last_.hint() += name;
        return Outcome::failure;
    }
    auto outcome = Outcome::no_data;
    for (const auto& one : asks) {
        const auto& message = one.answer->message;
        std::string line(name);
        line.append(" ").append(parse::dns_type_name(one.question.type)).append(": ");
        std::string list;
        for (const auto* record : chain_end(message, name, one.question.type)) {
            append_list(list, ", ", record->text);
        }
        const bool none = list.empty();
        if (none) {
            list = message.code ? parse::dns_code_name(message.code) : "no record of that type";
        }
        line += list;
        char source[64];
        std::snprintf(source, sizeof source, " (%s%s, %.1f ms)",
                      parse::text(one.answer->server).c_str(), one.answer->tcp ? " by tcp" : "",
                      static_cast<double>(one.answer->took) / 1000);
        line += source;
        step("dns", line);
        if (!none) {
            outcome = Outcome::found;
        } else if (outcome != Outcome::found && message.code == parse::dns::no_such_name) {
            outcome = Outcome::no_name;
        } else if (outcome != Outcome::found && message.code != parse::dns::no_error) {
            outcome = Outcome::failure;
        }
        if (none)
            last_ = Error{0, std::string(name), list, "from " + parse::text(one.answer->server)};
    }
    return outcome;
}

// The order in which a libc tries them: glibc by res_nsearch(3), musl by getaddrinfo's own.
std::vector<std::string> Resolver::candidates(std::string_view name) {
    std::vector<std::string> names;
    if (name.ends_with('.')) {
        step("dns", "the name ends with a dot: it is tried as it is");
        names.emplace_back(name);
        return names;
    }
    const auto dots = std::ranges::count(name, '.');
    const bool enough = dots >= settings.ndots;
    std::string line = std::to_string(dots);
    line += dots == 1 ? " dot, " : " dots, ";
    line += enough ? "not fewer than ndots: as it is first" : "fewer than ndots: searched first";
    const bool never_searched = enough && musl_;
    if (musl_) line += never_searched ? ", and never searched (musl)" : " (musl)";
    step("dns", line);
    const auto whole = std::string(name) + '.';
    if (enough) names.push_back(whole);
    for (const auto& domain : settings.search) {
        if (never_searched) break;
        auto full = whole + domain;
        if (domain == ".") full = whole;
        if (!full.ends_with('.')) full += '.';
        names.push_back(std::move(full));
    }
    if (!enough) names.push_back(whole);
    return names;
}

Resolver::Outcome Resolver::search_dns(std::string_view name, std::span<DnsAsk> asks) {
    auto outcome = Outcome::no_name;
    for (const auto& candidate : candidates(name)) {
        const auto one = by_dns(candidate, asks);
        if (one == Outcome::found) return one;
        // A failure that a later name does not heal is what is told; musl ends with the first that
        // is not "no such name".
        if (outcome == Outcome::no_name) outcome = one;
        const bool answered = asks[0].answer.has_value();
        if (one == Outcome::failure && (!answered || musl_)) return one;
        if (one == Outcome::no_data && musl_) return one;
    }
    return outcome;
}

Result<std::vector<parse::Address>> Resolver::addresses(std::string_view host, int family) {
    std::vector<parse::Address> found;
    if (const auto literal = parse::address(host, true)) {
        if (!wanted(family, *literal)) {
            return refused(host, "is not an address of that family");
        }
        step("address", "it is an address itself");
        found.push_back(*literal);
        return found;
    }
    const auto text = target::read(target_, "/etc/nsswitch.conf", limits::small_file);
    auto services = parse::name_services(text && !musl_ ? *text : std::string());
    std::string order = musl_ ? "musl does not read it:" : "hosts:";
    for (const auto& service : services) order.append(" ").append(service.name);
    step("/etc/nsswitch.conf", order);
    last_ = Error{0, std::string(host), "no such name", {}};
    for (const auto& service : services) {
        if (service.name == "files") {
            const auto hosts = read_or_empty(target_, "/etc/hosts", hosts_limit);
            for (const auto& address : parse::hosts_addresses(hosts, host)) {
                if (wanted(family, address)) found.push_back(address);
            }
            step("files", found.empty() ? "/etc/hosts does not have it" : "/etc/hosts has it");
            canonical = host;
        } else if (service.name == "dns") {
            describe();
            std::vector<DnsAsk> asks;
            const bool six = family != AF_INET && !(settings.no_aaaa && family == AF_UNSPEC);
            if (six) asks.push_back({.question = {.name = {}, .type = parse::dns::aaaa}});
            if (family != AF_INET6) asks.push_back({.question = {}});
            const auto outcome = search_dns(host, asks);
            for (const auto& one : asks) add_records(one, found, canonical);
            if (found.empty() && outcome != Outcome::failure) {
                last_.action() = host;
                last_.subject() =
                    outcome == Outcome::no_data ? "the name has no address" : "no such name";
            }
        } else {
            step(service.name, "not asked: it lives in a library of the target");
            continue;
        }
        if (!found.empty()) break;
        if (service.ends) {
            step(service.name, "its \"no\" ends the search ([NOTFOUND=return])");
            break;
        }
    }
    // RFC 6761, 6.3, as curl and systemd have it even without a hosts file.
    if (found.empty() && is_localhost(host)) {
        step("address", "localhost is this machine");
        if (family != AF_INET) found.push_back(*parse::address("::1"));
        if (family != AF_INET6) found.push_back(*parse::address("127.0.0.1"));
    }
    if (found.empty()) return std::unexpected(last_);
    put_best_first(found);
    return found;
}

Result<DnsAnswer> Resolver::records(std::string_view name, std::uint16_t type, bool search) {
    DnsAsk one{.question = {.name = {}, .type = type}};
    std::string whole(name);
    if (!search && !whole.ends_with('.')) whole += '.';
    const auto outcome = search_dns(search ? name : std::string_view(whole), {&one, 1});
    if (outcome == Outcome::failure && !one.answer) return std::unexpected(last_);
    return std::move(*one.answer);
}

Result<std::vector<parse::Address>> resolve(const target::Target& target, std::string_view host,
                                            int family) {
    return Resolver(target).addresses(host, family);
}

std::string host_name(const target::Target& target, const parse::Address& address) {
    const auto hosts = read_or_empty(target, "/etc/hosts", hosts_limit);
    if (auto name = parse::hosts_name(hosts, address)) return *name;
    const auto reverse = reverse_name(address);
    const auto answer = Resolver(target).records(reverse, parse::dns::ptr, false);
    if (answer) {
        const auto names = chain_end(answer->message, reverse, parse::dns::ptr);
        if (!names.empty() && names[0]->text.size() > 1) {
            return names[0]->text.substr(0, names[0]->text.size() - 1);
        }
    }
    return parse::text(address);
}

}  // namespace limpet::commands
