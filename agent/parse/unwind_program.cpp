// parse/unwind_program.cpp - numbers and expressions of call frame information.
#include "parse/unwind_program.h"

namespace limpet::parse::unwind {

std::uint64_t Bytes::take(unsigned size) {
    if (at > all.size() || size > all.size() - at) {
        bad = true;
        return 0;
    }
    std::uint64_t value = 0;
    std::memcpy(&value, all.data() + at, size);
    at += size;
    return value;
}

std::int64_t Bytes::take_signed(unsigned size) {
    const auto shift = 64 - 8 * size;
    return static_cast<std::int64_t>(take(size) << shift) >> shift;
}

std::uint64_t Bytes::uleb() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const auto byte = take(1);
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    bad = true;
    return 0;
}

std::int64_t Bytes::sleb() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64;) {
        const auto byte = take(1);
        value |= (byte & 0x7f) << shift;
        shift += 7;
        if (byte >= 0x80) continue;
        if ((byte & 0x40) != 0 && shift < 64) value |= ~std::uint64_t{0} << shift;
        return static_cast<std::int64_t>(value);
    }
    bad = true;
    return 0;
}

std::string_view Bytes::text() {
    const auto rest =
        at < all.size() ? all.substr(static_cast<std::size_t>(at)) : std::string_view();
    const auto end = rest.find('\0');
    if (end == rest.npos) {
        bad = true;
        return {};
    }
    at += end + 1;
    return rest.substr(0, end);
}

std::string_view Bytes::block() {
    const auto size = uleb();
    if (at > all.size() || size > all.size() - at) {
        bad = true;
        return {};
    }
    const auto found = all.substr(static_cast<std::size_t>(at), static_cast<std::size_t>(size));
    at += size;
    return found;
}

bool evaluate(std::string_view expression,
              const std::array<std::uint64_t, register_count>& registers, const Read& memory,
              std::optional<std::uint64_t> cfa, std::uint64_t& result) {
    constexpr std::size_t operations_limit = 1024;
    std::array<std::uint64_t, 64> stack{};
    std::size_t depth = 0;
    const auto push = [&](std::uint64_t value) {
        if (depth == stack.size()) return false;
        stack[depth++] = value;
        return true;
    };
    if (cfa) push(*cfa);
    Bytes from{expression, 0};
    // No operation here jumps, so it ends with its text.
    for (std::size_t count = 0; from.at < expression.size(); ++count) {
        if (from.bad || count > operations_limit) return false;
        const auto operation = static_cast<unsigned>(from.take(1));
        bool fine = true;
        if (operation >= 0x30 && operation <= 0x4f) {  // lit
            fine = push(operation - 0x30);
        } else if (operation >= 0x70 && operation <= 0x92) {  // breg, bregx
            const auto index = operation == 0x92 ? from.uleb() : operation - 0x70;
            const auto offset = static_cast<std::uint64_t>(from.sleb());
            fine = index < registers.size() &&
                   push(registers[static_cast<std::size_t>(index)] + offset);
        } else if (operation >= 0x08 && operation <= 0x0f) {  // const1u … const8s
            const auto size = 1U << ((operation - 8) / 2);
            fine = push(operation % 2 == 0 ? from.take(size)
                                           : static_cast<std::uint64_t>(from.take_signed(size)));
        } else if (operation == 0x10) {
            fine = push(from.uleb());
        } else if (operation == 0x11) {
            fine = push(static_cast<std::uint64_t>(from.sleb()));
        } else {
            const std::size_t needs =
                operation == 0x06 || operation == 0x12 || operation == 0x13 || operation == 0x23
                    ? 1
                    : 2;
            if (depth < needs) return false;
            auto& top = stack[depth - 1];
            const auto second = depth > 1 ? stack[depth - 2] : 0;
            const auto both = [&](std::uint64_t value) { stack[--depth - 1] = value; };
            switch (operation) {
                case 0x06: fine = memory(top, top); break;  // deref
                case 0x12: fine = push(top); break;         // dup
                case 0x13: --depth; break;                  // drop
                case 0x14: fine = push(second); break;      // over
                case 0x16: std::swap(top, stack[depth - 2]); break;
                case 0x1a: both(second & top); break;
                case 0x1c: both(second - top); break;
                case 0x1e: both(second * top); break;
                case 0x21: both(second | top); break;
                case 0x22: both(second + top); break;
                case 0x23: top += from.uleb(); break;  // plus_uconst
                case 0x24: both(top < 64 ? second << top : 0); break;
                case 0x25: both(top < 64 ? second >> top : 0); break;
                case 0x29: both(second == top); break;
                case 0x2a:
                    both(static_cast<std::int64_t>(second) >= static_cast<std::int64_t>(top));
                    break;
                case 0x2b:
                    both(static_cast<std::int64_t>(second) > static_cast<std::int64_t>(top));
                    break;
                case 0x2e: both(second != top); break;
                default: return false;
            }
        }
        if (!fine) return false;
    }
    if (from.bad || depth == 0) return false;
    result = stack[depth - 1];
    return true;
}

}  // namespace limpet::parse::unwind
