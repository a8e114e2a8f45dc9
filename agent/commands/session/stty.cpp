// stty.cpp - the size of the terminal.
#include "commands/command.h"

#include <sys/ioctl.h>

namespace limpet::commands {
namespace {

int run(Invocation& call) {
    if (call.operands.size() != 1 || call.operands.front() != "size") {
        return call.misused("it tells the size and sets nothing");
    }
    winsize size{};
    if (::ioctl(call.in.fd().get(), TIOCGWINSZ, &size) != 0) {
        call.complain(failed("size", "standard input").error());
        return 1;
    }
    call.out.print("%u %u\n", size.ws_row, size.ws_col);
    return 0;
}

constexpr Command stty{
    .name = "stty",
    .usage = "size",
    .summary = "print the terminal's size",
    .theme = "session",
    .run = run,
    .help =
        "Rows and columns of the terminal that standard input is, as the window has them now.\n\n"
        "Example:\n"
        "  stty size\n",
};
const Register registered{stty};

}  // namespace
}  // namespace limpet::commands
