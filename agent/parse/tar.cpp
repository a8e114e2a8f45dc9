// parse/tar.cpp - reading the headers of tar archives.
#include "parse/tar.h"

#include "parse/number.h"
#include "parse/tar_records.h"

#include <algorithm>

namespace limpet::parse::tar {
namespace {

// A name of 64 KiB is sixteen times what Linux takes in one call.
constexpr std::uint64_t longest_name = 65536;
constexpr std::uint64_t longest_records = std::uint64_t{1024} * 1024;
constexpr std::size_t most_extended = 16;
constexpr std::size_t most_extents = 1 << 20;

struct Field {
    std::size_t at, size;
};
constexpr Field name_field{0, 100}, mode_field{100, 8}, uid_field{108, 8}, gid_field{116, 8},
    size_field{124, 12}, time_field{136, 12}, sum_field{148, 8}, link_field{157, 100},
    magic_field{257, 8}, user_field{265, 32}, group_field{297, 32}, major_field{329, 8},
    minor_field{337, 8}, prefix_field{345, 155}, real_size_field{483, 12};
constexpr std::size_t type_at = 156;

std::string_view part(std::string_view block, Field field) {
    return block.substr(field.at, field.size);
}

std::string_view text_of(std::string_view block, Field field) {
    const auto text = part(block, field);
    return text.substr(0, text.find('\0'));
}

// Octal with blanks around it, or GNU's base 256 with the first bit set; empty is 0.
std::optional<std::int64_t> number_of(std::string_view field) {
    const auto first = static_cast<unsigned char>(field[0]);
    if ((first & 0x80) != 0) {
        // Two's complement; the bit beside the mark is the sign.
        std::int64_t value = (first & 0x40) != 0 ? -1 : 0;
        value = value * 64 + (first & 0x3f);
        for (const char byte : field.substr(1)) {
            if (value > INT64_MAX >> 8 || value < INT64_MIN >> 8) return std::nullopt;
            value = value * 256 + static_cast<unsigned char>(byte);
        }
        return value;
    }
    std::int64_t value = 0;
    bool digits = false;
    for (const char byte : field) {
        if (byte >= '0' && byte <= '7') {
            if (value > INT64_MAX >> 3) return std::nullopt;
            value = value * 8 + (byte - '0');
            digits = true;
        } else if (byte == ' ' || byte == '\0') {
            if (digits) break;
        } else {
            return std::nullopt;
        }
    }
    return value;
}

// Some old programs added up signed characters.
bool sum_is_right(std::string_view block) {
    const auto stored = number_of(part(block, sum_field));
    std::int64_t plain = 0, with_signs = 0;
    for (std::size_t i = 0; i < block.size(); ++i) {
        const bool own = i >= sum_field.at && i < sum_field.at + sum_field.size;
        const char byte = own ? ' ' : block[i];
        plain += static_cast<unsigned char>(byte);
        with_signs += static_cast<signed char>(byte);
    }
    return stored && (*stored == plain || *stored == with_signs);
}

auto damaged(std::string_view what) { return refused("header", what); }

Result<std::uint64_t> count_of(std::string_view block, Field field, std::string_view what) {
    const auto value = number_of(part(block, field));
    if (!value) return damaged("its " + std::string(what) + " is no number");
    if (*value < 0) return damaged("its " + std::string(what) + " is negative");
    return static_cast<std::uint64_t>(*value);
}

// Ids and device numbers beyond 32 bits become what chown(2) takes for "none".
std::uint32_t narrow(std::uint64_t value) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, UINT32_MAX));
}

Result<> check_extents(const Entry& entry) {
    std::uint64_t end = 0, sum = 0;
    for (const auto& [offset, size] : entry.extents) {
        if (offset < end || size > entry.real_size || offset > entry.real_size - size) {
            return damaged("the map of its sparse file is out of order");
        }
        end = offset + size;
        sum += size;
    }
    if (sum != entry.size) return damaged("the map of its sparse file has another size");
    return {};
}

}  // namespace

void Reader::reset() {
    local_ = {};
    extended_ = 0;
    state_ = State::header;
    text_.clear();
    map_numbers_.clear();
}

Result<Reader::Got> Reader::block(std::string_view bytes) {
    auto got = [&]() -> Result<Got> {
        switch (state_) {
            case State::header: return header(bytes);
            case State::text: return text(bytes);
            // 21 extents and whether there are more of them.
            case State::old_extents: return old_sparse(bytes, 0, 21, 504);
            case State::map: return map(bytes);
        }
        return Got::more;
    }();
    if (!got) reset();
    return got;
}

Result<Reader::Got> Reader::header(std::string_view bytes) {
    if (bytes.find_first_not_of('\0') == bytes.npos) return Got::zeros;
    if (!sum_is_right(bytes)) return damaged("its checksum is wrong");
    const char type = bytes[type_at];
    const bool name = type == 'L' || type == 'K';
    if (!name && type != 'x' && type != 'X' && type != 'g') {
        TRY(fill(bytes));
        if (type == 'S') {
            entry_.sparse = true;
            entry_.real_size = TRY(count_of(bytes, real_size_field, "real size"));
            return old_sparse(bytes, 386, 4, 482);
        }
        if (!local_.sparse) return finish();
        entry_.sparse = true;
        if (!local_.sparse_map_in_data) {
            entry_.extents = std::move(local_.extents);
            return finish();
        }
        state_ = State::map;
        text_.clear();
        map_at_ = 0;
        return entry_.size >= block_size ? Result<Got>(Got::more)
                                         : damaged("it has no map of its sparse file");
    }
    // An archive of nothing but extended headers would keep us here for ever.
    if (++extended_ > most_extended) return damaged("too many extended headers in a row");
    text_left_ = TRY(count_of(bytes, size_field, "size"));
    if (text_left_ > (name ? longest_name : longest_records)) {
        return damaged("an extended header of " + std::to_string(text_left_) + " bytes");
    }
    text_type_ = type;
    text_.clear();
    state_ = State::text;
    return text_left_ > 0 ? Result<Got>(Got::more) : text_end();
}

Result<Reader::Got> Reader::text(std::string_view bytes) {
    const auto wanted = std::min<std::uint64_t>(text_left_, bytes.size());
    text_ += bytes.substr(0, wanted);
    text_left_ -= wanted;
    return text_left_ > 0 ? Result<Got>(Got::more) : text_end();
}

Result<Reader::Got> Reader::text_end() {
    state_ = State::header;
    if (text_type_ == 'L' || text_type_ == 'K') {
        text_.resize(std::min(text_.find('\0'), text_.size()));
        (text_type_ == 'L' ? local_.path : local_.link) = text_;
        return Got::more;
    }
    TRY(records(text_, text_type_ == 'g' ? global_ : local_));
    return Got::more;
}

Result<> Reader::fill(std::string_view bytes) {
    entry_ = {};
    auto& entry = entry_;
    entry.type = bytes[type_at];
    const auto magic = part(bytes, magic_field);
    const bool posix = magic.starts_with(std::string_view("ustar\0", 6));
    const bool known = posix || magic.starts_with("ustar ");
    entry.name = text_of(bytes, name_field);
    // GNU's own format has times where ustar has the prefix.
    if (const auto prefix = text_of(bytes, prefix_field); posix && !prefix.empty()) {
        entry.name = std::string(prefix) + '/' + entry.name;
    }
    entry.link = text_of(bytes, link_field);
    entry.mode = narrow(TRY(count_of(bytes, mode_field, "mode"))) & 07777;
    entry.uid = narrow(TRY(count_of(bytes, uid_field, "user")));
    entry.gid = narrow(TRY(count_of(bytes, gid_field, "group")));
    entry.size = TRY(count_of(bytes, size_field, "size"));
    const auto modified = number_of(part(bytes, time_field));
    if (!modified) return damaged("its time is no number");
    entry.modified = *modified;
    if (known) {
        entry.user = text_of(bytes, user_field);
        entry.group = text_of(bytes, group_field);
        entry.major = narrow(TRY(count_of(bytes, major_field, "device")));
        entry.minor = narrow(TRY(count_of(bytes, minor_field, "device")));
    }
    const auto apply = [](auto& to, const auto& from) {
        if (from) to = static_cast<std::remove_reference_t<decltype(to)>>(*from);
    };
    for (const auto* over : {&global_, &local_}) {
        apply(entry.name, over->path);
        apply(entry.link, over->link);
        apply(entry.user, over->user);
        apply(entry.group, over->group);
        apply(entry.size, over->size);
        apply(entry.modified, over->modified);
        if (over->uid) entry.uid = narrow(*over->uid);
        if (over->gid) entry.gid = narrow(*over->gid);
    }
    if (!local_.sparse_name.empty()) entry.name = local_.sparse_name;
    // Every entry has its padding added to it.
    if (entry.size > INT64_MAX - block_size) return damaged("its size is beyond any file's");
    entry.real_size = local_.real_size.value_or(entry.size);
    if (entry.real_size > INT64_MAX) return damaged("its size is beyond any file's");
    return {};
}

Result<Reader::Got> Reader::old_sparse(std::string_view bytes, std::size_t at, std::size_t count,
                                       std::size_t more_at) {
    for (std::size_t i = 0; i < count; ++i, at += 24) {
        Extent extent;
        extent.offset = TRY(count_of(bytes, {at, 12}, "map"));
        extent.size = TRY(count_of(bytes, {at + 12, 12}, "map"));
        if (extent.size == 0) continue;
        entry_.extents.push_back(extent);
    }
    if (entry_.extents.size() > most_extents) return damaged("its sparse file has too many parts");
    if (bytes[more_at] != 0) {
        // Blocks of extents that add nothing have no other bound.
        if (++map_at_ > most_extents / 21) return damaged("its sparse file has too many parts");
        state_ = State::old_extents;
        return Got::more;
    }
    map_at_ = 0;
    return finish();
}

// pax 1.0 has the map before the data: decimal numbers on lines, the count of pairs first.
Result<Reader::Got> Reader::map(std::string_view bytes) {
    entry_.size -= block_size;
    text_ += bytes;
    auto& numbers = map_numbers_;
    for (;;) {
        const auto end = text_.find('\n', map_at_);
        if (end == text_.npos) break;
        const auto value =
            number<std::uint64_t>(std::string_view(text_).substr(map_at_, end - map_at_));
        if (!value) return damaged("the map of its sparse file has no numbers");
        numbers.push_back(*value);
        if (numbers[0] > most_extents) return damaged("its sparse file has too many parts");
        map_at_ = end + 1;
        if (numbers.size() < 1 + 2 * numbers[0]) continue;
        for (std::size_t i = 1; i < numbers.size(); i += 2) {
            if (numbers[i + 1] > 0) entry_.extents.push_back({numbers[i], numbers[i + 1]});
        }
        return finish();
    }
    text_.erase(0, map_at_);
    map_at_ = 0;
    const bool ends = text_.size() > 32 || entry_.size < block_size;
    return ends ? damaged("the map of its sparse file has no end") : Result<Got>(Got::more);
}

Result<Reader::Got> Reader::finish() {
    auto& entry = entry_;
    if (entry.type == 'S') entry.type = file;
    if (entry.sparse) TRY(check_extents(entry));
    if (entry.type == '\0' || entry.type == '7') entry.type = file;
    if (entry.type == file && entry.name.ends_with('/')) entry.type = directory;
    if (entry.type == 'D') entry.type = directory;
    // Some programs say the size of the file here, and no data follows.
    if (entry.type == hard_link) entry.size = entry.real_size = 0;
    if (entry.type == 'M') return damaged("archives of several volumes are not supported");
    reset();
    return Got::entry;
}

}  // namespace limpet::parse::tar
