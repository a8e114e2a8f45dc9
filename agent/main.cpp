// main.cpp - one binary, several roles: serve, session, or a command where it stands.
#include "commands/command.h"
#include "commands/run.h"
#include "hold.h"
#include "install.h"
#include "limpet/version.h"
#include "serve/serve.h"
#include "session.h"
#include "target/pod.h"
#include "target/target.h"

#include <sys/prctl.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

extern char** environ;

namespace {

using namespace limpet;

void print(int fd, std::string_view line) { commands::Output(BorrowedFd(fd)).write(line); }

int usage(int fd, int status) {
    print(fd,
          "usage: limpet-agent COMMAND [ARG...]   run one of its commands here\n"
          "       limpet-agent sh                 its shell\n"
          "       limpet-agent --target NAME [COMMAND...]   beside another container, in its\n"
          "                                       pid namespace; LIMPET_TARGET=NAME does the same\n"
          "       limpet-agent serve --listen unix:PATH|stdio [--record-dir DIR]\n"
          "       limpet-agent hold [--ttl TIME]  wait for sessions, until there are none\n"
          "       limpet-agent --list             the names of its commands\n"
          "       limpet-agent --install PATH     a copy of itself there\n"
          "       limpet-agent --version\n");
    return status;
}

// The working directory as the target sees it: in mode here that is our own.
std::string working_directory() {
    char path[4096];
    const char* here = ::getcwd(path, sizeof path);
    return here && here[0] == '/' ? here : "/";
}

std::vector<std::string> own_environment() {
    std::vector<std::string> environment;
    for (char** entry = environ; entry && *entry; ++entry) environment.emplace_back(*entry);
    return environment;
}

// Before anything else: a program that gained capabilities or a group by exec(2) is not dumpable,
// and nobody can have traced it. The group itself is of no other use, and ptrace(2) wants equal
// ones.
bool was_exposed() {
    const bool exposed = ::prctl(PR_GET_DUMPABLE) == 1;
    if (::getegid() != ::getgid()) {
        [[maybe_unused]] const int done = ::setresgid(::getgid(), ::getgid(), ::getgid());
    }
    return exposed;
}

// Are we a container beside the target, and which is that? LIMPET_TARGET: "here" for no, its name,
// or "pod", as our image has it, for yes unless the pod is one that debugs the node; else as the
// pid namespace tells.
session::Place place_of(bool exposed) {
    session::Place place{.exposed = exposed};
    const char* const said = ::getenv("LIMPET_TARGET");
    const std::string_view word = said ? said : "";
    if (word == "here") return place;
    if (word == "pod") {
        place.beside = !target::in_first_pid_namespace();
        return place;
    }
    place.beside = !word.empty() || target::shares_pid_namespace();
    place.container = word;
    return place;
}

int run_beside(std::vector<std::string> arguments, session::Place place) {
    place.direct = true;
    return session::run(Open{.tty = ::isatty(0) == 1,
                             .arguments = std::move(arguments),
                             .environment = own_environment()},
                        place);
}

int run_command(std::string_view name, std::vector<std::string> arguments,
                const session::Place& place) {
    if (place.beside) {
        if (name != "sh" || !arguments.empty())
            arguments.insert(arguments.begin(), std::string(name));
        return run_beside(std::move(arguments), place);
    }
    const auto* command = commands::find(name);
    // For ps and pidof.
    ::prctl(PR_SET_NAME, std::string(name).c_str());
    if (!command) {
        print(2, "limpet-agent: there is no command '" + std::string(name) +
                     "' (limpet-agent --list prints them)\n");
        return commands::not_found;
    }
    auto target = target::here();
    if (!target) {
        print(2, "limpet-agent: " + text(target.error()) + '\n');
        return 125;
    }
    return commands::run_confined({.command = *command,
                                   .arguments = std::move(arguments),
                                   .target = *target,
                                   .directory = working_directory(),
                                   .environment = own_environment()});
}

}  // namespace

int main(int argc, char** argv) {
    const bool exposed = was_exposed();
    const std::string_view path = argc > 0 ? argv[0] : "limpet-agent";
    const auto name = path.substr(path.rfind('/') + 1);
    std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
    const auto take = [&] {
        auto word = arguments.empty() ? std::string() : arguments.front();
        if (!arguments.empty()) arguments.erase(arguments.begin());
        return word;
    };

    // A link named after a command is that command; "-sh" is a login shell.
    if (name != "limpet-agent" && commands::find(name.substr(name.starts_with('-') ? 1 : 0))) {
        return run_command(name.substr(name.starts_with('-') ? 1 : 0), std::move(arguments),
                           place_of(exposed));
    }
    auto place = place_of(exposed);
    if (arguments.size() >= 2 && arguments.front() == "--target") {
        take();
        place.container = take();
        place.beside = true;
    }
    if (arguments.empty()) {
        if ((place.beside || ::isatty(0) == 1) && commands::find("sh")) {
            return run_command("sh", {}, place);
        }
        return usage(2, commands::misuse);
    }
    const std::string word = take();
    if (word == "serve") {
        // Sessions have no environment: what was found here is told to them.
        std::vector<std::string> told;
        if (place.beside) told = {"--beside", place.container};
        return serve::run(arguments, told, place.beside);
    }
    if (word == "session") {
        place = {.exposed = exposed};
        if (arguments.size() == 2 && arguments.front() == "--beside") {
            place.beside = true;
            place.container = arguments.back();
        }
        return session::run(place);
    }
    if (word == "hold") return hold(arguments);
    if (word == "--version") {
        print(1, "limpet-agent " + std::string(version) + "\n");
        return 0;
    }
    if (word == "--list") {
        for (const auto* command : commands::all()) print(1, std::string(command->name) + "\n");
        return 0;
    }
    if (word == "--install" && arguments.size() == 1) {
        if (auto installed = agent::install(arguments.front()); !installed) {
            print(2, "limpet-agent: " + text(installed.error()) + '\n');
            return 125;
        }
        return 0;
    }
    if (word == "--help" || word == "-h") return usage(1, 0);
    return run_command(word, std::move(arguments), place);
}
