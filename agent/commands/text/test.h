// test.h - test(1); the shell has it built in.
#pragma once

#include "target/target.h"

#include <span>
#include <string>

namespace limpet::commands::words {

// 0 true, 1 false, 2 wrong: then `problem` says why. Paths are relative to `directory`.
int test(std::span<const std::string> words, const target::Target& target,
         const std::string& directory, std::string& problem);

}  // namespace limpet::commands::words
