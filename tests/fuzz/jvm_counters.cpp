// jvm_counters.cpp - /tmp/hsperfdata_USER/PID of the target.
#include "parse/jvm_counters.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static_cast<void>(limpet::parse::jvm_counters({reinterpret_cast<const char*>(data), size}));
    return 0;
}
