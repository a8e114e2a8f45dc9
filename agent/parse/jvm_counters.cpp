// parse/jvm_counters.cpp - /tmp/hsperfdata_USER/PID, version 2 (HotSpot's perfMemory.hpp).
#include "parse/jvm_counters.h"

namespace limpet::parse {
namespace {

constexpr std::string_view magic("\xca\xfe\xc0\xc0", 4);
constexpr std::size_t header_size = 32, entry_size = 20;
constexpr std::size_t entries_limit = 16384;
constexpr std::size_t text_limit = 65536;

}  // namespace

Result<std::vector<JvmCounter>> jvm_counters(std::string_view bytes) {
    if (bytes.size() < header_size || !bytes.starts_with(magic) || bytes[5] != 2) {
        return refused("JVM", "no counters of HotSpot");
    }
    const bool little = bytes[4] == 1;
    if (bytes[7] == 0) return refused("JVM", "it is starting: its counters are not ready");
    const auto number = [&](std::uint64_t at, unsigned size) {
        std::uint64_t value = 0;
        if (at + size > bytes.size()) return value;
        for (unsigned i = 0; i < size; ++i) {
            const auto place = static_cast<std::size_t>(little ? at + size - 1 - i : at + i);
            value = value << 8 | static_cast<unsigned char>(bytes[place]);
        }
        return value;
    };
    std::vector<JvmCounter> counters;
    auto at = number(24, 4);
    for (auto left = number(28, 4); left > 0 && counters.size() < entries_limit; --left) {
        if (at + entry_size > bytes.size()) break;
        const auto length = number(at, 4);
        if (length < entry_size || length > bytes.size() - at) break;
        const auto entry =
            bytes.substr(static_cast<std::size_t>(at), static_cast<std::size_t>(length));
        const auto inside = [&](std::uint64_t offset) {
            auto rest = offset < length ? entry.substr(static_cast<std::size_t>(offset))
                                        : std::string_view();
            rest = rest.substr(0, text_limit);
            return rest.substr(0, rest.find('\0'));
        };
        JvmCounter counter;
        counter.name = inside(number(at + 4, 4));
        counter.is_text = number(at + 8, 4) > 0;
        const auto data = number(at + 16, 4);
        if (counter.is_text) {
            counter.text = inside(data);
        } else if (data + 8 <= length) {
            counter.number = static_cast<std::int64_t>(number(at + data, 8));
        }
        if (!counter.name.empty()) counters.push_back(std::move(counter));
        at += length;
    }
    return counters;
}

}  // namespace limpet::parse
