// parse/xt_options.cpp - matches and targets of x_tables, structure by structure.
#include "parse/xt_options.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_limit.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_tcpudp.h>

#include <array>
#include <cstdio>

namespace limpet::parse {
namespace {

using Words = std::span<const std::string_view>;

std::string numbers(const char* format, unsigned first, unsigned second) {
    char text[40];
    // The callers' formats are those below.
    std::snprintf(text, sizeof text, format, first, second);
    return text;
}

std::string port_range(std::uint16_t first, std::uint16_t last) {
    return numbers(first == last ? "%u" : "%u:%u", first, last);
}

// The names of the bits that are set, in the order of the table, whose places say which.
std::string bits(unsigned set, Words names, std::span<const std::uint8_t> places) {
    std::string list;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if ((set >> places[i] & 1) == 0) continue;
        if (!list.empty()) list += ',';
        list += names[i];
    }
    return list;
}

constexpr std::string_view state_names[]{"INVALID",   "NEW",  "RELATED", "ESTABLISHED",
                                         "UNTRACKED", "SNAT", "DNAT"};
constexpr std::uint8_t state_bits[]{0, 3, 2, 1, 8, 6, 7};
constexpr std::string_view flag_names[]{"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
constexpr std::uint8_t flag_bits[]{0, 1, 2, 3, 4, 5};
constexpr std::string_view place_names[]{"UNSPEC",    "UNICAST",     "LOCAL",
                                         "BROADCAST", "ANYCAST",     "MULTICAST",
                                         "BLACKHOLE", "UNREACHABLE", "PROHIBIT"};
constexpr std::uint8_t place_bits[]{0, 1, 2, 3, 4, 5, 6, 7, 8};
constexpr std::string_view rejections[]{"icmp-net-unreachable",
                                        "icmp-host-unreachable",
                                        "icmp-proto-unreachable",
                                        "icmp-port-unreachable",
                                        "echo-reply",
                                        "icmp-net-prohibited",
                                        "icmp-host-prohibited",
                                        "tcp-reset",
                                        "icmp-admin-prohibited"};
constexpr std::string_view six_rejections[]{"icmp6-no-route",
                                            "icmp6-adm-prohibited",
                                            "icmp6-not-neighbour",
                                            "icmp6-addr-unreachable",
                                            "icmp6-port-unreachable",
                                            "echo-reply",
                                            "tcp-reset"};

class Reader {
public:
    Reader(IpRule& rule, std::string_view name, Bytes info, bool target, std::uint8_t family)
        : rule_(rule), name_(name), info_(info), target_(target), family_(family) {}

    void add(const char* flag, std::string value, bool inverted = false) {
        rule_.options.push_back({std::string(name_), flag, std::move(value), inverted, target_});
    }
    // The fixed text in front of the first NUL.
    [[nodiscard]] std::string text(std::size_t from, std::size_t size) const {
        auto bytes = info_.subspan(std::min(from, info_.size()));
        bytes = bytes.first(std::min(size, bytes.size()));
        const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return std::string(all.substr(0, all.find('\0')));
    }

    bool match(unsigned revision) {
        if (name_ == "tcp" || name_ == "udp") return ports();
        if (name_ == "icmp" || name_ == "icmp6") return icmp();
        if (name_ == "comment") return add("comment", '"' + text(0, 256) + '"'), true;
        if (name_ == "multiport" && revision == 1) return multiport();
        if (name_ == "addrtype" && revision == 1) return addrtype();
        if (name_ == "mark" && revision == 1) {
            const auto mark = front<xt_mark_mtinfo1>(info_);
            add("mark", masked(mark.mark, mark.mask), mark.invert != 0);
            return true;
        }
        if (name_ == "limit") return limit();
        if (name_ == "state") return add("state", states(front<unsigned>(info_))), true;
        if (name_ == "conntrack" && revision >= 2) {
            const auto track = front<xt_conntrack_mtinfo3>(info_);
            // What else it may compare is not taken apart.
            if (track.match_flags != XT_CONNTRACK_STATE) return false;
            add("ctstate", states(track.state_mask),
                (track.invert_flags & XT_CONNTRACK_STATE) != 0);
            return true;
        }
        return false;
    }

    bool target(unsigned revision) {
        if (name_ == "REJECT") {
            const auto six = family_ == NFPROTO_IPV6;
            const Words names = six ? Words(six_rejections) : Words(rejections);
            const auto with = front<std::uint32_t>(info_);
            if (with < names.size()) add("reject-with", std::string(names[with]));
            return with < names.size();
        }
        if (name_ == "LOG") {
            const auto level = front<std::uint8_t>(info_);
            if (level != 4) add("log-level", std::to_string(level));
            if (const auto prefix = text(2, 30); !prefix.empty()) {
                add("log-prefix", '"' + prefix + '"');
            }
            return true;
        }
        if (name_ == "MARK" && revision == 2) {
            const auto mark = front<xt_mark_tginfo2>(info_);
            add("set-xmark", numbers("0x%x/0x%x", mark.mark, mark.mask));
            return true;
        }
        return name_ == "DNAT" || name_ == "SNAT" || name_ == "REDIRECT" || name_ == "MASQUERADE"
                   ? nat(revision)
                   : false;
    }

private:
    static std::string states(unsigned set) { return bits(set, state_names, state_bits); }
    static std::string masked(unsigned value, unsigned mask) {
        return numbers(mask == 0xffffffff ? "0x%x" : "0x%x/0x%x", value, mask);
    }

    void ports_of(const char* flag, const std::uint16_t (&range)[2], bool inverted) {
        if (range[0] == 0 && range[1] == 0xffff && !inverted) return;
        add(flag, port_range(range[0], range[1]), inverted);
    }
    bool ports() {
        const auto tcp = front<xt_tcp>(info_);
        const bool is_tcp = name_ == "tcp";
        const auto inverted = is_tcp ? tcp.invflags : front<xt_udp>(info_).invflags;
        ports_of("sport", tcp.spts, (inverted & XT_TCP_INV_SRCPT) != 0);
        ports_of("dport", tcp.dpts, (inverted & XT_TCP_INV_DSTPT) != 0);
        if (!is_tcp) return true;
        if (tcp.option) {
            add("tcp-option", std::to_string(tcp.option), (inverted & XT_TCP_INV_OPTION) != 0);
        }
        if (tcp.flg_mask || (inverted & XT_TCP_INV_FLAGS)) {
            add_tcp_flags(rule_, tcp.flg_mask, tcp.flg_cmp, (inverted & XT_TCP_INV_FLAGS) != 0);
        }
        return true;
    }
    bool icmp() {
        struct Icmp {
            std::uint8_t type, code[2], inverted;
        };
        const auto icmp = front<Icmp>(info_);
        const bool coded = icmp.code[0] != 0 || icmp.code[1] != 0xff;
        auto value = icmp.type == 0xff ? "any" : std::to_string(icmp.type);
        if (coded) value += '/' + std::to_string(icmp.code[0]);
        add(name_ == "icmp" ? "icmp-type" : "icmpv6-type", std::move(value), icmp.inverted != 0);
        return true;
    }
    bool multiport() {
        const auto ports = front<xt_multiport_v1>(info_);
        std::string list;
        for (unsigned i = 0; i < std::min<unsigned>(ports.count, XT_MULTI_PORTS); ++i) {
            if (i > 0) list += ports.pflags[i - 1] ? ':' : ',';
            list += std::to_string(ports.ports[i]);
        }
        constexpr std::array flags{"sports", "dports", "ports"};
        add(flags[std::min<unsigned>(ports.flags, 2)], std::move(list), ports.invert != 0);
        return true;
    }
    bool addrtype() {
        const auto types = front<xt_addrtype_info_v1>(info_);
        if (types.source) {
            add("src-type", bits(types.source, place_names, place_bits),
                (types.flags & XT_ADDRTYPE_INVERT_SOURCE) != 0);
        }
        if (types.dest) {
            add("dst-type", bits(types.dest, place_names, place_bits),
                (types.flags & XT_ADDRTYPE_INVERT_DEST) != 0);
        }
        return true;
    }
    bool limit() {
        const auto rate = front<xt_rateinfo>(info_);
        if (rate.avg == 0) return false;
        // One packet in so many parts of a second.
        constexpr std::pair<std::uint64_t, const char*> units[]{
            {1, "/sec"}, {60, "/min"}, {3600, "/hour"}, {86400, "/day"}};
        for (const auto& [seconds, name] : units) {
            const auto count = seconds * XT_LIMIT_SCALE / rate.avg;
            if (count == 0 && seconds != 86400) continue;
            add("limit", std::to_string(count) + name);
            break;
        }
        if (rate.burst != 5) add("limit-burst", std::to_string(rate.burst));
        return true;
    }
    // Of one range; the older structure has a number of ranges in front of it, which is one.
    bool nat(unsigned revision) {
        const bool multi = revision == 0 && family_ == NFPROTO_IPV4;
        std::uint32_t flags = 0;
        std::string first, last;
        std::uint16_t least = 0, most = 0;
        if (multi) {
            const auto range = front<nf_nat_ipv4_multi_range_compat>(info_).range[0];
            flags = range.flags;
            first = ip_text(std::as_bytes(std::span(&range.min_ip, 1)), family_);
            last = ip_text(std::as_bytes(std::span(&range.max_ip, 1)), family_);
            least = range.min.all;
            most = range.max.all;
        } else {
            const auto range = front<nf_nat_range>(info_);
            flags = range.flags;
            first = ip_text(std::as_bytes(std::span(&range.min_addr, 1)), family_);
            last = ip_text(std::as_bytes(std::span(&range.max_addr, 1)), family_);
            least = range.min_proto.all;
            most = range.max_proto.all;
        }
        const auto order = [](std::uint16_t big) { return __builtin_bswap16(big); };
        std::string ports;
        if (flags & NF_NAT_RANGE_PROTO_SPECIFIED) {
            ports = numbers(least == most ? "%u" : "%u-%u", order(least), order(most));
        }
        if (name_ == "REDIRECT" || name_ == "MASQUERADE") {
            if (!ports.empty()) add("to-ports", std::move(ports));
            return true;
        }
        std::string to;
        if (flags & NF_NAT_RANGE_MAP_IPS) {
            to = first;
            if (first != last) to += '-' + last;
            if (family_ == NFPROTO_IPV6 && !ports.empty()) to = '[' + to + ']';
        }
        if (!ports.empty()) to += ':' + ports;
        add(name_ == "DNAT" ? "to-destination" : "to-source", std::move(to));
        return true;
    }

    IpRule& rule_;
    std::string_view name_;
    Bytes info_;
    bool target_;
    std::uint8_t family_;
};

}  // namespace

void add_tcp_flags(IpRule& rule, unsigned mask, unsigned set, bool inverted) {
    auto value = bits(mask, flag_names, flag_bits);
    const auto wanted = bits(set, flag_names, flag_bits);
    value += ' ';
    value += wanted.empty() ? "NONE" : wanted;
    rule.options.push_back({"tcp", "tcp-flags", std::move(value), inverted, false,
                            numbers("flags:0x%02X/0x%02X", mask, set)});
}

std::string ip_text(Bytes bytes, std::uint8_t family) {
    const bool six = family == NFPROTO_IPV6;
    bytes = bytes.first(std::min<std::size_t>(bytes.size(), six ? 16 : 4));
    return nf_value(six ? NfType::six : NfType::four,
                    {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void add_xt(IpRule& rule, std::string_view name, unsigned revision, Bytes info, bool target,
            std::uint8_t family) {
    if (target) rule.target = name;
    Reader reader(rule, name, info, target, family);
    const bool known = target ? reader.target(revision) : reader.match(revision);
    // A target stands there by its name already.
    if (!known && !target) reader.add("", "");
}

}  // namespace limpet::parse
