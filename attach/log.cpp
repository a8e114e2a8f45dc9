// log.cpp - the lines that a local agent writes to its standard error, shown on ours.
#include "attach/log.h"

#include "attach/report.h"
#include "attach/sanitiser.h"

#include <cerrno>
#include <string_view>

namespace limpet::attach {
namespace {

// A longer line is shown in pieces.
constexpr std::size_t line_limit = 16 * 1024;

void show(std::string_view line, bool raw) {
    (void)print(2, "limpet: agent: " + one_line(line) + (raw ? "\r\n" : "\n"));
}

}  // namespace

void Log::read(bool raw) {
    if (!open()) return;
    char bytes[4096];
    for (;;) {
        const auto count = ::read(fd_.get(), bytes, sizeof bytes);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) break;
        line_.append(bytes, static_cast<std::size_t>(count));
        for (;;) {
            const auto newline = line_.find('\n');
            if (newline == std::string::npos && line_.size() < line_limit) break;
            show(std::string_view(line_).substr(0, newline), raw);
            line_.erase(0, newline == std::string::npos ? newline : newline + 1);
        }
    }
    if (!line_.empty()) show(line_, raw);
    line_.clear();
    fd_.reset();
}

}  // namespace limpet::attach
