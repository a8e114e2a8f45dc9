// dig.cpp - ask servers of the domain name system; the options of dig(1).
#include "commands/network/dig.h"

#include <algorithm>

namespace limpet::commands {
namespace {

// dig(1) says so, too: no server answered.
constexpr int no_reply = 9;

Result<> find_servers(Invocation& call, DigRequest& request, Resolver& resolver) {
    const auto family = [&](const parse::Address& one) {
        return request.family == AF_UNSPEC || one.family == request.family;
    };
    if (request.server_name.empty()) {
        std::ranges::copy_if(resolver.settings.servers, std::back_inserter(request.servers),
                             family);
    } else {
        request.servers = TRY(resolve(call.target, request.server_name, request.family));
    }
    for (auto& server : request.servers) server.port = request.port;
    if (request.servers.empty()) return refused("server", "none of that family is known");
    return {};
}

void say_unreachable(Invocation& call, const Error& error) {
    std::string line = ";; communications error to ";
    const auto colon = error.subject().rfind(':');
    auto address = std::string_view(error.subject()).substr(0, colon);
    if (address.starts_with('[')) address = address.substr(1, address.size() - 2);
    line += address;
    if (colon != error.subject().npos) line.append("#").append(error.subject().substr(colon + 1));
    line += ": ";
    line += error.code == ETIMEDOUT      ? "timed out"
            : error.code == ECONNREFUSED ? "connection refused"
            : error.code != 0            ? ::strerrordesc_np(error.code)
                                         : error.subject().c_str();
    call.out.write(line + "\n");
}

// All servers, `tries` times; an answer that says "not I" (SERVFAIL, REFUSED) sends to the next.
bool look_up(Invocation& call, const DigRequest& request, DnsAsk& ask) {
    std::optional<DnsAnswer> refusal_;
    for (int attempt = 0; attempt < request.tries; ++attempt) {
        for (const auto& server : request.servers) {
            // What a server has of any type is more than a datagram takes: RFC 8482.
            ask.tcp = request.tcp || ask.question.type == 255;
            const auto deadline = now() + request.seconds * second;
            const auto* local = request.local ? &*request.local : nullptr;
            const auto asked = ask_server(server, {&ask, 1}, deadline, local);
            if (!asked) {
                if (!call.json() || refusal_) say_unreachable(call, asked.error());
                continue;
            }
            const auto code = ask.answer->message.code;
            if (code != parse::dns::server_failure && code != 5) return true;
            refusal_ = std::move(ask.answer);
            ask.answer.reset();
        }
        if (refusal_) break;
    }
    ask.answer = std::move(refusal_);
    return ask.answer.has_value();
}

std::vector<std::string> names_of(const DigRequest& request, const Resolver& resolver,
                                  const std::string& name) {
    std::vector<std::string> names;
    const bool whole = name.ends_with('.');
    const auto absolute = whole ? name : name + '.';
    if (!request.search || whole) return {absolute};
    auto search = resolver.settings.search;
    if (!request.domain.empty()) search.assign(1, request.domain);
    const int ndots = request.ndots >= 0 ? request.ndots : resolver.settings.ndots;
    const bool enough = std::ranges::count(name, '.') >= ndots;
    if (enough) names.push_back(absolute);
    for (const auto& domain : search) {
        names.push_back(absolute + domain);
        if (!names.back().ends_with('.')) names.back() += '.';
    }
    if (!enough) names.push_back(absolute);
    return names;
}

// From the root down: each answer that only says who knows more leads to these.
int trace(Invocation& call, DigRequest& request, parse::DnsQuestion question) {
    constexpr int most_steps = 32;
    request.query.flags = 0;
    DnsAsk ask{.question = {.name = ".", .type = parse::dns::ns}, .query = request.query};
    if (!look_up(call, request, ask)) return no_reply;
    for (int depth = 0; depth < most_steps; ++depth) {
        const auto& message = ask.answer->message;
        const auto& shown = message.answer.empty() ? message.authority : message.answer;
        DigView view;
        view.comments = view.question = view.authority = view.additional = false;
        view.statistics = false;
        DnsAnswer part{.message = {.answer = shown}};
        print_answer(call, view, part, {});
        call.out.print(";; Received %zu bytes from %s in %lld ms\n\n", ask.answer->size,
                       parse::text_with_port(ask.answer->server).c_str(),
                       static_cast<long long>(ask.answer->took / 1000));
        const bool final = depth > 0 && (!message.answer.empty() || message.code != 0 ||
                                         (message.flags & parse::dns::authoritative));
        if (final) return 0;
        std::vector<parse::Address> next;
        for (const auto& record : shown) {
            if (record.type != parse::dns::ns || next.size() >= 4) continue;
            const auto found = resolve(call.target, record.text, request.family);
            if (!found) continue;
            next.push_back(found->front());
            next.back().port = request.port;
        }
        if (next.empty()) return 0;
        request.servers = std::move(next);
        ask.answer.reset();
        ask.question = question;
        if (!look_up(call, request, ask)) return no_reply;
    }
    call.complain("the chain of servers has more than 32 links");
    return 1;
}

int run_lookup(Invocation& call, DigRequest& request, const Resolver& resolver,
               const DigLookup& lookup) {
    auto question = lookup.question;
    const auto names = names_of(request, resolver, lookup.question.name);
    if (request.trace) {
        question.name = names.front();
        return trace(call, request, question);
    }
    DnsAsk ask{.question = question, .query = request.query};
    ask.keep_truncated = request.ignore;
    for (std::size_t i = 0; i < names.size(); ++i) {
        ask.question.name = names[i];
        ask.answer.reset();
        if (const auto legal = parse::dns_query(ask.question, ask.query); !legal) {
            call.complain(legal.error());
            return 10;
        }
        if (!look_up(call, request, ask)) {
            if (!call.json()) {
                call.out.write(";; no servers could be reached\n");
            } else {
                call.complain("no servers could be reached");
            }
            return no_reply;
        }
        if (ask.answer->message.code == 0 && !ask.answer->message.answer.empty()) break;
    }
    if (call.json()) {
        print_json(call, ask.question, *ask.answer);
    } else {
        const auto address = parse::text(ask.answer->server);
        const auto& name = request.server_name.empty() ? address : request.server_name;
        if (ask.cut && ask.answer->tcp && request.view.comments && !request.view.brief) {
            call.out.write(";; Truncated, retrying in TCP mode.\n");
        }
        print_answer(call, request.view, *ask.answer, name);
    }
    return 0;
}

int run(Invocation& call) {
    auto read = dig_request(call);
    if (!read) {
        call.complain(read.error());
        return 2;
    }
    auto& request = *read;
    if (request.help) {
        call.out.write(help_text(call.command));
        return 0;
    }
    if (request.explained) {
        int status = 0;
        for (const auto& lookup : request.lookups) {
            const int family = lookup.type_said && lookup.question.type == parse::dns::aaaa
                                   ? AF_INET6
                                   : request.family;
            status = std::max(status, explain(call, lookup.question.name, family));
        }
        return status;
    }
    Resolver resolver(call.target);
    if (const auto found = find_servers(call, request, resolver); !found) {
        call.complain(found.error());
        return 10;
    }
    bool banner = request.view.command && !request.view.brief && !call.json();
    int status = 0;
    for (const auto& lookup : request.lookups) {
        if (banner) {
            std::string line = "\n; <<>> DiG (limpet) <<>>";
            for (const auto& word : call.operands) line.append(" ").append(word);
            line += '\n';
            if (!request.server_name.empty()) {
                line.append("; (").append(std::to_string(request.servers.size()));
                line += request.servers.size() == 1 ? " server found)\n" : " servers found)\n";
            }
            call.out.write(line + ";; global options: +cmd\n");
        }
        banner = false;
        status = std::max(status, run_lookup(call, request, resolver, lookup));
        call.out.flush();
    }
    return status;
}

constexpr Command dig{
    .name = "dig",
    .usage =
        "[@SERVER] [-46] [-x ADDRESS] [-t TYPE] [-p PORT] [-b ADDRESS] [NAME] [TYPE] [+WORD...]",
    .summary = "ask servers of the domain name system",
    .theme = "network",
    .promise = Promise::network,
    .run = run,
    .help =
        "Without @SERVER those of the target's resolv.conf are asked, from where the target is.\n"
        "TYPE: A (default), AAAA, CNAME, MX, NS, TXT, SOA, SRV, PTR, CAA, DS, DNSKEY, NAPTR,\n"
        "HTTPS, SVCB, ANY, TYPE65 and others. -x turns an address round. WORD: short, tcp, search\n"
        "(resolv.conf's list), trace, recurse, dnssec, cd, nsid, ignore, time=S, tries=N,\n"
        "bufsize=N, ndots=N, domain=NAME, edns; and of what is shown all, answer, question,\n"
        "authority, additional, comments, stats, cmd, ttlid, class; no before it switches off.\n"
        "  --explain               how a program of the target finds NAME, step by step:\n"
        "                          nsswitch.conf, hosts, ndots and the search list, each question\n"
        "  -o json                 an object for each NAME\n"
        "Exit status 9 when no server answered; NXDOMAIN is an answer (0).\n"
        "JSON fields: name, type, class, status, id, flags, server, port, transport (udp, tcp),\n"
        "milliseconds, size, answer, authority, additional (lists of name, ttl, class, type, "
        "data).\n"
        "With --explain an object for each step: source, text.\n"
        "\nExamples:\n  dig +short api.default.svc.cluster.local\n  dig @10.96.0.10 -t SRV +search "
        "_http._tcp.web\n  dig --explain db\n",
    .raw = true,
};
const Register registered{dig};

}  // namespace
}  // namespace limpet::commands
