// parse/dns_text.h - the data of a record as a zone file has it.
#pragma once

#include "limpet/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace limpet::parse {

// A reader over one message, which knows where it may read and where names may point.
struct DnsReader {
    std::string_view message;
    std::size_t at = 0;
    std::size_t end = 0;
    bool broken = false;  // something reached beyond the end; everything after it is 0

    std::uint32_t number(int bytes);
    std::string_view bytes(std::size_t count);
    void name(std::string& text);
    [[nodiscard]] std::size_t left() const { return broken ? 0 : end - at; }
};

// Takes the data (up to reader.end) of a record of that type. An unknown type, and data that is not
// what its type says, are as RFC 3597 has them: "\# 4 0A000001".
void dns_data(DnsReader& reader, std::uint16_t type, std::string& text);

}  // namespace limpet::parse
