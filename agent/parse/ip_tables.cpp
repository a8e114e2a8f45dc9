// parse/ip_tables.cpp - rules of iptables in the words of iptables(8).
#include "parse/ip_tables.h"

#include "parse/lines.h"
#include "parse/number.h"
#include "parse/xt_options.h"

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <tuple>

namespace limpet::parse {
namespace {

// The words of nft(8) that iptables has its own for, and where they go.
struct Known {
    std::string_view words;
    std::string IpRule::* member;  // or an option:
    std::string_view module;
    const char* flag;
};
constexpr Known known[]{
    {"ip saddr ", &IpRule::source, {}, {}},
    {"ip daddr ", &IpRule::destination, {}, {}},
    {"ip6 saddr ", &IpRule::source, {}, {}},
    {"ip6 daddr ", &IpRule::destination, {}, {}},
    {"iifname ", &IpRule::in, {}, {}},
    {"oifname ", &IpRule::out, {}, {}},
    {"meta l4proto ", &IpRule::protocol, {}, {}},
    {"ip protocol ", &IpRule::protocol, {}, {}},
    {"tcp sport ", {}, "tcp", "sport"},
    {"tcp dport ", {}, "tcp", "dport"},
    {"udp sport ", {}, "udp", "sport"},
    {"udp dport ", {}, "udp", "dport"},
    {"icmp type ", {}, "icmp", "icmp-type"},
    {"icmpv6 type ", {}, "icmp6", "icmpv6-type"},
    {"ct state ", {}, "conntrack", "ctstate"},
    {"meta mark ", {}, "mark", "mark"},
    {"limit rate ", {}, "limit", "limit"},
    {"snat to ", {}, "SNAT", "to-source"},
    {"dnat to ", {}, "DNAT", "to-destination"},
    {"redirect to :", {}, "REDIRECT", "to-ports"},
    {"masquerade to :", {}, "MASQUERADE", "to-ports"},
    {"log prefix ", {}, "LOG", "log-prefix"},
    {"reject with ", {}, "REJECT", "reject-with"},
};

constexpr std::pair<std::string_view, std::string_view> verdicts[]{
    {"accept", "ACCEPT"},         {"drop", "DROP"},
    {"return", "RETURN"},         {"queue", "QUEUE"},
    {"masquerade", "MASQUERADE"}, {"redirect", "REDIRECT"},
    {"reject", "REJECT"},         {"log", "LOG"}};

// "tcp flags & 0x17 == 0x02"
bool take_flags(IpRule& rule, std::string_view text) {
    constexpr std::string_view prefix = "tcp flags & 0x";
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    const auto mask = number<unsigned>(take_word(text), 16);
    const bool inverted = take_word(text) == "!=";
    const auto value = number<unsigned>(take_word(text).substr(2), 16);
    if (!mask || !value) return false;
    add_tcp_flags(rule, *mask, *value, inverted);
    return true;
}

// "& 0x000000ff == 0x00000001", "0x00000001"
std::string mark_text(std::string_view text) {
    std::string mask;
    const auto short_hex = [](std::string_view word) {
        word.remove_prefix(std::min(word.find_first_not_of("0x"), word.size() - 1));
        return "0x" + std::string(word);
    };
    if (text.starts_with("& ")) {
        text.remove_prefix(2);
        mask = '/' + short_hex(take_word(text));
        take_word(text);
    }
    return short_hex(take_word(text)) + mask;
}

// "5/minute" as "5/min"
void shorten_unit(std::string& rate) {
    const auto at = rate.find('/');
    const auto end = std::min(rate.find(' '), rate.size());
    const bool longer = at < end && (rate[at + 1] == 'm' || rate[at + 1] == 's');
    if (longer) rate.erase(at + 4, end - at - 4);
}

void take_piece(IpRule& rule, std::string_view text) {
    for (const auto& [word, target] : verdicts) {
        if (text == word) {
            rule.target = target;
            return;
        }
    }
    for (const std::string_view word : {"jump ", "goto "}) {
        if (!text.starts_with(word)) continue;
        rule.goes = word[0] == 'g';
        rule.target = text.substr(word.size());
        return;
    }
    if (text.starts_with("counter ")) return;
    if (take_flags(rule, text)) return;
    const auto* found =
        std::ranges::find_if(known, [&](const Known& one) { return text.starts_with(one.words); });
    if (found == std::end(known)) {
        rule.options.push_back({.module = '[' + std::string(text) + ']'});
        return;
    }
    text.remove_prefix(found->words.size());
    const bool inverted = text.starts_with("!= ");
    if (inverted) text.remove_prefix(3);
    std::string value(text);
    if (found->member) {
        if (value.starts_with('"')) value = value.substr(1, value.size() - 2);
        if (value.ends_with('*')) value.back() = '+';
        rule.*found->member = (inverted ? "!" : "") + value;
        return;
    }
    const std::string_view flag = found->flag;
    if (flag.ends_with("port")) std::ranges::replace(value, '-', ':');
    if (flag == "mark") value = mark_text(value);
    if (flag == "limit") shorten_unit(value);
    const bool target = found->module[0] >= 'A' && found->module[0] <= 'Z';
    if (target) rule.target = found->module;
    auto& options = rule.options;
    // The flags of one match stand behind its ports.
    const bool behind = !options.empty() && found->module == "tcp" &&
                        options.back().flag == std::string_view("tcp-flags");
    options.insert(options.end() - (behind ? 1 : 0),
                   {std::string(found->module), found->flag, std::move(value), inverted, target});
}

// A name of at most `size` bytes.
std::string name_in(Bytes bytes) {
    const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return std::string(all.substr(0, all.find('\0')));
}

std::string address_text(Bytes address, Bytes mask, std::uint8_t family, bool inverted) {
    std::size_t bits = 0;
    for (const auto byte : mask) {
        bits += static_cast<std::size_t>(__builtin_popcount(std::to_integer<unsigned>(byte)));
    }
    if (bits == 0 && !inverted) return {};
    auto text = ip_text(address, family);
    if (bits < mask.size() * 8) text += '/' + std::to_string(bits);
    return (inverted ? "!" : "") + text;
}

template <typename T>
Bytes bytes_of(const T& value) {
    return std::as_bytes(std::span(&value, 1));
}

// Where an entry of each family has its parts: four addresses, of source, destination and their
// masks; two interfaces; and so on.
struct Layout {
    std::size_t size, address, interfaces, protocol, flags, inverted, target, counters;
};
constexpr Layout of_four{sizeof(ipt_entry),
                         4,
                         offsetof(ipt_entry, ip.iniface),
                         offsetof(ipt_entry, ip.proto),
                         offsetof(ipt_entry, ip.flags),
                         offsetof(ipt_entry, ip.invflags),
                         offsetof(ipt_entry, target_offset),
                         offsetof(ipt_entry, counters)};
constexpr Layout of_six{sizeof(ip6t_entry),
                        16,
                        offsetof(ip6t_entry, ipv6.iniface),
                        offsetof(ip6t_entry, ipv6.proto),
                        offsetof(ip6t_entry, ipv6.flags),
                        offsetof(ip6t_entry, ipv6.invflags),
                        offsetof(ip6t_entry, target_offset),
                        offsetof(ip6t_entry, counters)};

// One entry, of either family.
struct Entry {
    IpRule rule;
    std::size_t matches = 0, target = 0, next = 0;
};

std::optional<Entry> entry_of(Bytes rest, std::uint8_t family) {
    const bool six = family == NFPROTO_IPV6;
    const auto& layout = six ? of_six : of_four;
    if (rest.size() < layout.size) return std::nullopt;
    const auto ends = front<std::array<std::uint16_t, 2>>(rest.subspan(layout.target));
    Entry entry{.matches = layout.size, .target = ends[0], .next = ends[1]};
    if (entry.target < layout.size || entry.next < entry.target + sizeof(xt_entry_target) ||
        entry.next > rest.size()) {
        return std::nullopt;
    }
    auto& rule = entry.rule;
    const auto counters = front<xt_counters>(rest.subspan(layout.counters));
    rule.packets = counters.pcnt;
    rule.bytes = counters.bcnt;
    const auto inverted = front<std::uint8_t>(rest.subspan(layout.inverted));
    const auto size = layout.address;
    for (const bool is_source : {true, false}) {
        const auto at = is_source ? 0 : size;
        const bool no = inverted & (is_source ? IPT_INV_SRCIP : IPT_INV_DSTIP);
        (is_source ? rule.source : rule.destination) =
            address_text(rest.subspan(at, size), rest.subspan(2 * size + at, size), family, no);
        // "eth+" stands there as it was written.
        auto& interface = is_source ? rule.in : rule.out;
        const auto place = layout.interfaces + (is_source ? 0 : IFNAMSIZ);
        interface = name_in(rest.subspan(place, IFNAMSIZ));
        const bool not_it = inverted & (is_source ? IPT_INV_VIA_IN : IPT_INV_VIA_OUT);
        if (not_it) interface.insert(0, 1, '!');
    }
    if (const auto protocol = front<std::uint16_t>(rest.subspan(layout.protocol))) {
        rule.protocol = (inverted & IPT_INV_PROTO ? "!" : "") + ip_protocol_name(protocol);
    }
    const unsigned goes = six ? IP6T_F_GOTO : IPT_F_GOTO;
    rule.goes = front<std::uint8_t>(rest.subspan(layout.flags)) & goes;
    return entry;
}

// A match's or target's head: its size in two bytes, its name, its revision.
struct Head {
    std::uint16_t size;
    char name[XT_EXTENSION_MAXNAMELEN];
    std::uint8_t revision;
};

constexpr std::array<const char*, NF_INET_NUMHOOKS> hooks{"PREROUTING", "INPUT", "FORWARD",
                                                          "OUTPUT", "POSTROUTING"};

class Reader {
public:
    Reader(IpTable& table, const ipt_getinfo& info, Bytes entries)
        : table_(table), info_(info), entries_(entries) {}

    bool read() {
        for (std::size_t at = 0; at < entries_.size();) {
            begin_chain(at);
            const auto rest = entries_.subspan(at);
            auto entry = entry_of(rest, table_.family);
            if (!entry) return false;
            const auto next = entry->next;
            take(*std::move(entry), rest, at);
            at += next;
        }
        // The last of a chain of one's own is its return, that nobody wrote.
        for (auto& chain : table_.chains) {
            if (chain.policy.empty() && !chain.rules.empty()) chain.rules.pop_back();
            for (auto& rule : chain.rules) {
                if (!rule.target.starts_with('\0')) continue;
                rule.target = chain_at(rule.target);
            }
        }
        return true;
    }

private:
    void begin_chain(std::size_t at) {
        for (std::size_t hook = 0; hook < hooks.size(); ++hook) {
            if ((info_.valid_hooks >> hook & 1) && info_.hook_entry[hook] == at) {
                table_.chains.push_back({.name = hooks[hook], .policy = "ACCEPT"});
                underflow_ = info_.underflow[hook];
            }
        }
    }

    void take(Entry&& entry, Bytes rest, std::size_t at) {
        const auto target = rest.subspan(entry.target, entry.next - entry.target);
        const auto head = front<Head>(target);
        const auto told = target.subspan(sizeof(xt_entry_target));
        const auto name = name_in(bytes_of(head.name));
        if (name == XT_ERROR_TARGET) {
            // It heads a chain of one's own, or ends the table.
            starts_.emplace_back(
                at + entry.next,
                name_in(told.first(std::min<std::size_t>(told.size(), XT_EXTENSION_MAXNAMELEN))));
            if (at + entry.next < entries_.size()) {
                table_.chains.push_back({.name = name_in(told.first(std::min<std::size_t>(
                                             told.size(), XT_EXTENSION_MAXNAMELEN)))});
                underflow_ = std::numeric_limits<std::size_t>::max();
            }
            return;
        }
        auto& rule = entry.rule;
        for (auto from = entry.matches; from + sizeof(xt_entry_match) <= entry.target;) {
            const auto match = front<Head>(rest.subspan(from));
            if (match.size < sizeof(xt_entry_match) || match.size > entry.target - from) break;
            add_xt(rule, name_in(bytes_of(match.name)), match.revision,
                   rest.subspan(from, match.size).subspan(sizeof(xt_entry_match)), false,
                   table_.family);
            from += match.size;
        }
        if (name.empty()) {
            rule.target = verdict(front<std::int32_t>(told), at + entry.next);
        } else {
            add_xt(rule, name, head.revision, told, true, table_.family);
        }
        if (table_.chains.empty()) return;
        auto& chain = table_.chains.back();
        if (at == underflow_) {
            chain.policy = rule.target;
            chain.packets = rule.packets;
            chain.bytes = rule.bytes;
        } else {
            chain.rules.push_back(std::move(rule));
        }
    }

    // A jump names the place of its chain, which may come later: kept behind a NUL till the end.
    static std::string verdict(std::int32_t code, std::size_t next) {
        switch (code) {
            case -NF_DROP - 1: return "DROP";
            case -NF_ACCEPT - 1: return "ACCEPT";
            case -NF_QUEUE - 1: return "QUEUE";
            case XT_RETURN: return "RETURN";
            default: break;
        }
        if (code < 0 || static_cast<std::size_t>(code) == next) return {};
        return std::string(1, '\0') + std::to_string(code);
    }
    [[nodiscard]] std::string chain_at(const std::string& place) const {
        const auto number = parse::number<std::size_t>(std::string_view(place).substr(1));
        const auto found = std::ranges::lower_bound(starts_, number.value_or(0), {},
                                                    &std::pair<std::size_t, std::string>::first);
        return found != starts_.end() && found->first == number ? found->second : "?";
    }

    IpTable& table_;
    ipt_getinfo info_;
    Bytes entries_;
    std::size_t underflow_ = 0;
    std::vector<std::pair<std::size_t, std::string>> starts_;
};

}  // namespace

std::string ip_protocol_name(unsigned number) {
    const auto byte = static_cast<char>(number);
    auto text = nf_value(NfType::protocol, {&byte, 1});
    return number > 255 ? std::to_string(number) : text;
}

unsigned ip_protocol_number(std::string_view name) {
    for (unsigned number = 0; number < 256; ++number) {
        if (ip_protocol_name(number) == name) return number;
    }
    return 0;
}

IpRule ip_rule(const NfRule& rule) {
    IpRule result;
    if (rule.counter) std::tie(result.packets, result.bytes) = *rule.counter;
    std::size_t extension = 0;
    for (const auto& piece : rule.pieces) {
        const bool target = piece.starts_with("xt target ");
        if ((target || piece.starts_with("xt match ")) && extension < rule.extensions.size()) {
            const auto& one = rule.extensions[extension++];
            add_xt(result, one.name, one.revision, std::as_bytes(std::span(one.info)), target,
                   rule.family);
        } else {
            take_piece(result, piece);
        }
    }
    if (rule.protocol && result.protocol.empty()) {
        result.protocol = ip_protocol_name(rule.protocol);
    }
    if (!rule.comment.empty()) {
        result.options.push_back({"comment", "comment", '"' + rule.comment + '"'});
    }
    return result;
}

std::optional<IpTable> ip_table(std::uint8_t family, Bytes info, Bytes entries) {
    if (info.size() < sizeof(ipt_getinfo)) return std::nullopt;
    const auto head = front<ipt_getinfo>(info);
    IpTable table{.family = family, .name = name_in(bytes_of(head.name)), .older = true};
    if (!Reader(table, head, entries).read()) return std::nullopt;
    return table;
}

}  // namespace limpet::parse
