// shell/symbols.h - names of variables as numbers.
#pragma once

#include "shell/ast.h"

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::shell {

// The names that the shell itself looks at have fixed numbers.
enum Known : Symbol {
    sym_IFS,
    sym_PATH,
    sym_HOME,
    sym_PWD,
    sym_OLDPWD,
    sym_PS1,
    sym_PS2,
    sym_PS4,
    sym_OPTIND,
    sym_OPTARG,
    sym_LINENO,
    sym_RANDOM,
    sym_SECONDS,
    sym_PPID,
    sym_ENV,
    sym_CDPATH,
    sym_TERM,
    sym_NO_COLOR,
    sym_COLUMNS,
    sym_LINES,
    sym_LIMPET_SCRATCH,
    sym_known,
};

class Symbols {
public:
    [[gnu::cold]] Symbols() {
        for (const char* name :
             {"IFS", "PATH",   "HOME",   "PWD",      "OLDPWD",  "PS1",     "PS2",
              "PS4", "OPTIND", "OPTARG", "LINENO",   "RANDOM",  "SECONDS", "PPID",
              "ENV", "CDPATH", "TERM",   "NO_COLOR", "COLUMNS", "LINES",   "LIMPET_SCRATCH"}) {
            intern(name);
        }
    }
    Symbol intern(std::string_view name) {
        for (auto slot = hash(name);; ++slot) {
            const auto number = slots_[slot & (slots_.size() - 1)];
            if (number == none) return add(name);
            if (names_[number] == name) return number;
        }
    }
    [[nodiscard]] const std::string& name(Symbol symbol) const { return names_[symbol]; }
    [[nodiscard]] std::size_t size() const { return names_.size(); }

private:
    static constexpr Symbol none = ~Symbol{0};

    static std::size_t hash(std::string_view name) {
        std::size_t sum = name.size();
        for (const char byte : name) sum = sum * 31 + static_cast<unsigned char>(byte);
        return sum ^ sum >> 15;
    }
    void place(Symbol number) {
        auto slot = hash(names_[number]);
        while (slots_[slot & (slots_.size() - 1)] != none) ++slot;
        slots_[slot & (slots_.size() - 1)] = number;
    }
    Symbol add(std::string_view name) {
        names_.emplace_back(name);
        if (names_.size() * 2 > slots_.size()) {
            slots_.assign(slots_.size() * 2, none);
            for (Symbol number = 0; number + 1 < names_.size(); ++number) place(number);
        }
        place(static_cast<Symbol>(names_.size() - 1));
        return static_cast<Symbol>(names_.size() - 1);
    }

    std::deque<std::string> names_;  // a deque: references to names stay valid
    // Numbers where their names' hashes put them, or in the first free slot behind; a power of two,
    // at most half full.
    std::vector<Symbol> slots_ = std::vector<Symbol>(128, none);
};

inline bool is_name_start(int byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}
inline bool is_digit(int byte) { return byte >= '0' && byte <= '9'; }
inline bool is_name_byte(int byte) { return is_name_start(byte) || is_digit(byte); }
inline bool is_name(std::string_view text) {
    if (text.empty() || !is_name_start(text[0])) return false;
    for (const char byte : text) {
        if (!is_name_byte(byte)) return false;
    }
    return true;
}

}  // namespace limpet::shell
