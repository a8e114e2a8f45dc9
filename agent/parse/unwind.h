// parse/unwind.h - one step up a stack by call frame information (.eh_frame of DWARF).
//
// Everything it reads is the target's: bounded, and every number may be a lie.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace limpet::parse::unwind {

#if defined(__x86_64__)
inline constexpr unsigned stack_pointer = 7, frame_pointer = 6, return_address = 16;
inline constexpr unsigned register_count = 17;
#elif defined(__aarch64__)
inline constexpr unsigned stack_pointer = 31, frame_pointer = 29, return_address = 30;
inline constexpr unsigned register_count = 33;
#endif

// By DWARF's numbers. The program counter stands beside them.
struct Frame {
    std::array<std::uint64_t, register_count> registers{};
    std::uint64_t pc = 0;
    bool exact = true;  // pc is where it goes on: the topmost frame, or one below a signal
};

// What a module offers, at the addresses of its file.
struct Information {
    std::string_view frames;      // .eh_frame
    std::uint64_t frames_at = 0;  // its address
    std::string_view table;       // .eh_frame_hdr; may be empty
    std::uint64_t table_at = 0;
};

using Read = std::function<bool(std::uint64_t address, std::uint64_t& value)>;

enum class Step { done, end, unknown };
// `address` is the frame's pc as the file has it (of a caller: within its call). Step::unknown when
// nothing covers it.
Step step(const Information& information, std::uint64_t address, const Read& memory, Frame& frame);

}  // namespace limpet::parse::unwind
