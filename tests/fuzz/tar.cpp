// tar.cpp - an archive's headers, block by block.
#include "parse/tar.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace tar = limpet::parse::tar;

namespace {

void check(const tar::Entry& entry) {
    // What the extraction relies on.
    if (entry.size > INT64_MAX - tar::block_size || entry.real_size > INT64_MAX) std::abort();
    std::uint64_t end = 0, sum = 0;
    for (const auto& [offset, size] : entry.extents) {
        if (offset < end || size > entry.real_size - offset) std::abort();
        end = offset + size;
        sum += size;
    }
    if (entry.sparse && sum != entry.size) std::abort();
    // What we write of it is read again as the same.
    if (entry.type == '\0' || entry.type > '6') return;
    const auto blocks = tar::headers(entry);
    if (blocks.size() % tar::block_size != 0) std::abort();
    tar::Reader reader;
    for (std::size_t at = 0; at < blocks.size(); at += tar::block_size) {
        const auto got = reader.block(std::string_view(blocks).substr(at, tar::block_size));
        const bool last = at + tar::block_size == blocks.size();
        if (!got || (*got == tar::Reader::Got::entry) != last) std::abort();
    }
    const auto& again = reader.entry();
    if (again.name != entry.name || again.link != entry.link || again.size != entry.size ||
        again.modified != entry.modified || again.uid != entry.uid ||
        again.sparse != entry.sparse || again.real_size != entry.real_size ||
        again.extents.size() != entry.extents.size()) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string bytes(reinterpret_cast<const char*>(data), size);
    tar::Reader reader;
    for (std::size_t at = 0; at + tar::block_size <= bytes.size();) {
        auto block = bytes.substr(at, tar::block_size);
        at += tar::block_size;
        auto got = reader.block(block);
        if (!got) {
            // A fuzzer does not find checksums; the next time it is right.
            std::uint64_t sum = 0;
            for (std::size_t i = 0; i < block.size(); ++i) {
                sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(block[i]);
            }
            for (std::size_t i = 0; i < 7; ++i) {
                block[148 + i] = static_cast<char>('0' + (sum >> (3 * (6 - i)) & 7));
            }
            block[155] = ' ';
            got = reader.block(block);
        }
        if (!got || *got != tar::Reader::Got::entry) continue;
        const auto& entry = reader.entry();
        check(entry);
        if (entry.size > bytes.size()) break;
        at += entry.size + tar::padding(entry.size);
    }
    return 0;
}
