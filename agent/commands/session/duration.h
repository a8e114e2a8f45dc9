// duration.h - lengths of time as sleep and timeout take them.
#pragma once

#include <cmath>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::commands {

// Seconds: "1.5", "2m", "1h", "0.5d"; "infinity".
inline std::optional<double> duration(const std::string& text) {
    if (text == "infinity" || text == "inf") return INFINITY;
    if (text.empty() || text.find_first_not_of("0123456789.smhd") != text.npos) return std::nullopt;
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (end == text.c_str()) return std::nullopt;
    const std::string_view unit(end);
    if (unit.empty() || unit == "s") return value;
    if (unit == "m") return value * 60;
    if (unit == "h") return value * 3600;
    if (unit == "d") return value * 86400;
    return std::nullopt;
}

// For nanosleep(2) and its kin; at most thirty years, which no session lives.
inline timespec as_timespec(double seconds) {
    seconds = std::fmin(seconds, 1e9);
    timespec time{};
    time.tv_sec = static_cast<time_t>(seconds);
    time.tv_nsec = static_cast<long>((seconds - static_cast<double>(time.tv_sec)) * 1e9);
    return time;
}

}  // namespace limpet::commands
