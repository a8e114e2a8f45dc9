// dump_input.cpp - several files as one run of bytes, of which a part is shown.
#include "commands/text/dump_input.h"

#include "commands/size.h"
#include "sys/file.h"

#include <fcntl.h>
#include <unistd.h>

namespace limpet::commands {

DumpInput::DumpInput(Invocation& call, std::uint64_t skip, std::uint64_t most)
    : call_(call), skip_(most == 0 ? 0 : skip), most_(most) {
    if (call_.operands.empty()) call_.operands.emplace_back("-");
}

bool DumpInput::open_next() {
    while (next_ < call_.operands.size()) {
        auto input = call_.open(call_.operands[next_++]);
        if (!input) {
            call_.complain(input.error());
            continue;
        }
        input_.emplace(*std::move(input));
        if (skip_ == 0) return true;
        // A jump instead of reading, where the file can: into the middle of a terabyte. Files of
        // /proc say that they are empty.
        const int fd = input_->fd().get();
        const auto status = sys::statx(input_->fd(), "", AT_EMPTY_PATH);
        const auto at = ::lseek(fd, 0, SEEK_CUR);
        if (!status || !S_ISREG(status->stx_mode) || at < 0) return true;
        const auto here = static_cast<std::uint64_t>(at);
        if (here >= status->stx_size) return true;
        const auto jump = std::min<std::uint64_t>(skip_, status->stx_size - here);
        if (::lseek(fd, static_cast<off_t>(here + jump), SEEK_SET) >= 0) skip_ -= jump;
        return true;
    }
    return false;
}

bool DumpInput::more() {
    while (block_.empty()) {
        if (most_ == 0) return false;
        if (!input_ && !open_next()) return false;
        const auto bytes = input_->block();
        if (!bytes) {
            call_.complain(Error{bytes.error().code, "read", call_.operands[next_ - 1], {}});
        }
        if (!bytes || bytes->empty()) {
            input_.reset();
            continue;
        }
        block_ = *bytes;
        const auto skipped = std::min<std::uint64_t>(block_.size(), skip_);
        block_.remove_prefix(static_cast<std::size_t>(skipped));
        skip_ -= skipped;
        if (block_.size() > most_) {
            input_->unread(block_.size() - static_cast<std::size_t>(most_));
            block_ = block_.substr(0, static_cast<std::size_t>(most_));
        }
        most_ -= block_.size();
    }
    return true;
}

std::string_view DumpInput::take(std::size_t size) {
    if (block_.size() >= size || !more()) {
        const auto part = block_.substr(0, size);
        block_.remove_prefix(part.size());
        return part;
    }
    joined_.clear();
    while (joined_.size() < size && more()) {
        const auto part = block_.substr(0, size - joined_.size());
        joined_ += part;
        block_.remove_prefix(part.size());
    }
    return joined_;
}

std::optional<std::uint64_t> byte_count(std::string_view text) {
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    if (!hexadecimal && (text.size() < 2 || text[0] != '0')) return size_with_unit(text);
    const std::string_view digits = hexadecimal ? "0123456789abcdefABCDEF" : "01234567";
    if (hexadecimal) text.remove_prefix(2);
    const auto end = std::min(text.find_first_not_of(digits), text.size());
    const auto count = parse::number<std::uint64_t>(text.substr(0, end), hexadecimal ? 16 : 8);
    if (!count || end == text.size()) return count;
    const auto unit = size_with_unit("1" + std::string(text.substr(end)));
    if (!unit || (*count > 0 && *unit > UINT64_MAX / *count)) return std::nullopt;
    return *count * *unit;
}

}  // namespace limpet::commands
