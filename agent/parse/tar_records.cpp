// parse/tar_records.cpp - pax extended headers.
#include "parse/tar_records.h"

#include "parse/number.h"

namespace limpet::parse::tar {
namespace {

constexpr std::size_t longest_name = 65536;

auto damaged(std::string_view what) {
    return refused("header", "a pax record " + std::string(what));
}

Result<std::uint64_t> count(std::string_view key, std::string_view value) {
    const auto number = parse::number<std::uint64_t>(value);
    if (!number) return damaged(std::string(key) + " is no number");
    return *number;
}

// "0,512,4096,512": offsets and sizes.
Result<> extents(std::string_view text, std::vector<Extent>& found) {
    while (!text.empty()) {
        std::uint64_t pair[2];
        for (auto& value : pair) {
            const auto comma = text.find(',');
            value = TRY(count("GNU.sparse.map", text.substr(0, comma)));
            text = comma == text.npos ? std::string_view{} : text.substr(comma + 1);
        }
        if (pair[1] > 0) found.push_back({pair[0], pair[1]});
    }
    return {};
}

Result<> sparse(std::string_view key, std::string_view value, Overrides& over) {
    if (key == "name") {
        over.sparse_name = value;
    } else if (key == "size" || key == "realsize") {
        over.real_size = TRY(count(key, value));
        over.sparse = true;
    } else if (key == "major") {
        if (value != "0" && value != "1") return damaged("names a sparse format we do not know");
        over.sparse = true;
        over.sparse_map_in_data = value == "1";
    } else if (key == "map") {
        over.sparse = true;
        over.extents.clear();
        return extents(value, over.extents);
    } else if (key == "offset") {
        over.extent_offset = TRY(count(key, value));
    } else if (key == "numbytes") {
        const auto size = TRY(count(key, value));
        if (over.extent_offset && size > 0) over.extents.push_back({*over.extent_offset, size});
        over.extent_offset.reset();
    }
    return {};
}

Result<> apply(std::string_view key, std::string_view value, Overrides& over) {
    constexpr std::string_view gnu_sparse = "GNU.sparse.";
    if (key.starts_with(gnu_sparse)) return sparse(key.substr(gnu_sparse.size()), value, over);
    // An empty value takes back what a global header said; what the header itself says counts then.
    const auto text = [&](std::optional<std::string>& to) {
        to = value.empty() ? std::nullopt : std::optional<std::string>(value);
    };
    if (key == "path") {
        text(over.path);
    } else if (key == "linkpath") {
        text(over.link);
    } else if (key == "uname") {
        text(over.user);
    } else if (key == "gname") {
        text(over.group);
    } else if (key == "size") {
        over.size = TRY(count(key, value));
    } else if (key == "uid") {
        over.uid = TRY(count(key, value));
    } else if (key == "gid") {
        over.gid = TRY(count(key, value));
    } else if (key == "mtime") {
        // Fractions of a second are cut off, towards the past as stat(2) has them.
        const auto whole = value.substr(0, value.find('.'));
        auto seconds = parse::number<std::int64_t>(whole);
        if (!seconds) return damaged("mtime is no time");
        const auto fraction = value.substr(std::min(whole.size() + 1, value.size()));
        const bool below = fraction.find_first_not_of('0') != fraction.npos;
        if (value.starts_with('-') && below && *seconds > INT64_MIN) --*seconds;
        over.modified = seconds;
    }
    return {};
}

}  // namespace

Result<> records(std::string_view text, Overrides& overrides) {
    while (!text.empty() && text[0] != '\0') {
        const auto space = text.find(' ');
        const auto length =
            parse::number<std::size_t>(text.substr(0, std::min(space, text.size())));
        if (space == text.npos || !length || *length > text.size() || *length < space + 3 ||
            text[*length - 1] != '\n') {
            return damaged("is cut off or has no length");
        }
        const auto body = text.substr(space + 1, *length - space - 2);
        const auto equals = body.find('=');
        if (equals == body.npos || equals == 0) return damaged("has no key");
        const auto key = body.substr(0, equals), value = body.substr(equals + 1);
        const bool names = key == "path" || key == "linkpath" || key == "GNU.sparse.name";
        if (names && (value.size() > longest_name || value.contains('\0'))) {
            return damaged(std::string(key) + " is no name");
        }
        TRY(apply(key, value, overrides));
        text.remove_prefix(*length);
    }
    return {};
}

std::string record(std::string_view key, std::string_view value) {
    const auto rest = key.size() + value.size() + 3;  // blank, '=', newline
    // The length counts its own digits.
    auto length = rest + std::to_string(rest).size();
    if (std::to_string(length).size() > std::to_string(rest).size()) ++length;
    return std::to_string(length) + ' ' + std::string(key) + '=' + std::string(value) + '\n';
}

}  // namespace limpet::parse::tar
