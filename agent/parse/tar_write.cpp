// parse/tar_write.cpp - writing the headers of tar archives.
#include "parse/tar_records.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace limpet::parse::tar {
namespace {

class Block {
public:
    void text(std::size_t at, std::size_t size, std::string_view value) {
        value = value.substr(0, size);
        std::ranges::copy(value, bytes_.begin() + static_cast<std::ptrdiff_t>(at));
    }
    // Octal, a zero behind it; what does not fit is left 0 and said in a pax record.
    void number(std::size_t at, std::size_t size, std::uint64_t value) {
        if (value >> (3 * (size - 1)) != 0) value = 0;
        for (std::size_t i = size - 1; i-- > 0; value >>= 3) {
            bytes_[at + i] = static_cast<char>('0' + (value & 7));
        }
    }
    std::string sealed() {
        std::memset(bytes_.data() + 148, ' ', 8);
        std::uint64_t sum = 0;
        for (const char byte : bytes_) sum += static_cast<unsigned char>(byte);
        number(148, 7, sum);
        bytes_[154] = '\0';
        return bytes_;
    }

private:
    std::string bytes_ = std::string(block_size, '\0');
};

// Where a name is cut so that both parts fit: at a slash, which is written by none of them.
std::optional<std::size_t> cut(std::string_view name) {
    if (name.size() <= 100) return 0;
    const auto last = name.ends_with('/') ? name.size() - 1 : name.size();
    const auto least = last > 101 ? last - 101 : 0;
    for (auto at = name.find('/', std::max<std::size_t>(least, 1)); at < last;
         at = name.find('/', at + 1)) {
        if (at > 155) break;
        if (name.size() - at - 1 <= 100) return at;
    }
    return std::nullopt;
}

std::string ustar(const Entry& entry, std::uint64_t size, std::string_view prefix,
                  std::string_view name) {
    Block block;
    block.text(0, 100, name);
    block.number(100, 8, entry.mode);
    block.number(108, 8, entry.uid);
    block.number(116, 8, entry.gid);
    block.number(124, 12, size);
    block.number(136, 12, static_cast<std::uint64_t>(std::max<std::int64_t>(entry.modified, 0)));
    block.text(156, 1, {&entry.type, 1});
    block.text(157, 100, entry.link);
    block.text(257, 8, std::string_view("ustar\00000", 8));
    block.text(265, 31, entry.user);
    block.text(297, 31, entry.group);
    block.number(329, 8, entry.major);
    block.number(337, 8, entry.minor);
    block.text(345, 155, prefix);
    return block.sealed();
}

constexpr std::uint64_t most_7 = 07777777, most_11 = 077777777777;

void fill_block(std::string& text) { text.resize(text.size() + padding(text.size()), '\0'); }

// Format 1.0 of GNU.sparse: how many extents, then each with its offset and size, before the data.
std::string map_of(const Entry& entry) {
    std::string map;
    const auto line = [&](std::uint64_t number) {
        map += std::to_string(number);
        map += '\n';
    };
    line(entry.extents.size());
    for (const auto& [offset, size] : entry.extents) {
        line(offset);
        line(size);
    }
    fill_block(map);
    return map;
}

// Seconds with a fraction, which counts away from zero as the seconds do.
std::string time_text(std::int64_t seconds, std::uint32_t nanoseconds) {
    if (nanoseconds == 0) return std::to_string(seconds);
    constexpr std::uint32_t second = 1'000'000'000;
    const bool before = seconds < 0;
    if (before) {
        ++seconds;
        nanoseconds = second - nanoseconds;
    }
    char text[40];
    std::snprintf(text, sizeof text, "%s%lld.%09u", before && seconds == 0 ? "-" : "",
                  static_cast<long long>(seconds), nanoseconds);
    return text;
}

}  // namespace

std::string headers(const Entry& entry) {
    std::string extra = entry.extra, map;
    auto split = cut(entry.name);
    std::string_view name = entry.name;
    if (entry.sparse) {
        map = map_of(entry);
        extra += record("GNU.sparse.major", "1");
        extra += record("GNU.sparse.minor", "0");
        extra += record("GNU.sparse.name", entry.name);
        extra += record("GNU.sparse.realsize", std::to_string(entry.real_size));
        // What has no notion of such files shall not take this for the file.
        name = "GNUSparseFile.0/sparse";
        split = 0;
    } else if (!split) {
        extra += record("path", entry.name);
    }
    const auto size = entry.size + map.size();
    if (entry.link.size() > 100) extra += record("linkpath", entry.link);
    if (size > most_11) extra += record("size", std::to_string(size));
    if (entry.uid > most_7) extra += record("uid", std::to_string(entry.uid));
    if (entry.gid > most_7) extra += record("gid", std::to_string(entry.gid));
    const auto& time = entry.modified;
    if (entry.nanoseconds != 0 || time < 0 || time > static_cast<std::int64_t>(most_11)) {
        extra += record("mtime", time_text(time, entry.nanoseconds));
    }
    std::string all;
    if (!extra.empty()) {
        const Entry about{.name = "./PaxHeaders/pax",
                          .type = 'x',
                          .mode = 0644,
                          .modified = std::max<std::int64_t>(time, 0),
                          .size = extra.size()};
        all = ustar(about, about.size, {}, about.name) + extra;
        fill_block(all);
    }
    if (split.value_or(0) == 0) {
        all += ustar(entry, size, {}, name.substr(0, 100));
    } else {
        all += ustar(entry, size, name.substr(0, *split), name.substr(*split + 1));
    }
    return all += map;
}

}  // namespace limpet::parse::tar
