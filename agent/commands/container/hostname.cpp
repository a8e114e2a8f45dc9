// hostname.cpp - the target's host name.
#include "commands/command.h"
#include "commands/container/host.h"
#include "limpet/limits.h"

#include <algorithm>
#include <utility>

namespace limpet::commands {
namespace {

<<<<<<< HEAD
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
=======
// What the target's /etc/hosts says of a name, as its own resolver would first: of the lines that
// have it the first name, and all addresses.
struct Known {
    std::string full;
    std::string addresses;
};

Known known(const target::Target& target, const std::string& name) {
    Known found{.full = name, .addresses = {}};
    constexpr std::size_t limit = 1'000'000;
    const auto hosts = target::read(target, "/etc/hosts", limit);
    if (!hosts) return found;
    std::string_view rest = *hosts;
    bool first = true;
    while (!rest.empty()) {
        auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        line = line.substr(0, line.find('#'));
        std::vector<std::string> words;
        for (;;) {
            line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
            if (line.empty()) break;
            const auto end = std::min(line.find_first_of(" \t"), line.size());
            words.emplace_back(line.substr(0, end));
            line.remove_prefix(end);
        }
        if (words.size() < 2 || std::find(words.begin() + 1, words.end(), name) == words.end()) {
            continue;
        }
        if (std::exchange(first, false)) found.full = words[1];
        found.addresses += (found.addresses.empty() ? "" : " ") + words[0];
    }
    return found;
>>>>>>> c98d188 (commands: column, fmt, split, which; cut -D -F; hostname -f -d -i)
}

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it only prints the name");
    auto name = host_name(call.target);
    if (!name) {
        call.complain("the target's host name cannot be read");
        return 1;
    }
<<<<<<< HEAD
    const auto known = look_up(call, *name);
    const auto dot = std::min(known.name.find('.'), known.name.size());
    if (call.options.has('i') || call.options.has('I')) {
        std::string line;
        for (const auto& address : known.addresses) line += (line.empty() ? "" : " ") + address;
        if (line.empty()) {
            call.complain("/etc/hosts has no address of " + *name);
            return 1;
        }
        call.out.write(line + '\n');
    } else if (call.options.has('d')) {
        const auto domain = known.name.substr(std::min(dot + 1, known.name.size()));
        if (!domain.empty()) call.out.write(domain + '\n');
    } else if (call.options.has('f') || call.options.has('A')) {
        call.out.write(known.name + '\n');
    } else {
        if (call.options.has('s')) name->resize(std::min(name->find('.'), name->size()));
        call.out.write(*name + '\n');
    }
=======
    const auto& options = call.options.all();
    for (const auto& [option, value] : options) {
        const auto found = known(call.target, *name);
        const auto dot = found.full.find('.');
        switch (option->letter) {
            case 's': name->resize(std::min(name->find('.'), name->size())); break;
            case 'f': *name = found.full; break;
            case 'd': *name = dot == found.full.npos ? "" : found.full.substr(dot + 1); break;
            default:
                if (found.addresses.empty()) {
                    call.complain("no address of " + *name + " in the target's /etc/hosts");
                    return 1;
                }
                *name = found.addresses;
        }
        break;
    }
    const bool nothing = name->empty() && call.options.has('d');
    if (!nothing) call.out.write(*name + '\n');
>>>>>>> c98d188 (commands: column, fmt, split, which; cut -D -F; hostname -f -d -i)
    return call.status;
}

constexpr Option options[]{
    {'s', "short", "", "up to the first dot"},
<<<<<<< HEAD
    {'f', "fqdn", "", "with the domain"},
    {'f', "long", "", "the same"},
    {'d', "domain", "", "only the domain"},
    {'i', "ip-address", "", "the addresses"},
    {'I', "all-ip-addresses", "", "the same"},
    {'A', "all-fqdns", "", "the same as -f"},
=======
    {'f', "fqdn", "", "with its domain, as /etc/hosts has it"},
    {'d', "domain", "", "the domain alone"},
    {'i', "ip-address", "", "its addresses in /etc/hosts"},
>>>>>>> c98d188 (commands: column, fmt, split, which; cut -D -F; hostname -f -d -i)
};

constexpr Command hostname{
    .name = "hostname",
    .usage = "[-sfdi]",
    .summary = "print the target's host name",
    .theme = "container",
    .promise = Promise::files,
    .run = run,
    .options = options,
    .help =
        "Of its uts namespace, or else of its /etc/hostname. Domain and addresses are those of "
        "its\n"
        "/etc/hosts.\n"
        "\nExample:\n  hostname\n",
};
const Register registered{hostname};

}  // namespace
}  // namespace limpet::commands
