// hostname.cpp - the target's host name.
#include "commands/command.h"
#include "commands/container/host.h"
#include "commands/json.h"
#include "limpet/limits.h"

#include <algorithm>
#include <utility>

namespace limpet::commands {
namespace {

struct Known {
    std::string name;  // the first of its line: with the domain, when there is one
    std::vector<std::string> addresses;
};

// What the target's /etc/hosts says of it; DNS is not asked.
Known look_up(const Invocation& call, const std::string& name) {
    Known known{.name = name, .addresses = {}};
    const auto text = target::read(call.target, "/etc/hosts", limits::small_file);
    std::string_view rest = text ? std::string_view(*text) : std::string_view{};
    bool named = false;
    while (!rest.empty()) {
        const auto newline = rest.find('\n');
        auto line = rest.substr(0, newline);
        rest = newline == rest.npos ? std::string_view{} : rest.substr(newline + 1);
        line = line.substr(0, line.find('#'));
        std::vector<std::string> words;
        for (auto at = line.find_first_not_of(" \t\r"); at != line.npos;) {
            const auto end = std::min(line.find_first_of(" \t\r", at), line.size());
            words.emplace_back(line.substr(at, end - at));
            at = line.find_first_not_of(" \t\r", end);
        }
        if (words.size() < 2 || std::ranges::find(words, name) == words.end()) continue;
        if (!std::exchange(named, true)) known.name = words[1];
        known.addresses.push_back(words[0]);
    }
    return known;
}

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it only prints the name");
    auto name = host_name(call.target);
    if (!name) {
        call.complain("the target's host name cannot be read");
        return 1;
    }
    const auto known = look_up(call, *name);
    const auto dot = std::min(known.name.find('.'), known.name.size());
    const auto domain = known.name.substr(std::min(dot + 1, known.name.size()));
    if (call.json()) {
        JsonObject object;
        object.text("hostname", *name).text("fqdn", known.name).known("domain", domain);
        object.texts("addresses", known.addresses).line(call.out);
    } else if (call.options.has('i') || call.options.has('I')) {
        std::string line;
        for (const auto& address : known.addresses) line += (line.empty() ? "" : " ") + address;
        if (line.empty()) {
            call.complain("/etc/hosts has no address of " + *name);
            return 1;
        }
        call.out.write(line + '\n');
    } else if (call.options.has('d')) {
        if (!domain.empty()) call.out.write(domain + '\n');
    } else if (call.options.has('f') || call.options.has('A')) {
        call.out.write(known.name + '\n');
    } else {
        if (call.options.has('s')) name->resize(std::min(name->find('.'), name->size()));
        call.out.write(*name + '\n');
    }
    return call.status;
}

constexpr Option options[]{
    {'s', "short", "", "up to the first dot"},
    {'f', "fqdn", "", "with the domain"},
    {'f', "long", "", "the same"},
    {'d', "domain", "", "only the domain"},
    {'i', "ip-address", "", "the addresses"},
    {'I', "all-ip-addresses", "", "the same"},
    {'A', "all-fqdns", "", "the same as -f"},
    json_option,
};

constexpr Command hostname{
    .name = "hostname",
    .usage = "[-sfdi] [-o json]",
    .summary = "print the target's host name",
    .theme = "container",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Of its uts namespace, or else of its /etc/hostname. Domain and addresses are those of "
        "its\n"
        "/etc/hosts.\n"
        "JSON fields: hostname, fqdn, domain (or null), addresses (a list).\n"
        "\nExample:\n  hostname\n",
};
const Register registered{hostname};

}  // namespace
}  // namespace limpet::commands
