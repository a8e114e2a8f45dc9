// shown.h - how names, modes and times of files are shown.
#pragma once

#include "commands/command.h"

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace limpet::commands {

// For a terminal: as it is when it is plain, '…' with spaces or what a shell would read, $'…' with
// control characters or bytes that are not UTF-8. The result is one line and can be pasted back.
std::string quoted(std::string_view name);

// The name as it goes to this call's output: quoted on a terminal, raw bytes elsewhere.
std::string shown_name(const Invocation& call, std::string_view name);

// "drwxr-xr-x"
std::string mode_text(std::uint32_t mode);
// "directory", "regular file", "character device": words of stat(1) and of the JSON field "type".
std::string_view type_word(std::uint32_t mode);
// DT_* of readdir(3) from a mode.
unsigned char entry_type(std::uint32_t mode);

// "2026-01-31T12:00:00.123456789Z", for JSON.
std::string iso_time(const struct statx_timestamp& time);

// The JSON object that ls, stat and find give for one file.
std::string file_json(std::string_view path, const struct statx& status, std::string_view user,
                      std::string_view group, const std::string* link);

std::uint64_t device_number(const struct statx& status);

}  // namespace limpet::commands
