// oci.cpp - fuzzes parse::oci_annotations and what is read out of them.
#include "parse/oci.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto labels = limpet::parse::oci_annotations({reinterpret_cast<const char*>(data), size});
    if (labels) static_cast<void>(limpet::parse::identity(*labels));
    return 0;
}
