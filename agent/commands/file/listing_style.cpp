// listing_style.cpp - the options of ls as a style.
#include "commands/file/listing.h"
#include "parse/number.h"

#include <sys/ioctl.h>

namespace limpet::commands::listing {
namespace {

std::size_t terminal_width(const Invocation& call) {
    winsize size{};
    if (::ioctl(call.out.fd().get(), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    if (const auto columns = call.variable("COLUMNS")) {
        if (const auto width = parse::number<std::size_t>(*columns); width && *width > 0) {
            return *width;
        }
    }
    return 80;
}

bool wanted(std::string_view when, const Invocation& call) {
    if (when == "never" || when == "none" || when == "no") return false;
    if (when == "auto" || when == "tty" || when == "if-tty") return call.out.terminal();
    return true;
}

template <typename Value, std::size_t size>
Result<Value> one_of(std::string_view option, std::string_view word,
                     const std::pair<std::string_view, Value> (&choices)[size]) {
    std::string known;
    for (const auto& [name, value] : choices) {
        if (name == word) return value;
        known += (known.empty() ? "" : ", ") + std::string(name);
    }
    return refused("--" + std::string(option), "'" + std::string(word) + "' is none of " + known);
}

constexpr std::pair<std::string_view, Order> orders[]{
    {"name", Order::name},   {"none", Order::none},       {"size", Order::size},
    {"time", Order::time},   {"version", Order::version}, {"extension", Order::extension},
    {"width", Order::width},
};
constexpr std::pair<std::string_view, Time> times[]{
    {"atime", Time::accessed}, {"access", Time::accessed},       {"use", Time::accessed},
    {"ctime", Time::changed},  {"status", Time::changed},        {"mtime", Time::modified},
    {"birth", Time::born},     {"modification", Time::modified}, {"creation", Time::born},
};
constexpr std::pair<std::string_view, Quoting> quotings[]{
    {"literal", Quoting::literal},
    {"shell", Quoting::shell},
    {"shell-escape", Quoting::shell},
    {"shell-always", Quoting::shell_always},
    {"c", Quoting::c},
    {"escape", Quoting::escape},
    {"shell-escape-always", Quoting::shell_always},
};
constexpr std::pair<std::string_view, Marks> all_marks[]{
    {"none", Marks::none},
    {"slash", Marks::slash},
    {"file-type", Marks::types},
    {"classify", Marks::classify},
};
// Of the letter that means the same.
constexpr std::pair<std::string_view, char> formats[]{
    {"long", 'l'},   {"verbose", 'l'},    {"single-column", '1'}, {"vertical", 'C'},
    {"across", 'x'}, {"horizontal", 'x'}, {"commas", 'm'},
};

Result<> time_style(std::string_view name, Style& style) {
    if (name.starts_with("posix-")) name.remove_prefix(6);
    style.time_format.clear();
    if (name.starts_with('+')) {
        // Two lines are two formats: of what is old, and of what is recent.
        name.remove_prefix(1);
        const auto newline = name.find('\n');
        style.old = name.substr(0, newline);
        style.recent = newline == name.npos ? style.old : std::string(name.substr(newline + 1));
    } else if (name == "full-iso") {
        style.time_format = "%Y-%m-%d %H:%M:%S.%N %z";
    } else if (name == "long-iso") {
        style.time_format = "%Y-%m-%d %H:%M";
    } else if (name == "iso") {
        style.old = "%Y-%m-%d ";
        style.recent = "%m-%d %H:%M";
    } else if (name == "locale") {
        style.old = Style().old;
        style.recent = Style().recent;
    } else {
        return refused("--time-style", "full-iso, long-iso, iso, locale or +FORMAT");
    }
    return {};
}

void lay_out(char letter, Style& style) {
    style.layout = letter == 'C'   ? Layout::columns
                   : letter == 'x' ? Layout::rows
                   : letter == 'm' ? Layout::commas
                                   : style.layout;
    if (letter == '1') style.layout = Layout::lines;
    if (letter == 'l') style.long_format = true;
    if (letter == 'C' || letter == 'x' || letter == 'm') style.long_format = false;
}

// One letter; false when it is none of these.
bool letter(char letter, const std::string& value, const Invocation& call, Style& style) {
    switch (letter) {
        case 'a': style.all = true; break;
        case 'A':
            style.almost_all = true;
            style.all = false;
            break;
        case 'f':
            style.all = true;
            style.order = Order::none;
            break;
        case 'R': style.recursive = true; break;
        case 'd': style.directory = true; break;
        case 'n': style.numeric = style.long_format = true; break;
        case 'g':
            style.long_format = true;
            style.user = false;
            break;
        case 'o':
            if (!value.empty()) break;
            style.long_format = true;
            style.group = false;
            break;
        case 'G': style.group = false; break;
        case 'h': style.space = style.size = {.human = true}; break;
        case 'k': style.space = {}; break;
        case 'i': style.inode = true; break;
        case 's': style.blocks = true; break;
        case 'F':
            if (wanted(value, call)) style.marks = Marks::classify;
            break;
        case 'p': style.marks = Marks::slash; break;
        case 'r': style.reverse = true; break;
        case 't': style.order = Order::time; break;
        case 'S': style.order = Order::size; break;
        case 'X': style.order = Order::extension; break;
        case 'v': style.order = Order::version; break;
        case 'U': style.order = Order::none; break;
        case 'c': style.time = Time::changed; break;
        case 'u': style.time = Time::accessed; break;
        case 'L': style.dereference = true; break;
        case 'H': style.dereference_operands = true; break;
        case 'q':
            style.question_marks = true;
            if (style.quoting == Quoting::shell) style.quoting = Quoting::literal;
            break;
        case 'Q': style.quoting = Quoting::c; break;
        case 'b': style.quoting = Quoting::escape; break;
        case 'N': style.quoting = Quoting::literal; break;
        case 'I': style.ignored.push_back(value); break;
        case 'B': style.ignored.insert(style.ignored.end(), {"*~", ".*~"}); break;
        case 'l':
        case '1':
        case 'C':
        case 'x':
        case 'm': lay_out(letter, style); break;
        default: return false;
    }
    return true;
}

Result<> word(std::string_view name, const std::string& value, const Invocation& call,
              Style& style) {
    if (name == "color") style.colour = wanted(value, call);
    if (name == "full-time") {
        style.long_format = true;
        return time_style("full-iso", style);
    }
    if (name == "time-style") return time_style(value, style);
    if (name == "group-directories-first") style.directories_first = true;
    if (name == "sort") style.order = TRY(order(value));
    if (name == "time") style.time = TRY(one_of(name, value, times));
    if (name == "quoting-style") style.quoting = TRY(one_of(name, value, quotings));
    if (name == "indicator-style") style.marks = TRY(one_of(name, value, all_marks));
    if (name == "file-type") style.marks = Marks::types;
    if (name == "format") lay_out(TRY(one_of(name, value, formats)), style);
    if (name == "hide") style.hidden.push_back(value);
    if (name == "si") style.space = style.size = {.human = true, .si = true};
    if (name == "zero") {
        style.end = '\0';
        style.layout = Layout::lines;
        style.quoting = Quoting::literal;
        style.question_marks = false;
        style.colour = false;
    }
    if (name == "block-size") {
        const auto size = block_size(value);
        if (!size) return refused("--block-size", "'" + value + "' is no size");
        style.space = style.size = *size;
    }
    if (name == "width") {
        const auto width = parse::number<std::size_t>(value);
        if (!width) return refused("-w", "'" + value + "' is no number");
        style.width = *width == 0 ? 100'000 : *width;
    }
    return {};
}

}  // namespace

Result<Order> order(std::string_view word) { return one_of("sort", word, orders); }

Result<Style> style_of(const Invocation& call) {
    Style style;
    const bool terminal = call.out.terminal();
    if (terminal) style.layout = Layout::columns;
    style.colour = call.colour();
    if (terminal) style.quoting = Quoting::shell;
    style.width = terminal_width(call);
    for (const auto& [option, value] : call.options.all()) {
        if (letter(option.letter, value, call, style)) continue;
        TRY(word(option.name, value, call, style));
    }
    // -c and -u sort by their time when nothing else says how.
    if (style.time != Time::modified && style.order == Order::name && !style.long_format) {
        style.order = Order::time;
    }
    if (style.directory) style.recursive = false;
    return style;
}

}  // namespace limpet::commands::listing
