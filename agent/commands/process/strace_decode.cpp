// strace_decode.cpp - arguments and results of system calls as strace writes them.
#include "commands/process/strace_decode.h"

#include "parse/name_table.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <cstring>

namespace limpet::commands::strace {
namespace {

constexpr std::string_view filled_kinds = "BCRHqQwINVFGyWYj";

void pointer(std::uint64_t value, std::string& text) {
    text += value == 0 ? "NULL" : parse::hex(value);
}

}  // namespace

std::string call_name(std::uint64_t number) {
    const auto& calls = parse::syscalls();
    if (number < calls.size() && !calls[number].name.empty()) {
        return std::string(calls[number].name);
    }
    return "syscall_" + parse::hex(number);
}

std::string signal_name(int signal) {
    const char* name = ::sigabbrev_np(signal);
    if (name) return std::string("SIG") + name;
    return signal >= SIGRTMIN ? "SIGRT_" + std::to_string(signal - 32) : std::to_string(signal);
}

void quote(std::string_view bytes, std::string& text) {
    text += '"';
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const char byte = bytes[i];
        const auto code = static_cast<unsigned char>(byte);
        constexpr std::string_view named = "\a\b\t\n\v\f\r\"\\";
        constexpr std::string_view letters = "abtnvfr\"\\";
        const auto at = named.find(byte);
        if (at != named.npos && at > 1) {
            text += '\\';
            text += letters[at];
        } else if (code >= 32 && code < 127) {
            text += byte;
        } else {
            // As short as the next byte allows.
            const bool digit = i + 1 < bytes.size() && bytes[i + 1] >= '0' && bytes[i + 1] <= '7';
            char escape[8];
            std::snprintf(escape, sizeof escape, digit ? "\\%03o" : "\\%o", code);
            text += escape;
        }
    }
    text += '"';
}

Decoder::Decoder(const Process& process, const MemoryOf& memory, const SystemCall& call,
                 const View& view)
    : process_(process), memory_(memory), call_(call), view_(view) {
    const auto& calls = parse::syscalls();
    if (call.number < calls.size() && !calls[call.number].name.empty()) {
        known_ = &calls[call.number];
        kinds_ = known_->kinds;
        if (known_->name == "prctl" && argument(0) == PR_SET_NAME) kinds_ = "#rs";
    } else {
        kinds_ = "xxxxxx";
    }
}

bool Decoder::advance(char& kind, char& table) {
    if (kinds_.empty() || at_ >= call_.arguments.size()) return false;
    kind = kinds_[0];
    table = 0;
    std::size_t used = 1;
    if (kind == '#' && kinds_.size() > 1) {
        table = kinds_[1];
        used = 2;
    }
    kinds_.remove_prefix(used);
    return true;
}

void Decoder::skip(std::size_t count) {
    char kind = 0, table = 0;
    while (at_ < count && advance(kind, table)) ++at_;
}

bool Decoder::next(std::string& text) {
    const auto rest = kinds_;
    char kind = 0, table = 0;
    if (!advance(kind, table)) return false;
    const bool filled = filled_kinds.find(kind) != filled_kinds.npos;
    if (filled && !call_.returned) {
        kinds_ = rest;
        return false;
    }
    const bool makes = known_ && known_->name.ends_with("creat");
    // A mode only counts for what makes a file, and fcntl's third for some commands.
    if (kind == 'm' && !makes && (argument(at_ - 1) & O_CREAT) == 0 &&
        (argument(at_ - 1) & (O_TMPFILE & ~O_DIRECTORY)) == 0) {
        return false;
    }
    const auto command = argument(1);
    if (kind == 'k' &&
        (command == F_GETFD || command == F_GETFL || command == F_GETOWN || command == F_GETSIG ||
         command == F_GETLEASE || command == 1032 || command == 1034)) {
        return false;
    }
    show(kind, table, text);
    ++at_;
    return true;
}

void Decoder::number(char kind, std::uint64_t value, std::string& text) const {
    char digits[32];
    switch (kind) {
        case 'd': std::snprintf(digits, sizeof digits, "%d", static_cast<int>(value)); break;
        case 'D': std::snprintf(digits, sizeof digits, "%ld", static_cast<long>(value)); break;
        case 'X':
        case 'h': std::snprintf(digits, sizeof digits, value ? "%#lx" : "%lx", value); break;
        case 'o':
        case 'm': std::snprintf(digits, sizeof digits, "%#03lo", value & 0177777); break;
        default: std::snprintf(digits, sizeof digits, "%lu", value); break;
    }
    text += digits;
}

void Decoder::descriptor(std::uint64_t value, std::string& text) const {
    const auto fd = static_cast<int>(value);
    if (fd == AT_FDCWD) {
        text += "AT_FDCWD";
    } else {
        text += std::to_string(fd);
    }
    if (!view_.paths || (fd < 0 && fd != AT_FDCWD)) return;
    const auto link = process_.at.readlink(fd == AT_FDCWD ? "cwd" : "fd/" + std::to_string(fd));
    if (!link) return;
    text += '<';
    std::string quoted;
    quote(*link, quoted);
    text.append(quoted, 1, quoted.size() - 2);
    text += '>';
}

void Decoder::names(char table, std::uint64_t value, std::string& text) const {
    auto list = parse::argument_names(table);
    const auto low = value & 0xffffffff;
    // Protocols have names in the families of the Internet only.
    if (table == 'I' && argument(0) != AF_INET && argument(0) != AF_INET6) list = "!";
    if (list.starts_with('!')) {
        const auto name = parse::name_of(list.substr(1), low);
        text += name.empty() ? table == 'x' || table == 'r' ? parse::hex(low) : std::to_string(low)
                             : std::string(name);
        return;
    }
    std::string flags;
    if (table == 'a') {
        constexpr std::string_view modes = "O_RDONLY O_WRONLY O_RDWR O_ACCMODE";
        const bool opens = known_ && (known_->name.find("open") != std::string_view::npos ||
                                      known_->name == "fcntl");
        if (opens) flags = parse::name_of(modes, low & O_ACCMODE);
        const auto rest = low & ~std::uint64_t{O_ACCMODE};
        if (rest != 0 || flags.empty()) {
            if (!flags.empty()) flags += '|';
            auto more = parse::flag_names(list, rest);
            // The same bits have other names for what is opened in other ways.
            constexpr std::pair<std::string_view, std::string_view> prefixes[]{
                {"epoll_create1", "EPOLL"},
                {"eventfd2", "EFD"},
                {"inotify_init1", "IN"},
                {"signalfd4", "SFD"},
                {"timerfd_create", "TFD"}};
            for (const auto& [name, prefix] : prefixes) {
                if (!known_ || known_->name != name) continue;
                for (std::size_t at = 0; (at = more.find("O_", at)) != more.npos; at += 4) {
                    more.replace(at, 1, prefix);
                }
            }
            flags += more;
        }
    } else if (table == 'b' && known_ && known_->name == "statx") {
        constexpr std::uint64_t how = 0x6000;
        if ((low & how) == 0) flags = "AT_STATX_SYNC_AS_STAT";
        if (low != 0) flags += (flags.empty() ? "" : "|") + parse::flag_names(list, low);
    } else if (table == 'c' && low == 0) {
        flags = "PROT_NONE";
    } else if (table == 'l' && low == 0) {
        flags = "F_OK";
    } else {
        flags = parse::flag_names(list, low);
    }
    text += flags;
}

void Decoder::buffer(std::uint64_t address, std::uint64_t size, std::string& text) const {
    if (address == 0) return pointer(address, text);
    const auto shown = std::min<std::uint64_t>(size, view_.text);
    const auto bytes = memory_.bytes(address, static_cast<std::size_t>(shown));
    if (bytes.size() < shown) return pointer(address, text);
    quote(bytes, text);
    if (size > shown) text += "...";
}

void Decoder::ended_text(std::uint64_t address, bool path, std::string& text) const {
    if (address == 0) return pointer(address, text);
    constexpr std::size_t path_limit = 4096;
    bool whole = false;
    auto bytes = memory_.text(address, path ? path_limit : view_.text + 1, whole);
    if (bytes.empty() && !whole) return pointer(address, text);
    const bool cut = !path && bytes.size() > view_.text;
    if (cut) bytes.resize(view_.text);
    quote(bytes, text);
    if (cut || (!whole && path)) text += "...";
}

void Decoder::words(std::uint64_t address, bool environment, std::string& text) const {
    if (address == 0) return pointer(address, text);
    constexpr std::size_t all = 4096;
    const std::size_t most = view_.whole ? all : environment ? 0 : view_.text;
    std::size_t count = 0;
    std::string list = "[";
    for (;; ++count) {
        std::uint64_t word = 0;
        if (!memory_.get(address + count * sizeof word, word)) {
            if (count == 0) return pointer(address, text);
            break;
        }
        if (word == 0 || count >= all) break;
        if (count > most || (count == most && !environment)) {
            if (count == most) list += ", ...";
            continue;
        }
        if (most == 0) continue;
        if (count > 0) list += ", ";
        ended_text(word, false, list);
    }
    if (environment && !view_.whole) {
        pointer(address, text);
        text += " /* " + std::to_string(count) + (count == 1 ? " var */" : " vars */");
        return;
    }
    text += list + "]";
}

void Decoder::show(char kind, char table, std::string& text) {
    const auto value = argument(at_);
    const auto length = argument(at_ + 1);
    const auto result = static_cast<std::uint64_t>(call_.result);
    const bool ok = call_.returned && !call_.failed;
    if (value == 0 &&
        std::string_view("BCRHqQwINVFGyWYjJKStTiMPEgaALv").find(kind) != std::string_view::npos) {
        return pointer(value, text);
    }
    if (filled_kinds.find(kind) != filled_kinds.npos && !ok) return pointer(value, text);
    switch (kind) {
        case 'x': return pointer(value, text);
        case 'f': return descriptor(value, text);
        case '#': return names(table, value, text);
        case 'p': return ended_text(value, true, text);
        case 's': return ended_text(value, false, text);
        case 'b': return buffer(value, length, text);
        case 'B': return buffer(value, result, text);
        case 'C': return ended_text(value, true, text);
        case 'S': return socket_address(value, length & 0xffffffff, text);
        case 'R': {
            std::uint32_t size = 0;
            if (!memory_.get(length, size)) size = 0;
            return socket_address(value, size, text);
        }
        case 't': return time(value, "tv_nsec", text);
        case 'H': return time(value, "tv_nsec", text);
        case 'T': return time(value, "tv_usec", text);
        case 'q': return status(value, text);
        case 'Q': return extended_status(value, text);
        case 'v': return words(value, false, text);
        case 'e': return words(value, true, text);
        case 'w': return wait_status(value, text);
        case 'i': return vectors(value, length, ~std::uint64_t{0}, true, text);
        case 'I': return vectors(value, length, result, true, text);
        case 'M': return message(value, false, text);
        case 'N': return message(value, true, text);
        case 'P': return polled(value, length, false, text);
        case 'E': return events(value, 1, text);
        case 'V': return events(value, result, text);
        case 'z': text += value == 0 ? "0" : signal_name(static_cast<int>(value)); return;
        case 'g': return signals(value, 8, text);
        case 'G': return signals(value, 8, text);
        case 'a':
        case 'y': return action(value, text);
        case 'F': {
            std::array<int, 2> pair{};
            if (!memory_.get(value, pair)) return pointer(value, text);
            text += '[';
            descriptor(static_cast<std::uint64_t>(pair[0]), text);
            text += ", ";
            descriptor(static_cast<std::uint64_t>(pair[1]), text);
            text += ']';
            return;
        }
        case 'K': return option(value, length, text);
        case 'W': {
            std::uint32_t size = 0;
            return option(value, memory_.get(length, size) ? size : 0, text);
        }
        case 'Y': return option(value, sizeof(std::uint32_t), text);
        case 'J':
        case 'j':
        case 'A':
        case 'L': return structure(kind, value, text);
        case 'k':
            if (argument(1) == F_SETFL) return names('a', value, text);
            if (argument(1) == F_SETFD) return void(text += value & 1 ? "FD_CLOEXEC" : "0");
            return number(argument(1) >= F_GETLK && argument(1) <= F_SETLKW ? 'h' : 'd', value,
                          text);
        default: return number(kind, value, text);
    }
}

void Decoder::result(std::string& text) const {
    const auto result = call_.result;
    if (call_.failed) {
        const auto code = static_cast<int>(-result);
        // Of linux/errno.h: the call begins anew, or ends with EINTR, as its handler says.
        constexpr std::string_view restarts =
            "200=ERESTARTSYS ERESTARTNOINTR ERESTARTNOHAND ENOIOCTLCMD ERESTART_RESTARTBLOCK";
        const auto restart = parse::name_of(restarts, static_cast<std::uint64_t>(code));
        if (!restart.empty()) {
            text += "? " + std::string(restart) + " (To be restarted)";
            return;
        }
        const char* name = ::strerrorname_np(code);
        const char* reason = ::strerrordesc_np(code);
        text += "-1 ";
        text += name ? name : std::to_string(code);
        if (reason) text += " (" + std::string(reason) + ")";
        return;
    }
    const auto value = static_cast<std::uint64_t>(result);
    const bool flags = known_ && known_->name == "fcntl" && value != 0 &&
                       (argument(1) == F_GETFL || argument(1) == F_GETFD);
    if (flags) {
        text += parse::hex(value);
    } else if (known_ && known_->descriptor) {
        descriptor(value, text);
    } else if (known_ && known_->address) {
        number(known_->name == "umask" ? 'o' : 'h', value, text);
    } else {
        text += std::to_string(result);
    }
    if (!known_) return;
    if (known_->name == "fcntl" && argument(1) == F_GETFL) {
        text += " (flags ";
        names('a', value, text);
        text += ')';
    }
    if (known_->name == "fcntl" && argument(1) == F_GETFD && (value & 1)) {
        text += " (flags FD_CLOEXEC)";
    }
    if (known_->name.ends_with("poll") && known_->kinds.starts_with('P')) {
        if (result == 0) {
            text += " (Timeout)";
        } else {
            text += " (";
            polled(argument(0), argument(1), true, text);
            text += ')';
        }
    }
}

}  // namespace limpet::commands::strace
