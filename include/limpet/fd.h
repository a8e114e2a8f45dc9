// fd.h - a file descriptor: Fd owns and closes it, BorrowedFd does not.
#pragma once

#include <unistd.h>

#include <utility>

namespace limpet {

class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) reset(std::exchange(other.fd_, -1));
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool valid() const { return fd_ >= 0; }
    explicit operator bool() const { return valid(); }
    // Gives the descriptor up: the caller closes it.
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }
    // close(2) is not retried: on Linux the descriptor is gone whatever it returns.
    void reset(int fd = -1) {
        const int old = std::exchange(fd_, fd);
        if (old >= 0) ::close(old);
    }

private:
    int fd_ = -1;
};

class BorrowedFd {
public:
    BorrowedFd(const Fd& fd) : fd_(fd.get()) {}  // NOLINT: borrowing is meant to be implicit
    explicit BorrowedFd(int fd) : fd_(fd) {}
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

}  // namespace limpet
