// test.h - test(1); the shell has it built in.
#pragma once

#include "target/target.h"

#include <span>
#include <string>

namespace limpet::commands::words {

// Whether a text is what stands behind = or !=; null: the same bytes.
using Same = bool (*)(const std::string& text, const std::string& other);

// 0 true, 1 false, 2 wrong: then `problem` says why. Paths are relative to `directory`.
int test(std::span<const std::string> words, const target::Target& target,
         const std::string& directory, std::string& problem, Same same = nullptr);

}  // namespace limpet::commands::words
