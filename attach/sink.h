// sink.h - a local stream that sessions write to; it never blocks the loop.
#pragma once

#include "attach/sanitiser.h"
#include "limpet/fd.h"
#include "limpet/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace limpet::attach {

class Sink {
public:
    // `fd` stays the caller's. With `sanitise` the bytes go through a Sanitiser.
    Sink(int fd, std::string_view name, bool sanitise);

    // Takes all of it: what the reader does not take now is kept for drain().
    Result<> write(std::string_view bytes);
    // The stream ended: shows what the sanitiser held back.
    Result<> finish();
    Result<> drain();
    [[nodiscard]] bool pending() const { return written_ < kept_.size(); }
    [[nodiscard]] std::size_t kept() const { return kept_.size() - written_; }
    // splice(2) may write to fd() what write() would: a pipe, and nothing to neutralise.
    [[nodiscard]] bool takes_splices() const { return pipe_ && own_ && !sanitiser_; }
    // Whether a write would be taken now.
    [[nodiscard]] bool ready() const;
    [[nodiscard]] BorrowedFd fd() const { return own_ ? BorrowedFd(own_) : BorrowedFd(fd_); }

private:
    // How to write without waiting for a slow reader.
    enum class Way {
        reopened,  // a description of our own, non-blocking
        socket,    // MSG_DONTWAIT
        file,      // regular files and devices do not wait for readers
        portions,  // only after POLLOUT, and not more than a pipe then surely takes
    };
    Result<std::size_t> put(std::string_view bytes);
    void keep(std::string_view bytes);

    int fd_;
    std::string_view name_;
    Fd own_;
    Way way_ = Way::file;
    bool pipe_ = false;
    std::optional<Sanitiser> sanitiser_;
    std::string kept_;
    std::size_t written_ = 0;  // of kept_
};

}  // namespace limpet::attach
