// progress.h - how far a transfer is: a line that changes on a terminal, events as JSON.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace limpet::attach::copy {

class Progress {
public:
    enum class Form { silent, terminal, log, json };

    explicit Progress(Form form) : form_(form), started_(Clock::now()), shown_(started_) {}

    // A file of `size` bytes begins; `size` is 0 where it is not known.
    void begin(std::string_view path, std::uint64_t size);
    void add(std::uint64_t bytes);
    void end(std::string_view path, std::uint64_t size, std::string_view digest);
    // Something was not copied; `problem` is one line.
    void fail(std::string_view problem);
    void finish();

    [[nodiscard]] std::uint64_t files() const { return files_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    using Clock = std::chrono::steady_clock;
    void show();
    void clear();
    Form form_;
    Clock::time_point started_, shown_;
    std::string path_;
    std::uint64_t size_ = 0, at_ = 0;
    std::uint64_t bytes_ = 0, files_ = 0, failures_ = 0;
    bool drawn_ = false;
};

// "512.0 MB", decimal units.
std::string amount(std::uint64_t bytes);

}  // namespace limpet::attach::copy
