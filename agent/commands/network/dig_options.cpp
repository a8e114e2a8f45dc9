// network/dig_options.cpp - the words of dig(1).
#include "commands/network/dig.h"
#include "parse/number.h"

#include <algorithm>

namespace limpet::commands {
namespace {

// "+name" and "+noname" that switch something of the view or of the request.
struct ViewWord {
    std::string_view name;
    bool DigView::* member;
};
constexpr ViewWord view_words[]{{"cmd", &DigView::command},
                                {"comments", &DigView::comments},
                                {"question", &DigView::question},
                                {"answer", &DigView::answer},
                                {"authority", &DigView::authority},
                                {"additional", &DigView::additional},
                                {"stats", &DigView::statistics},
                                {"ttlid", &DigView::ttl},
                                {"ttl", &DigView::ttl},
                                {"class", &DigView::category},
                                {"cl", &DigView::category},
                                {"short", &DigView::brief}};

struct RequestWord {
    std::string_view name;
    bool DigRequest::* member;
};
constexpr RequestWord request_words[]{
    {"tcp", &DigRequest::tcp},        {"vc", &DigRequest::tcp},
    {"ignore", &DigRequest::ignore},  {"search", &DigRequest::search},
    {"defname", &DigRequest::search}, {"explain", &DigRequest::explained},
    {"qr", &DigRequest::show_query},  {"trace", &DigRequest::trace},
    {"edns", &DigRequest::edns}};

struct FlagWord {
    std::string_view name;
    std::uint16_t flag;
};
constexpr FlagWord flag_words[]{
    {"recurse", parse::dns::recursion_desired}, {"rdflag", parse::dns::recursion_desired},
    {"adflag", parse::dns::authentic},          {"ad", parse::dns::authentic},
    {"cdflag", parse::dns::checking_disabled},  {"cd", parse::dns::checking_disabled},
    {"aaflag", parse::dns::authoritative},      {"aaonly", parse::dns::authoritative}};
// Taken and without effect here: how others lay their output out, or what is always so.
constexpr std::string_view idle_words[]{
    "multiline",  "split",         "rrcomments", "identify", "fail",       "besteffort",
    "onesoa",     "idnin",         "idnout",     "cookie",   "crypto",     "nssearch",
    "showsearch", "unknownformat", "keepopen",   "mapped",   "expire",     "badcookie",
    "sigchase",   "expandaaaa",    "padding",    "yaml",     "dns64prefix"};

std::string refusal(std::string_view why, std::string_view word) {
    std::string text(why);
    text.append(": ").append(word);
    return text;
}

// As dig does: a beginning that only one of them has stands for it.
bool means(std::string_view given, std::string_view name) {
    return given == name || (given.size() >= 3 && name.starts_with(given));
}

Result<> read_number(DigRequest& request, std::string_view name, std::string_view value,
                     bool& known) {
    const auto count = parse::number<unsigned>(value);
    const bool timing = means(name, "time") || name == "timeout";
    known = timing || means(name, "tries") || means(name, "retry") || means(name, "bufsize") ||
            means(name, "ndots");
    if (!known) return {};
    if (!count || *count > 65535) return refused("+" + std::string(name), "needs a number");
    const int given = static_cast<int>(*count);
    if (timing) {
        request.seconds = std::clamp(given, 1, 300);
    } else if (means(name, "tries")) {
        request.tries = std::clamp(given, 1, 20);
    } else if (means(name, "retry")) {
        request.tries = std::clamp(given + 1, 1, 20);
    } else if (means(name, "ndots")) {
        request.ndots = given;
    } else {
        request.query.size = static_cast<std::uint16_t>(given);
    }
    return {};
}

Result<> read_plus(DigRequest& request, std::string_view word) {
    const auto whole = word;
    const auto name_end = word.find('=');
    const auto value = name_end == word.npos ? std::string_view() : word.substr(name_end + 1);
    auto name = word.substr(0, name_end);
    if (name == "domain") {
        request.domain = value;
        request.search = true;
        return {};
    }
    bool known = false;
    TRY(read_number(request, name, value, known));
    if (known) return {};
    const bool on = !name.starts_with("no");
    if (!on) name.remove_prefix(2);
    if (name == "all") {
        for (const auto& one : view_words) {
            if (one.member != &DigView::brief && one.member != &DigView::ttl &&
                one.member != &DigView::category) {
                request.view.*one.member = on;
            }
        }
        return {};
    }
    for (const auto& one : view_words) {
        if (!means(name, one.name)) continue;
        request.view.*one.member = on;
        return {};
    }
    for (const auto& one : request_words) {
        if (!means(name, one.name)) continue;
        request.*one.member = on;
        return {};
    }
    for (const auto& one : flag_words) {
        if (!means(name, one.name)) continue;
        const auto flags = request.query.flags & ~one.flag;
        request.query.flags = static_cast<std::uint16_t>(on ? flags | one.flag : flags);
        return {};
    }
    if (name == "dnssec" || name == "do") {
        request.query.dnssec = on;
        return {};
    }
    if (name == "nsid") {
        request.query.server_name = on;
        return {};
    }
    for (const auto idle : idle_words) {
        if (means(name, idle)) return {};
    }
    return refused("option", refusal("there is no", "+" + std::string(whole)));
}

Result<> read_type(DigLookup& lookup, std::string_view word) {
    const auto type = parse::dns_type(word);
    if (!type) return refused("type", refusal("there is no such type of record", word));
    lookup.question.type = *type;
    lookup.type_said = true;
    return {};
}

// The value of a letter: the rest of the word, or the next.
Result<std::string> value_of(std::span<const std::string> words, std::size_t& at) {
    if (words[at].size() > 2) return words[at].substr(2);
    if (at + 1 >= words.size()) return refused("option", refusal("needs a value", words[at]));
    return words[++at];
}

Result<> read_letter(DigRequest& request, DigLookup& pending, std::span<const std::string> words,
                     std::size_t& at) {
    const char letter = words[at][1];
    const auto begin_lookup = [&](std::string name) {
        pending.question.name = std::move(name);
        request.lookups.push_back(pending);
        pending = {};
    };
    switch (letter) {
        case '4': request.family = AF_INET; return {};
        case '6': request.family = AF_INET6; return {};
        case 'h': request.help = true; return {};
        case 'u':
        case 'm':
        case 'r': return {};
        default: break;
    }
    const std::string value = TRY(value_of(words, at));
    if (letter == 't') {
        DigLookup* lookup = &pending;
        // Behind the name it is that name's.
        if (!request.lookups.empty() && !request.lookups.back().type_said) {
            lookup = &request.lookups.back();
        }
        return read_type(*lookup, value);
    }
    if (letter == 'c') {
        const auto category = parse::dns_class(value);
        if (!category) return refused("class", refusal("there is no such class", value));
        request.category = *category;
    } else if (letter == 'p') {
        const auto port = parse::number<std::uint16_t>(value);
        if (!port || *port == 0) return refused("option", refusal("no port", value));
        request.port = *port;
    } else if (letter == 'q') {
        begin_lookup(value);
    } else if (letter == 'b') {
        request.local = parse::address(std::string_view(value).substr(0, value.find('#')));
        if (!request.local) return refused("option", refusal("no address", value));
    } else if (letter == 'x') {
        const auto address = parse::address(value, true);
        pending.question.type = parse::dns::ptr;
        pending.type_said = true;
        // Not an address: "10.1" is the beginning of one, as dig takes it.
        begin_lookup(address ? reverse_name(*address) : value);
    } else {
        return refused("option", refusal("there is no", words[at]));
    }
    return {};
}

}  // namespace

Result<DigRequest> dig_request(Invocation& call) {
    DigRequest request;
    DigLookup pending;
    const auto& words = call.operands;
    for (std::size_t at = 0; at < words.size(); ++at) {
        const std::string_view word = words[at];
        if (word == "--explain") {
            request.explained = true;
        } else if (word == "--help") {
            request.help = true;
        } else if (word == "-o" || word == "-ojson" || word == "--output=json") {
            if (word == "-o") ++at;
            call.options.add(json_option, "json");
        } else if (word.starts_with('+') && word.size() > 1) {
            TRY(read_plus(request, word.substr(1)));
        } else if (word.starts_with('-') && word.size() > 1) {
            TRY(read_letter(request, pending, words, at));
        } else if (word.starts_with('@')) {
            request.server_name = word.substr(1);
        } else if (const auto type = parse::dns_type(word); type) {
            auto* last = request.lookups.empty() ? nullptr : &request.lookups.back();
            auto& lookup = last && !last->type_said ? *last : pending;
            TRY(read_type(lookup, word));
        } else if (const auto category = parse::dns_class(word); category) {
            request.category = *category;
        } else {
            pending.question.name = word;
            request.lookups.push_back(pending);
            pending = {};
        }
    }
    if (request.lookups.empty()) {
        // Nothing asked: who serves the root.
        pending.question.name = ".";
        if (!pending.type_said) pending.question.type = parse::dns::ns;
        request.lookups.push_back(pending);
    }
    for (auto& lookup : request.lookups) {
        if (lookup.question.type == 0) lookup.question.type = parse::dns::a;
        lookup.question.category = request.category;
    }
    if (!request.edns) request.query.size = 0;
    return request;
}

}  // namespace limpet::commands
