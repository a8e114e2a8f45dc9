// export_verb.cpp - limpet export: the target's root file system as a tar archive.
#include "attach/part.h"
#include "attach/report.h"
#include "attach/start.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace limpet::attach {
namespace {

// What snapshot says of an archive that is whole as such: something in it changed meanwhile (1), or
// could not be read (2).
constexpr int least_that_is_not_whole = 3;

// An archive ends with two blocks of zeros, and with a whole record of 20 blocks.
bool has_end() {
    constexpr off_t block = 512, record = 20 * block;
    struct stat status{};
    std::array<char, 2 * block> end{};
    if (::fstat(1, &status) != 0 || status.st_size == 0 || status.st_size % record != 0) {
        return false;
    }
    return ::pread(1, end.data(), end.size(), status.st_size - 2 * block) == 2 * block &&
           std::ranges::all_of(end, [](char byte) { return byte == 0; });
}

int run(const Arguments& arguments) {
    if (arguments.operands.empty()) return misused(export_verb, "TARGET is missing");
    const auto& target = arguments.operands.front();
    auto open = session_of(arguments, target);
    if (!open) return misused(export_verb, text(open.error()));
    open->grants = Grant::files;
    open->arguments = {"snapshot"};
    if (arguments.has("volumes")) open->arguments.emplace_back("--volumes");
    open->arguments.emplace_back("--");
    open->arguments.insert(open->arguments.end(), arguments.operands.begin() + 1,
                           arguments.operands.end());
    const auto what = "export " + target;
    const auto file = arguments.value("output").value_or("-");
    if (file == "-") {
        if (::isatty(1) == 1) {
            return misused(export_verb, "an archive is not written to a terminal: -o FILE");
        }
        return run_on(arguments, what, *std::move(open));
    }
    Part part{std::string(file)};
    if (auto opened = part.open(); !opened) return report(what, opened.error());
    const int status = run_on(arguments, what, *std::move(open));
    const bool ended = status < least_that_is_not_whole && (!part.regular() || has_end());
    if (!ended && status == 0) {
        return part.close(what, report(what, refused("archive", "it came without its end").error()),
                          false);
    }
    return part.close(what, status, ended);
}

constexpr Option options[] = {
    {'o', "output", "FILE", "the archive; - or none for standard output"},
    {0, "volumes", "", "also what else is mounted there to keep files"},
};

}  // namespace

constexpr Verb export_verb{
    .name = "export",
    .usage = "[-o FILE] [--volumes] TARGET [PATH...]",
    .summary = "the target's root file system, or PATH, as a tar archive",
    .options = options,
    .help =
        "A pax archive: hard links, sparse files, extended attributes, devices and FIFOs, times "
        "to\n"
        "the nanosecond; sorted, so that the same tree gives the same bytes. What is mounted in "
        "the\n"
        "target (/proc, /dev, volumes) is left out. GNU's tar, bsdtar, busybox and docker import "
        "read\n"
        "it. Until its end has come, the file is called FILE.part. Status 1: a file changed while "
        "it\n"
        "was read; 2: something could not be read, and is not in it.\n"
        "\n"
        "  limpet export web -o web.tar\n"
        "  limpet export web /etc | tar -tv\n"
        "  limpet export web | docker import - web:now\n",
    .targets = true,
    .run = run,
};

}  // namespace limpet::attach
