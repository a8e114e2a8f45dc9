// stream.cpp - what every receiver of records does, and the receiver that prints one file.
#include "attach/copy/stream.h"

#include "attach/copy/hasher.h"
#include "attach/report.h"

#include <algorithm>

namespace limpet::attach::copy {

using transfer::Kind;

Result<std::uint64_t> print_file(transfer::Reader& reader, BorrowedFd out, Progress& progress) {
    TRY(transfer::check_begin(TRY(reader.next())));
    auto record = TRY(reader.next());
    if (record.kind == Kind::end) return 0;  // why has been said
    if (record.kind != Kind::file) return refused("-", "only a file can be written to a stream");
    const auto entry = TRY(transfer::decode_entry(record.payload));
    progress.begin(entry.path, entry.size);
    Digest digest(DigestKind::sha256);
    Hasher hasher;
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
        const auto [offset, place, bytes] = TRY(transfer::decode_data(record.payload, at));
        digest.add(place);
        hasher.add(digest, bytes);
        auto printed = hole(offset);
        if (printed) printed = print(out.get(), bytes);
        hasher.wait();
        TRY(printed);
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
