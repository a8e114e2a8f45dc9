// parse/zstd_unused.cpp - what libzstd's decoder refers to and we do not use.
//
// Debian's library decodes the formats of 2015 and 2016 as well, which is 90 KB. Unpacker turns
// such frames away by their magic numbers, so none of this is ever called; that the names are here
// keeps those members of the archive out of the program.
#include <cstdlib>

extern "C" {

void limpet_zstd_unused() { std::abort(); }

#define UNUSED(name) void name() __attribute__((alias("limpet_zstd_unused")));
#define UNUSED_VERSION(version)                       \
    UNUSED(ZBUFF##version##_createDCtx)               \
    UNUSED(ZBUFF##version##_decompressContinue)       \
    UNUSED(ZBUFF##version##_decompressInitDictionary) \
    UNUSED(ZBUFF##version##_freeDCtx)                 \
    UNUSED(ZSTD##version##_createDCtx)                \
    UNUSED(ZSTD##version##_decompress_usingDict)      \
    UNUSED(ZSTD##version##_findFrameSizeInfoLegacy)   \
    UNUSED(ZSTD##version##_freeDCtx)                  \
    UNUSED(ZSTD##version##_getFrameParams)
UNUSED_VERSION(v05)
UNUSED_VERSION(v06)
UNUSED_VERSION(v07)

}  // extern "C"
