// network/ip_counters.cpp - ip -s and ip -d: counters of a link, and what it is made like.
#include "commands/network/ip.h"
#include "commands/table.h"
#include "parse/number.h"

#include <array>
#include <cstddef>
#include <cstdio>

namespace limpet::commands::ip {
namespace {

using parse::Link;

// A column of counters: the field of iproute2's JSON, the title of its table. What is under
// "missed" there are "over_errors" in JSON.
struct Counter {
    char field[17];
    char title[8];
    std::uint8_t json, table;  // offsets in rtnl_link_stats64
};
#define AT(member) static_cast<std::uint8_t>(offsetof(rtnl_link_stats64, member))
#define COUNTER(field, title, member) {field, title, AT(member), AT(member)}
constexpr Counter receive_counters[]{
    COUNTER("bytes", "bytes", rx_bytes),
    COUNTER("packets", "packets", rx_packets),
    COUNTER("errors", "errors", rx_errors),
    COUNTER("dropped", "dropped", rx_dropped),
    {"over_errors", "missed", AT(rx_over_errors), AT(rx_missed_errors)},
    COUNTER("multicast", "mcast", multicast),
};
constexpr Counter receive_errors[]{
    COUNTER("length_errors", "length", rx_length_errors),
    COUNTER("crc_errors", "crc", rx_crc_errors),
    COUNTER("frame_errors", "frame", rx_frame_errors),
    COUNTER("fifo_errors", "fifo", rx_fifo_errors),
    {"missed_errors", "overrun", AT(rx_missed_errors), AT(rx_over_errors)},
};
constexpr Counter send_counters[]{
    COUNTER("bytes", "bytes", tx_bytes),
    COUNTER("packets", "packets", tx_packets),
    COUNTER("errors", "errors", tx_errors),
    COUNTER("dropped", "dropped", tx_dropped),
    COUNTER("carrier_errors", "carrier", tx_carrier_errors),
    COUNTER("collisions", "collsns", collisions),
};
constexpr Counter send_errors[]{
    COUNTER("aborted_errors", "aborted", tx_aborted_errors),
    COUNTER("fifo_errors", "fifo", tx_fifo_errors),
    COUNTER("window_errors", "window", tx_window_errors),
    COUNTER("heartbeat_errors", "heartbt", tx_heartbeat_errors),
};
#undef COUNTER
#undef AT

std::uint64_t counter(const Link& link, std::uint8_t offset) {
    return parse::front<std::uint64_t>(
        std::as_bytes(std::span(&*link.counters, 1)).subspan(offset));
}

}  // namespace

std::string counters_json(const View& view, const Link& link) {
    JsonObject ways[2];
    const std::span<const Counter> tables[2][2]{{receive_counters, receive_errors},
                                                {send_counters, send_errors}};
    for (std::size_t way = 0; way < 2; ++way) {
        for (std::size_t more = 0; more < 2 && more < view.statistics; ++more) {
            for (const auto& column : tables[way][more])
                ways[way].number(column.field, counter(link, column.json));
        }
    }
    if (view.statistics > 1) ways[1].number("carrier_changes", link.carrier_changes);
    return JsonObject().raw("rx", ways[0].take()).raw("tx", ways[1].take()).take();
}

namespace {

void print_counters(Invocation& call, const Link& link, std::string_view name,
                    std::span<const Counter> columns, bool changes) {
    std::string titles = "    ";
    titles += name;
    std::string values(titles.size(), ' ');
    const auto add = [&](const char* title, std::uint64_t value) {
        char text[24];
        const int width =
            std::snprintf(text, sizeof text, "%8llu", static_cast<unsigned long long>(value));
        values += text;
        std::snprintf(text, sizeof text, "%*s", width, title);
        titles += text;
    };
    for (const auto& column : columns) add(column.title, counter(link, column.table));
    if (changes) add("transns", link.carrier_changes);
    call.out.write(titles + '\n' + values + '\n');
}

}  // namespace

void print_counters(Invocation& call, const View& view, const Link& link) {
    if (!view.statistics || !link.counters) return;
    const bool more = view.statistics > 1;
    print_counters(call, link, "RX:", receive_counters, false);
    if (more) print_counters(call, link, "RX errors:", receive_errors, false);
    print_counters(call, link, "TX:", send_counters, false);
    if (more) print_counters(call, link, "TX errors:", send_errors, true);
}

namespace {

struct Detail {
    std::uint16_t type;
    char field[15];
    char word[14];
};
// In iproute2's order; the kind of the link and how it makes addresses stand behind the fourth.
constexpr Detail details[]{
    {IFLA_PROMISCUITY, "promiscuity", "promiscuity"},
    {61, "allmulti", " allmulti"},
    {IFLA_MIN_MTU, "min_mtu", "minmtu"},
    {IFLA_MAX_MTU, "max_mtu", "maxmtu"},
    {0, "", ""},
    {IFLA_NUM_TX_QUEUES, "num_tx_queues", "numtxqueues"},
    {IFLA_NUM_RX_QUEUES, "num_rx_queues", "numrxqueues"},
    {IFLA_GSO_MAX_SIZE, "gso_max_size", "gso_max_size"},
    {IFLA_GSO_MAX_SEGS, "gso_max_segs", "gso_max_segs"},
    {IFLA_TSO_MAX_SIZE, "tso_max_size", "tso_max_size"},
    {IFLA_TSO_MAX_SEGS, "tso_max_segs", "tso_max_segs"},
    {IFLA_GRO_MAX_SIZE, "gro_max_size", "gro_max_size"},
};
constexpr std::array<std::string_view, 4> generations{"eui64", "none", "stable_secret", "random"};

// "bridge forward_delay 1500 ..."
void add_kind(const Link& link, JsonObject* object, std::string& line) {
    JsonObject data;
    line += visible(link.kind);
    for (const auto& [name, value] : link.of_kind) {
        line += ' ';
        // Those flags stand there without their name, and what is only there without a value.
        if (name != "flags") line += name;
        const bool device = name == "dev" || name == "active_slave" || name == "primary";
        if (name != "flags" && !value.empty()) line += device ? " if" : " ";
        line += value;
        if (!object) continue;
        if (const auto number = parse::number<std::uint64_t>(value)) {
            data.number(name, *number);
        } else {
            data.text(name, value);
        }
    }
    if (!object) return;
    JsonObject info;
    info.text("info_kind", link.kind);
    if (!link.of_kind.empty()) info.raw("info_data", data.take());
    object->raw("linkinfo", info.take());
}

}  // namespace

void add_details(const Link& link, JsonObject* object, std::string& line, std::string_view below) {
    for (const auto& detail : details) {
        if (detail.type == 0) {
            if (!link.kind.empty()) {
                line += below;
                add_kind(link, object, line);
            }
            if (link.generation && *link.generation < generations.size()) {
                if (object) object->text("inet6_addr_gen_mode", generations[*link.generation]);
                line += " addrgenmode ";
                line += generations[*link.generation];
            }
            continue;
        }
        for (const auto& [type, value] : link.details) {
            if (type != detail.type) continue;
            if (object) object->number(detail.field, value);
            line += ' ';
            line += detail.word;
            line += ' ';
            line += std::to_string(value);
        }
    }
}

}  // namespace limpet::commands::ip
