// nft.cpp - nft(8), read-only: the rules of nf_tables.
#include "commands/json.h"
#include "commands/network/netfilter.h"
#include "commands/table.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

namespace limpet::commands {
namespace {

// "filter", "filter + 10", "-5": of what the families call so.
std::string priority_name(const parse::NfChain& chain) {
    struct Name {
        std::int32_t number;
        std::string_view name;
    };
    constexpr Name names[]{{-300, "raw"}, {-150, "mangle"}, {-100, "dstnat"},
                           {0, "filter"}, {50, "security"}, {100, "srcnat"}};
    const bool usual = chain.family == NFPROTO_INET || chain.family == NFPROTO_IPV4 ||
                       chain.family == NFPROTO_IPV6;
    for (const auto& [number, name] : names) {
        const auto apart = chain.priority - number;
        if (!usual || apart < -10 || apart > 10) continue;
        // Destinations are changed where packets come in, sources where they leave.
        const auto hook = parse::nf_hook_name(chain.family, chain.hook.value_or(0));
        if (name == "dstnat" && hook != "prerouting" && hook != "output") continue;
        if (name == "srcnat" && hook != "postrouting" && hook != "input") continue;
        std::string text(name);
        if (apart != 0) text += (apart > 0 ? " + " : " - ") + std::to_string(std::abs(apart));
        return text;
    }
    return std::to_string(chain.priority);
}

std::string_view policy_name(std::uint32_t policy) { return policy == NF_DROP ? "drop" : "accept"; }

class Printer {
public:
    Printer(Invocation& call, const Netfilter& all) : call_(call), all_(all) {}

    void table(std::uint8_t family, const std::string& name) {
        line("table " + std::string(parse::nf_family_name(family)) + " " + name + " {");
        bool any = false;
        for (const auto& set : all_.sets) {
            if (set.family != family || set.table != name || (set.flags & NFT_SET_ANONYMOUS))
                continue;
            if (std::exchange(any, true)) line("");
            put_set(set);
        }
        for (const auto& chain : all_.chains) {
            if (chain.family != family || chain.table != name || !shows(chain.name)) continue;
            if (std::exchange(any, true)) line("");
            put_chain(chain);
        }
        line("}");
    }
    std::string only_chain;

private:
    [[nodiscard]] bool shows(std::string_view chain) const {
        return only_chain.empty() || only_chain == chain;
    }
    void line(std::string_view text) {
        call_.out.write(text);
        call_.out.put('\n');
    }
    void put_set(const parse::NfSet& set) {
        const bool map = set.flags & NFT_SET_MAP;
        line(std::string(map ? "\tmap " : "\tset ") + visible(set.name) + " {");
        auto type = "\t\ttype " + parse::nf_type_name(set.key_type);
        if (map)
            type +=
                " : " + (set.data_type == NFT_DATA_VERDICT ? "verdict"
                                                           : parse::nf_type_name(set.data_type));
        line(type);
        std::string flags;
        constexpr std::pair<std::uint32_t, std::string_view> names[]{{NFT_SET_CONSTANT, "constant"},
                                                                     {NFT_SET_INTERVAL, "interval"},
                                                                     {NFT_SET_TIMEOUT, "timeout"},
                                                                     {NFT_SET_EVAL, "dynamic"}};
        for (const auto& [bit, name] : names) {
            if (set.flags & bit) flags += (flags.empty() ? "\t\tflags " : ",") + std::string(name);
        }
        if (!flags.empty()) line(flags);
        std::string elements;
        for (const auto& element : parse::nf_elements(set))
            elements += (elements.empty() ? "\t\telements = { " : ", ") + visible(element);
        if (!elements.empty()) line(elements + " }");
        line("\t}");
    }
    void put_chain(const parse::NfChain& chain) {
        line("\tchain " + visible(chain.name) + " {");
        if (chain.hook) {
            auto text = "\t\ttype " + visible(chain.type) + " hook " +
                        std::string(parse::nf_hook_name(chain.family, *chain.hook));
            if (!chain.device.empty()) text += " device \"" + visible(chain.device) + "\"";
            text += " priority " + priority_name(chain) + ";";
            if (chain.policy) text += " policy " + std::string(policy_name(*chain.policy)) + ";";
            line(text);
        }
        for (const auto& rule : all_.rules) {
            if (rule.family != chain.family || rule.table != chain.table ||
                rule.chain != chain.name)
                continue;
            std::string text = "\t\t";
            for (const auto& piece : rule.pieces)
                text += (text.size() > 2 ? " " : "") + visible(piece);
            if (!rule.comment.empty()) text += " comment \"" + visible(rule.comment) + "\"";
            if (call_.options.has('a')) text += " # handle " + std::to_string(rule.handle);
            line(text);
        }
        line("\t}");
    }
    Invocation& call_;
    const Netfilter& all_;
};

void print_json(Invocation& call, const Netfilter& all) {
    const auto put = [&](JsonObject& object) { object.line(call.out); };
    const auto begin = [](std::string_view kind, std::uint8_t family, std::string_view table) {
        JsonObject object;
        object.text("kind", kind)
            .text("family", parse::nf_family_name(family))
            .text("table", table);
        return object;
    };
    for (const auto& chain : all.chains) {
        auto object = begin("chain", chain.family, chain.table);
        object.text("chain", chain.name);
        if (chain.hook) {
            object.text("type", chain.type)
                .text("hook", parse::nf_hook_name(chain.family, *chain.hook));
            object.number("priority", chain.priority)
                .text("policy", policy_name(chain.policy.value_or(NF_ACCEPT)));
        }
        put(object);
    }
    for (const auto& set : all.sets) {
        auto object = begin("set", set.family, set.table);
        object.text("set", set.name).text("type", parse::nf_type_name(set.key_type));
        put(object.texts("elements", parse::nf_elements(set)));
    }
    for (const auto& rule : all.rules) {
        auto object = begin("rule", rule.family, rule.table);
        object.text("chain", rule.chain)
            .number("handle", rule.handle)
            .texts("expressions", rule.pieces);
        object.text("verdict", rule.verdict);
        if (!rule.comment.empty()) object.text("comment", rule.comment);
        if (rule.counter)
            object.number("packets", rule.counter->first).number("bytes", rule.counter->second);
        put(object);
    }
}

// "ruleset", "tables", "table ip filter", "chain ip filter INPUT"
int run(Invocation& call) {
    const auto& words = call.operands;
    if (words.empty() || words[0] != "list") {
        return call.misused(
            words.empty() ? "nothing to list"
                          : "'" + words[0] + "': it only lists: nothing of the target is changed");
    }
    const std::string kind = words.size() > 1 ? words[1] : "ruleset";
    const bool known = kind == "ruleset" || kind == "tables" || kind == "table" || kind == "chain";
    if (!known) return call.misused("'" + kind + "' is not listed (ruleset, tables, table, chain)");
    auto rest = std::span(words).subspan(std::min<std::size_t>(words.size(), 2));
    // Without a family it is that of IPv4, but for the whole.
    std::string_view family;
    for (const std::string_view name : {"ip", "ip6", "inet", "arp", "bridge", "netdev"}) {
        if (!rest.empty() && rest[0] == name) family = name;
    }
    if (!family.empty()) rest = rest.subspan(1);
    const bool one = kind == "table" || kind == "chain";
    if (one && family.empty()) family = "ip";
    if (rest.size() != (kind == "table" ? 1U : kind == "chain" ? 2U : 0U))
        return call.misused("list " + kind + " takes other words");
    const auto all = read_netfilter();
    if (!all) {
        call.complain(all.error());
        return 1;
    }
    if (call.json()) {
        print_json(call, *all);
        return call.status;
    }
    Printer printer(call, *all);
    if (kind == "chain") printer.only_chain = rest[1];
    bool any = false;
    for (const auto& [number, name] : all->tables) {
        if (!family.empty() && parse::nf_family_name(number) != family) continue;
        if (one && name != rest[0]) continue;
        any = true;
        if (kind == "tables") {
            call.out.write("table " + std::string(parse::nf_family_name(number)) + " " +
                           visible(name) + "\n");
        } else {
            printer.table(number, visible(name));
        }
    }
    if (one && !any) call.complain("there is no table " + std::string(family) + " " + rest[0]);
    return call.status;
}

constexpr Option options[]{
    {'a', "handle", "", "the number of each rule"},
    {'n', "numeric", "", "numbers for ports: always so"},
    json_option,
};
constexpr Command nft{
    .name = "nft",
    .usage =
        "[-an] [-o json] list ruleset|tables [FAMILY]|table [FAMILY] TABLE|chain [FAMILY] TABLE "
        "CHAIN",
    .summary = "list the rules of netfilter",
    .theme = "network",
    .promise = Promise::network,
    .run = run,
    .options = option_table<options>,
    .help =
        "Also those that iptables(8) of today makes; their extensions are called by name (xt "
        "match).\n"
        "The kernel tells them only to who might change them, so in a target it needs --allow\n"
        "modify; CAP_NET_ADMIN is held while they are asked for, and given up before anything\n"
        "of them is read.\n"
        "JSON fields: kind (chain, set, rule), family, table; of a chain chain, type, hook, "
        "priority,\n"
        "policy; of a set set, type, elements; of a rule chain, handle, expressions, verdict, "
        "comment,\n"
        "packets, bytes.\n"
        "\nExample:\n  nft list ruleset\n",
};
const Register registered{nft};

}  // namespace
}  // namespace limpet::commands
