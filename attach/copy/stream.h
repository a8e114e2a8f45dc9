// stream.h - what every receiver of records does, and the receiver that prints one file.
#pragma once

#include "attach/copy/progress.h"
#include "limpet/digest.h"
#include "limpet/fd.h"
#include "limpet/transfer.h"

#include <cstdint>
#include <string_view>

namespace limpet::attach::copy {

// One regular file, to a descriptor that need not be seekable: holes become zeros. How many files
// that were, 0 when the other side had none to send.
Result<std::uint64_t> print_file(transfer::Reader& reader, BorrowedFd out, Progress& progress);

}  // namespace limpet::attach::copy
