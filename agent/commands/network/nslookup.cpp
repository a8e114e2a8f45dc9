// nslookup.cpp - nslookup and host: names and addresses by DNS alone, in the words of either.
#include "commands/network/dig.h"
#include "parse/lines.h"
#include "parse/number.h"

namespace limpet::commands {
namespace {

struct Lookup {
    std::string name, server;
    std::vector<std::uint16_t> types;
    std::uint16_t port = 53;
    int family = AF_UNSPEC;
    bool verbose = false;
};

std::string without_dot(std::string_view name) {
    if (name.size() > 1 && name.ends_with('.')) name.remove_suffix(1);
    return std::string(name);
}

// What each of the two says between a name and its data.
struct Wording {
    std::uint16_t type;
    const char* nslookup;
    const char* host;
};
constexpr Wording wordings[]{
    {parse::dns::a, "", "has address"},
    {parse::dns::aaaa, "", "has IPv6 address"},
    {parse::dns::cname, "canonical name =", "is an alias for"},
    {parse::dns::mx, "mail exchanger =", "mail is handled by"},
    {parse::dns::ns, "nameserver =", "name server"},
    {parse::dns::ptr, "name =", "domain name pointer"},
    {parse::dns::soa, "soa =", "has SOA record"},
    {16, "text =", "descriptive text"},
    {33, "service =", "has SRV record"},
};

void print_record(Invocation& call, bool host, const parse::DnsRecord& record) {
    std::string middle;
    for (const auto& one : wordings) {
        if (one.type == record.type) middle = host ? one.host : one.nslookup;
    }
    const auto name = without_dot(record.name);
    if (!host && (record.type == parse::dns::a || record.type == parse::dns::aaaa)) {
        call.out.print("Name:\t%s\nAddress: %s\n", name.c_str(), record.text.c_str());
        return;
    }
    if (middle.empty()) {
        middle = host ? "has " + parse::dns_type_name(record.type) + " record"
                      : "rdata_" + std::to_string(record.type) + " =";
    }
    call.out.print(host ? "%s %s %s\n" : "%s\t%s %s\n", name.c_str(), middle.c_str(),
                   record.text.c_str());
}

Result<> choose_server(Invocation& call, const Lookup& lookup, Resolver& resolver) {
    auto& servers = resolver.settings.servers;
    if (!lookup.server.empty()) servers = TRY(resolve(call.target, lookup.server, lookup.family));
    for (auto& server : servers) server.port = lookup.port;
    return {};
}

// 0, or what the two exit with when there is no such name or no answer: 1.
int look_up(Invocation& call, Lookup& lookup, bool host) {
    Resolver resolver(call.target);
    if (const auto chosen = choose_server(call, lookup, resolver); !chosen) {
        call.complain(chosen.error());
        return 1;
    }
    const auto address = parse::address(lookup.name, true);
    if (address) {
        lookup.name = reverse_name(*address);
        lookup.types.assign(1, parse::dns::ptr);
    }
    bool headed = false, found = false;
    for (const auto type : lookup.types) {
        const auto answer = resolver.records(lookup.name, type, !address);
        if (!answer) {
            if (call.json()) {
                call.complain(answer.error());
            } else {
                call.out.write(";; connection timed out; no servers could be reached\n");
            }
            return 1;
        }
        const auto& message = answer->message;
        if (call.json()) {
            const auto& questions = message.questions;
            print_json(call,
                       questions.empty() ? parse::DnsQuestion{lookup.name, type} : questions[0],
                       *answer);
            found = found || message.code == 0;
            continue;
        }
        const auto server = parse::text(answer->server);
        if (!headed && !host) {
            call.out.print("Server:\t\t%s\nAddress:\t%s#%u\n\n", server.c_str(), server.c_str(),
                           answer->server.port);
        } else if (!headed && !lookup.server.empty()) {
            call.out.print("Using domain server:\nName: %s\nAddress: %s#%u\nAliases: \n\n",
                           lookup.server.c_str(), server.c_str(), answer->server.port);
        }
        if (message.code != 0) {
            const auto code = parse::dns_code_name(message.code);
            if (host) {
                call.out.print("Host %s not found: %u(%s)\n", lookup.name.c_str(), message.code,
                               code.c_str());
            } else {
                call.out.print("** server can't find %s: %s\n\n", lookup.name.c_str(),
                               code.c_str());
            }
            return 1;
        }
        const bool own = (message.flags & parse::dns::authoritative) != 0;
        const bool any = !message.answer.empty();
        if (!headed && !host && !own && any) call.out.write("Non-authoritative answer:\n");
        headed = true;
        for (const auto& record : message.answer) {
            // An alias is told once, not with every type.
            if (found && record.type == parse::dns::cname) continue;
            print_record(call, host, record);
        }
        if (!any && lookup.types.size() == 1) {
            if (host) {
                call.out.print("%s has no %s record\n", lookup.name.c_str(),
                               parse::dns_type_name(type).c_str());
            } else {
                call.out.print("*** Can't find %s: No answer\n", lookup.name.c_str());
            }
        }
        found = found || any;
    }
    if (!host && !call.json()) call.out.put('\n');
    return found ? 0 : 1;
}

Result<std::uint16_t> type_of(std::string_view word) {
    const auto type = parse::dns_type(word);
    if (!type) return refused("type", "there is no type of record '" + std::string(word) + "'");
    return *type;
}

int run_nslookup(Invocation& call) {
    Lookup lookup;
    for (std::size_t at = 0; at < call.operands.size(); ++at) {
        std::string_view word = call.operands[at];
        if (word == "--help") {
            call.out.write(help_text(call.command));
            return 0;
        }
        if (word == "-o" || word == "-ojson") {
            if (word == "-o") ++at;
            call.options.add(json_option, "json");
        } else if (word.starts_with('-') && word.size() > 1) {
            word.remove_prefix(1);
            const auto name = parse::take(word, '=');
            if (name == "type" || name == "querytype" || name == "query" || name == "q" ||
                name == "ty") {
                const auto type = type_of(word);
                if (!type) return call.misused(text(type.error()));
                lookup.types.assign(1, *type);
            } else if (name == "port" || name == "po") {
                lookup.port = parse::number<std::uint16_t>(word).value_or(53);
            }
        } else if (lookup.name.empty()) {
            lookup.name = word;
        } else {
            lookup.server = word;
        }
    }
    if (lookup.name.empty()) return call.misused("a name is needed");
    if (lookup.types.empty()) lookup.types = {parse::dns::a, parse::dns::aaaa};
    return look_up(call, lookup, false);
}

int run_host(Invocation& call) {
    const auto& words = call.operands;
    if (words.empty() || words.size() > 2) return call.misused("a name is needed");
    Lookup lookup{.name = words[0]};
    if (words.size() == 2) lookup.server = words[1];
    if (const auto word = call.options.value('t')) {
        const auto type = type_of(*word);
        if (!type) return call.misused(text(type.error()));
        lookup.types.assign(1, *type);
    } else if (call.options.has('a')) {
        lookup.types.assign(1, 255);
    } else {
        lookup.types = {parse::dns::a, parse::dns::aaaa, parse::dns::mx};
    }
    lookup.port = parse::number<std::uint16_t>(call.options.value('p').value_or("53")).value_or(53);
    if (call.options.has('4') != call.options.has('6')) {
        lookup.family = call.options.has('4') ? AF_INET : AF_INET6;
    }
    return look_up(call, lookup, true);
}

constexpr Command nslookup{
    .name = "nslookup",
    .usage = "[-type=TYPE] [-port=N] [-o json] NAME|ADDRESS [SERVER]",
    .summary = "look a name up in the domain name system",
    .theme = "network",
    .promise = Promise::network,
    .run = run_nslookup,
    .help =
        "Through the search list of the target's resolv.conf, but not its hosts file: what a\n"
        "program finds, dig --explain tells. Exit status 1 when there is no such name.\n"
        "JSON fields: as dig's.\n"
        "\nExample:\n  nslookup -type=SRV _http._tcp.web\n",
    .raw = true,
};
const Register registered_nslookup{nslookup};

constexpr Option options[]{
    {'4', "", "", "the server by IPv4"},        {'6', "", "", "the server by IPv6"},
    {'a', "", "", "records of any type"},       {'p', "", "PORT", "of the server"},
    {'t', "", "TYPE", "this type: MX, TXT, …"}, json_option,
};
constexpr Command host{
    .name = "host",
    .usage = "[-46a] [-p PORT] [-t TYPE] [-o json] NAME|ADDRESS [SERVER]",
    .summary = "look a name up in the domain name system",
    .theme = "network",
    .promise = Promise::network,
    .run = run_host,
    .options = option_table<options>,
    .help =
        "Addresses and mail exchangers, or -t. As nslookup, in other words.\n"
        "JSON fields: as dig's.\n"
        "\nExample:\n  host -t MX example.com\n",
};
const Register registered_host{host};

}  // namespace
}  // namespace limpet::commands
