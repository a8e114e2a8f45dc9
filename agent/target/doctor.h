// target/doctor.h - what this machine, its kernel and our own privilege allow, found by trying.
#pragma once

#include "limpet/result.h"
#include "target/enter.h"
#include "target/target.h"

#include <string>
#include <string_view>

namespace limpet::target {

// In Target::facts: this prefix and what was tried; the state, the detail, a newline, and what
// would change it.
inline constexpr std::string_view finding = "doctor/";
enum class State : char {
    works = '+',
    fails = '-',    // and limpet needs it
    without = '~',  // it fails, and limpet does with less
    told = '=',     // neither
};
void find_out(Target& target, const char* what, State state, std::string_view detail,
              std::string_view fix = {});

// Without a target: kernel, privilege, and each call that opening one takes. Before anything is
// given up.
void examine_machine(Target& target);

// Every grant of a target by itself: the target as it was opened for looking, or with
// Target::mode none where that failed, and what was found either way.
Target examine(const Wanted& wanted);

// The reason of an error, and what lifts it, by what we are: "needs …".
std::string lift_of(const Error& error);

}  // namespace limpet::target
