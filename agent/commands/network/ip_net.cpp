// network/ip_net.cpp - what the objects of ip(8) share: the links, and how things are printed.
#include "commands/network/ip.h"
#include "sys/netlink.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

namespace limpet::commands::ip {

std::string Net::name(std::uint32_t index) const {
    for (const auto& link : links) {
        if (link.index == index) return link.name;
    }
    return "if" + std::to_string(index);
}

const parse::Link* Net::find(std::string_view wanted) const {
    for (const auto& link : links) {
        if (link.name == wanted) return &link;
    }
    return nullptr;
}

Result<> dump(const Net& net, std::uint16_t type, int family,
              const std::function<void(parse::Bytes)>& visit) {
    // rtmsg is the largest of the fixed parts; all begin with the family.
    struct ifinfomsg request{};
    request.ifi_family = static_cast<unsigned char>(family);
    return sys::netlink_ask(
        net.netlink, type, true, std::as_bytes(std::span(&request, 1)),
        [&](std::uint16_t, parse::Bytes message) { visit(message); }, "rtnetlink");
}

Result<Net> open_net() {
    Net net{.netlink = TRY(sys::netlink(NETLINK_ROUTE))};
    TRY(dump(net, RTM_GETLINK, AF_UNSPEC, [&](parse::Bytes message) {
        if (auto link = parse::link(message)) net.links.push_back(*std::move(link));
    }));
    return net;
}

void Objects::add(JsonObject object) {
    if (view_.array) call_.out.put(any_ ? ',' : '[');
    any_ = true;
    call_.out.write(object.take());
    if (!view_.array) call_.out.put('\n');
}

void Objects::finish() {
    if (view_.array) call_.out.write(any_ ? "]\n" : "[]\n");
}

std::string prefix_text(const std::optional<parse::Address>& address, std::uint8_t length,
                        int family) {
    if (!address) {
        return length == 0 ? "default"
                           : (family == AF_INET ? "0/" : "::/") + std::to_string(length);
    }
    const unsigned whole = family == AF_INET ? 32 : 128;
    auto text = parse::text(*address);
    return length == whole ? text : text + "/" + std::to_string(length);
}

std::string table_name(std::uint32_t table) {
    switch (table) {
        case RT_TABLE_DEFAULT: return "default";
        case RT_TABLE_MAIN: return "main";
        case RT_TABLE_LOCAL: return "local";
        default: return std::to_string(table);
    }
}

std::string scope_name(std::uint8_t scope) {
    switch (scope) {
        case RT_SCOPE_UNIVERSE: return "global";
        case RT_SCOPE_SITE: return "site";
        case RT_SCOPE_LINK: return "link";
        case RT_SCOPE_HOST: return "host";
        case RT_SCOPE_NOWHERE: return "nowhere";
        default: return std::to_string(scope);
    }
}

}  // namespace limpet::commands::ip
