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

}  // namespace

Style style_of(const Invocation& call) {
    Style style;
    const bool terminal = call.out.terminal();
    if (terminal) style.layout = Layout::columns;
    style.colour = call.colour();
    style.quote = terminal;
    style.width = terminal_width(call);
    for (const auto& [option, value] : call.options.all()) {
        switch (option->letter) {
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
            case 'n': style.numeric = true; [[fallthrough]];
            case 'l': style.long_format = true; break;
            case 'g':
                style.long_format = true;
                style.user = false;
                break;
            case 'G': style.group = false; break;
            case 'h': style.human = true; break;
            case 'i': style.inode = true; break;
            case 's': style.blocks = true; break;
            case 'F': style.classify = wanted(value, call); break;
            case 'p': style.slash = true; break;
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
            case '1': style.layout = Layout::lines; break;
            case 'C':
                style.layout = Layout::columns;
                style.long_format = false;
                break;
            case 'x':
                style.layout = Layout::rows;
                style.long_format = false;
                break;
            case 'm':
                style.layout = Layout::commas;
                style.long_format = false;
                break;
            case 'q':
                style.question_marks = true;
                style.quote = false;
                break;
            case 'Q':
                style.double_quotes = true;
                style.quote = false;
                break;
            case 'N': style.quote = false; break;
            case 'w': style.width = parse::number<std::size_t>(value).value_or(80); break;
        }
        if (option->name == "color") style.colour = wanted(value, call);
        if (option->name == "full-time") style.long_format = style.full_time = true;
        if (option->name == "group-directories-first") style.directories_first = true;
    }
    // -c and -u sort by their time when nothing else says how.
    if (style.time != Time::modified && style.order == Order::name && !style.long_format) {
        style.order = Order::time;
    }
    if (style.directory) style.recursive = false;
    return style;
}

}  // namespace limpet::commands::listing
