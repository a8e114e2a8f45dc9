// date.cpp - the time.
#include "commands/command.h"
#include "commands/json.h"
#include "commands/local_time.h"
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

// TZ="Europe/Berlin" at the front of a text says in which zone it is.
Result<parse::Instant> instant_of(Invocation& call, std::string_view text, parse::Instant present,
                                  const parse::Zone& zone) {
    if (!text.starts_with("TZ=\"")) return parse::date_text(text, present, zone);
    const auto end = text.find('"', 4);
    if (end == text.npos) return refused("date", "the zone's quote does not end");
    return parse::date_text(text.substr(end + 1), present,
                            zone_named(call, text.substr(4, end - 4)));
}

Result<std::string> format_of(const Invocation& call) {
    std::string format = "%a %b %e %H:%M:%S %Z %Y";
    for (const auto& [option, value] : call.options.all()) {
        if (option.letter == 'R' || option.name == "rfc-2822") format = "%a, %d %b %Y %H:%M:%S %z";
        const bool rfc = option.name == "rfc-3339";
        if (option.letter != 'I' && !rfc) continue;
        auto iso = iso_format(value);
        if (!iso || (rfc && value.empty())) {
            return refused("-I", "it takes date, hours, minutes, seconds or ns");
        }
        // RFC 3339 has a blank and a point where ISO 8601 has T and a comma.
        if (rfc) {
            for (char& byte : *iso) byte = byte == 'T' ? ' ' : byte == ',' ? '.' : byte;
            if (const auto at = iso->find("%H:%M:%S"); at == iso->npos && value != "date") {
                return refused("--rfc-3339", "it takes date, seconds or ns");
            }
        }
        format = *iso;
    }
    for (const auto& operand : call.operands) {
        if (!operand.starts_with('+')) {
            return refused("set", "'" + operand + "': the clock is not set from here");
        }
        format = operand.substr(1);
    }
    return format;
}

void print(Invocation& call, const parse::Moment& moment, const std::string& format) {
    if (call.json()) {
        const auto utc = parse::moment(moment.seconds, moment.nanosecond);
        call.out.write(JsonObject()
                           .text("time", parse::format_time("%Y-%m-%dT%H:%M:%S.%NZ", utc))
                           .number("epoch", moment.seconds)
                           .text("text", parse::format_time(format, moment))
                           .take());
    } else {
        call.out.write(parse::format_time(format, moment));
    }
    call.out.put('\n');
}

Result<> print_file(Invocation& call, std::string_view name, parse::Instant present,
                    const parse::Zone& zone, const std::string& format) {
    auto input = TRY(call.open(name));
    while (const auto got = TRY(input.line())) {
        auto line = *got;
        if (line.ends_with('\n')) line.remove_suffix(1);
        if (const auto at = instant_of(call, line, present, zone)) {
            print(call, zone.at(at->seconds, at->nanosecond), format);
        } else {
            call.complain(at.error());
        }
    }
    return {};
}

int run(Invocation& call) {
    const auto format = format_of(call);
    if (!format) return call.misused(text(format.error()));
    const bool utc = call.options.has('u') || call.options.has("universal");
    const auto zone = utc ? parse::Zone() : local_zone(call);
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const parse::Instant present{now.tv_sec, static_cast<std::uint32_t>(now.tv_nsec)};
    Result<parse::Instant> at = present;
    if (const auto file = call.options.value('f')) {
        if (auto done = print_file(call, *file, present, zone, *format); !done) {
            call.complain(done.error());
        }
        return call.status;
    }
    if (const auto file = call.options.value('r')) {
        const auto status = target::stat(call.target, call.path(*file), target::Follow::yes);
        if (status) {
            at = parse::Instant{status->stx_mtime.tv_sec, status->stx_mtime.tv_nsec};
        } else {
            at = std::unexpected(status.error());
        }
    } else if (const auto words = call.options.value('d')) {
        at = instant_of(call, *words, present, zone);
    }
    if (!at) {
        call.complain(at.error());
        return 1;
    }
    print(call, zone.at(at->seconds, at->nanosecond), *format);
    return call.status;
}

constexpr Option options[]{
    {'u', "utc", "", "in UTC"},
    {0, "universal", "", "the same"},
    {'d', "date", "TEXT",
     "that time: @1700000000, 2026-01-31T12:00:00Z, 'next monday', '2 hours ago'"},
    {'f', "file", "FILE", "the times that the lines of FILE say"},
    {'r', "reference", "FILE", "the time when FILE was modified"},
    {'I', "iso-8601", "[PRECISION]", "as ISO 8601: date, hours, minutes, seconds, ns"},
    {'R', "rfc-email", "", "as in mails"},
    {0, "rfc-2822", "", "the same"},
    {0, "rfc-3339", "PRECISION", "as RFC 3339: date, seconds, ns"},
    json_option,
};

constexpr Command date{
    .name = "date",
    .usage = "[-uR] [-d TEXT | -f FILE | -r FILE] [-I[PRECISION]] [+FORMAT]",
    .summary = "print the time",
    .theme = "session",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "In the zone that TZ says, as POSIX writes it (CET-1CEST,M3.5.0,M10.5.0/3) or by a name in "
        "the\n"
        "target's /usr/share/zoneinfo (Europe/Berlin); in UTC when it is not set. A text may begin "
        "with\n"
        "TZ=\"ZONE\".\n\n"
        "JSON fields: time, epoch (seconds), text.\n\n"
        "Examples:\n  date +%FT%T\n  date -d @1700000000\n  TZ=Asia/Tokyo date -d 'next friday "
        "17:30'\n",
};
const Register registered{date};

}  // namespace
}  // namespace limpet::commands
