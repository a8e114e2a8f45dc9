// log.h - the lines that a local agent writes to its standard error, shown on ours.
#pragma once

#include "limpet/fd.h"

#include <string>

namespace limpet::attach {

class Log {
public:
    explicit Log(Fd fd) : fd_(std::move(fd)) {}

    [[nodiscard]] BorrowedFd fd() const { return fd_; }
    [[nodiscard]] bool open() const { return fd_.valid(); }
    // What is there now; `raw`: the terminal needs a carriage return before each new line.
    void read(bool raw);

private:
    Fd fd_;
    std::string line_;  // the one that is not whole yet
};

}  // namespace limpet::attach
