// serve/log.cpp - JSON lines through spdlog.
#include "serve/log.h"

// fmt's number formats and spdlog's error texts would bring the locale library and half a megabyte;
// what is logged here is text that is complete already.
#define FMT_STATIC_THOUSANDS_SEPARATOR ','
#define FMT_EXCEPTIONS 0
#define FMT_USE_FLOAT 0
#define FMT_USE_DOUBLE 0
#define FMT_USE_LONG_DOUBLE 0
#define FMT_USE_INT128 0
#define SPDLOG_NO_EXCEPTIONS

// The logger and one sink of our own: spdlog.h itself would bring the registry, its thread pool
// and the pattern formatter.
#include <spdlog/logger.h>
#include <spdlog/sinks/sink.h>

#include <unistd.h>

#include <ctime>

namespace limpet::serve::log {
namespace {

std::string timestamp(std::chrono::system_clock::time_point time) {
    const auto since =
        std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
    const std::time_t seconds = since.count() / 1000;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[80];
    std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                  parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                  static_cast<int>(since.count() % 1000));
    return text;
}

std::string_view name(spdlog::level::level_enum level) {
    if (level >= spdlog::level::err) return "error";
    return level == spdlog::level::warn ? "warning" : "info";
}

// The payload is the rest of a JSON object: `"event":"opened","pid":7}`.
class JsonLines final : public spdlog::sinks::sink {
public:
    void log(const spdlog::details::log_msg& message) override {
        std::string line = "{\"time\":\"" + timestamp(message.time) + "\",\"level\":\"";
        line += name(message.level);
        line += "\",";
        line.append(message.payload.data(), message.payload.size());
        line += '\n';
        // One write(2), so that lines of several processes do not mix. A full or closed log is
        // no reason to stop serving.
        [[maybe_unused]] const auto written = ::write(2, line.data(), line.size());
    }
    void flush() override {}
    void set_pattern(const std::string&) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter>) override {}
};

spdlog::logger& logger() {
    static spdlog::logger instance("serve", std::make_shared<JsonLines>());
    return instance;
}

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::info: return spdlog::level::info;
        case Level::warning: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
    }
    return spdlog::level::err;
}

}  // namespace

std::string now() { return timestamp(std::chrono::system_clock::now()); }

void threshold(Level level) { logger().set_level(spdlog_level(level)); }

std::string quoted(std::string_view text) {
    constexpr char digits[] = "0123456789abcdef";
    std::string json = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            json += '\\';
            json += c;
        } else if (byte >= 0x20 && byte < 0x7f) {
            json += c;
        } else {
            json += "\\u00";
            json += digits[byte >> 4];
            json += digits[byte & 15];
        }
    }
    return json + '"';
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    if (!logger().should_log(spdlog_level(level))) return;
    std::string rest = "\"event\":" + quoted(event);
    for (const auto& field : fields) {
        rest += ',' + quoted(field.name) + ':';
        rest += field.quoted ? quoted(field.value) : field.value;
    }
    rest += '}';
    logger().log(spdlog_level(level), spdlog::string_view_t(rest.data(), rest.size()));
}

}  // namespace limpet::serve::log
