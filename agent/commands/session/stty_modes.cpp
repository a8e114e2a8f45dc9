// session/stty_modes.cpp - the names that stty has for the modes of a terminal, POSIX stty.
#include "commands/session/stty_modes.h"

#include "commands/session/modes.h"
#include "parse/number.h"

#include <array>
#include <charconv>
#include <cstdint>

namespace limpet::commands {
namespace {

struct Flag {
    std::string_view name;
    tcflag_t termios::* field;
    tcflag_t bits;
    tcflag_t mask = 0;  // of a field of several bits: cs8; then it has no "-cs8"
};
constexpr Flag flags[]{
    {"parenb", &termios::c_cflag, PARENB},     {"parodd", &termios::c_cflag, PARODD},
    {"cmspar", &termios::c_cflag, CMSPAR},     {"cs5", &termios::c_cflag, CS5, CSIZE},
    {"cs6", &termios::c_cflag, CS6, CSIZE},    {"cs7", &termios::c_cflag, CS7, CSIZE},
    {"cs8", &termios::c_cflag, CS8, CSIZE},    {"hupcl", &termios::c_cflag, HUPCL},
    {"cstopb", &termios::c_cflag, CSTOPB},     {"cread", &termios::c_cflag, CREAD},
    {"clocal", &termios::c_cflag, CLOCAL},     {"crtscts", &termios::c_cflag, CRTSCTS},
    {"ignbrk", &termios::c_iflag, IGNBRK},     {"brkint", &termios::c_iflag, BRKINT},
    {"ignpar", &termios::c_iflag, IGNPAR},     {"parmrk", &termios::c_iflag, PARMRK},
    {"inpck", &termios::c_iflag, INPCK},       {"istrip", &termios::c_iflag, ISTRIP},
    {"inlcr", &termios::c_iflag, INLCR},       {"igncr", &termios::c_iflag, IGNCR},
    {"icrnl", &termios::c_iflag, ICRNL},       {"ixon", &termios::c_iflag, IXON},
    {"ixoff", &termios::c_iflag, IXOFF},       {"iuclc", &termios::c_iflag, IUCLC},
    {"ixany", &termios::c_iflag, IXANY},       {"imaxbel", &termios::c_iflag, IMAXBEL},
    {"iutf8", &termios::c_iflag, IUTF8},       {"opost", &termios::c_oflag, OPOST},
    {"olcuc", &termios::c_oflag, OLCUC},       {"ocrnl", &termios::c_oflag, OCRNL},
    {"onlcr", &termios::c_oflag, ONLCR},       {"onocr", &termios::c_oflag, ONOCR},
    {"onlret", &termios::c_oflag, ONLRET},     {"ofill", &termios::c_oflag, OFILL},
    {"ofdel", &termios::c_oflag, OFDEL},       {"nl0", &termios::c_oflag, NL0, NLDLY},
    {"nl1", &termios::c_oflag, NL1, NLDLY},    {"cr0", &termios::c_oflag, CR0, CRDLY},
    {"cr1", &termios::c_oflag, CR1, CRDLY},    {"cr2", &termios::c_oflag, CR2, CRDLY},
    {"cr3", &termios::c_oflag, CR3, CRDLY},    {"tab0", &termios::c_oflag, TAB0, TABDLY},
    {"tab1", &termios::c_oflag, TAB1, TABDLY}, {"tab2", &termios::c_oflag, TAB2, TABDLY},
    {"tab3", &termios::c_oflag, TAB3, TABDLY}, {"bs0", &termios::c_oflag, BS0, BSDLY},
    {"bs1", &termios::c_oflag, BS1, BSDLY},    {"vt0", &termios::c_oflag, VT0, VTDLY},
    {"vt1", &termios::c_oflag, VT1, VTDLY},    {"ff0", &termios::c_oflag, FF0, FFDLY},
    {"ff1", &termios::c_oflag, FF1, FFDLY},    {"isig", &termios::c_lflag, ISIG},
    {"icanon", &termios::c_lflag, ICANON},     {"iexten", &termios::c_lflag, IEXTEN},
    {"echo", &termios::c_lflag, ECHO},         {"echoe", &termios::c_lflag, ECHOE},
    {"echok", &termios::c_lflag, ECHOK},       {"echonl", &termios::c_lflag, ECHONL},
    {"noflsh", &termios::c_lflag, NOFLSH},     {"xcase", &termios::c_lflag, XCASE},
    {"tostop", &termios::c_lflag, TOSTOP},     {"echoprt", &termios::c_lflag, ECHOPRT},
    {"echoctl", &termios::c_lflag, ECHOCTL},   {"echoke", &termios::c_lflag, ECHOKE},
    {"flusho", &termios::c_lflag, FLUSHO},     {"extproc", &termios::c_lflag, EXTPROC},
};
constexpr std::pair<std::string_view, std::string_view> synonyms[]{
    {"hup", "hupcl"},        {"crterase", "echoe"}, {"crtkill", "echoke"}, {"ctlecho", "echoctl"},
    {"prterase", "echoprt"}, {"tandem", "ixoff"},   {"tabs", "tab0"},      {"-tabs", "tab3"},
};

struct Character {
    std::string_view name;
    int index;
};
constexpr Character characters[]{
    {"intr", VINTR},     {"quit", VQUIT},   {"erase", VERASE},     {"kill", VKILL},
    {"eof", VEOF},       {"eol", VEOL},     {"eol2", VEOL2},       {"swtch", VSWTC},
    {"start", VSTART},   {"stop", VSTOP},   {"susp", VSUSP},       {"rprnt", VREPRINT},
    {"werase", VWERASE}, {"lnext", VLNEXT}, {"discard", VDISCARD},
};

struct Speed {
    speed_t code;
    unsigned long baud;
};
constexpr Speed speeds[]{
    {B0, 0},
    {B50, 50},
    {B75, 75},
    {B110, 110},
    {B134, 134},
    {B150, 150},
    {B200, 200},
    {B300, 300},
    {B600, 600},
    {B1200, 1200},
    {B1800, 1800},
    {B2400, 2400},
    {B4800, 4800},
    {B9600, 9600},
    {B19200, 19200},
    {B38400, 38400},
    {B57600, 57600},
    {B115200, 115200},
    {B230400, 230400},
    {B460800, 460800},
    {B500000, 500000},
    {B576000, 576000},
    {B921600, 921600},
    {B1000000, 1000000},
    {B1152000, 1152000},
    {B1500000, 1500000},
    {B2000000, 2000000},
    {B2500000, 2500000},
    {B3000000, 3000000},
    {B3500000, 3500000},
    {B4000000, 4000000},
};

std::optional<speed_t> code_of(std::string_view text) {
    const auto baud = parse::number<unsigned long>(text);
    for (const auto& [code, value] : speeds) {
        if (baud && value == *baud) return code;
    }
    return std::nullopt;
}

// "^C", "^?", "^-" and "undef", a character, or a number.
std::optional<cc_t> character_of(std::string_view text) {
    if (text == "undef" || text == "^-") return cc_t{0};
    if (text == "^?") return cc_t{127};
    if (text.size() == 2 && text[0] == '^') return static_cast<cc_t>(text[1] & 31);
    if (text.size() == 1) return static_cast<cc_t>(text[0]);
    if (text.starts_with("0x")) return parse::number<cc_t>(text.substr(2), 16);
    if (text.starts_with('0')) return parse::number<cc_t>(text.substr(1), 8);
    return parse::number<cc_t>(text);
}

std::string shown(cc_t byte) {
    if (byte == 0) return "<undef>";
    if (byte == 127) return "^?";
    if (byte < 32) return {'^', static_cast<char>(byte | 64)};
    if (byte >= 128) return "M-" + shown(byte & 127);
    return std::string(1, static_cast<char>(byte));
}

void set(tcflag_t& field, tcflag_t bits, bool on) { field = on ? field | bits : field & ~bits; }

void make_raw(termios& modes, bool raw) {
    if (raw) {
        modes.c_iflag = 0;
        set(modes.c_oflag, OPOST, false);
        set(modes.c_lflag, ISIG | ICANON | XCASE, false);
        modes.c_cc[VMIN] = 1;
        modes.c_cc[VTIME] = 0;
        return;
    }
    set(modes.c_iflag, BRKINT | IGNPAR | ISTRIP | ICRNL | IXON, true);
    set(modes.c_oflag, OPOST, true);
    set(modes.c_lflag, ISIG | ICANON, true);
    modes.c_cc[VEOF] = 4;
    modes.c_cc[VEOL] = 0;
}

void make_parity(termios& modes, std::string_view name, bool on) {
    set(modes.c_cflag, CSIZE, false);
    set(modes.c_cflag, on ? CS7 : CS8, true);
    set(modes.c_cflag, PARENB, on);
    if (on) set(modes.c_cflag, PARODD, name == "oddp");
}

// The names for several modes at once.
bool combination(termios& modes, std::string_view name, bool on) {
    if (name == "sane" && on) {
        make_sane(modes);
    } else if (name == "raw" || name == "cooked") {
        make_raw(modes, (name == "raw") == on);
    } else if (name == "cbreak") {
        set(modes.c_lflag, ICANON, !on);
    } else if (name == "nl") {
        set(modes.c_iflag, ICRNL, !on);
        set(modes.c_oflag, ONLCR, !on);
        if (!on) set(modes.c_iflag, INLCR | IGNCR, false);
        if (!on) set(modes.c_oflag, OCRNL | ONLRET, false);
    } else if (name == "ek" && on) {
        modes.c_cc[VERASE] = 127;
        modes.c_cc[VKILL] = 21;
    } else if (name == "evenp" || name == "parity" || name == "oddp") {
        make_parity(modes, name, on);
    } else if (name == "pass8" || name == "litout") {
        set(modes.c_cflag, CSIZE | PARENB, false);
        set(modes.c_cflag, on ? CS8 : CS7 | PARENB, true);
        set(modes.c_iflag, ISTRIP, !on);
        if (name == "litout") set(modes.c_oflag, OPOST, !on);
    } else if (name == "decctlq") {
        set(modes.c_iflag, IXANY, !on);
    } else if (name == "lcase" || name == "LCASE") {
        set(modes.c_lflag, XCASE, on);
        set(modes.c_iflag, IUCLC, on);
        set(modes.c_oflag, OLCUC, on);
    } else if ((name == "crt" || name == "dec") && on) {
        set(modes.c_lflag, ECHOE | ECHOCTL | ECHOKE, true);
        if (name == "dec") {
            modes.c_cc[VINTR] = 3;
            modes.c_cc[VERASE] = 127;
            modes.c_cc[VKILL] = 21;
            set(modes.c_iflag, IXANY, false);
        }
    } else {
        return false;
    }
    return true;
}

}  // namespace

bool change_modes(termios& modes, std::string_view name, std::string_view value, bool& used) {
    used = false;
    for (const auto& [other, meant] : synonyms) {
        if (name == other) name = meant;
    }
    const bool on = !name.starts_with('-');
    auto plain = on ? name : name.substr(1);
    for (const auto& [other, meant] : synonyms) {
        if (plain == other) plain = meant;
    }
    for (const auto& flag : flags) {
        if (plain != flag.name) continue;
        if (flag.mask != 0 && !on) return false;
        auto& field = modes.*flag.field;
        if (flag.mask != 0) field &= ~flag.mask;
        set(field, flag.bits, on);
        return true;
    }
    if (on && code_of(name)) {
        const auto code = *code_of(name);
        return ::cfsetispeed(&modes, code) == 0 && ::cfsetospeed(&modes, code) == 0;
    }
    if (combination(modes, plain, on)) return true;
    if (!on || value.empty()) return false;
    used = true;
    if (name == "ispeed" || name == "ospeed") {
        const auto code = code_of(value);
        if (!code) return false;
        return (name == "ispeed" ? ::cfsetispeed(&modes, *code) : ::cfsetospeed(&modes, *code)) ==
               0;
    }
    if (name == "min" || name == "time") {
        const auto number = parse::number<cc_t>(value);
        if (number) modes.c_cc[name == "min" ? VMIN : VTIME] = *number;
        return number.has_value();
    }
    if (name == "line") {
        const auto number = parse::number<cc_t>(value);
        if (number) modes.c_line = *number;
        return number.has_value();
    }
    for (const auto& [other, index] : characters) {
        if (name != other) continue;
        const auto byte = character_of(value);
        if (byte) modes.c_cc[index] = *byte;
        return byte.has_value();
    }
    return false;
}

std::string saved_modes(const termios& modes) {
    std::string text;
    const auto add = [&](unsigned long value) {
        std::array<char, 20> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
        if (!text.empty()) text += ':';
        text.append(digits.data(), end);
    };
    for (const auto field : {modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag})
        add(field);
    for (const auto byte : modes.c_cc) add(byte);
    return text;
}

bool restore_modes(termios& modes, std::string_view saved) {
    std::array<unsigned long, 4 + NCCS> values{};
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto end = saved.find(':');
        const auto value = parse::number<std::uint32_t>(saved.substr(0, end), 16);
        if (!value || (end == saved.npos) != (i + 1 == values.size())) return false;
        if (i >= 4 && *value > 255) return false;
        values[i] = *value;
        saved.remove_prefix(end == saved.npos ? saved.size() : end + 1);
    }
    modes.c_iflag = static_cast<tcflag_t>(values[0]);
    modes.c_oflag = static_cast<tcflag_t>(values[1]);
    modes.c_cflag = static_cast<tcflag_t>(values[2]);
    modes.c_lflag = static_cast<tcflag_t>(values[3]);
    for (std::size_t i = 0; i < NCCS; ++i) modes.c_cc[i] = static_cast<cc_t>(values[i + 4]);
    return true;
}

std::optional<unsigned long> speed_of(speed_t code) {
    for (const auto& [known, baud] : speeds) {
        if (known == code) return baud;
    }
    return std::nullopt;
}

std::string modes_text(const termios& modes, bool all) {
    auto usual = modes;
    make_sane(usual);
    std::string text, line;
    const auto add = [&](const std::string& word, std::string_view between) {
        if (line.size() + word.size() + between.size() > 78) {
            text += line + '\n';
            line.clear();
        }
        line += (line.empty() ? "" : std::string(between)) + word;
    };
    for (const auto& [name, index] : characters) {
        if (!all && modes.c_cc[index] == usual.c_cc[index]) continue;
        add(std::string(name) + " = " + shown(modes.c_cc[index]) + ";", " ");
    }
    const bool canonical = modes.c_lflag & ICANON;
    if (all || !canonical) {
        add("min = " + std::to_string(modes.c_cc[VMIN]) + ";", " ");
        add("time = " + std::to_string(modes.c_cc[VTIME]) + ";", " ");
    }
    if (!line.empty()) text += line + '\n';
    line.clear();
    const Flag* before = flags;
    for (const auto& flag : flags) {
        const auto now = modes.*flag.field;
        if (all && flag.field != before->field && !line.empty()) {
            text += line + '\n';
            line.clear();
        }
        before = &flag;
        const bool on = flag.mask != 0 ? (now & flag.mask) == flag.bits : (now & flag.bits) != 0;
        const bool same = flag.mask != 0 ? (now & flag.mask) == (usual.*flag.field & flag.mask)
                                         : (now & flag.bits) == (usual.*flag.field & flag.bits);
        if (flag.mask != 0 ? !on : false) continue;
        if (!all && same) continue;
        add((on ? "" : "-") + std::string(flag.name), " ");
    }
    if (!line.empty()) text += line + '\n';
    return text;
}

}  // namespace limpet::commands
