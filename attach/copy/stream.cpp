// stream.cpp - what every receiver of records does, and the receiver that prints one file.
#include "attach/copy/stream.h"

#include "attach/report.h"

#include <algorithm>

namespace limpet::attach::copy {

using transfer::Kind;

namespace {

std::string number_bytes(std::uint64_t number) {
    PayloadWriter bytes;
    bytes.u64(number);
    return bytes.take();
}

}  // namespace

Result<std::uint64_t> hash_data(Digest& digest, std::uint64_t at, std::string_view payload,
                                std::string_view& bytes) {
    PayloadReader in(payload);
    const auto offset = TRY(in.number(8));
    bytes = payload.substr(sizeof offset);
    constexpr std::uint64_t most = INT64_MAX;
    if (offset < at || offset > most - bytes.size()) return refused("data", "out of its order");
    if (offset != at) digest.add(number_bytes(offset));
    digest.add(bytes);
    return offset;
}

Result<> begun(const transfer::Record& record) {
    PayloadReader in(record.payload);
    if (record.kind != Kind::begin || TRY(in.number(4)) != transfer::magic) {
        return refused("stream", "this is not what pack sends");
    }
    if (TRY(in.number(4)) != transfer::version) {
        return refused("stream", "the agent speaks another version of it");
    }
    return {};
}

Result<std::uint64_t> print_file(transfer::Reader& reader, BorrowedFd out, Progress& progress) {
    TRY(begun(TRY(reader.next())));
    auto record = TRY(reader.next());
    if (record.kind == Kind::end) return 0;  // why has been said
    if (record.kind != Kind::file) return refused("-", "only a file can be written to a stream");
    const auto entry = TRY(transfer::decode_entry(record.payload));
    progress.begin(entry.path, entry.size);
    Digest digest(DigestKind::sha256);
    std::uint64_t at = 0;
    const std::string zeros(65536, '\0');
    const auto hole = [&](std::uint64_t end) -> Result<> {
        while (at < end) {
            const auto size = std::min<std::uint64_t>(end - at, zeros.size());
            TRY(print(out.get(), std::string_view(zeros).substr(0, size)));
            at += size;
        }
        return {};
    };
    for (;;) {
        record = TRY(reader.next());
        if (record.kind == Kind::abandoned) return 0;
        if (record.kind != Kind::data) break;
        std::string_view bytes;
        const auto offset = TRY(hash_data(digest, at, record.payload, bytes));
        TRY(hole(offset));
        TRY(print(out.get(), bytes));
        at += bytes.size();
        progress.add(bytes.size());
    }
    if (record.kind != Kind::complete) return refused("stream", "data without an end");
    const auto sum = TRY(transfer::decode_sum(record.payload));
    TRY(hole(sum.size));
    if (digest.finish() != sum.digest) {
        return refused(entry.path, "what came is not what was read: its SHA-256 differs");
    }
    if (TRY(reader.next()).kind != Kind::end) return refused("-", "only one file fits a stream");
    progress.end(entry.path, sum.size, sum.digest);
    return 1;
}

}  // namespace limpet::attach::copy
