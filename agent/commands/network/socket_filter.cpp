// network/socket_filter.cpp - which sockets ss(8) is asked for: its expressions.
#include "commands/network/socket_filter.h"

#include "parse/lines.h"
#include "parse/number.h"
#include "parse/wildcard.h"

#include <array>

namespace limpet::commands {
namespace {

using Step = SocketFilter::Step;
using Kind = SocketFilter::Kind;
using Compare = SocketFilter::Compare;

constexpr std::size_t deepest = 100;  // of parentheses and "not": the reader calls itself

struct Operator {
    std::string_view word, sign;
    Compare compare;
};
constexpr Operator operators[]{
    {"eq", "=", Compare::equal},     {"eq", "==", Compare::equal},
    {"ne", "!=", Compare::differs},  {"neq", "!=", Compare::differs},
    {"lt", "<", Compare::below},     {"gt", ">", Compare::above},
    {"le", "<=", Compare::at_most},  {"leq", "<=", Compare::at_most},
    {"ge", ">=", Compare::at_least}, {"geq", ">=", Compare::at_least},
};

// A parenthesis and a sign are words of their own, however they are written together.
std::vector<std::string> split(std::span<const std::string> words) {
    constexpr std::string_view signs = "()!&|=<>,";
    std::vector<std::string> tokens;
    for (const auto& word : words) {
        bool fresh = true;
        for (const char letter : word) {
            const bool blank = letter == ' ' || letter == '\t' || letter == '\n';
            const bool sign = signs.contains(letter);
            if (blank) {
                fresh = true;
                continue;
            }
            // "!=", "<=", "==", "&&", "||"
            const bool joins =
                sign && !fresh && tokens.back().size() == 1 &&
                ((letter == '=' && std::string_view("!<>=").contains(tokens.back()[0])) ||
                 ((letter == '&' || letter == '|') && tokens.back()[0] == letter));
            const bool after_sign =
                !fresh && !tokens.back().empty() && signs.contains(tokens.back()[0]);
            if (joins || (!fresh && !sign && !after_sign)) {
                tokens.back() += letter;
            } else {
                tokens.emplace_back(1, letter);
            }
            fresh = false;
        }
    }
    return tokens;
}

class Reader {
public:
    Reader(std::vector<std::string> tokens, const SocketNames& names)
        : tokens_(std::move(tokens)), names_(names) {}

    Result<SocketFilter> all() {
        if (!tokens_.empty()) TRY(alternatives(0));
        if (at_ < tokens_.size())
            return refused("filter", "'" + tokens_[at_] + "' is not understood");
        return std::move(filter_);
    }

private:
    bool take(std::initializer_list<std::string_view> words) {
        for (const auto word : words) {
            if (at_ < tokens_.size() && tokens_[at_] == word) {
                ++at_;
                return true;
            }
        }
        return false;
    }
    Result<> alternatives(std::size_t depth) {
        TRY(conjunction(depth));
        while (take({"or", "|", "||"})) {
            TRY(conjunction(depth));
            filter_.steps.push_back({.kind = Kind::any});
        }
        return {};
    }
    Result<> conjunction(std::size_t depth) {
        TRY(term(depth));
        while (at_ < tokens_.size() && tokens_[at_] != ")" && tokens_[at_] != "or" &&
               tokens_[at_] != "|" && tokens_[at_] != "||") {
            static_cast<void>(take({"and", "&", "&&", ","}));
            TRY(term(depth));
            filter_.steps.push_back({.kind = Kind::all});
        }
        return {};
    }
    Result<> term(std::size_t depth) {
        if (depth > deepest) return refused("filter", "is too deep");
        if (take({"not", "!"})) {
            TRY(term(depth + 1));
            filter_.steps.push_back({.kind = Kind::none});
            return {};
        }
        if (take({"("})) {
            TRY(alternatives(depth + 1));
            if (!take({")"})) return refused("filter", "a parenthesis is not closed");
            return {};
        }
        if (at_ == tokens_.size()) return refused("filter", "ends where something is expected");
        return predicate();
    }

    Result<> predicate() {
        const auto name = tokens_[at_++];
        Step step;
        step.local = name == "sport" || name == "src";
        if (name == "sport" || name == "dport") {
            step.kind = Kind::port;
        } else if (name == "src" || name == "dst") {
            step.kind = Kind::address;
        } else if (name == "dev") {
            step.kind = Kind::device;
        } else if (name == "fwmark") {
            step.kind = Kind::mark;
        } else {
            return refused("filter", "'" + name +
                                         "' is not understood (state, exclude, sport, dport, src, "
                                         "dst, dev, fwmark)");
        }
        for (const auto& [word, sign, compare] : operators) {
            if (take({word, sign})) {
                step.compare = compare;
                break;
            }
        }
        if (at_ == tokens_.size()) return refused("filter", name + " needs a value");
        const std::string_view value = tokens_[at_++];
        switch (step.kind) {
            case Kind::port:
                step.number = TRY(port(value.substr(value.starts_with(':') ? 1 : 0)));
                break;
            case Kind::device: step.number = TRY(names_.interface(value)); break;
            case Kind::mark: {
                const bool sixteen = value.starts_with("0x");
                const auto number =
                    parse::number<std::uint32_t>(value.substr(sixteen ? 2 : 0), sixteen ? 16 : 10);
                if (!number) return refused("filter", "'" + std::string(value) + "' is no mark");
                step.number = *number;
                break;
            }
            default: return address(step, value);
        }
        filter_.steps.push_back(std::move(step));
        return {};
    }

    Result<std::uint16_t> port(std::string_view word) {
        if (const auto number = parse::number<std::uint16_t>(word)) return *number;
        return names_.port(word);
    }

    // "10.0.0.0/8", "10.0.0.1:80", "[::1]:22", ":80", "name", "/run/socket*".
    Result<> address(Step step, std::string_view value) {
        if (value.starts_with('/') || value.starts_with('@')) {
            step.kind = Kind::path;
            step.text = value;
            filter_.steps.push_back(std::move(step));
            return {};
        }
        std::string name;
        std::string_view host = value, service;
        const auto colon = value.rfind(':');
        if (value.starts_with('[')) {
            // "[::1]:22", "[fd00::]/8", "[fd00::/8]:22".
            const auto end = std::min(value.find(']'), value.size() - 1);
            name = value.substr(1, end - 1);
            auto rest = value.substr(end + 1);
            if (rest.starts_with('/')) name += parse::take(rest, ':');
            if (rest.starts_with(':')) rest.remove_prefix(1);
            host = name;
            service = rest;
        } else if (colon != value.npos && value.find(':') == colon) {
            host = value.substr(0, colon);
            service = value.substr(colon + 1);
        }
        const bool any_host = host.empty() || host == "*";
        if (!any_host) {
            const auto known = parse::prefix(host);
            if (!known && host.contains('/')) {
                return refused("filter", "'" + std::string(host) + "' is no prefix");
            }
            if (known) {
                step.prefix = *known;
            } else {
                step.prefix.address = TRY(names_.host(std::string(host)));
                step.prefix.length = step.prefix.address.family == AF_INET ? 32 : 128;
            }
            filter_.steps.push_back(step);
        }
        if (!service.empty() && service != "*") {
            step.kind = Kind::port;
            step.number = TRY(port(service));
            filter_.steps.push_back(step);
            if (!any_host) {
                // "dst != 10.0.0.1:80" is every other pair.
                filter_.steps.push_back(
                    {.kind = step.compare == Compare::differs ? Kind::any : Kind::all});
            }
        } else if (any_host) {
            // Every address: what is left is that it has one.
            step.prefix.address.family = AF_UNSPEC;
            filter_.steps.push_back(step);
        }
        return {};
    }

    std::vector<std::string> tokens_;
    const SocketNames& names_;
    std::size_t at_ = 0;
    SocketFilter filter_;
};

bool compares(Compare compare, std::uint32_t value, std::uint32_t with) {
    switch (compare) {
        case Compare::equal: return value == with;
        case Compare::differs: return value != with;
        case Compare::below: return value < with;
        case Compare::above: return value > with;
        case Compare::at_most: return value <= with;
        case Compare::at_least: return value >= with;
    }
    return false;
}

bool holds_address(const parse::Address& address, const parse::Prefix& prefix) {
    const int family = prefix.address.family;
    if (family == AF_UNSPEC) return true;
    // An IPv6 socket that talks IPv4: ::ffff:10.0.0.1.
    constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255};
    if (family == AF_INET && address.family == AF_INET6 &&
        std::equal(mapped.begin(), mapped.end(), address.bytes.begin())) {
        parse::Address four;
        std::copy_n(address.bytes.begin() + 12, 4, four.bytes.begin());
        return parse::within(four, prefix);
    }
    return parse::within(address, prefix);
}

bool holds(const Step& step, const parse::Socket& socket) {
    const bool inet = socket.protocol != parse::Protocol::unix_;
    const auto& end = step.local ? socket.local : socket.remote;
    switch (step.kind) {
        case Kind::port: return inet && compares(step.compare, end.port, step.number);
        case Kind::address:
            return inet && holds_address(end, step.prefix) == (step.compare != Compare::differs);
        case Kind::device: return compares(step.compare, socket.interface, step.number);
        case Kind::mark: return compares(step.compare, socket.mark, step.number);
        case Kind::path:
            return !inet && step.local &&
                   parse::wildcard(step.text, socket.path) == (step.compare != Compare::differs);
        default: return false;
    }
}

}  // namespace

std::uint16_t SocketFilter::port(bool local) const {
    std::uint32_t found = 0;
    for (const auto& step : steps) {
        if (step.kind == Kind::any || step.kind == Kind::none) return 0;
        if (step.kind == Kind::port && step.local == local && step.compare == Compare::equal)
            found = step.number;
    }
    return static_cast<std::uint16_t>(found);
}

bool SocketFilter::matches(const parse::Socket& socket) const {
    std::vector<bool> stack;
    for (const auto& step : steps) {
        switch (step.kind) {
            case Kind::none: stack.back() = !stack.back(); break;
            case Kind::all:
            case Kind::any: {
                const bool last = stack.back();
                stack.pop_back();
                stack.back() = step.kind == Kind::all ? stack.back() && last : stack.back() || last;
                break;
            }
            default: stack.push_back(holds(step, socket)); break;
        }
    }
    return stack.empty() || stack.back();
}

Result<SocketFilter> socket_filter(std::span<const std::string> words, const SocketNames& names) {
    return Reader(split(words), names).all();
}

}  // namespace limpet::commands
