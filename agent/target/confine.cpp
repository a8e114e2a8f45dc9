// target/confine.cpp - give up everything that a promise does not need, for good.
#include "target/confine.h"

namespace limpet::target {

Result<> confine(Grant, const Target&) { return {}; }

}  // namespace limpet::target
