// transfer.h - files and trees as a stream of records, for `limpet cp`. docs/transfer.md says what
// they mean; who reads them trusts none.
//
// A record: its kind (u8), the length of its payload (u32, little-endian as all numbers), the
// payload.
#pragma once

#include "limpet/fd.h"
#include "limpet/message.h"
#include "limpet/result.h"

#include <sys/xattr.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::transfer {

enum class Kind : std::uint8_t {
    begin = 1,  // magic (u32), version (u32): the first
    directory,  // an Entry; its contents follow, then `complete`
    file,       // an Entry; its data follows, then `complete` or `abandoned`
    link,       // an Entry; symbolic
    data,       // offset (u64) and bytes of the file; what is left out is a hole
    complete,   // size (u64) and SHA-256 (string of hexadecimal digits, empty for a directory)
    abandoned,  // why (string): the file could not be read to its end
    prefix,     // size (u64) and SHA-256 of what the receiver has already
    end,        // how many entries there were (u64): the last
};

inline constexpr std::uint32_t magic = 0x43504d4c;  // "LMPC"
inline constexpr std::uint32_t version = 1;
inline constexpr std::size_t data_limit = std::size_t{256} * 1024;
inline constexpr std::size_t payload_limit = data_limit + 8;
inline constexpr std::size_t record_header = 5;
// Longer names can be walked but not written under one name.
inline constexpr std::size_t path_limit = 4095;

struct Entry {
    std::string path;  // relative; its first part is the name of the operand
    std::uint32_t mode = 0;
    std::uint32_t uid = 0, gid = 0;
    std::uint64_t seconds = 0;  // of the modification, two's complement
    std::uint32_t nanoseconds = 0;
    std::uint64_t size = 0;
    std::string link = {};                     // where a symbolic link leads
    std::vector<std::string> attributes = {};  // extended: name, value, name, value
};

// The extended attributes of a file: name, value, name, value; those that fit into 64 KiB.
inline std::vector<std::string> attributes_of(BorrowedFd file) {
    constexpr std::size_t limit = std::size_t{64} * 1024;
    std::vector<std::string> found;
    if (::flistxattr(file.get(), nullptr, 0) <= 0) return found;
    std::string names(limit, '\0');
    const auto length = ::flistxattr(file.get(), names.data(), names.size());
    names.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    std::size_t total = 0;
    for (std::size_t at = 0; at < names.size();) {
        const std::string name = names.c_str() + at;
        at += name.size() + 1;
        std::string value(limit - total, '\0');
        const auto got = ::fgetxattr(file.get(), name.c_str(), value.data(), value.size());
        if (got < 0) continue;
        value.resize(static_cast<std::size_t>(got));
        total += value.size();
        found.push_back(name);
        found.push_back(std::move(value));
    }
    return found;
}

// Whether a receiver sets an attribute: security.* and trusted.* mean something to its kernel.
inline bool is_kept(std::string_view name) {
    return name.starts_with("user.") || name.starts_with("system.posix_acl_");
}

inline std::string header(Kind kind, std::size_t length) {
    PayloadWriter out;
    out.u8(static_cast<std::uint8_t>(kind));
    out.u32(static_cast<std::uint32_t>(length));
    return out.take();
}

inline std::string record(Kind kind, std::string_view payload) {
    return header(kind, payload.size()).append(payload);
}

inline std::string begin() {
    PayloadWriter out;
    out.u32(magic);
    out.u32(version);
    return record(Kind::begin, out.take());
}

inline std::string encode(Kind kind, const Entry& entry) {
    PayloadWriter out;
    out.string(entry.path);
    out.u32(entry.mode);
    out.u32(entry.uid);
    out.u32(entry.gid);
    out.u64(entry.seconds);
    out.u32(entry.nanoseconds);
    out.u64(entry.size);
    out.string(entry.link);
    out.list(entry.attributes);
    return record(kind, out.take());
}

inline Result<Entry> decode_entry(std::string_view payload) {
    PayloadReader in(payload);
    Entry entry;
    const auto u32 = [&]() -> Result<std::uint32_t> {
        return static_cast<std::uint32_t>(TRY(in.number(4)));
    };
    entry.path = TRY(in.string());
    entry.mode = TRY(u32());
    entry.uid = TRY(u32());
    entry.gid = TRY(u32());
    entry.seconds = TRY(in.number(8));
    entry.nanoseconds = TRY(u32());
    entry.size = TRY(in.number(8));
    entry.link = TRY(in.string());
    entry.attributes = TRY(in.list());
    TRY(in.end());
    if (entry.nanoseconds > 999'999'999) return refused("entry", "a time that is none");
    if (entry.attributes.size() % 2 != 0) return refused("entry", "an attribute without a value");
    return entry;
}

// A number and a text: `complete` and `prefix`.
inline std::string encode(Kind kind, std::uint64_t number, std::string_view text) {
    PayloadWriter out;
    out.u64(number);
    out.string(text);
    return record(kind, out.take());
}

struct Sum {
    std::uint64_t size = 0;
    std::string digest;
};

inline Result<Sum> decode_sum(std::string_view payload) {
    PayloadReader in(payload);
    Sum sum;
    sum.size = TRY(in.number(8));
    sum.digest = TRY(in.string());
    TRY(in.end());
    return sum;
}

// The parts of a path that may be written below a directory: no part is empty, "." or "..", none is
// longer than a name may be, and the whole fits into one call.
inline Result<std::vector<std::string_view>> parts(std::string_view path) {
    const auto wrong = [](std::string_view why) {
        return refused("a name from the other side", why);
    };
    constexpr std::size_t name_limit = 255;
    if (path.size() > path_limit) return wrong("it is longer than 4095 bytes");
    if (path.find('\0') != path.npos) return wrong("it holds a NUL");
    std::vector<std::string_view> found;
    for (std::size_t at = 0; at <= path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        const auto part = path.substr(at, end - at);
        if (part.empty()) return wrong("a part of it is empty, or it is absolute");
        if (part == "." || part == "..") return wrong("it leads elsewhere: " + std::string(path));
        if (part.size() > name_limit) return wrong("a part of it is longer than 255 bytes");
        found.push_back(part);
        at = end + 1;
    }
    return found;
}

struct Record {
    Kind kind = Kind::end;
    std::string_view payload;  // until the next one is asked for
};

// The first record: that this is such a stream, of our version.
inline Result<> check_begin(const Record& record) {
    PayloadReader in(record.payload);
    if (record.kind != Kind::begin || TRY(in.number(4)) != magic) {
        return refused("stream", "this is not what pack and limpet cp send");
    }
    if (TRY(in.number(4)) != version) {
        return refused("stream", "the other side speaks another version of it");
    }
    return {};
}

struct Data {
    std::uint64_t offset = 0;
    // Hashed before the bytes: where a run of data does not touch the one before, its place.
    std::string_view place, bytes;
};

// The payload of a data record that follows what ended at `at`.
inline Result<Data> decode_data(std::string_view payload, std::uint64_t at) {
    PayloadReader in(payload);
    Data data{.offset = TRY(in.number(8)), .place = {}, .bytes = payload.substr(sizeof at)};
    constexpr std::uint64_t most = INT64_MAX;
    if (data.offset < at || data.offset > most - data.bytes.size()) {
        return refused("stream", "data out of its order");
    }
    if (data.offset != at) data.place = payload.substr(0, sizeof at);
    return data;
}

// Takes records off a stream. Memory is bounded by one record, whatever lengths are announced.
class Reader {
public:
    // Reads at most `size` bytes to `place`; how many came, 0 at the end.
    using Read = std::function<Result<std::size_t>(char* place, std::size_t size)>;

    explicit Reader(Read read) : read_(std::move(read)), buffer_(new char[capacity]) {}

    Result<Record> next() {
        TRY(need(record_header));
        PayloadReader head({buffer_.get() + begin_, record_header});
        const auto kind = TRY(head.number(1));
        const auto length = static_cast<std::size_t>(TRY(head.number(4)));
        if (kind < static_cast<std::uint8_t>(Kind::begin) ||
            kind > static_cast<std::uint8_t>(Kind::end)) {
            return refused("stream", "a record of no known kind");
        }
        if (length > payload_limit) return refused("stream", "a record that is too long");
        TRY(need(record_header + length));
        const Record found{static_cast<Kind>(kind),
                           {buffer_.get() + begin_ + record_header, length}};
        begin_ += record_header + length;
        return found;
    }

private:
    static constexpr std::size_t capacity = 2 * (payload_limit + record_header);

    Result<> need(std::size_t size) {
        if (begin_ == end_) begin_ = end_ = 0;
        if (begin_ + size > capacity) {
            std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
        while (end_ - begin_ < size) {
            const auto got = TRY(read_(buffer_.get() + end_, capacity - end_));
            if (got == 0) return refused("stream", "it ends before all had come");
            end_ += got;
        }
        return {};
    }

    Read read_;
    std::unique_ptr<char[]> buffer_;
    std::size_t begin_ = 0, end_ = 0;
};

}  // namespace limpet::transfer
