// debugger.cpp - the ephemeral container that our sessions run in.
#include "attach/kube/debugger.h"

#include "attach/kube/manifest.h"
#include "attach/kube/refusal.h"
#include "attach/kube/wait.h"

#include <poll.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace limpet::attach::kube {
namespace {

// Somebody else changed the pod between our reading and our writing: the kubelet does all the time.
constexpr int conflict_tries = 6;
// From here on kubectl patch knows the subresource.
constexpr int patching_minor = 32;

struct Ids {
    std::uint32_t user = 0, group = 0;
    bool operator==(const Ids&) const = default;
};

// Short and stable: two customisations must not be taken for each other.
std::string fingerprint(std::string_view text) {
    std::uint32_t hash = 2166136261U;  // FNV-1a
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    char digits[8];
    const auto end = std::to_chars(digits, digits + sizeof digits, hash, 16).ptr;
    return std::string(digits, end);
}

class Search {
public:
    Search(const Kubectl& kubectl, const Settings& settings, const Pod& pod, const Part& target)
        : kubectl_(kubectl), settings_(settings), pod_(pod), target_(target) {
        about_ = pod.name_space + '/' + pod.name;
        if (target.user && target.group) ids_ = Ids{*target.user, *target.group};
    }

    Result<std::string> run();

private:
    [[nodiscard]] std::string mark(std::string_view profile) const {
        return std::string(profile) +
               (settings_.custom.empty() ? "" : '+' + fingerprint(settings_.custom));
    }
    [[nodiscard]] const Part* running(Profile profile, std::string_view mark) const;
    Result<Finished> send(const std::string& container);
    Result<std::string> start(Profile profile, const std::string& mark, Ids ids);
    Result<std::string> matching();
    Result<Ids> look(const std::string& debugger);

    const Kubectl& kubectl_;
    const Settings& settings_;
    const Pod& pod_;
    const Part& target_;
    std::string about_;
    std::optional<Ids> ids_;  // of the target, where the server tells
    bool policy_ = false;     // the last refusal was one of policy
};

const Part* Search::running(Profile profile, std::string_view wanted) const {
    const Part* found = nullptr;
    for (const auto& part : pod_.ephemeral) {
        if (part.state != Part::State::running || part.target != target_.name ||
            part.image != settings_.image || part.mark != wanted) {
            continue;
        }
        const bool same = part.user == target_.user && part.group == target_.group;
        if (profile == Profile::restricted && ids_ && !same) continue;
        found = &part;
    }
    return found;
}

Result<Finished> Search::send(const std::string& container) {
    const auto path =
        "/api/v1/namespaces/" + pod_.name_space + "/pods/" + pod_.name + "/ephemeralcontainers";
    const bool patches = kubectl_.minor_version() >= patching_minor;
    for (int i = 1;; ++i) {
        Finished finished;
        if (patches) {
            finished = TRY(kubectl_.run({"patch", "pod", pod_.name, "-o", "name",
                                         "--subresource=ephemeralcontainers", "--type=strategic",
                                         "-p", patch_with(container)}));
        } else {
            const auto pod =
                TRY(kubectl_.ask("get pod " + pod_.name, {"get", "pod", pod_.name, "-o", "json"}));
            finished = TRY(
                kubectl_.run({"replace", "--raw", path, "-f", "-"}, TRY(pod_with(pod, container))));
        }
        const bool again = finished.status != 0 && i < conflict_tries &&
                           refusal_of(finished.error) == Refusal::conflict;
        if (!again) return finished;
        ::poll(nullptr, 0, 50 * i);
    }
}

Result<std::string> Search::start(Profile profile, const std::string& wanted, Ids ids) {
    policy_ = false;
    const Debugger debugger{.name = fresh_name(),
                            .image = settings_.image,
                            .pull_policy = settings_.pull_policy,
                            .target = target_.name,
                            .shared = pod_.shares_processes,
                            .profile = profile,
                            .mark = wanted,
                            .user = ids.user,
                            .group = ids.group,
                            .custom = settings_.custom};
    const auto finished = TRY(send(TRY(ephemeral_container(debugger))));
    if (finished.status != 0) {
        policy_ = refusal_of(finished.error) == Refusal::policy;
        return std::unexpected(explain("start a container beside " + target_.name + " (--profile " +
                                           std::string(name_of(profile)) + ")",
                                       finished.error));
    }
    note(settings_, about_,
         "starts " + debugger.name + " (" + std::string(name_of(profile)) + ") beside " +
             target_.name);
    TRY(wait_until_running(kubectl_, settings_, pod_.name, debugger.name));
    return debugger.name;
}

// {"uid":1000,"user":"app","gid":2000,...}: `key` is "\"uid\":".
std::optional<std::uint32_t> id_in(std::string_view json, std::string_view key) {
    const auto at = json.find(key);
    if (at == std::string_view::npos) return std::nullopt;
    std::uint32_t id = 0;
    const auto [end, problem] =
        std::from_chars(json.data() + at + key.size(), json.data() + json.size(), id);
    if (problem != std::errc{}) return std::nullopt;
    return id;
}

// Everybody may read who a process runs as; the server tells only since 1.33.
Result<Ids> Search::look(const std::string& debugger) {
    const auto told = TRY(kubectl_.ask("ask who " + target_.name + " runs as",
                                       {"exec", "-q", pod_.name, "-c", debugger, "--",
                                        std::string(agent_path), "id", "-o", "json"}));
    const auto user = id_in(told, "\"uid\":"), group = id_in(told, "\"gid\":");
    if (!user || !group) return refused("ask who " + target_.name + " runs as", "it is not said");
    return Ids{*user, *group};
}

// One with the target's own user and group, which is what `restricted` needs to see anything.
Result<std::string> Search::matching() {
    const Ids unknown{target_.user.value_or(65532),
                      target_.group.value_or(target_.user.value_or(65532))};
    const auto profile = Profile::restricted;
    if (ids_) {
        const bool root = ids_->user == 0;
        auto started = TRY(start(profile, mark("restricted"), root ? Ids{65532, 65532} : *ids_));
        if (root) {
            note(settings_, about_,
                 target_.name +
                     " runs as root, and --profile restricted may not: of its processes "
                     "only what everybody sees is seen");
        }
        return started;
    }
    const auto* looking = running(profile, mark("look"));
    auto name = looking ? looking->name : TRY(start(profile, mark("look"), unknown));
    const Ids first =
        looking ? Ids{looking->user.value_or(65532), looking->group.value_or(65532)} : unknown;
    const auto seen = TRY(look(name));
    if (seen == first || seen.user == 0) return name;
    // The second one is found by its ids the next time.
    for (const auto& part : pod_.ephemeral) {
        if (part.state == Part::State::running && part.image == settings_.image &&
            part.target == target_.name && part.mark == mark("restricted") &&
            part.user == seen.user && part.group == seen.group) {
            return part.name;
        }
    }
    return start(profile, mark("restricted"), seen);
}

Result<std::string> Search::run() {
    std::array only{settings_.profile};
    const std::span<const Profile> tried = settings_.profile == Profile::automatic
                                               ? std::span<const Profile>(automatic_profiles)
                                               : std::span<const Profile>(only);
    for (const auto profile : tried) {
        // Without the target's ids, what was started before may be the wrong one.
        if (profile == Profile::restricted && !ids_) continue;
        if (const auto* part = running(profile, mark(name_of(profile)))) return part->name;
    }
    Result<std::string> result = refused("--profile", "none was tried");
    for (const auto profile : tried) {
        result = profile == Profile::restricted ? matching()
                                                : start(profile, mark(name_of(profile)), {});
        if (result || !policy_) return result;
    }
    return result;
}

}  // namespace

std::string fresh_name(std::string_view prefix) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
    unsigned char bytes[5] = {};
    while (::getrandom(bytes, sizeof bytes, 0) < 0 && errno == EINTR) {
    }
    std::string name(prefix);
    for (const auto byte : bytes) name += letters[byte % letters.size()];
    return name;
}

Result<std::string> debugger_for(const Kubectl& kubectl, const Settings& settings, const Pod& pod,
                                 const Part& target) {
    return Search(kubectl, settings, pod, target).run();
}

}  // namespace limpet::attach::kube
