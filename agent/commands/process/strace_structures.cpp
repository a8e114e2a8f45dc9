// strace_structures.cpp - what pointers of system calls point to, as strace writes it.
#include "commands/process/strace_decode.h"

#include "parse/name_table.h"

#include <arpa/inet.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <csignal>
#include <cstddef>
#include <cstdio>

namespace limpet::commands::strace {
namespace {

using parse::append;

constexpr std::size_t most_elements = 32;  // of one array

// "S_IFREG|0644"
std::string mode_text(unsigned mode) {
    constexpr std::string_view types =
        "1000=S_IFIFO 2000=S_IFCHR 4000=S_IFDIR 6000=S_IFBLK 8000=S_IFREG a000=S_IFLNK "
        "c000=S_IFSOCK";
    std::string text(parse::name_of(types, mode & S_IFMT));
    if (!text.empty()) text += '|';
    for (const auto& [bit, name] :
         {std::pair{S_ISUID, "S_ISUID|"}, {S_ISGID, "S_ISGID|"}, {S_ISVTX, "S_ISVTX|"}}) {
        if (mode & bit) text += name;
    }
    char digits[16];
    std::snprintf(digits, sizeof digits, "%#03o", mode & 0777U);
    return text + digits;
}

// "st_size=5", or "st_rdev=makedev(0x1, 0x3)" of a device.
std::string size_or_device(const char* prefix, unsigned mode, std::uint64_t size, unsigned major,
                           unsigned minor) {
    std::string text;
    if (S_ISCHR(mode) || S_ISBLK(mode)) {
        append(text, "%s_rdev=makedev(%#x, %#x)", prefix, major, minor);
    } else {
        append(text, "%s_size=%lu", prefix, size);
    }
    return text;
}

}  // namespace

void Decoder::socket_address(std::uint64_t address, std::uint64_t size, std::string& text) const {
    sockaddr_storage any{};
    const auto got = memory_.read(
        address, &any, static_cast<std::size_t>(std::min<std::uint64_t>(size, sizeof any)));
    if (address == 0 || got < sizeof(sa_family_t)) {
        text += address == 0 ? "NULL" : parse::hex(address);
        return;
    }
    text += "{sa_family=";
    names('e', any.ss_family, text);
    char name[INET6_ADDRSTRLEN] = "";
    if (any.ss_family == AF_UNIX) {
        const auto* const un =
            reinterpret_cast<const char*>(&any) + offsetof(sockaddr_un, sun_path);
        std::string_view path(un, got - offsetof(sockaddr_un, sun_path));
        if (!path.empty()) {
            text += ", sun_path=";
            const bool abstract = path[0] == '\0';
            if (abstract) {
                text += '@';
                path.remove_prefix(1);
            } else {
                path = path.substr(0, path.find('\0'));
            }
            quote(path, text);
        }
    } else if (any.ss_family == AF_INET && got >= sizeof(sockaddr_in)) {
        const auto& in = reinterpret_cast<const sockaddr_in&>(any);
        ::inet_ntop(AF_INET, &in.sin_addr, name, sizeof name);
        append(text, ", sin_port=htons(%u), sin_addr=inet_addr(\"%s\")", ntohs(in.sin_port), name);
    } else if (any.ss_family == AF_INET6 && got >= sizeof(sockaddr_in6)) {
        const auto& in = reinterpret_cast<const sockaddr_in6&>(any);
        ::inet_ntop(AF_INET6, &in.sin6_addr, name, sizeof name);
        append(text,
               ", sin6_port=htons(%u), sin6_flowinfo=htonl(%u), inet_pton(AF_INET6, \"%s\", "
               "&sin6_addr), sin6_scope_id=%u",
               ntohs(in.sin6_port), ntohl(in.sin6_flowinfo), name, in.sin6_scope_id);
    } else if (any.ss_family == AF_NETLINK && got >= 12) {
        std::uint32_t values[3];
        std::memcpy(values, &any, sizeof values);
        append(text, ", nl_pid=%u, nl_groups=%08x", values[1], values[2]);
    } else if (got > sizeof(sa_family_t)) {
        text += ", sa_data=";
        quote(
            {reinterpret_cast<const char*>(&any) + sizeof(sa_family_t), got - sizeof(sa_family_t)},
            text);
    }
    text += '}';
}

void Decoder::time(std::uint64_t address, const char* part, std::string& text) const {
    std::array<std::int64_t, 2> value{};
    if (!memory_.get(address, value)) {
        text += parse::hex(address);
        return;
    }
    append(text, "{tv_sec=%ld, %s=%ld}", value[0], part, value[1]);
}

void Decoder::status(std::uint64_t address, std::string& text) const {
    struct stat value{};
    if (!memory_.get(address, value)) {
        text += parse::hex(address);
        return;
    }
    append(text, "{st_mode=%s, %s, ...}", mode_text(value.st_mode).c_str(),
           size_or_device("st", value.st_mode, static_cast<std::uint64_t>(value.st_size),
                          major(value.st_rdev), minor(value.st_rdev))
               .c_str());
}

void Decoder::extended_status(std::uint64_t address, std::string& text) const {
    struct statx value{};
    if (!memory_.get(address, value)) {
        text += parse::hex(address);
        return;
    }
    append(text, "{stx_mask=%#x, stx_mode=%s, %s, ...}", value.stx_mask,
           mode_text(value.stx_mode).c_str(),
           size_or_device("stx", value.stx_mode, value.stx_size, value.stx_rdev_major,
                          value.stx_rdev_minor)
               .c_str());
}

void Decoder::vectors(std::uint64_t address, std::uint64_t count, std::uint64_t bytes, bool known,
                      std::string& text) const {
    text += '[';
    for (std::uint64_t i = 0; i < count; ++i) {
        iovec part{};
        if (i > 0) text += ", ";
        if (i == most_elements || !memory_.get(address + i * sizeof part, part)) {
            text += "...";
            break;
        }
        text += "{iov_base=";
        const auto base = reinterpret_cast<std::uint64_t>(part.iov_base);
        const auto filled = std::min<std::uint64_t>(part.iov_len, bytes);
        if (known) {
            buffer(base, filled, text);
        } else {
            text += parse::hex(base);
        }
        bytes -= bytes == ~std::uint64_t{0} ? 0 : filled;
        append(text, ", iov_len=%zu}", part.iov_len);
    }
    text += ']';
}

void Decoder::message(std::uint64_t address, bool filled, std::string& text) const {
    msghdr header{};
    if (!memory_.get(address, header)) {
        text += parse::hex(address);
        return;
    }
    text += "{msg_name=";
    const auto name = reinterpret_cast<std::uint64_t>(header.msg_name);
    if (name == 0) {
        text += "NULL";
    } else {
        socket_address(name, header.msg_namelen, text);
    }
    append(text, ", msg_namelen=%u, msg_iov=", header.msg_namelen);
    vectors(reinterpret_cast<std::uint64_t>(header.msg_iov), header.msg_iovlen,
            filled ? static_cast<std::uint64_t>(call_.result) : ~std::uint64_t{0}, true, text);
    append(text, ", msg_iovlen=%zu, msg_controllen=%zu, msg_flags=", header.msg_iovlen,
           header.msg_controllen);
    names('m', static_cast<std::uint32_t>(header.msg_flags), text);
    text += '}';
}

void Decoder::polled(std::uint64_t address, std::uint64_t count, bool results,
                     std::string& text) const {
    text += '[';
    std::size_t shown = 0;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, 65536); ++i) {
        pollfd entry{};
        const bool there = memory_.get(address + i * sizeof entry, entry);
        if (there && results && entry.revents == 0) continue;
        if (shown > 0) text += ", ";
        if (!there || shown++ == most_elements) {
            text += "...";
            break;
        }
        text += "{fd=";
        descriptor(static_cast<std::uint64_t>(entry.fd), text);
        text += results ? ", revents=" : ", events=";
        names('S', static_cast<std::uint16_t>(results ? entry.revents : entry.events), text);
        text += '}';
    }
    text += ']';
}

void Decoder::events(std::uint64_t address, std::uint64_t count, std::string& text) const {
    const bool list = known_ && known_->kinds.find('V') != std::string_view::npos;
    if (list) text += '[';
    for (std::uint64_t i = 0; i < count; ++i) {
        epoll_event event{};
        if (i > 0) text += ", ";
        if (i == most_elements || !memory_.get(address + i * sizeof event, event)) {
            text += "...";
            break;
        }
        const std::uint64_t data = event.data.u64;
        const std::uint32_t low = event.data.u32;
        text += "{events=";
        names('V', event.events, text);
        append(text, ", data={u32=%u, u64=%lu}}", low, data);
    }
    if (list) text += ']';
}

void Decoder::signals(std::uint64_t address, std::uint64_t size, std::string& text) const {
    std::uint64_t set = 0;
    if (address == 0 || size != sizeof set || !memory_.get(address, set)) {
        text += address == 0 ? "NULL" : parse::hex(address);
        return;
    }
    // Most of them: those that are missing are told.
    const bool inverted = __builtin_popcountll(set) > 32;
    if (inverted) {
        text += '~';
        set = ~set;
    }
    text += '[';
    bool first = true;
    for (int signal = 1; signal <= 64; ++signal) {
        if (!(set >> (signal - 1) & 1)) continue;
        if (!first) text += ' ';
        first = false;
        const auto name = signal_name(signal);
        text += name.starts_with("SIG") ? name.substr(3) : name;
    }
    text += ']';
}

void Decoder::action(std::uint64_t address, std::string& text) const {
    struct {
        std::uint64_t handler, flags, restorer;
    } value{};
    if (!memory_.get(address, value)) {
        text += parse::hex(address);
        return;
    }
    const char* const known = value.handler == 0 ? "SIG_DFL" : value.handler == 1 ? "SIG_IGN" : "";
    text += "{sa_handler=";
    text += *known ? known : parse::hex(value.handler);
    text += ", sa_mask=";
    signals(address + sizeof value, 8, text);
    text += ", sa_flags=" + parse::flag_names(parse::argument_names('A'), value.flags);
    if (value.flags & 0x4000000) text += ", sa_restorer=" + parse::hex(value.restorer);
    text += '}';
}

void Decoder::wait_status(std::uint64_t address, std::string& text) const {
    int status = 0;
    if (!memory_.get(address, status)) {
        text += parse::hex(address);
        return;
    }
    if (WIFEXITED(status)) {
        append(text, "[{WIFEXITED(s) && WEXITSTATUS(s) == %d}]", WEXITSTATUS(status));
    } else if (WIFSIGNALED(status)) {
        append(text, "[{WIFSIGNALED(s) && WTERMSIG(s) == %s%s}]",
               signal_name(WTERMSIG(status)).c_str(), WCOREDUMP(status) ? " && WCOREDUMP(s)" : "");
    } else if (WIFSTOPPED(status)) {
        append(text, "[{WIFSTOPPED(s) && WSTOPSIG(s) == %s}]",
               signal_name(WSTOPSIG(status)).c_str());
    } else {
        append(text, "[%#x]", static_cast<unsigned>(status));
    }
}

// Of a socket: most are one number.
void Decoder::option(std::uint64_t address, std::uint64_t size, std::string& text) const {
    std::int32_t value = 0;
    if (size == sizeof value && memory_.get(address, value)) {
        append(text, "[%d]", value);
    } else {
        buffer(address, size, text);
    }
}

void Decoder::structure(char kind, std::uint64_t address, std::string& text) const {
    if (kind == 'J' || kind == 'j') {
        std::array<std::uint64_t, 2> limits{};
        if (!memory_.get(address, limits)) {
            text += parse::hex(address);
            return;
        }
        for (std::size_t i = 0; i < limits.size(); ++i) {
            const auto value = limits[i];
            text += i == 0 ? "{rlim_cur=" : ", rlim_max=";
            if (value == ~std::uint64_t{0}) {
                text += "RLIM64_INFINITY";
            } else if (value > 1024 && value % 1024 == 0) {
                append(text, "%lu*1024", value / 1024);
            } else {
                append(text, "%lu", value);
            }
        }
        text += '}';
        return;
    }
    if (kind == 'A') {
        open_how how{};
        if (!memory_.get(address, how)) {
            text += parse::hex(address);
            return;
        }
        text += "{flags=";
        names('a', how.flags, text);
        if (how.mode) text += ", mode=" + mode_text(static_cast<unsigned>(how.mode));
        constexpr std::string_view resolves =
            "1=RESOLVE_NO_XDEV 2=RESOLVE_NO_MAGICLINKS 4=RESOLVE_NO_SYMLINKS 8=RESOLVE_BENEATH "
            "10=RESOLVE_IN_ROOT 20=RESOLVE_CACHED";
        text += ", resolve=" + parse::flag_names(resolves, how.resolve) + "}";
        return;
    }
    clone_args arguments{};
    if (!memory_.get(address, arguments)) {
        text += parse::hex(address);
        return;
    }
    text += "{flags=";
    names('g', arguments.flags, text);
    append(
        text, ", exit_signal=%s, stack=%#lx, stack_size=%#lx, ...}",
        arguments.exit_signal ? signal_name(static_cast<int>(arguments.exit_signal)).c_str() : "0",
        static_cast<unsigned long>(arguments.stack),
        static_cast<unsigned long>(arguments.stack_size));
}

}  // namespace limpet::commands::strace
