// parse/bpf.h - classic BPF programs: run, checked. linux/filter.h, and what seccomp(2) makes of
// it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace limpet::parse {

// The layout of struct sock_filter.
struct BpfInstruction {
    std::uint16_t code = 0;
    std::uint8_t jump_true = 0, jump_false = 0;
    std::uint32_t value = 0;
    bool operator==(const BpfInstruction&) const = default;
};
using BpfProgram = std::vector<BpfInstruction>;

namespace bpf {
// Classes, sizes, modes, operations and sources, as linux/bpf_common.h numbers them.
inline constexpr std::uint16_t ld = 0, ldx = 1, st = 2, stx = 3, alu = 4, jmp = 5, ret = 6,
                               misc = 7;
inline constexpr std::uint16_t word = 0, half = 0x08, byte = 0x10;
inline constexpr std::uint16_t imm = 0, abs = 0x20, ind = 0x40, mem = 0x60, len = 0x80, msh = 0xa0;
inline constexpr std::uint16_t add = 0, sub = 0x10, mul = 0x20, div = 0x30, or_ = 0x40, and_ = 0x50,
                               lsh = 0x60, rsh = 0x70, neg = 0x80, mod = 0x90, xor_ = 0xa0;
inline constexpr std::uint16_t ja = 0, jeq = 0x10, jgt = 0x20, jge = 0x30, jset = 0x40;
inline constexpr std::uint16_t k = 0, x = 0x08, a = 0x10, tax = 0, txa = 0x80;
// Loads at negative offsets ask the kernel instead of the packet.
inline constexpr std::uint32_t ancillary = 0xfffff000;
inline constexpr std::uint32_t ancillary_protocol = ancillary,
                               ancillary_packet_type = ancillary + 4,
                               ancillary_interface = ancillary + 8;
}  // namespace bpf

// Loads big-endian fields of a packet, or the 32-bit fields of struct seccomp_data.
enum class BpfInput { packet, native };

// What the kernel would refuse is false: jumps out of the program, no return at the end.
bool bpf_valid(std::span<const BpfInstruction> program);

// The value that a valid program returns. `length` is what len loads: the packet before it was cut
// short. A load outside, or a division by zero, returns 0.
std::uint32_t bpf_run(std::span<const BpfInstruction> program, std::span<const std::uint8_t> data,
                      std::uint32_t length, BpfInput input = BpfInput::packet);

}  // namespace limpet::parse
