// shell/variables.cpp - the variables.
#include "shell/variables.h"

#include "shell/scratch.h"

#include <unistd.h>

#include <cstdlib>

namespace limpet::shell {
namespace {

std::time_t monotonic() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

}  // namespace

Variables::Variables(const std::vector<std::string>& environment) {
    table_.resize(symbols.size());
    for (const auto& entry_text : environment) {
        const auto equals = entry_text.find('=');
        if (equals == std::string::npos) continue;
        const auto name = std::string_view(entry_text).substr(0, equals);
        if (!is_name(name)) continue;
        auto& variable = entry(symbols.intern(name));
        variable = {.value = entry_text.substr(equals + 1), .set = true, .exported = true};
    }
    // XCU 2.5.3: IFS is not taken from the environment.
    table_[sym_IFS] = {.value = " \t\n", .set = true};
    table_[sym_OPTIND] = {.value = "1", .set = true};
    table_[sym_PPID] = {.value = std::to_string(::getppid()), .set = true};
    table_[sym_PS4] = {.value = "+ ", .set = true};
    for (const Symbol symbol : {sym_LINENO, sym_RANDOM, sym_SECONDS}) {
        table_[symbol] = {.set = true};
    }
    started_ = monotonic();
    seed_ =
        static_cast<std::uint32_t>(::getpid()) * 2654435761U ^ static_cast<std::uint32_t>(started_);
}

Variable& Variables::entry(Symbol symbol) {
    if (symbol >= table_.size()) table_.resize(symbols.size());
    stale_ = true;
    return table_[symbol];
}

void Variables::changed(Symbol symbol) {
    if (symbol == sym_PATH) ++path_changes;
    if (symbol == sym_OPTIND) ++optind_changes;
}

void Variables::put(Symbol symbol, Variable variable) {
    entry(symbol) = std::move(variable);
    changed(symbol);
}

bool Variables::set(Symbol symbol, std::string_view value) {
    if (symbol >= table_.size()) table_.resize(symbols.size());
    auto& variable = table_[symbol];
    if (variable.readonly) return false;
    variable.value.assign(value);
    variable.set = true;
    if (all_exported) variable.exported = true;
    if (variable.exported) stale_ = true;
    if (symbol < sym_known) {
        changed(symbol);
        if (symbol == sym_SECONDS) {
            started_ = monotonic() - std::strtol(variable.value.c_str(), nullptr, 10);
        }
        if (symbol == sym_RANDOM) {
            seed_ = static_cast<std::uint32_t>(std::strtoul(variable.value.c_str(), nullptr, 10));
        }
    }
    return true;
}

bool Variables::unset(Symbol symbol) {
    auto& variable = entry(symbol);
    if (variable.readonly) return false;
    variable = {};
    changed(symbol);
    if (symbol >= sym_LINENO && symbol <= sym_SECONDS) live_[symbol - sym_LINENO] = false;
    return true;
}

void Variables::refresh(Symbol symbol) {
    if (symbol == sym_LIMPET_SCRATCH) {
        scratch_asked = true;
        return make_scratch(table_[symbol].value);
    }
    if (symbol < sym_LINENO || symbol > sym_SECONDS || !live_[symbol - sym_LINENO]) return;
    auto& value = table_[symbol].value;
    if (symbol == sym_LINENO) {
        value = std::to_string(line);
    } else if (symbol == sym_RANDOM) {
        // xorshift32: a script's dice, nobody's secret.
        if (seed_ == 0) seed_ = 0x9e3779b9U;
        seed_ ^= seed_ << 13;
        seed_ ^= seed_ >> 17;
        seed_ ^= seed_ << 5;
        value = std::to_string(seed_ & 32767U);
    } else {
        value = std::to_string(monotonic() - started_);
    }
}

const std::vector<std::string>& Variables::environment() {
    if (!stale_) return environment_;
    environment_.clear();
    for (Symbol symbol = 0; symbol < table_.size(); ++symbol) {
        const auto& variable = table_[symbol];
        if (!variable.exported || !variable.set) continue;
        environment_.push_back(symbols.name(symbol) + '=' + variable.value);
    }
    stale_ = false;
    return environment_;
}

}  // namespace limpet::shell
