// kubectl.cpp - the user's kubectl: it knows the cluster, logs in, and carries the bytes.
#include "attach/kube/kubectl.h"

#include "attach/kube/refusal.h"

#include <charconv>
#include <cstdlib>

namespace limpet::attach::kube {

std::vector<std::string> Kubectl::words(const std::vector<std::string>& more) const {
    std::vector<std::string> all{program};
    all.insert(all.end(), where.begin(), where.end());
    if (!name_space.empty()) all.push_back("--namespace=" + name_space);
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

Result<Finished> Kubectl::run(const std::vector<std::string>& more, std::string_view input) const {
    auto finished = run_program(words(more), input, request_patience);
    if (!finished && finished.error().code == ENOENT) {
        finished.error().hint() = "Kubernetes is reached through kubectl; $KUBECTL names another";
    }
    return finished;
}

Result<std::string> Kubectl::ask(std::string_view action, const std::vector<std::string>& more,
                                 std::string_view input) const {
    auto finished = TRY(run(more, input));
    if (finished.status != 0) return std::unexpected(explain(action, finished.error));
    return std::move(finished.out);
}

int Kubectl::minor_version() const {
    const auto finished = run_program({program, "version", "--client", "-o", "json"}, {}, 10);
    if (!finished) return 0;
    // "minor": "32", and some builds say "32+".
    constexpr std::string_view key = "\"minor\": \"";
    const auto at = finished->out.find(key);
    if (at == std::string::npos) return 0;
    const auto* first = finished->out.data() + at + key.size();
    int minor = 0;
    std::from_chars(first, finished->out.data() + finished->out.size(), minor);
    return minor;
}

Kubectl kubectl_of(const Arguments& arguments, std::string_view host) {
    const char* choice = ::getenv("KUBECTL");
    Kubectl kubectl{choice && *choice ? choice : "kubectl", {}, {}};
    const auto context = arguments.value("context");
    if (context) {
        kubectl.where.push_back("--context=" + std::string(*context));
    } else if (host.size() > 5) {
        kubectl.where.push_back("--context=" + std::string(host.substr(5)));
    }
    if (const auto file = arguments.value("kubeconfig")) {
        kubectl.where.push_back("--kubeconfig=" + std::string(*file));
    }
    kubectl.name_space = std::string(arguments.value("namespace").value_or(""));
    return kubectl;
}

}  // namespace limpet::attach::kube
