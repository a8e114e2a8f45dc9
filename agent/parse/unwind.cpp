// parse/unwind.cpp - one step up a stack by call frame information.
#include "parse/unwind.h"

#include "parse/unwind_program.h"

#include <algorithm>

namespace limpet::parse::unwind {
namespace {

constexpr std::size_t instructions_limit = 65536;
constexpr std::size_t remembered_limit = 16;

// Address encodings of the exception tables: how wide, and what it counts from.
std::uint64_t encoded(Bytes& from, unsigned encoding, std::uint64_t base, std::uint64_t data) {
    if (encoding == 0xff) return 0;
    const auto here = base + from.at;
    std::uint64_t value = 0;
    switch (encoding & 15) {
        case 0:
        case 4: value = from.take(8); break;
        case 1: value = from.uleb(); break;
        case 2: value = from.take(2); break;
        case 3: value = from.take(4); break;
        case 9: value = static_cast<std::uint64_t>(from.sleb()); break;
        case 10: value = static_cast<std::uint64_t>(from.take_signed(2)); break;
        case 11: value = static_cast<std::uint64_t>(from.take_signed(4)); break;
        case 12: value = from.take(8); break;
        default: from.bad = true;
    }
    switch (encoding & 0x70) {
        case 0: break;
        case 0x10: value += here; break;
        case 0x30: value += data; break;
        default: from.bad = true;
    }
    return value;
}

struct Common {
    std::uint64_t code_align = 1;
    std::int64_t data_align = 1;
    std::uint64_t return_column = return_address;
    unsigned encoding = 0;
    bool augmented = false, signal = false;
    std::string_view instructions;
};

// The record at `at`: its bytes behind the length, and where they begin.
std::optional<Bytes> record(std::string_view frames, std::uint64_t at, std::uint64_t& next) {
    Bytes head{frames, at};
    auto length = head.take(4);
    if (length == 0xffffffff) length = head.take(8);
    if (head.bad || length == 0 || length > frames.size() - head.at) return std::nullopt;
    next = head.at + length;
    return Bytes{frames.substr(0, static_cast<std::size_t>(next)), head.at};
}

std::optional<Common> common(const Information& from, std::uint64_t at) {
    std::uint64_t next = 0;
    auto bytes = record(from.frames, at, next);
    if (!bytes || bytes->take(4) != 0) return std::nullopt;
    Common cie;
    const auto version = bytes->take(1);
    const auto augmentation = bytes->text();
    if (version == 4) bytes->take(2);
    cie.code_align = bytes->uleb();
    cie.data_align = bytes->sleb();
    cie.return_column = version == 1 ? bytes->take(1) : bytes->uleb();
    if (augmentation.starts_with('z')) {
        cie.augmented = true;
        const auto size = bytes->uleb();
        const auto end = bytes->at + size;
        for (const char letter : augmentation.substr(1)) {
            if (letter == 'R') cie.encoding = static_cast<unsigned>(bytes->take(1));
            if (letter == 'L') bytes->take(1);
            if (letter == 'S') cie.signal = true;
            if (letter == 'P') {
                const auto encoding = static_cast<unsigned>(bytes->take(1));
                encoded(*bytes, encoding & 0x7f, from.frames_at, 0);
            }
        }
        if (end < bytes->at && size != 0) return std::nullopt;
        bytes->at = end;
    } else if (!augmentation.empty()) {
        return std::nullopt;
    }
    if (bytes->bad || bytes->at > next) return std::nullopt;
    cie.instructions = bytes->all.substr(static_cast<std::size_t>(bytes->at));
    return cie;
}

struct Description {
    Common cie;
    std::uint64_t begin = 0, end = 0;
    std::string_view instructions;
};

// The record at `at`, when it is a description; `next` is where the following one begins.
std::optional<Description> description(const Information& from, std::uint64_t at,
                                       std::uint64_t& next) {
    auto bytes = record(from.frames, at, next);
    if (!bytes) return std::nullopt;
    const auto back_from = bytes->at;
    const auto back = bytes->take(4);
    if (back == 0 || back > back_from) return std::nullopt;
    auto cie = common(from, back_from - back);
    if (!cie) return std::nullopt;
    Description found{.cie = *cie};
    found.begin = encoded(*bytes, cie->encoding, from.frames_at, from.table_at);
    found.end = found.begin + encoded(*bytes, cie->encoding & 15, from.frames_at, 0);
    if (cie->augmented) {
        const auto size = bytes->uleb();
        bytes->at += size;
    }
    if (bytes->bad || bytes->at > next) return std::nullopt;
    found.instructions = bytes->all.substr(static_cast<std::size_t>(bytes->at));
    return found;
}

// .eh_frame_hdr in the form that every linker writes: pairs of 32 bits, sorted, from its own start.
std::optional<std::uint64_t> look_up(const Information& from, std::uint64_t address) {
    constexpr unsigned offsets = 0x3b;
    Bytes head{from.table, 0};
    const auto version = head.take(1);
    const auto pointer = static_cast<unsigned>(head.take(1));
    const auto counted = static_cast<unsigned>(head.take(1));
    const auto form = head.take(1);
    if (head.bad || version != 1 || form != offsets) return std::nullopt;
    encoded(head, pointer, from.table_at, from.table_at);
    auto count = encoded(head, counted, from.table_at, from.table_at);
    if (head.bad) return std::nullopt;
    count = std::min<std::uint64_t>(count, (from.table.size() - head.at) / 8);
    const auto key = [&](std::uint64_t index, unsigned part) {
        Bytes entry{from.table, head.at + index * 8 + part * 4};
        return from.table_at + static_cast<std::uint64_t>(entry.take_signed(4));
    };
    std::uint64_t low = 0, high = count;
    while (low < high) {
        const auto middle = low + (high - low) / 2;
        if (key(middle, 0) <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) return std::nullopt;
    return key(low - 1, 1);
}

std::optional<Description> describe(const Information& from, std::uint64_t address) {
    std::uint64_t next = 0;
    if (const auto at = look_up(from, address)) {
        if (*at < from.frames_at || *at - from.frames_at >= from.frames.size()) return std::nullopt;
        auto found = description(from, *at - from.frames_at, next);
        if (found && address >= found->begin && address < found->end) return found;
        return std::nullopt;
    }
    for (std::uint64_t at = 0; at < from.frames.size(); at = next) {
        next = 0;
        auto found = description(from, at, next);
        if (next <= at) break;
        if (found && address >= found->begin && address < found->end) return found;
    }
    return std::nullopt;
}

class Program {
public:
    Program(const Common& cie, const Row& row) : cie_(cie), row_(row) { initial_ = row_; }
    // Up to the row of `address`; false when it makes no sense.
    bool run(std::string_view instructions, std::uint64_t location, std::uint64_t address);
    void keep() { initial_ = row_; }
    [[nodiscard]] const Row& row() const { return row_; }

private:
    bool extended(unsigned operation, Bytes& from, std::uint64_t& location);
    void set(std::uint64_t index, Rule::Kind kind, std::int64_t offset) {
        if (index < row_.rules.size()) {
            row_.rules[static_cast<std::size_t>(index)] = {kind, offset, {}};
        }
    }
    void restore(std::uint64_t index) {
        if (index < row_.rules.size()) {
            row_.rules[static_cast<std::size_t>(index)] =
                initial_.rules[static_cast<std::size_t>(index)];
        }
    }
    [[nodiscard]] std::int64_t factored(std::uint64_t value) const {
        return static_cast<std::int64_t>(value * static_cast<std::uint64_t>(cie_.data_align));
    }
    const Common& cie_;
    Row row_, initial_;
    std::vector<Row> remembered_;
};

bool Program::run(std::string_view instructions, std::uint64_t location, std::uint64_t address) {
    Bytes from{instructions, 0};
    for (std::size_t count = 0; from.at < instructions.size(); ++count) {
        if (count > instructions_limit || from.bad) return false;
        const auto byte = static_cast<unsigned>(from.take(1));
        const auto low = byte & 63;
        auto moved = location;
        switch (byte >> 6) {
            case 1: moved += low * cie_.code_align; break;
            case 2: set(low, Rule::Kind::offset, factored(from.uleb())); break;
            case 3: restore(low); break;
            default:
                if (!extended(low, from, moved)) return false;
        }
        if (moved > address) return true;
        location = moved;
    }
    return !from.bad;
}

bool Program::extended(unsigned operation, Bytes& from, std::uint64_t& location) {
    const auto index = [&] { return from.uleb(); };
    std::uint64_t which = 0;
    switch (operation) {
        case 0x00: return true;  // nop
        case 0x01: location = from.take(8); return true;
        case 0x02: location += from.take(1) * cie_.code_align; return true;
        case 0x03: location += from.take(2) * cie_.code_align; return true;
        case 0x04: location += from.take(4) * cie_.code_align; return true;
        case 0x05:  // offset_extended
            which = index();
            set(which, Rule::Kind::offset, factored(from.uleb()));
            return true;
        case 0x06: restore(index()); return true;
        case 0x07: set(index(), Rule::Kind::undefined, 0); return true;
        case 0x08: set(index(), Rule::Kind::same, 0); return true;
        case 0x09:  // register
            which = index();
            set(which, Rule::Kind::other, static_cast<std::int64_t>(from.uleb()));
            return true;
        case 0x0a:
            if (remembered_.size() >= remembered_limit) return false;
            remembered_.push_back(row_);
            return true;
        case 0x0b:
            if (remembered_.empty()) return false;
            row_ = remembered_.back();
            remembered_.pop_back();
            return true;
        case 0x0c:  // def_cfa
            row_.base = index();
            row_.offset = static_cast<std::int64_t>(from.uleb());
            row_.expression = {};
            return true;
        case 0x0d:
            row_.base = index();
            row_.expression = {};
            return true;
        case 0x0e: row_.offset = static_cast<std::int64_t>(from.uleb()); return true;
        case 0x0f: row_.expression = from.block(); return true;
        case 0x10:
        case 0x16:  // expression, val_expression
            which = index();
            set(which, operation == 0x10 ? Rule::Kind::expression : Rule::Kind::value_expression,
                0);
            if (which >= row_.rules.size()) return from.block(), true;
            row_.rules[static_cast<std::size_t>(which)].expression = from.block();
            return true;
        case 0x11:  // offset_extended_sf
            which = index();
            set(which, Rule::Kind::offset, factored(static_cast<std::uint64_t>(from.sleb())));
            return true;
        case 0x12:
            row_.base = index();
            row_.offset = factored(static_cast<std::uint64_t>(from.sleb()));
            row_.expression = {};
            return true;
        case 0x13: row_.offset = factored(static_cast<std::uint64_t>(from.sleb())); return true;
        case 0x14:  // val_offset
            which = index();
            set(which, Rule::Kind::value_offset, factored(from.uleb()));
            return true;
        case 0x2d: return true;  // AARCH64_negate_ra_state: the signature is cut off in any case
        case 0x2e: from.uleb(); return true;  // GNU_args_size
        default: return false;
    }
}

bool apply(const Row& row, const Common& cie, const Read& memory, Frame& frame) {
    const auto old = frame.registers;
    std::uint64_t cfa = 0;
    if (!row.expression.empty()) {
        if (!evaluate(row.expression, old, memory, std::nullopt, cfa)) return false;
    } else {
        if (row.base >= old.size()) return false;
        cfa = old[static_cast<std::size_t>(row.base)] + static_cast<std::uint64_t>(row.offset);
    }
    frame.registers[stack_pointer] = cfa;
    for (std::size_t i = 0; i < row.rules.size(); ++i) {
        const auto& rule = row.rules[i];
        auto& value = frame.registers[i];
        const auto place = cfa + static_cast<std::uint64_t>(rule.offset);
        switch (rule.kind) {
            case Rule::Kind::same: break;
            case Rule::Kind::undefined: value = 0; break;
            case Rule::Kind::offset:
                if (!memory(place, value)) return false;
                break;
            case Rule::Kind::value_offset: value = place; break;
            case Rule::Kind::other: {
                const auto from = static_cast<std::uint64_t>(rule.offset);
                if (from < old.size()) value = old[static_cast<std::size_t>(from)];
                break;
            }
            case Rule::Kind::expression: {
                std::uint64_t at = 0;
                if (!evaluate(rule.expression, old, memory, cfa, at) || !memory(at, value)) {
                    return false;
                }
                break;
            }
            case Rule::Kind::value_expression:
                if (!evaluate(rule.expression, old, memory, cfa, value)) return false;
                break;
        }
    }
    if (cie.return_column >= frame.registers.size()) return false;
    frame.pc = frame.registers[static_cast<std::size_t>(cie.return_column)];
#if defined(__aarch64__)
    frame.pc &= (std::uint64_t{1} << 48) - 1;  // without a signature of pointer authentication
#endif
    frame.exact = cie.signal;
    return true;
}

}  // namespace

Step step(const Information& information, std::uint64_t address, const Read& memory, Frame& frame) {
    const auto found = describe(information, address);
    if (!found) return Step::unknown;
    Program program(found->cie, Row{});
    constexpr auto everywhere = ~std::uint64_t{0};
    if (!program.run(found->cie.instructions, 0, everywhere)) return Step::unknown;
    program.keep();
    if (!program.run(found->instructions, found->begin, address)) return Step::unknown;
    const auto& row = program.row();
    const auto column = found->cie.return_column;
    const bool outermost =
        column < row.rules.size() &&
        row.rules[static_cast<std::size_t>(column)].kind == Rule::Kind::undefined;
    if (outermost) return Step::end;
    auto next = frame;
    if (!apply(row, found->cie, memory, next)) return Step::unknown;
    frame = next;
    return Step::done;
}

}  // namespace limpet::parse::unwind
