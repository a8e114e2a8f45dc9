// serve/record.cpp - one session on record.
#include "serve/record.h"

#include "serve/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

namespace limpet::serve {
namespace {

void member(std::string& text, const char* name, std::string_view value) {
    ((text += ",\"") += name) += "\":";
    text += log::quoted(value);
}

void member(std::string& text, const char* name, std::uint64_t value) {
    ((text += ",\"") += name) += "\":";
    text += std::to_string(value);
}

}  // namespace

Record::~Record() = default;

Result<std::unique_ptr<Record>> Record::begin(Ledger& ledger, const std::string& session,
                                              const Peer& peer, const Open& open) {
    // Times sort as their names do.
    std::string name = log::now();
    std::erase_if(name, [](char c) { return c == ':' || c == '.'; });
    ((name += '-') += session) += ".cast.part";
    const int directory = ledger.directory().get();
    Fd file(::openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                     0600));
    if (!file) return failed("open", name);
    std::unique_ptr<Record> record(new Record(ledger, session, name, std::move(file)));
    auto begun = record->begin(peer, open);
    if (begun) return record;
    ::unlinkat(directory, name.c_str(), 0);
    return std::unexpected(begun.error());
}

Result<> Record::begin(const Peer& peer, const Open& open) {
    std::string entry = "\"event\":\"open\"", command;
    member(entry, "session", session_);
    member(entry, "uid", peer.uid);
    member(entry, "pid", static_cast<std::uint64_t>(peer.pid));
    member(entry, "target", open.target);
    entry += ",\"argv\":[";
    for (const auto& word : open.arguments) {
        if (!command.empty()) {
            command += ' ';
            entry += ',';
        }
        command += word;
        entry += log::quoted(word);
    }
    entry += ']';
    member(entry, "grants", grant_list(open.grants));
    entry += open.tty ? ",\"tty\":true" : ",\"tty\":false";
    member(entry, "recording", name());
    writer_.hash();
    std::string more = "\"limpet\":{";
    (more += "\"session\":\"") += session_;
    more += "\"}";
    TRY(writer_.begin({.columns = open.columns,
                       .rows = open.rows,
                       .terminal = open.tty,
                       .command = command,
                       .title = open.target,
                       .term = {},
                       .more = more}));
    return ledger_.append(entry);
}

Result<> Record::resize(std::uint16_t rows, std::uint16_t columns) {
    return writer_.resize(rows, columns);
}

Result<> Record::output(Stream stream, std::string_view bytes) {
    auto& sum = stream == Stream::error ? error_ : out_;
    sum.bytes += bytes.size();
    sum.digest.add(bytes);
    return writer_.output(stream == Stream::error, bytes);
}

Result<> Record::end(int status, std::string_view reason) {
    auto ended = writer_.end(status);
    auto hash = ended ? writer_.close() : std::unexpected(ended.error());
    const auto directory = ledger_.directory().get();
    const std::string whole(name());
    if (hash && ::renameat(directory, part_.c_str(), directory, whole.c_str()) != 0) {
        hash = failed("rename", part_);
    }
    std::string entry = "\"event\":\"end\"";
    member(entry, "session", session_);
    member(entry, "status", static_cast<std::uint64_t>(status));
    member(entry, "in_bytes", in_);
    member(entry, "out_bytes", out_.bytes);
    member(entry, "out_sha256", out_.digest.finish());
    member(entry, "error_bytes", error_.bytes);
    member(entry, "error_sha256", error_.digest.finish());
    if (hash) {
        member(entry, "recording", whole);
        member(entry, "recording_sha256", *hash);
    }
    // The first of what went wrong is why.
    const std::string problem = hash ? std::string() : text(hash.error());
    if (!reason.empty() || !hash) member(entry, "reason", reason.empty() ? problem : reason);
    TRY(ledger_.append(entry));
    if (!hash) return std::unexpected(hash.error());
    return {};
}

}  // namespace limpet::serve
