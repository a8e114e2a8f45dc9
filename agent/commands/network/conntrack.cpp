// conntrack.cpp - conntrack(8), read-only: the connections that netfilter follows.
#include "commands/json.h"
#include "commands/process/process.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/lines.h"
#include "parse/number.h"

namespace limpet::commands {
namespace {

Result<std::uint64_t> parameter(Invocation& call, const std::string& name) {
    auto text = TRY(call.target.procfs.read("sys/net/netfilter/" + name, limits::small_file));
    const auto number =
        parse::number<std::uint64_t>(std::string_view(text).substr(0, text.find('\n')));
    if (!number) return refused(name, "is no number");
    return *number;
}

// FAMILY NUMBER PROTOCOL NUMBER SECONDS [STATE] src=… dst=… … src=… … [ASSURED] mark=0 zone=0 use=2
struct Entry {
    std::string_view family, protocol, rest;
};

Entry entry_of(std::string_view line) {
    Entry entry;
    entry.family = parse::take_word(line);
    parse::take_word(line);
    entry.rest = parse::trimmed(line);
    entry.protocol = parse::take_word(line);
    return entry;
}

// The first "src=" is of who began, the second of the answers.
std::optional<std::string_view> first(std::string_view rest, std::string_view key) {
    for (auto word = parse::take_word(rest); !word.empty(); word = parse::take_word(rest)) {
        if (word.starts_with(key) && word.substr(key.size()).starts_with('='))
            return word.substr(key.size() + 1);
    }
    return std::nullopt;
}

bool wanted(const Options& given, const Entry& entry) {
    if (const auto family = given.value('f'); family && *family != entry.family) return false;
    if (const auto protocol = given.value('p'); protocol && *protocol != entry.protocol)
        return false;
    constexpr std::pair<std::string_view, std::string_view> keys[]{{"orig-src", "src"},
                                                                   {"orig-dst", "dst"},
                                                                   {"sport", "sport"},
                                                                   {"dport", "dport"},
                                                                   {"mark", "mark"}};
    for (const auto& [option, key] : keys) {
        if (const auto value = given.value(option); value && first(entry.rest, key) != *value)
            return false;
    }
    return true;
}

void print_json(Invocation& call, const Entry& entry) {
    JsonObject object;
    object.text("family", entry.family).text("protocol", entry.protocol);
    auto rest = entry.rest;
    parse::take_word(rest);
    parse::take_word(rest);
    object.raw("timeout",
               std::to_string(parse::number<std::int64_t>(parse::take_word(rest)).value_or(-1)));
    std::vector<std::string> flags;
    bool reply = false;
    for (auto word = parse::take_word(rest); !word.empty(); word = parse::take_word(rest)) {
        const auto equals = word.find('=');
        if (word.starts_with('[')) {
            flags.emplace_back(word.substr(1, word.find(']') - 1));
        } else if (equals == word.npos) {
            object.text("state", word);
        } else {
            const std::string key(word.substr(0, equals));
            const bool end = key == "src" || key == "dst" || key == "sport" || key == "dport" ||
                             key == "type" || key == "code" || key == "id" || key == "packets" ||
                             key == "bytes";
            // Each of these stands twice.
            reply |= key == "src" && first(entry.rest, "src")->data() != word.data() + 4;
            object.text(reply && end ? "reply_" + key : key, word.substr(equals + 1));
        }
    }
    object.texts("flags", flags).line(call.out);
}

Result<> list(Invocation& call) {
    const auto process = TRY(open_process(call.target, call.target.inner_pid));
    const auto file = TRY(process.at.open("net/nf_conntrack", O_RDONLY));
    Input input(file, true);
    std::uint64_t shown = 0;
    for (;;) {
        const auto line = TRY(input.line());
        if (!line) break;
        const auto entry = entry_of(line->substr(0, line->find('\n')));
        if (!wanted(call.options, entry)) continue;
        ++shown;
        if (call.json()) {
            print_json(call, entry);
            continue;
        }
        // As the tool: without the family, and without zone=0.
        auto rest = entry.rest;
        const auto zone = rest.find("zone=0 ");
        call.out.write(visible(rest.substr(0, zone)));
        if (zone != rest.npos) call.out.write(visible(rest.substr(zone + 7)));
        call.out.put('\n');
    }
    if (!call.json()) {
        call.out.flush();
        call.error.print("%llu connections shown\n", static_cast<unsigned long long>(shown));
    }
    return {};
}

// A line of hexadecimal numbers for each processor.
Result<> statistics(Invocation& call) {
    const auto process = TRY(open_process(call.target, call.target.inner_pid));
    const auto text = TRY(process.at.read("net/stat/nf_conntrack", limits::small_file));
    std::string_view rest = text;
    const auto titles = parse::take_line(rest);
    for (unsigned processor = 0; !rest.empty(); ++processor) {
        auto line = parse::take_line(rest);
        auto names = titles;
        JsonObject object;
        object.number("cpu", processor);
        if (!call.json()) call.out.print("cpu=%-9u", processor);
        for (auto name = parse::take_word(names); !name.empty(); name = parse::take_word(names)) {
            const auto value = parse::number<std::uint64_t>(parse::take_word(line), 16).value_or(0);
            if (name == "entries") continue;
            object.number(name, value);
            if (!call.json())
                call.out.print(" %s=%llu", std::string(name).c_str(),
                               static_cast<unsigned long long>(value));
        }
        if (call.json()) object.line(call.out);
    }
    return {};
}

Result<> count(Invocation& call) {
    const auto number = TRY(parameter(call, "nf_conntrack_count"));
    if (call.json()) {
        const auto most = TRY(parameter(call, "nf_conntrack_max"));
        JsonObject().number("count", number).number("max", most).line(call.out);
    } else {
        call.out.print("%llu\n", static_cast<unsigned long long>(number));
    }
    return {};
}

int run(Invocation& call) {
    const auto& given = call.options;
    for (const char letter : {'D', 'F', 'I', 'U', 'E'}) {
        if (given.has(letter))
            return call.misused("it only shows: nothing of the target is changed");
    }
    const bool word = call.operands.size() == 1 && call.operands[0] == "count";
    if (!call.operands.empty() && !word)
        return call.misused("'" + call.operands[0] + "' is not understood");
    const auto done = given.has('C') || word ? count(call)
                      : given.has('S')       ? statistics(call)
                                             : list(call);
    if (!done && done.error().code == ENOENT) {
        call.complain("the kernel follows no connections here, or does not tell of them in /proc");
    } else if (!done) {
        call.complain(done.error());
    }
    return call.status;
}

constexpr Option options[]{
    {'L', "dump", "", "the connections, as without"},
    {'C', "count", "", "how many there are"},
    {'S', "stats", "", "counters of each processor"},
    {'f', "family", "FAMILY", "ipv4 or ipv6"},
    {'p', "proto", "PROTOCOL", "tcp, udp, icmp"},
    {'s', "orig-src", "ADDRESS", "only from that one"},
    {'d', "orig-dst", "ADDRESS", "only to that one"},
    {0, "sport", "PORT", "only from that port"},
    {0, "dport", "PORT", "only to that port"},
    {'m', "mark", "MARK", "only with that mark"},
    {'D', "delete", "", "refused, as -F, -I, -U and -E: nothing is changed"},
    {'F', "flush", "", "refused"},
    {'I', "create", "", "refused"},
    {'U', "update", "", "refused"},
    {'E', "event", "", "refused"},
    json_option,
};

constexpr Command conntrack{
    .name = "conntrack",
    .usage =
        "[-L] [-f FAMILY] [-p PROTOCOL] [-s ADDRESS] [-d ADDRESS] [-o json]  or  conntrack "
        "-C|-S|count",
    .summary = "show the connections that netfilter follows",
    .theme = "network",
    .promise = Promise::network,
    .run = run,
    .options = option_table<options>,
    .help =
        "JSON fields of a connection: family, protocol, timeout (s), state, src, dst, sport, "
        "dport,\n"
        "type, code, id, packets, bytes, the same with reply_ in front, mark, zone, use, flags; "
        "with -C\n"
        "count, max; with -S cpu and the kernel's names.\n"
        "\nExample:\n  conntrack -L -p tcp --dport 443\n",
};
const Register registered{conntrack};

}  // namespace
}  // namespace limpet::commands
