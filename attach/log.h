// log.h - the lines that a local agent writes to its standard error, shown on ours.
#pragma once

#include "limpet/fd.h"

#include <string>

namespace limpet::attach {

class Log {
public:
    Log(Fd fd, bool verbose) : fd_(std::move(fd)), verbose_(verbose) {}

    [[nodiscard]] BorrowedFd fd() const { return fd_; }
    [[nodiscard]] bool open() const { return fd_.valid(); }
    // What is there now; `raw`: the terminal needs a carriage return before each new line.
    void read(bool raw);

private:
    void show(std::string_view line, bool raw);
    Fd fd_;
    bool verbose_;
    std::string line_;  // the one that is not whole yet
};

}  // namespace limpet::attach
