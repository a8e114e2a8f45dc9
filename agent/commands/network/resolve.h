// network/resolve.h - names to addresses as the target's own libc would find them: its
// nsswitch.conf, hosts and resolv.conf, and the domain name system asked from where it stands.
//
//   const auto found = resolve(call.target, "db", AF_UNSPEC);    // never empty when there is no
//   error if (!found) call.complain(found.error());                    // "db: no such name
//   (NXDOMAIN …)"
//
// For every command that takes a host. Addresses in text are taken as they are. The best comes
// first: those that can be reached, of them IPv6, else as they were found. A caller needs
// Promise::network and nothing else. Waits as long as resolv.conf says: timeout and attempts for
// each of at most three servers.
#pragma once

#include "commands/network/dns.h"
#include "parse/resolver.h"
#include "target/target.h"

#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands {

Result<std::vector<parse::Address>> resolve(const target::Target& target, std::string_view host,
                                            int family = AF_UNSPEC);
// The name of an address by hosts or PTR; the address as text when it has none.
std::string host_name(const target::Target& target, const parse::Address& address);

// The same with its steps, for those who want to see them, and for any type of record.
class Resolver {
public:
    explicit Resolver(const target::Target& target);
    Result<std::vector<parse::Address>> addresses(std::string_view host, int family);
    // By DNS alone. `search`: names without their last dot go through the search list.
    Result<DnsAnswer> records(std::string_view name, std::uint16_t type, bool search);
    // Each server in turn, as often as resolv.conf says: an answer other than SERVFAIL, NOTIMP and
    // REFUSED, or the last of these. In `asks` by then: all or none.
    Result<> ask(std::span<DnsAsk> asks);

    parse::ResolverSettings settings;
    std::string canonical;  // what the name that was found is called in the end
    struct Step {
        std::string source;  // "files", "dns", "/etc/resolv.conf"
        std::string text;
    };
    std::vector<Step> steps;
    bool keep_steps = false;

private:
    enum class Outcome { found, no_data, no_name, failure };
    void step(std::string_view source, std::string_view text);
    Outcome by_dns(std::string_view name, std::span<DnsAsk> asks);
    std::vector<std::string> candidates(std::string_view name);
    Outcome search_dns(std::string_view name, std::span<DnsAsk> asks);
    void describe();

    const target::Target& target_;
    bool musl_ = false;
    Error last_;
};

// The records of that type at the end of the chain of CNAMEs that begins with the question.
std::vector<const parse::DnsRecord*> chain_end(const parse::DnsMessage& message,
                                               std::string_view name, std::uint16_t type,
                                               std::string* canonical = nullptr);

}  // namespace limpet::commands
