// commands/stream.cpp - buffered output and input of a command.
#include "commands/stream.h"

#include "sys/file.h"
#include "target/deadline.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

#include <unistd.h>

namespace limpet::commands {

void Output::allocate() { buffer_.reset(new char[size]); }

void Output::write(std::string_view bytes) {
    if (bytes.empty()) return;
    if (bytes.size() >= size) {
        flush();
        if (failure_) return;
        target::deadline::leave();
        if (auto done = sys::write_all(fd_, bytes); !done) failure_ = done.error();
        return;
    }
    if (used_ + bytes.size() > size) flush();
    if (!buffer_) allocate();
    std::memcpy(buffer_.get() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
}

void Output::print(const char* format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    const int length = std::vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0) return;
    if (static_cast<std::size_t>(length) < sizeof line) {
        write({line, static_cast<std::size_t>(length)});
        return;
    }
    std::string longer(static_cast<std::size_t>(length) + 1, '\0');
    va_start(arguments, format);
    std::vsnprintf(longer.data(), longer.size(), format, arguments);
    va_end(arguments);
    longer.pop_back();
    write(longer);
}

bool Output::flush() {
    const std::string_view pending(buffer_.get(), used_);
    used_ = 0;
    if (failure_) return false;
    if (pending.empty()) return true;
    target::deadline::leave();
    if (auto done = sys::write_all(fd_, pending); !done) failure_ = done.error();
    return !failure_;
}

bool Output::terminal() const { return ::isatty(fd_.get()) == 1; }

Input::~Input() {
    if (!buffer_ || owned_ || begin_ == end_) return;
    // A pipe does not take it back (ESPIPE), nor need it.
    ::lseek(fd_.get(), -static_cast<off_t>(end_ - begin_), SEEK_CUR);
}

Result<bool> Input::fill() {
    if (!buffer_) {
        capacity_ = block_size;
        buffer_.reset(new char[capacity_]);
    }
    if (begin_ == end_) begin_ = end_ = 0;
    if (end_ == capacity_) {
        if (begin_ > 0) {
            std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
        } else {
            if (capacity_ >= line_limit) return refused("read", "a line of more than 64 MiB");
            std::unique_ptr<char[]> larger(new char[capacity_ * 2]);
            std::memcpy(larger.get(), buffer_.get(), end_);
            buffer_ = std::move(larger);
            capacity_ *= 2;
        }
        end_ -= begin_;
        begin_ = 0;
    }
    if (on_target_) {
        target::deadline::enter();
    } else {
        target::deadline::leave();
        int ready = -1;
        while ((ready = target::deadline::await_input(fd_)) < 0 && errno == EINTR) {
        }
        if (ready == 0) return std::unexpected(target::deadline::writer_hangs());
    }
    auto got = sys::read(fd_, buffer_.get() + end_, capacity_ - end_);
    if (!got) {
        got.error().subject() = name_;
        return std::unexpected(std::move(got).error());
    }
    end_ += *got;
    return *got > 0;
}

Result<std::string_view> Input::block() {
    if (begin_ == end_) TRY(fill());
    const std::string_view bytes(buffer_.get() + begin_, end_ - begin_);
    begin_ = end_;
    return bytes;
}

Result<std::string_view> Input::ahead(std::size_t known) {
    while (end_ - begin_ <= known) {
        if (!TRY(fill())) break;
    }
    return std::string_view(buffer_.get() + begin_, end_ - begin_);
}

Result<std::optional<std::string_view>> Input::line(char terminator) {
    std::size_t searched = 0;
    for (;;) {
        const char* from = buffer_.get() + begin_;
        const auto have = end_ - begin_;
        if (have > searched) {
            const auto* hit =
                static_cast<const char*>(std::memchr(from + searched, terminator, have - searched));
            if (hit) {
                const auto length = static_cast<std::size_t>(hit - from) + 1;
                begin_ += length;
                return std::string_view(from, length);
            }
        }
        searched = have;
        if (TRY(fill())) continue;
        if (begin_ == end_) return std::nullopt;
        const std::string_view rest(buffer_.get() + begin_, end_ - begin_);
        begin_ = end_;
        return rest;
    }
}

}  // namespace limpet::commands
