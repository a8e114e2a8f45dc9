// parse/runtime_state.h - what runc (state.json) and crun (status) note of a container's process.
#pragma once

#include "limpet/result.h"
#include "parse/oci.h"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace limpet::parse {

struct RuntimeState {
    pid_t pid = 0;
    std::uint64_t start = 0;  // stat field 22 of that process: a reused pid has another
    std::string created;      // RFC 3339
    std::string bundle;       // the folder of config.json
    Labels annotations;       // only in runc's
};

// Either program's file; one without a process id and start time is refused.
Result<RuntimeState> runtime_state(std::string_view text);

}  // namespace limpet::parse
