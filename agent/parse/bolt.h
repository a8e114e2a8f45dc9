// parse/bolt.h - a bbolt database file, read only: how containerd keeps containers and snapshots.
//
// The file is pages. Two meta pages name the root bucket; a bucket is a tree of branch and leaf
// pages; a leaf's value may be a bucket, a small one inline. The writer never changes a page that a
// valid meta page reaches, so whoever reads without its lock gets a consistent state unless two
// transactions pass meanwhile, which changed() tells.
#pragma once

#include "limpet/result.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

class Bolt {
public:
    // The bytes of the file from `offset`, `size` of them; fewer when it ends before.
    using Read = std::function<std::string(std::uint64_t offset, std::size_t size)>;
    struct Entry {
        std::string key;
        std::string value;  // of a bucket its header
        bool bucket = false;
    };

    static Result<Bolt> open(Read read);
    // All entries of the bucket at that path; an empty path is the root. An entry's own words are
    // refused when they are out of bounds, and so is a bucket of more than `entries_limit`.
    [[nodiscard]] Result<std::vector<Entry>> list(const std::vector<std::string>& path) const;
    // More than one transaction has ended since open(): what was read may be mixed.
    [[nodiscard]] bool changed() const;

    static constexpr std::size_t entries_limit = 100'000;

private:
    struct Meta {
        std::uint32_t page_size = 0;
        std::uint64_t root = 0;
        std::uint64_t transaction = 0;
    };
    explicit Bolt(Read read, Meta meta) : read_(std::move(read)), meta_(meta) {}
    static Result<Meta> newest(const Read& read);
    struct Walk {
        std::vector<Entry> entries;
        std::size_t bytes = 0;  // read so far: pages that lead back to themselves have no end
    };
    [[nodiscard]] Result<std::string> page(std::uint64_t number, Walk& walk) const;
    Result<> visit(std::string_view page, int depth, Walk& walk) const;
    Read read_;
    Meta meta_;
};

}  // namespace limpet::parse
