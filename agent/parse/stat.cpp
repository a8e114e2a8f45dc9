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

    // words[0] is field 3, state.
    std::array<std::string_view, 39> words;
    std::size_t count = 0;
    for (std::size_t at = 0; count < words.size(); ++count) {
        while (at < rest.size() && (rest[at] == ' ' || rest[at] == '\n')) ++at;
        const auto begin = at;
        while (at < rest.size() && rest[at] != ' ' && rest[at] != '\n') ++at;
        if (at == begin) break;
        words[count] = rest.substr(begin, at - begin);
    }
    if (count < 22 || words[0].size() != 1) return refused("stat", "too few fields");
    result.state = words[0][0];

    bool good = true;
    const auto read = [&](std::size_t field, auto& value) {
        if (field - 3 >= count) return;
        if (const auto parsed =
                number<std::remove_reference_t<decltype(value)>>(words[field - 3])) {
            value = *parsed;
        } else {
            good = false;
        }
    };
    read(4, result.ppid);
    read(5, result.pgrp);
    read(6, result.session);
    read(7, result.tty_nr);
    read(8, result.tpgid);
    read(9, result.flags);
    read(10, result.minflt);
    read(12, result.majflt);
    read(14, result.utime);
    read(15, result.stime);
    read(18, result.priority);
    read(19, result.nice);
    read(20, result.num_threads);
    read(22, result.starttime);
    read(23, result.vsize);
    read(24, result.rss);
    read(25, result.rsslim);
    read(26, result.code_start);
    read(27, result.code_end);
    read(40, result.rt_priority);
    read(41, result.policy);
    read(35, result.wchan);
    read(39, result.processor);
    if (!good) return refused("stat", "a field is not a number");
    return result;
}

}  // namespace limpet::parse
