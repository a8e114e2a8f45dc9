// parse/nf_tables.cpp - tables, chains and sets of netfilter, and how their values are written.
#include "parse/nf_tables.h"

#include "parse/socket.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace limpet::parse {
namespace {

struct Type {
    std::uint8_t number;  // of nft's own enumeration
    NfType type;
    std::uint8_t size;
    std::string_view name;
};
constexpr Type types[]{
    {4, NfType::native, 4, "integer"},      {5, NfType::bytes, 16, "string"},
    {7, NfType::four, 4, "ipv4_addr"},      {8, NfType::six, 16, "ipv6_addr"},
    {9, NfType::hardware, 6, "ether_addr"}, {12, NfType::protocol, 1, "inet_proto"},
    {13, NfType::big, 2, "inet_service"},   {19, NfType::hex, 4, "mark"},
    {20, NfType::native, 4, "iface_index"}, {26, NfType::ct_state, 4, "ct_state"},
    {41, NfType::name, 16, "ifname"},
};

const Type* type_of(std::uint32_t number) {
    const auto* found = std::ranges::find(types, number, &Type::number);
    return found == std::end(types) ? nullptr : found;
}

// Adds one to (or takes one from) a number of any length.
std::string before(std::string bytes) {
    for (std::size_t i = bytes.size(); i-- > 0;) {
        if (bytes[i]-- != 0) break;
    }
    return bytes;
}

// The parts of a key, each in its own words; several begin at multiples of four bytes.
std::vector<std::pair<NfType, std::string_view>> parts(std::uint32_t key_type,
                                                       std::string_view key) {
    std::vector<std::pair<NfType, std::string_view>> list;
    std::vector<std::uint32_t> numbers;
    for (auto rest = key_type; rest; rest >>= 6) numbers.insert(numbers.begin(), rest & 0x3f);
    for (const auto number : numbers) {
        const auto* type = type_of(number);
        const std::size_t size = numbers.size() == 1 || !type ? key.size() : type->size;
        list.emplace_back(type ? type->type : NfType::bytes, key.substr(0, size));
        key.remove_prefix(std::min((size + 3) & ~std::size_t{3}, key.size()));
    }
    return list;
}

// "10.0.0.0/8" when the two ends are those of one, else "a-b".
std::string range_text(NfType type, std::string_view first, std::string_view last) {
    if (first == last) return nf_value(type, first);
    if ((type == NfType::four || type == NfType::six) && first.size() == last.size()) {
        std::size_t same = 0;
        const auto bit = [](std::string_view bytes, std::size_t at) {
            return static_cast<std::uint8_t>(bytes[at / 8]) >> (7 - at % 8) & 1;
        };
        const auto bits = first.size() * 8;
        while (same < bits && bit(first, same) == bit(last, same)) ++same;
        bool whole = true;
        for (auto at = same; at < bits; ++at) whole &= bit(first, at) == 0 && bit(last, at) == 1;
        if (whole) return nf_value(type, first) + "/" + std::to_string(same);
    }
    return nf_value(type, first) + "-" + nf_value(type, last);
}

std::string data_of(Bytes nested) {
    for (Attribute a; next_attribute(nested, a);) {
        if (a.type == NFTA_DATA_VALUE)
            return {reinterpret_cast<const char*>(a.payload.data()), a.payload.size()};
    }
    return {};
}

NfSet::Element element(Bytes nested) {
    NfSet::Element result;
    for (Attribute a; next_attribute(nested, a);) {
        switch (a.type) {
            case NFTA_SET_ELEM_KEY: result.key = data_of(a.payload); break;
            case NFTA_SET_ELEM_KEY_END: result.end = data_of(a.payload); break;
            case NFTA_SET_ELEM_DATA:
                result.data = data_of(a.payload);
                result.verdict = nf_verdict(a.payload);
                break;
            case NFTA_SET_ELEM_FLAGS:
                result.ends_interval = nf_word(a.payload) & NFT_SET_ELEM_INTERVAL_END;
                break;
            default: break;
        }
    }
    return result;
}

}  // namespace

std::uint64_t nf_long(Bytes bytes) {
    std::uint64_t value = 0;
    for (const auto byte : bytes.first(std::min<std::size_t>(bytes.size(), 8))) {
        value = value << 8 | std::to_integer<std::uint8_t>(byte);
    }
    return value;
}

std::uint32_t nf_word(Bytes bytes) {
    return static_cast<std::uint32_t>(nf_long(bytes.first(std::min<std::size_t>(bytes.size(), 4))));
}

std::string nf_verdict(Bytes data) {
    for (Attribute a; next_attribute(data, a);) {
        if (a.type != NFTA_DATA_VERDICT) continue;
        std::string chain;
        std::int32_t code = 0;
        for (Attribute inner; next_attribute(a.payload, inner);) {
            if (inner.type == NFTA_VERDICT_CODE)
                code = static_cast<std::int32_t>(nf_word(inner.payload));
            if (inner.type == NFTA_VERDICT_CHAIN) chain = text_of(inner.payload);
        }
        switch (code) {
            case NF_ACCEPT: return "accept";
            case NF_DROP: return "drop";
            case NF_QUEUE: return "queue";
            case NFT_CONTINUE: return "continue";
            case NFT_BREAK: return "break";
            case NFT_JUMP: return "jump " + chain;
            case NFT_GOTO: return "goto " + chain;
            case NFT_RETURN: return "return";
            default: return "verdict " + std::to_string(code);
        }
    }
    return {};
}

std::string_view nf_family_name(std::uint8_t family) {
    switch (family) {
        case NFPROTO_INET: return "inet";
        case NFPROTO_IPV4: return "ip";
        case NFPROTO_ARP: return "arp";
        case NFPROTO_NETDEV: return "netdev";
        case NFPROTO_BRIDGE: return "bridge";
        case NFPROTO_IPV6: return "ip6";
        default: return "unknown";
    }
}

std::string_view nf_hook_name(std::uint8_t family, std::uint32_t hook) {
    constexpr std::array<std::string_view, 6> names{"prerouting", "input",       "forward",
                                                    "output",     "postrouting", "ingress"};
    constexpr std::array<std::string_view, 3> of_arp{"input", "output", "forward"};
    if (family == NFPROTO_NETDEV) return hook == 0 ? "ingress" : "egress";
    if (family == NFPROTO_ARP) return hook < of_arp.size() ? of_arp[hook] : "unknown";
    return hook < names.size() ? names[hook] : "unknown";
}

NfType nf_type(std::uint32_t type) {
    const auto* found = type_of(type);
    return found ? found->type : NfType::bytes;
}

std::string nf_type_name(std::uint32_t key_type) {
    std::string text;
    for (auto rest = key_type; rest; rest >>= 6) {
        const auto* type = type_of(rest & 0x3f);
        const std::string name(type ? type->name : "unknown");
        text = text.empty() ? name : name + " . " + text;
    }
    return text;
}

std::string nf_value(NfType type, std::string_view bytes) {
    const Bytes raw = std::as_bytes(std::span(bytes));
    char text[24];
    switch (type) {
        case NfType::four:
        case NfType::six: {
            Address address;
            address.family = type == NfType::four ? AF_INET : AF_INET6;
            std::memcpy(address.bytes.data(), bytes.data(),
                        std::min<std::size_t>(bytes.size(), type == NfType::four ? 4 : 16));
            return parse::text(address);
        }
        case NfType::big:
            return bytes.size() <= 8 ? std::to_string(nf_long(raw))
                                     : nf_value(NfType::bytes, bytes);
        case NfType::native: return std::to_string(front<std::uint64_t>(raw));
        case NfType::hex:
            std::snprintf(text, sizeof text, "0x%08x", front<std::uint32_t>(raw));
            return text;
        case NfType::name: {
            const auto end = bytes.find('\0');
            // Without its end it is a beginning.
            return "\"" + std::string(bytes.substr(0, end)) +
                   (end == bytes.npos && bytes.size() < 16 ? "*\"" : "\"");
        }
        case NfType::protocol: {
            const auto number = front<std::uint8_t>(raw);
            switch (number) {
                case 1: return "icmp";
                case 2: return "igmp";
                case 6: return "tcp";
                case 17: return "udp";
                case 58: return "ipv6-icmp";
                case 132: return "sctp";
                default: return std::to_string(number);
            }
        }
        case NfType::ct_state: {
            constexpr std::array<std::string_view, 7> names{
                "invalid", "established", "related", "new", "", "", "untracked"};
            const auto bits = front<std::uint32_t>(raw);
            std::string list;
            for (std::size_t i = 0; i < names.size(); ++i) {
                if ((bits >> i & 1) == 0 || names[i].empty()) continue;
                if (!list.empty()) list += ',';
                list += names[i];
            }
            return list.empty() ? std::to_string(bits) : list;
        }
        case NfType::address_type: {
            constexpr std::array<std::string_view, 9> names{"unspec",    "unicast",     "local",
                                                            "broadcast", "anycast",     "multicast",
                                                            "blackhole", "unreachable", "prohibit"};
            const auto number = front<std::uint32_t>(raw);
            return number < names.size() ? std::string(names[number]) : std::to_string(number);
        }
        case NfType::hardware:
        case NfType::bytes: break;
    }
    std::string list(type == NfType::hardware ? "" : "0x");
    for (const char byte : bytes) {
        if (type == NfType::hardware && !list.empty()) list += ':';
        std::snprintf(text, sizeof text, "%02x", static_cast<unsigned char>(byte));
        list += text;
    }
    return list;
}

std::vector<std::string> nf_elements(const NfSet& set) {
    auto elements = set.elements;
    const bool intervals =
        (set.flags & NFT_SET_INTERVAL) &&
        std::ranges::all_of(elements, [](const auto& one) { return one.end.empty(); });
    std::ranges::stable_sort(elements, {}, &NfSet::Element::key);
    std::vector<std::string> list;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        const auto& one = elements[i];
        if (one.ends_interval) continue;
        auto end = one.end.empty() ? one.key : one.end;
        if (intervals) {
            // Up to what the next one begins with; the last goes on to the end of all.
            end = i + 1 < elements.size() ? before(elements[i + 1].key)
                                          : std::string(one.key.size(), '\xff');
        }
        const auto first = parts(set.key_type, one.key);
        const auto last = parts(set.key_type, end);
        std::string text;
        for (std::size_t part = 0; part < first.size() && part < last.size(); ++part) {
            if (part > 0) text += " . ";
            text += range_text(first[part].first, first[part].second, last[part].second);
        }
        if (!one.verdict.empty()) {
            text += " : " + one.verdict;
        } else if (!one.data.empty()) {
            text += " : ";
            bool behind = false;
            for (const auto& [type, bytes] : parts(set.data_type, one.data)) {
                if (std::exchange(behind, true)) text += " . ";
                text += nf_value(type, bytes);
            }
        }
        list.push_back(std::move(text));
    }
    return list;
}

std::optional<std::pair<std::uint8_t, std::string>> nf_table(Bytes message) {
    if (message.size() < sizeof(nfgenmsg)) return std::nullopt;
    Bytes rest = attributes(message, sizeof(nfgenmsg));
    for (Attribute a; next_attribute(rest, a);) {
        if (a.type == NFTA_TABLE_NAME)
            return std::pair{front<nfgenmsg>(message).nfgen_family,
                             std::string(text_of(a.payload))};
    }
    return std::nullopt;
}

std::optional<NfChain> nf_chain(Bytes message) {
    if (message.size() < sizeof(nfgenmsg)) return std::nullopt;
    NfChain chain;
    chain.family = front<nfgenmsg>(message).nfgen_family;
    Bytes rest = attributes(message, sizeof(nfgenmsg));
    for (Attribute a; next_attribute(rest, a);) {
        switch (a.type) {
            case NFTA_CHAIN_TABLE: chain.table = text_of(a.payload); break;
            case NFTA_CHAIN_NAME: chain.name = text_of(a.payload); break;
            case NFTA_CHAIN_TYPE: chain.type = text_of(a.payload); break;
            case NFTA_CHAIN_POLICY: chain.policy = nf_word(a.payload); break;
            case NFTA_CHAIN_COUNTERS: {
                auto& counter = chain.counter.emplace();
                for (Attribute inner; next_attribute(a.payload, inner);) {
                    if (inner.type == NFTA_COUNTER_PACKETS) counter.first = nf_long(inner.payload);
                    if (inner.type == NFTA_COUNTER_BYTES) counter.second = nf_long(inner.payload);
                }
                break;
            }
            case NFTA_CHAIN_HOOK:
                for (Attribute inner; next_attribute(a.payload, inner);) {
                    if (inner.type == NFTA_HOOK_HOOKNUM) chain.hook = nf_word(inner.payload);
                    if (inner.type == NFTA_HOOK_PRIORITY)
                        chain.priority = static_cast<std::int32_t>(nf_word(inner.payload));
                    if (inner.type == NFTA_HOOK_DEV) chain.device = text_of(inner.payload);
                }
                break;
            default: break;
        }
    }
    return chain;
}

std::optional<NfSet> nf_set(Bytes message) {
    if (message.size() < sizeof(nfgenmsg)) return std::nullopt;
    NfSet set;
    set.family = front<nfgenmsg>(message).nfgen_family;
    Bytes rest = attributes(message, sizeof(nfgenmsg));
    for (Attribute a; next_attribute(rest, a);) {
        switch (a.type) {
            case NFTA_SET_TABLE: set.table = text_of(a.payload); break;
            case NFTA_SET_NAME: set.name = text_of(a.payload); break;
            case NFTA_SET_FLAGS: set.flags = nf_word(a.payload); break;
            case NFTA_SET_KEY_TYPE: set.key_type = nf_word(a.payload); break;
            case NFTA_SET_DATA_TYPE: set.data_type = nf_word(a.payload); break;
            default: break;
        }
    }
    return set;
}

void nf_add_elements(Bytes message, std::vector<NfSet>& sets) {
    if (message.size() < sizeof(nfgenmsg)) return;
    const auto family = front<nfgenmsg>(message).nfgen_family;
    std::string_view table, name;
    Bytes list;
    Bytes rest = attributes(message, sizeof(nfgenmsg));
    for (Attribute a; next_attribute(rest, a);) {
        if (a.type == NFTA_SET_ELEM_LIST_TABLE) table = text_of(a.payload);
        if (a.type == NFTA_SET_ELEM_LIST_SET) name = text_of(a.payload);
        if (a.type == NFTA_SET_ELEM_LIST_ELEMENTS) list = a.payload;
    }
    for (auto& set : sets) {
        if (set.family != family || set.table != table || set.name != name) continue;
        for (Attribute a; next_attribute(list, a);) set.elements.push_back(element(a.payload));
        return;
    }
}

}  // namespace limpet::parse
