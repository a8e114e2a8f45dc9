// tar_archive.h - an archive as it is written.
#pragma once

#include "commands/stream.h"
#include "parse/tar.h"
#include "parse/unpack.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::commands::tar {

// Packed when it is asked for.
class Archive {
public:
    Archive(Output& out, bool gzip) : out_(out) {
        if (!gzip) return;
        packer_.emplace(6, "", 0);
        buffer_.reset(new char[packed_size]);
    }
    void write(std::string_view bytes) {
        written_ += bytes.size();
        if (!packer_) return out_.write(bytes);
        pack(bytes, false);
    }
    void pad(std::uint64_t count) {
        const std::string zeros(std::min<std::uint64_t>(count, 65536), '\0');
        while (count > 0 && !out_.failure()) {
            const auto part = std::min<std::uint64_t>(count, zeros.size());
            write(std::string_view(zeros).substr(0, part));
            count -= part;
        }
    }
    void finish() {
        // Two blocks of zeros, and whole records of 20 blocks, as tapes had them.
        pad(2 * parse::tar::block_size);
        constexpr std::uint64_t record = 20 * parse::tar::block_size;
        pad((record - written_ % record) % record);
        if (packer_) pack({}, true);
    }

private:
    static constexpr std::size_t packed_size = 65536;
    void pack(std::string_view bytes, bool last) {
        while (!out_.failure() && (last ? !packer_->done() : !bytes.empty())) {
            const auto step = packer_->step(bytes, {buffer_.get(), packed_size}, last);
            bytes.remove_prefix(step.used);
            out_.write({buffer_.get(), step.made});
        }
    }
    Output& out_;
    std::optional<parse::GzipPacker> packer_;
    std::unique_ptr<char[]> buffer_;
    std::uint64_t written_ = 0;
};

}  // namespace limpet::commands::tar
