// parse/nf_rule.cpp - one rule of netfilter in the words of nft(8): its expressions in a row, each
// of which puts something into a register, compares one, or does something.
#include "parse/nf_fields.h"
#include "parse/nf_tables.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <array>
#include <span>

namespace limpet::parse {
namespace {

class Reader {
public:
    Reader(NfRule& rule, const std::vector<NfSet>& sets) : rule_(rule), sets_(sets) {}

    void expression(std::string_view name, const NfAttributes& a) {
        if (name == "payload") return payload(a);
        if (name == "meta")
            return loaded(a, nf_meta_names, NFTA_META_DREG, NFTA_META_KEY, NFTA_META_SREG);
        if (name == "ct") return loaded(a, nf_ct_names, NFTA_CT_DREG, NFTA_CT_KEY, NFTA_CT_SREG);
        if (name == "bitwise") return bitwise(a);
        if (name == "cmp") return compare(a);
        if (name == "range") return range(a);
        if (name == "lookup") return lookup(a);
        if (name == "immediate") return immediate(a);
        if (name == "counter") return counter(a);
        if (name == "nat") return nat(a);
        if (name == "reject") return reject(a);
        if (name == "limit") return limit(a);
        if (name == "fib") return fib(a);
        piece(other(name, a));
    }

private:
    NfRegister& at(std::uint32_t number) {
        // Four registers of sixteen bytes, or sixteen of four in the same place.
        const auto index = number >= NFT_REG32_00 ? number - NFT_REG32_00
                           : number >= 1          ? (number - 1) * 4
                                                  : 20;
        return registers_[std::min<std::size_t>(index, registers_.size() - 1)];
    }
    void piece(std::string text) { rule_.pieces.push_back(std::move(text)); }

    void payload(const NfAttributes& a) {
        const auto base = a.word(NFTA_PAYLOAD_BASE);
        const auto offset = a.word(NFTA_PAYLOAD_OFFSET);
        const auto length = a.word(NFTA_PAYLOAD_LEN);
        if (!a.has(NFTA_PAYLOAD_DREG)) return piece("payload set");
        const bool network = base == NFT_PAYLOAD_NETWORK_HEADER;
        const std::uint8_t family = family_ ? family_ : rule_.family == NFPROTO_IPV6 ? 6 : 4;
        const auto wanted = network ? family : protocol_;
        const NfField* found = nullptr;
        for (const auto& field : nf_fields) {
            const bool address = field.type == NfType::four || field.type == NfType::six;
            // A prefix of whole bytes is compared by them alone.
            const bool fits = field.length == length || (address && length < field.length);
            if (field.base != base || field.offset != offset || !fits) continue;
            if (field.protocol && field.protocol != wanted) continue;
            found = &field;
            break;
        }
        auto& place = at(a.word(NFTA_PAYLOAD_DREG));
        place = {};
        place.size = length;
        if (found) {
            place.text = found->text;
            place.type = found->type;
            // What only said that there is such a header at all is left out.
            const bool said = implied_.starts_with("meta nfproto") == network;
            if (found->protocol && said && !rule_.pieces.empty() && rule_.pieces.back() == implied_)
                rule_.pieces.pop_back();
            return;
        }
        constexpr std::array<std::string_view, 4> bases{"ll", "nh", "th", "ih"};
        place.text = "@" + std::string(bases[std::min<std::size_t>(base, 3)]) + "," +
                     std::to_string(offset * 8) + "," + std::to_string(length * 8);
    }

    void loaded(const NfAttributes& a, std::span<const NfName> names, std::size_t to,
                std::size_t key, std::size_t from) {
        const auto found = std::ranges::find(names, a.word(key), &NfName::number);
        const bool known = found != names.end();
        std::string text = known ? std::string(found->text) : "meta " + std::to_string(a.word(key));
        const auto type = known ? found->type : NfType::native;
        if (a.has(to)) {
            at(a.word(to)) = {.text = std::move(text), .type = type};
        } else {
            piece(text + " set " + nf_value(type, at(a.word(from)).bytes));
        }
    }

    void bitwise(const NfAttributes& a) {
        auto place = at(a.word(NFTA_BITWISE_SREG));
        place.mask = a.value(NFTA_BITWISE_MASK);
        at(a.word(NFTA_BITWISE_DREG)) = std::move(place);
    }

    // "10.0.0.0/8" of an address and a mask, or of the bytes that are compared.
    static std::optional<std::string> prefix(const NfRegister& place, std::string value) {
        const std::size_t size = place.type == NfType::four  ? 4
                                 : place.type == NfType::six ? 16
                                                             : 0;
        if (size == 0) return std::nullopt;
        std::size_t bits = value.size() * 8;
        if (!place.mask.empty()) {
            bits = 0;
            for (const char byte : place.mask)
                bits +=
                    static_cast<std::size_t>(__builtin_popcount(static_cast<unsigned char>(byte)));
        }
        value.resize(size, '\0');
        auto text = nf_value(place.type, value);
        if (bits < size * 8) text += "/" + std::to_string(bits);
        return text;
    }

    void compare(const NfAttributes& a) {
        constexpr std::array<std::string_view, 6> signs{"", "!= ", "< ", "<= ", "> ", ">= "};
        const auto& place = at(a.word(NFTA_CMP_SREG));
        const auto operation = a.word(NFTA_CMP_OP);
        const auto value = a.value(NFTA_CMP_DATA);
        std::string sign(operation < signs.size() ? signs[operation] : "? ");
        if (place.text == "meta nfproto") {
            const auto family = front<std::uint8_t>(std::as_bytes(std::span(value)));
            family_ = family == NFPROTO_IPV6 ? 6 : 4;
            implied_ = "meta nfproto " + std::string(family_ == 6 ? "ipv6" : "ipv4");
            return piece(implied_);
        }
        const bool header = place.text == "meta l4proto" || place.text == "ip protocol" ||
                            place.text == "ip6 nexthdr";
        std::string text;
        if (place.type == NfType::ct_state && !place.mask.empty()) {
            // Any of these bits.
            text = (operation == NFT_CMP_NEQ ? "" : "! ") + nf_value(place.type, place.mask);
        } else if (auto whole = prefix(place, value)) {
            text = sign + *whole;
        } else if (!place.mask.empty()) {
            text = "& " + nf_value(place.type, place.mask) +
                   (operation == NFT_CMP_NEQ ? " != " : " == ") + nf_value(place.type, value);
        } else {
            text = sign + nf_value(place.type, value);
        }
        // From here to there: two comparisons of the same.
        auto first = place.text + " >= ";
        if (operation == NFT_CMP_LTE && !rule_.pieces.empty() &&
            rule_.pieces.back().starts_with(first)) {
            rule_.pieces.back().erase(place.text.size() + 1, 3);
            rule_.pieces.back() += "-" + nf_value(place.type, value);
            return;
        }
        piece(place.text + " " + text);
        if (header && operation == NFT_CMP_EQ) {
            protocol_ = front<std::uint8_t>(std::as_bytes(std::span(value)));
            rule_.protocol = protocol_;
            implied_ = rule_.pieces.back();
        }
    }

    void range(const NfAttributes& a) {
        const auto& place = at(a.word(NFTA_RANGE_SREG));
        piece(place.text + (a.word(NFTA_RANGE_OP) == NFT_RANGE_NEQ ? " != " : " ") +
              nf_value(place.type, a.value(NFTA_RANGE_FROM_DATA)) + "-" +
              nf_value(place.type, a.value(NFTA_RANGE_TO_DATA)));
    }

    void lookup(const NfAttributes& a) {
        const auto name = text_of(a[NFTA_LOOKUP_SET]);
        const auto first = a.word(NFTA_LOOKUP_SREG);
        auto text = at(first).text;
        std::string set = "@" + std::string(name);
        for (const auto& one : sets_) {
            if (one.name != name || one.table != rule_.table || one.family != rule_.family)
                continue;
            // The other parts of a key are in the registers behind.
            auto number = first >= NFT_REG32_00 ? first : NFT_REG32_00 + (first - 1) * 4;
            for (auto rest = one.key_type >> 6; rest; rest >>= 6) {
                number +=
                    static_cast<std::uint32_t>(std::max<std::size_t>((at(number).size + 3) / 4, 1));
                text += " . " + at(number).text;
            }
            if (!(one.flags & NFT_SET_ANONYMOUS)) break;
            set = "{ ";
            for (const auto& each : nf_elements(one)) set += (set.size() > 2 ? ", " : "") + each;
            set += " }";
        }
        if (a.word(NFTA_LOOKUP_FLAGS) & NFT_LOOKUP_F_INV) text += " !=";
        const bool maps = a.has(NFTA_LOOKUP_DREG);
        const auto to = a.word(NFTA_LOOKUP_DREG);
        if (maps && to != NFT_REG_VERDICT) {
            at(to) = {.text = text + " map " + set};
            return;
        }
        piece(text + (maps ? " vmap " : " ") + set);
    }

    void immediate(const NfAttributes& a) {
        const auto verdict = nf_verdict(a[NFTA_IMMEDIATE_DATA]);
        if (verdict.empty()) {
            at(a.word(NFTA_IMMEDIATE_DREG)) = {.bytes = a.value(NFTA_IMMEDIATE_DATA)};
        } else {
            rule_.verdict = verdict;
            piece(verdict);
        }
    }

    void counter(const NfAttributes& a) {
        rule_.counter = {nf_long(a[NFTA_COUNTER_PACKETS]), nf_long(a[NFTA_COUNTER_BYTES])};
        piece("counter packets " + std::to_string(rule_.counter->first) + " bytes " +
              std::to_string(rule_.counter->second));
    }

    // A value that was put into a register, or what it comes from.
    std::string from(const NfAttributes& a, std::size_t number, NfType type) {
        const auto& place = at(a.word(number));
        return place.text.empty() ? nf_value(type, place.bytes) : place.text;
    }

    std::string ports(const NfAttributes& a, std::size_t least, std::size_t most) {
        if (!a.has(least)) return {};
        auto text = ":" + from(a, least, NfType::big);
        if (a.has(most) && a.word(most) != a.word(least)) text += "-" + from(a, most, NfType::big);
        return text;
    }

    void nat(const NfAttributes& a) {
        std::string text(a.word(NFTA_NAT_TYPE) == NFT_NAT_SNAT ? "snat" : "dnat");
        const bool six = a.word(NFTA_NAT_FAMILY) == NFPROTO_IPV6;
        const auto type = six ? NfType::six : NfType::four;
        if (rule_.family == NFPROTO_INET) text += six ? " ip6" : " ip";
        text += " to ";
        if (a.has(NFTA_NAT_REG_ADDR_MIN)) {
            auto address = from(a, NFTA_NAT_REG_ADDR_MIN, type);
            const bool port = a.has(NFTA_NAT_REG_PROTO_MIN);
            text += six && port ? "[" + address + "]" : address;
            if (a.has(NFTA_NAT_REG_ADDR_MAX) &&
                a.word(NFTA_NAT_REG_ADDR_MAX) != a.word(NFTA_NAT_REG_ADDR_MIN))
                text += "-" + from(a, NFTA_NAT_REG_ADDR_MAX, type);
        }
        rule_.verdict = text + ports(a, NFTA_NAT_REG_PROTO_MIN, NFTA_NAT_REG_PROTO_MAX);
        piece(rule_.verdict);
    }

    void reject(const NfAttributes& a) {
        const auto type = a.word(NFTA_REJECT_TYPE);
        const auto code = front<std::uint8_t>(a[NFTA_REJECT_ICMP_CODE]);
        const bool six = rule_.family == NFPROTO_IPV6 || family_ == 6;
        const bool both = rule_.family == NFPROTO_INET || rule_.family == NFPROTO_BRIDGE;
        std::string text = "reject";
        // What is usual needs no telling: the port is unreachable.
        if (type == NFT_REJECT_TCP_RST) {
            text += " with tcp reset";
        } else if (type == NFT_REJECT_ICMPX_UNREACH && code != NFT_REJECT_ICMPX_PORT_UNREACH) {
            constexpr std::array<std::string_view, 4> names{"no-route", "port-unreachable",
                                                            "host-unreachable", "admin-prohibited"};
            text += " with icmpx " + std::string(names[std::min<std::size_t>(code, 3)]);
        } else if (type == NFT_REJECT_ICMP_UNREACH && (both || code != (six ? 4 : 3))) {
            constexpr std::array<std::string_view, 14> names{"net-unreachable",
                                                             "host-unreachable",
                                                             "prot-unreachable",
                                                             "port-unreachable",
                                                             "",
                                                             "",
                                                             "",
                                                             "",
                                                             "",
                                                             "net-prohibited",
                                                             "host-prohibited",
                                                             "",
                                                             "",
                                                             "admin-prohibited"};
            constexpr std::array<std::string_view, 7> of_six{
                "no-route",    "admin-prohibited", "", "addr-unreachable", "port-unreachable",
                "policy-fail", "reject-route"};
            text += six ? " with icmpv6 " : " with icmp ";
            const std::string_view word = six ? code < of_six.size() ? of_six[code] : ""
                                          : code < names.size() ? names[code]
                                                                : "";
            text += word.empty() ? std::to_string(code) : std::string(word);
        }
        rule_.verdict = text;
        piece(text);
    }

    void limit(const NfAttributes& a) {
        const auto unit = nf_long(a[NFTA_LIMIT_UNIT]);
        const std::string_view name = unit == 1       ? "second"
                                      : unit == 60    ? "minute"
                                      : unit == 3600  ? "hour"
                                      : unit == 86400 ? "day"
                                                      : "week";
        const bool bytes = a.word(NFTA_LIMIT_TYPE) == NFT_LIMIT_PKT_BYTES;
        auto text = std::string("limit rate ") +
                    (a.word(NFTA_LIMIT_FLAGS) & NFT_LIMIT_F_INV ? "over " : "") +
                    std::to_string(nf_long(a[NFTA_LIMIT_RATE]));
        text += (bytes ? " bytes/" : "/") + std::string(name);
        if (const auto burst = a.word(NFTA_LIMIT_BURST); burst && burst != 5)
            text += " burst " + std::to_string(burst) + (bytes ? " bytes" : " packets");
        piece(std::move(text));
    }

    void fib(const NfAttributes& a) {
        constexpr std::array<std::string_view, 5> flags{"saddr", "daddr", "mark", "iif", "oif"};
        constexpr std::array<std::string_view, 4> results{"", "oif", "oifname", "type"};
        std::string text = "fib";
        for (std::size_t i = 0; i < flags.size(); ++i) {
            if ((a.word(NFTA_FIB_FLAGS) >> i & 1) == 0) continue;
            text += text.size() == 3 ? " " : " . ";
            text += flags[i];
        }
        const auto result = std::min<std::size_t>(a.word(NFTA_FIB_RESULT), 3);
        text += " ";
        text += results[result];
        at(a.word(NFTA_FIB_DREG)) = {.text = std::move(text),
                                     .type = result == 3   ? NfType::address_type
                                             : result == 2 ? NfType::name
                                                           : NfType::native};
    }

    // What needs no register, or is not taken apart.
    std::string other(std::string_view name, const NfAttributes& a) {
        if (name == "masq" || name == "redir") {
            const bool masks = name == "masq";
            const auto to = masks ? ports(a, NFTA_MASQ_REG_PROTO_MIN, NFTA_MASQ_REG_PROTO_MAX)
                                  : ports(a, NFTA_REDIR_REG_PROTO_MIN, NFTA_REDIR_REG_PROTO_MAX);
            rule_.verdict = masks ? "masquerade" : "redirect";
            if (!to.empty()) rule_.verdict += " to " + to;
            return rule_.verdict;
        }
        if (name == "log") {
            std::string text = "log";
            if (a.has(NFTA_LOG_PREFIX))
                text += " prefix \"" + std::string(text_of(a[NFTA_LOG_PREFIX])) + "\"";
            const auto group = a[NFTA_LOG_GROUP];
            return group.empty() ? text : text + " group " + std::to_string(nf_long(group));
        }
        if (name == "queue")
            return rule_.verdict = "queue num " + std::to_string(nf_long(a[NFTA_QUEUE_NUM]));
        if (name == "objref")
            return "counter name \"" + std::string(text_of(a[NFTA_OBJREF_IMM_NAME])) + "\"";
        if (name == "match" || name == "target") {
            auto text =
                "xt " + std::string(name) + " \"" + std::string(text_of(a[NFTA_MATCH_NAME])) + "\"";
            if (name == "target") rule_.verdict = text_of(a[NFTA_TARGET_NAME]);
            rule_.extensions.push_back({std::string(text_of(a[NFTA_MATCH_NAME])),
                                        a.raw(NFTA_MATCH_INFO), a.word(NFTA_MATCH_REV)});
            return text;
        }
        return std::string(name);
    }

    NfRule& rule_;
    const std::vector<NfSet>& sets_;
    std::array<NfRegister, 21> registers_;
    std::uint8_t family_ = 0;    // 4 or 6, once a rule of both has said so
    std::uint8_t protocol_ = 0;  // of IP, once it has said so
    std::string implied_;        // the piece that said so
};

}  // namespace

std::optional<NfRule> nf_rule(Bytes message, const std::vector<NfSet>& sets) {
    if (message.size() < sizeof(nfgenmsg)) return std::nullopt;
    NfRule rule;
    rule.family = front<nfgenmsg>(message).nfgen_family;
    Bytes expressions, words;
    Bytes rest = attributes(message, sizeof(nfgenmsg));
    for (Attribute a; next_attribute(rest, a);) {
        switch (a.type) {
            case NFTA_RULE_TABLE: rule.table = text_of(a.payload); break;
            case NFTA_RULE_CHAIN: rule.chain = text_of(a.payload); break;
            case NFTA_RULE_HANDLE: rule.handle = nf_long(a.payload); break;
            case NFTA_RULE_EXPRESSIONS: expressions = a.payload; break;
            case NFTA_RULE_USERDATA: words = a.payload; break;
            default: break;
        }
    }
    Reader reader(rule, sets);
    for (Attribute a; next_attribute(expressions, a);) {
        const NfAttributes expression(a.payload);
        reader.expression(text_of(expression[NFTA_EXPR_NAME]),
                          NfAttributes(expression[NFTA_EXPR_DATA]));
    }
    // nft's own: a type, a length, a value; type 0 is the comment.
    while (words.size() >= 2) {
        const auto type = std::to_integer<std::uint8_t>(words[0]);
        const auto size =
            std::min<std::size_t>(std::to_integer<std::uint8_t>(words[1]), words.size() - 2);
        if (type == 0) rule.comment = text_of(words.subspan(2, size));
        words = words.subspan(2 + size);
    }
    return rule;
}

}  // namespace limpet::parse
