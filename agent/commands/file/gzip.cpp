// gzip.cpp - compress and expand: gzip, gunzip, zcat.
#include "commands/command.h"
#include "commands/file/packed.h"
#include "commands/spoken.h"
#include "commands/walk.h"
#include "parse/calendar.h"

#include <dirent.h>

#include <array>

namespace limpet::commands {
namespace {

using packed::Source;

enum class Action { pack, unpack, test, list };

struct Gzip : packed::Style {
    Action action = Action::pack;
    bool names = true;     // -n: neither stored nor restored
    bool restore = false;  // -N
    int level = 6;
    std::string suffix = ".gz";
    std::uint64_t listed = 0, packed_sum = 0, plain_sum = 0;
};

// Endings of what is compressed, and what stands in their place.
struct Ending {
    std::string_view from, to;
};
constexpr Ending endings[]{{".gz", ""}, {".tgz", ".tar"}, {".taz", ".tar"}, {"-gz", ""},
                           {".z", ""},  {"-z", ""},       {"_z", ""},       {".Z", ""}};

std::optional<std::string> plain_name(const Gzip& gzip, std::string_view name) {
    const auto base = name.substr(name.rfind('/') + 1);
    const auto cut = [&](std::string_view from, std::string_view to) {
        return std::string(name.substr(0, name.size() - from.size())) + std::string(to);
    };
    if (base.size() > gzip.suffix.size() && base.ends_with(gzip.suffix))
        return cut(gzip.suffix, "");
    for (const auto& [from, to] : endings) {
        if (base.size() > from.size() && base.ends_with(from)) return cut(from, to);
    }
    return std::nullopt;
}

double ratio(std::uint64_t plain, std::uint64_t packed) {
    if (plain == 0) return 0;
    return 100 - 100 * static_cast<double>(packed) / static_cast<double>(plain);
}

void say_ratio(Invocation& call, const Gzip& gzip, const Source& source, double percent,
               std::string_view then) {
    if (!gzip.verbose) return;
    speak(call.error, source.shown);
    call.error.print(":\t%5.1f%%", percent);
    speak(call.error, then);
    call.error.put('\n');
    call.error.flush();
}

Result<std::uint64_t> pack(const Gzip& gzip, Source& source, Output& out, std::uint64_t& taken) {
    constexpr std::size_t size = std::size_t{64} * 1024;
    const std::unique_ptr<char[]> buffer(new char[size]);
    const auto slash = source.name.rfind('/') + 1;
    const bool named = gzip.names && !source.is_stdin();
    const auto seconds = source.status.stx_mtime.tv_sec;
    const bool timed = named && seconds > 0 && seconds <= UINT32_MAX;
    parse::GzipPacker packer(gzip.level, named ? source.name.substr(slash) : "",
                             timed ? static_cast<std::uint32_t>(seconds) : 0);
    std::uint64_t made = 0;
    while (!packer.done() && !out.failure()) {
        auto bytes = TRY(source.input->block());
        const bool last = bytes.empty();
        taken += bytes.size();
        do {
            const auto step = packer.step(bytes, {buffer.get(), size}, last);
            bytes.remove_prefix(step.used);
            out.write({buffer.get(), step.made});
            made += step.made;
        } while (!out.failure() && !packer.done() && (last || !bytes.empty()));
    }
    return made;
}

void compress(Invocation& call, const Gzip& gzip, Source& source) {
    std::uint64_t taken = 0;
    Result<std::uint64_t> made = 0;
    const auto percent = [&] {
        return ratio(taken, made ? *made - std::min<std::uint64_t>(*made, 18) : 0);
    };
    if (gzip.to_stdout || source.is_stdin()) {
        if (!gzip.force && call.out.terminal()) {
            call.complain("compressed data is not written to a terminal (-f does)");
            return;
        }
        made = pack(gzip, source, call.out, taken);
        if (!made) return call.complain(made.error());
        return say_ratio(call, gzip, source, percent(), "");
    }
    if (source.name.ends_with(gzip.suffix) || source.name.ends_with(".tgz")) {
        return packed::warn(call, gzip, source.name + " is compressed already: unchanged");
    }
    const auto name = source.name + gzip.suffix;
    const auto done = packed::write_beside(call, gzip, source, name, [&](Output& out) -> Result<> {
        made = pack(gzip, source, out, taken);
        if (!made) return std::unexpected(made.error());
        return {};
    });
    if (done) {
        const auto then = (gzip.keep ? " -- created " : " -- replaced with ") + name;
        return say_ratio(call, gzip, source, percent(), then);
    }
    if (done.error().code == EEXIST) return packed::warn(call, gzip, text(done.error()));
    call.complain(done.error());
}

// "12345678 Nov 25 12:00"
std::string details(const parse::Unpacker& unpacker) {
    char line[64];
    const auto at = parse::moment(unpacker.modified());
    std::snprintf(line, sizeof line, "defla %08x ", unpacker.check());
    return line + parse::format_time("%b %e %H:%M", at) + ' ';
}

void list(Invocation& call, Gzip& gzip, const Source& source, const Unpacked& input) {
    auto& out = call.out;
    if (gzip.listed++ == 0 && !gzip.quiet) {
        if (gzip.verbose) out.write("method  crc     date  time  ");
        out.write("         compressed        uncompressed  ratio uncompressed_name\n");
    }
    if (gzip.verbose) out.write(details(*input.unpacker()));
    auto name = plain_name(gzip, source.name).value_or(source.is_stdin() ? "stdout" : source.name);
    if (const auto kept = input.unpacker()->name(); gzip.restore && !kept.empty()) {
        name = name.substr(0, name.rfind('/') + 1) + kept.substr(kept.rfind('/') + 1);
    }
    // Sums do not overflow: nobody reads 2^64 bytes.
    out.print("%19llu %19llu %5.1f%% ", static_cast<unsigned long long>(input.taken()),
              static_cast<unsigned long long>(input.given()),
              ratio(input.given(), input.taken() - std::min<std::uint64_t>(input.taken(), 18)));
    speak(out, name);
    out.put('\n');
    gzip.packed_sum += input.taken();
    gzip.plain_sum += input.given();
}

void list_sum(Invocation& call, const Gzip& gzip) {
    if (gzip.verbose) call.out.write("                            ");
    call.out.print(
        "%19llu %19llu %5.1f%% (totals)\n", static_cast<unsigned long long>(gzip.packed_sum),
        static_cast<unsigned long long>(gzip.plain_sum), ratio(gzip.plain_sum, gzip.packed_sum));
}

Result<> drain(Invocation& call, const Gzip& gzip, const Source& source, Unpacked& input,
               Output* out) {
    TRY(packed::unpack(source, input, out));
    if (input.unpacker() && input.unpacker()->garbage()) {
        packed::warn(call, gzip, source.shown + ": decompression OK, trailing garbage ignored");
    }
    return {};
}

void expand_to_file(Invocation& call, const Gzip& gzip, Source& source, Unpacked& input) {
    auto name = plain_name(gzip, source.name);
    if (!name) return packed::warn(call, gzip, source.name + ": unknown suffix -- ignored");
    const auto stored = input.unpacker() ? input.unpacker()->name() : "";
    if (const auto base = stored.substr(stored.rfind('/') + 1); gzip.restore && !base.empty()) {
        name = name->substr(0, name->rfind('/') + 1) + base;
    }
    const auto done = packed::write_beside(call, gzip, source, *name, [&](Output& out) {
        return drain(call, gzip, source, input, &out);
    });
    if (done) {
        const auto then = (gzip.keep ? " -- created " : " -- replaced with ") + *name;
        return say_ratio(call, gzip, source, ratio(input.given(), input.taken()), then);
    }
    if (done.error().code == EEXIST) return packed::warn(call, gzip, text(done.error()));
    call.complain(done.error());
}

void expand(Invocation& call, Gzip& gzip, Source& source) {
    Unpacked input(*std::move(source.input));
    const auto found = input.detect();
    if (!found) return call.complain(found.error());
    // zcat -f takes what is not compressed as well.
    const bool pass = gzip.force && gzip.to_stdout && gzip.action == Action::unpack &&
                      *found == parse::Packing::none;
    if (!pass && *found == parse::Packing::compress) {
        return call.complain(source.shown + ": the format of compress (LZW) is not supported");
    }
    if (const auto ready = input.as(pass ? parse::Packing::none : parse::Packing::gzip); !ready) {
        return call.complain(ready.error());
    }
    const bool writes = gzip.action == Action::unpack;
    if (writes && !gzip.to_stdout && !source.is_stdin()) {
        return expand_to_file(call, gzip, source, input);
    }
    if (const auto done = drain(call, gzip, source, input, writes ? &call.out : nullptr); !done) {
        return call.complain(done.error());
    }
    if (gzip.action == Action::list) return list(call, gzip, source, input);
    if (gzip.action == Action::test && gzip.verbose) {
        call.error.print("%s:\t OK\n", source.shown.c_str());
        call.error.flush();
    }
    if (writes) say_ratio(call, gzip, source, ratio(input.given(), input.taken()), "");
}

void one(Invocation& call, Gzip& gzip, const std::string& name) {
    const bool unpacks = gzip.action != Action::pack;
    auto found = name;
    if (unpacks && name != "-" && !name.ends_with(gzip.suffix)) {
        const auto exists = [&](const std::string& file) {
            return target::stat(call.target, call.path(file), target::Follow::yes).has_value();
        };
        if (!exists(name) && exists(name + gzip.suffix)) found += gzip.suffix;
    }
    auto source = packed::open(call, found);
    if (!source) {
        if (source.error().code == EISDIR) {
            return packed::warn(call, gzip, name + " is a directory -- ignored");
        }
        return call.complain(source.error());
    }
    if (unpacks) return expand(call, gzip, *source);
    compress(call, gzip, *source);
}

void tree(Invocation& call, Gzip& gzip, const std::string& operand) {
    // What is written below the walk would be met by it: names first.
    std::vector<std::string> names;
    Walk walk;
    walk.before = [&](Visit& visit) {
        if (visit.type() == DT_DIR) return Next::descend;
        if (visit.type() == DT_REG) names.push_back(visit.path());
        return Next::skip;
    };
    walk.run(call, operand);
    const bool unpacks = gzip.action != Action::pack;
    for (const auto& name : names) {
        // Of a tree, only what is meant.
        if (unpacks ? !plain_name(gzip, name) : name.ends_with(gzip.suffix)) continue;
        one(call, gzip, name);
    }
}

std::optional<int> read_options(Invocation& call, Gzip& gzip) {
    for (const auto& [option, value] : call.options.all()) {
        switch (option.letter) {
            case 'c': gzip.to_stdout = true; break;
            case 'd': gzip.action = Action::unpack; break;
            case 't': gzip.action = Action::test; break;
            case 'l': gzip.action = Action::list; break;
            case 'k': gzip.keep = true; break;
            case 'f': gzip.force = true; break;
            case 'n': gzip.names = gzip.restore = false; break;
            case 'N': gzip.names = gzip.restore = true; break;
            case 'q':
                gzip.quiet = true;
                gzip.verbose = false;
                break;
            case 'v':
                gzip.verbose = true;
                gzip.quiet = false;
                break;
            case 'S':
                if (value.empty() || value.contains('/')) return call.misused("-S needs a suffix");
                gzip.suffix = value;
                break;
            case '#':
                if (value.size() != 1 || value[0] == '0') return call.misused("levels are 1 to 9");
                gzip.level = value[0] - '0';
                break;
        }
        if (option.name == "fast") gzip.level = 1;
        if (option.name == "best") gzip.level = 9;
    }
    return std::nullopt;
}

int run_as(Invocation& call, Action action, bool to_stdout) {
    Gzip gzip;
    gzip.action = action;
    gzip.to_stdout = to_stdout;
    if (const auto misused = read_options(call, gzip)) return *misused;
    if (call.operands.empty()) call.operands.emplace_back("-");
    for (const auto& name : call.operands) {
        if (call.options.has('r') && name != "-") {
            tree(call, gzip, name);
        } else {
            one(call, gzip, name);
        }
        if (call.out.failure()) break;
    }
    if (gzip.listed > 1 && !gzip.quiet) list_sum(call, gzip);
    return call.status;
}

int run_gzip(Invocation& call) { return run_as(call, Action::pack, false); }
int run_gunzip(Invocation& call) { return run_as(call, Action::unpack, false); }
int run_zcat(Invocation& call) { return run_as(call, Action::unpack, true); }

constexpr Option options[]{
    {'c', "stdout", "", "to standard output, files stay as they are"},
    {'d', "decompress", "", "expand"},
    {'t', "test", "", "only see whether the data is whole"},
    {'l', "list", "", "print sizes"},
    {'k', "keep", "", "keep the files that are read"},
    {'f', "force", "", "overwrite; write to a terminal; with -cd pass on what is not compressed"},
    {'r', "recursive", "", "all files of directories"},
    {'n', "no-name", "", "neither store nor restore name and time"},
    {'N', "name", "", "store and restore the name"},
    {'q', "quiet", "", "no warnings"},
    {'v', "verbose", "", "say what was saved"},
    {'S', "suffix", "SUFFIX", "in place of .gz"},
    {'#', "", "LEVEL", "1 (fast) to 9 (small); 6 is the default"},
    {0, "fast", "", "-1"},
    {0, "best", "", "-9"},
};

constexpr const char* help =
    "Files are written beside the ones that are read, which needs --allow modify, --scratch or a "
    "name below\n"
    "$LIMPET_SCRATCH; -c, -t, -l and standard input need nothing. Status 1: damaged or "
    "unreadable;\n"
    "what could be expanded before the damage is written. Status 2: a warning.\n\n"
    "Examples:\n"
    "  zcat /var/log/syslog.2.gz | grep oom\n"
    "  gzip -c /var/log/app.log > $LIMPET_SCRATCH/app.log.gz\n"
    "  gzip -l /var/log/*.gz\n";

constexpr Command command(std::string_view name, const char* summary, int (*run)(Invocation&)) {
    return {.name = name,
            .usage = "[-cdtlkfrnNqv] [-S SUFFIX] [-1..-9] [FILE...]",
            .summary = summary,
            .theme = "files",
            .promise = Promise::files,
            .run = run,
            .options = option_table<options>,
            .help = help,
            .writes = true};
}

constexpr auto gzip_command = command("gzip", "compress files, or expand them", run_gzip);
constexpr auto gunzip_command = command("gunzip", "expand compressed files", run_gunzip);
constexpr auto zcat_command = command("zcat", "print compressed files", run_zcat);
const Register registered_gzip{gzip_command};
const Register registered_gunzip{gunzip_command};
const Register registered_zcat{zcat_command};

}  // namespace
}  // namespace limpet::commands
