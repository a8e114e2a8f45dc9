// libc_ctype.cpp - the character classes of the C locale, without what goes with them in glibc.
//
// libc's own object holds 50 KB of tables that spell foreign letters in ASCII for iconv(3), which
// the agent cannot call. What is left is ctype(3): here by rule. The layout is that of glibc's
// locale/localeinfo.h, the order of the values that of LC_CTYPE in <langinfo.h>.
#include <array>
#include <cctype>
#include <cstdint>

namespace {

// Tables are indexed from -128, so that a signed char finds its class; those are nothing in C.
constexpr int below = 128;
constexpr int size = below + 256;

constexpr bool within(int c, int first, int last) { return c >= first && c <= last; }

constexpr unsigned classes(int c) {
    unsigned found = 0;
    if (within(c, 'A', 'Z')) found |= _ISupper | _ISalpha | _ISalnum;
    if (within(c, 'a', 'z')) found |= _ISlower | _ISalpha | _ISalnum;
    if (within(c, '0', '9')) found |= _ISdigit | _ISalnum;
    if (within(c, '0', '9') || within(c, 'A', 'F') || within(c, 'a', 'f')) found |= _ISxdigit;
    if (c == ' ' || within(c, '\t', '\r')) found |= _ISspace;
    if (c == ' ' || c == '\t') found |= _ISblank;
    if (within(c, 0, 31) || c == 127) found |= _IScntrl;
    if (within(c, ' ', '~')) found |= _ISprint;
    if (within(c, '!', '~')) found |= _ISgraph;
    if (within(c, '!', '~') && (found & _ISalnum) == 0) found |= _ISpunct;
    return found;
}

constexpr auto class_table = [] {
    std::array<std::uint16_t, size> table{};
    for (int c = 0; c < 256; ++c) table[c + below] = static_cast<std::uint16_t>(classes(c));
    return table;
}();

// The same for wide characters: bit N is the class of bit N, in the order of the names below.
constexpr auto wide_class_table = [] {
    std::array<std::uint32_t, 256> table{};
    for (int c = 0; c < 256; ++c) {
        const auto narrow = classes(c);
        table[static_cast<std::size_t>(c)] = (narrow & 0xff) << 8 | narrow >> 8;
    }
    return table;
}();

// What is not moved maps to itself; -128 to -2 to the character of the same byte.
constexpr std::array<std::int32_t, size> mapped(int first, int last, int by) {
    std::array<std::int32_t, size> table{};
    for (int c = -below; c < 256; ++c) {
        const int byte = c < -1 ? c + 256 : c;
        table[c + below] = within(c, first, last) ? c + by : byte;
    }
    return table;
}
constexpr auto upper_table = mapped('a', 'z', 'A' - 'a');
constexpr auto lower_table = mapped('A', 'Z', 'a' - 'A');

union Value {
    const void* table;
    std::uintptr_t number;
};

struct Category {
    const char* name;
    const void* file[3];  // where it came from: nowhere
    const void* converters;
    std::uint32_t users;  // all bits: never freed
    std::uint32_t transliterates;
    std::uint32_t count;
    Value values[86];
};

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
extern "C" {

extern const char _nl_C_name[];
extern const char _nl_C_codeset[];

extern const decltype(class_table) _nl_C_LC_CTYPE_class;
extern const decltype(upper_table) _nl_C_LC_CTYPE_toupper;
extern const decltype(lower_table) _nl_C_LC_CTYPE_tolower;
extern const Category _nl_C_LC_CTYPE;

constinit decltype(class_table) _nl_C_LC_CTYPE_class = class_table;
constinit decltype(upper_table) _nl_C_LC_CTYPE_toupper = upper_table;
constinit decltype(lower_table) _nl_C_LC_CTYPE_tolower = lower_table;

constinit const Category _nl_C_LC_CTYPE{
    .name = _nl_C_name,
    .file = {},
    .converters = nullptr,
    .users = ~0U,
    .transliterates = 0,
    .count = 86,
    .values =
        {
            {&_nl_C_LC_CTYPE_class},
            {&_nl_C_LC_CTYPE_toupper},
            {},
            {&_nl_C_LC_CTYPE_tolower},
            {},
            {&wide_class_table},
            {},
            {},
            {},
            {},
            {"upper\0lower\0alpha\0digit\0xdigit\0space\0print\0graph\0blank\0cntrl\0punct\0"
             "alnum\0"},
            {"toupper\0tolower\0"},
            {},
            {.number = 1},  // bytes of a character, at most
            {_nl_C_codeset},
            {&_nl_C_LC_CTYPE_toupper[below]},
            {&_nl_C_LC_CTYPE_tolower[below]},
        },
};

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
