// tar_source.cpp - the bytes of an archive.
#include "commands/file/tar.h"

namespace limpet::commands::tar {

using parse::tar::block_size;

Result<bool> Source::more() {
    if (!rest_.empty()) return true;
    rest_ = TRY(input_.block());
    return !rest_.empty();
}

Result<std::string_view> Source::block() {
    if (!TRY(more())) return std::string_view{};
    if (rest_.size() >= block_size) return TRY(run(block_size));
    held_.clear();
    while (held_.size() < block_size) {
        if (!TRY(more())) return refused("read", "the archive ends in the middle of a block");
        const auto part = rest_.substr(0, block_size - held_.size());
        held_ += part;
        rest_.remove_prefix(part.size());
        given_ += part.size();
    }
    return std::string_view(held_);
}

Result<std::string_view> Source::run(std::uint64_t most) {
    if (!TRY(more())) return refused("read", "the archive ends in the middle of a file");
    const auto part = rest_.substr(0, most);
    rest_.remove_prefix(part.size());
    given_ += part.size();
    return part;
}

Result<> Source::skip(std::uint64_t count) {
    while (count > 0) count -= TRY(run(count)).size();
    return {};
}

void Source::drain_record() {
    constexpr std::uint64_t record = 20 * block_size;
    while (given_ % record != 0) {
        const auto got = block();
        if (!got || got->empty()) return;
    }
}

}  // namespace limpet::commands::tar
