// sanitiser.h - makes bytes of a hostile origin harmless on a terminal, and visible.
//
// What a target prints, and what it names its files and processes, reaches the operator's terminal.
// Escape sequences there can retitle windows, write the clipboard, answer queries as if typed, or
// hide text (CVE-2021-25743 for kubectl). So the following are shown as escapes instead:
//   C0 controls but tab and newline, DEL, bytes that are no valid UTF-8        \x1b \x0d \xff
//   C1 controls, bidirectional controls, line and paragraph separators         \u009b \u202e
//   tag characters (invisible copies of ASCII)                                 \U000e0041
// Every introducer of a sequence (CSI, OSC, DCS, ...) is among them, so what follows is plain text.
// A lone carriage return counts as a control: it can overprint a line. A backslash is left alone,
// so the result is for eyes, not for parsing back; the output of the sanitiser passes it unchanged.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace limpet::attach {

// One per stream: a UTF-8 sequence may be split between two pieces.
class Sanitiser {
public:
    // Appends the harmless form of `bytes` to `out`: never less, at most four times as many.
    void add(std::string_view bytes, std::string& out);
    // The stream ended: what is left of an unfinished sequence is shown.
    void finish(std::string& out);

private:
    void special(unsigned char byte, std::string& out);
    void character(std::string& out);
    void broken(std::string& out);
    std::string sequence_;    // of one character, not yet whole
    std::size_t length_ = 0;  // that it will have
};

// A whole text for use inside one line of a message: newlines and tabs are escaped too.
std::string one_line(std::string_view text);

}  // namespace limpet::attach
