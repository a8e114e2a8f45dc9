// packed.h - what gzip and zstd have in common: names, files beside files, and the loops.
#pragma once

#include "commands/command.h"
#include "commands/unpacked.h"

#include <sys/stat.h>

#include <functional>
#include <string>
#include <string_view>

namespace limpet::commands::packed {

struct Style {
    bool to_stdout = false, keep = false, force = false, quiet = false, verbose = false;
};

// A file to work on.
struct Source {
    std::string name;
    std::string shown;  // "stdin"
    std::optional<Input> input = {};
    struct statx status = {};
    [[nodiscard]] bool is_stdin() const { return name == "-"; }
};

// status 2, unless there was an error.
void warn(Invocation& call, const Style& style, std::string_view problem);

Result<Source> open(Invocation& call, const std::string& name);

// All of it to `out`, or nowhere; what was right before an error, which names the source, as well.
Result<> unpack(const Source& source, Unpacked& input, Output* out);

// Writes `name` beside its source: same mode and time. The source is removed when all went well,
// unless it is to be kept; the product when not.
Result<> write_beside(Invocation& call, const Style& style, const Source& source,
                      const std::string& name, const std::function<Result<>(Output&)>& write);

}  // namespace limpet::commands::packed
