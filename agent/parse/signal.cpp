// parse/signal.cpp - signals by name and number, signal(7).
#include "parse/signal.h"

#include <csignal>

namespace limpet::parse {
namespace {

struct SignalName {
    int number;
    std::string_view name;
};
constexpr SignalName names[] = {
    {0, "EXIT"},           {SIGHUP, "HUP"},   {SIGINT, "INT"},       {SIGQUIT, "QUIT"},
    {SIGILL, "ILL"},       {SIGTRAP, "TRAP"}, {SIGABRT, "ABRT"},     {SIGBUS, "BUS"},
    {SIGFPE, "FPE"},       {SIGKILL, "KILL"}, {SIGUSR1, "USR1"},     {SIGSEGV, "SEGV"},
    {SIGUSR2, "USR2"},     {SIGPIPE, "PIPE"}, {SIGALRM, "ALRM"},     {SIGTERM, "TERM"},
    {SIGSTKFLT, "STKFLT"}, {SIGCHLD, "CHLD"}, {SIGCONT, "CONT"},     {SIGSTOP, "STOP"},
    {SIGTSTP, "TSTP"},     {SIGTTIN, "TTIN"}, {SIGTTOU, "TTOU"},     {SIGURG, "URG"},
    {SIGXCPU, "XCPU"},     {SIGXFSZ, "XFSZ"}, {SIGVTALRM, "VTALRM"}, {SIGPROF, "PROF"},
    {SIGWINCH, "WINCH"},   {SIGIO, "IO"},     {SIGPWR, "PWR"},       {SIGSYS, "SYS"},
    {SIGABRT, "IOT"},      {SIGCHLD, "CLD"},  {SIGIO, "POLL"},
};

}  // namespace

std::optional<int> signal_number(std::string_view name) {
    if (!name.empty() && name.find_first_not_of("0123456789") == name.npos) {
        if (name.size() > 3) return std::nullopt;
        int number = 0;
        for (const char digit : name) number = number * 10 + (digit - '0');
        return number < NSIG ? std::optional(number) : std::nullopt;
    }
    std::string upper(name);
    for (auto& byte : upper) {
        if (byte >= 'a' && byte <= 'z') byte = static_cast<char>(byte - 'a' + 'A');
    }
    std::string_view wanted = upper;
    if (wanted.starts_with("SIG")) wanted.remove_prefix(3);
    for (const auto& [number, known] : names) {
        if (known == wanted) return number;
    }
    return std::nullopt;
}

std::string signal_name(int signal) {
    for (const auto& [number, name] : names) {
        if (number == signal) return std::string(name);
    }
    return std::to_string(signal);
}

}  // namespace limpet::parse
