// seq.cpp - sequences of numbers.
#include "commands/command.h"
#include "parse/number.h"

#include <cmath>
#include <cstdlib>

namespace limpet::commands {
namespace {

struct Number {
    long double value = 0;
    int decimals = 0;       // digits after the point, as written
    std::size_t width = 0;  // of the integer part with its sign
    std::optional<std::int64_t> whole;
};

std::optional<Number> number(const std::string& text) {
    Number found;
    char* end = nullptr;
    found.value = std::strtold(text.c_str(), &end);
    if (text.empty() || *end != '\0' || end == text.c_str() || !std::isfinite(found.value)) {
        return std::nullopt;
    }
    const auto point = text.find('.');
    const bool decimal = text.find_first_of("eExX") == text.npos;
    if (point != text.npos && decimal) found.decimals = static_cast<int>(text.size() - point - 1);
    found.width = decimal ? std::min(point, text.size()) : 0;
    if (text.starts_with('+')) --found.width;
    found.whole = parse::number<std::int64_t>(text.starts_with('+') ? text.substr(1) : text);
    return found;
}

// One %e, %f or %g conversion and text: what printf may be given.
bool valid_format(std::string_view format) {
    int conversions = 0;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format[i] != '%') continue;
        if (++i < format.size() && format[i] == '%') continue;
        i = std::min(format.find_first_not_of("-+ #0'", i), format.size());
        i = std::min(format.find_first_not_of("0123456789", i), format.size());
        if (i < format.size() && format[i] == '.') {
            i = std::min(format.find_first_not_of("0123456789", i + 1), format.size());
        }
        if (i >= format.size() ||
            std::string_view("aefgAEFG").find(format[i]) == std::string_view::npos) {
            return false;
        }
        ++conversions;
    }
    return conversions == 1;
}

struct Style {
    std::string separator = "\n";
    std::string format;
    bool equal_width = false;
};

// The fast and common case: whole numbers, printed without floating point.
void count(Output& out, std::int64_t first, std::int64_t step, std::int64_t last,
           std::string_view separator) {
    char digits[24];
    for (std::int64_t at = first; step > 0 ? at <= last : at >= last;) {
        const auto end = std::to_chars(digits, digits + sizeof digits, at).ptr;
        if (at != first) out.write(separator);
        out.write({digits, static_cast<std::size_t>(end - digits)});
        if (__builtin_add_overflow(at, step, &at) || out.failure()) break;
    }
    out.put('\n');
}

void count(Output& out, const Number& first, const Number& step, const Number& last,
           const Style& style) {
    const int decimals = std::max(first.decimals, step.decimals);
    std::string format = style.format;
    if (format.empty()) {
        std::size_t width = 0;
        if (style.equal_width) {
            width = std::max(first.width, last.width);
            if (decimals > 0) width += static_cast<std::size_t>(decimals) + 1;
        }
        format = "%0" + std::to_string(width) + "." + std::to_string(decimals) + "Lf";
        if (width == 0) format.erase(1, 2);
    } else {
        // long double: an L before the letter of the conversion.
        for (std::size_t i = 0; i < format.size(); ++i) {
            if (format[i] != '%') continue;
            if (format[i + 1] == '%') {
                ++i;
                continue;
            }
            format.insert(format.find_first_of("aefgAEFG", i), "L");
            break;
        }
    }
    // Half a step of room: 0.1 ten times is not quite 1.
    const auto room = std::fabs(step.value) * 1e-9L;
    for (std::uint64_t i = 0;; ++i) {
        const long double at = first.value + static_cast<long double>(i) * step.value;
        if (step.value > 0 ? at > last.value + room : at < last.value - room) break;
        if (i > 0) out.write(style.separator);
        char text[512];
        // The format was checked to hold one floating point conversion.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        const int size = std::snprintf(text, sizeof text, format.c_str(), at);
#pragma GCC diagnostic pop
        out.write({text, std::min<std::size_t>(static_cast<std::size_t>(size), sizeof text - 1)});
        if (out.failure()) return;
        if (i + 1 == 0) return;
    }
    out.put('\n');
}

int run(Invocation& call) {
    Style style;
    std::vector<Number> numbers;
    const auto& words = call.operands;
    std::size_t at = 0;
    // Its own options: -5 is a number here.
    for (; at < words.size(); ++at) {
        const auto& word = words[at];
        if (word == "--help") {
            call.out.write(help_text(call.command));
            return 0;
        }
        if (word == "--") {
            ++at;
            break;
        }
        if (word.size() < 2 || word[0] != '-' || number(word)) break;
        if (word == "-w" || word == "--equal-width") {
            style.equal_width = true;
        } else if (word.starts_with("-s") || word.starts_with("-f")) {
            std::string value = word.substr(2);
            if (value.empty()) {
                if (++at == words.size()) return call.misused(word + " needs a value");
                value = words[at];
            }
            (word[1] == 's' ? style.separator : style.format) = value;
        } else {
            return call.misused("there is no option " + word);
        }
    }
    for (; at < words.size(); ++at) {
        const auto value = number(words[at]);
        if (!value) return call.misused("'" + words[at] + "' is not a number");
        numbers.push_back(*value);
    }
    if (numbers.empty() || numbers.size() > 3) return call.misused("one to three numbers");
    if (!style.format.empty() && !valid_format(style.format)) {
        return call.misused("-f takes one conversion of e, f or g");
    }
    const Number one{.value = 1, .decimals = 0, .width = 1, .whole = 1};
    const Number& first = numbers.size() > 1 ? numbers[0] : one;
    const Number& step = numbers.size() > 2 ? numbers[1] : one;
    const Number& last = numbers.back();
    if (step.value == 0) return call.misused("a step of 0 goes nowhere");
    if (step.value > 0 ? first.value > last.value : first.value < last.value) return 0;
    if (first.whole && step.whole && last.whole && style.format.empty() && !style.equal_width) {
        count(call.out, *first.whole, *step.whole, *last.whole, style.separator);
    } else {
        count(call.out, first, step, last, style);
    }
    return 0;
}

constexpr Command seq{
    .name = "seq",
    .usage = "[-w] [-s TEXT] [-f FORMAT] [FIRST [STEP]] LAST",
    .summary = "print a sequence of numbers",
    .theme = "text",
    .run = run,
    .help =
        "  -w  equally wide, with leading zeros\n  -s TEXT  between numbers (newline)\n"
        "  -f FORMAT  of each, as printf(1): %.2f\n\nExample:\n  seq 0 0.5 2\n",
    .raw = true,
};
const Register registered{seq};

}  // namespace
}  // namespace limpet::commands
