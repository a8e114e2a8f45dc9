// parse/filter.h - pcap-filter(7): what tcpdump is to show, as a BPF program.
//
// A compiler of our own: libpcap's is 190 KB of program, and asks resolvers that a static program
// must not have. Names of hosts and networks are therefore refused; those of the usual services are
// known.
#pragma once

#include "limpet/result.h"
#include "parse/bpf.h"

#include <cstdint>
#include <string_view>

namespace limpet::parse {

// What stands before a packet's network layer, and who runs the program.
enum class LinkLayer : std::uint8_t {
    ethernet,
    cooked,           // LINKTYPE_LINUX_SLL
    cooked2,          // LINKTYPE_LINUX_SLL2
    raw,              // IP at once
    null,             // the address family
    ethernet_socket,  // a packet socket, packet(7): what is no part of the bytes can be asked for
    cooked_socket,    // the same of type SOCK_DGRAM: the bytes begin with the network layer
};

// Where the network layer begins.
std::uint32_t network_offset(LinkLayer link);

// The program returns `snapshot` for what is to be shown, else 0. An empty text shows everything.
Result<BpfProgram> compile_filter(std::string_view text, LinkLayer link, std::uint32_t snapshot);

// Says something of VLANs, whose tags the kernel takes out of the bytes before a socket's filter.
bool filters_vlan(std::string_view text);

// Well-known services by name and by number; 0 and empty for others.
std::uint16_t service_port(std::string_view name);

}  // namespace limpet::parse
