// parse/jvm_counters.h - what HotSpot keeps in /tmp/hsperfdata_USER/PID for jstat(1).
#pragma once

#include "limpet/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

struct JvmCounter {
    std::string name;  // "sun.gc.collector.0.invocations"
    bool is_text = false;
    std::int64_t number = 0;
    std::string text;
};

// In the order of the file. Fails when it is none of these files, or of a VM that is starting.
Result<std::vector<JvmCounter>> jvm_counters(std::string_view bytes);

}  // namespace limpet::parse
