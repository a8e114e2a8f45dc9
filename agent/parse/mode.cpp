// parse/mode.cpp - octal and symbolic modes.
#include "parse/mode.h"

#include "parse/number.h"

namespace limpet::parse {
namespace {

struct Who {
    std::uint32_t bits = 0;  // of 0777 and of set-id bits, what the letters cover
    bool named = false;
};

Who who(std::string_view& text) {
    Who who;
    while (!text.empty()) {
        switch (text[0]) {
            case 'u': who.bits |= 04700; break;
            case 'g': who.bits |= 02070; break;
            case 'o': who.bits |= 01007; break;
            case 'a': who.bits |= 07777; break;
            default: return who;
        }
        who.named = true;
        text.remove_prefix(1);
    }
    return who;
}

// The permission letters of one action, spread over user, group and others.
std::uint32_t permissions(std::string_view& text, std::uint32_t before, bool directory) {
    std::uint32_t bits = 0;
    while (!text.empty()) {
        switch (text[0]) {
            case 'r': bits |= 0444; break;
            case 'w': bits |= 0222; break;
            case 'x': bits |= 0111; break;
            case 'X': bits |= directory || (before & 0111) ? 0111 : 0; break;
            case 's': bits |= 06000; break;
            case 't': bits |= 01000; break;
            case 'u': bits |= (before >> 6 & 7) * 0111; break;
            case 'g': bits |= (before >> 3 & 7) * 0111; break;
            case 'o': bits |= (before & 7) * 0111; break;
            default: return bits;
        }
        text.remove_prefix(1);
    }
    return bits;
}

}  // namespace

std::optional<std::uint32_t> mode(std::string_view text, std::uint32_t before, bool directory,
                                  std::uint32_t umask) {
    if (text.empty()) return std::nullopt;
    if (text[0] >= '0' && text[0] <= '7') {
        const auto octal = number<std::uint32_t>(text, 8);
        return octal && *octal <= 07777 ? octal : std::nullopt;
    }
    std::uint32_t result = before & 07777;
    for (;;) {
        const Who subject = who(text);
        if (text.empty() || (text[0] != '+' && text[0] != '-' && text[0] != '=')) {
            return std::nullopt;
        }
        const auto covered = subject.named ? subject.bits : 07777 & ~umask;
        while (!text.empty() && (text[0] == '+' || text[0] == '-' || text[0] == '=')) {
            const char action = text[0];
            text.remove_prefix(1);
            const auto bits = permissions(text, result, directory) & covered;
            if (action == '+') result |= bits;
            if (action == '-') result &= ~bits;
            if (action == '=') result = (result & ~(subject.named ? subject.bits : 0777u)) | bits;
        }
        if (text.empty()) return result;
        if (text[0] != ',') return std::nullopt;
        text.remove_prefix(1);
    }
}

}  // namespace limpet::parse
