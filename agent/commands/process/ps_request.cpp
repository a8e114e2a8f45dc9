// process/ps_request.cpp - the words of a ps call, POSIX and BSD, as what is asked for.
#include "commands/process/ps_request.h"

#include "parse/lines.h"
#include "parse/number.h"

#include <algorithm>

namespace limpet::commands::ps {
namespace {

constexpr std::string_view default_format = "pid,user,stat,quick_rss,time,args";
constexpr std::string_view full_format = "user=UID,pid,ppid,c,stime=STIME,tty,time,args=CMD";
constexpr std::string_view user_format =
    "user,pid,%cpu,%mem,vsz,rss,tty,stat,start,bsdtime=TIME,args";
constexpr std::string_view json_format =
    "pid,ppid,uid,user,stat,threads,nice,rss,vsz,pcpu,pmem,time,etime,tty,comm,args,argv";

// "pid,args=CMD", with commas or blanks between.
Result<> add_columns(Request& request, std::string_view format) {
    while (!format.empty()) {
        const auto end = format.find_first_of(", ");
        auto word = format.substr(0, end);
        const bool titled = word.find('=') != word.npos;
        format = end == format.npos ? std::string_view{} : format.substr(end + 1);
        if (word.empty()) continue;
        const auto name = parse::take(word, '=');
        const auto* column = ps::column(name);
        if (!column) {
            return refused("column",
                           "there is no '" + std::string(name) + "' (help ps lists them)");
        }
        request.columns.push_back({column, std::string(titled ? word : column->heading)});
    }
    return {};
}

Result<> add_order(Request& request, std::string_view keys) {
    while (!keys.empty()) {
        auto key = parse::take(keys, ',');
        const bool descending = key.starts_with('-');
        if (descending || key.starts_with('+')) key.remove_prefix(1);
        const auto* column = ps::column(key);
        if (!column) return refused("sort", "there is no column '" + std::string(key) + "'");
        request.order.emplace_back(column, descending);
    }
    return {};
}

template <typename Integer>
Result<> add_numbers(std::vector<Integer>& list, std::string_view words) {
    while (!words.empty()) {
        const auto end = words.find_first_of(", ");
        const auto word = words.substr(0, end);
        words = end == words.npos ? std::string_view{} : words.substr(end + 1);
        if (word.empty()) continue;
        const auto value = parse::number<Integer>(word);
        if (!value) return refused("selection", "'" + std::string(word) + "' is not a number");
        list.push_back(*value);
    }
    return {};
}

Result<> add_users(Request& request, ProcessNames& names, std::string_view words) {
    while (!words.empty()) {
        const auto word = parse::take(words, ',');
        const auto uid = names.uid_of(word);
        if (!uid) return refused("selection", "there is no user '" + std::string(word) + "'");
        request.users.push_back(*uid);
    }
    return {};
}

// "aux", "axf", "axo pid,comm", "1234": a cluster of letters, or a process id.
Result<> bsd_word(Request& request, const std::vector<std::string>& operands, std::size_t& at) {
    const std::string& word = operands[at];
    if (!word.empty() && word[0] >= '0' && word[0] <= '9') {
        request.selects = true;
        return add_numbers(request.pids, word);
    }
    const auto argument = [&](char letter) -> Result<std::string> {
        if (++at < operands.size()) return operands[at];
        return refused("option", std::string(1, letter) + " needs a value");
    };
    for (const char letter : word) {
        switch (letter) {
            case 'a':
            case 'x':
            case 'g': break;
            case 'u': request.preset = user_format; break;
            case 'f': request.forest = true; break;
            case 'w': request.wide = true; break;
            case 'h': request.heading = false; break;
            case 'r': request.running_only = true; break;
            case 'H': request.threads = true; break;
            case 'o': request.format += TRY(argument('o')) + ","; break;
            case 'k': TRY(add_order(request, TRY(argument('k')))); break;
            case 'p':
                request.selects = true;
                TRY(add_numbers(request.pids, TRY(argument('p'))));
                break;
            default:
                return refused("option",
                               "there is no '" + std::string(1, letter) + "' in '" + word + "'");
        }
    }
    return {};
}

}  // namespace

Result<Request> read_request(Invocation& call, ProcessNames& names) {
    Request request;
    bool json = false;
    for (const auto& [option, value] : call.options.all()) {
        if (option->name == "sort") TRY(add_order(request, value));
        if (option->name == "forest") request.forest = true;
        if (option->name == "no-headers") request.heading = false;
        if (option->name == "ppid") {
            request.selects = true;
            TRY(add_numbers(request.parents, value));
        }
        switch (option->letter) {
            case 'f': request.preset = full_format; break;
            case 'w': request.wide = true; break;
            case 'H': request.forest = true; break;
            case 'T':
            case 'L': request.threads = true; break;
            case 'p':
                request.selects = true;
                TRY(add_numbers(request.pids, value));
                break;
            case 'u':
            case 'U':
                request.selects = true;
                TRY(add_users(request, names, value));
                break;
            case 'C':
                request.selects = true;
                for (std::string_view rest = value; !rest.empty();) {
                    request.names.emplace_back(parse::take(rest, ','));
                }
                break;
            case 'o':
                if (value == "json" || value == "table") {
                    json = value == "json";
                } else {
                    request.format += value + ",";
                }
                break;
            default: break;
        }
    }
    for (std::size_t i = 0; i < call.operands.size(); ++i) {
        TRY(bsd_word(request, call.operands, i));
    }
    // The table asks the options whether it is JSON, and there the last -o counts.
    if (json) call.options.add(json_option, "json");
    if (!request.format.empty()) {
        TRY(add_columns(request, request.format));
    } else {
        TRY(add_columns(request, json                     ? json_format
                                 : request.preset.empty() ? default_format
                                                          : request.preset));
        if (request.threads) {
            const auto after = std::ranges::find(request.columns, std::string_view("pid"),
                                                 [](const Chosen& c) { return c.column->name; });
            const auto* tid = ps::column("tid");
            request.columns.insert(after + 1, {tid, json ? "TID" : "SPID"});
        }
    }
    if (request.columns.empty()) return refused("column", "none given");
    return request;
}

}  // namespace limpet::commands::ps
