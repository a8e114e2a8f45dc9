// parse/counters.cpp - procfs files of names and numbers.
#include "parse/counters.h"

#include "parse/lines.h"
#include "parse/number.h"

namespace limpet::parse {

std::optional<std::uint64_t> counter(std::string_view text, std::string_view name) {
    while (!text.empty()) {
        auto line = take_line(text);
        if (!line.starts_with(name)) continue;
        line.remove_prefix(name.size());
        if (line.empty() || (line[0] != ':' && line[0] != ' ' && line[0] != '\t')) continue;
        if (line[0] == ':') line.remove_prefix(1);
        return number<std::uint64_t>(take_word(line));
    }
    return std::nullopt;
}

NamedValue named_value(std::string_view line) {
    auto end = line.find(':');
    if (end == line.npos) end = line.find_first_of(" \t");
    if (end == line.npos) return {};
    return {trimmed(line.substr(0, end)), trimmed(line.substr(end + 1))};
}

TaskSyscall task_syscall(std::string_view text) {
    TaskSyscall result;
    auto line = take_line(text);
    const auto first = take_word(line);
    result.running = first == "running";
    result.number = number<int>(first).value_or(-1);
    const auto argument = take_word(line);
    if (argument.starts_with("0x")) result.first = number<std::uint64_t>(argument.substr(2), 16);
    return result;
}

std::optional<CpuTimes> cpu_times(std::string_view line) {
    if (!take_word(line).starts_with("cpu")) return std::nullopt;
    CpuTimes times{};
    for (auto& time : times) time = number<std::uint64_t>(take_word(line)).value_or(0);
    return times;
}

}  // namespace limpet::parse
