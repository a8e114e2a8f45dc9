// connect.h - Kubernetes as an endpoint: frames over the standard streams of kubectl exec.
#pragma once

#include "attach/endpoint.h"
#include "attach/options.h"

#include <string>
#include <string_view>

namespace limpet::attach::kube {

// Whether `host` is one of ours: "kube:", "kube:CONTEXT".
constexpr bool is_kube(std::string_view host) { return host.starts_with("kube:"); }

// Connects to an agent near `target`, and makes of it what that agent is to open.
Result<Link> connect(const Arguments& arguments, std::string_view host, std::string& target);

}  // namespace limpet::attach::kube
