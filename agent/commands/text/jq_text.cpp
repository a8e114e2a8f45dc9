// jq_text.cpp - jq's functions of texts: formats, regular expressions, numbers, code points.
#include "commands/text/jq_builtins.h"
#include "commands/utf8.h"
#include "parse/calendar.h"
#include "parse/json.h"
#include "parse/regex.h"

#include <algorithm>
#include <cmath>

namespace limpet::commands::jq {
namespace {

using Kind = Value::Kind;
using Arguments = std::span<const Value>;

std::string as_text(const Value& value) {
    return value.is(Kind::string) ? std::string(value.text()) : json(value);
}

constexpr std::string_view base64_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64(std::string_view bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto at = [&](std::size_t k) {
            return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u;
        };
        const unsigned word = at(0) << 16 | at(1) << 8 | at(2);
        for (std::size_t k = 0; k < 4; ++k) {
            const bool there = k < 2 || i + k - 1 < bytes.size();
            out += there ? base64_letters[word >> (18 - 6 * k) & 63] : '=';
        }
    }
    return out;
}

Outcome base64_decoded(const std::string& text) {
    std::string out;
    unsigned word = 0;
    unsigned bits = 0;
    for (const char letter : text) {
        const auto value = base64_letters.find(letter);
        if (value == base64_letters.npos) {
            if (letter == '=') break;
            return failure(described(Value::string(text)) + " is not valid base64 data");
        }
        word = word << 6 | static_cast<unsigned>(value);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        out += static_cast<char>(word >> bits & 0xFF);
    }
    return Value::string(std::move(out));
}

std::string uri(std::string_view text) {
    std::string out;
    for (const char byte : text) {
        const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                           (byte >= '0' && byte <= '9') ||
                           std::string_view("-_.~").find(byte) != std::string_view::npos;
        if (plain) {
            out += byte;
            continue;
        }
        constexpr std::string_view digits = "0123456789ABCDEF";
        out += '%';
        out += digits[static_cast<unsigned char>(byte) >> 4];
        out += digits[static_cast<unsigned char>(byte) & 15];
    }
    return out;
}

// Each byte of `bytes` in the text becomes the word of the same place in `words`.
std::string replaced(std::string_view text, std::string_view bytes,
                     std::initializer_list<std::string_view> words) {
    std::string out;
    for (const char byte : text) {
        const auto which = bytes.find(byte);
        if (which == bytes.npos) {
            out += byte;
        } else {
            out += words.begin()[which];
        }
    }
    return out;
}

std::string quoted(std::string_view text, char quote, std::string_view inside) {
    return quote + replaced(text, std::string_view(&quote, 1), {inside}) + quote;
}

// @csv, @tsv and @sh: the items of an array between separators.
Outcome row(std::string_view name, const Value& value) {
    const bool shell = name == "sh";
    if (!shell && !value.is(Kind::array)) {
        return failure(described(value) + " cannot be " + std::string(name) +
                       "-formatted, only array");
    }
    const auto items = value.is(Kind::array) ? value.items() : std::vector<Value>{value};
    std::string out;
    for (const auto& item : items) {
        if (&item != items.data()) out += shell ? ' ' : name == "csv" ? ',' : '\t';
        if (item.is(Kind::array) || item.is(Kind::object)) {
            return failure(described(item) + (shell ? " can not be escaped for shell"
                                                    : " is not valid in a csv row"));
        }
        if (item.is(Kind::null) && !shell) continue;
        if (!item.is(Kind::string)) {
            out += json(item);
        } else if (name == "tsv") {
            out += replaced(item.text(), "\t\n\r\\", {"\\t", "\\n", "\\r", "\\\\"});
        } else {
            out += shell ? quoted(item.text(), '\'', "'\\''") : quoted(item.text(), '"', "\"\"");
        }
    }
    return Value::string(std::move(out));
}

parse::Regex::Flags regex_flags() {
    parse::Regex::Flags flags;
    flags.syntax = parse::regex::Syntax::extended;
    // Zero bytes end no line of jq's; newlines do not either.
    flags.terminator = '\0';
    return flags;
}

// Written for another engine as most are: \d and \D, which ours has as sets.
std::string posix(std::string_view pattern) {
    std::string out;
    bool set = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\' && i + 1 < pattern.size()) {
            const char letter = pattern[++i];
            if (letter == 'd') {
                out += set ? "0-9" : "[0-9]";
            } else if (letter == 'D' && !set) {
                out += "[^0-9]";
            } else if (letter == 'n' || letter == 't') {
                out += letter == 'n' ? '\n' : '\t';
            } else if (set && letter == 's') {
                out += "[:space:]";
            } else if (set && letter == 'w') {
                out += "[:alnum:]_";
            } else if (set) {
                out += letter;
            } else {
                out += '\\';
                out += letter;
            }
            continue;
        }
        if (pattern[i] == '[' && !set) {
            set = true;
        } else if (pattern[i] == ']' && set && i > 0 && pattern[i - 1] != '[') {
            set = false;
        }
        out += pattern[i];
    }
    return out;
}

Value match_object(std::string_view whole, const std::vector<parse::Regex::Span>& groups) {
    const auto object = [&](parse::Regex::Span span) {
        auto made = Value::object();
        const bool there = span.begin != std::string_view::npos;
        const auto part = there ? whole.substr(span.begin, span.end - span.begin) : "";
        const auto points = [](std::string_view of) {
            return Value::number(static_cast<double>(length(text(of))));
        };
        made.member(text("offset")) =
            there ? points(whole.substr(0, span.begin)) : Value::number(-1);
        made.member(text("length")) = points(part);
        made.member(text("string")) = there ? text(part) : Value{};
        return made;
    };
    auto captures = Value::array();
    for (std::size_t i = 1; i < groups.size(); ++i) {
        auto capture = object(groups[i]);
        capture.member(text("name")) = {};
        captures.append(std::move(capture));
    }
    auto made = object(groups[0]);
    made.deepen(3);
    made.member(text("captures")) = std::move(captures);
    return made;
}

}  // namespace

Outcome format(std::string_view name, const Value& value) {
    if (name == "json") return Value::string(json(value));
    if (name == "csv" || name == "tsv" || name == "sh") return row(name, value);
    if (name == "text") return value.is(Kind::string) ? value : Value::string(json(value));
    const auto whole = as_text(value);
    if (name == "html") {
        return Value::string(
            replaced(whole, "&<>'\"", {"&amp;", "&lt;", "&gt;", "&#39;", "&quot;"}));
    }
    if (name == "uri") return Value::string(uri(whole));
    if (name == "base64") return Value::string(base64(whole));
    if (name == "base64d") return base64_decoded(whole);
    return failure(std::string(name) + " is not a valid format");
}

// [expression, flags, whether a test is all that is asked]
Outcome match(const Value& in, std::span<const Value> arguments) {
    for (const auto* one : {&in, arguments.data()}) {
        if (one->is(Kind::string)) continue;
        return failure(*one, " cannot be matched, as it is not a string");
    }
    auto flags = regex_flags();
    bool all = false;
    for (const char flag : arguments[1].text()) {
        if (flag == 'g') all = true;
        if (flag == 'i') flags.ignore_case = true;
        if (std::string_view("gins").find(flag) == std::string_view::npos) {
            return failure(arguments[1], " is not a valid modifier string");
        }
    }
    const auto pattern = arguments[0].text();
    const std::string source = posix(pattern);
    auto regex = parse::Regex::compile(std::span(&source, 1), flags);
    // Lookaheads, names of groups and the like, which a POSIX expression cannot say.
    if (!regex || pattern.find("(?") != pattern.npos) {
        return failure(std::string(pattern) + " (at offset 0) is not a valid POSIX extended regex");
    }
    auto found = Value::array();
    const auto whole = in.text();
    for (std::size_t from = 0; from <= whole.size();) {
        auto groups = regex->groups(whole, from);
        if (!groups) return failure(limpet::text(groups.error()));
        if (!*groups) break;
        if (arguments[2].truthy()) return Value::boolean(true);
        const auto span = (**groups)[0];
        found.append(match_object(whole, **groups));
        if (!all) break;
        from = span.end > span.begin ? span.end : span.end + 1;
    }
    return arguments[2].truthy() ? Value::boolean(false) : found;
}

Outcome tonumber(const Value& in, std::span<const Value>) {
    if (in.is(Kind::number)) return in;
    if (!in.is(Kind::string)) return failure(in, " cannot be parsed as a number");
    auto read = parse::json(in.text());
    if (!read || read->kind != parse::Json::Kind::number) {
        return failure(in, " cannot be parsed as a number");
    }
    return Value::from(*std::move(read));
}

Outcome fromjson(const Value& in, std::span<const Value>) {
    if (!in.is(Kind::string)) return failure(in, " cannot be parsed as JSON");
    auto read = parse::json(in.text());
    if (!read) {
        return failure(read.error().subject() + " (while parsing '" + std::string(in.text()) +
                       "')");
    }
    return Value::from(*std::move(read));
}

Outcome explode(const Value& in, std::span<const Value>) {
    if (!in.is(Kind::string)) return failure(in, " cannot be exploded");
    auto points = Value::array();
    for (auto rest = in.text(); !rest.empty(); rest.remove_prefix(character(rest))) {
        const auto size = utf8_length(rest);
        points.append(Value::number(size == 0 ? 0xFFFD : utf8_decode(rest.substr(0, size))));
    }
    return points;
}

Outcome implode(const Value& in, std::span<const Value>) {
    if (!in.is(Kind::array)) return failure("implode input must be an array");
    std::string spelt = "\"";
    for (const auto& item : in.items()) {
        const double point = item.number();
        if (!item.is(Kind::number) || !(point >= 0 && point <= 0x10FFFF)) {
            return failure("Unicode codepoint must be numeric");
        }
        char escape[16];
        const auto unit = static_cast<unsigned>(point);
        if (unit >= 0x10000) {
            std::snprintf(escape, sizeof escape, "\\u%04x\\u%04x", 0xD7C0 + (unit >> 10),
                          0xDC00 + (unit & 0x3FF));
        } else {
            std::snprintf(escape, sizeof escape, "\\u%04x", unit);
        }
        spelt += escape;
    }
    auto read = parse::json(spelt + '"');
    if (!read) return failure(limpet::text(read.error()));
    return Value::string(std::move(read->text));
}

Outcome join(const Value& in, std::span<const Value> arguments) {
    const auto all = TRY(children(in));
    std::string joined;
    for (const auto& item : all.items()) {
        if (&item != all.items().data()) {
            if (!arguments[0].is(Kind::string)) {
                return failure(described(Value::string(joined)) + " and " +
                               described(arguments[0]) + " cannot be added");
            }
            joined += arguments[0].text();
        }
        if (item.is(Kind::array) || item.is(Kind::object)) {
            return failure(described(Value::string(joined)) + " and " + described(item) +
                           " cannot be added");
        }
        if (!item.is(Kind::null)) joined += as_text(item);
    }
    return Value::string(std::move(joined));
}

Outcome indices(const Value& in, std::span<const Value> arguments) {
    const auto& part = arguments[0];
    if (in.is(Kind::null)) return Value{};
    if (in.is(Kind::array)) return get(in, part.is(Kind::array) ? part : Value::array({part}));
    if (!in.is(Kind::string) || !part.is(Kind::string)) return get(in, part);
    auto found = Value::array();
    if (part.text().empty()) return Value{};
    std::size_t at = 0;
    for (auto rest = in.text(); !rest.empty(); rest.remove_prefix(character(rest)), ++at) {
        if (rest.starts_with(part.text())) found.append(Value::number(static_cast<double>(at)));
    }
    return found;
}

Outcome time_text(const Value& in, std::span<const Value> arguments) {
    if (!in.is(Kind::number) || !arguments[0].is(Kind::string)) {
        return failure("strftime/1 here takes seconds since the epoch, and a string");
    }
    constexpr double most = 1e15;
    const auto seconds = std::floor(std::clamp(in.number(), -most, most));
    return Value::string(
        parse::format_time(arguments[0].text(), parse::moment(static_cast<std::int64_t>(seconds))));
}

}  // namespace limpet::commands::jq
