// process/ps_request.cpp - the words of a ps call, POSIX and BSD, as what is asked for.
#include "commands/process/ps_request.h"

#include "commands/process/process.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <sys/sysmacros.h>

#include <algorithm>

namespace limpet::commands::ps {
namespace {

constexpr std::string_view default_format = "pid,user,stat,quick_rss,time,args";
constexpr std::string_view full_format = "user=UID,pid,ppid,c,stime=STIME,tty,time,args=CMD";
constexpr std::string_view user_format =
    "user,pid,%cpu,%mem,vsz,rss,tty,stat,start,bsdtime=TIME,args";
constexpr std::string_view fuller_format =
    "user=UID,pid,ppid,c,sz,rss,psr,stime=STIME,tty,time,args=CMD";
constexpr std::string_view long_format =
    "f,s,uid,pid,ppid,c,opri,ni,addr,sz,wchan,tty,time,ucmd=CMD";
constexpr std::string_view long_rss_format =
    "s,uid,pid,ppid,c,opri,ni,rss,sz,wchan,tty,time,ucmd=CMD";
constexpr std::string_view full_long_format =
    "f,s,user=UID,pid,ppid,c,opri,ni,addr,sz,wchan,stime=STIME,tty,time,args=CMD";
constexpr std::string_view job_format = "pid,pgid,sid,tty,time,ucmd=CMD";
constexpr std::string_view bsd_long_format =
    "f,uid,pid,ppid,priority,ni,vsz,rss,wchan,stat,tty,bsdtime=TIME,args";
constexpr std::string_view bsd_job_format =
    "ppid,pid,pgid,sid,tty,tpgid,stat,uid,bsdtime=TIME,args";
constexpr std::string_view memory_format =
    "pid,tty,stat,bsdtime=TIME,majflt=MAJFL,trs,drs,rss,%mem,args";
constexpr std::string_view signal_format =
    "uid,pid,pending,blocked,ignored,caught,stat,tty,bsdtime=TIME,args";
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
            return unfit("column", name, "is none (help ps lists them)");
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
        if (!column) return unfit("sort", key, "is no column");
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
        if (!value) return unfit("selection", word, "is not a number");
        list.push_back(*value);
    }
    return {};
}

Result<> add_ids(std::vector<std::uint32_t>& list, ProcessNames& names, std::string_view words,
                 bool groups) {
    while (!words.empty()) {
        const auto end = words.find_first_of(", ");
        const auto word = words.substr(0, end);
        words = end == words.npos ? std::string_view{} : words.substr(end + 1);
        if (word.empty()) continue;
        const auto id = groups ? names.gid_of(word) : names.uid_of(word);
        if (!id) return unfit("selection", word, groups ? "is no group" : "is no user");
        list.push_back(*id);
    }
    return {};
}

// "pts/0", "tty1", "/dev/pts/0"; by the numbers that devices.txt of the kernel has for them.
Result<> add_terminals(std::vector<int>& list, std::string_view words) {
    while (!words.empty()) {
        const auto word = parse::take(words, ',');
        auto name = word.starts_with("/dev/") ? word.substr(5) : word;
        const bool pseudo = name.starts_with("pts/");
        if (pseudo) name.remove_prefix(4);
        if (name.starts_with("tty")) name.remove_prefix(3);
        const auto number = parse::number<unsigned>(name);
        constexpr unsigned pseudo_major = 136, console_major = 4;
        if (word == "-" || word == "?") {
            list.push_back(0);
        } else if (number) {
            const auto device = pseudo ? makedev(pseudo_major + *number / 256, *number % 256)
                                       : makedev(console_major, *number);
            list.push_back(static_cast<int>(device));
        } else {
            return unfit("selection", word, "is no terminal (pts/0, tty1, -)");
        }
    }
    return {};
}

// "aux", "axf", "axo pid,comm", "1234": a cluster of letters, or a process id.
Result<> bsd_word(Request& request, ProcessNames& names, const std::vector<std::string>& operands,
                  std::size_t& at) {
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
            case 'l': request.preset = bsd_long_format; break;
            case 'j': request.preset = bsd_job_format; break;
            case 'v': request.preset = memory_format; break;
            case 's': request.preset = signal_format; break;
            case 'e': request.environment = true; break;
            case 'c':
            case 'n':
            case 'S':
            case 'T': break;
            case 'U':
                request.selects = true;
                TRY(add_ids(request.users, names, TRY(argument('U')), false));
                break;
            case 't':
                request.selects = true;
                TRY(add_terminals(request.terminals, TRY(argument('t'))));
                break;
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

Result<> read_option(Request& request, ProcessNames& names, const Option& option,
                     const std::string& value, bool& json) {
    if (option.name == "sort") TRY(add_order(request, value));
    if (option.name == "forest") request.forest = true;
    if (option.name == "no-headers" || option.name == "noheaders") request.heading = false;
    if (option.name == "cols" || option.name == "columns" || option.name == "width") {
        request.width = parse::number<std::size_t>(value);
        if (!request.width) return unfit("--cols", value, "is not a number");
    }
    if (option.name == "ppid") {
        request.selects = true;
        TRY(add_numbers(request.parents, value));
    }
    switch (option.letter) {
        case 'f': request.full = true; break;
        case 'F': request.preset = fuller_format; break;
        case 'l': request.detailed = true; break;
        case 'j': request.preset = job_format; break;
        case 'y': request.without_flags = true; break;
        case 'w': request.wide = true; break;
        case 'H': request.forest = true; break;
        case 'd': request.no_leaders = true; break;
        case 'N': request.negated = true; break;
        case 'T':
        case 'L': request.threads = true; break;
        case 'p':
        case 'q':
            request.selects = true;
            TRY(add_numbers(request.pids, value));
            break;
        case 's':
        case 'g':
            request.selects = true;
            TRY(add_numbers(request.sessions, value));
            break;
        case 't':
            request.selects = true;
            TRY(add_terminals(request.terminals, value));
            break;
        case 'u':
        case 'U':
        case 'G':
            request.selects = true;
            TRY(add_ids(option.letter == 'u'   ? request.users
                        : option.letter == 'U' ? request.real_users
                                               : request.groups,
                        names, value, option.letter == 'G'));
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
    return {};
}

}  // namespace

Result<Request> read_request(Invocation& call, ProcessNames& names) {
    Request request;
    bool json = false;
    for (const auto& [option, value] : call.options.all()) {
        TRY(read_option(request, names, option, value, json));
    }
    for (std::size_t i = 0; i < call.operands.size(); ++i) {
        TRY(bsd_word(request, names, call.operands, i));
    }
    if (request.detailed) {
        request.preset = request.full            ? full_long_format
                         : request.without_flags ? long_rss_format
                                                 : long_format;
    } else if (request.full && request.preset.empty()) {
        request.preset = full_format;
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
