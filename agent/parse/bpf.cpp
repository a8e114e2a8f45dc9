// parse/bpf.cpp - classic BPF programs: run, checked.
#include "parse/bpf.h"

#include <array>
#include <cstring>
#include <optional>

namespace limpet::parse {
namespace {

using namespace bpf;

constexpr std::size_t longest = 4096;  // BPF_MAXINSNS
constexpr std::size_t memory_words = 16;

constexpr std::uint16_t class_of(std::uint16_t code) { return code & 7; }
constexpr std::uint16_t operation_of(std::uint16_t code) { return code & 0xf0; }

std::optional<std::uint32_t> load(std::span<const std::uint8_t> data, std::uint64_t at,
                                  std::uint16_t size, BpfInput input) {
    const std::size_t bytes = size == word ? 4 : size == half ? 2 : 1;
    if (at > data.size() || data.size() - at < bytes) return std::nullopt;
    if (input == BpfInput::native) {
        std::uint32_t value = 0;
        if (size != word || at % 4 != 0) return std::nullopt;
        std::memcpy(&value, data.data() + at, sizeof value);
        return value;
    }
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | data[at + i];
    return value;
}

std::optional<std::uint32_t> calculate(std::uint16_t operation, std::uint32_t left,
                                       std::uint32_t right) {
    switch (operation) {
        case add: return left + right;
        case sub: return left - right;
        case mul: return left * right;
        case div: return right == 0 ? std::nullopt : std::optional(left / right);
        case mod: return right == 0 ? std::nullopt : std::optional(left % right);
        case or_: return left | right;
        case and_: return left & right;
        case xor_: return left ^ right;
        case lsh: return right > 31 ? 0 : left << right;
        case rsh: return right > 31 ? 0 : left >> right;
        case neg: return 0 - left;
        default: return std::nullopt;
    }
}

bool compare(std::uint16_t operation, std::uint32_t left, std::uint32_t right) {
    switch (operation) {
        case jeq: return left == right;
        case jgt: return left > right;
        case jge: return left >= right;
        default: return (left & right) != 0;
    }
}

}  // namespace

bool bpf_valid(std::span<const BpfInstruction> program) {
    if (program.empty() || program.size() > longest) return false;
    for (std::size_t at = 0; at < program.size(); ++at) {
        const auto& [code, yes, no, value] = program[at];
        const auto left = program.size() - at - 1;
        if (class_of(code) == jmp) {
            if (operation_of(code) == ja ? value >= left : yes >= left || no >= left) return false;
            if (operation_of(code) > jset) return false;
        }
        const bool of_memory = class_of(code) == st || class_of(code) == stx ||
                               (class_of(code) <= ldx && (code & 0xe0) == mem);
        if (of_memory && value >= memory_words) return false;
    }
    return class_of(program.back().code) == ret;
}

std::uint32_t bpf_run(std::span<const BpfInstruction> program, std::span<const std::uint8_t> data,
                      std::uint32_t length, BpfInput input) {
    std::uint32_t accumulator = 0, index = 0;
    std::array<std::uint32_t, memory_words> memory{};
    for (std::size_t at = 0; at < program.size(); ++at) {
        const auto& [code, yes, no, value] = program[at];
        const auto operand = code & x ? index : value;
        switch (class_of(code)) {
            case ld:
            case ldx: {
                std::optional<std::uint32_t> loaded;
                switch (code & 0xe0) {
                    case imm: loaded = value; break;
                    case mem: loaded = memory[value]; break;
                    case len: loaded = length; break;
                    case abs: loaded = load(data, value, code & 0x18, input); break;
                    case ind:
                        loaded = load(data, std::uint64_t{index} + value, code & 0x18, input);
                        break;
                    case msh:
                        loaded = load(data, value, byte, input);
                        if (loaded) loaded = (*loaded & 15) * 4;
                        break;
                    default: break;
                }
                if (!loaded) return 0;
                (class_of(code) == ld ? accumulator : index) = *loaded;
                break;
            }
            case st: memory[value] = accumulator; break;
            case stx: memory[value] = index; break;
            case alu: {
                const auto result = calculate(operation_of(code), accumulator, operand);
                if (!result) return 0;
                accumulator = *result;
                break;
            }
            case jmp:
                if (operation_of(code) == ja) {
                    at += value;
                } else {
                    at += compare(operation_of(code), accumulator, operand) ? yes : no;
                }
                break;
            case ret: return (code & 0x18) == a ? accumulator : value;
            default:
                if (operation_of(code) == txa) {
                    accumulator = index;
                } else {
                    index = accumulator;
                }
        }
    }
    return 0;
}

}  // namespace limpet::parse
