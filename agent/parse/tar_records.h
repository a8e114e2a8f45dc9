// parse/tar_records.h - pax extended headers, "LENGTH KEY=VALUE\n" again and again.
#pragma once

#include "parse/tar.h"

namespace limpet::parse::tar {

// Unknown keys are passed over (SCHILY.xattr and the like).
Result<> records(std::string_view text, Overrides& overrides);

// "30 mtime=...\n"
std::string record(std::string_view key, std::string_view value);

}  // namespace limpet::parse::tar
