// commands/mathematics.h - the functions of <cmath> that awk and jq have.
//
// By way of x87's long double where there is one: glibc's for double come four times over, one for
// each kind of processor, which is 100 KB of a static program.
#pragma once

#include <cfloat>
#include <cmath>
#include <type_traits>

namespace limpet::commands::mathematics {

using Wide = std::conditional_t<LDBL_MANT_DIG == 64, long double, double>;

inline double sin(double x) { return static_cast<double>(std::sin(Wide{x})); }
inline double cos(double x) { return static_cast<double>(std::cos(Wide{x})); }
inline double exp(double x) { return static_cast<double>(std::exp(Wide{x})); }
inline double log(double x) { return static_cast<double>(std::log(Wide{x})); }
inline double pow(double x, double y) { return static_cast<double>(std::pow(Wide{x}, Wide{y})); }
inline double atan2(double y, double x) {
    return static_cast<double>(std::atan2(Wide{y}, Wide{x}));
}

}  // namespace limpet::commands::mathematics
