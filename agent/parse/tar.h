// parse/tar.h - the headers of tar archives: v7, ustar, GNU and pax are read, ustar with pax
// records where they are needed is written.
#pragma once

#include "limpet/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse::tar {

inline constexpr std::size_t block_size = 512;

// Types of entries as they stand in headers, after the older spellings were made the newer ones.
enum Type : char {
    file = '0',
    hard_link = '1',
    symbolic_link = '2',
    character = '3',
    block = '4',
    directory = '5',
    fifo = '6',
    volume = 'V',  // only a label
};

// Where bytes of a sparse file lie.
struct Extent {
    std::uint64_t offset = 0, size = 0;
};

struct Entry {
    std::string name, link, user, group;
    char type = file;
    std::uint32_t mode = 0, uid = 0, gid = 0, major = 0, minor = 0;
    std::int64_t modified = 0;
    std::uint32_t nanoseconds = 0;  // written only
    std::string extra = {};         // more pax records; written only
    std::uint64_t size = 0;       // bytes that follow in the archive, padded to whole blocks there
    std::uint64_t real_size = 0;  // bytes of the file
    bool sparse = false;
    std::vector<Extent> extents = {};  // of a sparse file: in order, no overlaps, `size` in all
};

// What pax records, or a GNU long name, say in place of the header.
struct Overrides {
    std::optional<std::string> path, link, user, group;
    std::optional<std::uint64_t> size, uid, gid, real_size;
    std::optional<std::int64_t> modified;
    std::string sparse_name;
    bool sparse_map_in_data = false, sparse = false;
    std::vector<Extent> extents = {};
    std::optional<std::uint64_t> extent_offset;
};

// Takes an archive's headers block by block, and the blocks that belong to headers.
class Reader {
public:
    enum class Got {
        more,   // the next block is needed
        entry,  // entry() is whole; its data follows, which is not for this class
        zeros,  // a block of zeros: two of them end an archive
    };
    // After an error the block is passed over: the next may be a header again.
    Result<Got> block(std::string_view bytes);
    [[nodiscard]] Entry& entry() { return entry_; }

private:
    enum class State { header, text, old_extents, map };
    Result<Got> header(std::string_view bytes);
    Result<Got> text(std::string_view bytes);
    Result<Got> text_end();
    Result<Got> old_sparse(std::string_view bytes, std::size_t at, std::size_t count,
                           std::size_t more_at);
    Result<Got> map(std::string_view bytes);
    Result<> fill(std::string_view bytes);
    Result<Got> finish();
    void reset();
    Entry entry_;
    Overrides global_, local_;
    State state_ = State::header;
    char text_type_ = 0;
    std::string text_;
    std::uint64_t text_left_ = 0;
    std::size_t extended_ = 0;  // headers that belong to the entry that is still to come
    std::size_t map_at_ = 0;
    std::vector<std::uint64_t> map_numbers_;
};

// The header blocks of an entry: ustar, behind pax records for what does not fit into it. Of a
// sparse file with its map, so that its data follows here as well.
std::string headers(const Entry& entry);

// Bytes from the end of `size` bytes to the end of their last block.
constexpr std::uint64_t padding(std::uint64_t size) {
    return (block_size - size % block_size) % block_size;
}

}  // namespace limpet::parse::tar
