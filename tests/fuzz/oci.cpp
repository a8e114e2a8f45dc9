// oci.cpp - fuzzes parse::oci_bundle and what is read out of them.
#include "parse/oci.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bundle = limpet::parse::oci_bundle({reinterpret_cast<const char*>(data), size});
    if (bundle) static_cast<void>(limpet::parse::identity(bundle->annotations));
    return 0;
}
