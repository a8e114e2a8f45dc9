// serve_fake.cpp - the sessions of the serve tests: hidden cases of this very program, which the
// server executes as it would the agent.
#include "limpet/message.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <csignal>
#include <cstdlib>
#include <map>

extern char** environ;

namespace {

using Words = std::vector<std::string>;

void put(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto size = ::write(fd, bytes.data(), bytes.size());
        if (size < 0) ::_exit(99);
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
}

int copy(const Words&) {
    static char block[65536];
    for (;;) {
        const auto got = ::read(0, block, sizeof block);
        if (got <= 0) return got == 0 ? 0 : 1;
        put(1, {block, static_cast<std::size_t>(got)});
    }
}

int flood(const Words& words) {
    const std::string block(65536, 'f');
    for (int left = std::stoi(words.at(1)) * 16; left > 0; --left) put(1, block);
    return 0;
}

// The output stays open in a descendant for so many seconds, and gets a word at the end.
int leave_behind(const Words& words) {
    if (::fork() == 0) {
        ::sleep(static_cast<unsigned>(std::stoi(words.at(1))));
        put(1, "late");
        ::_exit(0);
    }
    put(1, "early");
    return 0;
}

int stubborn(const Words&) {
    ::signal(SIGHUP, SIG_IGN);
    ::signal(SIGTERM, SIG_IGN);
    put(1, "ready");
    for (;;) ::pause();
}

// What was inherited: descriptors, environment, signals.
int inheritance(const Words&) {
    std::string text;
    for (int fd = 0; fd < 256; ++fd) {
        if (::fcntl(fd, F_GETFD) >= 0) text += std::to_string(fd) + ' ';
    }
    text += environ && *environ ? "environment " : "";
    sigset_t blocked;
    ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
    for (int signal = 1; signal < NSIG; ++signal) {
        struct sigaction action{};
        if (::sigaction(signal, nullptr, &action) != 0) continue;
        // Catch has handlers of its own; ignored or blocked is what could have been inherited.
        if (action.sa_handler == SIG_IGN || ::sigismember(&blocked, signal) == 1) {
            text += "signal " + std::to_string(signal) + ' ';
        }
    }
    put(1, text);
    return 0;
}

int terminal(const Words&) {
    winsize size{};
    for (const int fd : {0, 1, 2}) {
        if (::isatty(fd) != 1) return 1;
    }
    termios modes{};
    ::tcgetattr(0, &modes);
    for (;;) {
        ::ioctl(0, TIOCGWINSZ, &size);
        put(1, std::to_string(size.ws_row) + 'x' + std::to_string(size.ws_col) +
                   ((modes.c_iflag & IUTF8) != 0 ? " utf8\n" : "\n"));
        char line[64];
        if (::read(0, line, sizeof line) <= 0) return 0;
    }
}

const std::map<std::string, int (*)(const Words&)> roles{
    {"say",
     [](const Words& words) {
         put(1, words.at(1));
         put(2, words.at(2));
         return std::stoi(words.at(3));
     }},
    {"signal", [](const Words& words) { return ::raise(std::stoi(words.at(1))); }},
    {"sleep",
     [](const Words&) {
         for (;;) ::pause();
         return 0;
     }},
    {"count arguments",
     [](const Words& words) {
         put(1, std::to_string(words.size()));
         return 0;
     }},
    {"ignore input",
     [](const Words&) {
         ::close(0);
         put(1, "closed");
         ::usleep(300'000);
         return 0;
     }},
    {"copy", copy},
    {"flood", flood},
    {"leave behind", leave_behind},
    {"stubborn", stubborn},
    {"inheritance", inheritance},
    {"terminal", terminal},
};

}  // namespace

TEST_CASE("a session of the serve tests", "[.session]") {
    for (const int signal : {SIGINT, SIGHUP, SIGTERM, SIGSEGV, SIGABRT, SIGFPE, SIGILL}) {
        struct sigaction action{};
        ::sigaction(signal, nullptr, &action);
        if (action.sa_handler != SIG_IGN) ::signal(signal, SIG_DFL);  // not Catch's reporters
    }
    std::string payload;
    char block[65536];
    ssize_t got = 0;
    while ((got = ::read(3, block, sizeof block)) > 0) {
        payload.append(block, static_cast<std::size_t>(got));
    }
    const auto open = limpet::decode_open(payload);
    if (!open || got < 0) ::_exit(97);
    const auto role = roles.find(open->arguments.at(0));
    if (role == roles.end()) ::_exit(98);
    ::_exit(role->second(open->arguments));
}
