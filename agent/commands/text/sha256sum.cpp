// sha256sum.cpp - digests of files, and their check: md5sum, sha1sum, sha256sum, sha512sum.
#include "commands/command.h"
#include "commands/json.h"
#include "parse/digest.h"

#include <cctype>

namespace limpet::commands {
namespace {

using parse::Digest;
using parse::DigestKind;

Result<std::string> digest_of(Invocation& call, DigestKind kind, const std::string& name) {
    auto input = TRY(call.open(name));
    Digest digest(kind);
    for (;;) {
        auto bytes = input.block();
        if (!bytes) return std::unexpected(Error{bytes.error().code, "read", name, {}});
        if (bytes->empty()) return digest.finish();
        digest.add(*bytes);
    }
}

// As GNU's tools: a name with a newline or backslash has them escaped, and the line begins with
// one.
std::string escaped(std::string_view name, bool& any) {
    std::string text;
    any = false;
    for (const char byte : name) {
        const char letter = byte == '\n' ? 'n' : byte == '\r' ? 'r' : byte == '\\' ? '\\' : 0;
        if (letter) {
            text += '\\';
            text += letter;
            any = true;
        } else {
            text += byte;
        }
    }
    return text;
}

std::string unescaped(std::string_view name) {
    std::string text;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] != '\\' || i + 1 == name.size()) {
            text += name[i];
            continue;
        }
        ++i;
        text += name[i] == 'n' ? '\n' : name[i] == 'r' ? '\r' : name[i];
    }
    return text;
}

struct Listed {
    std::string digest, name;
};

std::optional<Listed> listed(std::string_view line, DigestKind kind) {
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    const bool escapes = line.starts_with('\\');
    if (escapes) line.remove_prefix(1);
    const auto length = Digest::length(kind);
    if (line.size() < length + 2 || line[length] != ' ') return std::nullopt;
    Listed found;
    for (const char byte : line.substr(0, length)) {
        if (!std::isxdigit(static_cast<unsigned char>(byte))) return std::nullopt;
        found.digest += static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
    }
    // Two spaces, or a space and the star of binary mode; old tools wrote one space.
    const bool marked = line[length + 1] == ' ' || line[length + 1] == '*';
    const auto name = line.substr(length + (marked ? 2 : 1));
    if (name.empty()) return std::nullopt;
    found.name = escapes ? unescaped(name) : std::string(name);
    return found;
}

Result<> check(Invocation& call, DigestKind kind, const std::string& list) {
    auto input = TRY(call.open(list));
    const bool silent = call.options.has("status");
    std::size_t bad = 0, unreadable = 0, malformed = 0, good = 0;
    while (const auto line = TRY(input.line())) {
        const auto entry = listed(*line, kind);
        if (!entry) {
            ++malformed;
            continue;
        }
        const auto digest = digest_of(call, kind, entry->name);
        if (!digest) {
            call.complain(digest.error());
            ++unreadable;
        } else if (*digest != entry->digest) {
            ++bad;
        } else {
            ++good;
        }
        const bool matches = digest && *digest == entry->digest;
        if (silent || (matches && call.options.has("quiet"))) continue;
        bool any = false;
        call.out.write(escaped(entry->name, any));
        call.out.write(matches ? ": OK\n" : digest ? ": FAILED\n" : ": FAILED open or read\n");
    }
    const auto warn = [&](std::size_t count, std::string_view what) {
        if (count == 0) return;
        call.status = 1;
        if (!silent) call.complain("WARNING: " + std::to_string(count) + ' ' + std::string(what));
    };
    if (good + bad + unreadable == 0) {
        return refused("check", list + " holds no digest of this kind");
    }
    if (malformed > 0 && (call.options.has('w') || call.options.has("strict"))) {
        warn(malformed, "lines are no digests");
        if (!call.options.has("strict") && bad + unreadable == 0) call.status = 0;
    }
    warn(unreadable, "listed files could not be read");
    warn(bad, "computed digests did NOT match");
    return {};
}

void print(Invocation& call, const std::string& digest, std::string_view name) {
    if (call.json()) {
        call.out.write(JsonObject().text("path", name).text("digest", digest).take());
        call.out.put('\n');
        return;
    }
    bool any = false;
    const auto shown = escaped(name, any);
    if (any) call.out.put('\\');
    call.out.write(digest);
    call.out.write(call.options.has('b') ? " *" : "  ");
    call.out.write(shown);
    call.out.put('\n');
}

template <DigestKind kind>
int run(Invocation& call) {
    if (call.operands.empty()) call.operands.emplace_back("-");
    for (const auto& name : call.operands) {
        if (call.options.has('c')) {
            if (auto done = check(call, kind, name); !done) call.complain(done.error());
            continue;
        }
        const auto digest = digest_of(call, kind, name);
        if (!digest) {
            call.complain(digest.error());
            continue;
        }
        print(call, *digest, name);
    }
    return call.status;
}

constexpr Option options[]{
    {'c', "check", "", "read digests and names from FILE and check them"},
    {'b', "binary", "", "mark names with *"},
    {'t', "text", "", "do not (default)"},
    {'w', "warn", "", "with -c say how many lines are no digests"},
    {0, "strict", "", "with -c fail for such lines"},
    {0, "quiet", "", "with -c say nothing of what is right"},
    {0, "status", "", "with -c say nothing; the exit status tells"},
    json_option,
};

constexpr std::string_view help =
    "JSON fields: path, digest.\n\n"
    "Examples:\n  sha256sum /app\n  sha256sum -c SHA256SUMS\n";

template <DigestKind kind>
constexpr Command command(std::string_view name, std::string_view summary) {
    return {.name = name,
            .usage = "[-b] [FILE...] | -c [FILE...]",
            .summary = summary,
            .theme = "text",
            .promise = Promise::files,
            .run = run<kind>,
            .options = options,
            .help = help};
}

constexpr auto md5 = command<DigestKind::md5>("md5sum", "print or check MD5 digests");
constexpr auto sha1 = command<DigestKind::sha1>("sha1sum", "print or check SHA-1 digests");
constexpr auto sha256 = command<DigestKind::sha256>("sha256sum", "print or check SHA-256 digests");
constexpr auto sha512 = command<DigestKind::sha512>("sha512sum", "print or check SHA-512 digests");
const Register registered_md5{md5};
const Register registered_sha1{sha1};
const Register registered_sha256{sha256};
const Register registered_sha512{sha512};

}  // namespace
}  // namespace limpet::commands
