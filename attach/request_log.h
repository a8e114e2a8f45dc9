// request_log.h - the log of `limpet-agent serve --record-dir`, checked without the agent.
#pragma once

#include "limpet/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::attach {

struct LogCheck {
    std::uint64_t entries = 0, recordings = 0;
    std::string last;                // entry's hash
    std::string first, until;        // times of the first and the last
    std::vector<std::string> notes;  // what is odd and no sign of a change
    // The first entry that is wrong; 0 when all are as they were written.
    std::uint64_t bad = 0;
    std::string problem;  // of that entry, or of the log as a whole

    [[nodiscard]] bool sound() const { return problem.empty(); }
};

// `path`: the log, or the directory that it is in. `noted`: the hash of an entry that somebody
// noted; it has to be there still. An error: it could not be checked.
Result<LogCheck> check_log(const std::string& path, std::string_view noted);

}  // namespace limpet::attach
