// parse/content.h - what a file is by how it begins, in the words of file(1).
#pragma once

#include <string>
#include <string_view>

namespace limpet::parse {

struct Content {
    std::string description;  // "gzip compressed data"
    std::string mime;         // "application/gzip"
    std::string charset;      // "binary", "us-ascii", "utf-8"
};

// How much of a file this wants to see at most.
inline constexpr std::size_t content_head = std::size_t{1} << 20;

// `whole`: `head` is all of the file. ELF files are elf.h's; here they are only named.
Content content(std::string_view head, bool whole);

}  // namespace limpet::parse
