// network/netfilter.cpp - the rules of netfilter as the kernel tells them, collected and then read.
#include "commands/network/netfilter.h"

#include "commands/collect.h"
#include "limpet/limits.h"
#include "parse/lines.h"
#include "parse/number.h"
#include "sys/netlink.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <cstring>
#include <tuple>

namespace limpet::commands {
namespace {

constexpr std::size_t most = 64 << 20;  // bytes of rules

struct Record {
    std::uint32_t size;
    std::uint32_t type;
};

std::uint16_t number_of(int message) {
    return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message);
}

class Collector {
public:
    explicit Collector(const Fd& socket) : socket_(socket) {}

    // Every object of that kind, behind one another with its size and number.
    Result<> ask(int question, std::span<const std::byte> request) {
        TRY(sys::netlink_ask(
            socket_, number_of(question), true, request,
            [&](std::uint16_t type, parse::Bytes message) {
                const Record record{static_cast<std::uint32_t>(message.size()), type & 0xffU};
                const auto head = std::as_bytes(std::span(&record, 1));
                if (bytes.size() + head.size() + message.size() > most) {
                    full_ = true;
                    return;
                }
                bytes.insert(bytes.end(), head.begin(), head.end());
                bytes.insert(bytes.end(), message.begin(), message.end());
            },
            "rules"));
        if (full_) return refused("netfilter", "more than 64 MiB of rules");
        return {};
    }
    std::vector<std::byte> bytes;

private:
    const Fd& socket_;
    bool full_ = false;
};

// Calls visit(type, message) for each of them.
template <typename Visit>
void each_record(std::span<const std::byte> rest, Visit visit) {
    while (rest.size() >= sizeof(Record)) {
        const auto record = parse::front<Record>(rest);
        rest = rest.subspan(sizeof record);
        const auto size = std::min<std::size_t>(record.size, rest.size());
        visit(static_cast<int>(record.type), rest.first(size));
        rest = rest.subspan(size);
    }
}

// A process runs one command: what was collected waits here for it.
Result<std::vector<std::byte>>& collected() {
    static Result<std::vector<std::byte>> bytes = failed("list", "netfilter", EPERM);
    return bytes;
}

Result<std::vector<std::byte>> collect() {
    const auto socket = TRY(sys::netlink(NETLINK_NETFILTER));
    Collector collector(socket);
    constexpr nfgenmsg every{.nfgen_family = 0, .version = NFNETLINK_V0, .res_id = 0};
    const auto request = std::as_bytes(std::span(&every, 1));
    TRY(collector.ask(NFT_MSG_GETTABLE, request));
    TRY(collector.ask(NFT_MSG_GETCHAIN, request));
    TRY(collector.ask(NFT_MSG_GETSET, request));
    // Elements are told of one set: the question has its table and its name as they came.
    std::vector<std::vector<std::byte>> questions;
    each_record(collector.bytes, [&](int type, parse::Bytes message) {
        if (type != NFT_MSG_NEWSET || message.size() < sizeof(nfgenmsg)) return;
        std::vector<std::byte> question(message.begin(), message.begin() + sizeof(nfgenmsg));
        auto rest = parse::attributes(message, sizeof(nfgenmsg));
        for (parse::Attribute a; parse::next_attribute(rest, a);) {
            const bool table = a.type == NFTA_SET_TABLE;
            if (!table && a.type != NFTA_SET_NAME) continue;
            const nlattr head{static_cast<std::uint16_t>(a.payload.size() + NLA_HDRLEN),
                              static_cast<std::uint16_t>(table ? NFTA_SET_ELEM_LIST_TABLE
                                                               : NFTA_SET_ELEM_LIST_SET)};
            const auto bytes = std::as_bytes(std::span(&head, 1));
            question.insert(question.end(), bytes.begin(), bytes.end());
            question.insert(question.end(), a.payload.begin(), a.payload.end());
            question.resize((question.size() + 3) & ~std::size_t{3});
        }
        questions.push_back(std::move(question));
    });
    for (const auto& question : questions) TRY(collector.ask(NFT_MSG_GETSETELEM, question));
    TRY(collector.ask(NFT_MSG_GETRULE, request));
    return std::move(collector.bytes);
}

struct Older {
    std::uint8_t family;
    std::vector<std::byte> info, entries;
};
std::vector<Older>& older() {
    static std::vector<Older> tables;
    return tables;
}

// Only of tables that are there: to ask for another one would load it into the kernel.
void collect_older(const target::Target& target, std::uint8_t family) {
    const bool six = family == NFPROTO_IPV6;
    const auto names = target.procfs.read(
        std::to_string(target.inner_pid) + "/net/ip" + (six ? "6" : "") + "_tables_names",
        limits::small_file);
    if (!names || names->empty()) return;
    const Fd socket(::socket(six ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
    if (!socket) return;
    const int level = six ? IPPROTO_IPV6 : IPPROTO_IP;
    for (std::string_view rest = *names; !rest.empty();) {
        const auto name = parse::take_line(rest);
        ipt_getinfo info{};
        name.copy(info.name, sizeof info.name - 1);
        socklen_t size = sizeof info;
        if (::getsockopt(socket.get(), level, IPT_SO_GET_INFO, &info, &size) != 0) continue;
        if (info.size > most) continue;
        // The name and the size stand in front of the entries, which begin at a multiple of eight.
        std::vector<std::byte> bytes(sizeof(ipt_get_entries) + info.size);
        ipt_get_entries head{};
        name.copy(head.name, sizeof head.name - 1);
        head.size = info.size;
        std::memcpy(bytes.data(), &head, sizeof head);
        size = static_cast<socklen_t>(bytes.size());
        if (::getsockopt(socket.get(), level, IPT_SO_GET_ENTRIES, bytes.data(), &size) != 0) {
            continue;
        }
        bytes.erase(bytes.begin(), bytes.begin() + sizeof head);
        const auto told = std::as_bytes(std::span(&info, 1));
        older().push_back({family, {told.begin(), told.end()}, std::move(bytes)});
    }
}

}  // namespace

// All of nf_tables, and of the older ip_tables, kept unread for read_netfilter().
void collect_netfilter(const target::Target& target, std::span<const std::string>) {
    collected() = collect();
    for (const auto family : {NFPROTO_IPV4, NFPROTO_IPV6}) collect_older(target, family);
}

Result<Netfilter> read_netfilter() {
    if (!collected()) {
        auto error = collected().error();
        if (error.code == EPERM || error.code == EACCES) {
            error.hint() =
                "needs --allow modify and CAP_NET_ADMIN: the kernel lists rules to who might "
                "change them";
        }
        return std::unexpected(std::move(error));
    }
    Netfilter all;
    // Rules refer to sets, which come before them.
    each_record(*collected(), [&](int type, parse::Bytes message) {
        switch (type) {
            case NFT_MSG_NEWTABLE:
                if (auto table = parse::nf_table(message)) all.tables.push_back(*std::move(table));
                break;
            case NFT_MSG_NEWCHAIN:
                if (auto chain = parse::nf_chain(message)) all.chains.push_back(*std::move(chain));
                break;
            case NFT_MSG_NEWSET:
                if (auto set = parse::nf_set(message)) all.sets.push_back(*std::move(set));
                break;
            case NFT_MSG_NEWSETELEM: parse::nf_add_elements(message, all.sets); break;
            case NFT_MSG_NEWRULE:
                if (auto rule = parse::nf_rule(message, all.sets))
                    all.rules.push_back(*std::move(rule));
                break;
            default: break;
        }
    });
    return all;
}

namespace {

using parse::IpChain;
using parse::IpTable;

std::vector<parse::IpTable> read_older_tables() {
    std::vector<parse::IpTable> tables;
    for (const auto& one : older()) {
        if (auto table = parse::ip_table(one.family, one.info, one.entries)) {
            tables.push_back(*std::move(table));
        }
    }
    return tables;
}

std::string upper(std::string_view hook) {
    std::string text(hook);
    for (char& letter : text) letter = static_cast<char>(letter >= 'a' ? letter - 32 : letter);
    return text;
}

// In the order in which packets meet them.
constexpr std::array<std::string_view, 5> hooks{"PREROUTING", "INPUT", "FORWARD", "OUTPUT",
                                                "POSTROUTING"};
// Which of them each of iptables_names has; nf_tables holds only those that somebody has used.
constexpr std::array<std::uint8_t, 5> hooks_of{0b01110, 0b11011, 0b11111, 0b01001, 0b01110};

// Chains of the kernel's own first; the rest by name.
void order(IpTable& table) {
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < table.chains.size(); ++i) {
        const auto& chain = table.chains[i];
        const auto hook = std::ranges::find(hooks, chain.name) - hooks.begin();
        auto& key =
            keys.emplace_back(1, static_cast<char>(chain.policy.empty() ? '9' : '0' + hook));
        key += chain.name;
        key += '\0';
        key += std::to_string(i);
    }
    std::ranges::sort(keys);
    std::vector<IpChain> ordered;
    for (const auto& key : keys) {
        const auto index = std::string_view(key).substr(key.rfind('\0') + 1);
        ordered.push_back(std::move(table.chains[parse::number<std::size_t>(index).value_or(0)]));
    }
    table.chains = std::move(ordered);
}

}  // namespace

std::vector<IpTable> iptables_of(const Netfilter& all, std::uint8_t family) {
    std::vector<IpTable> tables;
    for (const auto& [number, name] : all.tables) {
        const bool ours = std::ranges::find(iptables_names, name) != iptables_names.end();
        if (number != family || !ours) continue;
        auto& table = tables.emplace_back();
        table.family = family;
        table.name = name;
        for (const auto& chain : all.chains) {
            if (chain.family != family || chain.table != name) continue;
            auto& one = table.chains.emplace_back();
            one.name = chain.name;
            if (chain.hook) {
                one.policy = upper(chain.policy == NF_DROP ? "drop" : "accept");
                if (chain.counter) std::tie(one.packets, one.bytes) = *chain.counter;
            }
        }
        const auto place = std::ranges::find(iptables_names, name) - iptables_names.begin();
        for (std::size_t hook = 0; hook < hooks.size(); ++hook) {
            const bool has = hooks_of[static_cast<std::size_t>(place)] >> hook & 1;
            const auto there = std::ranges::find(table.chains, hooks[hook], &IpChain::name);
            if (!has || there != table.chains.end()) continue;
            table.chains.push_back({.name = std::string(hooks[hook]), .policy = "ACCEPT"});
        }
        for (const auto& rule : all.rules) {
            if (rule.family != family || rule.table != name) continue;
            const auto chain = std::ranges::find(table.chains, rule.chain, &IpChain::name);
            if (chain != table.chains.end()) chain->rules.push_back(parse::ip_rule(rule));
        }
    }
    for (auto& older : read_older_tables()) {
        if (older.family == family) tables.push_back(std::move(older));
    }
    for (auto& table : tables) order(table);
    return tables;
}

}  // namespace limpet::commands
