// shell/files.h - the shell's own look at files: in mode here the kernel's working directory is the
// shell's, otherwise every path goes through the target.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"
#include "target/target.h"

#include <string>
#include <string_view>

namespace limpet::shell {

struct Shell;

// Writing outside mode here needs the grant modify; /dev/null, /dev/stdin, /dev/stdout,
// /dev/stderr, /dev/tty and /dev/fd/N are the shell's own there: the target's tree has no devices.
Result<Fd> open_path(Shell& shell, const std::string& path, int flags, unsigned mode);
Result<Fd> open_directory(Shell& shell, const std::string& path);
Result<struct statx> stat_path(Shell& shell, const std::string& path, target::Follow follow);
bool is_directory(Shell& shell, const std::string& path);
// A script by name, for `.` and for `sh FILE`.
Result<std::string> read_script(Shell& shell, const std::string& path);

}  // namespace limpet::shell
