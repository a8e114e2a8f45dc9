// network/socket_details.cpp - timers, memory and TCP's inside, in the words of ss(8) and as JSON.
#include "commands/network/socket_details.h"

#include "commands/table.h"
#include "parse/netlink.h"

#include <linux/tcp.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>

namespace limpet::commands {
namespace {

using parse::Socket;

// How a field of tcp_info is told. What is zero is left out, and what the kernel means by "none".
enum class As : std::uint8_t {
    small,      // of 8 bits
    word,       // of 32 bits
    big,        // of 64 bits
    time,       // microseconds, told in milliseconds
    rate,       // bytes a second, told in bits
    busy,       // microseconds of 64 bits, told in whole milliseconds
    threshold,  // a word; 0xffff and above: none yet
    timeout,    // a time; three seconds are what there is before the first measurement
    order,      // a word; three is the default
    options,    // what follows are no numbers
    scale,
    round_trip,
    send,
    limited,
    retransmissions,
    pacing,
};

struct Field {
    char name[15];
    std::uint8_t offset;
    As as;
};

#define AT(member) static_cast<std::uint8_t>(offsetof(tcp_info, tcpi_##member))
// In the order of ss(8), whose words they are.
constexpr Field fields[]{
    {"", 0, As::options},
    {"wscale", 0, As::scale},
    {"rto", AT(rto), As::timeout},
    {"backoff", AT(backoff), As::small},
    {"rtt", AT(rtt), As::round_trip},
    {"ato", AT(ato), As::time},
    {"mss", AT(snd_mss), As::word},
    {"pmtu", AT(pmtu), As::word},
    {"rcvmss", AT(rcv_mss), As::word},
    {"advmss", AT(advmss), As::word},
    {"cwnd", AT(snd_cwnd), As::word},
    {"ssthresh", AT(snd_ssthresh), As::threshold},
    {"bytes_sent", AT(bytes_sent), As::big},
    {"bytes_retrans", AT(bytes_retrans), As::big},
    {"bytes_acked", AT(bytes_acked), As::big},
    {"bytes_received", AT(bytes_received), As::big},
    {"segs_out", AT(segs_out), As::word},
    {"segs_in", AT(segs_in), As::word},
    {"data_segs_out", AT(data_segs_out), As::word},
    {"data_segs_in", AT(data_segs_in), As::word},
    {"send", 0, As::send},
    {"lastsnd", AT(last_data_sent), As::word},
    {"lastrcv", AT(last_data_recv), As::word},
    {"lastack", AT(last_ack_recv), As::word},
    {"pacing_rate", AT(pacing_rate), As::pacing},
    {"delivery_rate", AT(delivery_rate), As::rate},
    {"delivered", AT(delivered), As::word},
    {"delivered_ce", AT(delivered_ce), As::word},
    {"app_limited", 0, As::limited},
    {"busy", AT(busy_time), As::busy},
    {"rwnd_limited", AT(rwnd_limited), As::busy},
    {"sndbuf_limited", AT(sndbuf_limited), As::busy},
    {"unacked", AT(unacked), As::word},
    {"retrans", AT(retrans), As::retransmissions},
    {"lost", AT(lost), As::word},
    {"sacked", AT(sacked), As::word},
    {"dsack_dups", AT(dsack_dups), As::word},
    {"fackets", AT(fackets), As::word},
    {"reordering", AT(reordering), As::order},
    {"reord_seen", AT(reord_seen), As::word},
    {"rcv_rtt", AT(rcv_rtt), As::time},
    {"rcv_space", AT(rcv_space), As::word},
    {"rcv_ssthresh", AT(rcv_ssthresh), As::word},
    {"notsent", AT(notsent_bytes), As::word},
    {"minrtt", AT(min_rtt), As::time},
    {"rcv_ooopack", AT(rcv_ooopack), As::word},
    {"snd_wnd", AT(snd_wnd), As::word},
};
#undef AT

std::uint64_t value_of(parse::Bytes info, const Field& field) {
    const auto at = info.subspan(std::min<std::size_t>(field.offset, info.size()));
    switch (field.as) {
        case As::small: return parse::front<std::uint8_t>(at);
        case As::big:
        case As::rate:
        case As::busy:
        case As::pacing: return parse::front<std::uint64_t>(at);
        default: return parse::front<std::uint32_t>(at);
    }
}

bool told(const Field& field, std::uint64_t value) {
    switch (field.as) {
        case As::threshold: return value != 0 && value < 0xffff;
        case As::timeout: return value != 0 && value != 3'000'000;
        case As::order: return value != 3;
        case As::time: return value != 0 && value != 0xffffffff;
        case As::pacing: return value != 0 && value != UINT64_MAX;
        default: return value != 0;
    }
}

void append(std::string& line, const char* format, auto... values) {
    char text[96];
    const int length = std::snprintf(text, sizeof text, format, values...);
    line.append(text, static_cast<std::size_t>(length));
}

void append_digits(std::string& line, std::uint64_t value) {
    char digits[20];
    line.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// What most fields are, without snprintf(3): there are 10^5 times thirty of them.
void append_number(std::string& line, std::string_view name, std::uint64_t value) {
    line += ' ';
    line += name;
    line += ':';
    append_digits(line, value);
}

double milliseconds(std::uint64_t microseconds) {
    return static_cast<double>(microseconds) / 1000.0;
}

// "%.0f" of what is no fraction, mostly.
void append_whole(std::string& line, double value) {
    if (value >= 1e18) return append(line, "%.0f", value);
    append_digits(line, static_cast<std::uint64_t>(std::nearbyint(value)));
}

void append_rate(std::string& line, std::string_view name, double bits) {
    line += ' ';
    line += name;
    line += ' ';
    append_whole(line, bits);
    line += "bps";
}

// "%g" of milliseconds, which has six digits: 0.02, 201.5, 40.
void append_milliseconds(std::string& line, std::uint64_t microseconds) {
    if (microseconds >= 1'000'000) return append(line, "%g", milliseconds(microseconds));
    append_digits(line, microseconds / 1000);
    auto rest = microseconds % 1000;
    if (rest == 0) return;
    line += '.';
    for (auto unit = 100U; rest > 0; rest %= unit, unit /= 10) {
        line += static_cast<char>('0' + rest / unit);
    }
}

constexpr std::array<std::string_view, 6> option_names{"ts",  "sack",    "",
                                                       "ecn", "ecnseen", "fastopen"};
constexpr std::uint8_t scaled = 4;  // TCPI_OPT_WSCALE, the one that has numbers

void append_options(std::string& line, const Socket& socket, std::uint8_t options) {
    for (std::size_t i = 0; i < option_names.size(); ++i) {
        if ((options >> i & 1) == 0 || option_names[i].empty()) continue;
        line += ' ';
        line += option_names[i];
    }
    if (socket.congestion.empty()) return;
    line += ' ';
    line += visible(socket.congestion);
}

void append_field(std::string& line, const tcp_info& info, const Field& field,
                  std::uint64_t value) {
    const char* name = field.name;
    switch (field.as) {
        case As::options: return;
        case As::scale:
            if (info.tcpi_options & scaled) {
                append(line, " %s:%u,%u", name, unsigned{info.tcpi_snd_wscale},
                       unsigned{info.tcpi_rcv_wscale});
            }
            return;
        case As::send:
            if (info.tcpi_rtt && info.tcpi_snd_mss && info.tcpi_snd_cwnd) {
                append_rate(line, name,
                            static_cast<double>(info.tcpi_snd_cwnd) * info.tcpi_snd_mss * 8e6 /
                                info.tcpi_rtt);
            }
            return;
        case As::limited:
            if (info.tcpi_delivery_rate_app_limited) append(line, " app_limited");
            return;
        case As::retransmissions:
            if (info.tcpi_retrans || info.tcpi_total_retrans) {
                append(line, " retrans:%u/%u", info.tcpi_retrans, info.tcpi_total_retrans);
            }
            return;
        default: break;
    }
    if (!told(field, value)) return;
    switch (field.as) {
        case As::round_trip:
        case As::time:
        case As::timeout:
            line += ' ';
            line += name;
            line += ':';
            append_milliseconds(line, value);
            if (field.as != As::round_trip) break;
            line += '/';
            append_milliseconds(line, info.tcpi_rttvar);
            break;
        case As::rate:
        case As::pacing: append_rate(line, name, static_cast<double>(value) * 8); break;
        case As::busy:
            append_number(line, name, value / 1000);
            line += "ms";
            break;
        default: append_number(line, name, value); break;
    }
}

}  // namespace

std::string_view timer_name(std::uint8_t timer) {
    constexpr std::array<std::string_view, 6> names{"none",     "on",      "keepalive",
                                                    "timewait", "persist", "unknown"};
    return names[std::min<std::size_t>(timer, names.size() - 1)];
}

void append_timer(std::string& line, const Socket& socket) {
    if (socket.timer == 0) return;
    append(line, " timer:(%s,", timer_name(socket.timer).data());
    // Coarser the longer it is, as ss(8) has it: 119min, 1min59sec, 12sec, 1.200ms.
    auto thousandths = socket.timer_expires % 1000;
    auto seconds = socket.timer_expires / 1000;
    const auto minutes = seconds / 60;
    seconds %= 60;
    if (minutes > 0) {
        append(line, "%llumin", static_cast<unsigned long long>(minutes));
        thousandths = 0;
        if (minutes > 9) seconds = 0;
    }
    if (seconds > 9) thousandths = 0;
    if (seconds > 0) {
        append(line, "%llu%s", static_cast<unsigned long long>(seconds), thousandths ? "." : "sec");
    }
    if (thousandths > 0) append(line, "%03llums", static_cast<unsigned long long>(thousandths));
    append(line, ",%u)", socket.retransmits);
}

constexpr std::array<std::array<std::string_view, 2>, 9> memory_names{{{"r", "receive"},
                                                                       {"rb", "receive_limit"},
                                                                       {"t", "send"},
                                                                       {"tb", "send_limit"},
                                                                       {"f", "forward"},
                                                                       {"w", "queued"},
                                                                       {"o", "options"},
                                                                       {"bl", "backlog"},
                                                                       {"d", "dropped"}}};

void append_memory(std::string& line, const Socket& socket) {
    if (socket.memory.empty()) return;
    const auto values = parse::front<std::array<std::uint32_t, memory_names.size()>>(socket.memory);
    line += " skmem:(";
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) line += ',';
        line += memory_names[i][0];
        append_digits(line, values[i]);
    }
    line += ')';
}

void append_tcp(std::string& line, const Socket& socket, bool with_options) {
    if (socket.tcp.empty()) return;
    const auto info = parse::front<tcp_info>(socket.tcp);
    append_options(line, socket, with_options ? info.tcpi_options : 0);
    for (const auto& field : fields) {
        // A listener's "sacked" is the length that its queue may have.
        if (field.offset == offsetof(tcp_info, tcpi_sacked) && socket.state == 10) continue;
        append_field(line, info, field, value_of(socket.tcp, field));
    }
}

std::string memory_json(const Socket& socket) {
    const auto values = parse::front<std::array<std::uint32_t, memory_names.size()>>(socket.memory);
    JsonObject object;
    for (std::size_t i = 0; i < values.size(); ++i) object.number(memory_names[i][1], values[i]);
    return object.take();
}

std::string tcp_json(const Socket& socket) {
    const auto info = parse::front<tcp_info>(socket.tcp);
    JsonObject object;
    object.text("congestion", socket.congestion);
    std::vector<std::string> options;
    for (std::size_t i = 0; i < option_names.size(); ++i) {
        if ((info.tcpi_options >> i & 1) && !option_names[i].empty()) {
            options.emplace_back(option_names[i]);
        }
    }
    object.texts("options", options);
    if (info.tcpi_options & scaled) {
        object.number("send_scale", unsigned{info.tcpi_snd_wscale});
        object.number("receive_scale", unsigned{info.tcpi_rcv_wscale});
    }
    object.real("rtt", milliseconds(info.tcpi_rtt));
    object.real("rtt_variance", milliseconds(info.tcpi_rttvar));
    object.real("rto", milliseconds(info.tcpi_rto));
    object.number("retransmitted", info.tcpi_total_retrans);
    for (const auto& field : fields) {
        const auto value = value_of(socket.tcp, field);
        switch (field.as) {
            case As::time: object.real(field.name, milliseconds(value)); break;
            case As::busy: object.number(field.name, value / 1000); break;
            case As::small:
            case As::word:
            case As::big:
            case As::rate:
            case As::pacing:
            case As::threshold:
            case As::order: object.number(field.name, value); break;
            default: break;
        }
    }
    return object.take();
}

}  // namespace limpet::commands
