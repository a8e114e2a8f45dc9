// process/ps_columns.h - what ps can show of a process, under the names that ps(1) has for it.
#pragma once

#include "commands/process/names.h"
#include "commands/table.h"
#include "parse/stat.h"
#include "parse/status.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace limpet::commands::ps {

// A process, or one thread of it: what its files said, each read only when a column wants it.
struct Row {
    pid_t pid = 0;
    pid_t tid = 0;
    parse::Stat stat;
    parse::Status status;
    std::uint32_t user = 0;  // effective, of the directory itself
    std::uint32_t group = 0;
    std::string arguments;  // cmdline, with its NULs
    std::string wchan;
    std::string cgroup;
    std::string io;
    std::string environment;
    std::string program;
    std::string score, adjustment;          // of the OOM killer
    std::uint64_t pss = 0, uss = 0;         // KiB
    std::array<std::string, 8> namespaces;  // in the order of namespace_names
    std::string indent;                     // of --forest, before the command
};

// What the columns of one call need, beside the row.
struct View {
    ProcessNames& names;
    std::uint64_t ticks = 100;  // per second
    std::uint64_t page = 4096;  // bytes
    double uptime = 0;          // seconds since boot
    std::int64_t now = 0;       // seconds since 1970
    std::uint64_t memory = 0;   // of the machine, bytes
};

enum Needs : unsigned {
    status = 1,
    arguments = 2,
    wchan = 4,
    cgroup = 8,
    owner = 16,
    io = 32,
    program = 64,
    oom = 128,
    rollup = 256,
    namespaces = 512,
    environment = 1024,
};
inline constexpr std::array<const char*, 8> namespace_names{
    "ns/cgroup", "ns/ipc", "ns/mnt", "ns/net", "ns/pid", "ns/time", "ns/user", "ns/uts"};

struct PsColumn {
    std::string_view name;     // the JSON field, and the first name for -o
    std::string_view aliases;  // further names, comma-separated
    std::string_view heading;
    Align align;
    unsigned needs;
    Cell (*value)(const Row&, const View&);         // for JSON and for sorting
    std::string (*shown)(const Row&, const View&);  // for the table; null: value as it is
};

std::span<const PsColumn> columns();
const PsColumn* column(std::string_view name);

}  // namespace limpet::commands::ps
