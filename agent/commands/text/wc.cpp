// wc.cpp - count lines, words, bytes and characters.
#include "commands/command.h"
#include "commands/json.h"
#include "commands/spoken.h"
#include "commands/utf8.h"

#include <array>
#include <cstring>

namespace limpet::commands {
namespace {

struct Counts {
    std::uint64_t lines = 0, words = 0, characters = 0, bytes = 0, longest = 0;
    void add(const Counts& other) {
        lines += other.lines;
        words += other.words;
        characters += other.characters;
        bytes += other.bytes;
        longest = std::max(longest, other.longest);
    }
};

struct Wanted {
    bool lines, words, characters, bytes, longest;
    [[nodiscard]] bool only_lines() const { return !words && !characters && !longest; }
};

// Sixteen sums of eight bits each, which are added up before they overflow.
std::uint64_t count_newlines(std::string_view bytes) {
    using Row = signed char __attribute__((vector_size(16)));
    constexpr std::size_t step = 2 * sizeof(Row);
    std::uint64_t lines = 0;
    while (bytes.size() >= step) {
        const auto steps = std::min<std::size_t>(bytes.size() / step, 63);
        Row even{}, odd{};
        for (std::size_t i = 0; i < steps; ++i) {
            Row first, second;
            std::memcpy(&first, bytes.data() + i * step, sizeof(Row));
            std::memcpy(&second, bytes.data() + i * step + sizeof(Row), sizeof(Row));
            even -= first == '\n';
            odd -= second == '\n';
        }
        even += odd;
        for (std::size_t i = 0; i < sizeof(Row); ++i) lines += static_cast<unsigned>(even[i]);
        bytes.remove_prefix(steps * step);
    }
    for (const char byte : bytes) lines += byte == '\n';
    return lines;
}

constexpr auto space_table = [] {
    std::array<std::uint8_t, 256> table{};
    for (const char byte : {' ', '\t', '\n', '\v', '\f', '\r'}) {
        table[static_cast<unsigned char>(byte)] = 1;
    }
    return table;
}();

// Carries what spans two blocks: whether a word goes on, the column, an unfinished character.
struct State {
    unsigned in_word = 0;
    std::uint64_t column = 0;
};

void count_words(std::string_view bytes, Counts& counts, State& state) {
    std::uint64_t words = 0;
    unsigned in_word = state.in_word;
    for (const char byte : bytes) {
        const unsigned letter = space_table[static_cast<unsigned char>(byte)] ^ 1u;
        words += letter & (in_word ^ 1u);
        in_word = letter;
    }
    state.in_word = in_word;
    counts.words += words;
}

// Every byte that does not continue a UTF-8 sequence begins a character.
std::uint64_t count_characters(std::string_view bytes) {
    std::uint64_t characters = 0;
    for (const char byte : bytes) characters += (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
    return characters;
}

void measure(std::string_view bytes, Counts& counts, State& state) {
    const auto line_ends = [&] {
        counts.longest = std::max(counts.longest, state.column);
        state.column = 0;
    };
    while (!bytes.empty()) {
        std::size_t length = 1;
        if (bytes[0] == '\n' || bytes[0] == '\r' || bytes[0] == '\f') {
            line_ends();
        } else if (bytes[0] == '\t') {
            state.column += 8 - state.column % 8;
        } else if (const auto known = utf8_length(bytes); known > 0) {
            length = known;
            const auto point = utf8_decode(bytes.substr(0, length));
            state.column += static_cast<std::uint64_t>(column_width(point));
        }
        bytes.remove_prefix(length);
    }
    counts.longest = std::max(counts.longest, state.column);
}

Result<Counts> count(Input& input, const Wanted& wanted) {
    Counts counts;
    State state;
    for (;;) {
        const auto bytes = TRY(input.block());
        if (bytes.empty()) return counts;
        counts.bytes += bytes.size();
        if (wanted.lines) counts.lines += count_newlines(bytes);
        if (wanted.words) count_words(bytes, counts, state);
        if (wanted.characters) counts.characters += count_characters(bytes);
        if (wanted.longest) measure(bytes, counts, state);
    }
}

// The length of a file that needs no reading, when only that is asked for.
std::optional<std::uint64_t> known_size(const Invocation& call, const std::string& name) {
    if (name == "-") return std::nullopt;
    const auto status = target::stat(call.target, call.path(name), target::Follow::yes);
    // Files of procfs and sysfs say 0 or a page: their size is what reading gives.
    if (!status || !S_ISREG(status->stx_mode) || status->stx_size % 4096 == 0) return std::nullopt;
    return status->stx_size;
}

class Report {
public:
    Report(Invocation& call, const Wanted& wanted) : call_(call), wanted_(wanted) {}

    void line(const Counts& counts, std::string_view name) {
        if (call_.json()) {
            json(counts, name);
            return;
        }
        bool first = true;
        const auto number = [&](bool shown, std::uint64_t value) {
            if (!shown) return;
            // One number alone is printed bare, for $(wc -l <file).
            if (width_ == 1) {
                call_.out.print("%s%llu", first ? "" : " ", static_cast<unsigned long long>(value));
            } else {
                call_.out.print("%s%*llu", first ? "" : " ", width_,
                                static_cast<unsigned long long>(value));
            }
            first = false;
        };
        number(wanted_.lines, counts.lines);
        number(wanted_.words, counts.words);
        number(wanted_.characters, counts.characters);
        number(wanted_.bytes, counts.bytes);
        number(wanted_.longest, counts.longest);
        if (!name.empty()) {
            call_.out.put(' ');
            speak(call_.out, name);
        }
        call_.out.put('\n');
    }
    void width(int columns) { width_ = columns; }

private:
    void json(const Counts& counts, std::string_view name) {
        JsonObject object;
        object.text("path", name.empty() ? "-" : name);
        if (wanted_.lines) object.number("lines", counts.lines);
        if (wanted_.words) object.number("words", counts.words);
        if (wanted_.characters) object.number("characters", counts.characters);
        if (wanted_.bytes) object.number("bytes", counts.bytes);
        if (wanted_.longest) object.number("longest", counts.longest);
        object.line(call_.out);
    }
    Invocation& call_;
    const Wanted& wanted_;
    int width_ = 1;
};

// POSIX leaves the widths open; columns stay aligned when the numbers are as wide as the largest
// that the sizes of the files allow.
int column_width(const Invocation& call, const Wanted& wanted) {
    const int shown =
        wanted.lines + wanted.words + wanted.characters + wanted.bytes + wanted.longest;
    if (shown == 1 && call.operands.size() <= 1) return 1;
    std::uint64_t total = 0;
    int least = 1;
    for (const auto& name : call.operands) {
        if (name == "-") {
            least = 7;
            continue;
        }
        const auto status = target::stat(call.target, call.path(name), target::Follow::yes);
        if (!status) continue;
        if (S_ISREG(status->stx_mode)) {
            total += status->stx_size;
        } else {
            least = 7;
        }
    }
    if (call.operands.empty()) least = 7;
    return std::max(least, static_cast<int>(std::to_string(total).size()));
}

int run(Invocation& call) {
    const auto& given = call.options;
    Wanted wanted{given.has('l'), given.has('w'), given.has('m'), given.has('c'), given.has('L')};
    if (!wanted.lines && wanted.only_lines() && !wanted.bytes) {
        wanted.lines = wanted.words = wanted.bytes = true;
    }
    Report report(call, wanted);
    report.width(column_width(call, wanted));
    if (call.operands.empty()) {
        const auto counts = count(call.in, wanted);
        if (!counts) {
            call.complain(counts.error());
            return call.status;
        }
        report.line(*counts, {});
        return call.status;
    }
    Counts total;
    for (const auto& name : call.operands) {
        Counts counts;
        const bool only_size = wanted.only_lines() && !wanted.lines;
        if (const auto size = only_size ? known_size(call, name) : std::nullopt) {
            counts.bytes = *size;
        } else {
            auto input = call.open(name);
            if (!input) {
                call.complain(input.error());
                continue;
            }
            auto counted = count(*input, wanted);
            if (!counted) {
                call.complain(Error{counted.error().code, "read", name, {}});
                continue;
            }
            counts = *counted;
        }
        total.add(counts);
        report.line(counts, name);
    }
    if (call.operands.size() > 1 && !call.json()) report.line(total, "total");
    return call.status;
}

constexpr Option options[]{
    {'l', "lines", "", "count newlines"},
    {'w', "words", "", "count words"},
    {'m', "chars", "", "count characters (UTF-8)"},
    {'c', "bytes", "", "count bytes"},
    {'L', "max-line-length", "", "columns of the longest line"},
    json_option,
};

constexpr Command wc{
    .name = "wc",
    .usage = "[-lwmcL] [FILE...]",
    .summary = "count lines, words and bytes",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "JSON fields: path, and of lines, words, characters, bytes, longest those asked for.\n\n"
        "Example:\n  wc -l /etc/passwd\n",
};
const Register registered{wc};

}  // namespace
}  // namespace limpet::commands
