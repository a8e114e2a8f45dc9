// transfer.cpp - the records of `limpet cp`: whatever comes, no name leads elsewhere and no more is
// kept than one record.
#include "limpet/transfer.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

using namespace limpet;

namespace {

void need(bool truth) {
    if (!truth) std::abort();
}

void look(const transfer::Record& record) {
    need(record.payload.size() <= transfer::payload_limit);
    if (const auto entry = transfer::decode_entry(record.payload)) {
        const auto again = transfer::encode(transfer::Kind::file, *entry);
        need(std::string_view(again).substr(transfer::record_header) == record.payload);
        if (const auto parts = transfer::parts(entry->path)) {
            std::string joined;
            for (const auto part : *parts) {
                need(!part.empty() && part != "." && part != ".." && part.size() <= 255);
                need(part.find('/') == part.npos && part.find('\0') == part.npos);
                if (!joined.empty()) joined += '/';
                joined += part;
            }
            need(joined == entry->path);
        }
    }
    (void)transfer::decode_sum(record.payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    // The first byte says how much comes at a time.
    const std::size_t portion = data[0] + std::size_t{1};
    std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    transfer::Reader reader([&](char* place, std::size_t room) -> Result<std::size_t> {
        const auto count = std::min({portion, room, rest.size()});
        std::memcpy(place, rest.data(), count);
        rest.remove_prefix(count);
        return count;
    });
    while (const auto record = reader.next()) look(*record);
    return 0;
}
