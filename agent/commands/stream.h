// commands/stream.h - buffered output and input of a command.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::commands {

// Collects up to 64 KiB before it writes. After a failed write (a full disk, a closed pipe with
// SIGPIPE ignored) everything further is dropped and failure() tells; the runner reports it once.
class Output {
public:
    explicit Output(BorrowedFd fd) : fd_(fd) {}
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output() { flush(); }

    void write(std::string_view bytes);
    void put(char byte) {
        if (used_ == size) flush();
        if (!buffer_) allocate();
        buffer_[used_++] = byte;
    }
    void print(const char* format, ...) __attribute__((format(printf, 2, 3)));
    bool flush();
    [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
    [[nodiscard]] BorrowedFd fd() const { return fd_; }
    [[nodiscard]] bool terminal() const;

private:
    static constexpr std::size_t size = 65536;
    void allocate();
    BorrowedFd fd_;
    std::unique_ptr<char[]> buffer_;
    std::size_t used_ = 0;
    std::optional<Error> failure_;
};

// Reads in blocks of 128 KiB; lines of any length up to a limit.
class Input {
public:
    // `on_target`: the bytes come from the target's files, so reading is under the file deadline.
    explicit Input(BorrowedFd fd, bool on_target = false) : fd_(fd), on_target_(on_target) {}
    // A descriptor that ends with this expression would be closed before the first read.
    explicit Input(Fd&& fd, bool on_target = false) = delete;
    // Also owns the descriptor, a file of the target; the name is for messages.
    Input(Fd fd, std::string name)
        : owned_(std::move(fd)), fd_(owned_), on_target_(true), name_(std::move(name)) {}
    Input(Input&&) = default;
    // XCU 1.4: what was read ahead of a seekable standard input goes back, so that whoever reads
    // next goes on right behind what this command has used.
    ~Input();

    // What is buffered, or one read(2); empty at the end. Valid until the next call.
    Result<std::string_view> block();
    // The last `count` bytes of that block were not used.
    void unread(std::size_t count) { begin_ -= count; }
    // The next line with its terminator if it has one (the last may not); nullopt at the end.
    // A line of more than 64 MiB is refused. Valid until the next call.
    Result<std::optional<std::string_view>> line(char terminator = '\n');
    // All that is buffered, and more of the input when that is not beyond `known` bytes; `known`
    // and no more is the end. skip() takes from its front.
    Result<std::string_view> ahead(std::size_t known);
    void skip(std::size_t count) { begin_ += count; }
    [[nodiscard]] BorrowedFd fd() const { return fd_; }

private:
    static constexpr std::size_t block_size = 131072;
    static constexpr std::size_t line_limit = std::size_t{64} * 1024 * 1024;
    Result<bool> fill();
    Fd owned_;
    BorrowedFd fd_;
    bool on_target_;
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::string name_;
};

}  // namespace limpet::commands
