// shell/limits.cpp - umask and ulimit.
#include "shell/builtins.h"
#include "shell/shell.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <charconv>
#include <cstdio>

namespace limpet::shell {
namespace {

struct LimitName {
    char letter;
    int resource;
    unsigned unit;
    std::string_view text;
};
constexpr LimitName limit_names[] = {
    {'c', RLIMIT_CORE, 512, "core file size (blocks)"},
    {'d', RLIMIT_DATA, 1024, "data segment (KiB)"},
    {'f', RLIMIT_FSIZE, 512, "file size (blocks)"},
    {'l', RLIMIT_MEMLOCK, 1024, "locked memory (KiB)"},
    {'m', RLIMIT_RSS, 1024, "resident memory (KiB)"},
    {'n', RLIMIT_NOFILE, 1, "open files"},
    {'p', RLIMIT_NPROC, 1, "processes"},
    {'r', RLIMIT_RTPRIO, 1, "real-time priority"},
    {'s', RLIMIT_STACK, 1024, "stack (KiB)"},
    {'t', RLIMIT_CPU, 1, "processor time (s)"},
    {'v', RLIMIT_AS, 1024, "address space (KiB)"},
    {'w', RLIMIT_LOCKS, 1, "locks"},
};

std::string limit_text(rlim_t value, unsigned unit) {
    return value == RLIM_INFINITY ? "unlimited" : std::to_string(value / unit);
}

// "u+rw,go-w" on the permissions that are left, XCU chmod.
bool symbolic(std::string_view text, mode_t& left) {
    while (!text.empty()) {
        auto clause = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), clause.size() + 1));
        mode_t who = 0;
        while (!clause.empty() && std::string_view("ugoa").contains(clause[0])) {
            who |= clause[0] == 'u'   ? 0700U
                   : clause[0] == 'g' ? 0070U
                   : clause[0] == 'o' ? 0007U
                                      : 0777U;
            clause.remove_prefix(1);
        }
        if (who == 0) who = 0777;
        if (clause.empty()) return false;
        while (!clause.empty()) {
            const char operation = clause[0];
            if (operation != '+' && operation != '-' && operation != '=') return false;
            clause.remove_prefix(1);
            mode_t bits = 0;
            while (!clause.empty() && std::string_view("rwxXstugo").contains(clause[0])) {
                switch (clause[0]) {
                    case 'r': bits |= 0444; break;
                    case 'w': bits |= 0222; break;
                    case 'x':
                    case 'X': bits |= 0111; break;
                    case 'u': bits |= (left >> 6 & 7) * 0111; break;
                    case 'g': bits |= (left >> 3 & 7) * 0111; break;
                    case 'o': bits |= (left & 7) * 0111; break;
                    default: break;
                }
                clause.remove_prefix(1);
            }
            if (operation == '=') left &= ~who;
            if (operation == '-') {
                left &= ~(bits & who);
            } else {
                left |= bits & who;
            }
        }
    }
    return true;
}

std::string symbolic_text(mode_t left) {
    std::string text;
    for (int shift = 6; shift >= 0; shift -= 3) {
        if (shift < 6) text += ',';
        text += shift == 6 ? "u=" : shift == 3 ? "g=" : "o=";
        for (int bit = 2; bit >= 0; --bit) {
            if (left >> (shift + bit) & 1) text += "xwr"[bit];
        }
    }
    return text;
}

int show_limits(Shell& shell, bool hard) {
    std::string all;
    for (const auto& name : limit_names) {
        rlimit limit{};
        ::getrlimit(static_cast<__rlimit_resource>(name.resource), &limit);
        std::string line(name.text);
        line.resize(28, ' ');
        all += std::string("-") + name.letter + ": " + line +
               limit_text(hard ? limit.rlim_max : limit.rlim_cur, name.unit) + '\n';
    }
    shell.write(all);
    return 0;
}

}  // namespace

int run_umask(Shell& shell, Words& words) {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    std::size_t at = 1;
    bool as_text = false;
    for (; at < words.size() && (words[at] == "-S" || words[at] == "--"); ++at) {
        as_text = as_text || words[at] == "-S";
    }
    if (at < words.size() && words[at].starts_with('-') && words[at - 1] != "--") {
        return misuse(shell, words, "there is no option " + words[at]);
    }
    if (at == words.size()) {
        char octal[8];
        std::snprintf(octal, sizeof octal, "%04o", mask);
        shell.write((as_text ? symbolic_text(~mask & 0777U) : octal) + '\n');
        return 0;
    }
    if (at + 1 < words.size()) return misuse(shell, words, "too many arguments");
    const auto& word = words[at];
    mode_t wanted = 0;
    if (!word.empty() && word[0] >= '0' && word[0] <= '9') {
        const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), wanted, 8);
        if (code != std::errc{} || end != word.data() + word.size()) {
            return misuse(shell, words, word + ": not an octal number");
        }
    } else {
        mode_t left = ~mask & 0777U;
        if (!symbolic(word, left)) return misuse(shell, words, word + ": not a mode");
        wanted = ~left & 0777U;
    }
    ::umask(wanted & 0777U);
    return 0;
}

int run_ulimit(Shell& shell, Words& words) {
    bool hard = false;
    bool soft = false;
    char letter = 'f';
    std::size_t at = 1;
    for (; at < words.size() && words[at].size() > 1 && words[at][0] == '-'; ++at) {
        for (const char option : words[at].substr(1)) {
            if (option == 'H')
                hard = true;
            else if (option == 'S')
                soft = true;
            else
                letter = option;
        }
    }
    if (words.size() > at + (letter == 'a' ? 0 : 1)) {
        return misuse(shell, words, "too many arguments");
    }
    if (letter == 'a') return show_limits(shell, hard && !soft);
    const LimitName* name = nullptr;
    for (const auto& candidate : limit_names) {
        if (candidate.letter == letter) name = &candidate;
    }
    if (!name) return misuse(shell, words, "there is no option -" + std::string(1, letter));
    const auto resource = static_cast<__rlimit_resource>(name->resource);
    rlimit limit{};
    ::getrlimit(resource, &limit);
    if (at == words.size()) {
        shell.write(limit_text(hard && !soft ? limit.rlim_max : limit.rlim_cur, name->unit) + '\n');
        return 0;
    }
    rlim_t value = RLIM_INFINITY;
    if (words[at] != "unlimited") {
        const auto& word = words[at];
        const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (code != std::errc{} || end != word.data() + word.size()) {
            return misuse(shell, words, word + ": not a number");
        }
        value *= name->unit;
    }
    if (!hard || soft) limit.rlim_cur = value;
    if (hard || !soft) limit.rlim_max = value;
    if (::setrlimit(resource, &limit) == 0) return 0;
    shell.complain("ulimit: " + std::string(::strerrordesc_np(errno)));
    return 1;
}

}  // namespace limpet::shell
