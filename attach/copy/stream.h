// stream.h - what every receiver of records does, and the receiver that prints one file.
#pragma once

#include "attach/copy/progress.h"
#include "limpet/digest.h"
#include "limpet/fd.h"
#include "limpet/transfer.h"

#include <cstdint>
#include <string_view>

namespace limpet::attach::copy {

// The first record: that this is such a stream, of our version.
Result<> begun(const transfer::Record& record);

// The payload of a data record that follows what ended at `at`: its offset, and its bytes. Hashed
// as the sender does: where a run of data does not touch the one before, its place, too.
Result<std::uint64_t> hash_data(Digest& digest, std::uint64_t at, std::string_view payload,
                                std::string_view& bytes);

// One regular file, to a descriptor that need not be seekable: holes become zeros. How many files
// that were, 0 when the other side had none to send.
Result<std::uint64_t> print_file(transfer::Reader& reader, BorrowedFd out, Progress& progress);

}  // namespace limpet::attach::copy
