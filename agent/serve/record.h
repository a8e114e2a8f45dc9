// serve/record.h - one session on record: its two entries in the request log, and its asciicast.
#pragma once

#include "limpet/cast.h"
#include "limpet/frame.h"
#include "limpet/message.h"
#include "serve/ledger.h"
#include "serve/peer.h"

#include <memory>
#include <string>
#include <string_view>

namespace limpet::serve {

class Record {
public:
    // Before anything of the session happens. An error: it must not.
    ~Record();
    static Result<std::unique_ptr<Record>> begin(Ledger& ledger, const std::string& session,
                                                 const Peer& peer, const Open& open);

    Result<> output(Stream stream, std::string_view bytes);
    void input(std::size_t count) { in_ += count; }
    Result<> resize(std::uint16_t rows, std::uint16_t columns);
    // Command lines that go aside, each ended by NUL.
    Result<> typed(std::string_view bytes) { return writer_.typed(bytes); }
    // `reason`: why there is no other status.
    Result<> end(int status, std::string_view reason);

private:
    struct Sum {
        std::uint64_t bytes = 0;
        Digest digest{DigestKind::sha256};
    };
    Record(Ledger& ledger, std::string session, std::string name, Fd file)
        : ledger_(ledger),
          session_(std::move(session)),
          part_(std::move(name)),
          writer_(std::move(file), part_) {}
    Result<> begin(const Peer& peer, const Open& open);
    // Of the recording, once it is whole.
    [[nodiscard]] std::string_view name() const {
        return std::string_view(part_).substr(0, part_.size() - 5);
    }

    Ledger& ledger_;
    std::string session_, part_;
    cast::Writer writer_;
    Sum out_, error_;
    std::uint64_t in_ = 0;
};

}  // namespace limpet::serve
