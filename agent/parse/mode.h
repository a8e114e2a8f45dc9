// parse/mode.h - file modes as chmod(1) and find -perm take them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace limpet::parse {

// "644", "u+rwx,go=rX": the mode that `before` becomes; nullopt when it has not that form.
// `umask` counts where nobody is named ("+x").
std::optional<std::uint32_t> mode(std::string_view text, std::uint32_t before, bool directory,
                                  std::uint32_t umask);

}  // namespace limpet::parse
