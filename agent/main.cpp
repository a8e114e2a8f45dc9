// main.cpp - one binary, several roles: serve, session, or a command where it stands.
#include "commands/command.h"
#include "commands/run.h"
#include "limpet/version.h"
#include "serve/serve.h"
#include "session.h"
#include "target/target.h"

#include <unistd.h>
#include <csignal>
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
          "       limpet-agent serve --listen unix:PATH|stdio\n"
          "       limpet-agent --list             the names of its commands\n"
          "       limpet-agent --version\n");
    return status;
}

// The working directory as the target sees it: in mode here that is our own.
std::string working_directory() {
    char path[4096];
    const char* here = ::getcwd(path, sizeof path);
    return here && here[0] == '/' ? here : "/";
}

int run_command(std::string_view name, std::vector<std::string> arguments) {
    const auto* command = commands::find(name);
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
    std::vector<std::string> environment;
    for (char** entry = environ; entry && *entry; ++entry) environment.emplace_back(*entry);
    return commands::run_confined({.command = *command,
                                   .arguments = std::move(arguments),
                                   .target = *target,
                                   .directory = working_directory(),
                                   .environment = std::move(environment)});
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view path = argc > 0 ? argv[0] : "limpet-agent";
    const auto name = path.substr(path.rfind('/') + 1);
    std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);

    // A link named after a command is that command; "-sh" is a login shell.
    if (name != "limpet-agent" && commands::find(name.substr(name.starts_with('-') ? 1 : 0))) {
        return run_command(name.substr(name.starts_with('-') ? 1 : 0), std::move(arguments));
    }
    if (arguments.empty()) {
        if (::isatty(0) == 1 && commands::find("sh")) return run_command("sh", {});
        return usage(2, commands::misuse);
    }
    const std::string word = arguments.front();
    arguments.erase(arguments.begin());
    if (word == "serve") return serve::run(arguments);
    if (word == "session") return session::run();
    if (word == "--version") {
        print(1, "limpet-agent " + std::string(version) + "\n");
        return 0;
    }
    if (word == "--list") {
        for (const auto* command : commands::all()) print(1, std::string(command->name) + "\n");
        return 0;
    }
    if (word == "--help" || word == "-h") return usage(1, 0);
    return run_command(word, std::move(arguments));
}
