// date.cpp - the time, in UTC.
#include "commands/command.h"
#include "commands/json.h"
#include "parse/calendar.h"
#include "parse/date_text.h"

#include <ctime>

namespace limpet::commands {
namespace {

std::optional<std::string> iso_format(std::string_view precision) {
    constexpr std::pair<std::string_view, std::string_view> formats[]{
        {"date", "%Y-%m-%d"},
        {"hours", "%Y-%m-%dT%H%:z"},
        {"minutes", "%Y-%m-%dT%H:%M%:z"},
        {"seconds", "%Y-%m-%dT%H:%M:%S%:z"},
        {"ns", "%Y-%m-%dT%H:%M:%S,%N%:z"},
    };
    if (precision.empty()) return std::string(formats[0].second);
    for (const auto& [name, format] : formats) {
        if (name.starts_with(precision)) return std::string(format);
    }
    return std::nullopt;
}

Result<parse::Instant> instant(Invocation& call) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const parse::Instant present{now.tv_sec, static_cast<std::uint32_t>(now.tv_nsec)};
    if (const auto file = call.options.value('r')) {
        const auto status = TRY(target::stat(call.target, call.path(*file), target::Follow::yes));
        return parse::Instant{status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec};
    }
    if (const auto text = call.options.value('d')) return parse::date_text(*text, present);
    return present;
}

int run(Invocation& call) {
    const auto at = instant(call);
    if (!at) {
        call.complain(at.error());
        return 1;
    }
    std::string format = "%a %b %e %H:%M:%S %Z %Y";
    for (const auto& [option, value] : call.options.all()) {
        if (option->letter == 'R') format = "%a, %d %b %Y %H:%M:%S %z";
        if (option->letter == 'I') {
            const auto iso = iso_format(value);
            if (!iso) return call.misused("-I takes date, hours, minutes, seconds or ns");
            format = *iso;
        }
    }
    for (const auto& operand : call.operands) {
        if (!operand.starts_with('+')) {
            return call.misused("'" + operand + "': the clock is not set from here");
        }
        format = operand.substr(1);
    }
    const auto moment = parse::moment(at->seconds, at->nanosecond);
    if (call.json()) {
        call.out.write(JsonObject()
                           .text("time", parse::format_time("%Y-%m-%dT%H:%M:%S.%NZ", moment))
                           .number("epoch", moment.seconds)
                           .text("text", parse::format_time(format, moment))
                           .take());
    } else {
        call.out.write(parse::format_time(format, moment));
    }
    call.out.put('\n');
    return 0;
}

constexpr Option options[]{
    {'u', "utc", "", "in UTC (it always is)"},
    {'d', "date", "TEXT",
     "that time: @1700000000, 2026-01-31T12:00:00Z, 'yesterday', '2 hours ago'"},
    {'r', "reference", "FILE", "the time when FILE was modified"},
    {'I', "iso-8601", "[PRECISION]", "as ISO 8601: date, hours, minutes, seconds, ns"},
    {'R', "rfc-email", "", "as in mails"},
    json_option,
};

constexpr Command date{
    .name = "date",
    .usage = "[-uR] [-d TEXT | -r FILE] [-I[PRECISION]] [+FORMAT]",
    .summary = "print the time",
    .theme = "session",
    .promise = Promise::files,
    .run = run,
    .options = options,
    .help =
        "Always in UTC: the time zone of a target is a file that would have to be trusted.\n\n"
        "JSON fields: time, epoch (seconds), text.\n\n"
        "Examples:\n  date +%FT%T\n  date -d @1700000000\n",
};
const Register registered{date};

}  // namespace
}  // namespace limpet::commands
