// shell/keys.cpp - the sequences of xterm and everything that follows it; no terminfo.
#include "shell/keys.h"

#include "shell/traps.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace limpet::shell {
namespace {

constexpr int end = -1;
constexpr int signal_came = -2;
constexpr std::size_t paste_limit = std::size_t{16} * 1024 * 1024;

int read_byte(int fd) {
    unsigned char byte = 0;
    const auto got = ::read(fd, &byte, 1);
    if (got == 1) return byte;
    return got < 0 && errno == EINTR ? signal_came : end;
}

// The rest of a sequence comes at once; a lone Escape is followed by nothing.
int read_soon(int fd) {
    constexpr int patience = 50;  // ms
    pollfd waiting{.fd = fd, .events = POLLIN};
    return ::poll(&waiting, 1, patience) > 0 ? read_byte(fd) : end;
}

Pressed read_paste(int fd) {
    constexpr std::string_view closing = "\033[201~";
    Pressed pasted{Key::paste};
    for (;;) {
        const int byte = read_byte(fd);
        if (byte == signal_came) continue;
        if (byte < 0) return pasted;
        if (pasted.bytes.size() < paste_limit) pasted.bytes += static_cast<char>(byte);
        if (!pasted.bytes.ends_with(closing)) continue;
        pasted.bytes.resize(pasted.bytes.size() - closing.size());
        for (auto& one : pasted.bytes) {
            if (one == '\r') one = '\n';
        }
        return pasted;
    }
}

// ESC [ parameters letter
Pressed control_sequence(int fd) {
    std::string parameters;
    int byte = read_soon(fd);
    while (byte >= 0x20 && byte < 0x40 && parameters.size() < 16) {
        parameters += static_cast<char>(byte);
        byte = read_soon(fd);
    }
    const bool with_control = parameters.ends_with(";5") || parameters.ends_with(";3");
    switch (byte) {
        case 'A': return {Key::up};
        case 'B': return {Key::down};
        case 'C': return {with_control ? Key::word_right : Key::right};
        case 'D': return {with_control ? Key::word_left : Key::left};
        case 'H': return {Key::home};
        case 'F': return {Key::end};
        case '~': break;
        default: return {};
    }
    if (parameters == "200") return read_paste(fd);
    if (parameters == "1" || parameters == "7") return {Key::home};
    if (parameters == "4" || parameters == "8") return {Key::end};
    if (parameters == "3") return {Key::remove};
    if (parameters == "3;5" || parameters == "3;3") return {Key::kill_word};
    return {};
}

Pressed escape(int fd) {
    const int byte = read_soon(fd);
    switch (byte) {
        case '[': return control_sequence(fd);
        case 'O': {
            const int letter = read_soon(fd);
            if (letter == 'A') return {Key::up};
            if (letter == 'B') return {Key::down};
            if (letter == 'C') return {Key::right};
            if (letter == 'D') return {Key::left};
            if (letter == 'H') return {Key::home};
            if (letter == 'F') return {Key::end};
            return {};
        }
        case 'b': return {Key::word_left};
        case 'f': return {Key::word_right};
        case 'd': return {Key::kill_word};
        case 'y': return {Key::yank_older};
        case '<': return {Key::first};
        case '>': return {Key::last};
        case 8:
        case 127: return {Key::remove_word_back};
        default: return {};
    }
}

Pressed control(int byte) {
    switch (byte) {
        case 1: return {Key::home};
        case 2: return {Key::left};
        case 3: return {Key::interrupted};
        case 4: return {Key::eof_or_remove};
        case 5: return {Key::end};
        case 6: return {Key::right};
        case 7: return {Key::cancel};
        case 8:
        case 127: return {Key::backspace};
        case 9: return {Key::tab};
        case 10:
        case 13: return {Key::enter};
        case 11: return {Key::kill_end};
        case 12: return {Key::clear};
        case 14: return {Key::newer};
        case 16: return {Key::older};
        case 18: return {Key::search};
        case 20: return {Key::transpose};
        case 21: return {Key::kill_start};
        case 23: return {Key::kill_word_back};
        case 25: return {Key::yank};
        case 31: return {Key::undo};
        default: return {};
    }
}

}  // namespace

bool key_waits(int fd) {
    pollfd waiting{.fd = fd, .events = POLLIN};
    return ::poll(&waiting, 1, 0) > 0;
}

Pressed read_key(int fd) {
    const int byte = read_byte(fd);
    if (byte == signal_came) return {Key::resized};
    if (byte < 0) return {Key::end_of_input};
    if (byte == 27) return escape(fd);
    if (byte < 32 || byte == 127) return control(byte);
    Pressed typed{Key::text, std::string(1, static_cast<char>(byte))};
    const int more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
    for (int i = 0; i < more; ++i) {
        const int next = read_soon(fd);
        if (next < 0) break;
        typed.bytes += static_cast<char>(next);
    }
    return typed;
}

}  // namespace limpet::shell
