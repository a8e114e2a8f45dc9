// network/packet_ring.cpp - packets of an interface, by a ring that the kernel fills.
#include "commands/network/packet_ring.h"

#include "parse/rtnetlink.h"
#include "sys/netlink.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <atomic>
#include <cstring>

namespace limpet::commands {
namespace {

constexpr std::size_t block_size = std::size_t{256} * 1024;
// A block that is not full is handed over after that long.
constexpr unsigned retire_milliseconds = 60;

template <typename T>
Result<> set(const Fd& socket, int option, const T& value, const char* name) {
    if (::setsockopt(socket.get(), SOL_PACKET, option, &value, sizeof value) != 0) {
        return failed("setsockopt", name);
    }
    return {};
}

// What leaves through a loopback interface comes in by it as well.
parse::BpfProgram with_loopback(const parse::BpfProgram& filter, std::uint32_t loopback, bool all) {
    using namespace parse::bpf;
    parse::BpfProgram program;
    if (loopback != 0) {
        if (all) {
            program.push_back({ld | abs | word, 0, 0, ancillary_interface});
            program.push_back({jmp | jeq | k, 0, 3, loopback});
        }
        program.push_back({ld | abs | word, 0, 0, ancillary_packet_type});
        program.push_back({jmp | jeq | k, 0, 1, PACKET_OUTGOING});
        program.push_back({ret | k, 0, 0, 0});
    }
    program.insert(program.end(), filter.begin(), filter.end());
    return program;
}

Result<> attach(const Fd& socket, parse::BpfProgram program) {
    static_assert(sizeof(parse::BpfInstruction) == sizeof(sock_filter));
    sock_fprog whole{static_cast<unsigned short>(program.size()),
                     reinterpret_cast<sock_filter*>(program.data())};
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &whole, sizeof whole) != 0) {
        return failed("attach", "the filter");
    }
    return {};
}

void big_endian(std::string& out, std::uint32_t value, unsigned bytes) {
    for (unsigned i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i));
}

}  // namespace

Result<std::vector<CaptureInterface>> capture_interfaces() {
    std::vector<CaptureInterface> list;
    const Fd socket = TRY(sys::netlink(NETLINK_ROUTE));
    ifinfomsg request{};
    TRY(sys::netlink_ask(
        socket, RTM_GETLINK, true, std::as_bytes(std::span(&request, 1)),
        [&](std::uint16_t, std::span<const std::byte> message) {
            if (auto link = parse::link(message)) {
                list.push_back({std::move(link->name), link->index, link->type, link->flags});
            }
        },
        "interfaces"));
    return list;
}

bool is_cooked(const CaptureInterface& interface) {
    return interface.index == 0 ||
           (interface.type != ARPHRD_ETHER && interface.type != ARPHRD_LOOPBACK &&
            interface.type != ARPHRD_NONE);
}

std::uint16_t link_of(const CaptureInterface& interface) {
    if (is_cooked(interface)) return parse::linktype::cooked2;
    return interface.type == ARPHRD_NONE ? parse::linktype::raw : parse::linktype::ethernet;
}

Result<PacketRing> PacketRing::open(const CaptureInterface& interface,
                                    const parse::BpfProgram& filter, std::uint32_t loopback,
                                    std::size_t size) {
    PacketRing ring;
    ring.link_ = link_of(interface);
    const int type = is_cooked(interface) ? SOCK_DGRAM : SOCK_RAW;
    // Of no protocol: nothing comes before the filter is in place.
    ring.socket_ = Fd(::socket(AF_PACKET, type | SOCK_CLOEXEC, 0));
    if (!ring.socket_) return failed("socket", "for packets");
    TRY(attach(ring.socket_, with_loopback(filter, loopback, interface.index == 0)));
    TRY(set(ring.socket_, PACKET_VERSION, int{TPACKET_V3}, "PACKET_VERSION"));
    tpacket_req3 request{};
    ring.blocks_ = std::max<std::size_t>(size / block_size, 2);
    request.tp_block_size = block_size;
    request.tp_block_nr = static_cast<unsigned>(ring.blocks_);
    request.tp_frame_size = 2048;  // of no meaning in this version but for the next sum
    request.tp_frame_nr = request.tp_block_size / request.tp_frame_size * request.tp_block_nr;
    request.tp_retire_blk_tov = retire_milliseconds;
    TRY(set(ring.socket_, PACKET_RX_RING, request, "PACKET_RX_RING"));
    void* place = ::mmap(nullptr, ring.blocks_ * block_size, PROT_READ | PROT_WRITE, MAP_SHARED,
                         ring.socket_.get(), 0);
    if (place == MAP_FAILED) return failed("mmap", "the ring");
    ring.ring_ = static_cast<std::uint8_t*>(place);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(interface.index);
    const auto* where = reinterpret_cast<const sockaddr*>(&address);
    if (::bind(ring.socket_.get(), where, sizeof address) != 0) {
        return failed("bind", interface.name);
    }
    return ring;
}

PacketRing::PacketRing(PacketRing&& other) noexcept
    : socket_(std::move(other.socket_)),
      ring_(std::exchange(other.ring_, nullptr)),
      blocks_(other.blocks_),
      next_(other.next_),
      link_(other.link_) {}

PacketRing::~PacketRing() {
    if (ring_) ::munmap(ring_, blocks_ * block_size);
}

Result<> PacketRing::wait(int milliseconds,
                          const std::function<bool(const parse::CapturedPacket&)>& visit) {
    auto* block = ring_ + next_ * block_size;
    auto* description = reinterpret_cast<tpacket_block_desc*>(block);
    std::atomic_ref status(description->hdr.bh1.block_status);
    if ((status.load(std::memory_order_acquire) & TP_STATUS_USER) == 0) {
        pollfd waiting{socket_.get(), POLLIN | POLLERR, 0};
        if (::poll(&waiting, 1, milliseconds) < 0) return failed("poll", "packets");
        if ((waiting.revents & POLLERR) != 0) {
            int problem = 0;
            socklen_t size = sizeof problem;
            ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &problem, &size);
            if (problem != 0) return failed("capture", "the interface", problem);
        }
        if ((status.load(std::memory_order_acquire) & TP_STATUS_USER) == 0) return {};
    }
    visit_block(block, visit);
    status.store(TP_STATUS_KERNEL, std::memory_order_release);
    next_ = (next_ + 1) % blocks_;
    return {};
}

bool PacketRing::visit_block(std::uint8_t* block,
                             const std::function<bool(const parse::CapturedPacket&)>& visit) {
    const auto& header = reinterpret_cast<tpacket_block_desc*>(block)->hdr.bh1;
    const std::uint8_t* at = block + header.offset_to_first_pkt;
    for (std::uint32_t i = 0; i < header.num_pkts; ++i) {
        if (!visit_packet(at, visit)) return false;
        at += reinterpret_cast<const tpacket3_hdr*>(at)->tp_next_offset;
    }
    return true;
}

bool PacketRing::visit_packet(const std::uint8_t* at,
                              const std::function<bool(const parse::CapturedPacket&)>& visit) {
    const auto& header = *reinterpret_cast<const tpacket3_hdr*>(at);
    const auto& address =
        *reinterpret_cast<const sockaddr_ll*>(at + TPACKET_ALIGN(sizeof(tpacket3_hdr)));
    parse::CapturedPacket packet{.length = header.tp_len,
                                 .seconds = header.tp_sec,
                                 .nanoseconds = header.tp_nsec,
                                 .interface = static_cast<std::uint32_t>(address.sll_ifindex),
                                 .link = link_};
    packet.data = {at + header.tp_mac, header.tp_snaplen};
    rebuilt_.clear();
    if (link_ == parse::linktype::cooked2) {
        big_endian(rebuilt_, ntohs(address.sll_protocol), 2);
        big_endian(rebuilt_, 0, 2);
        big_endian(rebuilt_, static_cast<std::uint32_t>(address.sll_ifindex), 4);
        big_endian(rebuilt_, address.sll_hatype, 2);
        big_endian(rebuilt_, address.sll_pkttype, 1);
        big_endian(rebuilt_, address.sll_halen, 1);
        rebuilt_.append(reinterpret_cast<const char*>(address.sll_addr), sizeof address.sll_addr);
        packet.length += static_cast<std::uint32_t>(rebuilt_.size());
        rebuilt_.append(reinterpret_cast<const char*>(packet.data.data()), packet.data.size());
    } else if ((header.tp_status & TP_STATUS_VLAN_VALID) != 0 && packet.data.size() >= 12) {
        // The kernel keeps the tag beside the packet; it goes back to where it was.
        const auto* bytes = reinterpret_cast<const char*>(packet.data.data());
        rebuilt_.append(bytes, 12);
        const bool named = (header.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
        big_endian(rebuilt_, named ? header.hv1.tp_vlan_tpid : std::uint16_t{ETH_P_8021Q}, 2);
        big_endian(rebuilt_, header.hv1.tp_vlan_tci, 2);
        rebuilt_.append(bytes + 12, packet.data.size() - 12);
        packet.length += 4;
    }
    if (!rebuilt_.empty()) {
        packet.data = {reinterpret_cast<const std::uint8_t*>(rebuilt_.data()), rebuilt_.size()};
    }
    return visit(packet);
}

PacketRing::Statistics PacketRing::statistics() {
    tpacket_stats_v3 now{};
    socklen_t size = sizeof now;
    // The kernel's begin anew at each question.
    if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &now, &size) == 0) {
        statistics_.received += now.tp_packets;
        statistics_.dropped += now.tp_drops;
    }
    return statistics_;
}

}  // namespace limpet::commands
