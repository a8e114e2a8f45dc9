// parse_net_test.cpp - sockets, links, addresses and routes from text and from netlink's bytes.
#include "parse/link_kinds.h"
#include "parse/net_addresses.h"
#include "parse/rtnetlink.h"
#include "parse/sock_diag.h"
#include "parse/socket.h"

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/unix_diag.h>

using namespace limpet;

namespace {

// A netlink payload, put together as the kernel does.
class Message {
public:
    template <typename T>
    explicit Message(const T& head) {
        add(&head, sizeof head);
    }
    Message& attribute(std::uint16_t type, const void* value, std::size_t size) {
        const rtattr header{static_cast<unsigned short>(RTA_LENGTH(size)), type};
        add(&header, sizeof header);
        add(value, size);
        return *this;
    }
    template <typename T>
    Message& attribute(std::uint16_t type, const T& value) {
        return attribute(type, &value, sizeof value);
    }
    [[nodiscard]] parse::Bytes bytes() const { return bytes_; }

private:
    void add(const void* data, std::size_t size) {
        const auto* from = static_cast<const std::byte*>(data);
        bytes_.insert(bytes_.end(), from, from + size);
        bytes_.resize(NLMSG_ALIGN(bytes_.size()));
    }
    std::vector<std::byte> bytes_;
};

}  // namespace

TEST_CASE("lines of /proc/net/tcp", "[socket]") {
    const auto socket = parse::inet_socket(parse::Protocol::tcp,
                                           "   1: 0100007F:1F90 0200007F:C001 01 00000010:00000020 "
                                           "02:00000064 00000003  1000        0 "
                                           "4711 2 0000000000000000 20 4 30 10 -1",
                                           100);
    REQUIRE(socket);
    CHECK(parse::text_with_port(socket->local) == "127.0.0.1:8080");
    CHECK(parse::text_with_port(socket->remote) == "127.0.0.2:49153");
    CHECK(parse::state_name(socket->state) == "ESTAB");
    CHECK(socket->send_queue == 16);
    CHECK(socket->receive_queue == 32);
    CHECK(socket->timer == 2);
    CHECK(socket->timer_expires == 1000);
    CHECK(socket->uid == 1000);
    CHECK(socket->inode == 4711);
    const auto six = parse::inet_socket(
        parse::Protocol::tcp,
        "0: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A "
        "00000000:00000000 00:00000000 00000000 0 0 9 1 0 100 0 0 10 0",
        100);
    REQUIRE(six);
    CHECK(parse::text_with_port(six->local) == "[::1]:22");
    CHECK(parse::text_with_port(six->remote) == "[::]:*");
    for (const auto line : {"", "sl local_address", "0: x y", "0: 0100007F:1F90 0200007F"}) {
        CHECK_FALSE(parse::inet_socket(parse::Protocol::tcp, line, 100));
    }
}

TEST_CASE("lines of /proc/net/unix", "[socket]") {
    const auto socket = parse::unix_socket(
        "0000000000000000: 00000002 00000000 00010000 0001 01 15305 /run/with blank\x1b");
    REQUIRE(socket);
    CHECK(socket->path == "/run/with blank\x1b");
    CHECK(parse::state_name(socket->state) == "LISTEN");
    CHECK(socket->inode == 15305);
    CHECK_FALSE(parse::unix_socket("Num RefCount Protocol Flags Type St Inode Path"));
}

TEST_CASE("inet_diag and unix_diag messages", "[socket]") {
    inet_diag_msg head{};
    head.idiag_family = AF_INET;
    head.idiag_state = 10;
    head.id.idiag_sport = __builtin_bswap16(443);
    head.id.idiag_src[0] = __builtin_bswap32(0x0a000001);
    head.idiag_inode = 99;
    Message message(head);
    message.attribute(INET_DIAG_CONG, "cubic", 6);
    const auto socket = parse::inet_diag(parse::Protocol::tcp, message.bytes());
    REQUIRE(socket);
    CHECK(parse::text_with_port(socket->local) == "10.0.0.1:443");
    CHECK(socket->congestion == "cubic");

    unix_diag_msg plain{};
    plain.udiag_type = SOCK_STREAM;
    const auto abstract =
        parse::unix_diag(Message(plain).attribute(UNIX_DIAG_NAME, "\0a\0b", 4).bytes());
    REQUIRE(abstract);
    CHECK(abstract->path == "@a@b");
}

TEST_CASE("links with everything that counts", "[rtnetlink]") {
    ifinfomsg head{};
    head.ifi_index = 8;
    head.ifi_flags = 0x10043;
    const std::uint32_t mtu = 1400, peer = 9, there = 0;
    const std::uint8_t hardware[]{2, 0x42, 0xac, 0x11, 0, 3};
    Message message(head);
    message.attribute(IFLA_IFNAME, "eth0\n", 6).attribute(IFLA_MTU, mtu);
    message.attribute(IFLA_ADDRESS, hardware).attribute(IFLA_LINK, peer);
    message.attribute(IFLA_LINK_NETNSID, there);
    const auto link = parse::link(message.bytes());
    REQUIRE(link);
    CHECK(link->name == "eth0\n");
    CHECK(link->mtu == 1400);
    CHECK(link->address == "02:42:ac:11:00:03");
    CHECK(link->peer == 9U);
    CHECK(link->peer_namespace == 0U);
}

// One attribute of `size` bytes, in the machine's order.
template <typename T>
void add_attribute(std::vector<std::byte>& to, std::uint16_t type, T value) {
    const nlattr head{static_cast<std::uint16_t>(NLA_HDRLEN + sizeof value), type};
    const auto bytes = std::as_bytes(std::span(&head, 1));
    to.insert(to.end(), bytes.begin(), bytes.end());
    const auto own = std::as_bytes(std::span(&value, 1));
    to.insert(to.end(), own.begin(), own.end());
    to.resize((to.size() + 3) & ~std::size_t{3});
}

TEST_CASE("what makes links of their kinds", "[rtnetlink]") {
    using Details = std::vector<std::pair<std::string, std::string>>;
    std::vector<std::byte> vlan;
    add_attribute(vlan, IFLA_VLAN_ID, std::uint16_t{10});
    add_attribute(vlan, IFLA_VLAN_FLAGS, ifla_vlan_flags{5, 0xffffffff});
    add_attribute(vlan, IFLA_VLAN_PROTOCOL, htons(0x8100));
    CHECK(parse::link_details("vlan", vlan) ==
          Details{{"protocol", "802.1Q"}, {"id", "10"}, {"flags", "<REORDER_HDR,LOOSE_BINDING>"}});
    std::vector<std::byte> vxlan;
    add_attribute(vxlan, IFLA_VXLAN_ID, std::uint32_t{42});
    add_attribute(vxlan, IFLA_VXLAN_GROUP, htonl(0x0a000001));
    add_attribute(vxlan, IFLA_VXLAN_LINK, std::uint32_t{3});
    add_attribute(vxlan, IFLA_VXLAN_PORT, htons(4789));
    add_attribute(vxlan, IFLA_VXLAN_TTL, std::uint8_t{0});
    add_attribute(vxlan, IFLA_VXLAN_UDP_CSUM, std::uint8_t{1});
    CHECK(parse::link_details("vxlan", vxlan) == Details{{"id", "42"},
                                                         {"remote", "10.0.0.1"},
                                                         {"dev", "3"},
                                                         {"dstport", "4789"},
                                                         {"ttl", "auto"},
                                                         {"udpcsum", ""}});
    std::vector<std::byte> bond;
    add_attribute(bond, IFLA_BOND_MODE, std::uint8_t{4});
    add_attribute(bond, IFLA_BOND_MIIMON, std::uint32_t{100});
    add_attribute(bond, IFLA_BOND_AD_LACP_RATE, std::uint8_t{1});
    CHECK(parse::link_details("bond", bond) ==
          Details{{"mode", "802.3ad"}, {"miimon", "100"}, {"lacp_rate", "fast"}});
    CHECK(parse::link_details("dummy", bond).empty());
}

TEST_CASE("routes, multipath too", "[rtnetlink]") {
    rtmsg head{};
    head.rtm_family = AF_INET;
    head.rtm_dst_len = 8;
    const std::uint8_t destination[]{10, 0, 0, 0};
    struct {
        rtnexthop hop;
        rtattr attribute;
        std::uint8_t gateway[4];
    } const hops{{16, 0, 2, 5}, {8, RTA_GATEWAY}, {10, 1, 2, 3}};
    const auto route = parse::route(
        Message(head).attribute(RTA_DST, destination).attribute(RTA_MULTIPATH, hops).bytes());
    REQUIRE(route);
    CHECK(parse::text(*route->destination) == "10.0.0.0");
    REQUIRE(route->hops.size() == 1);
    CHECK(route->hops[0].weight == 3);
    CHECK(parse::text(*route->hops[0].gateway) == "10.1.2.3");
}

TEST_CASE("a message that is cut anywhere is no trap", "[rtnetlink]") {
    ifinfomsg head{};
    Message message(head);
    message.attribute(IFLA_IFNAME, "eth0", 5).attribute(IFLA_MTU, 1U).attribute(IFLA_STATS64, 1U);
    message.attribute(IFLA_LINKINFO, "\5\0\1\0v", 5).attribute(RTA_MULTIPATH, "\2\0", 2);
    const auto whole = message.bytes();
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        // A copy of exactly that size, so that a sanitizer sees a byte too far.
        const std::vector<std::byte> part(whole.begin(),
                                          whole.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(parse::link(part).has_value() == (size >= sizeof head));
        static_cast<void>(parse::interface_address(part));
        static_cast<void>(parse::route(part));
        static_cast<void>(parse::neighbour(part));
        static_cast<void>(parse::rule(part));
        static_cast<void>(parse::inet_diag(parse::Protocol::tcp, part));
        static_cast<void>(parse::unix_diag(part));
    }
}

TEST_CASE("a namespace's own addresses", "[net]") {
    CHECK(parse::local_addresses(
              "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 127.0.0.1\n        /32 host "
              "LOCAL\n     |-- 172.17.0.2\n        /32 host LOCAL\n     |-- "
              "172.17.255.255\n        /32 link BROADCAST\nLocal:\n     |-- "
              "172.17.0.2\n        /32 host LOCAL\n") == std::vector<std::string>{"172.17.0.2"});
    CHECK(parse::local_addresses6("00000000000000000000000000000001 01 80 10 80 lo\n"
                                  "fe800000000000000042acfffe110002 08 40 20 80 eth0\n"
                                  "fd000000000000000000000000000002 08 40 00 80 eth0\nzz\n") ==
          std::vector<std::string>{"fe80::42:acff:fe11:2%eth0", "fd00::2"});
}
