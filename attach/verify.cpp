// verify.cpp - limpet verify: whether what was kept is what was written.
#include "attach/cast_file.h"
#include "attach/report.h"
#include "attach/request_log.h"
#include "attach/sanitiser.h"
#include "attach/verb.h"
#include "limpet/cast.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace limpet::attach {
namespace {

constexpr int unsound = 1;

struct Verdict {
    std::string kind;       // what it is: "request log"
    std::string text;       // for people, when all is well
    std::string members;    // of -o json
    std::string problem;    // empty when all is well
    std::uint64_t bad = 0;  // entry, 0 for none in particular
    std::vector<std::string> notes;
};

Result<Verdict> of_log(const std::string& path, std::string_view noted) {
    auto check = TRY(check_log(path, noted));
    Verdict verdict{.kind = "request log", .text = {}, .members = {}, .problem = check.problem};
    verdict.bad = check.bad;
    verdict.notes = std::move(check.notes);
    verdict.text = std::to_string(check.entries) + " entries and " +
                   std::to_string(check.recordings) + " recordings, from " + check.first + " to " +
                   check.until + ", as they were written; the last is " + check.last;
    verdict.members = ",\"entries\":" + std::to_string(check.entries) +
                      ",\"recordings\":" + std::to_string(check.recordings) +
                      ",\"last\":" + cast::quoted(check.last);
    return verdict;
}

Result<Verdict> of_recording(const std::string& path) {
    auto cast = TRY(CastFile::open(path));
    std::uint64_t events = 0;
    double time = 0;
    while (const auto event = TRY(cast.next())) {
        ++events;
        time = event->time;
    }
    Verdict verdict{.kind = "recording", .text = {}, .members = {}, .problem = {}};
    if (cast.cut()) verdict.problem = "it stops before its end";
    verdict.text = std::to_string(events) + " events in " +
                   std::to_string(static_cast<std::uint64_t>(time)) +
                   " s, whole; that nobody changed it only serve's request log can tell";
    verdict.members = ",\"events\":" + std::to_string(events);
    return verdict;
}

// What it is, by what it holds.
Result<Verdict> of(const std::string& path, std::string_view noted) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return failed("open", path);
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
        return refused("open " + path, "it is neither a file nor a directory");
    }
    if (S_ISDIR(status.st_mode)) return of_log(path, noted);
    char start[12] = {};
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return failed("open", path);
    const auto got = ::read(file.get(), start, sizeof start - 1);
    if (got == 0 || std::string_view(start).starts_with("{\"entry\":")) return of_log(path, noted);
    return of_recording(path);
}

int run(const Arguments& arguments) {
    if (arguments.operands.size() != 1) return misused(verify, "one FILE or DIR");
    const auto& path = arguments.operands.front();
    const auto what = "verify " + path;
    const auto verdict = of(path, arguments.value("noted").value_or(""));
    if (!verdict) return report(what, verdict.error());
    const bool sound = verdict->problem.empty();
    const auto problem =
        (verdict->bad > 0 ? "entry " + std::to_string(verdict->bad) + ": " : "") + verdict->problem;
    if (arguments.value("output") == "json") {
        std::string line = "{\"path\":" + cast::quoted(path) +
                           ",\"kind\":" + cast::quoted(verdict->kind) +
                           ",\"sound\":" + (sound ? "true" : "false") + verdict->members;
        if (!sound) {
            line += ",\"bad_entry\":" + (verdict->bad > 0 ? std::to_string(verdict->bad) : "null") +
                    ",\"problem\":" + cast::quoted(verdict->problem);
        }
        if (auto printed = print(1, line + "}\n"); !printed) return report(what, printed.error());
    } else if (sound) {
        const auto line = one_line(path + ": " + verdict->kind + ": " + verdict->text);
        if (auto printed = print(1, line + '\n'); !printed) return report(what, printed.error());
    }
    if (!arguments.has("quiet")) {
        for (const auto& note : verdict->notes) {
            (void)print(2, one_line("limpet: " + what + ": " + note) + '\n');
        }
    }
    if (sound) return 0;
    report(what, Error{0, verdict->kind, problem, {}});
    return unsound;
}

constexpr Option options[] = {
    {0, "noted", "HASH", "of an entry that was noted elsewhere: it has to be there still"}};

}  // namespace

constexpr Verb verify{
    .name = "verify",
    .usage = "[--noted HASH] [-o json] FILE|DIR",
    .summary = "check the request log of serve --record-dir, or a recording",
    .options = options,
    .help =
        "Every entry has its own hash and that of the entry before it; requests.head knows how "
        "many\n"
        "there are, and the recordings' hashes are in the log. The first entry that is not what "
        "was\n"
        "written is named, with status 1. Whoever may write the directory can write all of it "
        "anew:\n"
        "against that, note the last hash from time to time (serve's own log has each, too) and\n"
        "hand it to --noted.\n"
        "\n"
        "  limpet verify /var/log/limpet\n"
        "  limpet verify --noted 9f86d081... /var/log/limpet\n",
    .run = run,
};

}  // namespace limpet::attach
