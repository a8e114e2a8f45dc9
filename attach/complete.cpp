// complete.cpp - what may stand where the cursor is.
#include "attach/complete.h"

#include "attach/endpoint.h"
#include "attach/kube/choices.h"
#include "attach/kube/connect.h"
#include "attach/kube/profile.h"
#include "attach/options.h"
#include "attach/start.h"
#include "attach/verb.h"
#include "limpet/fd.h"
#include "limpet/grants.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

extern char** environ;

namespace limpet::attach {
namespace {

using Words = std::vector<std::string>;

// What a program prints, for as long as somebody who pressed Tab would wait.
constexpr int patience_ms = 2000;
constexpr std::size_t output_limit = 1024 * 1024;

std::string output_of(const std::string& program, const Words& arguments) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return {};
    const Fd read_end(ends[0]);
    Fd write_end(ends[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, write_end.get(), 1);
    ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    std::vector<char*> words{const_cast<char*>(program.c_str())};
    for (const auto& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    pid_t child = -1;
    const int code =
        ::posix_spawn(&child, program.c_str(), &actions, nullptr, words.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    write_end.reset();
    if (code != 0) return {};

    std::string output;
    pollfd entry{read_end.get(), POLLIN, 0};
    while (output.size() < output_limit && ::poll(&entry, 1, patience_ms) > 0) {
        char block[16384];
        const auto count = ::read(read_end.get(), block, sizeof block);
        if (count <= 0) break;
        output.append(block, static_cast<std::size_t>(count));
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    return output;
}

bool one_word(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_.:/@-").find(c) != std::string_view::npos;
    });
}

Words lines_of(std::string_view text) {
    Words lines;
    while (!text.empty()) {
        const auto newline = text.find('\n');
        if (one_word(text.substr(0, newline))) lines.emplace_back(text.substr(0, newline));
        text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    }
    return lines;
}

Words targets(const Arguments& arguments) {
    Words call{"ps", "-o", "json"};
    for (const std::string_view name : {"host", "namespace", "context", "kubeconfig"}) {
        if (const auto value = arguments.value(name)) {
            call.push_back("--" + std::string(name) + '=' + std::string(*value));
        }
    }
    return names_in(output_of("/proc/self/exe", call));
}

// Those of the agent that stands beside the client; a remote one of the same version has the same.
Words agent_commands() {
    const auto agent = find_agent();
    return agent ? lines_of(output_of(*agent, {"--list"})) : Words{};
}

bool in_cluster(const Arguments& arguments) { return kube::is_kube(host_of(arguments)); }

Words verb_names(const Arguments& arguments) {
    Words names;
    for (const auto* verb : verbs()) {
        if (!verb->hidden && (!verb->in_cluster || in_cluster(arguments)))
            names.emplace_back(verb->name);
    }
    return names;
}

Words option_names(std::span<const Option> own, const Arguments& arguments) {
    Words names;
    const std::span<const Option> cluster(kube_options);
    for (const auto options : {own, std::span<const Option>(global_options),
                               cluster.first(in_cluster(arguments) ? cluster.size() : 0)}) {
        for (const auto& option : options) names.push_back("--" + std::string(option.name));
    }
    return names;
}

// The values of the option that the word before the cursor is, if any. Grants are a list: what
// stands before the last comma stays.
Words values_of(std::string_view option, std::string_view word) {
    if (option == "-o" || option == "--output") return {"json", "wide"};
    if (option == "--host") return {"local", "unix:", "kube:"};
    if (option == "--image-pull-policy") return {"Always", "IfNotPresent", "Never"};
    if (option == "--profile") {
        Words names;
        for (const auto& profile : kube::profile_names) names.emplace_back(profile.name);
        return names;
    }
    if (option != "--allow" && option != "--allow-only") return {};
    const std::string given(word.substr(0, word.rfind(',') + 1));
    Words names{given + "all"};
    for (const auto& grant : grant_names) {
        if (grant.grant != Grant::scratch) names.push_back(given + std::string(grant.name));
    }
    return names;
}

Words operands_for(const Verb& verb, const Arguments& arguments) {
    const auto given = arguments.operands.size();
    if (verb.targets && given == 0) return targets(arguments);
    if (verb.command_follows && given == 1) return agent_commands();
    if (verb.name == "help" && given == 0) return verb_names(arguments);
    if (verb.name == "completion" && given == 0) return {"bash", "zsh", "fish"};
    return {};
}

// The line so far.
struct Line {
    const Verb* verb = nullptr;
    Arguments arguments;  // the verb's
    [[nodiscard]] bool command_begun() const {
        return verb && verb->command_follows && arguments.operands.size() > 1;
    }
};

std::optional<Line> understood(const Words& before) {
    Line line;
    if (!parse_options({}, before, Reach::first_word, line.arguments)) return std::nullopt;
    const auto rest = std::exchange(line.arguments.operands, {});
    if (rest.empty()) return line;
    line.verb = find_verb(rest.front());
    auto following = std::span<const std::string>(rest);
    if (line.verb) {
        following = following.subspan(1);
    } else {
        line.verb = &attach_verb;  // limpet TARGET
    }
    const auto reach = line.verb->command_follows ? Reach::second_word : Reach::everywhere;
    if (line.verb->hidden) return std::nullopt;
    if (!parse_options(line.verb->options, following, reach, line.arguments)) return std::nullopt;
    return line;
}

// Of the option before the cursor, where the cluster knows its values.
Words cluster_values(const Words& before) {
    const auto line = understood(Words(before.begin(), before.end() - 1));
    if (!line || line->command_begun() || !in_cluster(line->arguments)) return {};
    auto names = kube::choices(before.back(), line->arguments, host_of(line->arguments));
    std::erase_if(names, [](const auto& name) { return !one_word(name); });
    return names;
}

Words possible(const Words& before, std::string_view word) {
    if (!before.empty()) {
        if (auto values = values_of(before.back(), word); !values.empty()) return values;
        if (auto values = cluster_values(before); !values.empty()) return values;
    }
    const auto line = understood(before);
    if (!line) return {};
    const auto& arguments = line->arguments;
    if (!line->verb) {
        if (word.starts_with('-')) return option_names({}, arguments);
        auto names = verb_names(arguments);
        const auto containers = targets(arguments);
        names.insert(names.end(), containers.begin(), containers.end());
        return names;
    }
    if (word.starts_with('-') && !line->command_begun()) {
        return option_names(line->verb->options, arguments);
    }
    return operands_for(*line->verb, arguments);
}

}  // namespace

Words names_in(std::string_view json_lines) {
    constexpr std::string_view key = "\"name\":\"";
    Words names;
    for (auto at = json_lines.find(key); at != std::string_view::npos; at = json_lines.find(key)) {
        json_lines.remove_prefix(at + key.size());
        const auto name = json_lines.substr(0, json_lines.find('"'));
        if (one_word(name)) names.emplace_back(name);
    }
    return names;
}

Words candidates(const Words& words) {
    if (words.empty()) return {};
    auto result = possible(Words(words.begin(), words.end() - 1), words.back());
    std::erase_if(result, [&](const auto& name) { return !name.starts_with(words.back()); });
    std::ranges::sort(result);
    const auto doubles = std::ranges::unique(result);
    result.erase(doubles.begin(), doubles.end());
    return result;
}

}  // namespace limpet::attach
