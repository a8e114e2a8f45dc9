// result.h - a value or the Error that prevented it, and TRY to hand the error on.
#pragma once

#include "limpet/error.h"

#include <expected>
#include <utility>

namespace limpet {

template <typename T = void>
using Result = std::expected<T, Error>;

}  // namespace limpet

#define LIMPET_JOIN_(a, b) a##b
#define LIMPET_JOIN(a, b) LIMPET_JOIN_(a, b)
// TRY(expression): the value of a Result, or return its error from this function.
// A statement expression (GNU, clang): the alternative is a macro that declares a variable,
// which cannot stand inside a call.
#define LIMPET_TRY(name, ...)                                       \
    __extension__({                                                 \
        auto name = (__VA_ARGS__);                                  \
        if (!name) return std::unexpected(std::move(name).error()); \
        *std::move(name);                                           \
    })
#define TRY(...) LIMPET_TRY(LIMPET_JOIN(try_result_, __COUNTER__), __VA_ARGS__)
