// version.h - the version of both programs and of the protocol they speak.
#pragma once

#include <cstdint>
#include <string_view>

namespace limpet {

inline constexpr std::string_view version = "0.1.0";
// Raised when an older peer would misread a frame; the hello carries it.
inline constexpr std::uint32_t protocol_version = 2;

}  // namespace limpet
