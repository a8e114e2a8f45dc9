// runtimes/container.cpp - the containers of every runtime, each of them once.
#include "runtimes/container.h"

#include "runtimes/containerd.h"
#include "runtimes/docker.h"
#include "runtimes/lxc.h"
#include "runtimes/other.h"
#include "runtimes/runc.h"
#include "runtimes/storage.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

namespace limpet::runtimes {
namespace {

// Who knows most of a container comes first: Docker's are containerd's and runc's as well.
constexpr std::array readers{docker::list, storage::list, containerd::list,
                             lxc::list,    runc::list,    other::list};

bool whole_id(const std::string& id) { return id.size() == 64; }

// Drops what an earlier reader knows already: the same process, or the same id of a runtime that
// makes ids up. Two containers of different runtimes that merely have the same name stay.
void add_new(std::vector<Container>& known, std::vector<Container> more) {
    std::set<pid_t> pids;
    std::set<std::string> ids;
    for (const auto& container : known) {
        if (container.pid > 0) pids.insert(container.pid);
        if (whole_id(container.id)) ids.insert(container.id);
    }
    for (auto& container : more) {
        if (container.pid > 0 && pids.contains(container.pid)) continue;
        if (whole_id(container.id) && ids.contains(container.id)) continue;
        known.push_back(std::move(container));
    }
}

}  // namespace

Found list(const Node& node) {
    const Survey survey(node);
    Found found;
    for (const auto reader : readers) {
        auto known = std::move(found.containers);
        found.containers.clear();
        reader(survey, known, found);
        add_new(known, std::move(found.containers));
        found.containers = std::move(known);
    }
    for (auto& container : found.containers) {
        if (const auto* stat = survey.find(container.pid)) container.command = stat->comm;
    }
    std::ranges::sort(found.containers, [](const Container& a, const Container& b) {
        return std::tie(a.name, a.runtime, a.id) < std::tie(b.name, b.runtime, b.id);
    });
    return found;
}

}  // namespace limpet::runtimes
