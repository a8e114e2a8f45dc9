// parse/stat.cpp - /proc/PID/stat, proc_pid_stat(5).
#include "parse/stat.h"

#include "parse/number.h"

#include <array>
#include <type_traits>

namespace limpet::parse {

Result<Stat> stat(std::string_view text) {
    // comm is put between parentheses as it is: only the last ')' is the kernel's.
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == text.npos || close == text.npos || close < open || open == 0) {
        return refused("stat", "no (comm)");
    }
    Stat result;
    const auto pid = number<pid_t>(text.substr(0, open - 1));
    if (!pid) return refused("stat", "no pid");
    result.pid = *pid;
    result.comm = text.substr(open + 1, close - open - 1);
    const auto rest = text.substr(close + 1);

    // fields[0] is field 3, state; the others are numbers.
    std::array<std::uint64_t, 39> fields{};
    std::size_t count = 0;
    bool good = true;
    for (std::size_t at = 0; count < fields.size(); ++count) {
        while (at < rest.size() && (rest[at] == ' ' || rest[at] == '\n')) ++at;
        if (at == rest.size()) break;
        if (count == 0) {
            result.state = rest[at++];
            good = at == rest.size() || rest[at] == ' ';
            continue;
        }
        const bool negative = rest[at] == '-';
        at += negative ? 1 : 0;
        auto& value = fields[count];
        const auto begin = at;
        for (; at < rest.size() && rest[at] != ' ' && rest[at] != '\n'; ++at) {
            const auto digit = static_cast<unsigned char>(rest[at] - '0');
            good = good && digit < 10;
            value = value * 10 + digit;
        }
        // None has more digits than 2^64.
        good = good && at > begin && at - begin <= 20;
        if (negative) value = -value;
    }
    if (count < 22 || !good) return refused("stat", good ? "too few fields" : "not numbers");
    const auto take = [&](std::size_t field, auto& value) {
        value = static_cast<std::remove_reference_t<decltype(value)>>(fields[field - 3]);
    };
    take(4, result.ppid);
    take(5, result.pgrp);
    take(6, result.session);
    take(7, result.tty_nr);
    take(8, result.tpgid);
    take(9, result.flags);
    take(10, result.minflt);
    take(12, result.majflt);
    take(14, result.utime);
    take(15, result.stime);
    take(18, result.priority);
    take(19, result.nice);
    take(20, result.num_threads);
    take(22, result.starttime);
    take(23, result.vsize);
    take(24, result.rss);
    take(25, result.rsslim);
    take(26, result.code_start);
    take(27, result.code_end);
    take(35, result.wchan);
    take(39, result.processor);
    take(40, result.rt_priority);
    take(41, result.policy);
    return result;
}

}  // namespace limpet::parse
