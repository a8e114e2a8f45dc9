// kubectl.h - the user's kubectl: it knows the cluster, logs in, and carries the bytes.
#pragma once

#include "attach/kube/program.h"
#include "attach/options.h"
#include "limpet/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace limpet::attach::kube {

// Seconds that one request may take; a login helper may wait for somebody with a browser.
inline constexpr int request_patience = 120;

struct Kubectl {
    std::string program;             // $KUBECTL, else kubectl of PATH
    std::vector<std::string> where;  // --context, --kubeconfig
    std::string name_space;          // empty: the context's own

    // `kubectl WHERE WORDS...`, ready to run.
    [[nodiscard]] std::vector<std::string> words(const std::vector<std::string>& more) const;
    // An error only when it could not be run at all.
    [[nodiscard]] Result<Finished> run(const std::vector<std::string>& more,
                                       std::string_view input = {}) const;
    // What it prints. `action` starts the error: "get pod web".
    [[nodiscard]] Result<std::string> ask(std::string_view action,
                                          const std::vector<std::string>& more,
                                          std::string_view input = {}) const;
    // The minor version of the client: 32 of 1.32.3; 0 when it does not tell.
    [[nodiscard]] int minor_version() const;
};

// "kube:CONTEXT" and the options.
Kubectl kubectl_of(const Arguments& arguments, std::string_view host);

}  // namespace limpet::attach::kube
