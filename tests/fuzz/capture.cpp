// capture.cpp - fuzzes files of packets, what is printed of them, filters and their programs.
#include "parse/bpf.h"
#include "parse/capture_file.h"
#include "parse/filter.h"
#include "parse/packet.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace limpet::parse;

namespace {

// A filter, a newline, then a file; what passes the filter is printed in every style.
void read_file(std::string_view text, std::string_view file) {
    constexpr LinkLayer layers[]{LinkLayer::ethernet,        LinkLayer::cooked,
                                 LinkLayer::cooked2,         LinkLayer::raw,
                                 LinkLayer::ethernet_socket, LinkLayer::null};
    BpfProgram filter;
    for (const auto layer : layers) {
        auto compiled = compile_filter(text, layer, 262144);
        if (!compiled) continue;
        if (!bpf_valid(*compiled)) std::abort();
        filter = *std::move(compiled);
    }
    PacketPrinter plain({}, {});
    PacketPrinter whole(
        {.verbose = 2, .link = true, .characters = true, .whole = true, .text = true},
        {{2, "eth0"}});
    CaptureReader reader;
    std::string again;
    while (file.size() >= reader.wants()) {
        const auto piece = file.substr(0, reader.wants());
        file.remove_prefix(piece.size());
        const auto packet = reader.take(piece);
        if (!packet) break;
        if (!*packet) {
            if (piece.empty() && reader.wants() == 0) break;
            continue;
        }
        if (!filter.empty()) bpf_run(filter, (*packet)->data, (*packet)->length);
        plain.print(**packet);
        whole.print(**packet);
        pcapng_packet(again, **packet);
        pcap_packet(again, **packet);
    }
}

// Any program that the check lets through comes to an end and stays in its data.
void run_program(std::span<const std::uint8_t> bytes) {
    BpfProgram program;
    while (bytes.size() >= 8) {
        const auto word = [&](std::size_t at) {
            return static_cast<std::uint32_t>(bytes[at] << 8 | bytes[at + 1]);
        };
        program.push_back(
            {static_cast<std::uint16_t>(word(0)), bytes[2], bytes[3], word(4) << 16 | word(6)});
        bytes = bytes.subspan(8);
    }
    if (!bpf_valid(program)) return;
    bpf_run(program, bytes, 64);
    bpf_run(program, bytes, 64, BpfInput::native);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto end = text.find('\n');
    read_file(text.substr(0, end), end == text.npos ? std::string_view{} : text.substr(end + 1));
    run_program({data, size});
    return 0;
}
