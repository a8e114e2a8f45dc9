// strings.cpp - printable text in files.
#include "commands/command.h"
#include "commands/json.h"
#include "commands/spoken.h"
#include "parse/number.h"

namespace limpet::commands {
namespace {

struct Style {
    std::size_t least = 4;
    char radix = 0;  // of offsets: d, o, x
    bool name = false;
    bool spaces = false;  // every white space is text
    char encoding = 's';  // s S; b l 16 bits, B L 32
    std::string_view separator = "\n";
};

// A text of any length is printed as it comes: only its first bytes are held back.
class Finder {
public:
    Finder(Invocation& call, const Style& style, std::string_view name)
        : call_(call), style_(style), name_(name) {}

    void feed(std::string_view bytes) {
        if (style_.encoding != 's' && style_.encoding != 'S') return feed_wide(bytes);
        while (!bytes.empty()) {
            std::size_t run = 0;
            while (run < bytes.size() && printable(bytes[run])) ++run;
            add(bytes.substr(0, run));
            offset_ += run;
            bytes.remove_prefix(run);
            if (bytes.empty()) return;
            end();
            std::size_t gap = 0;
            while (gap < bytes.size() && !printable(bytes[gap])) ++gap;
            offset_ += gap;
            bytes.remove_prefix(gap);
        }
    }
    void end() {
        if (printing_) {
            if (call_.json()) {
                JsonObject object;
                object.text("path", name_).number("offset", begin_).text("text", held_);
                call_.out.write(object.take());
            }
            call_.out.write(call_.json() ? "\n" : style_.separator);
        }
        printing_ = false;
        held_.clear();
    }

private:
    [[nodiscard]] bool printable(char byte) const {
        if ((byte >= ' ' && byte <= '~') || byte == '\t') return true;
        if (style_.encoding == 'S' && static_cast<unsigned char>(byte) >= 128) return true;
        return style_.spaces && byte >= '\n' && byte <= '\r';
    }
    // Characters of two or four bytes, wherever they begin.
    void feed_wide(std::string_view bytes) {
        const bool big = style_.encoding == 'b' || style_.encoding == 'B';
        const std::size_t size = style_.encoding == 'b' || style_.encoding == 'l' ? 2 : 4;
        cut_ += bytes;
        std::size_t at = 0;
        while (at + size <= cut_.size()) {
            const auto part = std::string_view(cut_).substr(at, size);
            const char byte = big ? part.back() : part.front();
            const auto rest = big ? part.substr(0, size - 1) : part.substr(1);
            if (printable(byte) && rest.find_first_not_of('\0') == rest.npos) {
                add({&byte, 1});
                at += size;
                offset_ += size;
            } else {
                end();
                ++at;
                ++offset_;
            }
        }
        cut_.erase(0, at);
    }
    void add(std::string_view text) {
        if (text.empty()) return;
        // JSON needs it in one piece; 64 KiB of a text say enough.
        constexpr std::size_t longest = 65536;
        if (printing_ && !call_.json()) return call_.out.write(text);
        if (held_.empty()) begin_ = offset_;
        held_ += text.substr(0, longest - std::min(held_.size(), longest));
        if (printing_ || held_.size() < style_.least) return;
        printing_ = true;
        if (call_.json()) return;
        if (style_.name) {
            speak(call_.out, name_);
            call_.out.write(": ");
        }
        const auto at = static_cast<unsigned long long>(begin_);
        if (style_.radix == 'd') call_.out.print("%7llu ", at);
        if (style_.radix == 'o') call_.out.print("%7llo ", at);
        if (style_.radix == 'x') call_.out.print("%7llx ", at);
        call_.out.write(held_);
        if (text.size() > longest) call_.out.write(text.substr(longest));
    }

    Invocation& call_;
    const Style& style_;
    std::string_view name_;
    std::string held_, cut_;
    std::uint64_t offset_ = 0, begin_ = 0;
    bool printing_ = false;
};

int run(Invocation& call) {
    Style style;
    for (const auto& [option, value] : call.options.all()) {
        if (option.letter == 'n' || option.letter == '#') {
            const auto least = parse::number<std::size_t>(value);
            if (!least || *least == 0 || *least > 4096) return call.misused("-n takes 1 to 4096");
            style.least = *least;
        }
        if (option.letter == 't') {
            if (value != "d" && value != "o" && value != "x")
                return call.misused("-t takes d, o or x");
            style.radix = value[0];
        }
        if (option.letter == 'o') style.radix = 'o';
        if (option.letter == 'e') {
            if (value.size() != 1 || std::string_view("sSblBL").find(value) == std::string::npos)
                return call.misused("-e takes s, S, b, l, B or L");
            style.encoding = value[0];
        }
        if (option.letter == 's') style.separator = value;
        if (option.letter == 'w') style.spaces = true;
        if (option.letter == 'f') style.name = true;
    }
    if (call.operands.empty()) call.operands.emplace_back("-");
    for (const auto& name : call.operands) {
        auto input = call.open(name);
        if (!input) {
            call.complain(input.error());
            continue;
        }
        Finder finder(call, style, name);
        for (;;) {
            const auto bytes = input->block();
            if (!bytes) call.complain(Error{bytes.error().code, "read", name, {}});
            if (!bytes || bytes->empty() || call.out.failure()) break;
            finder.feed(*bytes);
        }
        finder.end();
    }
    return call.status;
}

constexpr Option options[]{
    {'n', "bytes", "N", "texts of at least N bytes (4)"},
    {'#', "", "N", "the same"},
    {'a', "all", "", "all of the file (it always is)"},
    {'t', "radix", "R", "with offsets: d decimal, o octal, x hexadecimal"},
    {'o', "", "", "with offsets in octal"},
    {'e', "encoding", "E",
     "s ASCII (default), S bytes over 127, too; b l 16 bits, B L 32: big, little"},
    {'w', "include-all-whitespace", "", "newlines and the like are text, too"},
    {'s', "output-separator", "TEXT", "instead of a newline"},
    {'f', "print-file-name", "", "with file names"},
    json_option,
};

constexpr Command strings{
    .name = "strings",
    .usage = "[-afow] [-n N] [-t d|o|x] [-e E] [-s TEXT] [FILE...]",
    .summary = "print the printable text in files",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "JSON fields: path, offset, text (of at most 64 KiB).\n\n"
        "Example:\n  strings -n 12 /app | grep -i version\n",
};
const Register registered{strings};

}  // namespace
}  // namespace limpet::commands
