// touch.cpp - set files' times, make empty files; truncate, sync.
#include "commands/create.h"
#include "commands/local_time.h"
#include "commands/size.h"
#include "parse/calendar.h"
#include "parse/date_text.h"

#include <unistd.h>

#include <ctime>

namespace limpet::commands {
namespace {

constexpr timespec leave{0, UTIME_OMIT};

// POSIX: [[CC]YY]MMDDhhmm[.SS].
Result<parse::Instant> stamp(std::string_view text, parse::Instant now, const parse::Zone& zone) {
    const auto dot = text.find('.');
    auto digits = text.substr(0, dot);
    const auto seconds = dot == text.npos ? std::string_view("00") : text.substr(dot + 1);
    const bool right = digits.find_first_not_of("0123456789") == digits.npos &&
                       (digits.size() == 8 || digits.size() == 10 || digits.size() == 12) &&
                       seconds.size() == 2;
    if (!right) return refused("-t", "'" + std::string(text) + "' is not [[CC]YY]MMDDhhmm[.SS]");
    std::string year;
    if (digits.size() == 8) {
        year = std::to_string(parse::moment(now.seconds).year);
    } else {
        year = digits.substr(0, digits.size() - 8);
        if (year.size() == 2) year = (year < "69" ? "20" : "19") + year;
        digits.remove_prefix(digits.size() - 8);
    }
    std::string written = year + '-';
    written.append(digits.substr(0, 2)).append("-").append(digits.substr(2, 2)).append(" ");
    written.append(digits.substr(4, 2)).append(":").append(digits.substr(6, 2)).append(":");
    return parse::date_text(written.append(seconds), now, zone);
}

struct Times {
    timespec access{0, UTIME_NOW};
    timespec change{0, UTIME_NOW};
};

Result<Times> wanted(Invocation& call) {
    Times times;
    timespec clock{};
    ::clock_gettime(CLOCK_REALTIME, &clock);
    parse::Instant now{clock.tv_sec, static_cast<std::uint32_t>(clock.tv_nsec)};
    if (const auto model = call.options.value('r')) {
        const auto follow = call.options.has('h') ? target::Follow::no : target::Follow::yes;
        const auto status = TRY(target::stat(call.target, call.path(*model), follow));
        times.access = {status.stx_atime.tv_sec, status.stx_atime.tv_nsec};
        times.change = {status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec};
        now = {times.change.tv_sec, static_cast<std::uint32_t>(times.change.tv_nsec)};
    }
    const auto date = call.options.value('d');
    const auto digits = call.options.value('t');
    if (date || digits) {
        const auto zone = local_zone(call);
        const auto instant =
            TRY(date ? parse::date_text(*date, now, zone) : stamp(*digits, now, zone));
        times.access = times.change = {instant.seconds, instant.nanosecond};
    }
    const auto kind = call.options.value("time").value_or("");
    const bool access = call.options.has('a') || kind == "access" || kind == "atime";
    const bool change = call.options.has('m') || kind == "modify" || kind == "mtime";
    if (access && !change) times.change = leave;
    if (change && !access) times.access = leave;
    return times;
}

Result<> touch_one(Invocation& call, const std::string& operand, const Times& times) {
    const timespec both[2]{times.access, times.change};
    const bool itself = call.options.has('h');
    const auto place = itself ? place_of(call, operand) : place_behind(call, operand);
    const auto done = place ? set_times(*place, both) : std::unexpected(place.error());
    if (done || done.error().code != ENOENT) return done;
    if (itself || call.options.has('c')) return {};
    TRY(create(call, operand, Writing::keep));
    return set_times(TRY(place_behind(call, operand)), both);
}

int run_touch(Invocation& call) {
    if (call.operands.empty()) return call.misused("FILE is missing");
    const auto times = wanted(call);
    if (!times) {
        call.complain(times.error());
        return 1;
    }
    for (const auto& operand : call.operands) {
        if (auto done = touch_one(call, operand, *times); !done) call.complain(done.error());
    }
    return call.status;
}

// "+10k", "-1M", "<4k", ">4k", "/4k", "%4k" or a size as it is.
std::optional<std::uint64_t> sized(std::string_view text, std::uint64_t before) {
    const char how = text.empty() ? '\0' : text[0];
    const bool marked = std::string_view("+-<>/%").find(how) != std::string_view::npos;
    const auto size = size_with_unit(marked ? text.substr(1) : text);
    if (!size || how == '\0') return std::nullopt;
    if (!marked) return size;
    if (how == '+')
        return *size > UINT64_MAX - before ? std::nullopt : std::optional(before + *size);
    if (how == '-') return before > *size ? before - *size : 0;
    if (how == '<') return std::min(before, *size);
    if (how == '>') return std::max(before, *size);
    if (*size == 0) return std::nullopt;
    const auto over = before % *size;
    if (how == '/' || over == 0) return before - over;
    return before - over > UINT64_MAX - *size ? std::nullopt : std::optional(before - over + *size);
}

int run_truncate(Invocation& call) {
    const auto text = call.options.value('s');
    const auto model = call.options.value('r');
    if (!text && !model) return call.misused("-s SIZE is missing");
    if (call.operands.empty()) return call.misused("FILE is missing");
    if (text && !sized(*text, 0)) return call.misused("'" + std::string(*text) + "' is no size");
    std::uint64_t like = 0;
    if (model) {
        const auto status = target::stat(call.target, call.path(*model), target::Follow::yes);
        if (!status) {
            call.complain(status.error());
            return 1;
        }
        like = status->stx_size;
    }
    for (const auto& operand : call.operands) {
        const auto how = call.options.has('c') ? Writing::only_there : Writing::keep;
        const auto file = create(call, operand, how);
        if (!file) {
            if (!call.options.has('c') || file.error().code != ENOENT) call.complain(file.error());
            continue;
        }
        struct stat status{};
        ::fstat(file->get(), &status);
        const auto before = model ? like : static_cast<std::uint64_t>(status.st_size);
        const auto size = text ? sized(*text, before) : like;
        if (!size || *size > INT64_MAX) {
            call.complain(Error{EFBIG, "truncate", operand, {}});
        } else if (::ftruncate(file->get(), static_cast<off_t>(*size)) != 0) {
            call.complain(failed("truncate", operand).error());
        }
    }
    return call.status;
}

int run_sync(Invocation& call) {
    if (call.operands.empty()) {
        if (call.target.mode == target::Mode::here) {
            ::sync();
            return 0;
        }
        call.operands.emplace_back("/");
    }
    const bool whole = call.options.has('f') || call.target.mode != target::Mode::here;
    for (const auto& operand : call.operands) {
        const auto file = target::open(call.target, call.path(operand), O_RDONLY | O_NONBLOCK);
        if (!file) {
            call.complain(file.error());
            continue;
        }
        const int done = whole                   ? ::syncfs(file->get())
                         : call.options.has('d') ? ::fdatasync(file->get())
                                                 : ::fsync(file->get());
        if (done != 0) call.complain(failed("sync", operand).error());
    }
    return call.status;
}

constexpr Option touch_options[]{
    {'a', "", "", "the time of access"},
    {'m', "", "", "the time of modification"},
    {'c', "no-create", "", "what is not there is not made"},
    {'t', "", "STAMP", "[[CC]YY]MMDDhhmm[.SS], instead of now"},
    {'d', "date", "TEXT", "the same, as `date -d` takes it"},
    {'r', "reference", "FILE", "the times that FILE has"},
    {'h', "no-dereference", "", "a link itself"},
    {0, "time", "WORD", "access or modify: as -a and -m"},
    {'f', "", "", "accepted"},
};

constexpr Command touch{
    .name = "touch",
    .usage = "[-amch] [-t STAMP | -d TEXT | -r FILE] FILE...",
    .summary = "set files' times, and make those that are not there",
    .theme = "files",
    .promise = Promise::files | Promise::modify,
    .run = run_touch,
    .options = option_table<touch_options>,
    .help = "Example:\n  touch -d '2 hours ago' /tmp/lock\n",
};
const Register registered_touch{touch};

constexpr Option truncate_options[]{
    {'s', "size", "SIZE", "10k, +1M, -1M, <N at most, >N at least, /N and %N to a multiple"},
    {'r', "reference", "FILE", "the size that FILE has"},
    {'c', "no-create", "", "what is not there is not made"},
};

constexpr Command truncate{
    .name = "truncate",
    .usage = "[-c] -s SIZE | -r FILE FILE...",
    .summary = "make files shorter or longer",
    .theme = "files",
    .promise = Promise::files | Promise::modify,
    .run = run_truncate,
    .options = option_table<truncate_options>,
    .help = "Example:\n  truncate -s 0 /var/log/app.log\n",
};
const Register registered_truncate{truncate};

constexpr Option sync_options[]{
    {'d', "data", "", "only the files' content"},
    {'f', "file-system", "", "all of the file systems that they lie in"},
};

constexpr Command sync_command{
    .name = "sync",
    .usage = "[-df] [FILE...]",
    .summary = "wait until what was written is on the disk",
    .theme = "files",
    .promise = Promise::files | Promise::modify,
    .run = run_sync,
    .options = option_table<sync_options>,
    .help = "Example:\n  sync /var/lib/app/state\n",
};
const Register registered_sync{sync_command};

}  // namespace
}  // namespace limpet::commands
