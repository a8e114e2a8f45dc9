// zone.cpp - fuzzes parse::Zone and parse::date_text: a rule or a file, and a text in that zone.
#include "parse/date_text.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using limpet::parse::Zone;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto line = text.substr(0, text.find('\n'));
    auto zone = Zone::file(text);
    if (!zone) zone = Zone::posix(line);
    if (!zone) zone = Zone();
    for (const std::int64_t at :
         {INT64_MIN, std::int64_t{0}, std::int64_t{1'720'000'000}, INT64_MAX}) {
        static_cast<void>(limpet::parse::full_time(zone->at(at)));
    }
    static_cast<void>(
        limpet::parse::date_text(text.substr(line.size()), {1'700'000'000, 5}, *zone));
    static_cast<void>(limpet::parse::date_text(line, {1'700'000'000, 5}, *zone));
    return 0;
}
