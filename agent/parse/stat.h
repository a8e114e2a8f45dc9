// parse/stat.h - /proc/PID/stat and /proc/PID/task/TID/stat, proc_pid_stat(5).
#pragma once

#include "limpet/result.h"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace limpet::parse {

struct Stat {
    pid_t pid = 0;
    std::string comm;  // any bytes: it may hold ") R 1", newlines and escapes
    char state = '?';
    pid_t ppid = 0;
    pid_t pgrp = 0;
    pid_t session = 0;
    int tty_nr = 0;
    pid_t tpgid = 0;
    std::uint32_t flags = 0;
    std::uint64_t minflt = 0;
    std::uint64_t majflt = 0;
    std::uint64_t utime = 0;  // clock ticks, as stime and starttime
    std::uint64_t stime = 0;
    std::int64_t priority = 0;
    std::int64_t nice = 0;
    std::uint64_t num_threads = 0;
    std::uint64_t starttime = 0;                 // since boot
    std::uint64_t vsize = 0;                     // bytes
    std::uint64_t code_start = 0, code_end = 0;  // addresses; 0 when nobody may know
    std::uint64_t rt_priority = 0, policy = 0;   // sched(7)
    std::uint64_t rss = 0;                       // pages
    std::uint64_t rsslim = 0;
    std::uint64_t wchan = 0;  // 0: running; else only 1 since Linux 4.4
    int processor = 0;
};

Result<Stat> stat(std::string_view text);

}  // namespace limpet::parse
