// commands/unpacked.h - bytes of a file or stream that may be compressed, as they were before.
#pragma once

#include "commands/command.h"
#include "parse/unpack.h"

#include <optional>

namespace limpet::commands {

class Unpacked {
public:
    explicit Unpacked(Input input) : input_(std::move(input)) {}

    // What the first bytes say; nothing of them is lost.
    Result<parse::Packing> detect();
    // From here on block() unpacks; `none` passes through. What detect() said, or what the user
    // did.
    Result<> as(parse::Packing packing);
    // The next bytes; empty at the end. An error comes after all that was right before it. Valid
    // until the next call.
    Result<std::string_view> block();

    // Null for what passes through.
    [[nodiscard]] const parse::Unpacker* unpacker() const {
        return unpacker_ ? &*unpacker_ : nullptr;
    }
    // Bytes read so far, and given out.
    [[nodiscard]] std::uint64_t taken() const { return taken_; }
    [[nodiscard]] std::uint64_t given() const { return given_; }

private:
    Result<std::string_view> raw();
    Input input_;
    std::string head_;  // of detect(), until it is given out
    std::string held_head_;
    std::optional<parse::Unpacker> unpacker_;
    std::unique_ptr<char[]> buffer_;
    std::string_view pending_;
    std::uint64_t taken_ = 0, given_ = 0;
    bool more_ = false, ended_ = false;
};

}  // namespace limpet::commands
