// network/ip_neighbour.cpp - ip neighbour and ip rule, as iproute2 prints them.
#include "commands/network/ip.h"
#include "commands/table.h"

#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <strings.h>

#include <array>
#include <cstdio>

namespace limpet::commands::ip {
namespace {

constexpr std::array<std::pair<std::uint16_t, const char*>, 8> state_names{
    {{NUD_INCOMPLETE, "INCOMPLETE"},
     {NUD_REACHABLE, "REACHABLE"},
     {NUD_STALE, "STALE"},
     {NUD_DELAY, "DELAY"},
     {NUD_PROBE, "PROBE"},
     {NUD_FAILED, "FAILED"},
     {NUD_NOARP, "NOARP"},
     {NUD_PERMANENT, "PERMANENT"}}};

std::string neighbour_state(std::uint16_t state) {
    for (const auto& [bit, name] : state_names) {
        if (state & bit) return name;
    }
    return "NONE";
}

std::string ip_protocol(std::uint8_t protocol) {
    switch (protocol) {
        case IPPROTO_ICMP: return "icmp";
        case IPPROTO_TCP: return "tcp";
        case IPPROTO_UDP: return "udp";
        case IPPROTO_ICMPV6: return "ipv6-icmp";
        case IPPROTO_SCTP: return "sctp";
        default: return std::to_string(protocol);
    }
}

std::string action_name(const parse::Rule& rule) {
    switch (rule.action) {
        case FR_ACT_TO_TBL: return "lookup";
        case FR_ACT_BLACKHOLE: return "blackhole";
        case FR_ACT_UNREACHABLE: return "unreachable";
        case FR_ACT_PROHIBIT: return "prohibit";
        case FR_ACT_GOTO: return "goto";
        case FR_ACT_NOP: return "nop";
        default: return std::to_string(rule.action);
    }
}

std::string range_text(const parse::Rule::Range& range) {
    auto text = std::to_string(range.first);
    if (range.last != range.first) text += "-" + std::to_string(range.last);
    return text;
}

void put_ports(JsonObject& object, std::string& line, std::string_view name,
               const std::optional<parse::Rule::Range>& range) {
    if (!range) return;
    line += ' ';
    line += name;
    line += ' ';
    line += range_text(*range);
    if (range->first == range->last) {
        object.number(name, range->first);
    } else {
        object.number(std::string(name) + "_start", range->first)
            .number(std::string(name) + "_end", range->last);
    }
}

// Both forms of one rule.
std::string rule_line(const parse::Rule& rule, JsonObject& object) {
    const bool inverted = rule.flags & FIB_RULE_INVERT;
    const unsigned whole = rule.family == AF_INET ? 32 : 128;
    object.number("priority", rule.priority);
    std::string line = std::to_string(rule.priority) + ":\t";
    if (inverted) {
        object.null("not");
        line += "not ";
    }
    const auto end = [&](std::string_view name, const std::optional<parse::Address>& address,
                         std::uint8_t length) {
        object.text(name, address ? parse::text(*address) : "all");
        if (address && length != whole) object.number(std::string(name) + "len", length);
        return address ? prefix_text(address, length, rule.family) : "all";
    };
    line += "from " + end("src", rule.source, rule.source_prefix);
    if (rule.destination) line += " to " + end("dst", rule.destination, rule.destination_prefix);
    if (rule.service) {
        char text[16];
        std::snprintf(text, sizeof text, "%#04x", unsigned{rule.service});
        object.text("tos", text);
        line += " tos ";
        line += text;
    }
    if (rule.mark) {
        object.text("fwmark", hexadecimal(*rule.mark));
        line += " fwmark " + hexadecimal(*rule.mark);
        if (rule.mask.value_or(0xffffffff) != 0xffffffff) {
            object.text("fwmask", hexadecimal(*rule.mask));
            line += "/" + hexadecimal(*rule.mask);
        }
    }
    if (!rule.input.empty()) {
        object.text("iif", rule.input);
        line += " iif " + visible(rule.input);
    }
    if (!rule.output.empty()) {
        object.text("oif", rule.output);
        line += " oif " + visible(rule.output);
    }
    if (rule.uids) {
        object.number("uid_start", rule.uids->first).number("uid_end", rule.uids->last);
        line +=
            " uidrange " + std::to_string(rule.uids->first) + "-" + std::to_string(rule.uids->last);
    }
    if (rule.protocol) {
        const auto name = ip_protocol(rule.protocol);
        object.text("ipproto", name);
        line += " ipproto " + name;
    }
    put_ports(object, line, "sport", rule.source_ports);
    put_ports(object, line, "dport", rule.destination_ports);
    const auto action = action_name(rule);
    if (rule.action == FR_ACT_TO_TBL) {
        object.text("table", table_name(rule.table));
        line += " lookup " + table_name(rule.table);
        if (rule.suppress_prefix) {
            object.number("suppress_prefixlen", *rule.suppress_prefix);
            line += " suppress_prefixlength " + std::to_string(*rule.suppress_prefix);
        }
    } else if (rule.action == FR_ACT_GOTO && rule.go_to) {
        object.number("goto", *rule.go_to);
        line += " goto " + std::to_string(*rule.go_to);
    } else {
        object.text("action", action);
        line += " " + action;
    }
    return line;
}

}  // namespace

std::string hexadecimal(std::uint32_t value) {
    char text[16];
    std::snprintf(text, sizeof text, "%#x", value);
    return text;
}

std::optional<std::uint16_t> neighbour_states(std::string_view word) {
    if (word == "all") return 0xffff;
    for (const auto& [bit, name] : state_names) {
        if (::strncasecmp(name, word.data(), word.size()) == 0 && std::strlen(name) == word.size())
            return bit;
    }
    return std::nullopt;
}

Result<> show_neighbours(Invocation& call, const View& view, const Net& net) {
    Objects objects(call, view);
    const int family = view.four == view.six ? AF_UNSPEC : view.four ? AF_INET : AF_INET6;
    TRY(dump(net, RTM_GETNEIGH, family, [&](parse::Bytes message) {
        const auto neighbour = parse::neighbour(message);
        if (!neighbour) return;
        // As iproute2: entries of multicast and loopback need no resolution and are left out.
        const bool plain = neighbour->state != NUD_NONE && !(neighbour->state & NUD_NOARP);
        if (view.states ? !(neighbour->state & view.states) : !plain) return;
        if (view.to && !parse::within(neighbour->address, *view.to)) return;
        const auto device = net.name(neighbour->index);
        if (!view.device.empty() && device != view.device) return;
        const auto state = neighbour_state(neighbour->state);
        JsonObject object;
        object.text("dst", parse::text(neighbour->address));
        std::string line = parse::text(neighbour->address);
        if (view.device.empty()) {
            object.text("dev", device);
            line += " dev " + visible(device);
        }
        if (!neighbour->link_address.empty()) {
            object.text("lladdr", neighbour->link_address);
            line += " lladdr " + neighbour->link_address;
        }
        if (neighbour->flags & NTF_ROUTER) {
            object.null("router");
            line += " router";
        }
        if (view.statistics) {
            if (neighbour->references) {
                object.number("refcnt", neighbour->references);
                line += " ref " + std::to_string(neighbour->references);
            }
            object.number("used", neighbour->used).number("confirmed", neighbour->confirmed);
            object.number("updated", neighbour->updated).number("probes", neighbour->probes);
            char times[80];
            std::snprintf(times, sizeof times, " used %u/%u/%u probes %u", neighbour->used,
                          neighbour->confirmed, neighbour->updated, neighbour->probes);
            line += times;
        }
        object.texts("state", {state});
        if (view.json()) return objects.add(std::move(object));
        call.out.write(line + " " + state + '\n');
    }));
    objects.finish();
    return {};
}

Result<> show_rules(Invocation& call, const View& view, const Net& net) {
    Objects objects(call, view);
    const auto one_family = [&](int family) {
        return dump(net, RTM_GETRULE, family, [&](parse::Bytes message) {
            const auto rule = parse::rule(message);
            if (!rule || rule->family != family) return;
            JsonObject object;
            const auto line = rule_line(*rule, object);
            if (view.json()) return objects.add(std::move(object));
            call.out.write(line + '\n');
        });
    };
    if (view.four || !view.six) TRY(one_family(AF_INET));
    if (view.six) TRY(one_family(AF_INET6));
    objects.finish();
    return {};
}

}  // namespace limpet::commands::ip
