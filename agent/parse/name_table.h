// parse/name_table.h - names of numbers, packed into one text: no pointers, no relocations.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace limpet::parse {

// Words separated by blanks: "READ WRITE 10=SEEK" names 0, 1 and, in hexadecimal, 0x10; a word
// without a number follows on the one before. "-" names nothing.
struct NamedWord {
    std::uint64_t value = 0;
    std::string_view name;
};
// Takes the first word off `table`; `last` is the value of the one before it, -1 at the start.
NamedWord take_named(std::string_view& table, std::uint64_t last);

// Empty when it has no name.
std::string_view name_of(std::string_view table, std::uint64_t value);
std::string name_or_hex(std::string_view table, std::uint64_t value);

// "A|B|0x10" of a set of bits: each name whose bits are all set, in the table's order; what is left
// as a number. "0" of none.
std::string flag_names(std::string_view table, std::uint64_t bits);

std::string hex(std::uint64_t value);  // "0x1f"
// What printf(3) would print, behind `text`: a chain of + costs several times its code.
void append(std::string& text, const char* format, ...) __attribute__((format(printf, 2, 3)));
// Two digits a byte, without anything between.
std::string hex_bytes(std::string_view bytes);

}  // namespace limpet::parse
