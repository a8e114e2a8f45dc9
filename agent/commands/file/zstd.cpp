// zstd.cpp - expand what zstd compressed: zstd -d, unzstd, zstdcat.
//
// The library's compressor, cut down to its fastest strategy, would be 140 KB more of the agent.
#include "commands/command.h"
#include "commands/file/packed.h"
#include "commands/table.h"

namespace limpet::commands {
namespace {

using packed::Source;

enum class Action { pack, unpack, test, list };

struct Zstd : packed::Style {
    Action action = Action::pack;
    std::string output;
};

std::optional<std::string> plain_name(std::string_view name) {
    for (const auto& [from, to] : {std::pair<std::string_view, std::string_view>{".zst", ""},
                                   {".tzst", ".tar"},
                                   {".gz", ""},
                                   {".tgz", ".tar"}}) {
        if (name.size() > from.size() && name.ends_with(from)) {
            return std::string(name.substr(0, name.size() - from.size())) + std::string(to);
        }
    }
    return std::nullopt;
}

void list(Invocation& call, const Source& source, const Unpacked& input) {
    const auto taken = input.taken(), given = input.given();
    call.out.print(
        "%6llu %11s %13s %7.3f  ", static_cast<unsigned long long>(input.unpacker()->members()),
        human_size(taken).c_str(), human_size(given).c_str(),
        static_cast<double>(given) / static_cast<double>(std::max<std::uint64_t>(taken, 1)));
    call.out.write(source.shown);
    call.out.put('\n');
}

Result<> drain(const Source& source, Unpacked& input, Output* out) {
    TRY(packed::unpack(source, input, out));
    if (input.unpacker() && input.unpacker()->garbage()) {
        return refused(source.shown, "what stands behind the last frame is no zstd");
    }
    return {};
}

void say(Invocation& call, const Zstd& zstd, const Source& source, const Unpacked& input) {
    if (!zstd.verbose) return;
    call.error.print("%s: %llu bytes\n", source.shown.c_str(),
                     static_cast<unsigned long long>(input.given()));
    call.error.flush();
}

Result<> write_file(Invocation& call, const Zstd& zstd, const Source& source, Unpacked& input) {
    auto name = zstd.output.empty() ? plain_name(source.name) : zstd.output;
    if (!name) return refused(source.name, "unknown suffix: .zst is expected (-o says a name)");
    return packed::write_beside(call, zstd, source, *name,
                                [&](Output& out) { return drain(source, input, &out); });
}

Result<> one(Invocation& call, const Zstd& zstd, const std::string& name) {
    if (zstd.action == Action::pack) {
        return refused("compress", "zstd is built in for expanding only: gzip compresses");
    }
    auto source = TRY(packed::open(call, name));
    Unpacked input(*std::move(source.input));
    auto found = TRY(input.detect());
    const bool writes = zstd.action == Action::unpack;
    const bool to_stdout = zstd.to_stdout || (source.is_stdin() && zstd.output.empty());
    // zstdcat -f takes what is not compressed as well, and zstd what gzip made.
    const bool pass = zstd.force && to_stdout && writes && found == parse::Packing::none;
    if (found == parse::Packing::none && !pass) found = parse::Packing::zstd;
    TRY(input.as(found));
    if (writes && !to_stdout) {
        TRY(write_file(call, zstd, source, input));
    } else {
        TRY(drain(source, input, writes ? &call.out : nullptr));
    }
    if (zstd.action == Action::list) {
        list(call, source, input);
    } else {
        say(call, zstd, source, input);
    }
    return {};
}

std::optional<int> read_options(Invocation& call, Zstd& zstd) {
    for (const auto& [option, value] : call.options.all()) {
        switch (option.letter) {
            case 'd': zstd.action = Action::unpack; break;
            case 't': zstd.action = Action::test; break;
            case 'l': zstd.action = Action::list; break;
            case 'c': zstd.to_stdout = true; break;
            case 'f': zstd.force = true; break;
            case 'q': zstd.quiet = true; break;
            case 'v': zstd.verbose = true; break;
            case 'k': zstd.keep = true; break;
            case 'o':
                zstd.output = value == "-" ? "" : value;
                zstd.to_stdout = value == "-";
                break;
            case 'T': return call.misused("-T is not supported: there is one thread");
        }
        if (option.name == "rm") zstd.keep = false;
        if (option.name == "long") {
            return call.misused(
                "--long is not supported: windows of up to 128 MiB are, without it");
        }
    }
    return std::nullopt;
}

int run_as(Invocation& call, Action action, bool to_stdout) {
    Zstd zstd;
    // Unlike gzip, it keeps its source.
    zstd.keep = true;
    zstd.action = action;
    zstd.to_stdout = to_stdout;
    if (const auto misused = read_options(call, zstd)) return *misused;
    if (call.operands.empty()) call.operands.emplace_back("-");
    if (!zstd.output.empty() && call.operands.size() > 1) {
        return call.misused("-o takes one file");
    }
    if (zstd.action == Action::list) {
        call.out.write("Frames  Compressed  Uncompressed   Ratio  Filename\n");
    }
    for (const auto& name : call.operands) {
        if (const auto done = one(call, zstd, name); !done) call.complain(done.error());
        if (call.out.failure()) break;
    }
    return call.status;
}

int run_zstd(Invocation& call) { return run_as(call, Action::pack, false); }
int run_unzstd(Invocation& call) { return run_as(call, Action::unpack, false); }
int run_zstdcat(Invocation& call) { return run_as(call, Action::unpack, true); }

constexpr Option options[]{
    {'d', "decompress", "", "expand"},
    {'c', "stdout", "", "to standard output"},
    {'t', "test", "", "only see whether the data is whole"},
    {'l', "list", "", "print sizes"},
    {'o', "", "FILE", "write to FILE"},
    {'f', "force", "", "overwrite; with -c pass on what is not compressed"},
    {'k', "keep", "", "keep the files that are read (default)"},
    {0, "rm", "", "remove them"},
    {'q', "quiet", "", "no notes"},
    {'v', "verbose", "", "say how much it was"},
    {'#', "", "LEVEL", "of compression, which is not built in"},
    {'T', "threads", "N", "not supported"},
    {0, "long", "[LOG]", "not supported"},
};

constexpr const char* help =
    "It expands only; gzip compresses. What gzip made is expanded, too. Frames of before zstd 0.8\n"
    "and windows of more than 128 MiB are refused. Files are written beside the ones that are "
    "read,\n"
    "which needs --allow modify, --scratch or a name below $LIMPET_SCRATCH; -c, -t and -l need "
    "nothing.\n\n"
    "Examples:\n"
    "  zstdcat /var/log/app.log.zst | tail\n"
    "  zstd -d -c /data/dump.zst | head -c 1k | hexdump -C\n";

constexpr Command command(std::string_view name, const char* summary, int (*run)(Invocation&)) {
    return {.name = name,
            .usage = "[-dctlfkqv] [-o FILE] [FILE...]",
            .summary = summary,
            .theme = "files",
            .promise = Promise::files,
            .run = run,
            .options = option_table<options>,
            .help = help,
            .writes = true};
}

constexpr auto zstd_command = command("zstd", "expand files that zstd compressed (-d)", run_zstd);
constexpr auto unzstd_command = command("unzstd", "expand files that zstd compressed", run_unzstd);
constexpr auto zstdcat_command =
    command("zstdcat", "print files that zstd compressed", run_zstdcat);
const Register registered_zstd{zstd_command};
const Register registered_unzstd{unzstd_command};
const Register registered_zstdcat{zstdcat_command};

}  // namespace
}  // namespace limpet::commands
