// process/lsof_request.cpp - lsof's options as what is asked for.
#include "commands/process/lsof.h"
#include "limpet/limits.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <arpa/inet.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cctype>

namespace limpet::commands::lsof {
namespace {

template <typename T>
bool among(const std::vector<T>& list, const T& value) {
    return std::ranges::find(list, value) != list.end();
}

std::string capitals(std::string_view text) {
    std::string upper(text);
    for (auto& byte : upper) {
        byte = static_cast<char>(std::toupper(static_cast<unsigned char>(byte)));
    }
    return upper;
}

// The next word between commas, and whether a '^' excludes it; false at the end.
bool take_choice(std::string_view& words, std::string_view& word, bool& excluded) {
    for (;;) {
        if (words.empty()) return false;
        word = parse::take(words, ',');
        excluded = word.starts_with('^');
        if (excluded) word.remove_prefix(1);
        if (!word.empty()) return true;
    }
}

Result<> add_ids(Choice<pid_t>& choice, std::string_view words) {
    std::string_view word;
    for (bool excluded = false; take_choice(words, word, excluded);) {
        const auto id = parse::number<pid_t>(word);
        if (!id) return unfit("selection", word, "is no number");
        (excluded ? choice.unwanted : choice.wanted).push_back(*id);
    }
    return {};
}

// "0-2,cwd": a range is its numbers.
Result<> add_descriptors(Choice<std::string>& choice, std::string_view words) {
    std::string_view word;
    for (bool excluded = false; take_choice(words, word, excluded);) {
        auto& list = excluded ? choice.unwanted : choice.wanted;
        auto rest = word;
        const auto first = parse::number<unsigned>(parse::take(rest, '-'));
        const auto last = parse::number<unsigned>(rest);
        constexpr unsigned most = 65536;
        if (first && last && *last < most) {
            for (auto number = *first; number <= *last; ++number) {
                list.push_back(std::to_string(number));
            }
        } else {
            list.emplace_back(word);
        }
    }
    return {};
}

// A number, or a name of the target's services(5).
std::optional<std::uint16_t> port_named(const target::Target& target, std::string_view name) {
    if (const auto port = parse::number<std::uint16_t>(name)) return port;
    if (!any(target.grants & Grant::files)) return std::nullopt;
    const auto text = target::read(target, "/etc/services", limits::small_file);
    if (!text) return std::nullopt;
    std::string_view rest = *text;
    while (!rest.empty()) {
        auto line = parse::take_line(rest);
        if (parse::take_word(line) != name) continue;
        auto port = parse::take_word(line);
        return parse::number<std::uint16_t>(parse::take(port, '/'));
    }
    return std::nullopt;
}

Result<> add_ports(const target::Target& target, Internet& filter, std::string_view words) {
    std::string_view word;
    for (bool excluded = false; take_choice(words, word, excluded);) {
        auto rest = word;
        auto first = port_named(target, word);
        auto last = first;
        if (!first) {
            first = parse::number<std::uint16_t>(parse::take(rest, '-'));
            last = parse::number<std::uint16_t>(rest);
        }
        if (!first || !last) return unfit("-i", word, "is no port");
        filter.ports.emplace_back(*first, *last);
    }
    return {};
}

Result<> add_host(Internet& filter, const std::string& host) {
    parse::Address address;
    const bool six = host.starts_with('[') || host.find(':') != host.npos;
    const auto bare =
        host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
    address.family = six ? AF_INET6 : AF_INET;
    if (::inet_pton(address.family, bare.c_str(), address.bytes.data()) != 1) {
        return unfit("-i", host, "is no address, and names are not looked up");
    }
    filter.host = address;
    return {};
}

// [46][PROTOCOL][@HOST][:PORTS]
Result<Internet> internet(const target::Target& target, std::string_view word) {
    Internet filter;
    if (word.starts_with('4') || word.starts_with('6')) {
        filter.family = word[0] == '4' ? AF_INET : AF_INET6;
        word.remove_prefix(1);
    }
    const auto protocol = capitals(word.substr(0, word.find_first_of("@:")));
    word.remove_prefix(protocol.size());
    if (protocol == "TCP" || protocol == "UDP") {
        filter.protocol = protocol == "TCP" ? parse::Protocol::tcp : parse::Protocol::udp;
    } else if (!protocol.empty()) {
        return unfit("-i", protocol, "is no protocol (tcp, udp)");
    }
    if (word.starts_with('@')) {
        word.remove_prefix(1);
        auto end = word.starts_with('[') ? word.find(']') : 0;
        end = std::min(word.find(':', end == word.npos ? 0 : end), word.size());
        TRY(add_host(filter, std::string(word.substr(0, end))));
        word.remove_prefix(end);
    }
    if (word.starts_with(':')) TRY(add_ports(target, filter, word.substr(1)));
    return filter;
}

Result<> add_name(const Invocation& call, Request& request, const std::string& operand, bool below,
                  bool deep) {
    const auto path = call.path(operand);
    const auto status = TRY(target::stat(call.target, path, target::Follow::yes));
    Named named{.device = makedev(status.stx_dev_major, status.stx_dev_minor),
                .inode = status.stx_ino};
    if (below) named.below = path == "/" ? path : path + "/";
    named.deep = deep;
    request.names.push_back(std::move(named));
    request.kinds |= by_name;
    return {};
}

// What stands among the operands: files, and the options that begin with '+'.
Result<> read_operands(const Invocation& call, Request& request, std::vector<bool>& taken) {
    const auto& operands = call.operands;
    for (std::size_t at = 0; at < operands.size(); ++at) {
        if (taken[at]) continue;
        const auto& word = operands[at];
        if (word.size() < 2 || word[0] != '+') {
            TRY(add_name(call, request, word, false, false));
            continue;
        }
        auto value = word.substr(2);
        const char letter = word[1];
        const bool needs = letter == 'D' || letter == 'd' || letter == 'c';
        if (needs && value.empty() && at + 1 < operands.size()) value = operands[++at];
        if (letter == 'D' || letter == 'd') {
            TRY(add_name(call, request, value, true, letter == 'D'));
        } else if (letter == 'c') {
            request.command_width = parse::number<std::size_t>(value).value_or(9);
        } else if (letter == 'L') {
            request.link_column = true;
            if (value.empty()) continue;
            const auto links = parse::number<std::uint64_t>(value);
            if (!links) return unfit("+L", value, "is no number");
            request.links = *links;
            request.kinds |= by_links;
        } else if (letter != 'w' && letter != 'f' && letter != 'r') {
            return unfit("option", word, "is none");
        }
    }
    return {};
}

Result<> add_users(Request& request, ProcessNames& names, std::string_view words) {
    std::string_view word;
    for (bool excluded = false; take_choice(words, word, excluded);) {
        const auto uid = names.uid_of(word);
        if (!uid) return unfit("-u", word, "is no user");
        (excluded ? request.users.unwanted : request.users.wanted).push_back(*uid);
    }
    return {};
}

Result<> add_command(Request& request, std::string_view word) {
    if (word.size() > 1 && word.starts_with('/')) {
        const auto end = word.rfind('/');
        const std::string expression(word.substr(1, end == 0 ? word.npos : end - 1));
        const bool ignore_case = end != 0 && word.find('i', end) != word.npos;
        request.expressions.push_back(
            TRY(parse::Regex::compile({&expression, 1}, {.syntax = parse::regex::Syntax::extended,
                                                         .ignore_case = ignore_case})));
    } else if (word.starts_with('^')) {
        request.commands.unwanted.emplace_back(word.substr(1));
    } else {
        request.commands.wanted.emplace_back(word);
    }
    return {};
}

// "TCP:LISTEN,^CLOSE_WAIT"
void add_states(Request& request, std::string_view words) {
    parse::take(words, ':');
    while (!words.empty()) {
        request.states.push_back(capitals(parse::take(words, ',')));
    }
}

}  // namespace

bool Internet::matches(const parse::Socket& socket) const {
    if (socket.protocol == parse::Protocol::unix_) return false;
    if (family != 0 && socket.local.family != family) return false;
    if (protocol && socket.protocol != *protocol) return false;
    const auto fits = [&](const parse::Address& address) {
        if (host && (address.family != host->family || address.bytes != host->bytes)) return false;
        return ports.empty() || std::ranges::any_of(ports, [&](const auto& range) {
                   return address.port >= range.first && address.port <= range.second;
               });
    };
    return fits(socket.local) || fits(socket.remote);
}

std::string state_name(const parse::Socket& socket) {
    std::string name(parse::state_name(socket.state));
    if (name == "ESTAB") return "ESTABLISHED";
    std::ranges::replace(name, '-', '_');
    if (name.starts_with("FIN_WAIT_")) name.erase(8, 1);
    return name;
}

std::optional<unsigned> Request::match(const Who& who) {
    const auto begins = [&](const std::string& name) { return who.command.starts_with(name); };
    if (among(pids.unwanted, who.pid) || among(groups.unwanted, who.group) ||
        among(users.unwanted, who.user) || std::ranges::any_of(commands.unwanted, begins)) {
        return std::nullopt;
    }
    unsigned bits = 0;
    if (among(pids.wanted, who.pid)) bits |= by_pid;
    if (among(groups.wanted, who.group)) bits |= by_group;
    if (among(users.wanted, who.user)) bits |= by_user;
    if (std::ranges::any_of(commands.wanted, begins)) bits |= by_command;
    for (auto& expression : expressions) {
        if (expression.matches(who.command) == true) bits |= by_command;
    }
    return bits;
}

bool Request::selected(unsigned bits, const OpenFile& file, const parse::Socket* socket,
                       std::string_view descriptor) const {
    const std::string name(descriptor);
    if (among(descriptors.unwanted, name)) return false;
    if (socket && socket->protocol == parse::Protocol::tcp && !states.empty()) {
        const auto state = state_name(*socket);
        if (among(states, "^" + state)) return false;
        const bool some = std::ranges::any_of(
            states, [](const std::string& word) { return !word.starts_with('^'); });
        if (some && !among(states, state)) return false;
    }
    if (kinds == 0) return true;
    if (among(descriptors.wanted, name)) bits |= by_descriptor;
    if (socket && socket->protocol == parse::Protocol::unix_) bits |= by_unix;
    if (socket && std::ranges::any_of(
                      internet, [&](const Internet& filter) { return filter.matches(*socket); })) {
        bits |= by_internet;
    }
    if (file.status && file.status->stx_nlink < links) bits |= by_links;
    for (const auto& named : names) {
        const bool same = named.inode == file.inode && named.device == file.device;
        const bool below =
            !named.below.empty() && file.link.starts_with(named.below) &&
            (named.deep || file.link.find('/', named.below.size()) == file.link.npos);
        if (same || below) bits |= by_name;
    }
    return all ? (bits & kinds) == kinds : (bits & kinds) != 0;
}

Result<Request> read_request(const Invocation& call, ProcessNames& names) {
    Request request{.all = call.options.has('a')};
    std::vector<bool> taken(call.operands.size());
    const auto& options = call.options.all();
    for (std::size_t i = 0; i < options.size(); ++i) {
        const auto& [option, value] = options[i];
        switch (option.letter) {
            case 'p': TRY(add_ids(request.pids, value)); break;
            case 'g': TRY(add_ids(request.groups, value)); break;
            case 'u': TRY(add_users(request, names, value)); break;
            case 'c': TRY(add_command(request, value)); break;
            case 'd': TRY(add_descriptors(request.descriptors, value)); break;
            case 's': add_states(request, value); break;
            case 'U': request.kinds |= by_unix; break;
            case 'i': {
                // Its value may stand apart; then it is no file's name.
                std::string_view word = value;
                const auto next = call.options.operands_before(i);
                if (word.empty() && next < taken.size() && !call.operands[next].starts_with('/') &&
                    !call.operands[next].starts_with('+')) {
                    word = call.operands[next];
                    taken[next] = true;
                }
                request.internet.push_back(TRY(internet(call.target, word)));
                request.kinds |= by_internet;
                break;
            }
            default: break;
        }
    }
    if (!request.pids.wanted.empty()) request.kinds |= by_pid;
    if (!request.groups.wanted.empty()) request.kinds |= by_group;
    if (!request.users.wanted.empty()) request.kinds |= by_user;
    if (!request.commands.wanted.empty() || !request.expressions.empty()) {
        request.kinds |= by_command;
    }
    if (!request.descriptors.wanted.empty()) request.kinds |= by_descriptor;
    TRY(read_operands(call, request, taken));
    return request;
}

}  // namespace limpet::commands::lsof
