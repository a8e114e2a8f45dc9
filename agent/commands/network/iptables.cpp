// iptables.cpp - iptables(8) and ip6tables(8), read-only.
#include "commands/json.h"
#include "commands/network/netfilter.h"
#include "commands/table.h"

#include <linux/netfilter.h>

#include <algorithm>
#include <array>

namespace limpet::commands {
namespace {

using parse::IpChain;
using parse::IpOption;
using parse::IpRule;
using parse::IpTable;

// How -L says an option; what is not here is its name and its value.
struct Said {
    std::string_view flag, words;
};
constexpr Said said[]{{"sport", "spt:"},
                      {"dport", "dpt:"},
                      {"icmp-type", "icmptype "},
                      {"icmpv6-type", "ipv6-icmptype "},
                      {"to-destination", "to:"},
                      {"to-source", "to:"},
                      {"to-ports", "redir ports "},
                      {"mark", "mark match "},
                      {"limit", "limit: avg "},
                      {"limit-burst", "burst "},
                      {"set-xmark", "MARK xset "},
                      {"log-prefix", "LOG prefix "}};

class Printer {
public:
    Printer(Invocation& call, const IpTable& table)
        : call_(call),
          table_(table),
          numeric_(call.options.has('n')),
          verbose_(call.options.has('v')),
          exact_(call.options.has('x')) {}

    void specifications(std::string_view only) {
        const auto shows = [&](const IpChain& chain) { return only.empty() || only == chain.name; };
        for (const auto& chain : table_.chains) {
            if (!shows(chain)) continue;
            line_ = chain.policy.empty() ? "-N " : "-P ";
            put(chain.name);
            if (!chain.policy.empty()) put_word(chain.policy);
            if (verbose_ && !chain.policy.empty()) counters(chain.packets, chain.bytes);
            write();
        }
        for (const auto& chain : table_.chains) {
            if (!shows(chain)) continue;
            for (const auto& rule : chain.rules) {
                specification(chain, rule);
                write();
            }
        }
    }

    void list(const IpChain& chain) {
        line_ = "Chain ";
        put(chain.name);
        if (chain.policy.empty()) {
            line_ += " (" + std::to_string(references(chain.name)) + " references)";
        } else {
            line_ += " (policy " + chain.policy;
            if (verbose_) {
                line_ +=
                    ' ' + amount(chain.packets) + " packets, " + amount(chain.bytes) + " bytes";
            }
            line_ += ')';
        }
        write();
        if (call_.options.has("line-numbers")) field("num", -4);
        if (verbose_) {
            field("pkts", 5);
            field("bytes", 5);
        }
        field("target", -10);
        line_ += "prot opt ";
        if (verbose_) {
            field("in", -6);
            field("out", -6);
        }
        field("source", -20);
        field("destination", -20);
        write();
        for (std::size_t i = 0; i < chain.rules.size(); ++i) row(chain.rules[i], i + 1);
    }

    void json(std::string_view only) {
        for (const auto& chain : table_.chains) {
            if (!only.empty() && chain.name != only) continue;
            const auto begin = [&] {
                JsonObject object;
                object.text("table", table_.name).text("chain", chain.name);
                return object.boolean("legacy", table_.older);
            };
            const auto write_object = [&](JsonObject& object, auto& counted) {
                object.number("packets", counted.packets).number("bytes", counted.bytes);
                call_.out.write(object.take());
                call_.out.put('\n');
            };
            auto head = begin();
            chain.policy.empty() ? head.null("policy") : head.text("policy", chain.policy);
            write_object(head.null("rule"), chain);
            for (const auto& rule : chain.rules) {
                specification(chain, rule);
                auto object = begin();
                object.null("policy").text("rule", std::exchange(line_, {}));
                object.text("target", rule.target);
                write_object(object, rule);
            }
        }
    }

private:
    void put(std::string_view text) { line_ += visible(text); }
    void put_word(std::string_view text) {
        line_ += ' ';
        put(text);
    }
    void write() {
        line_ += '\n';
        call_.out.write(std::exchange(line_, {}));
    }
    // Left-aligned when the width is negative; a blank behind it.
    void field(std::string_view text, int width) {
        const auto shown = visible(text);
        const auto size = static_cast<std::size_t>(std::abs(width));
        const auto room = size > shown.size() ? size - shown.size() : 0;
        if (width > 0) line_.append(room, ' ');
        line_ += shown;
        if (width < 0) line_.append(room, ' ');
        line_ += ' ';
    }
    [[nodiscard]] std::string amount(std::uint64_t value) const {
        const char* unit = "KMGT";
        if (exact_ || value <= 99999) return std::to_string(value);
        for (; value = (value + 500) / 1000, value > 9999 && unit[1] != '\0'; ++unit) {
        }
        return std::to_string(value) + *unit;
    }
    void counters(std::uint64_t packets, std::uint64_t bytes) {
        line_ += " -c " + std::to_string(packets) + ' ' + std::to_string(bytes);
    }
    [[nodiscard]] std::size_t references(std::string_view name) const {
        std::size_t count = 0;
        for (const auto& chain : table_.chains) {
            count +=
                static_cast<std::size_t>(std::ranges::count(chain.rules, name, &IpRule::target));
        }
        return count;
    }

    // "! -s 10.0.0.0/8", a host with the length of its prefix.
    void condition(const char* flag, std::string_view value, bool address = false) {
        if (value.empty()) return;
        if (value.starts_with('!')) line_ += " !";
        line_ += flag;
        put(value.substr(value.starts_with('!')));
        if (address && value.find('/') == value.npos && value.find('-') == value.npos) {
            line_ += table_.family == NFPROTO_IPV6 ? "/128" : "/32";
        }
    }
    void option(const IpOption& one) {
        if (*one.flag == '\0') return;
        if (one.inverted) line_ += " !";
        line_ += " --";
        line_ += one.flag;
        put_word(one.value);
    }
    void specification(const IpChain& chain, const IpRule& rule) {
        line_ = "-A ";
        put(chain.name);
        condition(" -s ", rule.source, true);
        condition(" -d ", rule.destination, true);
        condition(" -i ", rule.in);
        condition(" -o ", rule.out);
        condition(" -p ", rule.protocol);
        std::string_view module;
        for (const auto& one : rule.options) {
            if (one.of_target) continue;
            if (one.module != module) line_ += " -m " + visible(one.module);
            module = one.module;
            option(one);
        }
        if (verbose_) counters(rule.packets, rule.bytes);
        if (rule.target.empty()) return;
        line_ += rule.goes ? " -g " : " -j ";
        put(rule.target);
        for (const auto& one : rule.options) {
            if (one.of_target) option(one);
        }
    }

    // "tcp dpts:1000:2000", "/* a comment */"
    void detail(const IpOption& one, std::string_view before) {
        if (one.flag == std::string_view("comment")) {
            line_ += " /* " + visible(std::string_view(one.value).substr(1, one.value.size() - 2)) +
                     " */";
            return;
        }
        const bool heads = one.module == "tcp" || one.module == "udp" ||
                           one.module == "multiport" || *one.flag == '\0';
        if (one.module != before && heads) put_word(one.module);
        if (one.module != before && one.module == "addrtype") line_ += " ADDRTYPE match";
        if (*one.flag == '\0') return;
        line_ += ' ';
        if (!one.listed.empty()) {
            line_ += one.listed;
            return;
        }
        const auto* known = std::ranges::find(said, std::string_view(one.flag), &Said::flag);
        if (known == std::end(said)) {
            line_ += one.inverted ? "! " : "";
            line_ += one.flag;
            line_ += ' ';
        } else {
            const bool range =
                known->words.ends_with("pt:") && one.value.find(':') != one.value.npos;
            line_ += range ? known->words.substr(0, 3) : known->words;
            line_ += range ? "s:" : "";
            line_ += one.inverted ? "!" : "";
        }
        put(one.value);
    }
    void end(std::string_view address) {
        // The place in front of it is for what says that it is not meant.
        const bool six = table_.family == NFPROTO_IPV6;
        line_.back() = address.starts_with('!') ? '!' : ' ';
        field(address.empty() ? (!numeric_ ? "anywhere"
                                 : six     ? "::/0"
                                           : "0.0.0.0/0")
                              : address.substr(address.starts_with('!')),
              -20);
    }
    // With -n its number, as iptables has it since 1.8.9.
    [[nodiscard]] std::string protocol(const std::string& name) const {
        if (!numeric_) return name.empty() ? "all" : name;
        const std::string inverted(name.starts_with('!') ? "!" : "");
        return inverted + std::to_string(parse::ip_protocol_number(
                              std::string_view(name).substr(inverted.size())));
    }
    void row(const IpRule& rule, std::size_t number) {
        if (call_.options.has("line-numbers")) field(std::to_string(number), -4);
        if (verbose_) {
            field(amount(rule.packets), 5);
            field(amount(rule.bytes), 5);
        }
        field(rule.target, -10);
        field(protocol(rule.protocol), -4);
        line_ += "--  ";
        if (verbose_) {
            field(rule.in.empty() ? (numeric_ ? "*" : "any") : rule.in, -6);
            field(rule.out.empty() ? (numeric_ ? "*" : "any") : rule.out, -6);
        }
        end(rule.source);
        end(rule.destination);
        std::string_view before;
        for (const bool of_target : {false, true}) {
            for (const auto& one : rule.options) {
                if (one.of_target != of_target) continue;
                detail(one, before);
                before = one.module;
            }
        }
        if (rule.goes) line_ += " [goto]";
        write();
    }

    Invocation& call_;
    const IpTable& table_;
    bool numeric_, verbose_, exact_;
    std::string line_;
};

int run(Invocation& call) {
    const bool six = call.command.name == "ip6tables";
    const bool list = call.options.has('L');
    const bool specify = call.options.has('S') || call.options.has("list-rules");
    if (!list && !specify && !call.json()) {
        return call.misused("it only lists (-L, -S): nothing of the target is changed");
    }
    if (call.operands.size() > 1) return call.misused("one chain at a time");
    const auto only =
        call.operands.empty() ? std::string_view() : std::string_view(call.operands[0]);
    const auto name = call.options.value('t').value_or("filter");
    if (std::ranges::find(iptables_names, name) == iptables_names.end()) {
        return call.misused("there is no table '" + std::string(name) + "'");
    }
    const auto all = read_netfilter();
    // Of a kernel without nf_tables there is the older one to tell of.
    if (!all && all.error().code != EPROTONOSUPPORT && all.error().code != EINVAL) {
        call.complain(all.error());
        return 1;
    }
    bool any = false, found = false;
    const auto tables = iptables_of(all.value_or(Netfilter{}), six ? NFPROTO_IPV6 : NFPROTO_IPV4);
    for (const auto& table : tables) {
        if (table.name != name) continue;
        if (std::exchange(any, true) && !call.json()) call.out.write("# of iptables-legacy:\n");
        Printer printer(call, table);
        if (call.json()) {
            printer.json(only);
        } else if (specify) {
            printer.specifications(only);
        }
        bool first = true;
        for (const auto& chain : table.chains) {
            if (!only.empty() && chain.name != only) continue;
            found = true;
            if (specify || call.json()) continue;
            if (!std::exchange(first, false)) call.out.put('\n');
            printer.list(chain);
        }
    }
    if (!any) {
        call.error.write(std::string(call.command.name) +
                         ": neither nf_tables nor ip_tables has a table " + std::string(name) +
                         " here: no packet meets a rule of it\n");
    } else if (!only.empty() && !found) {
        call.complain("there is no chain '" + std::string(only) + "'");
    }
    return call.status;
}

constexpr Option options[]{
    {'L', "list", "", "the chains and their rules, as a table"},
    {'S', "list-rules", "", "the same as options of iptables"},
    {'t', "table", "TABLE", "filter (default), nat, mangle, raw or security"},
    {'n', "numeric", "", "numbers for protocols too; addresses and ports are always numbers"},
    {'v', "verbose", "", "counters and interfaces as well"},
    {'x', "exact", "", "counters in full"},
    {0, "line-numbers", "", "the number of each rule"},
    json_option,
};

constexpr const char* help =
    "Rules that iptables-nft and iptables-legacy have made; nft tells of all others. Extensions\n"
    "that are not known are named without what they were told. The kernel tells rules only to\n"
    "who might change them, so in a target it needs --allow modify.\n"
    "JSON fields: table, chain, legacy, policy (null of a chain of one's own, and of rules), rule\n"
    "(as -S has it; null of a chain), target, packets, bytes.\n"
    "\nExample:\n  iptables -t nat -nvL\n";

constexpr Command iptables{
    .name = "iptables",
    .usage = "-L|-S [CHAIN] [-t TABLE] [-nvx] [--line-numbers] [-o json]",
    .summary = "list the rules of iptables",
    .theme = "network",
    .promise = Promise::network,
    .run = run,
    .options = option_table<options>,
    .help = help,
};
const Register registered{iptables};

constexpr Command ip6tables{
    .name = "ip6tables",
    .usage = iptables.usage,
    .summary = "list the rules of ip6tables",
    .theme = "network",
    .promise = Promise::network,
    .run = run,
    .options = option_table<options>,
    .help = help,
};
const Register registered_six{ip6tables};

}  // namespace
}  // namespace limpet::commands
