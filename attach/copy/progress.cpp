// progress.cpp - how far a transfer is.
#include "attach/copy/progress.h"

#include "attach/report.h"
#include "attach/sanitiser.h"
#include "attach/terminal.h"

#include <algorithm>
#include <cstdio>

namespace limpet::attach::copy {
namespace {

constexpr std::chrono::milliseconds terminal_pace{100};
constexpr std::chrono::seconds log_pace{10};

std::string quoted(std::string_view text) {
    std::string json = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            (json += '\\') += c;
        } else if (byte >= 0x20 && byte != 0x7f) {
            json += c;
        } else {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
            json += escaped;
        }
    }
    return json + '"';
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    return std::max(passed.count(), 0.001);
}

std::string clock(std::uint64_t seconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%llu:%02llu", static_cast<unsigned long long>(seconds) / 60,
                  static_cast<unsigned long long>(seconds) % 60);
    return text;
}

}  // namespace

std::string amount(std::uint64_t bytes) {
    constexpr const char* units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1000; ++unit) value /= 1000;
    char text[32];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text;
}

void Progress::begin(std::string_view path, std::uint64_t size) {
    path_ = path;
    size_ = size;
    at_ = 0;
}

void Progress::add(std::uint64_t bytes) {
    at_ += bytes;
    bytes_ += bytes;
    const auto now = Clock::now();
    if (form_ == Form::terminal && now - shown_ >= terminal_pace) show();
    if (form_ == Form::log && now - shown_ >= log_pace) show();
}

void Progress::end(std::string_view path, std::uint64_t size, std::string_view digest) {
    ++files_;
    if (form_ != Form::json) return;
    (void)print(1, "{\"event\":\"file\",\"path\":" + quoted(path) + ",\"size\":" +
                       std::to_string(size) + ",\"sha256\":" + quoted(digest) + "}\n");
}

void Progress::fail(std::string_view problem) {
    ++failures_;
    clear();
    if (form_ == Form::json) {
        (void)print(1, "{\"event\":\"error\",\"message\":" + quoted(problem) + "}\n");
    }
    (void)print(2, one_line("limpet: cp: " + std::string(problem)) + '\n');
}

void Progress::show() {
    shown_ = Clock::now();
    const double passed = seconds_since(started_);
    const auto rate = static_cast<std::uint64_t>(static_cast<double>(bytes_) / passed);
    std::string line = amount(bytes_) + "  " + amount(rate) + "/s";
    if (size_ > 0 && at_ <= size_) {
        line += "  " + std::to_string(at_ * 100 / size_) + "%";
        if (rate > 0) line += "  " + clock((size_ - at_) / rate) + " left";
    }
    if (files_ > 0) line += "  " + std::to_string(files_) + " files";
    line += "  " + one_line(path_);
    if (form_ == Form::log) {
        (void)print(2, line + '\n');
        return;
    }
    const std::size_t width = std::max<std::size_t>(window_size(BorrowedFd(2)).columns, 20);
    if (line.size() >= width) line.resize(width - 1);
    (void)print(2, "\r\033[K" + line);
    drawn_ = true;
}

void Progress::clear() {
    if (drawn_) (void)print(2, "\r\033[K");
    drawn_ = false;
}

void Progress::finish() {
    clear();
    if (form_ == Form::silent) return;
    const double passed = seconds_since(started_);
    if (form_ == Form::json) {
        char seconds[32];
        std::snprintf(seconds, sizeof seconds, "%.3f", passed);
        (void)print(1, "{\"event\":\"done\",\"files\":" + std::to_string(files_) + ",\"bytes\":" +
                           std::to_string(bytes_) + ",\"errors\":" + std::to_string(failures_) +
                           ",\"seconds\":" + seconds + "}\n");
        return;
    }
    const auto rate = static_cast<std::uint64_t>(static_cast<double>(bytes_) / passed);
    (void)print(2, std::to_string(files_) + (files_ == 1 ? " file, " : " files, ") +
                       amount(bytes_) + ", " + amount(rate) + "/s\n");
}

}  // namespace limpet::attach::copy
