// uptime.cpp - how long the machine runs, and how busy it is.
#include "commands/command.h"
#include "commands/json.h"
#include "commands/process/machine.h"
#include "parse/calendar.h"
#include "parse/lines.h"

#include <cstdlib>
#include <ctime>

namespace limpet::commands {
namespace {

// "up 1 day, 8 hours, 25 minutes"
std::string in_words(unsigned long seconds) {
    struct Unit {
        unsigned long seconds;
        const char* name;
    };
    constexpr Unit units[]{{604800, "week"}, {86400, "day"}, {3600, "hour"}, {60, "minute"}};
    std::string text = "up";
    for (const auto& [size, name] : units) {
        const auto count = seconds / size;
        seconds %= size;
        if (count == 0 && (size > 60 || text.size() > 2)) continue;
        text += text.size() > 2 ? ", " : " ";
        text += std::to_string(count);
        text += ' ';
        text += name;
        if (count != 1) text += 's';
    }
    return text;
}

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    const auto machine = read_machine(call.target);
    if (!machine) {
        call.complain(machine.error());
        return 1;
    }
    const auto since = std::time(nullptr) - static_cast<std::time_t>(machine->uptime);
    if (call.json()) {
        JsonObject object;
        object.real("uptime", machine->uptime).number("since", since);
        std::string_view rest = machine->loads;
        for (const char* name : {"load1", "load5", "load15"}) {
            const std::string load(parse::take(rest, ','));
            object.real(name, std::strtod(load.c_str(), nullptr));
        }
        call.out.write(object.take());
    } else if (call.options.has('p')) {
        call.out.write(in_words(static_cast<unsigned long>(machine->uptime)));
    } else if (call.options.has('s')) {
        call.out.write(parse::format_time("%Y-%m-%d %H:%M:%S", parse::moment(since)));
    } else {
        call.out.put(' ');
        call.out.write(uptime_text(*machine));
    }
    call.out.put('\n');
    return 0;
}

constexpr Option options[]{
    {'p', "pretty", "", "only how long, in words"},
    {'s', "since", "", "since when (UTC)"},
    json_option,
};

constexpr Command uptime{
    .name = "uptime",
    .usage = "[-ps] [-o json]",
    .summary = "show how long the machine runs and how busy it is",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Times are UTC; of the container's own age ps -o etime 1 tells.\n"
        "JSON fields: uptime (seconds), since (seconds since 1970), load1, load5, load15.\n"
        "\nExample:\n  uptime\n",
};
const Register registered{uptime};

}  // namespace
}  // namespace limpet::commands
