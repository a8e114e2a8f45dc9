// network/packet_sink.cpp - where captured packets go.
#include "commands/network/packet_sink.h"

#include "commands/create.h"

#include <ctime>

namespace limpet::commands {

Result<> PacketSink::open(std::uint16_t link, std::string_view interface, bool live) {
    const auto file = call_.options.value('w');
    if (!file) return {};
    if (*file == "-") {
        if (call_.out.terminal()) {
            return refused("-w", "standard output is a terminal; a file of packets is binary");
        }
        output_ = &call_.out;
    } else {
        file_ = TRY(create(call_, *file, Writing::truncate));
        to_file_.emplace(file_);
        output_ = &*to_file_;
    }
    classic_ = call_.options.has("pcap");
    output_->write(classic_ ? parse::pcap_header(link, request_.snapshot)
                            : parse::pcapng_header(link, request_.snapshot, interface));
    link_ = link;
    if (live && !classic_ && any(call_.target.grants & Grant::processes)) {
        owners_.emplace(call_.target);
    }
    return {};
}

bool PacketSink::take(const parse::CapturedPacket& packet) {
    ++taken_;
    if (output_) {
        keep(packet);
    } else {
        stamp(packet);
        call_.out.write(printer_.print(packet));
    }
    return taken_ < request_.count && !failure();
}

void PacketSink::flush() {
    if (!output_) {
        call_.out.flush();
    } else if (call_.options.has('U')) {
        output_->flush();
    }
}

void PacketSink::finish(const PacketRing::Statistics* statistics) {
    if (!output_) return;
    if (statistics && !classic_) {
        std::string block;
        parse::pcapng_statistics(block, statistics->received, statistics->dropped);
        output_->write(block);
    }
    if (!output_->flush() && to_file_ && to_file_->failure()) {
        call_.complain(*to_file_->failure());
    }
}

void PacketSink::keep(const parse::CapturedPacket& packet) {
    // A file of ours has one kind of link.
    if (packet.link != link_) return;
    record_.clear();
    auto kept = packet;
    if (owners_) kept.comment = owners_->of(packet);
    kept.data = kept.data.first(std::min<std::size_t>(kept.data.size(), request_.snapshot));
    if (classic_) {
        parse::pcap_packet(record_, kept);
    } else {
        parse::pcapng_packet(record_, kept);
    }
    output_->write(record_);
}

void PacketSink::clock(std::int64_t seconds, std::uint32_t nanoseconds) {
    const auto day = ((seconds % 86'400) + 86'400) % 86'400;
    call_.out.print("%02d:%02d:%02d.%06u ", static_cast<int>(day / 3600),
                    static_cast<int>(day / 60 % 60), static_cast<int>(day % 60),
                    nanoseconds / 1000);
}

void PacketSink::stamp(const parse::CapturedPacket& packet) {
    switch (request_.stamp) {
        case 0: clock(packet.seconds, packet.nanoseconds); break;
        case 1: break;
        case 2:
            call_.out.print("%lld.%06u ", static_cast<long long>(packet.seconds),
                            packet.nanoseconds / 1000);
            break;
        case 4: {
            const auto time = static_cast<time_t>(packet.seconds);
            std::tm date{};
            ::gmtime_r(&time, &date);
            call_.out.print("%04d-%02d-%02d ", date.tm_year + 1900, date.tm_mon + 1, date.tm_mday);
            clock(packet.seconds, packet.nanoseconds);
            break;
        }
        default: {
            // Since the one before, or with five of them since the first.
            constexpr std::int64_t second = 1'000'000'000;
            const auto now = packet.seconds * second + packet.nanoseconds;
            if (taken_ == 1) before_ = now;
            const auto since = std::max<std::int64_t>(now - before_, 0);
            const auto seconds = since / second;
            call_.out.write(" ");
            clock(seconds, static_cast<std::uint32_t>(since % second));
            if (request_.stamp == 3) before_ = now;
        }
    }
}

}  // namespace limpet::commands
