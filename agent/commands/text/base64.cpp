// base64.cpp - bytes as text, and back (RFC 4648).
#include "commands/command.h"
#include "parse/number.h"

#include <array>

namespace limpet::commands {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr auto values = [] {
    std::array<signed char, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<signed char>(i);
    }
    return table;
}();

class Wrapped {
public:
    Wrapped(Output& out, std::size_t width) : out_(out), width_(width) {}
    void write(std::string_view text) {
        while (width_ > 0 && column_ + text.size() >= width_) {
            const auto part = width_ - column_;
            out_.write(text.substr(0, part));
            out_.put('\n');
            text.remove_prefix(part);
            column_ = 0;
        }
        out_.write(text);
        column_ += text.size();
    }
    void finish() {
        if (column_ > 0 && width_ > 0) out_.put('\n');
    }

private:
    Output& out_;
    std::size_t width_;
    std::size_t column_ = 0;
};

void encode(std::string_view bytes, std::string& text) {
    text.clear();
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto at = [&](std::size_t k) {
            return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u;
        };
        const unsigned word = at(0) << 16 | at(1) << 8 | at(2);
        text += alphabet[word >> 18];
        text += alphabet[word >> 12 & 63];
        text += i + 1 < bytes.size() ? alphabet[word >> 6 & 63] : '=';
        text += i + 2 < bytes.size() ? alphabet[word & 63] : '=';
    }
}

Result<> encode_all(Input& input, Output& out, std::size_t width) {
    Wrapped wrapped(out, width);
    std::string kept, text;
    for (;;) {
        const auto bytes = TRY(input.block());
        if (bytes.empty() || out.failure()) break;
        kept += bytes;
        const auto whole = kept.size() / 3 * 3;
        encode(std::string_view(kept).substr(0, whole), text);
        wrapped.write(text);
        kept.erase(0, whole);
    }
    encode(kept, text);
    wrapped.write(text);
    wrapped.finish();
    return {};
}

// Four letters that are at hand; the last of a text may be fewer, filled with '='.
struct Group {
    unsigned word = 0;
    int letters = 0, padding = 0;
    [[nodiscard]] bool whole() const { return letters + padding == 4; }
    void write(Output& out) {
        word <<= 6 * (4 - letters);
        for (int i = 0; i + 1 < letters; ++i) out.put(static_cast<char>(word >> (16 - 8 * i)));
        *this = {};
    }
};

Result<> decode_all(Input& input, Output& out, bool ignore_garbage) {
    Group group;
    for (;;) {
        const auto text = TRY(input.block());
        if (text.empty() || out.failure()) break;
        for (const char letter : text) {
            const int value = values[static_cast<unsigned char>(letter)];
            if (letter == '=' && group.letters >= 2) {
                ++group.padding;
            } else if (value >= 0 && group.padding == 0) {
                group.word = group.word << 6 | static_cast<unsigned>(value);
                ++group.letters;
            } else if (letter == '\n' || (ignore_garbage && value < 0)) {
                continue;
            } else {
                return refused("decode", "the input is not base64");
            }
            if (group.whole()) group.write(out);
        }
    }
    if (group.letters == 0) return {};
    group.write(out);
    return refused("decode", "the input ends early");
}

int run(Invocation& call) {
    std::size_t width = 76;
    if (const auto given = call.options.value('w')) {
        const auto columns = parse::number<std::size_t>(*given);
        if (!columns) return call.misused("-w needs a number");
        width = *columns;
    }
    if (call.operands.size() > 1) return call.misused("one file at most");
    const std::string name = call.operands.empty() ? "-" : call.operands[0];
    auto input = call.open(name);
    if (!input) {
        call.complain(input.error());
        return call.status;
    }
    const auto done = call.options.has('d') ? decode_all(*input, call.out, call.options.has('i'))
                                            : encode_all(*input, call.out, width);
    if (!done) call.complain(done.error());
    return call.status;
}

constexpr Option options[]{
    {'d', "decode", "", "back to bytes"},
    {'w', "wrap", "N", "lines of N characters (76); 0 for one line"},
    {'i', "ignore-garbage", "", "with -d pass over what is no base64"},
};

constexpr Command base64{
    .name = "base64",
    .usage = "[-di] [-w N] [FILE]",
    .summary = "encode or decode base64",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help = "Example:\n  base64 -w0 /etc/tls/ca.crt\n",
};
const Register registered{base64};

}  // namespace
}  // namespace limpet::commands
