// process/ps_request.h - the words of a ps call, POSIX and BSD, as what is asked for.
#pragma once

#include "commands/process/ps_columns.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::commands::ps {

struct Chosen {
    const PsColumn* column;
    std::string heading;
};

struct Request {
    std::vector<Chosen> columns;
    std::vector<std::pair<const PsColumn*, bool>> order;  // column, descending
    std::vector<pid_t> pids, parents;
    std::vector<std::uint32_t> users, real_users, groups;
    std::vector<pid_t> sessions;
    std::vector<int> terminals;  // tty_nr
    std::vector<std::string> names;
    bool selects = false;
    bool threads = false;
    bool forest = false;
    bool wide = false;
    bool heading = true;
    bool running_only = false;
    bool negated = false;
    bool no_leaders = false;
    bool environment = false;
    bool without_flags = false;  // -y
    std::optional<std::size_t> width;
    std::string format;       // the words of every -o, but json and table
    std::string_view preset;  // of -f or u
    bool full = false, detailed = false;
};

// Also settles -o json among the -o of columns: the call's options say JSON then.
Result<Request> read_request(Invocation& call, ProcessNames& names);

}  // namespace limpet::commands::ps
