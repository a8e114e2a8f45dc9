// commands/unpacked.cpp - bytes that may be compressed.
#include "commands/unpacked.h"

namespace limpet::commands {
namespace {

constexpr std::size_t buffer_size = std::size_t{128} * 1024;
constexpr std::size_t magic_size = 6;

}  // namespace

Result<parse::Packing> Unpacked::detect() {
    while (head_.size() < magic_size) {
        const auto bytes = TRY(input_.block());
        if (bytes.empty()) break;
        head_ += bytes;
    }
    return parse::packing(head_);
}

Result<> Unpacked::as(parse::Packing packing) {
    using enum parse::Packing;
    if (packing == none) return {};
    if (packing != gzip && packing != zstd) {
        return refused(parse::packing_name(packing),
                       "this compression is not supported: only gzip and zstd are");
    }
    unpacker_.emplace(packing);
    buffer_.reset(new char[buffer_size]);
    return {};
}

Result<std::string_view> Unpacked::raw() {
    std::string_view bytes;
    if (!head_.empty()) {
        held_head_ = std::exchange(head_, {});
        bytes = held_head_;
    } else {
        bytes = TRY(input_.block());
    }
    taken_ += bytes.size();
    return bytes;
}

Result<std::string_view> Unpacked::block() {
    if (!unpacker_) {
        const auto bytes = TRY(raw());
        given_ += bytes.size();
        return bytes;
    }
    for (;;) {
        if (pending_.empty() && !more_ && !ended_) {
            pending_ = TRY(raw());
            ended_ = pending_.empty();
        }
        const auto step = TRY(unpacker_->step(pending_, {buffer_.get(), buffer_size}));
        pending_.remove_prefix(step.used);
        // A full buffer may have left something in the decoder.
        more_ = step.made == buffer_size;
        if (step.made > 0) {
            given_ += step.made;
            return std::string_view(buffer_.get(), step.made);
        }
        if (ended_) {
            TRY(unpacker_->finish());
            return std::string_view{};
        }
    }
}

}  // namespace limpet::commands
