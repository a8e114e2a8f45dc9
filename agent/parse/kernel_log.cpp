// parse/kernel_log.cpp - lines of the kernel's log as syslog(2) gives them.
#include "parse/kernel_log.h"

#include "parse/lines.h"
#include "parse/number.h"

#include <array>

namespace limpet::parse {
namespace {

constexpr std::array<std::string_view, 8> levels{"emerg", "alert",  "crit", "err",
                                                 "warn",  "notice", "info", "debug"};
constexpr std::array<std::string_view, 12> facilities{"kern", "user",   "mail",     "daemon",
                                                      "auth", "syslog", "lpr",      "news",
                                                      "uucp", "cron",   "authpriv", "ftp"};

// "    1.234567" -> microseconds. With CONFIG_PRINTK_CALLER "T12]" follows in brackets of its own.
std::optional<std::uint64_t> seconds(std::string_view text) {
    text = trimmed(text);
    const auto whole = number<std::uint64_t>(take(text, '.'));
    const auto part = number<std::uint64_t>(text);
    constexpr std::uint64_t million = 1'000'000;
    if (!whole || !part || text.size() != 6 || *whole > UINT64_MAX / million - 1) {
        return std::nullopt;
    }
    return *whole * million + *part;
}

}  // namespace

KernelLine kernel_line(std::string_view line) {
    KernelLine result;
    if (line.starts_with('<')) {
        auto rest = line.substr(1);
        if (const auto priority = number<unsigned>(take(rest, '>'))) {
            result.priority = *priority;
            line = rest;
        }
    }
    if (line.starts_with('[')) {
        auto rest = line.substr(1);
        if ((result.time = seconds(take(rest, ']')))) {
            if (rest.starts_with(' ')) rest.remove_prefix(1);
            line = rest;
        }
    }
    result.text = line;
    return result;
}

std::string_view level_name(unsigned priority) { return levels[priority % levels.size()]; }

std::string_view facility_name(unsigned priority) {
    const auto number = priority / levels.size();
    return number < facilities.size() ? facilities[number] : "local";
}

std::optional<unsigned> level_named(std::string_view name) {
    for (unsigned i = 0; i < levels.size(); ++i) {
        if (levels[i] == name) return i;
    }
    const auto digit = number<unsigned>(name);
    return digit && *digit < levels.size() ? digit : std::nullopt;
}

}  // namespace limpet::parse
