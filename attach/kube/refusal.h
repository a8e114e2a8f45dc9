// refusal.h - what kubectl says when it fails, told apart and made one line.
#pragma once

#include "limpet/error.h"

#include <string>
#include <string_view>

namespace limpet::attach::kube {

enum class Refusal {
    other,
    rights,       // RBAC: the user may not do this
    policy,       // PodSecurity admission: not with this security context
    conflict,     // somebody else changed the object meanwhile
    missing,      // there is no such object
    unsupported,  // the server or kubectl is too old
};

Refusal refusal_of(std::string_view complaint);

// One line for people: the server's message without kubectl's warnings, and for a missing right
// the rule that grants it.
Error explain(std::string_view action, std::string_view complaint);

}  // namespace limpet::attach::kube
