// shell/keys.cpp - the sequences of xterm and everything that follows it; no terminfo.
#include "shell/keys.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace limpet::shell {
namespace {

constexpr int end = -1;
constexpr int signal_came = -2;
constexpr std::size_t paste_limit = std::size_t{16} * 1024 * 1024;

// xterm's modifiers behind a semicolon, rxvt's alone: 3 is Alt, 5 Control.
bool is_modified(std::string_view parameters) {
    return parameters.ends_with(";5") || parameters.ends_with(";3") || parameters == "5" ||
           parameters == "3";
}

Key arrow(int letter, bool by_word) {
    switch (letter) {
        case 'A': return Key::up;
        case 'B': return Key::down;
        case 'C': return by_word ? Key::word_right : Key::right;
        case 'D': return by_word ? Key::word_left : Key::left;
        case 'c': return Key::word_right;  // rxvt, with Control
        case 'd': return Key::word_left;
        case 'H': return Key::home;
        case 'F': return Key::end;
        default: return Key::unknown;
    }
}

}  // namespace

int Keyboard::read_byte() {
    pollfd waiting{.fd = fd_, .events = POLLIN};
    if (::ppoll(&waiting, 1, nullptr, &waiting_) < 0) return errno == EINTR ? signal_came : end;
    unsigned char byte = 0;
    const auto got = ::read(fd_, &byte, 1);
    if (got == 1) return byte;
    return got < 0 && errno == EINTR ? signal_came : end;
}

// The rest of a sequence comes at once; a lone Escape is followed by nothing.
int Keyboard::read_soon() {
    constexpr int patience = 50;  // ms
    pollfd waiting{.fd = fd_, .events = POLLIN};
    return ::poll(&waiting, 1, patience) > 0 ? read_byte() : end;
}

Pressed Keyboard::read_paste() {
    constexpr std::string_view closing = "\033[201~";
    Pressed pasted{Key::paste};
    for (;;) {
        const int byte = read_byte();
        if (byte == signal_came) continue;
        if (byte < 0) return pasted;
        if (byte == 0) continue;
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
Pressed Keyboard::control_sequence() {
    std::string parameters;
    int byte = read_soon();
    while (byte >= 0x20 && byte < 0x40) {
        // What is longer is no key of ours, and read to its end.
        if (parameters.size() < 16) parameters += static_cast<char>(byte);
        byte = read_soon();
    }
    if (byte != '~') return {arrow(byte, is_modified(parameters))};
    if (parameters == "200") return read_paste();
    if (parameters == "1" || parameters == "7") return {Key::home};
    if (parameters == "4" || parameters == "8") return {Key::end};
    if (parameters == "3") return {Key::remove};
    if (parameters == "3;5" || parameters == "3;3") return {Key::kill_word};
    return {};
}

Pressed Keyboard::escape() {
    const int byte = read_soon();
    switch (byte) {
        case '[': return control_sequence();
        case 'O': return {arrow(read_soon(), false)};
        case 27: {  // Alt with a key that is a sequence itself
            const auto key = escape().key;
            return {key == Key::left ? Key::word_left : key == Key::right ? Key::word_right : key};
        }
        case 'b': return {Key::word_left};
        case 'f': return {Key::word_right};
        case 'd': return {Key::kill_word};
        case 'y': return {Key::yank_older};
        case 'u': return {Key::upper_word};
        case 'l': return {Key::lower_word};
        case 'c': return {Key::capital_word};
        case 't': return {Key::transpose_words};
        case '.':
        case '_': return {Key::last_argument};
        case '<': return {Key::first};
        case '>': return {Key::last};
        case 8:
        case 127: return {Key::remove_word_back};
        case 10:
        case 13: return {Key::newline};
        default: return {};
    }
}

Pressed Keyboard::control(int byte) {
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
        case 19: return {Key::search_newer};
        case 20: return {Key::transpose};
        case 21: return {Key::kill_start};
        case 22: {
            const int next = read_byte();
            if (next <= 0) return {};
            return {Key::literal, std::string(1, static_cast<char>(next))};
        }
        case 23: return {Key::kill_word_back};
        case 24: return {read_soon() == 21 ? Key::undo : Key::unknown};
        case 25: return {Key::yank};
        case 31: return {Key::undo};
        default: return {};
    }
}

bool Keyboard::waits() const {
    pollfd waiting{.fd = fd_, .events = POLLIN};
    return ::poll(&waiting, 1, 0) > 0;
}

Pressed Keyboard::read() {
    const int byte = read_byte();
    if (byte == signal_came) return {Key::signalled};
    if (byte < 0) return {Key::end_of_input};
    if (byte == 27) return escape();
    if (byte < 32 || byte == 127) return control(byte);
    Pressed typed{Key::text, std::string(1, static_cast<char>(byte))};
    const int more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
    for (int i = 0; i < more; ++i) {
        const int next = read_soon();
        if (next < 0) break;
        typed.bytes += static_cast<char>(next);
    }
    return typed;
}

}  // namespace limpet::shell
