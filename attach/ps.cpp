// ps.cpp - limpet ps: the containers of every runtime that the agent finds.
#include "attach/kube/connect.h"
#include "attach/kube/list.h"
#include "attach/report.h"
#include "attach/start.h"

namespace limpet::attach {
namespace {

int run(const Arguments& arguments) {
    if (!arguments.operands.empty()) {
        return misused(ps, "it takes no operands (processes of a container: limpet exec " +
                               arguments.operands.front() + " -- ps)");
    }
    const auto format = arguments.value("output");
    if (format && *format != "json" && *format != "wide" && *format != "table") {
        return misused(ps, "-o takes table, wide or json");
    }
    const auto host = host_of(arguments);
    if (kube::is_kube(host)) return kube::list_containers(arguments, host);
    auto open = session_of(arguments, {});
    if (!open) return misused(ps, text(open.error()));
    open->arguments = {"containers"};
    if (arguments.has("all")) open->arguments.emplace_back("-a");
    if (format) open->arguments.insert(open->arguments.end(), {"-o", std::string(*format)});
    return run_on(arguments, "ps", *std::move(open));
}

constexpr Option options[] = {
    {'a', "all", "", "also those that do not run, and pods' infra containers"},
    {'A', "all-namespaces", "", "in a cluster: of every namespace"},
};

}  // namespace

constexpr Verb ps{
    .name = "ps",
    .usage = "[-a] [-A] [-o json|wide]",
    .summary = "list the containers of every runtime on the node, or of a cluster's namespace",
    .options = options,
    .help =
        "Docker, podman (users' too), containerd, CRI-O, LXC, systemd-nspawn, runc, crun, and "
        "whatever\n"
        "else lives in namespaces of its own, from the runtimes' files: no daemon need answer. One "
        "whose\n"
        "name is not known is shown as its main process: [app]. -o wide and json have whole ids,\n"
        "containerd's namespace, pods, restarts, users; json also labels.\n",
    .run = run,
};

}  // namespace limpet::attach
