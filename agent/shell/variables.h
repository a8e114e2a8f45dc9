// shell/variables.h - the variables, by their symbols.
#pragma once

#include "shell/symbols.h"

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::shell {

struct Variable {
    std::string value;
    bool set = false;
    bool exported = false;
    bool readonly = false;
};

class Variables {
public:
    [[gnu::cold]] explicit Variables(const std::vector<std::string>& environment);

    // Null when unset. Valid until the next change.
    const std::string* get(Symbol symbol) {
        if (symbol >= table_.size()) return nullptr;
        if (symbol < sym_known) refresh(symbol);
        const auto& variable = table_[symbol];
        return variable.set ? &variable.value : nullptr;
    }
    const std::string* get(std::string_view name) { return get(symbols.intern(name)); }
    [[nodiscard]] std::string_view text(Symbol symbol) {
        const auto* value = get(symbol);
        return value ? std::string_view(*value) : std::string_view{};
    }
    // False: it is read-only, and nothing changed.
    bool set(Symbol symbol, std::string_view value);
    bool unset(Symbol symbol);
    // The whole entry, for export, readonly and local.
    Variable& entry(Symbol symbol);
    void put(Symbol symbol, Variable variable);

    // "NAME=value" of what is exported; valid until the next change.
    [[gnu::cold]] const std::vector<std::string>& environment();
    // The bytes that split fields; space, tab and newline when IFS is unset.
    [[nodiscard]] std::string_view separators() {
        const auto* value = get(sym_IFS);
        return value ? std::string_view(*value) : std::string_view(" \t\n");
    }
    [[nodiscard]] std::size_t size() const { return table_.size(); }

    Symbols symbols;
    int line = 0;                // $LINENO
    bool all_exported = false;   // set -a
    bool scratch_asked = false;  // $LIMPET_SCRATCH was looked at
    // Counts changes of PATH and OPTIND, for those who keep what they derived from them.
    unsigned path_changes = 0;
    unsigned optind_changes = 0;

private:
    [[gnu::cold]] void refresh(Symbol symbol);
    void changed(Symbol symbol);

    std::vector<Variable> table_;
    std::vector<std::string> environment_;
    bool stale_ = true;
    // LINENO, RANDOM and SECONDS lose their meaning when they are unset.
    bool live_[3] = {true, true, true};
    std::uint32_t seed_ = 0;
    std::time_t started_ = 0;
};

}  // namespace limpet::shell
