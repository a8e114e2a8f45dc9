// sink.cpp - a local stream that sessions write to; it never blocks the loop.
#include "attach/sink.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>

namespace limpet::attach {
namespace {

// A data frame; any user may have up to 1 MiB, pipe(7).
constexpr int pipe_size = 256 * 1024;

}  // namespace

// O_NONBLOCK belongs to the open file description, which we share with the shell that started us
// and with the other programs of a pipeline: setting it there would break them. A pipe or a
// terminal opened anew through /proc gives a description of our own.
Sink::Sink(int fd, std::string_view name, bool sanitise) : fd_(fd), name_(name) {
    if (sanitise) sanitiser_.emplace();
    struct stat status{};
    if (::fstat(fd, &status) != 0) return;  // the first write says why
    if (S_ISSOCK(status.st_mode)) {
        way_ = Way::socket;
    } else if (S_ISFIFO(status.st_mode) || ::isatty(fd) == 1) {
        const auto path = "/proc/self/fd/" + std::to_string(fd);
        own_ = Fd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
        way_ = own_ ? Way::reopened : Way::portions;
        // No harm where it is refused: the pipe stays as it is.
        pipe_ = S_ISFIFO(status.st_mode);
        if (pipe_) ::fcntl(fd, F_SETPIPE_SZ, pipe_size);
    }
}

Result<> Sink::write(std::string_view bytes) {
    if (sanitiser_) {
        std::string safe;
        sanitiser_->add(bytes, safe);
        keep(safe);
        return drain();
    }
    if (!pending()) {
        // The usual way: straight from the connection's buffer.
        while (!bytes.empty()) {
            const auto count = TRY(put(bytes));
            if (count == 0) break;
            bytes.remove_prefix(count);
        }
    }
    keep(bytes);
    return {};
}

Result<> Sink::finish() {
    if (!sanitiser_) return {};
    std::string safe;
    sanitiser_->finish(safe);
    keep(safe);
    return drain();
}

Result<> Sink::drain() {
    while (pending()) {
        const auto count = TRY(put(std::string_view(kept_).substr(written_)));
        if (count == 0) return {};
        written_ += count;
    }
    kept_.clear();
    written_ = 0;
    return {};
}

bool Sink::ready() const {
    pollfd entry{fd().get(), POLLOUT, 0};
    return ::poll(&entry, 1, 0) > 0;
}

void Sink::keep(std::string_view bytes) {
    if (written_ > kept_.size() / 2) {
        kept_.erase(0, written_);
        written_ = 0;
    }
    kept_ += bytes;
}

// 0: not now.
Result<std::size_t> Sink::put(std::string_view bytes) {
    for (;;) {
        ssize_t count = 0;
        switch (way_) {
            case Way::reopened: count = ::write(own_.get(), bytes.data(), bytes.size()); break;
            case Way::socket:
                count = ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
                break;
            case Way::file: count = ::write(fd_, bytes.data(), bytes.size()); break;
            case Way::portions:
                if (!ready()) return 0;
                count = ::write(fd_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
                break;
        }
        if (count > 0) return static_cast<std::size_t>(count);
        if (count == 0 || errno == EAGAIN) return 0;
        if (errno != EINTR) return failed("write", name_);
    }
}

}  // namespace limpet::attach
