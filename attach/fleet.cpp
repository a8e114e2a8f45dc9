// fleet.cpp - one command in many pods at once.
//
// Each pod has a client of its own, this program again: its output is what `limpet exec POD`
// prints, and no pod can hold another one up.
#include "attach/fleet.h"

#include "attach/kube/connect.h"
#include "attach/kube/kubectl.h"
#include "attach/kube/pod.h"
#include "attach/report.h"
#include "attach/sanitiser.h"
#include "attach/start.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

namespace limpet::attach {
namespace {

// Each is a kubectl with a connection to the cluster's API.
constexpr std::size_t at_once = 8;
// A longer line is shown in pieces.
constexpr std::size_t line_limit = 1024 * 1024;

using Words = std::vector<std::string>;

struct Member {
    std::string pod;
    pid_t pid = -1;
    std::array<Fd, 2> streams;  // its standard output and error
    std::array<std::string, 2> rests;
};

// What was given to us, for one pod alone.
Words words_for(const Arguments& arguments, const kube::Pod& pod) {
    Words words{"limpet", "--host", host_of(arguments), "exec"};
    for (const auto& [option, value] : arguments.given) {
        if (option->name == "selector" || option->name == "all" || option->name == "host") continue;
        words.push_back("--" + std::string(option->name));
        if (!option->argument.empty()) words.back() += '=' + value;
    }
    words.push_back("pod:" + pod.name_space + '/' + pod.name);
    words.emplace_back("--");
    words.insert(words.end(), arguments.operands.begin(), arguments.operands.end());
    return words;
}

Result<> start(Member& member, const Words& words) {
    std::array<Fd, 2> ends;
    for (std::size_t i = 0; i < 2; ++i) {
        int pair[2];
        if (::pipe2(pair, O_CLOEXEC) != 0) return failed("pipe", "");
        member.streams[i] = Fd(pair[0]);
        ends[i] = Fd(pair[1]);
    }
    std::vector<char*> argv;
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    member.pid = ::fork();
    if (member.pid < 0) return failed("fork", "");
    if (member.pid == 0) {
        // Whoever ends us means all of it.
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        ::dup2(null.get(), 0);
        ::dup2(ends[0].get(), 1);
        ::dup2(ends[1].get(), 2);
        ::execv("/proc/self/exe", argv.data());
        ::_exit(failure);
    }
    return {};
}

bool asks_for_json(const Arguments& arguments) {
    if (arguments.value("output") == "json") return true;
    const auto& words = arguments.operands;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "-ojson") return true;
        if (words[i] == "-o" && i + 1 < words.size() && words[i + 1] == "json") return true;
    }
    return false;
}

// Whole lines only, so that two pods never share one.
void show(Member& member, std::size_t stream, bool json, bool ended) {
    auto& rest = member.rests[stream];
    const int fd = static_cast<int>(stream) + 1;
    std::string text;
    std::size_t begin = 0;
    for (;;) {
        const auto newline = rest.find('\n', begin);
        const bool whole = newline != std::string::npos;
        if (!whole && rest.size() - begin < (ended ? 1 : line_limit)) break;
        const auto line =
            std::string_view(rest).substr(begin, whole ? newline - begin : line_limit);
        text += told_by(member.pod, line, json && stream == 0) + '\n';
        begin += line.size() + (whole ? 1 : 0);
    }
    rest.erase(0, begin);
    if (::isatty(fd) == 1) {
        std::string harmless;
        Sanitiser sanitiser;
        sanitiser.add(text, harmless);
        sanitiser.finish(harmless);
        text = std::move(harmless);
    }
    if (!print(fd, text)) ::_exit(128 + SIGPIPE);
}

// Whether it has ended; then `status` is its own.
bool read_from(Member& member, std::size_t stream, bool json, int& status) {
    char block[65536];
    const auto count = ::read(member.streams[stream].get(), block, sizeof block);
    if (count < 0 && errno == EINTR) return false;
    if (count > 0) member.rests[stream].append(block, static_cast<std::size_t>(count));
    show(member, stream, json, count <= 0);
    if (count > 0) return false;
    member.streams[stream].reset();
    if (member.streams[0] || member.streams[1]) return false;
    int ended = 0;
    while (::waitpid(member.pid, &ended, 0) < 0 && errno == EINTR) {
    }
    status = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
    return true;
}

int run_all(const Arguments& arguments, const std::vector<kube::Pod>& pods) {
    const bool json = asks_for_json(arguments);
    std::vector<std::unique_ptr<Member>> running;
    std::size_t next = 0;
    int worst = 0;
    while (next < pods.size() || !running.empty()) {
        while (next < pods.size() && running.size() < at_once) {
            const auto& pod = pods[next++];
            auto member = std::make_unique<Member>();
            member->pod = pod.name;
            if (auto started = start(*member, words_for(arguments, pod)); !started) {
                worst = std::max(worst, report("exec " + pod.name, started.error()));
            } else {
                running.push_back(std::move(member));
            }
        }
        std::vector<pollfd> polled;
        for (const auto& member : running) {
            for (const auto& stream : member->streams) polled.push_back({stream.get(), POLLIN, 0});
        }
        if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) break;
        for (std::size_t i = 0; i < polled.size(); ++i) {
            if (polled[i].fd < 0 || polled[i].revents == 0) continue;
            auto& member = running[i / 2];
            int status = 0;
            if (!read_from(*member, i % 2, json, status)) continue;
            worst = std::max(worst, status);
            member->pid = -1;
        }
        std::erase_if(running, [](const auto& member) { return member->pid < 0; });
    }
    return worst;
}

Result<std::vector<kube::Pod>> matching(const Arguments& arguments) {
    const auto kubectl = kube::kubectl_of(arguments, host_of(arguments));
    Words words{"get", "pods", "-o", "json"};
    const auto selector = arguments.value("selector");
    if (selector) words.push_back("--selector=" + std::string(*selector));
    auto pods = TRY(kube::pods_of(TRY(kubectl.ask("list pods", words))));
    std::erase_if(pods, [](const auto& pod) { return pod.phase != "Running" || pod.leaving; });
    if (pods.empty()) {
        return refused("list pods", selector ? "no running pod matches " + std::string(*selector)
                                             : "no running pod is there");
    }
    if (pods.size() > 1 && !arguments.has("all")) {
        std::string names;
        for (const auto& pod : pods) names += (names.empty() ? "" : ", ") + pod.name;
        return refused("list pods", std::to_string(pods.size()) + " match: " + names,
                       "--all runs it in every one of them");
    }
    return pods;
}

}  // namespace

std::string told_by(std::string_view pod, std::string_view line, bool json) {
    if (json && line.starts_with('{')) {
        const auto rest = line.substr(1);
        return "{\"pod\":\"" + std::string(pod) + '"' + (rest.starts_with('}') ? "" : ",") +
               std::string(rest);
    }
    return std::string(pod) + ": " + std::string(line);
}

int run_in_fleet(const Arguments& arguments) {
    if (!kube::is_kube(host_of(arguments))) {
        return misused(exec, "-l and --all choose pods: they are for --host kube:");
    }
    if (arguments.operands.empty()) return misused(exec, "CMD is missing after --");
    const auto pods = matching(arguments);
    if (!pods) return report("exec", pods.error());
    return run_all(arguments, *pods);
}

}  // namespace limpet::attach
