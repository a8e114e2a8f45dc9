// send.h - files and trees of this machine as a stream of records.
#pragma once

#include "attach/copy/progress.h"
#include "limpet/fd.h"
#include "limpet/result.h"

#include <cstdint>
#include <string>

namespace limpet::attach::copy {

struct Source {
    std::string path;  // "-": standard input
    bool recursive = false;
    bool follow = false;   // links below the path
    bool archive = false;  // extended attributes, too
};

// All of it and the end record; how many things could not be read, each reported. An error ends
// all: the other side is gone.
Result<std::uint64_t> send(const Source& source, BorrowedFd out, Progress& progress);

}  // namespace limpet::attach::copy
