// counters.cpp - fuzzes parse::counter, named_value, task_syscall and cpu_times.
#include "parse/counters.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static_cast<void>(limpet::parse::counter(text, "MemTotal"));
    static_cast<void>(limpet::parse::cpu_times(text));
    static_cast<void>(limpet::parse::task_syscall(text));
    const auto [name, value] = limpet::parse::named_value(text);
    if (name.size() + value.size() > size) __builtin_trap();
    return 0;
}
