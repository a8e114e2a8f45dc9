// shell/symbols.h - names of variables as numbers.
#pragma once

#include "shell/ast.h"

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

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
    sym_known,
};

class Symbols {
public:
    Symbols() {
        for (const char* name :
             {"IFS", "PATH",   "HOME",   "PWD",      "OLDPWD",  "PS1",     "PS2",
              "PS4", "OPTIND", "OPTARG", "LINENO",   "RANDOM",  "SECONDS", "PPID",
              "ENV", "CDPATH", "TERM",   "NO_COLOR", "COLUMNS", "LINES"}) {
            intern(name);
        }
    }
    Symbol intern(std::string_view name) {
        if (const auto found = numbers_.find(name); found != numbers_.end()) return found->second;
        const auto& kept = names_.emplace_back(name);
        const auto number = static_cast<Symbol>(names_.size() - 1);
        numbers_.emplace(kept, number);
        return number;
    }
    [[nodiscard]] const std::string& name(Symbol symbol) const { return names_[symbol]; }
    [[nodiscard]] std::size_t size() const { return names_.size(); }

private:
    std::deque<std::string> names_;  // a deque: the map's views stay valid
    std::unordered_map<std::string_view, Symbol> numbers_;
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
