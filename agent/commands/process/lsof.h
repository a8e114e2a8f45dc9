// process/lsof.h - which open files are asked for, as lsof's options say it.
#pragma once

#include "commands/process/names.h"
#include "commands/process/open_files.h"
#include "parse/regex.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace limpet::commands::lsof {

// Values, and those that are excluded ("^7").
template <typename T>
struct Choice {
    std::vector<T> wanted, unwanted;
};

// -i: [46][PROTOCOL][@HOST][:PORTS]
struct Internet {
    int family = 0;  // 0: both
    std::optional<parse::Protocol> protocol;
    std::optional<parse::Address> host;
    std::vector<std::pair<std::uint16_t, std::uint16_t>> ports;

    [[nodiscard]] bool matches(const parse::Socket& socket) const;
};

struct Named {
    std::uint64_t device = 0, inode = 0;
    std::string below;  // +d, +D: paths that begin so
    bool deep = false;
};

// What kinds of selection there are: one that matches will do, or with -a all.
enum Kind : unsigned {
    by_pid = 1,
    by_user = 2,
    by_command = 4,
    by_group = 8,
    by_internet = 16,
    by_unix = 32,
    by_descriptor = 64,
    by_name = 128,
    by_links = 256,
};
inline constexpr unsigned process_kinds = by_pid | by_user | by_command | by_group;

struct Who {
    pid_t pid = 0, parent = 0, group = 0;
    std::uint32_t user = 0;
    std::string command;
};

struct Request {
    unsigned kinds = 0;
    bool all = false;  // -a
    Choice<pid_t> pids, groups;
    Choice<std::uint32_t> users;
    Choice<std::string> commands;
    std::vector<parse::Regex> expressions;
    Choice<std::string> descriptors;
    std::vector<Internet> internet;
    std::vector<std::string> states;  // -sTCP:LISTEN; "^LISTEN" excludes
    std::vector<Named> names;
    std::uint64_t links = 1;  // +L: fewer than that
    bool link_column = false;
    std::size_t command_width = 9;  // 0: whole

    // Of the process-wide kinds, which match; nullopt when it is excluded.
    [[nodiscard]] std::optional<unsigned> match(const Who& who);
    [[nodiscard]] bool selected(unsigned of_process, const OpenFile& file,
                                const parse::Socket* socket, std::string_view descriptor) const;
};

// ESTABLISHED, TIME_WAIT, FIN_WAIT1: as lsof(8) has them.
std::string state_name(const parse::Socket& socket);

Result<Request> read_request(const Invocation& call, ProcessNames& names);

}  // namespace limpet::commands::lsof
