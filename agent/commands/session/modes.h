// session/modes.h - the modes of a terminal that people work with.
#pragma once

#include <termios.h>

namespace limpet::commands {

// What `stty sane` sets; sizes and speeds stay.
inline void make_sane(termios& modes) {
    constexpr auto clear = [](tcflag_t& flags, tcflag_t off, tcflag_t on) {
        flags = (flags & ~off) | on;
    };
    clear(modes.c_iflag, IGNBRK | INLCR | IGNCR | IUCLC | IXANY | IXOFF | INPCK | ISTRIP,
          BRKINT | ICRNL | IMAXBEL | IXON);
    clear(modes.c_oflag,
          OLCUC | OCRNL | ONOCR | ONLRET | OFILL | OFDEL | NLDLY | CRDLY | TABDLY | BSDLY | VTDLY |
              FFDLY,
          OPOST | ONLCR);
    clear(modes.c_cflag, 0, CREAD);
    clear(modes.c_lflag, ECHONL | NOFLSH | TOSTOP | XCASE | ECHOPRT | EXTPROC,
          ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE);
    constexpr struct {
        int index;
        cc_t byte;
    } characters[]{{VINTR, 3},  {VQUIT, 28},    {VERASE, 127}, {VKILL, 21},  {VEOF, 4},
                   {VEOL, 0},   {VEOL2, 0},     {VSWTC, 0},    {VSTART, 17}, {VSTOP, 19},
                   {VSUSP, 26}, {VREPRINT, 18}, {VWERASE, 23}, {VLNEXT, 22}, {VDISCARD, 15},
                   {VMIN, 1},   {VTIME, 0}};
    for (const auto& [index, byte] : characters) modes.c_cc[index] = byte;
}

}  // namespace limpet::commands
