// sums.cpp - digests of files, and their check: md5sum, sha1sum, sha256sum, sha512sum, b2sum,
// cksum.
#include "commands/text/sums.h"

#include "commands/command.h"
#include "commands/json.h"
#include "commands/spoken.h"
#include "parse/number.h"

namespace limpet::commands {
namespace {

using sums::Algorithm;

struct Sum {
    std::string text;
    std::uint64_t bytes = 0;
};

Result<Sum> sum_of(Invocation& call, const Algorithm& algorithm, std::size_t length,
                   const std::string& name) {
    auto input = TRY(call.open(name));
    Digest digest(algorithm.kind, length);
    std::uint32_t crc = 0;
    Sum sum;
    for (;;) {
        const auto bytes = input.block();
        if (!bytes) return std::unexpected(Error{bytes.error().code, "read", name, {}});
        if (bytes->empty()) break;
        sum.bytes += bytes->size();
        if (algorithm.crc) {
            crc = sums::crc(crc, *bytes);
        } else {
            digest.add(*bytes);
        }
    }
    sum.text = algorithm.crc ? std::to_string(sums::crc_end(crc, sum.bytes)) : digest.finish();
    return sum;
}

struct Counts {
    std::size_t good = 0, bad = 0, unreadable = 0, malformed = 0, missing = 0;
};

void check_one(Invocation& call, const sums::Listed& entry, Counts& counts) {
    const bool silent = call.options.has("status");
    const auto sum = sum_of(call, *entry.algorithm, entry.digest.size(), entry.name);
    if (!sum) {
        if (sum.error().code == ENOENT && call.options.has("ignore-missing")) {
            ++counts.missing;
            return;
        }
        call.complain(sum.error());
        ++counts.unreadable;
    } else if (sum->text != entry.digest) {
        ++counts.bad;
    } else {
        ++counts.good;
    }
    const bool matches = sum && sum->text == entry.digest;
    if (silent || (matches && call.options.has("quiet"))) return;
    // Here only what would make two lines of it is escaped.
    const bool lines = entry.name.contains('\n');
    if (lines) call.out.put('\\');
    speak(call.out, lines ? sums::escaped(entry.name) : entry.name);
    call.out.write(matches ? ": OK\n" : sum ? ": FAILED\n" : ": FAILED open or read\n");
}

Result<> check(Invocation& call, const Algorithm& algorithm, const std::string& list) {
    auto input = TRY(call.open(list));
    const std::string shown = list == "-" ? "standard input" : list;
    Counts counts;
    std::size_t number = 0;
    while (const auto line = TRY(input.line(call.options.has('z') ? '\0' : '\n'))) {
        ++number;
        auto text = *line;
        while (text.ends_with('\n') || text.ends_with('\r') || text.ends_with('\0')) {
            text.remove_suffix(1);
        }
        if (text.empty() || text.starts_with('#')) continue;
        const auto entry = sums::listed(text, algorithm);
        if (entry) {
            check_one(call, *entry, counts);
            continue;
        }
        ++counts.malformed;
        if (!call.options.has('w')) continue;
        const int before = call.status;
        call.complain(shown + ": " + std::to_string(number) + ": improperly formatted " +
                      std::string(algorithm.tag) + " checksum line");
        call.status = before;
    }
    const auto& [good, bad, unreadable, malformed, missing] = counts;
    if (good + bad + unreadable + missing == 0) {
        return refused(shown, "no properly formatted checksum lines found");
    }
    const auto warn = [&](std::size_t count, std::string_view one, std::string_view many) {
        if (count == 0 || call.options.has("status")) return;
        call.complain("WARNING: " + std::to_string(count) + ' ' +
                      std::string(count == 1 ? one : many));
    };
    const int before = call.status;
    warn(malformed, "line is improperly formatted", "lines are improperly formatted");
    call.status = malformed > 0 && call.options.has("strict") ? 1 : before;
    warn(unreadable, "listed file could not be read", "listed files could not be read");
    warn(bad, "computed checksum did NOT match", "computed checksums did NOT match");
    if (bad + unreadable > 0) call.status = 1;
    if (good + bad + unreadable == 0) return refused(shown, "no file was verified");
    return {};
}

struct Look {
    bool tagged = false;
    char mark = ' ';
    std::size_t length = 128;
};

void print(Invocation& call, const Algorithm& algorithm, const Look& look, const Sum& sum,
           std::string_view name, bool named) {
    auto& out = call.out;
    if (call.json()) {
        JsonObject object;
        object.text("path", name).text("digest", sum.text).number("bytes", sum.bytes);
        object.line(out);
        return;
    }
    if (algorithm.crc) {
        out.print("%s %llu", sum.text.c_str(), static_cast<unsigned long long>(sum.bytes));
        if (named) out.put(' ');
        if (named) speak(out, name);
        out.put(call.options.has('z') ? '\0' : '\n');
        return;
    }
    const auto shown = call.options.has('z') ? std::string(name) : sums::escaped(name);
    if (shown != name) out.put('\\');
    if (look.tagged) {
        out.write(algorithm.tag);
        if (algorithm.kind == DigestKind::blake2b && look.length != 128) {
            out.print("-%zu", look.length * 4);
        }
        out.write(" (");
        speak(out, shown);
        out.write(") = ");
        out.write(sum.text);
    } else {
        out.write(sum.text);
        out.put(' ');
        out.put(look.mark);
        speak(out, shown);
    }
    out.put(call.options.has('z') ? '\0' : '\n');
}

Result<Look> look_of(const Options& options, const Algorithm& algorithm, bool tagged) {
    Look look{.tagged = tagged};
    for (const auto& [option, value] : options.all()) {
        if (option.letter == 'b') look.mark = '*';
        if (option.letter == 't') look.mark = ' ';
        if (option.name == "tag") look.tagged = true;
        if (option.name == "untagged") look.tagged = false;
        if (option.letter != 'l') continue;
        const auto bits = parse::number<std::size_t>(value);
        if (!bits || *bits % 8 != 0 || *bits > 512) {
            return refused("-l", "a length is a multiple of 8 bits, at most 512");
        }
        if (*bits > 0) look.length = *bits / 4;
    }
    if (algorithm.kind != DigestKind::blake2b && options.has('l')) {
        return refused("-l", "only BLAKE2b has lengths to choose from");
    }
    return look;
}

int run_with(Invocation& call, const Algorithm& algorithm, bool tagged) {
    const auto look = look_of(call.options, algorithm, tagged);
    if (!look) return call.misused(text(look.error()));
    const bool named = !call.operands.empty();
    if (!named) call.operands.emplace_back("-");
    for (const auto& name : call.operands) {
        if (call.options.has('c')) {
            if (auto done = check(call, algorithm, name); !done) call.complain(done.error());
            continue;
        }
        const auto sum = sum_of(call, algorithm, look->length, name);
        if (!sum) {
            call.complain(sum.error());
            continue;
        }
        print(call, algorithm, *look, *sum, name, named);
    }
    return call.status;
}

template <DigestKind kind>
int run(Invocation& call) {
    return run_with(call, sums::algorithm(kind), false);
}

int run_cksum(Invocation& call) {
    const auto name = call.options.value('a');
    const auto* chosen = sums::by_name(name.value_or("crc"));
    if (!chosen) return call.misused("-a takes crc, md5, sha1, sha256, sha512 or blake2b");
    if (call.options.has('c') && chosen->crc && name) {
        return call.misused("there is nothing to check in lines of -a crc");
    }
    return run_with(call, *chosen, true);
}

constexpr Option check_option{'c', "check", "", "read digests and names from FILE and check them"};
constexpr Option length_option{'l', "length", "BITS", "a shorter digest (BLAKE2b)"};
constexpr Option tag_option{0, "tag", "", "lines as BSD has them: SHA256 (NAME) = DIGEST"};
constexpr Option binary_option{'b', "binary", "", "mark names with *"};
constexpr Option text_option{'t', "text", "", "do not (default)"};
constexpr Option zero_option{'z', "zero", "", "lines end with a zero byte, names are as they are"};
constexpr Option warn_option{'w', "warn", "", "with -c name the lines that are no digests"};
constexpr Option strict_option{0, "strict", "", "with -c fail for such lines"};
constexpr Option quiet_option{0, "quiet", "", "with -c say nothing of what is right"};
constexpr Option status_option{0, "status", "", "with -c say nothing; the exit status tells"};
constexpr Option missing_option{0, "ignore-missing", "", "with -c pass over files that are gone"};

constexpr Option options[]{check_option,  binary_option,  text_option,   tag_option,
                           zero_option,   warn_option,    strict_option, quiet_option,
                           status_option, missing_option, json_option};
constexpr Option b2_options[]{check_option, length_option, binary_option,  text_option,
                              tag_option,   zero_option,   warn_option,    strict_option,
                              quiet_option, status_option, missing_option, json_option};
constexpr Option cksum_options[]{
    {'a', "algorithm", "NAME", "crc (default), md5, sha1, sha256, sha512, blake2b"},
    {0, "untagged", "", "lines as md5sum and its kin have them"},
    check_option,
    length_option,
    tag_option,
    zero_option,
    warn_option,
    strict_option,
    quiet_option,
    status_option,
    missing_option,
    json_option};

constexpr const char* help =
    "JSON fields: path, digest, bytes.\n\n"
    "Examples:\n  sha256sum /app\n  sha256sum -c SHA256SUMS\n";

template <DigestKind kind>
constexpr Command command(std::string_view name, const char* summary,
                          OptionTable table = option_table<options>) {
    return {.name = name,
            .usage = "[-bz] [--tag] [FILE...] | -c [FILE...]",
            .summary = summary,
            .theme = "text",
            .promise = Promise::files,
            .run = run<kind>,
            .options = table,
            .help = help};
}

constexpr auto md5 = command<DigestKind::md5>("md5sum", "print or check MD5 digests");
constexpr auto sha1 = command<DigestKind::sha1>("sha1sum", "print or check SHA-1 digests");
constexpr auto sha256 = command<DigestKind::sha256>("sha256sum", "print or check SHA-256 digests");
constexpr auto sha512 = command<DigestKind::sha512>("sha512sum", "print or check SHA-512 digests");
constexpr auto b2 = command<DigestKind::blake2b>("b2sum", "print or check BLAKE2b digests",
                                                 option_table<b2_options>);
constexpr Command cksum{
    .name = "cksum",
    .usage = "[-a ALGORITHM] [FILE...] | -c [FILE...]",
    .summary = "print POSIX checksums and sizes, or digests",
    .theme = "text",
    .promise = Promise::files,
    .run = run_cksum,
    .options = option_table<cksum_options>,
    .help =
        "With -c the lines say by their tags which digest they are.\n\n"
        "JSON fields: path, digest, bytes.\n\n"
        "Examples:\n  cksum /app/*.so\n  cksum -a sha256 /app\n",
};
const Register registered_md5{md5};
const Register registered_sha1{sha1};
const Register registered_sha256{sha256};
const Register registered_sha512{sha512};
const Register registered_b2{b2};
const Register registered_cksum{cksum};

}  // namespace
}  // namespace limpet::commands
